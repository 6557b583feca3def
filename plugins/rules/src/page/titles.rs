//! Titles that platforms compose by a template of their own.

use super::Facts;
use crate::text::words;
use crate::words::has;
use crate::words::labels::LABEL_STRONG;
use crate::words::platforms::unsigned;
use liner_strategy::MusicType;

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

/// `Title, by Artist`; on a label's page `Artist - Title, by Label`.
fn bandcamp(og_title: &str) -> Option<Facts> {
    let (name, by) = og_title.rsplit_once(", by ")?;
    match credited(name, by) {
        Some((artist, title)) => facts(None, title, artist),
        None => facts(None, name, by),
    }
}

/// The artist and title in a name that a label or "Various Artists" is credited with.
pub fn credited<'a>(name: &'a str, by: &str) -> Option<(&'a str, &'a str)> {
    let several = ["various artists", "various", "v/a", "va"].iter().any(|known| by.eq_ignore_ascii_case(known));
    let label = several || words(by).any(|word| has(&LABEL_STRONG, word));
    name.split_once(" - ").filter(|_| label)
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
            ("bandcamp", "Ada Lane - Harbour, by Quay Records", "Harbour", "Ada Lane"),
            ("bandcamp", "Ada Lane - Harbour, by Various Artists", "Harbour", "Ada Lane"),
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
}
