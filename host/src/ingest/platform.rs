//! From a URL to a platform and an identifier there. The same link in any of its spellings has one identity; a link that
//! no platform knows is `web`, with a digest, and is never refused.

use crate::digest::hex;
use crate::music::{Platform, TrackKey};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

/// The most bytes of a URL.
const MAX_URL: usize = 4096;
/// The most bytes of a host: no name in the DNS is longer.
const MAX_HOST: usize = 253;
/// Parameters that tell who shared a link, not what it points at.
const TRACKING: &[&str] = &["fbclid", "gclid", "igshid", "igsh", "mc_cid", "mc_eid", "ref_src"];

/// A link with its identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Platform and identifier.
    pub key: TrackKey,
    /// The URL without what only tracks.
    pub url: String,
}

/// A text that is no link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no http or https link{hint}")]
pub struct LinkError {
    text: String,
    hint: &'static str,
}

impl LinkError {
    fn new(text: &str, hint: &'static str) -> Self {
        Self { text: text.chars().take(200).collect(), hint }
    }
}

/// A platform's hosts, its canonical name, and how it writes its links.
struct Rule {
    /// Domains, with all that lies below them; a name without a dot is any host's that has it as a label.
    hosts: &'static [&'static str],
    platform: &'static str,
    read: fn(&Page<'_>) -> Option<Identity>,
}

const RULES: &[Rule] = &[
    Rule { hosts: &["spotify.com"], platform: "spotify", read: spotify },
    Rule { hosts: &["spotify.link", "spotify.app.link"], platform: "spotify", read: short },
    Rule { hosts: &["youtube.com", "youtube-nocookie.com", "youtu.be"], platform: "youtube", read: youtube },
    Rule { hosts: &["on.soundcloud.com"], platform: "soundcloud", read: short },
    Rule { hosts: &["soundcloud.com"], platform: "soundcloud", read: soundcloud },
    Rule { hosts: &["music.apple.com", "itunes.apple.com"], platform: "apple_music", read: apple_music },
    Rule { hosts: &["bandcamp.com"], platform: "bandcamp", read: bandcamp },
    Rule { hosts: &["audius.co"], platform: "audius", read: lower_path },
    Rule {
        hosts: &["song.link", "album.link", "artist.link", "playlist.link", "odesli.co"],
        platform: "songlink",
        read: songlink,
    },
    Rule { hosts: &["beatport.com"], platform: "beatport", read: beatport },
    Rule { hosts: &["hypem.com"], platform: "hypemachine", read: hypemachine },
    Rule { hosts: &["tortoise"], platform: "tortoise", read: path },
    Rule { hosts: &["deezer.page.link", "link.deezer.com", "dzr.page.link"], platform: "deezer", read: short },
    Rule { hosts: &["deezer.com"], platform: "deezer", read: numbered },
    Rule { hosts: &["tidal.com"], platform: "tidal", read: numbered },
    Rule { hosts: &["mixcloud.com"], platform: "mixcloud", read: lower_path },
];

/// What a rule reads out of a page's URL.
struct Identity {
    id: String,
    /// The URL in its usual spelling; the given one without its query when the platform has none.
    url: Option<String>,
}

impl Identity {
    fn at(id: impl Into<String>, url: String) -> Option<Self> {
        Some(Self { id: id.into(), url: Some(url) })
    }

    fn plain(id: impl Into<String>) -> Option<Self> {
        let id = id.into();
        (!id.is_empty()).then_some(Self { id, url: None })
    }
}

/// A URL in parts.
struct Page<'a> {
    url: &'a Url,
    /// In lower case, without `www.`.
    host: &'a str,
    segments: Vec<&'a str>,
}

impl Page<'_> {
    fn query(&self, name: &str) -> Option<String> {
        let mut pairs = self.url.query_pairs();
        pairs.find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.into_owned())
    }

    /// The segment that follows one of these words, with the word.
    fn after<'b>(&'b self, words: &[&'b str]) -> Option<(&'b str, &'b str)> {
        self.segments.windows(2).find_map(|pair| match pair {
            [word, id] if words.contains(word) => Some((*word, *id)),
            _ => None,
        })
    }
}

