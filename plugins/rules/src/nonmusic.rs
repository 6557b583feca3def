//! What is plainly not music: games, lessons, sports, talk. Music must never be taken for it, so one clue is not enough.

use crate::channel::{Channel, Kind};
use crate::text::{Folded, is_cjk_letter, starts_ignoring_case, strip_suffix_ignoring_case, words};
use crate::title::Title;
use crate::words::other::{CHAPTERS, Clue, NUMBERED, PARTS, PROGRAMMES, SPOKEN, clue};
use crate::words::{has, heads};

/// What is to be thought of a title.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing speaks against music.
    None,
    /// Something does, and not enough.
    Some,
    /// Plainly something else.
    NotMusic(&'static str),
}

/// What the words around a title tell of its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    /// Whether a word tells of music.
    pub music: bool,
    /// Whether something speaks against it.
    pub doubt: Doubt,
}

/// Categories of videos that hold music hardly ever.
const CATEGORIES: &[&str] = &[
    "gaming",
    "education",
    "news & politics",
    "science & technology",
    "sports",
    "howto & style",
    "travel & events",
    "pets & animals",
    "autos & vehicles",
    "nonprofits & activism",
];

/// Weighs the words of a title and the category its uploader chose.
pub fn weigh(og_title: &str, title: &Title, channel: Option<&Channel>, category: Option<&str>) -> Subject {
    if channel.is_some_and(|channel| matches!(channel.kind, Kind::Topic | Kind::Vevo)) {
        let doubt = if is_spoken(og_title) { Doubt::Some } else { Doubt::None };
        return Subject { music: true, doubt };
    }
    let mut strong = usize::from(category.is_some_and(|category| CATEGORIES.contains(&category)));
    let (mut weak, mut sure, mut former) = (0usize, false, "");
    let mut music = title.album || title.official && title.decorated || category == Some("music");
    for word in words(og_title).take(60) {
        // A lesson or an episode has a number.
        weak += usize::from(is_number(word) && has(&NUMBERED, former));
        former = word;
        match clue(&Folded::of(word)) {
            Some(Clue::Against) => strong += 1,
            Some(Clue::Beside) => weak += 1,
            Some(Clue::Sure) => sure = true,
            Some(Clue::Music) => music = true,
            None => {}
        }
    }
    music |= sure;
    weak += usize::from(has_part(og_title)) + usize::from(asks(og_title)) + usize::from(talks(og_title));
    // What a channel is about says little of one video that says it is music.
    let of_music = || channel.is_some_and(Channel::is_of_music);
    weak += usize::from(!sure && channel.is_some_and(is_programme) && !of_music());
    let doubt = match (strong, weak) {
        (0, 0) => Doubt::None,
        (0, 1) if sure => Doubt::None,
        (2.., _) | (1, 1..) if !music && !of_music() => {
            Doubt::NotMusic("its title tells of something other than music")
        }
        _ => Doubt::Some,
    };
    Subject { music, doubt }
}

