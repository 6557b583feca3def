//! What is plainly not music: games, lessons, sports, talk. Music must never be taken for it, so one clue is not enough.

use crate::channel::{Channel, Kind};
use crate::text::words;
use crate::title::Title;
use crate::words::other::{Clue, clue};

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
        return Subject { music: true, doubt: Doubt::None };
    }
    let mut strong = usize::from(category.is_some_and(|category| CATEGORIES.contains(&category)));
    let (mut weak, mut numbered) = (0usize, false);
    let mut music = title.album || title.official && title.decorated || category == Some("music");
    for word in words(og_title).take(60) {
        // A lesson or an episode has a number.
        weak += usize::from(numbered && word.starts_with(|c: char| c.is_ascii_digit()));
        let lesson = |name: &&str| word.eq_ignore_ascii_case(name);
        numbered = ["ep", "episode", "lecture", "lesson", "tutorial"].iter().any(lesson);
        match clue(word) {
            Some(Clue::Against) => strong += 1,
            Some(Clue::Beside) => weak += 1,
            Some(Clue::Music) => music = true,
            None => {}
        }
    }
    let doubt = match (strong, weak) {
        (0, 0) => Doubt::None,
        (2.., _) | (1, 1..) if !music => Doubt::NotMusic("its title tells of something other than music"),
        _ => Doubt::Some,
    };
    Subject { music, doubt }
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
    }
}