/// The identity of a link.
///
/// # Errors
/// [`LinkError`] for what is no http or https URL with a host.
pub fn identify(text: &str) -> Result<Link, LinkError> {
    let url = read(text.trim())?;
    let host = url.host_str().unwrap_or_default().to_lowercase();
    let host = host.strip_prefix("www.").unwrap_or(&host);
    let segments = url.path_segments().into_iter().flatten().filter(|segment| !segment.is_empty()).collect();
    let page = Page { url: &url, host, segments };
    let of_host = |rule: &&Rule| rule.hosts.iter().any(|name| is_host(host, name));
    let known = RULES.iter().find(of_host).and_then(|rule| Some((rule.platform, (rule.read)(&page)?)));
    Ok(match known {
        Some((platform, Identity { id, url: usual })) => Link {
            key: TrackKey { platform_name: platform.to_owned(), platform_id: id },
            url: usual.unwrap_or_else(|| without_query(&url).into()),
        },
        None => web(&page),
    })
}

fn read(text: &str) -> Result<Url, LinkError> {
    let too_long = || LinkError::new(text, ": it is longer than 4096 bytes");
    if text.len() > MAX_URL {
        return Err(too_long());
    }
    if text.chars().any(char::is_whitespace) {
        return Err(LinkError::new(text, ": it has a space inside"));
    }
    let no_link = || LinkError::new(text, "; write it in full, as https://host/path");
    let mut url: Url = in_full(text).parse().map_err(|_| no_link())?;
    let usable = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some_and(|host| (1..=MAX_HOST).contains(&host.len()));
    // Percent signs make it longer.
    if url.as_str().len() > MAX_URL {
        return Err(too_long());
    }
    // What somebody pasted with a password is stored and shown without it.
    let shown = usable && url.set_username("").is_ok() && url.set_password(None).is_ok();
    shown.then_some(url).ok_or_else(no_link)
}

/// `youtu.be/x` is how people write links, and `spotify:track:x` how Spotify does; a word without a dot is none.
fn in_full(text: &str) -> String {
    if let Some(uri) = text.strip_prefix("spotify:").filter(|uri| uri.contains(':')) {
        return format!("https://open.spotify.com/{}", uri.replace(':', "/"));
    }
    let is_host =
        |host: &str| host.contains('.') && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    let is_bare = text.split(['/', '?', '#']).next().is_some_and(is_host);
    if is_bare { format!("https://{text}") } else { text.to_owned() }
}

