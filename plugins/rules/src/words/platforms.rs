//! How platforms sign their pages: the name behind the title, and the invitation before it, in the languages their pages
//! come in.

use super::Table;
use super::{has, has_folded};
use crate::text::{Folded, strip_suffix_ignoring_case, words};

/// Names that nothing but a platform has: any separator may stand before them.
const NAMES: &[&str] = &[
    "YouTube Music",
    "YouTube",
    "Spotify",
    "Apple Music",
    "iTunes",
    "SoundCloud",
    "Deezer",
    "Bandcamp",
    "Amazon Music Unlimited",
    "Amazon Music",
    "Qobuz",
    "Discogs",
    "Last.fm",
    "Audiomack",
    "Mixcloud",
    "Beatport",
    "Hype Machine",
    "JioSaavn",
    "Anghami",
    "Boomplay",
    "KKBOX",
    "LINE MUSIC",
    "Musixmatch",
    "Traxsource",
    "Napster",
    "niconico",
    "ニコニコ動画",
    "Яндекс Музыка",
    "Genius Lyrics",
    "Jamendo Music",
];

/// Names that are words as well; they sign a page behind a pipe or "on".
const WORDS: &[&str] = &["TIDAL", "Genius", "Audius", "Shazam", "Gaana", "Pandora", "Songlink", "Odesli", "VK"];

/// What stands before a platform's name.
const MARKS: &[&str] = &[" | ", " - ", " – ", " — ", " · ", " • ", " :: ", " / ", ": ", "_"];

/// The words for "on", as they stand before a platform's name.
const ON: &[&str] = &[
    " on", " auf", " bei", " sur", " en", " no", " na", " su", " op", " på", " pa", " in", " di", " trên", " в", " w",
];

/// With which words a signed title ends.
#[rustfmt::skip]
pub static LAST: Table = Table::new(&[
    "vk", "gaana", "kkbox", "music", "qobuz", "tidal", "audius", "deezer", "genius", "itunes", "lastfm", "lyrics",
    "odesli", "shazam", "anghami", "discogs", "machine", "napster", "pandora", "spotify", "youtube", "bandcamp",
    "beatport", "bilibili", "boomplay", "jiosaavn", "mixcloud", "niconico", "songlink", "audiomack", "downloads",
    "unlimited", "musixmatch", "soundcloud", "traxsource", "музыка", "ニコニコ動画",
]);

/// Words of what a page's title says behind the work: that it can be heard, read or bought there.
#[rustfmt::skip]
pub static TALK: Table = Table::new(&[
    "a", "e", "y", "di", "en", "et", "il", "la", "le", "to", "ve", "and", "com", "con", "for", "les", "lyt", "mit",
    "mp3", "now", "the", "und", "avec", "free", "lied", "lytt", "mp3s", "naar", "ouca", "song", "text", "with",
    "album", "audio", "dinle", "horen", "laten", "letra", "music", "ouvir", "sarki", "songs", "tekst", "testo",
    "titel", "video", "watch", "gratis", "kaufen", "lalbum", "letras", "listen", "lyrics", "lyssna", "musica",
    "online", "stream", "videos", "anhoren", "ascolta", "cancion", "canzone", "ecouter", "escucha", "luister",
    "meaning", "paroles", "release", "sluchaj", "sozleri", "concerts", "download", "escuchar", "releases", "songtext",
    "downloads", "kostenlos", "luisteren", "posluchaj", "songtexte", "sozlerini", "streaming", "telecharger",
    "gratuitement",
]);

/// Those of them that tell such a remark from a title.
#[rustfmt::skip]
pub static TELLING: Table = Table::new(&[
    "lyt", "lytt", "ouca", "dinle", "horen", "ouvir", "listen", "lyssna", "stream", "anhoren", "ascolta", "ecouter",
    "escucha", "luister", "meaning", "sluchaj", "concerts", "download", "escuchar", "releases", "downloads",
    "luisteren", "posluchaj", "streaming", "telecharger",
]);

/// A page's title without the platform's name and what it says of itself; whether "on" stood before the name.
pub fn unsigned(text: &str) -> (&str, bool) {
    // Most titles end otherwise, and a remark's bracket is no signature.
    let last = text.rsplit([' ', '_', ':']).next().unwrap_or_default();
    if last.ends_with([')', ']']) {
        return (text, false);
    }
    let word = Folded::of(last);
    if !(has_folded(&LAST, &word) || has_folded(&TALK, &word) || last.starts_with("Amazon.")) {
        return (text, false);
    }
    let (mut kept, mut on) = (text, false);
    // A shop signs with its country's address behind its name.
    for _ in 0..2 {
        match without_name(kept) {
            Some((rest, by_word)) => (kept, on) = (rest, by_word),
            None => break,
        }
    }
    if kept.len() < text.len() || talks(text) {
        kept = without_talk(kept);
    }
    (kept, on)
}

fn without_name(text: &str) -> Option<(&str, bool)> {
    if let Some(rest) = text.strip_suffix("_哔哩哔哩_bilibili").or_else(|| text.strip_suffix(" - Free music downloads"))
    {
        return Some((rest, false));
    }
    if let Some((rest, last)) = text.rsplit_once([' ', '_'])
        && last.starts_with("Amazon.")
    {
        return Some((rest.trim_end_matches([' ', '-', '|', ':']), false));
    }
    let signed = |names: &[&str], marks: &[&str], words: &[&str]| {
        let name = names.iter().find(|name| text.ends_with(*name))?;
        let rest = text.get(..text.len() - name.len())?;
        if let Some(rest) = marks.iter().find_map(|mark| rest.strip_suffix(*mark)) {
            return Some((rest, false));
        }
        let rest = rest.strip_suffix(' ')?;
        words.iter().find_map(|on| strip_suffix_ignoring_case(rest, on)).map(|rest| (rest, true))
    };
    let kept = signed(NAMES, MARKS, ON).or_else(|| signed(WORDS, &[" | ", " • ", " · "], &[" on"]));
    kept.filter(|(rest, _)| rest.chars().any(char::is_alphanumeric))
}

/// Whether a title without a platform's name ends as the pages of shops do.
fn talks(text: &str) -> bool {
    text.rsplit_once([':', '-']).is_some_and(|(_, last)| is_talk(last))
}

/// `Song: listen with lyrics`, `Song | Stream & Download`.
fn without_talk(text: &str) -> &str {
    let cut = [" | ", " - ", ": ", " – "]
        .iter()
        .filter_map(|mark| text.rsplit_once(*mark))
        .min_by_key(|(_, last)| last.len());
    cut.filter(|(_, last)| is_talk(last)).map_or(text, |(kept, _)| kept.trim_end())
}

fn is_talk(text: &str) -> bool {
    words(text).all(|word| has(&TALK, word)) && words(text).any(|word| has(&TELLING, word))
}
