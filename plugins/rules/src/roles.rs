//! Which part of a title is the song and which the artist: the one the channel names; else what the form's custom says.

use crate::channel::{Channel, Kind};
use crate::credit::{bracketed, features, is_feature, is_list, spellings, without_features, without_voices};
use crate::decoration::is_edition;
use crate::evidence::Evidence;
use crate::text::{has_kana, is_cjk, is_latin, words};
use crate::title::brackets::{CLOSE, is_voices};
use crate::title::pieces::{DASHES, Mark, Piece, at_quotes};
use crate::title::{Title, at_by, join, tidy, trim_marks};
use crate::words::{has, speech::SPEECH, voices::VOICES};

/// Who performs what, and by what evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    /// The song.
    pub title: String,
    /// Who is credited.
    pub artist: Option<String>,
    /// What tells so.
    pub evidence: Evidence,
}

/// What a reading has to go by.
struct Scene<'a> {
    title: &'a Title,
    pieces: &'a [Piece<'a>],
    channel: Option<&'a Channel>,
    /// The ways each piece may write a name.
    spelled: Vec<Vec<String>>,
    /// Whether uploaders' decoration was found.
    decorated: bool,
}

/// Says who performs what.
pub fn assign(title: &Title, channel: Option<&Channel>, by_artist: bool) -> Roles {
    let (pieces, stripped) = title.pieces();
    let spelled = match channel {
        Some(_) if pieces.len() > 1 => pieces.iter().map(|piece| spellings(piece.text)).collect(),
        _ => Vec::new(),
    };
    let scene = Scene { title, pieces: &pieces, channel, spelled, decorated: title.decorated || stripped };
    let by_channel = || channel.and_then(|channel| scene.by_channel(channel));
    by_channel().or_else(|| scene.by_form()).unwrap_or_else(|| scene.whole(by_artist))
}

fn roles(title: &str, artist: &str, evidence: Evidence) -> Option<Roles> {
    let (title, artist) = (song(title), performer(artist));
    (!title.is_empty() && !artist.is_empty()).then_some(Roles { title, artist: Some(artist), evidence })
}

fn song(part: &str) -> String {
    let part = without_voices(part.trim());
    tidy(part)
}

/// A performer's name; one written in two scripts is the one outside the brackets.
fn performer(part: &str) -> String {
    let part = trim_marks(part);
    let part = match features(part) {
        // Run together with the name, as Japanese titles have it.
        Some(names) if is_cjk(names) || part.contains(names) && !part.contains(&format!(" {names}")) => {
            without_features(part)
        }
        _ => without_voices(part),
    };
    let part = part
        .split(['＋', '+', '&', '＆'])
        .next()
        .filter(|_| is_cjk(part) && is_joined_with_voices(part))
        .unwrap_or(part);
    let name = tidy(part);
    match bracketed(&name) {
        Some((bare, inner)) if name.ends_with(CLOSE) && is_cjk(bare) != is_cjk(inner) && !is_list(bare) => {
            bare.to_owned()
        }
        _ => name,
    }
}

