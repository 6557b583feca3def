//! Phrases in which pages name a work and its artist: `Song by Artist on Apple Music`, `Song - song and lyrics by Artist`,
//! `Listen to Song by Artist on …`.

use super::Facts;
use super::kinds::{BY, credited_kind};
use crate::text::clean;
use crate::words::platforms::unsigned;

/// Platforms whose pages are titled `Title by Artist`, whether or not they sign.
const BY_ARTIST: &[&str] =
    &["songlink", "apple_music", "amazon_music", "amazon", "audius", "beatport", "audiomack", "tidal", "mixcloud"];

/// How an invitation to listen begins.
const INVITATIONS: &[&str] = &[
    "Listen to ",
    "Stream ",
    "Play ",
    "Escucha ",
    "Escuchar ",
    "Écoutez ",
    "Écouter ",
    "Höre ",
    "Hör ",
    "Ascolta ",
    "Ouça ",
    "Luister naar ",
    "Lyssna på ",
    "Lyt til ",
    "Lytt til ",
    "Слушайте ",
    "Słuchaj ",
    "Dengarkan ",
];

/// What follows the artist in an invitation.
const PLACES: &[&str] =
    &[" on ", " en ", " sur ", " auf ", " bei ", " su ", " no ", " na ", " op ", " på ", " for free", " в ", " di "];

/// Reads a page's title that is such a phrase.
pub fn title(platform: &str, og_title: &str) -> Option<Facts> {
    // Whose tracks SoundCloud's uploader puts up is not said.
    if platform == "soundcloud" {
        return None;
    }
    let (text, on) = unsigned(og_title);
    let composed = on || BY_ARTIST.contains(&platform);
    let signed = text.len() < og_title.len();
    if platform == "youtube" && !signed || !(composed || signed || platform == "spotify") {
        return None;
    }
    for dash in [" - ", " – ", " — "] {
        if let Some((title, form)) = text.rsplit_once(dash)
            && let Some((kind, artist)) = credited_kind(form)
        {
            return facts(title, artist).map(|facts| Facts { kind: Some(kind), ..facts });
        }
    }
    let (title, artist) = composed.then(|| at_by(without_invitation(text)))??;
    facts(title, artist)
}

/// Reads a description that invites to listen; the page's title has to agree.
pub fn description(platform: &str, og_title: &str, description: &str) -> Option<Facts> {
    if platform == "soundcloud" || platform == "youtube" {
        return None;
    }
    let end = description.char_indices().nth(400).map_or(description.len(), |(at, _)| at);
    let text = clean(description.get(..end)?);
    let rest = Some(without_invitation(&text)).filter(|rest| rest.len() < text.len())?;
    let (og_title, _) = unsigned(og_title);
    BY.iter().find_map(|by| {
        let mark = format!(" {by} ");
        let (title, rest) = match rest.strip_prefix(og_title).and_then(|rest| rest.strip_prefix(mark.as_str())) {
            Some(rest) => (og_title, rest),
            None => rest.split_once(mark.as_str())?,
        };
        let artist = PLACES.iter().filter_map(|place| rest.find(place)).min().and_then(|end| rest.get(..end))?;
        let agreed = title == og_title || og_title.contains(title) && og_title.contains(artist);
        agreed.then(|| facts(title, artist))?
    })
}

fn without_invitation(text: &str) -> &str {
    INVITATIONS.iter().find_map(|start| text.strip_prefix(start)).unwrap_or(text)
}

/// `Title by Artist`: divided at the last "by"; at a word that titles and names have, only if it is the only one.
fn at_by(text: &str) -> Option<(&str, &str)> {
    BY.iter().find_map(|by| {
        let mark = format!(" {by} ");
        let mut found = text.rmatch_indices(mark.as_str());
        let (at, _) = found.next()?;
        let sure = *by == "by" || found.next().is_none();
        sure.then(|| Some((text.get(..at)?, text.get(at + mark.len()..)?)))?
    })
}

fn facts(title: &str, artist: &str) -> Option<Facts> {
    let (title, artist) = (title.trim(), artist.trim());
    let title = title.strip_suffix(" - Single").or_else(|| title.strip_suffix(" - EP")).unwrap_or(title);
    let found = Facts { title: Some(title.to_owned()), artist: Some(artist.to_owned()), ..Facts::default() };
    (!title.is_empty() && !artist.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(facts: Option<Facts>) -> Option<(String, String)> {
        let facts = facts?;
        Some((facts.title?, facts.artist?))
    }

    #[test]
    fn a_signed_page_title_names_both() {
        for (platform, og_title, title, artist) in [
            ("spotify", "Harbour - song and lyrics by Ada Lane | Spotify", "Harbour", "Ada Lane"),
            ("spotify", "Harbour – Lied und Lyrics von Ada Lane | Spotify", "Harbour", "Ada Lane"),
            ("apple_music", "Harbour by Ada Lane on Apple Music", "Harbour", "Ada Lane"),
            ("apple_music", "Lights - Album by Ada Lane - Apple Music", "Lights", "Ada Lane"),
            ("apple_music", "Luces de Ada en Apple Music", "Luces", "Ada"),
            ("amazon_music", "Play Harbour by Ada Lane on Amazon Music - Amazon.co.uk", "Harbour", "Ada Lane"),
            ("audiomack", "Harbour by Ada Lane: Listen on Audiomack", "Harbour", "Ada Lane"),
            ("songlink", "Stand by Me by Ada Lane", "Stand by Me", "Ada Lane"),
        ] {
            let expected = Some((title.to_owned(), artist.to_owned()));
            assert_eq!(both(super::title(platform, og_title)), expected, "{og_title}");
        }
        for (platform, og_title) in [
            ("apple_music", "Luces de la noche de Ada en Apple Music"),
            ("youtube", "Harbour by Ada Lane"),
            ("soundcloud", "Stream Harbour by Bo on SoundCloud"),
        ] {
            assert_eq!(super::title(platform, og_title), None, "{og_title}");
        }
    }

    #[test]
    fn an_invitation_to_listen_names_both_if_the_title_agrees() {
        let read = |og_title, text| both(description("audius", og_title, text));
        let expected = Some(("Harbour".to_owned(), "Ada Lane".to_owned()));
        assert_eq!(read("Harbour", "Listen to Harbour by Ada Lane on Audius"), expected);
        assert_eq!(read("Ada Lane - Harbour | Audius", "Listen to Harbour by Ada Lane on Audius"), expected);
        assert_eq!(read("Harbour", "Höre Harbour von Ada Lane auf Apple Music. 2018."), expected);
        assert_eq!(read("Storm", "Listen to Harbour by Ada Lane on Audius"), None);
        assert_eq!(read("Harbour", "Harbour by Ada Lane on Audius"), None);
    }
}