/// `Chapter 3 …`, `… (Audiobook)`: what is read aloud; those who read have generated channels as musicians have.
fn is_spoken(title: &str) -> bool {
    let mut former = "";
    words(title).take(60).any(|word| {
        let counted = is_number(word) && has(&CHAPTERS, former);
        former = word;
        counted || has(&SPOKEN, word)
    })
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a channel's name tells of something other than music.
fn is_programme(channel: &Channel) -> bool {
    words(&channel.whole).take(12).any(|word| has(&PROGRAMMES, word))
}

/// Whether a title in a script without spaces has a part that tells of something other than music.
fn has_part(title: &str) -> bool {
    let mut letters = title.char_indices().filter(|(_, c)| is_cjk_letter(*c));
    !title.is_ascii() && letters.any(|(at, _)| title.get(at..).is_some_and(|rest| heads(&PARTS, rest).next().is_some()))
}

/// `How to …`, `… #12`, `Top 10 …`: what teaches, counts or is one of a row.
fn asks(title: &str) -> bool {
    const BEGINNINGS: &[&str] =
        &["how to ", "top 10 ", "top 5 ", "cómo ", "como fazer ", "comment ", "why the ", "pov: ", "Как "];
    let begins = BEGINNINGS.iter().any(|start| starts_ignoring_case(title, start));
    let episode = |word: &str| {
        word.strip_prefix('#')
            .is_some_and(|digits| digits.len() > 1 && digits.bytes().all(|byte| byte.is_ascii_digit()))
    };
    begins || title.contains('#') && title.split(' ').any(episode)
}

/// `… - What is …?`, `… - How I …`, `(Official Clip)`: a question or an explanation, or a part of a film.
fn talks(title: &str) -> bool {
    const STARTS: &[&str] = &[
        "how i ",
        "how to ",
        "how we ",
        "how the ",
        "why the ",
        "why i ",
        "why we ",
        "what makes ",
        "what is ",
        "what if ",
        "who is ",
    ];
    const ENDS: &[&str] = &[" clip)", "clip hd)", " ad)", " spot)", " promo)"];
    let asks = |part: &str| STARTS.iter().any(|start| starts_ignoring_case(part, start));
    let behind = title.split_once(['-', '–']).map(|(_, rest)| rest.trim_start());
    let film = title.ends_with(')') && ENDS.iter().any(|end| strip_suffix_ignoring_case(title, end).is_some());
    film || behind.is_some_and(asks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn doubt(title: &str, category: Option<&str>) -> Doubt {
        weigh(title, &Title::read(title, None), None, category).doubt
    }

    #[test]
    fn two_clues_tell_what_is_not_music() {
        for (title, category) in [
            ("Harbour Quest gameplay walkthrough", None),
            ("Harbour Quest Trailer", Some("gaming")),
            ("Learn to sail - Tutorial 3", None),
            ("Sailing lecture 4.2", None),
            ("Boat review podcast", None),
            ("Boat unboxing", Some("science & technology")),
        ] {
            assert!(matches!(doubt(title, category), Doubt::NotMusic(_)), "{title}");
        }
    }

    #[test]
    fn one_clue_is_a_doubt_and_music_is_never_taken_for_something_else() {
        assert_eq!(doubt("Harbour Trailer", None), Doubt::Some);
        assert_eq!(doubt("Harbour - Storm (Official Gameplay Video)", None), Doubt::Some);
        assert_eq!(doubt("Harbour", Some("gaming")), Doubt::Some);
        assert_eq!(doubt("Harbour Quest gameplay song remix tutorial", None), Doubt::Some);
        assert_eq!(doubt("Ada Lane - Harbour", None), Doubt::None);
        assert_eq!(doubt("Ada Lane - Harbour trailer (Lyrics)", None), Doubt::None);
        for told in [
            "How to sail",
            "Talk of the harbour #112",
            "Quay - Storm (Official Clip)",
            "Ada Lane - How I sail",
            "港の料理",
        ] {
            assert_eq!(doubt(told, None), Doubt::Some, "{told}");
        }
    }

    #[test]
    fn a_channel_of_news_or_games_is_a_doubt_unless_the_title_tells_of_music() {
        let on = |title: &str, channel: &str| {
            weigh(title, &Title::read(title, None), Some(&Channel::read(channel)), None).doubt
        };
        assert_eq!(on("Quay News - Harbour", "Quay News"), Doubt::Some);
        assert_eq!(on("Ada Lane - Harbour (Lyrics)", "Quay News"), Doubt::None);
        assert_eq!(on("Ada Lane - Harbour", "Ada Lane"), Doubt::None);
    }

    #[test]
    fn a_generated_channel_may_be_a_readers() {
        let on = |title: &str, channel: &str| {
            weigh(title, &Title::read(title, None), Some(&Channel::read(channel)), None).doubt
        };
        for read in ["Chapter 1 - The Harbour", "Kapitel 12", "Harbour Talk Podcast", "The Harbour (Audiobook)"] {
            assert_eq!(on(read, "Ada Lane - Topic"), Doubt::Some, "{read}");
        }
        assert_eq!(on("Episode 12: The Quay", "AdaLaneVEVO"), Doubt::Some);
        for sung in ["Chapter and Verse", "Last Chapter", "Harbour 12", "Vlog"] {
            assert_eq!(on(sung, "Ada Lane - Topic"), Doubt::None, "{sung}");
        }
    }
}
