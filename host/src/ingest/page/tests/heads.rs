use super::{arrived, page, title};
use crate::ingest::fetch::{Appetite, Sink};
use crate::ingest::page::Reader;
use serde_json::{Value, json};

#[test]
fn a_tag_is_read_in_any_order_case_and_quotes() {
    for tag in [
        r#"<meta property="og:title" content="A &amp; B">"#,
        r#"<META CONTENT='A &#38; B' NAME='OG:Title' />"#,
        "<meta\n\tcontent=\"A &#x26; B\"\n property=og:title>",
        r#"<meta name="author" property=" og:title " content=" A  &  B ">"#,
        r#"<meta content="A & B" content="C" property="og:title" property="og:type">"#,
    ] {
        assert_eq!(title(tag).as_deref(), Some("A & B"), "{tag}");
    }
}

#[test]
fn the_best_title_is_taken_and_an_empty_one_is_none() {
    let (og, twitter, plain) =
        ("<meta property=og:title content=og>", "<meta name=twitter:title content=twitter>", "<title>plain</title>");
    assert_eq!(title(&format!("{plain}{twitter}{og}")).as_deref(), Some("og"));
    assert_eq!(
        title(&format!("{plain}{twitter}<meta property=og:title content='&nbsp;'>")).as_deref(),
        Some("twitter")
    );
    assert_eq!(title(plain).as_deref(), Some("plain"));
    assert_eq!(title("<title> </title>"), None);
}

#[test]
fn a_repeated_tag_keeps_its_values_but_not_endlessly() {
    let tags: String = (0..50).map(|song| format!("<meta property=music:song content=https://a.org/{song}>")).collect();
    let page = page(format!("<title>x</title>{tags}<meta property=og:type content=music.album>"));
    assert_eq!(page.metadata["music:song"].as_array().map(Vec::len), Some(20));
    assert_eq!(page.metadata["music:song"][1], "https://a.org/1");
    assert_eq!(page.metadata["og:type"], "music.album");
}

#[test]
fn only_families_that_count_are_kept_by_their_own_names() {
    let page = page(
        "<title>t</title><link rel=canonical href=/c><meta name=viewport content=x><meta property=fb:app_id content=1>
         <meta property=video:release_date content=2020-01-02><meta property=OG:Audio content=a>
         <meta property=og:description content=d><meta property=og:image content=/i.jpg>",
    );
    let expected = json!({"title": "t", "video:release_date": "2020-01-02", "canonical": "/c", "og:audio": "a"});
    assert_eq!(Value::from(page.metadata), expected);
    assert_eq!(page.og_description.as_deref(), Some("d"));
}

#[test]
fn reading_stops_where_the_head_ends_when_it_says_what_and_who() {
    let head = "<head><title>t</title><meta name=twitter:audio:artist_name content=Somebody></head>";
    let late = page(format!("{head}<body><meta property=og:title content=late>"));
    assert_eq!(late.og_title.as_deref(), Some("t"));
    let mut reader = Reader::default();
    reader.begin(Some("text/html"));
    assert_eq!(reader.push("<i>x</i>".repeat(128).as_bytes()), Appetite::More);
    assert_eq!(reader.push(head.as_bytes()), Appetite::Enough);
}

#[test]
fn a_body_is_read_for_whom_the_head_does_not_name_but_not_to_its_end() {
    let credit = "<div itemscope itemtype=http://schema.org/MusicRecording>
        <div itemprop=byArtist itemscope><meta itemprop=name content=Somebody></div></div>";
    let gap =
        |bytes: usize| format!("<head><title>t</title></head><body><p>{}</p>{credit}", "<i>x</i>".repeat(bytes / 8));
    assert_eq!(page(gap(40 * 1024)).og_artist.as_deref(), Some("Somebody"));
    assert_eq!(page(gap(80 * 1024)).og_artist, None);
}

#[test]
fn a_title_in_the_body_is_found_where_the_head_has_none() {
    let page = page(format!(
        "<head></head><body>{}<title>t</title><meta property=og:title content=o><link itemprop=name content=n>",
        "<script>'</head>'</script>".repeat(10_000)
    ));
    assert_eq!(page.og_title.as_deref(), Some("o"));
}

#[test]
fn the_end_of_a_head_in_a_script_a_comment_or_an_attribute_is_none() {
    for fake in [
        "<script>'</head><body>'</script>",
        "<!-- </head> -->",
        "<meta content='</head><body>'>",
        "<style></head></style>",
    ] {
        let head = format!(
            "<meta name=twitter:audio:artist_name content=S><title>t</title>{fake}<meta property=og:title content=o>"
        );
        assert_eq!(title(&head).as_deref(), Some("o"), "{fake}");
    }
}