impl Scene<'_> {
    /// The readings that the channel's name supports, surest first.
    fn by_channel(&self, channel: &Channel) -> Option<Roles> {
        self.piece_is_channel(channel)
            .or_else(|| self.around_quotes(channel))
            .or_else(|| self.at_weak_mark(channel))
            .or_else(|| self.sung_by_voices(channel))
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
        if at > 0 && channel.kind == Kind::Label {
            return None;
        }
        self.credited_at(at, self.evidence_of(at, true))
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
        let dashes = self.pieces.iter().filter(|piece| piece.mark.is_dash()).count();
        match (exact, at) {
            (true, 0) if mark.is_dash() && dashes > 1 => Evidence::ChannelBeforeDashes,
            (true, 0) if mark.is_dash() => Evidence::ChannelBeforeDash,
            (true, 0) => Evidence::ChannelBeforeMark,
            (true, _) if self.decorated => Evidence::ChannelBehindDecorated,
            (true, _) => Evidence::ChannelBehind,
            (false, 0) if dashes > 1 => Evidence::NearDashes,
            (false, 0) => Evidence::NearBefore,
            (false, _) => Evidence::NearBehind,
        }
    }

    /// `Channel "Title" …`, `"Title" Channel`.
    fn around_quotes(&self, channel: &Channel) -> Option<Roles> {
        self.pieces.iter().find_map(|piece| {
            let (before, inner, after) = at_quotes(piece.text)?;
            let is = |text: &str| !text.is_empty() && channel.is(&spellings(trim_marks(text)));
            if is(before) {
                let title = if is_feature(after) || is_whole_bracket(after) {
                    format!("{inner} {after}")
                } else {
                    inner.to_owned()
                };
                return roles(&title, before, Evidence::ChannelBeforeQuote);
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

    /// A voice synthesiser stands where a singer would: the credit is the producer's.
    fn sung_by_voices(&self, channel: &Channel) -> Option<Roles> {
        let first = self.pieces.first()?;
        if let Some((before, inner, _)) = at_quotes(first.text)
            && begins_with_voice(before)
        {
            return roles(inner, &channel.name, Evidence::Voice);
        }
        let voice_behind = self.pieces.iter().skip(1).any(|piece| sings(piece.text));
        let featured = without_voices(first.text).len() < first.text.len();
        let producer = self.title.credit.as_deref().unwrap_or(&channel.name);
        if self.title.voice || voice_behind || featured && self.pieces.len() == 1 {
            let title = if sings(first.text) { self.pieces.get(1)?.text } else { first.text };
            let title = title.split("feat.").next().filter(|_| featured).unwrap_or(title);
            return roles(without_translation(title), producer, Evidence::Voice);
        }
        None
    }

    /// `Title / Producer feat. Voice`, `Title feat. Voice / Title in English`.
    fn beside_voices(&self) -> Option<Roles> {
        let first = self.pieces.first()?;
        let channel = self.channel?;
        if without_voices(first.text).len() < first.text.len() {
            return roles(first.text, &channel.name, Evidence::Voice);
        }
        let with = self.pieces.iter().skip(1).find(|piece| without_voices(piece.text).len() < piece.text.len())?;
        roles(first.text, with.text, Evidence::ProducerWithVoice)
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

    /// The readings that the form alone supports.
    fn by_form(&self) -> Option<Roles> {
        let first = self.pieces.first()?;
        if let [_, second, ..] = self.pieces {
            return self.song_first().or_else(|| self.two_pieces(first, second));
        }
        if let Some((before, inner, after)) = at_quotes(first.text) {
            let title = if is_feature(after) || is_whole_bracket(after) {
                format!("{inner} {after}")
            } else {
                inner.to_owned()
            };
            if !before.is_empty() && !after.starts_with(|c: char| c.is_alphanumeric() && is_cjk(before)) {
                return roles(&title, before.trim_end_matches(','), self.quote_evidence());
            }
            let after = after.strip_prefix("by ").unwrap_or(after);
            if before.is_empty()
                && after.starts_with(char::is_alphanumeric)
                && !is_feature(after)
                && !after.starts_with(is_cjk_particle)
            {
                return roles(inner, after, Evidence::QuoteFirst);
            }
        }
        if let Some((artist, title)) = bracketed(first.text)
            && first.text.ends_with(['】', ']'])
            && is_cjk(title)
            && !has_kana(first.text)
            && !is_edition(title)
        {
            return roles(title, artist, Evidence::Bracketed);
        }
        if let Some((left, right)) = at_by(first.text) {
            return roles(left, right, Evidence::By);
        }
        if let Some((left, right)) = &self.title.gap {
            return roles(right, left, Evidence::Gap);
        }
        let (left, right) = first.text.split_once('-')?;
        let several = |text: &str| words(text).nth(1).is_some();
        let apart = several(left) && several(right) || self.decorated && several(right) && !left.contains(' ');
        (apart && right.starts_with(char::is_uppercase)).then(|| roles(right, left, Evidence::Hyphen))?
    }

    /// Indian labels write `Song - Film | Actors | Singers`.
    fn song_first(&self) -> Option<Roles> {
        let (first, rest) = self.pieces.split_first()?;
        self.channel.filter(|channel| channel.song_first)?;
        let singers = if rest.iter().any(|piece| piece.mark == Mark::Pipe) && rest.len() < 2 {
            rest.first()
        } else {
            rest.last()
        };
        roles(first.text, singers?.text, Evidence::SongFirst)
    }

    fn two_pieces(&self, first: &Piece<'_>, second: &Piece<'_>) -> Option<Roles> {
        let label = self.channel.is_some_and(|channel| channel.kind == Kind::Label);
        let dashes = self.pieces.iter().filter(|piece| piece.mark.is_dash()).count();
        let lean = self.lean(first.text, second.text);
        if second.mark.is_dash() {
            let end = self
                .pieces
                .iter()
                .skip(2)
                .position(|piece| !piece.mark.is_dash())
                .map_or(self.pieces.len(), |end| end + 2);
            let behind = join(self.pieces.get(1..end)?);
            // `Artist - Romanised / 原題`: the title in its own script.
            let original = self
                .pieces
                .get(end)
                .filter(|piece| piece.mark == Mark::Slash && is_latin(&behind) && is_cjk(piece.text));
            let behind = original.map_or(behind, |piece| piece.text.to_owned());
            if lean >= REVERSED {
                let artist = self.pieces.get(end - 1)?.text;
                return roles(first.text, artist, Evidence::LeansReversed);
            }
            let evidence = match () {
                () if dashes > 1 => Evidence::Dashes,
                () if lean > 0 => Evidence::DashInDoubt,
                () if self.title.official => Evidence::OfficialDash,
                () if label => Evidence::LabelDash,
                () if self.decorated => Evidence::DecoratedDash,
                () => Evidence::Dash,
            };
            return roles(&behind, first.text, evidence);
        }
        let reversed = second.mark == Mark::Slash && (is_cjk(first.text) || is_cjk(second.text)) || lean >= REVERSED;
        if reversed {
            roles(first.text, second.text, Evidence::Slash)
        } else {
            roles(second.text, first.text, Evidence::Pipe)
        }
    }

    fn quote_evidence(&self) -> Evidence {
        if self.title.decorated || self.decorated { Evidence::DecoratedQuote } else { Evidence::Quote }
    }

    /// How much two sides look as if the song came first; below zero, as if the artist did.
    fn lean(&self, left: &str, right: &str) -> i32 {
        let side = |text: &str| {
            let quoted = text.starts_with(['"', '“', '「', '『', '«']);
            let remark =
                text.ends_with([')', ']']) && is_edition(text) || text.contains("(From ") || text.contains("(from ");
            let speech = words(text).filter(|word| has(SPEECH, word)).take(2).count();
            3 * i32::from(quoted) + 3 * i32::from(remark) + i32::try_from(speech).unwrap_or(0)
        };
        let listed = |text: &str| {
            let text = without_features(text).split(['(', '[']).next().unwrap_or_default();
            i32::from(text.contains(", ")) + i32::from(is_list(text))
        };
        side(left) - side(right) + listed(right) - listed(left)
    }

    /// A title alone: who performs is the channel, if the channel is one that belongs to an artist.
    fn whole(&self, by_artist: bool) -> Roles {
        let title = song(self.pieces.first().map_or(self.title.text.as_str(), |piece| piece.text));
        let title = if title.is_empty() { self.title.text.clone() } else { title };
        let evidence = match self.channel.map(|channel| channel.kind) {
            None | Some(Kind::Label) => Evidence::TitleAlone,
            _ if by_artist => Evidence::ArtistField,
            Some(Kind::Topic) => Evidence::Topic,
            Some(Kind::Vevo) if self.channel.is_some_and(|channel| channel.name.contains(' ')) => Evidence::VevoWhole,
            Some(Kind::Vevo) => Evidence::VevoRunTogether,
            Some(Kind::Official) if self.title.official => Evidence::OfficialWholeOfficial,
            Some(Kind::Official) => Evidence::OfficialWhole,
            Some(Kind::Other) if self.title.official => Evidence::OtherWholeOfficial,
            Some(Kind::Other) if self.decorated => Evidence::OtherWholeDecorated,
            Some(Kind::Other) => Evidence::OtherWhole,
        };
        let artist = self.channel.filter(|_| evidence != Evidence::TitleAlone).map(|channel| match evidence {
            Evidence::ArtistField => channel.whole.clone(),
            _ => channel.name.clone(),
        });
        Roles { title, artist, evidence }
    }
}

/// Behind a mark a bracket is a remark; before it, it may be another name.
fn outside_brackets<'a>(piece: &Piece<'a>) -> &'a str {
    match piece.mark {
        Mark::Start => piece.text,
        _ => piece.text.split(['(', '[']).next().unwrap_or_default(),
    }
}

/// From here on a title is taken to have the song first.
const REVERSED: i32 = 2;

/// Whether a text names voices where a singer would stand: alone, featured, or before the same in another script.
fn sings(text: &str) -> bool {
    if is_latin(text) && !is_list(text) && !is_feature(text) {
        return has(VOICES, text);
    }
    is_voices(text)
        || is_feature(text) && features(text).is_some_and(is_voices)
        || text.split_once(' ').is_some_and(|(head, _)| is_cjk(head) && is_voices(head))
}

/// Whether a text is one bracket and no more.
fn is_whole_bracket(text: &str) -> bool {
    text.starts_with('(') && text.find(')').is_some_and(|at| at + 1 == text.trim_end().len())
}

/// `Producer＋Voice`.
fn is_joined_with_voices(part: &str) -> bool {
    let mut names = part.split(['＋', '+', '&', '＆']);
    let first = names.next().unwrap_or_default();
    let mut others = names.peekable();
    !is_voices(first) && others.peek().is_some() && others.all(is_voices)
}

/// `初音ミク が…`, `Hatsune Miku Original Song`.
fn begins_with_voice(text: &str) -> bool {
    let name = |words: usize| text.match_indices(' ').nth(words - 1).and_then(|(at, _)| text.get(..at));
    is_cjk(text) && name(1).is_some_and(is_voices) || name(2).is_some_and(|name| has(VOICES, name))
}

/// `灯り (The Light)`: a title in its own script, and what it means.
fn without_translation(title: &str) -> &str {
    match bracketed(title) {
        Some((bare, inner))
            if title.ends_with(CLOSE)
                && is_cjk(bare)
                && is_latin(inner)
                && !is_edition(inner)
                && !is_feature(inner) =>
        {
            bare
        }
        _ => title,
    }
}

fn is_cjk_particle(c: char) -> bool {
    matches!(c, 'と' | 'の' | 'を' | 'が' | 'は' | 'に' | 'で' | 'も')
}
