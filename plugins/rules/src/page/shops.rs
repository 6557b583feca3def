//! The descriptions that shops and streaming services write, by their templates.

use super::Facts;
use super::PODCAST;
use super::kinds::kind;
use crate::text::clean;
use liner_strategy::{MusicType, release_date};

/// Reads the description of a page by the template of the platform that wrote it.
pub fn read(platform: &str, og_title: &str, description: &str) -> Option<Facts> {
    match platform {
        "spotify" => spotify(description),
        "apple_music" => apple_music(og_title, description),
        "deezer" => deezer(description),
        "bandcamp" => bandcamp(description),
        _ => None,
    }
}

/// `Artist · Song · 2020`, `Artist · Album of the song · Song · 2020`, `Artist · Album · 2018 · 12 songs.`, with the kind first
/// as well; `Artist · 2M monthly listeners.`, `Playlist · Name · 50 items`, `Listen to this episode from …`.
fn spotify(description: &str) -> Option<Facts> {
    let text = clean(description);
    let is_episode =
        |part: &str| matches!(part, "Episode" | "Épisode" | "Episodio" | "Episódio" | "Folge" | "Aflevering");
    if text.starts_with("Listen to this episode from ") || text.starts_with("Podcast · ") {
        return Some(Facts::not_music(PODCAST));
    }
    // "Listen to Harbour on Spotify. Ada · Song · 2017."
    let text = text.split_once(" on Spotify. ").map_or(text.as_str(), |(_, rest)| rest);
    let text = text.split_once(" on Spotify · ").map_or(text, |(_, rest)| rest);
    let text = text.trim_start_matches("Listen on Spotify: ").trim_end_matches('.');
    let parts: Vec<&str> = text.split(" · ").collect();
    match parts.as_slice() {
        ["Artist", ..] => Some(Facts::new(MusicType::Artist)),
        [_, last] if is_episode(last) => Some(Facts::not_music(PODCAST)),
        [word, ..] if kind(word) == Some(MusicType::Playlist) => Some(Facts::new(MusicType::Playlist)),
        [artist, album, word, year] if kind(word) == Some(MusicType::Song) => credited(word, artist, Some(album), year),
        [word, artist, year, ..] | [artist, word, year, ..] if kind(word).is_some() && release_date(year).is_some() => {
            credited(word, artist, None, year)
        }
        _ => None,
    }
}

fn credited(word: &str, artist: &str, album: Option<&str>, year: &str) -> Option<Facts> {
    let mut facts = Facts::new(kind(word)?);
    facts.artist = Some(artist.to_owned());
    facts.album = album.map(str::to_owned);
    facts.release_date = release_date(year);
    Some(facts)
}

/// `Album · 2019 · 10 Songs` under a title `Name by Artist`; `Song · 2020 · Duration 3:21` likewise.
fn apple_music(og_title: &str, description: &str) -> Option<Facts> {
    let text = clean(description);
    let parts: Vec<&str> = text.split(" · ").collect();
    let (kind, year) = match parts.as_slice() {
        [word, ..] if kind(word) == Some(MusicType::Playlist) => return Some(Facts::new(MusicType::Playlist)),
        [word, year, ..] if release_date(year).is_some() => (kind(word)?, year),
        _ => return None,
    };
    let title = clean(og_title);
    let title = title.strip_suffix(" on Apple Music").unwrap_or(&title);
    let Some((name, artist)) = title.rsplit_once(" by ") else {
        return Some(Facts { release_date: release_date(year), ..Facts::new(kind) });
    };
    let name = name.strip_suffix(" - Single").or_else(|| name.strip_suffix(" - EP")).unwrap_or(name);
    let mut facts = Facts::new(kind);
    facts.title = Some(name.to_owned());
    facts.artist = Some(artist.to_owned());
    facts.release_date = release_date(year);
    Some(facts)
}

/// `Artist - album - 1963 - …`, in the reader's language.
fn deezer(description: &str) -> Option<Facts> {
    let text = clean(description);
    let parts: Vec<&str> = text.split(" - ").map(str::trim).collect();
    let at = parts.iter().position(|part| release_date(part).is_some())?;
    let word = parts.get(at.checked_sub(1)?)?;
    let kind = kind(word)?;
    let mut facts = Facts::new(kind);
    facts.artist = Some(parts.get(..at - 1)?.join(" - "));
    facts.release_date = parts.get(at).and_then(|year| release_date(year));
    facts.artist.as_ref().is_some_and(|artist| !artist.is_empty()).then_some(facts)
}

/// `5 track album`, `from the album Symmetry`, `track by Indigo`; the title names the rest.
fn bandcamp(description: &str) -> Option<Facts> {
    let text = clean(description);
    if let Some(album) = text.strip_prefix("from the album ") {
        return Some(Facts { album: Some(album.to_owned()), ..Facts::new(MusicType::Song) });
    }
    let is_track = text.starts_with("track by ");
    let is_album = text.contains(" track album") || text.ends_with(" track EP");
    (is_track || is_album).then(|| Facts::new(if is_album { MusicType::Album } else { MusicType::Song }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spotify_descriptions_are_read_in_each_form() {
        let song = read("spotify", "Harbour", "Ada, Bo · Lights · Song · 2017").unwrap();
        assert_eq!((song.artist.as_deref(), song.album.as_deref()), (Some("Ada, Bo"), Some("Lights")));
        assert_eq!(song.release_date.as_deref(), Some("2017"));
        assert_eq!(read("spotify", "Lights", "Ada · Album · 2018 · 12 songs.").unwrap().kind, Some(MusicType::Album));
        assert_eq!(read("spotify", "Ada", "Artist · 2M monthly listeners.").unwrap().kind, Some(MusicType::Artist));
        assert_eq!(
            read("spotify", "Talk", "Listen to this episode from Talks on Spotify.").unwrap().not_music,
            Some(PODCAST)
        );
        assert_eq!(read("spotify", "Harbour", "Harbour, a song"), None);
    }

    #[test]
    fn shops_are_read_by_their_templates() {
        let apple = read("apple_music", "Lights - Single by Ada", "Album · 2022 · 1 Song").unwrap();
        assert_eq!((apple.title.as_deref(), apple.artist.as_deref()), (Some("Lights"), Some("Ada")));
        assert_eq!(read("deezer", "Lights", "Ada - canción - 2022").unwrap().artist.as_deref(), Some("Ada"));
        let bandcamp = read("bandcamp", "Harbour, by Ada", " from the album Lights ").unwrap();
        assert_eq!((bandcamp.kind, bandcamp.album.as_deref()), (Some(MusicType::Song), Some("Lights")));
    }
}
