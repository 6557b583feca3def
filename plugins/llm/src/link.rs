//! What a link says by itself. `adalane.bandcamp.com/track/harbour-lights` names a work; `youtu.be/dQw4w9WgXcQ` does not, and
//! a model that is shown it can only make something up.

/// Words of paths that name no work, and parts of hosts that name nobody.
const WORDS_OF_SITES: [&str; 38] = [
    "album", "albums", "app", "artist", "browse", "channel", "embed", "episode", "geo", "html", "http", "https",
    "index", "intl", "link", "listen", "lyrics", "mobile", "music", "open", "play", "player", "playlist", "release",
    "sets", "share", "shorts", "show", "song", "songs", "stream", "title", "track", "user", "video", "videos", "watch",
    "www",
];

/// The host and what the path says, without scheme, query and ids; `None` when no part of it speaks.
pub fn spoken(url: &str) -> Option<String> {
    let url = url.trim();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = host.strip_prefix("www.").unwrap_or(host);
    // `adalane.bandcamp.com` speaks, `bandcamp.com` does not.
    let is_own = host.matches('.').count() > 1 && host.split('.').next().is_some_and(speaks);
    let path: Vec<String> = path.split('/').map(decoded).filter(|part| speaks(part)).collect();
    if !is_own && path.is_empty() {
        return None;
    }
    Some(std::iter::once(host.to_owned()).chain(path).collect::<Vec<_>>().join("/"))
}

/// Whether a part is somebody's handle, or mostly words of which not all are the site's.
fn speaks(part: &str) -> bool {
    if part.starts_with('@') {
        return true;
    }
    let (mut spoken, mut all, mut of_work) = (0, 0, 0);
    for piece in part.split(|c: char| !c.is_alphanumeric()) {
        let length = piece.chars().count();
        all += length;
        if is_word(piece) {
            spoken += length;
            of_work += usize::from(!WORDS_OF_SITES.contains(&piece.to_lowercase().as_str()));
        }
    }
    of_work > 0 && spoken * 2 > all
}

/// Whether something is a word and not an id: letters, no capital after a small one, a vowel where the script has them.
fn is_word(piece: &str) -> bool {
    let is_latin = piece.is_ascii();
    let letters = piece.chars().all(char::is_alphabetic);
    let is_of_one_case =
        piece.chars().skip(1).all(char::is_uppercase) || !piece.chars().skip(1).any(char::is_uppercase);
    let has_vowel = !is_latin || piece.chars().any(|c| "aeiouyAEIOUY".contains(c));
    let is_long_enough = piece.len() >= if is_latin { 3 } else { 2 };
    letters && is_of_one_case && has_vowel && is_long_enough
}

/// Without percent signs, where what they stand for is text.
fn decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let pair = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = pair.filter(|_| *first == b'%').and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| part.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_says_what_its_words_say() {
        for (url, expected) in [
            ("https://adalane.bandcamp.com/track/harbour-lights?from=x", "adalane.bandcamp.com/harbour-lights"),
            ("https://soundcloud.com/ada-lane/harbour", "soundcloud.com/ada-lane/harbour"),
            ("https://genius.com/Ada-lane-harbour-lyrics", "genius.com/Ada-lane-harbour-lyrics"),
            ("https://music.apple.com/us/album/harbour/1654452985?i=1", "music.apple.com/harbour"),
            ("https://example.org/%E6%B8%AF", "example.org/港"),
            ("https://www.youtube.com/@AdaLane/videos", "youtube.com/@AdaLane"),
            ("https://adalane.bandcamp.com/", "adalane.bandcamp.com"),
        ] {
            assert_eq!(spoken(url).as_deref(), Some(expected), "{url}");
        }
    }

    #[test]
    fn a_link_of_ids_says_nothing() {
        for url in [
            "https://youtu.be/dQw4w9WgXcQ",
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=RDmusic",
            "https://open.spotify.com/intl-de/track/4uLU6hMCjMI75M1A2tKUQC",
            "https://www.deezer.com/track/1841999507",
            "https://tidal.com/browse/track/123/u",
            "https://music.youtube.com/playlist?list=OLAK5uy_abc",
            "https://www.nicovideo.jp/watch/sm14236781",
            "https://on.soundcloud.com/AbCdE",
            "not a link",
            "%%%",
            "",
        ] {
            assert_eq!(spoken(url), None, "{url}");
        }
    }
}
