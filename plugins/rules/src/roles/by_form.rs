//! The readings that the form of the title supports by itself, by the customs of those who write so.

use super::wording::{is_cjk_particle, quoted_title};
use super::{Roles, Scene, roles};
use crate::channel::{Kind, is_label};
use crate::credit::{bracketed, is_feature, is_list, without_features};
use crate::decoration::{is_edition, strip_tail};
use crate::evidence::Evidence;
use crate::text::{has_kana, is_cjk, is_latin, words};
use crate::title::pieces::{Mark, Piece, at_quotes};
use crate::title::{at_by, continues, join};
use crate::words::{has, remarks::FILLER, remarks::WORKS, speech::SPEECH};

/// From here on a title is taken to have the song first.
const REVERSED: i32 = 2;

impl Scene<'_> {
    /// The readings that the form alone supports.
    pub(super) fn by_form(&self) -> Option<Roles> {
        let first = self.pieces.first()?;
        if let Some((artist, title)) = theme_song(&self.title.text) {
            return roles(title, artist, Evidence::Quote);
        }
        if let [_, second, ..] = self.pieces {
            return self.song_first().or_else(|| self.two_pieces(first, second));
        }
        if let Some((before, inner, after)) = at_quotes(first.text) {
            let title = quoted_title(inner, after);
            if !(before.is_empty() || is_cjk(before) && continues(after)) {
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
            && is_cjk(artist)
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
        if let Some((composer, work)) = at_colon(first.text) {
            return roles(work, composer, Evidence::Colon);
        }
        let (left, right) = first.text.split_once('-')?;
        if is_cjk(left) && is_cjk(right) && !has_kana(first.text) {
            return roles(right, left, Evidence::Hyphen);
        }
        let several = |text: &str| words(text).nth(1).is_some();
        let apart = several(left) && several(right) || self.decorated && several(right) && !left.contains(' ');
        (apart && right.starts_with(char::is_uppercase)).then(|| roles(right, left, Evidence::Hyphen))?
    }

    /// Indian labels write `Song - Film | Actors | Singers`.
    fn song_first(&self) -> Option<Roles> {
        let (first, rest) = self.pieces.split_first()?;
        self.channel.filter(|channel| channel.is_song_first())?;
        let singers = if rest.iter().any(|piece| piece.mark == Mark::Pipe) && rest.len() < 2 {
            rest.first()
        } else {
            rest.last()
        };
        // "Song Full Video (Telugu)": the language is the upload's.
        let language = bracketed(first.text).filter(|(_, inner)| words(inner).all(|word| has(&FILLER, word)));
        roles(language.map_or(first.text, |(bare, _)| strip_tail(bare)), singers?.text, Evidence::SongFirst)
    }

    fn two_pieces(&self, first: &Piece<'_>, second: &Piece<'_>) -> Option<Roles> {
        let label = self.channel.is_some_and(|channel| channel.kind == Kind::Label && channel.is_known_label());
        let dashes = self.dashes();
        let pipes = self.pieces.iter().filter(|piece| piece.mark == Mark::Pipe).count();
        let lean = self.lean(first.text, second.text);
        if let Some((composer, work)) = at_colon(first.text) {
            return roles(work, composer, Evidence::Colon);
        }
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
            if lean >= REVERSED || self.title.early {
                let artist = self.pieces.get(end - 1)?.text;
                return roles(first.text, artist, Evidence::LeansReversed);
            }
            let evidence = match () {
                () if dashes > 1 => Evidence::Dashes,
                // "Song - Singer | Singer | Label" as well as "Artist - Song | Genre | Label".
                () if pipes > 1 => Evidence::DashInDoubt,
                () if lean > 0 => Evidence::DashInDoubt,
                () if self.title.official => Evidence::OfficialDash,
                () if label => Evidence::LabelDash,
                () if self.decorated && self.setting.music => Evidence::MusicDash,
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
        if self.decorated { Evidence::DecoratedQuote } else { Evidence::Quote }
    }

    /// How much two sides look as if the song came first; below zero, as if the artist did.
    fn lean(&self, left: &str, right: &str) -> i32 {
        let side = |text: &str| {
            let quoted = text.starts_with(['"', '“', '「', '『', '«']);
            let remark =
                text.ends_with([')', ']']) && is_edition(text) || text.contains("(From ") || text.contains("(from ");
            let speech = words(text).filter(|word| has(&SPEECH, word)).take(2).count();
            3 * i32::from(quoted) + 3 * i32::from(remark) + i32::try_from(speech).unwrap_or(0)
        };
        let listed = |text: &str| {
            let text = without_features(text).split(['(', '[']).next().unwrap_or_default();
            let list = is_list(text);
            let commas = if list { text.matches(", ").take(2).count() } else { 0 };
            i32::from(list) + i32::from(commas > 1 || commas == 1 && text.contains(['&', '+']))
        };
        side(left) - side(right) + listed(right) - listed(left) + thai(left, right)
    }
}

/// `TVアニメ「…」オープニングテーマ：Artist「Title」`: behind the programme stands who sings what.
fn theme_song(text: &str) -> Option<(&str, &str)> {
    if text.is_ascii() {
        return None;
    }
    let (before, rest) = text.rsplit_once('「').filter(|_| text.contains("テーマ") || text.contains("主題歌"))?;
    let (title, _) = rest.split_once('」')?;
    let (_, artist) = before.rsplit_once(['：', ':', '／'])?;
    (!artist.contains(['」', '』']) && !artist.trim().is_empty()).then_some((artist, title))
}

/// Thai labels write the song first; the artist's name is often Latin.
fn thai(left: &str, right: &str) -> i32 {
    let is_thai = |text: &str| !text.is_ascii() && text.chars().any(|c| matches!(c, '\u{e01}'..='\u{e3a}'));
    match (is_thai(left), is_thai(right)) {
        (true, false) => REVERSED,
        (true, true) => 1,
        _ => 0,
    }
}

/// `Composer: Work in C minor, Op. 1`, `Artist: Session`: a short name, and what only works or sessions are called.
fn at_colon(text: &str) -> Option<(&str, &str)> {
    let (name, work) = text.split_once(':')?;
    let work = work.strip_prefix(' ')?;
    let short = words(name).nth(4).is_none() && !name.bytes().any(|byte| byte.is_ascii_digit()) && !is_label(name);
    let is_work = words(work).any(|word| has(&WORKS, word)) || is_edition(work) && words(work).any(is_label);
    (short && is_work).then_some((name, work))
}