/// Whether a host is a domain or lies below it; `notyoutube.com` and `youtube.com.example.org` do not.
fn is_host(host: &str, name: &str) -> bool {
    if !name.contains('.') {
        return host.split('.').any(|label| label == name);
    }
    host.strip_suffix(name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn without_query(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// A link of no platform: a digest of what is left when case, order and tracking are put aside.
fn web(page: &Page<'_>) -> Link {
    let is_kept = |given: &&str| {
        let name = given.split('=').next().unwrap_or_default();
        !given.is_empty() && !name.starts_with("utm_") && !TRACKING.contains(&name)
    };
    // Parameters keep their spelling: some pages tell `?1` from `?1=`.
    let mut query: Vec<&str> = page.url.query().unwrap_or_default().split('&').filter(is_kept).collect();
    // Those of one name keep their order: which of them comes first may say what the link is.
    query
        .sort_by_cached_key(|given| form_urlencoded::parse(given.as_bytes()).next().map(|(name, _)| name.into_owned()));
    let mut url = without_query(page.url);
    url.set_query((!query.is_empty()).then(|| query.join("&")).as_deref());
    let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let path = url.path().trim_end_matches('/');
    let normal = format!("{}{port}{path}?{}", page.host, url.query().unwrap_or_default());
    let platform_id = hex(&Sha256::digest(&normal)).chars().take(32).collect();
    let key = TrackKey { platform_name: Platform::WEB.name().to_owned(), platform_id };
    Link { key, url: url.to_string() }
}

fn is_word(text: &str, lengths: std::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

fn is_number(text: &str) -> bool {
    is_word(text, 1..=20) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn spotify(page: &Page<'_>) -> Option<Identity> {
    let (kind, id) = page.after(&["track", "album", "playlist", "artist", "episode", "show"])?;
    is_word(id, 1..=64).then_some(())?;
    Identity::at(format!("{kind}:{id}"), format!("https://open.spotify.com/{kind}/{id}"))
}

fn youtube(page: &Page<'_>) -> Option<Identity> {
    let short = is_host(page.host, "youtu.be").then(|| page.segments.first().copied()).flatten();
    let video = page.query("v").or_else(|| {
        short.or_else(|| page.after(&["shorts", "embed", "live", "v"]).map(|(_, id)| id)).map(str::to_owned)
    });
    if let Some(id) = video.filter(|id| is_word(id, 11..=11)) {
        let url = format!("https://www.youtube.com/watch?v={id}");
        return Identity::at(id, url);
    }
    if let Some(list) = page.query("list").filter(|list| is_word(list, 2..=64)) {
        let url = format!("https://www.youtube.com/playlist?list={list}");
        return Identity::at(format!("playlist:{list}"), url);
    }
    match page.segments.as_slice() {
        ["browse", id, ..] => Identity::plain(format!("browse:{id}")),
        ["channel", id, ..] => Identity::plain(format!("channel:{id}")),
        // Unlike identifiers, names of channels are the same in any case.
        ["c" | "user", name, ..] => Identity::plain(format!("channel:{}", name.to_lowercase())),
        [handle, ..] if handle.starts_with('@') => Identity::plain(format!("channel:{}", handle.to_lowercase())),
        _ => None,
    }
}

/// On its other hosts, such as the embedded player's, the path names no track.
fn soundcloud(page: &Page<'_>) -> Option<Identity> {
    match page.segments.as_slice() {
        _ if !matches!(page.host, "soundcloud.com" | "m.soundcloud.com") => None,
        ["discover" | "search" | "you" | "stream" | "upload" | "charts", ..] => None,
        _ => lower_path(page),
    }
}

/// Country and slug are for people; the song is in `i`, or the last segment tells.
fn apple_music(page: &Page<'_>) -> Option<Identity> {
    if let Some(song) = page.query("i").filter(|id| is_number(id)) {
        let mut url = without_query(page.url);
        url.set_query(Some(&format!("i={song}")));
        return Identity::at(format!("song:{song}"), url.to_string());
    }
    let kind =
        page.segments.iter().find(|word| matches!(**word, "song" | "album" | "playlist" | "artist" | "music-video"))?;
    let last = page.segments.last()?;
    let id = last.strip_prefix("id").filter(|id| is_number(id)).unwrap_or(last);
    let valid = is_number(id) || id.starts_with("pl.");
    valid.then(|| Identity::plain(format!("{kind}:{id}")))?
}

fn bandcamp(page: &Page<'_>) -> Option<Identity> {
    let artist = page.host.strip_suffix(".bandcamp.com")?;
    match page.segments.as_slice() {
        [kind @ ("track" | "album"), name, ..] => Identity::plain(format!("{artist}/{kind}/{name}").to_lowercase()),
        [] | ["music"] => Identity::plain(artist),
        _ => None,
    }
}

fn songlink(page: &Page<'_>) -> Option<Identity> {
    // The embedded player has what it plays in its query.
    (page.segments.first() != Some(&"embed")).then_some(())?;
    let kind = page.host.split('.').next().filter(|kind| *kind != "odesli").unwrap_or("song");
    Identity::plain(format!("{kind}:{}", path(page)?.id))
}

fn beatport(page: &Page<'_>) -> Option<Identity> {
    let kinds = ["track", "release", "chart", "artist", "label"];
    let (kind, id) = page.segments.windows(3).find_map(|three| match three {
        [kind, _slug, id] if kinds.contains(kind) && is_number(id) => Some((*kind, *id)),
        _ => None,
    })?;
    Identity::plain(format!("{kind}:{id}"))
}

fn hypemachine(page: &Page<'_>) -> Option<Identity> {
    match page.after(&["track"]) {
        Some((_, id)) => Identity::plain(format!("track:{id}")),
        None => path(page),
    }
}

/// `/{language}/track/123`, on Deezer and Tidal.
fn numbered(page: &Page<'_>) -> Option<Identity> {
    let (kind, id) = page.after(&["track", "album", "playlist", "artist", "video", "mix"])?;
    is_word(id, 1..=64).then(|| Identity::plain(format!("{kind}:{id}")))?
}

/// A shortened link; only following it would tell what it points at.
fn short(page: &Page<'_>) -> Option<Identity> {
    page.segments.last().and_then(|code| Identity::plain(format!("short:{code}")))
}

fn path(page: &Page<'_>) -> Option<Identity> {
    Identity::plain(page.segments.join("/"))
}

fn lower_path(page: &Page<'_>) -> Option<Identity> {
    Identity::plain(page.segments.join("/").to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(url: &str) -> String {
        identify(url).unwrap().key.to_string()
    }

    #[test]
    fn every_platform_is_told_by_its_links() {
        for (url, expected) in [
            ("https://open.spotify.com/track/4cOdK2wGLETKBW3PvgPWqT", "spotify/track:4cOdK2wGLETKBW3PvgPWqT"),
            ("https://open.spotify.com/intl-de/album/abc?si=1", "spotify/album:abc"),
            ("https://open.spotify.com/embed/artist/abc", "spotify/artist:abc"),
            ("https://play.spotify.com/episode/aBc", "spotify/episode:aBc"),
            ("spotify:track:4cOdK2wGLETKBW3PvgPWqT", "spotify/track:4cOdK2wGLETKBW3PvgPWqT"),
            ("spotify:user:spotify:playlist:37i9", "spotify/playlist:37i9"),
            ("https://spotify.link/XyZ", "spotify/short:XyZ"),
            ("https://www.youtube.com/playlist?list=PLx_1", "youtube/playlist:PLx_1"),
            ("https://www.youtube.com/@Handle", "youtube/channel:@handle"),
            ("https://www.youtube.com/user/Name", "youtube/channel:name"),
            ("https://www.youtube.com/channel/UCaB", "youtube/channel:UCaB"),
            ("https://music.youtube.com/browse/MPREb_x", "youtube/browse:MPREb_x"),
            ("https://soundcloud.com/Flume/Never-Be?utm_source=x", "soundcloud/flume/never-be"),
            ("https://m.soundcloud.com/flume/sets/skin/", "soundcloud/flume/sets/skin"),
            ("https://on.soundcloud.com/aBcD1", "soundcloud/short:aBcD1"),
            ("https://music.apple.com/us/album/x/1440857781?i=1440857907", "apple_music/song:1440857907"),
            ("https://music.apple.com/gb/song/y/1440857907", "apple_music/song:1440857907"),
            ("https://geo.music.apple.com/album/1440857781?app=music", "apple_music/album:1440857781"),
            ("https://itunes.apple.com/us/album/x/id1440857781", "apple_music/album:1440857781"),
            ("https://music.apple.com/us/playlist/p/pl.u-1", "apple_music/playlist:pl.u-1"),
            ("https://boards.bandcamp.com/track/Sunset", "bandcamp/boards/track/sunset"),
            ("https://boards.bandcamp.com/", "bandcamp/boards"),
            ("https://m.bandcamp.com/", "bandcamp/m"),
            ("https://audius.co/User/Track-1", "audius/user/track-1"),
            ("https://song.link/s/4cOd", "songlink/song:s/4cOd"),
            ("https://album.link/i/144", "songlink/album:i/144"),
            ("https://odesli.co/s/4cOd", "songlink/song:s/4cOd"),
            ("https://www.beatport.com/de/track/some-slug/123", "beatport/track:123"),
            ("https://hypem.com/track/2abc/Artist+-+Title", "hypemachine/track:2abc"),
            ("https://app.tortoise.studio/p/1", "tortoise/p/1"),
            ("https://tortoise.xyz/p/1", "tortoise/p/1"),
            ("https://www.deezer.com/en/track/3135556", "deezer/track:3135556"),
            ("https://link.deezer.com/s/30xyz", "deezer/short:30xyz"),
            ("https://tidal.com/browse/track/77640617?u", "tidal/track:77640617"),
            ("https://listen.tidal.com/album/77640616", "tidal/album:77640616"),
            ("https://www.mixcloud.com/NTSRadio/Show-1/", "mixcloud/ntsradio/show-1"),
        ] {
            assert_eq!(key(url), expected, "{url}");
        }
    }

    #[test]
    fn a_video_has_one_identity_in_every_spelling() {
        for url in [
            "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=RD1&feature=share",
            "https://youtu.be/dQw4w9WgXcQ?si=abc",
            "youtu.be/dQw4w9WgXcQ",
            "http://m.youtube.com/watch?app=desktop&v=dQw4w9WgXcQ",
            "https://music.youtube.com/watch?v=dQw4w9WgXcQ",
            "https://www.youtube.com/shorts/dQw4w9WgXcQ",
            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?start=3",
            "https://www.youtube.com/live/dQw4w9WgXcQ",
        ] {
            let link = identify(url).unwrap();
            assert_eq!(link.key.to_string(), "youtube/dQw4w9WgXcQ", "{url}");
            assert_eq!(link.url, "https://www.youtube.com/watch?v=dQw4w9WgXcQ");
        }
    }

    #[test]
    fn any_other_link_is_web_with_a_stable_digest() {
        let one = identify("https://www.example.org/song/?b=2&a=1&utm_source=x#top").unwrap();
        assert_eq!((one.key.platform_name.as_str(), one.key.platform_id.len()), ("web", 32));
        assert_eq!(one.url, "https://www.example.org/song/?a=1&b=2");
        for same in ["http://example.org/song?a=1&b=2", "https://EXAMPLE.org/song/?b=2&a=1&fbclid=9"] {
            assert_eq!(identify(same).unwrap().key, one.key, "{same}");
        }
        assert_ne!(identify("https://example.org/song?a=2").unwrap().key, one.key);
        let listed = identify("https://www.youtube.com/watch?v=short&list=no<list&list=PL1").unwrap();
        assert_eq!(identify(&listed.url).unwrap().key, listed.key, "what it is said by stays first");
    }

    #[test]
    fn parameters_that_do_not_track_keep_their_spelling() {
        for url in ["https://example.org/?1", "https://example.org/x?q=a%20b&si=1"] {
            assert_eq!(identify(url).unwrap().url, url);
        }
    }

    #[test]
    fn a_link_may_be_written_without_its_scheme() {
        assert_eq!(key("open.spotify.com/track/abc?si=1"), "spotify/track:abc");
        assert_eq!(identify("example.org?a=1#top").unwrap().url, "https://example.org/?a=1");
    }

    #[test]
    fn a_platforms_page_without_an_identifier_is_web() {
        for url in [
            "https://www.youtube.com/",
            "https://open.spotify.com/",
            "https://www.youtube.com/watch?v=short",
            "https://bandcamp.com/discover",
            "https://w.soundcloud.com/player/?url=x",
            "https://odesli.co/embed/?url=x",
            "https://tortoise.bandcamp.com/merch",
        ] {
            assert!(key(url).starts_with("web/"), "{url}");
        }
    }

    #[test]
    fn a_host_that_only_looks_like_a_platform_is_web() {
        for url in [
            "https://notyoutube.com/watch?v=dQw4w9WgXcQ",
            "https://youtube.com.example.org/watch?v=dQw4w9WgXcQ",
            "https://youtube.com@example.org/watch?v=dQw4w9WgXcQ",
            "https://tortoiseshell.example.org/p/1",
        ] {
            assert!(key(url).starts_with("web/"), "{url}");
        }
    }

    #[test]
    fn a_host_that_is_longer_than_any_name_is_none() {
        let link = |length: usize| format!("https://{}.org/song", "a".repeat(length - 4));
        assert!(identify(&link(253)).is_ok());
        assert!(identify(&link(254)).is_err());
    }

    #[test]
    fn what_is_no_link_is_refused_in_words() {
        for text in ["", "hello", "spotify:x", "ftp://a.org/x", "javascript:x", "https://", "mailto:a@b.c", "a b.org"] {
            let error = identify(text).unwrap_err().to_string();
            assert!(error.contains("is no http or https link"), "{error}");
        }
        assert!(identify(&format!("https://example.org/{}", "x".repeat(5_000))).is_err());
        assert!(
            identify(&format!("https://example.org/{}", "é".repeat(1_500))).is_err(),
            "it is longer in percent signs"
        );
    }
}
