//! What uploaders add to a title that is not part of it: "(Official Video)", "[HD]", "Lyrics", "【MV】".
//!
//! A remark is decoration when every word of it is in a table and at least one of them is telling on its own. A remark
//! that names another work (live, remix, acoustic, …) has a word that is in no table, so it stays.

use crate::text::{Folded, is_cjk_letter, words};
use crate::words::remarks::{
    ALONE, CJK_PARTS, CREDITS, EDITIONS, FILLER, GENRES, HEADS, LANGUAGES, MONTHS, OFFERS, OFFICIAL, RELEASES, TELLING,
    VIDEO_KINDS, VIDEOS, WEAK_START,
};
use crate::words::{has, has_folded, heads};

/// What a word of a remark is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Telling,
    Filler,
    Meaningful,
}

impl Word {
    fn read(word: &str) -> Self {
        let folded = Folded::of(word);
        if has_folded(&TELLING, &folded) || !word.is_ascii() && is_cjk_remark(folded.as_str()) {
            Self::Telling
        } else if has_folded(&FILLER, &folded) || is_year(word) {
            Self::Filler
        } else {
            Self::Meaningful
        }
    }
}

/// Whether a remark (a bracket's content, or a part behind a separator) is decoration.
pub fn is_decoration(remark: &str) -> bool {
    let (mut telling, mut count, mut former) = (false, 0usize, "");
    for word in words(remark) {
        match Word::read(word) {
            Word::Meaningful => {
                return credits_makers(remark) || is_date(remark) || is_offer(remark) || is_listed(remark);
            }
            Word::Telling => telling = true,
            // "M/V" comes as two words.
            Word::Filler => telling |= former.eq_ignore_ascii_case("m") && word.eq_ignore_ascii_case("v"),
        }
        (former, count) = (word, count + 1);
    }
    telling && !is_other_language(remark)
        || count == 0
        || count == 1 && is_year(former)
        || count > 1 && words(remark).all(is_language)
        || is_offer(remark)
}

/// `Official Video, 2021, prod. Bo`: remarks divided by commas.
fn is_listed(remark: &str) -> bool {
    remark.contains(',')
        && remark.contains(", ")
        && remark.split(", ").take(6).all(|part| !part.contains(',') && is_decoration(part))
}

/// `Spanish Version`: a recording in another language, which is another work.
fn is_other_language(remark: &str) -> bool {
    let is_version =
        |word: &str| ["version", "versión", "versão", "ver"].iter().any(|known| word.eq_ignore_ascii_case(known));
    words(remark).nth(1).is_some() && words(remark).any(is_version) && words(remark).any(is_language)
}

/// `Out Now`, `Free Download`: where and how it can be had.
pub fn is_offer(remark: &str) -> bool {
    (5..48).contains(&remark.len()) && has(&OFFERS, remark)
}

/// `Quay Release`, `Quay Exclusive`, `Quay Records`: who put it out; no longer than a name is.
pub fn is_release(remark: &str) -> bool {
    let mut last = words(remark).rev();
    last.next().is_some_and(|word| has(&RELEASES, word)) && (1..4).contains(&last.count()) && !is_edition(remark)
}

/// `Deep House`, `hip hop/relaxing beats`: what kind of music it is.
pub fn is_genre(remark: &str) -> bool {
    words(remark).all(|word| has(&GENRES, word))
}

/// `Kan/Rom/Eng`: the languages of the lyrics shown.
fn is_language(word: &str) -> bool {
    has(&LANGUAGES, word)
}

/// Whether all words of a remark are such as stand in remarks, telling or not.
pub fn is_small_talk(remark: &str) -> bool {
    words(remark).nth(1).is_some() && words(remark).all(|word| Word::read(word) != Word::Meaningful)
}

