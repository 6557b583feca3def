//! Titles that platforms compose by a template of their own.

use super::{Facts, Trust};
use crate::text::words;
use crate::words::has;
use crate::words::labels::LABEL_STRONG;
use crate::words::platforms::unsigned;
use liner_strategy::MusicType;

/// Words of [`LABEL_STRONG`] that names of bands and of works have as well.
const COMMON: &[&str] = &["tapes", "label", "compilation"];

/// Reads a page's title by the template of the platform that composed it.
pub fn read(platform: &str, og_title: &str) -> Option<Facts> {
    match platform {
        "bandcamp" => bandcamp(og_title),
        "youtube" => youtube_music(og_title),
        "7digital" => seven_digital(og_title),
        "lastfm" => last_fm(og_title),
        "shazam" => shazam(og_title),
        "qobuz" => qobuz(og_title),
        _ => None,
    }
}

fn facts(kind: Option<MusicType>, title: &str, artist: &str) -> Option<Facts> {
    let (title, artist) = (title.trim(), artist.trim());
    let found = Facts { title: Some(title.to_owned()), artist: Some(artist.to_owned()), kind, ..Facts::default() };
    (!title.is_empty() && !artist.is_empty()).then_some(found)
}

/// `Title, by Artist`.
fn bandcamp(og_title: &str) -> Option<Facts> {
    let (name, by) = og_title.rsplit_once(", by ")?;
    facts(None, name, by)
}

/// The artist and title in a name that a label or "Various Artists" is credited with, and how far they are to be trusted: who is
/// called a label by a word may be a band.
pub fn credited<'a>(name: &'a str, by: &str) -> Option<(&'a str, &'a str, Trust)> {
    let is_several = ["various artists", "various", "v/a", "va"].iter().any(|known| by.eq_ignore_ascii_case(known));
    let is_common = |word: &str| COMMON.iter().any(|common| word.eq_ignore_ascii_case(common));
    let is_label = || words(by).any(|word| has(&LABEL_STRONG, word) && !is_common(word));
    let trust = if is_several { Trust::Stated } else { Trust::Read };
    let (artist, title) = name.split_once(" - ").filter(|_| is_several || is_label())?;
    Some((artist, title, trust))
}

/// `Title - Album by Artist`, in the reader's language.
fn youtube_music(og_title: &str) -> Option<Facts> {
    const FORMS: &[&str] = &[
        "Album by ",
        "Album van ",
        "Album von ",
        "Album par ",
        "Album de ",
        "Album di ",
        "Álbum de ",
        "Альбом ",
        "EP by ",
        "Single by ",
    ];
    let (title, form) = og_title.rsplit_once(" - ")?;
    let artist = FORMS.iter().find_map(|start| form.strip_prefix(start))?;
    facts(Some(MusicType::Album), title, artist)
}

/// `Title (2018) | Artist | MP3 Downloads | 7digital`.
fn seven_digital(og_title: &str) -> Option<Facts> {
    let mut parts = og_title.split(" | ");
    let (title, artist) = (parts.next()?, parts.next()?);
    parts.next()?;
    let title = match title.rsplit_once(" (") {
        Some((bare, year)) if crate::decoration::is_year(year.trim_end_matches(')')) => bare,
        _ => title,
    };
    facts(None, title, artist)
}

/// `Title - Artist: Song Lyrics, Music Videos & Concerts`.
fn shazam(og_title: &str) -> Option<Facts> {
    let (title, artist) = og_title.split_once(": Song Lyrics")?.0.split_once(" - ")?;
    facts(Some(MusicType::Song), title, artist)
}

/// `Title, Artist - Qobuz`, `Title, Artist - Download and listen to the album`, in the reader's language.
fn qobuz(og_title: &str) -> Option<Facts> {
    let (title, artist) = unsigned(og_title).0.rsplit_once(", ")?;
    facts(None, title, artist)
}

/// `Title — Artist | Last.fm`.
fn last_fm(og_title: &str) -> Option<Facts> {
    let (title, artist) = og_title.strip_suffix(" | Last.fm")?.split_once(" — ")?;
    facts(None, title, artist)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(platform: &str, og_title: &str) -> Option<(String, String)> {
        let facts = read(platform, og_title)?;
        Some((facts.title?, facts.artist?))
    }

    #[test]
    fn platforms_titles_are_read_by_their_templates() {
        for (platform, og_title, title, artist) in [
            ("bandcamp", "Harbour, by Ada Lane", "Harbour", "Ada Lane"),
            ("bandcamp", "Harbour - Reprise, by Ada Lane", "Harbour - Reprise", "Ada Lane"),
            ("youtube", "Lights - Album van Ada Lane", "Lights", "Ada Lane"),
            ("7digital", "Lights (2018) | Ada Lane | MP3 Downloads | 7digital", "Lights", "Ada Lane"),
            ("shazam", "Harbour - Ada Lane: Song Lyrics, Music Videos & Concerts", "Harbour", "Ada Lane"),
            ("qobuz", "Lights, Ada Lane - Qobuz", "Lights", "Ada Lane"),
            ("lastfm", "Harbour — Ada Lane | Last.fm", "Harbour", "Ada Lane"),
        ] {
            assert_eq!(both(platform, og_title), Some((title.to_owned(), artist.to_owned())), "{og_title}");
        }
        assert_eq!(both("youtube", "Ada Lane - Harbour"), None);
    }

    #[test]
    fn a_label_is_not_credited_and_a_band_with_a_labels_word_is() {
        let read = Some(("Ada Lane", "Harbour", Trust::Read));
        for (by, found) in [
            ("Various Artists", Some(("Ada Lane", "Harbour", Trust::Stated))),
            ("Quay Records", read),
            ("Quay Recordings Label", read),
            ("The Tapes", None),
            ("Red Label", None),
            ("Compilation", None),
        ] {
            assert_eq!(credited("Ada Lane - Harbour", by), found, "{by}");
        }
    }
}
