//! The readings that the channel's name supports.

use super::wording::quoted_title;
use super::{Roles, Scene, roles};
use crate::channel::{Channel, Kind};
use crate::credit::{bracketed, is_list, spellings};
use crate::decoration::is_edition;
use crate::evidence::Evidence;
use crate::text::{is_cjk, words};
use crate::title::pieces::{DASHES, Mark, Piece, at_quotes};
use crate::title::{at_by, join, trim_marks};

impl Scene<'_> {
    /// The readings that the channel's name supports, surest first.
    pub(super) fn by_channel(&self, channel: &Channel) -> Option<Roles> {
        self.piece_is_channel(channel)
            .or_else(|| self.headed_by_channel(channel))
            .or_else(|| self.around_quotes(channel))
            .or_else(|| self.at_weak_mark(channel))
            .or_else(|| self.sung_by_voices(channel))
            .or_else(|| self.remixed_by_channel(channel))
            .or_else(|| self.piece_has_channel(channel))
            .or_else(|| self.beside_voices())
            .or_else(|| self.begins_with_channel(channel))
            .or_else(|| self.topic(channel))
    }

    /// One of the pieces is the channel's name.
    fn piece_is_channel(&self, channel: &Channel) -> Option<Roles> {
        // The name may hold a mark itself: `One / Other - Title`.
        if channel.whole.contains(['/', '|'])
            && let Some(rest) = self.title.text.strip_prefix(channel.whole.as_str())
            && rest.trim_start().starts_with(DASHES)
        {
            return roles(trim_marks(rest), &channel.whole, Evidence::ChannelBeforeDash);
        }
        let at = self.spelled.iter().position(|piece| channel.is(piece))?;
        if at > 0 && channel.is_known_label() {
            return None;
        }
        // A label or a programme before the dash is seldom who performs.
        if channel.is_known_label() {
            return self.credited_at(at, Evidence::LabelBefore);
        }
        self.credited_at(at, self.evidence_of(at, true))
    }

    /// `【Channel】Title`, `[Channel] Title`.
    fn headed_by_channel(&self, channel: &Channel) -> Option<Roles> {
        let [only] = self.pieces else { return None };
        if let Some(head) = &self.title.head {
            return channel.is(&spellings(head)).then(|| roles(only.text, head, Evidence::ChannelBeforeMark))?;
        }
        let (head, rest) = only.text.strip_prefix(['[', '【'])?.split_once([']', '】'])?;
        channel.is(&spellings(head)).then(|| roles(rest, head, Evidence::ChannelBeforeMark))?
    }

    /// `Artist - Title (Channel Remix)`: whose remix it is puts it up, and writes the artist first.
    fn remixed_by_channel(&self, channel: &Channel) -> Option<Roles> {
        let [first, second] = self.pieces else { return None };
        let (_, remark) = bracketed(second.text).filter(|_| second.mark.is_dash())?;
        let (name, _) = remark.rsplit_once(' ').filter(|_| is_edition(remark))?;
        channel.is(&spellings(name)).then(|| roles(second.text, first.text, Evidence::RemixerDash))?
    }

    /// The song beside the piece that names the artist.
    fn credited_at(&self, at: usize, evidence: Evidence) -> Option<Roles> {
        let artist = self.pieces.get(at)?;
        let song = if at == 0 { self.pieces.get(1..)? } else { self.pieces.get(..at)? };
        let end = song.iter().skip(1).position(|piece| !piece.mark.is_dash()).map_or(song.len(), |end| end + 1);
        let title = join(song.get(..end)?);
        roles(&title, artist.text, evidence)
    }

    fn evidence_of(&self, at: usize, exact: bool) -> Evidence {
        let mark = self.pieces.get(at.max(1)).map_or(Mark::Start, |piece| piece.mark);
        let dashes = self.dashes();
        match (exact, at) {
            (true, 0) if mark.is_dash() && dashes > 1 => Evidence::ChannelBeforeDashes,
            (true, 0) if mark.is_dash() && self.is_long() => Evidence::ChannelBeforeLong,
            (true, 0) if mark.is_dash() => Evidence::ChannelBeforeDash,
            (true, 0) => Evidence::ChannelBeforeMark,
            // "Name - Song | Channel" may be a label's; "Song - Subtitle | Channel" an artist's.
            (true, 2..) => Evidence::NearBehind,
            (true, _) if self.decorated => Evidence::ChannelBehindDecorated,
            (true, _) => Evidence::ChannelBehind,
            (false, 0) if dashes > 1 => Evidence::NearDashes,
            (false, 0) => Evidence::NearBefore,
            (false, _) => Evidence::NearBehind,
        }
    }

    /// Whether nothing tells of music and the title has three words or more, as a sentence has.
    fn is_long(&self) -> bool {
        let long = |piece: &Piece<'_>| words(piece.text).nth(2).is_some() && !piece.text.contains(['(', '[']);
        !self.title.official && !self.setting.music && self.pieces.get(1).is_some_and(long)
    }

    /// `Channel "Title" …`, `"Title" Channel`.
    fn around_quotes(&self, channel: &Channel) -> Option<Roles> {
        self.pieces.iter().find_map(|piece| {
            let (before, inner, after) = at_quotes(piece.text)?;
            let is = |text: &str| !text.is_empty() && channel.is(&spellings(trim_marks(text)));
            let near = |text: &str| is_cjk(text) && channel.is_near(&spellings(trim_marks(text)), false);
            if is(before) || near(before) {
                return roles(&quoted_title(inner, after), before, Evidence::ChannelBeforeQuote);
            }
            let after = after.strip_prefix("by ").unwrap_or(after);
            (before.is_empty() && is(after)).then(|| roles(inner, after, Evidence::ChannelBehind))?
        })
    }

    /// `Channel: Title`, `Title, Channel`, `Channel-Title`, `Title by Channel`, `Channel   Title`.
    fn at_weak_mark(&self, channel: &Channel) -> Option<Roles> {
        let text = self.pieces.first()?.text;
        // With a dash behind it a comma joins performers, and a hyphen names.
        let marks: &[char] = if self.pieces.len() > 1 { &[':', '：'] } else { &[':', '：', ',', '-', '·'] };
        let spaced = |mark: char, right: &str| !matches!(mark, ':' | ',') || right.starts_with(' ');
        let halves = marks.iter().filter_map(|mark| text.split_once(*mark).filter(|(_, right)| spaced(*mark, right)));
        let gap = self.title.gap.as_ref().map(|(head, tail)| (head.as_str(), tail.as_str()));
        halves.chain(at_by(text)).chain(gap).find_map(|(left, right)| {
            if channel.is(&spellings(left.trim())) {
                let behind = self.pieces.get(1).filter(|piece| piece.mark.is_dash());
                let rest = behind.map(|_| format!("{right} - {}", join(self.pieces.get(1..).unwrap_or_default())));
                return roles(rest.as_deref().unwrap_or(right), left, Evidence::ChannelAtWeakMark);
            }
            channel.is(&spellings(right.trim())).then(|| roles(left, right, Evidence::ChannelAtWeakMark))?
        })
    }

    /// One of the pieces names the channel among others, or nearly.
    fn piece_has_channel(&self, channel: &Channel) -> Option<Roles> {
        if self.pieces.len() < 2 {
            return None;
        }
        let label = channel.kind == Kind::Label;
        if let Some(at) = self
            .pieces
            .iter()
            .position(|piece| !label && is_list(piece.text) && channel.is_among(outside_brackets(piece)))
        {
            let evidence = if at == 0 { Evidence::ChannelAmongBefore } else { Evidence::ChannelAmongBehind };
            return self.credited_at(at, evidence);
        }
        let at = self.spelled.iter().position(|piece| channel.is_near(piece, label))?;
        self.credited_at(at, self.evidence_of(at, false))
    }

    /// `Channel Title` without any mark between.
    fn begins_with_channel(&self, channel: &Channel) -> Option<Roles> {
        let [only] = self.pieces else { return None };
        let (artist, title) = channel.begins(only.text)?;
        roles(title, artist, Evidence::BeginsWithChannel)
    }

    /// A generated channel's title is the work's own, marks and all.
    fn topic(&self, channel: &Channel) -> Option<Roles> {
        (channel.kind == Kind::Topic).then(|| Roles {
            title: self.title.text.clone(),
            artist: Some(channel.name.clone()),
            evidence: Evidence::Topic,
        })
    }
}

/// Behind a mark a bracket is a remark; before it, it may be another name.
fn outside_brackets<'a>(piece: &Piece<'a>) -> &'a str {
    match piece.mark {
        Mark::Start => piece.text,
        _ => piece.text.split(['(', '[']).next().unwrap_or_default(),
    }
}
