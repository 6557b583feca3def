use super::{page, title};
use crate::ingest::page::text::{line, lines};

#[test]
fn entities_are_decoded_however_often_they_were_encoded() {
    for (written, read) in [
        ("Rock &amp; Roll", "Rock & Roll"),
        ("Rock &amp;amp; Roll", "Rock & Roll"),
        ("Don&amp;#39;t &amp;quot;stop&amp;quot;", "Don't \"stop\""),
        ("Caf&eacute; &mdash; &#x1F3B5;", "Café — 🎵"),
        ("R&B AT&T;", "R&B AT&T;"),
        ("&amp;lt;3", "<3"),
        ("&#0;&#xD800;x", "\u{fffd}\u{fffd}x"),
    ] {
        assert_eq!(
            title(&format!("<meta property=og:title content='{}'>", written.replace('\'', "&#39;"))).as_deref(),
            Some(read)
        );
        assert_eq!(title(&format!("<title>{written}</title>")).as_deref(), Some(read), "{written}");
    }
}

#[test]
fn what_only_looks_like_an_entity_is_none() {
    for text in ["https://a.org/?a=1&copy=2", "R&B & more; AT&T;", "&notes; &; &#; &nosuchthing;"] {
        assert_eq!(title(&format!("<meta property=og:title content='{text}'>")).as_deref(), Some(text));
    }
}

#[test]
fn a_line_has_one_form_of_every_character_and_nothing_unseen() {
    for (written, read) in [
        (" a\t\u{a0}\n b\u{2003}c\u{3000}", "a b c"),
        ("Cafe\u{301}", "Café"),
        ("\u{200e}Hello\u{200b}\u{ad}\u{202e}\u{feff}", "Hello"),
        ("Hel\u{e0041}lo\u{61c}", "Hello"),
        ("a\0b\u{1}c\u{9f}d", "ab c d"),
        ("👨\u{200d}👩\u{200d}👧", "👨\u{200d}👩\u{200d}👧"),
        ("a \u{200b} b", "a b"),
    ] {
        assert_eq!(line(written, 100).as_deref(), Some(read), "{written:?}");
    }
    assert_eq!(line(" \u{200b}\n", 100), None);
    assert_eq!(line("äbcdef", 3).as_deref(), Some("äbc"));
    assert_eq!(line("ab cd", 3).as_deref(), Some("ab"));
}

#[test]
fn a_description_keeps_its_lines() {
    let written = "Provided to YouTube by X\r\n\r\n\r\n  Song ·  Artist \r\rReleased on: 2020-01-01\n";
    let read = "Provided to YouTube by X\n\nSong · Artist\n\nReleased on: 2020-01-01";
    assert_eq!(lines(written, 5_000).as_deref(), Some(read));
    let described = page(format!("<head><meta property=og:description content='{written}'></head>"));
    assert_eq!(described.og_description.as_deref(), Some(read));
    let tweeted = page(format!("<head><meta name=twitter:description content='{written}'></head>"));
    assert!(!tweeted.metadata["twitter:description"].as_str().unwrap().contains('\n'));
}

#[test]
fn texts_are_not_endless() {
    let long = "wörd ".repeat(3_000);
    let page = page(format!(
        "<head><meta property=og:title content='{long}'><meta property=og:description content='{long}'>
         <meta name=twitter:title content='{long}'></head>"
    ));
    let characters = |text: &str| text.chars().count();
    assert_eq!(page.og_title.as_deref().map(characters), Some(999));
    assert_eq!(page.og_description.as_deref().map(characters), Some(4_999));
    assert_eq!(page.metadata["twitter:title"].as_str().map(characters), Some(1_999));
    assert!(lines(&"x\n".repeat(100_000), 5_000).unwrap().len() <= 5_000);
}