/// `Some Game Animation Music Video`, `Studio Video`, `Official Video from the film`: a video of some kind, unless it shows
/// another recording of the work.
pub fn is_some_video(remark: &str) -> bool {
    let is_video = |word: &str| has(&VIDEOS, word);
    let mut last = words(remark).rev();
    let video = last.next().is_some_and(is_video);
    let kind = last.next().is_some_and(|word| has(&VIDEO_KINDS, word));
    let short = words(remark).nth(3).is_none();
    let official = words(remark).next().is_some_and(|word| has(&OFFICIAL, word)) && words(remark).take(4).any(is_video);
    (video && (kind || short) || official) && !is_edition(remark)
}

/// `HDL012`: a label's number for the release.
pub fn is_catalogue_number(remark: &str) -> bool {
    let letters = remark.bytes().take_while(u8::is_ascii_uppercase).count();
    let digits = remark.bytes().rev().take_while(u8::is_ascii_digit).count();
    letters >= 2 && digits >= 2 && letters + digits == remark.len() && (5..=12).contains(&remark.len())
}

/// `May 3, 1971`: when it was shown.
fn is_date(remark: &str) -> bool {
    let is_number = |word: &str| word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    remark.bytes().any(|byte| byte.is_ascii_digit())
        && words(remark).any(is_year)
        && words(remark).all(|word| is_year(word) || is_number(word) || has(&MONTHS, word))
}

/// `Directed by …`, `Prod. …`: who made the video or the recording, not who performs.
fn credits_makers(remark: &str) -> bool {
    let mut words = words(remark);
    words.next().is_some_and(|first| has(&CREDITS, first)) && words.next().is_some()
}

/// Whether a remark speaks of an album at all.
pub fn names_album(remark: &str) -> bool {
    words(remark)
        .any(|word| ["album", "álbum", "albun", "lp", "ep", "disco"].iter().any(|name| word.eq_ignore_ascii_case(name)))
}

/// Whether a remark that speaks of an album says that the link is the whole of it.
pub fn is_album_remark(remark: &str) -> bool {
    let whole = ["full", "complete", "completo", "complet", "stream", "entier"];
    words(remark).any(|word| whole.iter().any(|known| word.eq_ignore_ascii_case(known)))
        && words(remark).nth(5).is_none()
}

/// Whether a remark tells of another recording of the work, such as "Live in Berlin".
pub fn is_edition(remark: &str) -> bool {
    words(remark).any(|word| has(&EDITIONS, word))
}

/// A head such as `[MV]` that says nothing of the work.
pub fn is_head(remark: &str) -> bool {
    let mut words = words(remark);
    let first = words.next();
    let second = words.next();
    first.is_some()
        && words.next().is_none()
        && [first, second]
            .into_iter()
            .flatten()
            .all(|word| has(&HEADS, word) || is_cjk_remark(Folded::of(word).as_str()))
}

/// A title without decoration that hangs on its end outside brackets: `Song Official Video`, `Song (HD) Lyrics`.
pub fn strip_tail(title: &str) -> &str {
    let start = title.trim_start().len();
    let mut cut = title.len();
    let (mut telling, mut count) = (false, 0usize);
    let mut best = None;
    for word in words(title).rev() {
        let kind = Word::read(word);
        let at = offset(title, word);
        // Between the words of a remark stand spaces and signs; a bracket or a quote belongs to something else.
        let between = title.get(at + word.len()..cut).unwrap_or_default();
        // An apostrophe on a word's edge is a quote, which belongs to the title.
        if kind == Word::Meaningful
            || word.starts_with(['\'', '’'])
            || word.ends_with(['\'', '’'])
            || between.contains(['(', '[', '【', '（', ')', ']', '】', '）', '"', '“', '”', '」', '』'])
        {
            break;
        }
        (cut, count) = (at, count + 1);
        telling |= kind == Word::Telling || is_slashed_mv(title, at, word);
        let before = title.get(..at).unwrap_or_default().trim_end().chars().next_back();
        let strong = match count {
            _ if before == Some(',') => true,
            1 if matches!(before, Some(')' | ']')) && is_year(word) => {
                telling = true;
                true
            }
            1 => has(&ALONE, word),
            _ => !has(&WEAK_START, word),
        };
        if telling && strong && at > title.len() - start {
            best = Some(at);
        }
    }
    let is_closed = |kept: &&str| kept.rfind(['(', '[', '（']) <= kept.rfind([')', ']', '）']);
    let kept = best.and_then(|at| title.get(..at)).map(without_connector).filter(is_closed);
    kept.filter(|kept| words(kept).next().is_some())
        .unwrap_or(title)
        .trim_end_matches([' ', '-', '–', '—', '|', '/', '_', ',', ':', '：', '·', '~', '+', '●', '•'])
}