#[test]
fn what_is_not_closed_does_not_swallow_the_page() {
    assert_eq!(title("<title>Song<meta property=og:type content=x>").as_deref(), Some("Song"));
    assert_eq!(title("<title>I <3 You</title>").as_deref(), Some("I <3 You"));
    assert_eq!(page("<head><p><div><meta property=og:title content=o><title>t").og_title.as_deref(), Some("o"));
    assert_eq!(title("<meta property=og:title content=\"never closed").as_deref(), None);
}

#[test]
fn the_titles_of_drawings_templates_and_for_no_scripts_are_not_the_pages() {
    for inert in [
        "<svg><title>Logo</title><g><title>Bar</title></g></svg>",
        "<noscript><title>Scripts please</title><meta property=og:title content=no></noscript>",
        "<template><title>Slot</title><template></template><title>Slot</title></template>",
        "<svg/>",
    ] {
        assert_eq!(title(&format!("{inert}<title>Song</title>")).as_deref(), Some("Song"), "{inert}");
    }
    assert_eq!(page("<head><svg></head><title>Song</title>").og_title.as_deref(), Some("Song"));
}

#[test]
fn a_picture_is_an_absolute_url_of_the_web() {
    let picture = |head: &str| page(format!("<head>{head}</head>")).og_image_url;
    let of = |url: &str| picture(&format!("<meta property=og:image content='{url}'>"));
    assert_eq!(of("/a.jpg").as_deref(), Some("https://example.org/a.jpg"));
    assert_eq!(of("b.jpg?x=1&amp;y=2").as_deref(), Some("https://example.org/songs/b.jpg?x=1&y=2"));
    assert_eq!(of("//cdn.example.org/a b.jpg").as_deref(), Some("https://cdn.example.org/a%20b.jpg"));
    for none in ["data:image/png;base64,AA", "javascript:x", &format!("https://a.org/{}", "x".repeat(2_000))] {
        assert_eq!(of(none), None, "{none}");
    }
    assert_eq!(
        picture("<base href=https://cdn.example.org/x/><base href=/y/><meta name=twitter:image content=a.png>")
            .as_deref(),
        Some("https://cdn.example.org/x/a.png")
    );
    assert_eq!(picture("<link rel='image_src' href='/i.png'>").as_deref(), Some("https://example.org/i.png"));
}

#[test]
fn what_is_no_page_is_refused_in_words() {
    for (content_type, bytes, expected) in [
        (Some("application/pdf"), &b"%PDF-1.7"[..], "a PDF, not a page"),
        (Some("image/jpeg"), b"<html>", "an image, not a page"),
        (Some("audio/mpeg"), b"", "a sound file, not a page"),
        (Some("application/json; charset=utf-8"), b"{}", "JSON, not a page"),
        (Some("application/rss+xml"), b"<rss>", "a feed, not a page"),
        (Some("application/x-thing"), b"<html>", "of type \"application/x-thing\", not a page"),
        (Some("text/html"), b"%PDF-1.7 and so on", "a PDF, not a page"),
        (Some("application/octet-stream"), b"ID3\x04", "a sound file, not a page"),
        (None, b"\x01\x02\0\0", "a binary file, not a page"),
        (Some("text/plain"), b"Hello", "plain text, not a page"),
    ] {
        assert_eq!(arrived(content_type, bytes, 1).unwrap_err(), expected);
    }
    for content_type in [None, Some("text/plain"), Some("application/xhtml+xml"), Some("TEXT/HTML")] {
        let page = arrived(content_type, b" \n<title>t</title>", 1).unwrap();
        assert_eq!(page.og_title.as_deref(), Some("t"), "{content_type:?}");
    }
}

#[test]
fn more_than_there_is_room_for_loses_the_least_useful() {
    let long = "x".repeat(1_900);
    let tags: String = (0..30).map(|n| format!("<meta property=og:restrictions:{n} content={n}{long}>")).collect();
    let things = r#"<script type="application/ld+json">{"@type": "MusicAlbum", "name": "A"}</script>"#;
    let useful = format!("<meta name=twitter:title content={long}>{things}");
    let page = page(format!("<head>{tags}{useful}</head>"));
    assert!(Value::from(page.metadata.clone()).to_string().len() <= 16 * 1024);
    assert_eq!((&page.metadata["twitter:title"], &page.metadata["json_ld"][0]["name"]), (&json!(long), &json!("A")));
    assert!(page.metadata.contains_key("og:restrictions:0") && !page.metadata.contains_key("og:restrictions:29"));
}
