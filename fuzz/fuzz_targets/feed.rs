//! Any bytes as a feed: its posts can be kept and shown whatever is written there, and so can the reason why it is none.
//!
//! The first line is its content type; with a `!` before it, there was more of it than came.

#![no_main]

use libfuzzer_sys::fuzz_target;
use liner::ingest::channels::{MAX_LINKS, Syndication, music_links};

fuzz_target!(|data: &[u8]| {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    let (Some(kind), Some(body)) = (parts.next(), parts.next()) else { return };
    let Ok(kind) = std::str::from_utf8(kind) else { return };
    let (kind, is_cut) = kind.strip_prefix('!').map_or((kind, false), |kind| (kind, true));
    let url = "https://a.example/feed?secret".parse().expect("a link");
    match Syndication::new(&url).read(kind, body, is_cut) {
        Ok(page) => {
            assert!(page.posts.len() <= 1_000);
            assert!(page.next.iter().all(|next| next.starts_with("https://a.example/") && !next.contains('\0')));
            for post in &page.posts {
                assert!(post.id.len() <= 200 && !post.id.contains(char::is_control), "{:?}", post.id);
                assert!(post.text.chars().count() <= 2_000 && !post.text.contains(['\0', '\u{1b}']), "{:?}", post.text);
                let links = music_links(post);
                assert!(links.len() <= MAX_LINKS && links.iter().all(|link| !link.url.contains(char::is_control)));
            }
        }
        Err(error) => {
            let told = error.to_string();
            assert!(told.chars().count() <= 700 && !told.contains(char::is_control), "{told:?}");
            // What the feed itself says may be told; the query of its link may not.
            let says_so = body.windows(6).any(|word| word.eq_ignore_ascii_case(b"secret"));
            assert!(says_so || !told.contains("secret"), "{told}");
        }
    }
});
