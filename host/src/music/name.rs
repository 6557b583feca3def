//! Names as the library keeps them: one spelling for what looks the same, and nothing that cannot be seen.

use unicode_normalization::UnicodeNormalization;

/// The most characters of a name.
const LONGEST: usize = 1_000;

/// A title, a name or a genre in Unicode's composed form (NFC), without control characters, marks of direction and other
/// characters that are not seen, with single spaces, and of at most a thousand characters. The joiners stay: Persian and
/// the scripts of India spell with them.
#[must_use]
pub fn name(text: &str) -> String {
    let seen = text.nfc().filter(|c| !is_unseen(*c)).map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c });
    let mut name = String::with_capacity(text.len());
    for c in seen.take(LONGEST) {
        if c != ' ' || !(name.is_empty() || name.ends_with(' ')) {
            name.push(c);
        }
    }
    name.truncate(name.trim_end().len());
    name
}

/// Whether a character is not seen and only steers how a text is shown: soft hyphen; zero-width space; marks, embeddings,
/// overrides and isolates of direction; word joiner and its invisible kin; byte order mark; tags, which only machines read.
#[must_use]
pub const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{180e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Whether a text is a year, a month or a day of the calendar: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
#[must_use]
pub fn is_release_date(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return false,
    };
    digits && day.parse::<jiff::civil::Date>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (text, kept) in [
            ("  Ada\tLane \n Trio ", "Ada Lane Trio"),
            ("Bjo\u{308}rk", "Björk"),
            ("\u{202e}Harbour\u{202c}\u{200b}", "Harbour"),
            ("Har\u{0}bour", "Har bour"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("が", "が"),
            ("\u{feff}", ""),
        ] {
            assert_eq!(name(text), kept, "{text:?}");
        }
        assert_eq!(name(&"é".repeat(5_000)).chars().count(), 1_000);
    }

    #[test]
    fn a_release_date_is_of_the_calendar() {
        assert!(["1999", "1999-12", "2000-02-29"].into_iter().all(is_release_date));
        assert!(!["", "99", "1999-13", "1999-02-29", "1999-1-1", "soon"].into_iter().any(is_release_date));
    }
}
