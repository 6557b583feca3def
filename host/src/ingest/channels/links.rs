//! The music among a post's links.

use super::Post;
use crate::ingest::{Link, identify};
use crate::music::Platform;
use linkify::{LinkFinder, LinkKind};

/// The most tracks that one post shares: more is a directory, not a recommendation.
pub const MAX_LINKS: usize = 50;

/// The tracks that a post shares, each once, in the order of their first mention. Links that are of no known platform are
/// left alone, wherever they are: people post all kinds of them, and what they point at would be taken for music.
#[must_use]
pub fn music_links(post: &Post) -> Vec<Link> {
    let mut found: Vec<Link> = Vec::new();
    let given = post.links.iter().map(String::as_str);
    for link in given.chain(in_text(&post.text)).filter_map(|text| identify(text).ok()) {
        let is_new = found.iter().all(|known| known.key != link.key);
        if is_new && link.key.platform_name != Platform::WEB.name() && found.len() < MAX_LINKS {
            found.push(link);
        }
    }
    found
}

/// Links as people write them, with a scheme or without, and Spotify's own addresses.
fn in_text(text: &str) -> impl Iterator<Item = &str> {
    let mut finder = LinkFinder::new();
    // A link ends where another script begins: those of music have none in them, and Chinese has no spaces.
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false).url_can_be_iri(false);
    let written: Vec<&str> = finder.links(text).map(|link| link.as_str()).collect();
    let is_end = |c: char| !c.is_ascii_alphanumeric() && c != ':';
    let addresses = text.split(is_end).filter(|word| word.starts_with("spotify:"));
    written.into_iter().chain(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str, links: &[&str]) -> Vec<String> {
        let links = links.iter().map(|link| (*link).to_owned()).collect();
        let post = Post { text: text.into(), links, ..Post::default() };
        music_links(&post).into_iter().map(|link| link.key.to_string()).collect()
    }

    #[test]
    fn links_are_found_however_they_are_written() {
        for text in [
            "https://youtu.be/dQw4w9WgXcQ",
            "listen: https://youtu.be/dQw4w9WgXcQ.",
            "(https://youtu.be/dQw4w9WgXcQ)",
            "so good!! youtu.be/dQw4w9WgXcQ!",
            "[this one](https://youtu.be/dQw4w9WgXcQ), really",
            "[https://youtu.be/dQw4w9WgXcQ](https://youtu.be/dQw4w9WgXcQ)",
            "<https://youtu.be/dQw4w9WgXcQ>",
            "\"https://youtu.be/dQw4w9WgXcQ?si=x\"…",
            "听这个:https://youtu.be/dQw4w9WgXcQ。很好",
            "HTTPS://YOUTU.BE/dQw4w9WgXcQ\nnext line",
        ] {
            assert_eq!(keys(text, &[]), ["youtube/dQw4w9WgXcQ"], "{text}");
        }
        assert_eq!(keys("try spotify:track:4cOd, or so", &[]), ["spotify/track:4cOd"]);
        assert_eq!(keys("https://x.bandcamp.com/track/a-(b)", &[]), ["bandcamp/x/track/a-(b)"]);
    }

    #[test]
    fn a_track_that_a_post_names_twice_is_shared_once() {
        let text = "https://youtu.be/dQw4w9WgXcQ https://soundcloud.com/flume/never-be";
        let links = ["https://www.youtube.com/watch?v=dQw4w9WgXcQ&si=1"];
        assert_eq!(keys(text, &links), ["youtube/dQw4w9WgXcQ", "soundcloud/flume/never-be"]);
    }

    #[test]
    fn links_of_no_known_platform_are_left_alone() {
        let links = ["https://example.org/a.png", "https://www.youtube.com/", "not a link", "javascript:alert(1)"];
        assert!(keys("see https://example.org/song and me@example.org or 3.14 or e.g.this", &links).is_empty());
    }

    #[test]
    fn one_post_shares_so_many_tracks_at_most() {
        let text: String = (0..90).map(|n| format!("https://youtu.be/abcdefghi{n:02} ")).collect();
        assert_eq!(keys(&text, &[]).len(), MAX_LINKS);
    }
}
