use super::arrived;
use crate::ingest::page::MAX_PAGE;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// What a page is made of, and what breaks it.
const PARTS: &[&str] = &[
    "<",
    ">",
    "/",
    "=",
    "\"",
    "'",
    "&",
    ";",
    "\0",
    "\r",
    "\n",
    " ",
    "é",
    "夜",
    "\u{feff}",
    "--",
    "]]>",
    "<!--",
    "-->",
    "<![CDATA[",
    "<!doctype ",
    "<head>",
    "</head>",
    "<body>",
    "<title>",
    "</title>",
    "<script>",
    "</script>",
    "<noscript>",
    "</noscript>",
    "<svg>",
    "</svg>",
    "<svg/>",
    "<style>",
    "</style>",
    "<plaintext>",
    "<textarea>",
    "<meta property=og:title content='",
    "&amp;",
    "&amp;amp;",
    "&#x",
    "&#55296;",
    "<meta charset=",
    "euc-kr",
    "<link itemprop=name content=x>",
    "<div itemscope itemtype=/VideoObject>",
    "<b itemprop=author itemscope>",
    "<script type=application/ld+json>",
    "{\"@type\":\"MusicAlbum\",\"name\":\"",
    "\"}",
    "[",
    "<base href=",
];

fn soup() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        6 => prop::sample::select(PARTS).prop_map(|part| part.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces_are_the_same_page(start in soup(), end in soup(), gap in 0_usize..3_000, piece in 1_usize..40) {
        let bytes = [start, vec![b' '; gap], end].concat();
        for content_type in [None, Some("text/html"), Some("text/html; charset=utf-8"), Some("text/html; charset=utf-16be")] {
            let whole = arrived(content_type, &bytes, usize::MAX);
            prop_assert_eq!(&arrived(content_type, &bytes, piece), &whole);
            prop_assert_eq!(&arrived(content_type, &bytes, 1), &whole);
        }
    }
}

#[test]
fn hostile_pages_take_little_longer_than_others() {
    let filled = |start: &str, part: &str| {
        let mut page = start.to_owned();
        while page.len() < 2 * MAX_PAGE {
            page.push_str(part);
        }
        page
    };
    let names = |most: usize| (0..most).map(|n| format!("a{n} ")).collect::<String>();
    let metas: String = (0..20_000).map(|n| format!("<meta property=og:{n} content=&amp;amp;>")).collect();
    let tag = format!("<meta property=og:title content='{}'>", "é&amp;amp;".repeat(1_000));
    let title = format!("<title>t</title></head><meta property=og:title content='{}'>", "&amp;a;".repeat(2_000));
    for page in [
        filled("", "<"),
        filled("", "&"),
        filled("<title>", "<"),
        filled("<title>", "&a;"),
        filled("<title>", "</titl"),
        filled("<!--", "-"),
        filled("<!--", "--!"),
        filled("<![CDATA[", "]"),
        filled("<a ", "\""),
        filled("<a b='", "&"),
        filled("", "<svg>"),
        filled("", "<a></b>"),
        filled("<script>", "<!--<script>"),
        filled("<head>", "<script type=application/ld+json>{</script>"),
        filled("<script type=application/ld+json>", "["),
        filled("<script type=application/ld+json>", "[],"),
        filled("<script type=application/ld+json>", "{\"@graph\":"),
        filled(&title, "<b>"),
        filled(&tag, "<meta property=og:title content=x>"),
        filled(&tag, "<title></title><b itemprop=byArtist> </b>"),
        filled(&tag, "<body></head>"),
        filled("<div itemscope itemtype=/MusicAlbum>", "<b itemprop=byArtist>"),
        format!("<head><a {}>", names(100_000)),
        format!("<head>{metas}"),
    ] {
        let began = Instant::now();
        for piece in [usize::MAX, 100] {
            let _ = arrived(Some("text/html; charset=utf-8"), page.as_bytes(), piece);
        }
        let took = began.elapsed();
        // Seconds where a good build takes milliseconds: only what grows with the square is caught.
        assert!(took < Duration::from_secs(20), "{took:?} for {:?}…", page.chars().take(40).collect::<String>());
    }
}