/// "Song with lyrics", "Song con letra": the word before belongs to the remark.
fn without_connector(kept: &str) -> &str {
    let kept = kept.trim_end();
    [" with", " con", " w/", " + ", " mit", " com"].iter().find_map(|word| kept.strip_suffix(word)).unwrap_or(kept)
}

fn is_slashed_mv(title: &str, at: usize, word: &str) -> bool {
    word.eq_ignore_ascii_case("m") && title.get(at..at + 3).is_some_and(|mv| mv.eq_ignore_ascii_case("m/v"))
}

/// Where a word, which is a part of a text, begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// A word of a script without spaces is a remark when it is made of the parts of remarks and nothing else.
fn is_cjk_remark(word: &str) -> bool {
    if !word.chars().any(is_cjk_letter) {
        return false;
    }
    let mut rest = word;
    while !rest.is_empty() {
        let part = heads(&CJK_PARTS, rest).next();
        let Some(after) = part.and_then(|part| rest.strip_prefix(part)) else { return false };
        rest = after;
    }
    true
}

/// Whether a word is a year of recorded music.
pub fn is_year(word: &str) -> bool {
    word.len() == 4 && word.parse::<u32>().is_ok_and(|year| (1900..2100).contains(&year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remarks_of_uploaders_are_decoration_and_other_works_are_not() {
        for noise in [
            "Official Video",
            "OFFICIAL MUSIC VIDEO",
            "HD",
            "Clip officiel",
            "Video Oficial",
            "M/V",
            "公式",
            "2019",
            "Lyric Video",
            "オリジナル曲",
            "アニメMV",
            "May 3, 1971",
            "Directed by Bo Reed",
            "Prod. Bo",
        ] {
            assert!(is_decoration(noise), "{noise}");
        }
        for work in [
            "Live",
            "Remix",
            "Acoustic Version",
            "Ao Vivo",
            "feat. Dido",
            "Pt. 2",
            "Radio Edit",
            "From \"Up\"",
            "Official Live Video",
            "Directed",
            "星空",
        ] {
            assert!(!is_decoration(work), "{work}");
        }
    }

    #[test]
    fn a_catalogue_number_is_letters_and_digits() {
        assert!(is_catalogue_number("HDL012"));
        for other in ["2012", "MK2", "Harbour12", "HDL", "A012"] {
            assert!(!is_catalogue_number(other), "{other}");
        }
    }

    #[test]
    fn a_tail_is_cut_only_where_it_cannot_be_the_title() {
        assert_eq!(strip_tail("Harbour Official Video"), "Harbour");
        assert_eq!(strip_tail("Harbour Lyrics"), "Harbour");
        assert_eq!(strip_tail("Harbour with lyrics"), "Harbour");
        assert_eq!(strip_tail("Harbour M/V"), "Harbour");
        assert_eq!(strip_tail("Video Drowned The Harbour Light"), "Video Drowned The Harbour Light");
        assert_eq!(strip_tail("Pop Video"), "Pop Video");
        assert_eq!(strip_tail("Official Video"), "Official Video");
    }

    #[test]
    fn a_tail_is_not_cut_inside_a_bracket() {
        assert_eq!(strip_tail("Harbour (Some Animation Video"), "Harbour (Some Animation Video");
    }
}
