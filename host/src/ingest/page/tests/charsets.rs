use super::{Page, arrived};
use encoding_rs::{EUC_KR, Encoding, SHIFT_JIS, UTF_8, WINDOWS_1251, WINDOWS_1252};

const JAPANESE: &str = "夜に駆ける ／ YOASOBI";
const RUSSIAN: &str = "Группа крови на рукаве";
const KOREAN: &str = "좋은 날, 아이유의 노래를 들어요";

fn html(meta: &str, title: &str) -> String {
    format!("<!doctype html><html><head>{meta}<title>{title}</title></head><body>")
}

fn read(content_type: &str, encoding: &'static Encoding, html: &str) -> Option<String> {
    let bytes = encoding.encode(html).0;
    let whole = arrived(Some(content_type), &bytes, usize::MAX).unwrap();
    assert_eq!(arrived(Some(content_type), &bytes, 1).unwrap(), whole, "byte by byte");
    whole.og_title
}

fn title_of(bytes: &[u8]) -> Option<String> {
    arrived(Some("text/html"), bytes, usize::MAX).unwrap().og_title
}

#[test]
fn a_header_says_what_a_page_is_written_in() {
    for label in ["Shift_JIS", "\"sjis\"", "'windows-31j'", "x-sjis ; level=1"] {
        let content_type = format!("text/html; charset={label}");
        assert_eq!(read(&content_type, SHIFT_JIS, &html("", JAPANESE)).as_deref(), Some(JAPANESE), "{label}");
    }
}

#[test]
fn a_meta_tag_says_it_in_both_of_its_forms() {
    for meta in [
        "<meta charset=windows-1251>",
        "<META CHARSET='CP1251' />",
        r#"<meta content="text/html; charset=windows-1251" http-equiv="Content-Type">"#,
        "<!-- <meta charset=utf-8> --><meta charset=windows-1251>",
        "<meta charset=no-such-thing><meta charset=windows-1251>",
    ] {
        assert_eq!(read("text/html", WINDOWS_1251, &html(meta, RUSSIAN)).as_deref(), Some(RUSSIAN), "{meta}");
    }
}

#[test]
fn a_header_counts_more_than_a_meta_tag() {
    let page = html("<meta charset=shift_jis>", RUSSIAN);
    assert_eq!(read("text/html; charset=windows-1251", WINDOWS_1251, &page).as_deref(), Some(RUSSIAN));
}

#[test]
fn what_nobody_declares_is_told_by_the_bytes() {
    for (encoding, title) in [(UTF_8, JAPANESE), (EUC_KR, KOREAN), (WINDOWS_1251, RUSSIAN), (SHIFT_JIS, JAPANESE)] {
        assert_eq!(read("text/html", encoding, &html("", title)).as_deref(), Some(title), "{}", encoding.name());
    }
}

#[test]
fn what_is_not_ascii_may_come_late() {
    let page = html(&format!("<script>{}</script>", "x".repeat(40_000)), KOREAN);
    assert_eq!(read("text/html", EUC_KR, &page).as_deref(), Some(KOREAN));
}

#[test]
fn a_declaration_that_the_bytes_contradict_is_not_believed() {
    assert_eq!(read("text/html; charset=utf-8", WINDOWS_1251, &html("", RUSSIAN)).as_deref(), Some(RUSSIAN));
    assert_eq!(read("text/html; charset=ISO-8859-1", UTF_8, &html("", JAPANESE)).as_deref(), Some(JAPANESE));
    for label in ["euc-kr", "gbk", "big5", "windows-1250"] {
        let page = html(&format!("<meta charset={label}>"), JAPANESE);
        assert_eq!(read("text/html", UTF_8, &page).as_deref(), Some(JAPANESE), "{label}");
    }
    assert_eq!(read("text/html; charset=latin1", WINDOWS_1252, &html("", "Beyoncé")).as_deref(), Some("Beyoncé"));
}

#[test]
fn one_broken_character_does_not_change_what_a_page_is_written_in() {
    let mut bytes = html("", JAPANESE).into_bytes();
    bytes.splice(bytes.len() - 30..bytes.len() - 30, [0xe3]);
    let title = arrived(Some("text/html; charset=utf-8"), &bytes, usize::MAX).unwrap().og_title.unwrap();
    assert!(title.contains("YOASOBI") && title.contains("夜に"), "{title}");
}

#[test]
fn a_byte_order_mark_counts_most() {
    let wide = |unit: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
    let text = format!("\u{feff}{}", html("<meta charset=windows-1251>", JAPANESE));
    for bytes in [wide(u16::to_le_bytes, &text), wide(u16::to_be_bytes, &text), text.into_bytes()] {
        assert_eq!(title_of(&bytes).as_deref(), Some(JAPANESE));
        let alone = arrived(Some("text/html; charset=windows-1251"), &bytes, 1).unwrap();
        assert_eq!(alone.og_title.as_deref(), Some(JAPANESE));
    }
}

#[test]
fn utf_16_is_believed_of_a_header_and_not_of_a_meta_tag() {
    let bytes: Vec<u8> = html("", JAPANESE).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let read: Page = arrived(Some("text/html; charset=utf-16le"), &bytes, 3).unwrap();
    assert_eq!(read.og_title.as_deref(), Some(JAPANESE));
    assert_eq!(title_of(html("<meta charset=utf-16>", JAPANESE).as_bytes()).as_deref(), Some(JAPANESE));
}
