//! Text as it is seen, and as it is compared.

/// Whether a character is not seen and means nothing to people: the soft hyphen, marks and overrides of direction, zero-width
/// spaces, the word joiner and its kin, the byte order mark, tags and selectors that only machines read. The zero-width
/// joiners are none of them, as Persian and the scripts of India spell with them.
#[must_use]
pub const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e01ef}'
    )
}

/// Letters and digits in lower case, a space between words and at the ends: what is left to compare.
#[must_use]
pub fn words(text: &str) -> String {
    let mut out = String::from(" ");
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !out.ends_with(' ') && !matches!(c, '\'' | '’') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// Whether some [`words`] stand in others one after the other; where there are no spaces between words, characters. No words
/// stand nowhere.
#[must_use]
pub fn holds(words: &str, others: &str) -> bool {
    if others.trim().is_empty() {
        return false;
    }
    if others.is_ascii() { words.contains(others) } else { words.contains(others.trim()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_a_text_whole_and_however_they_are_written() {
        for (text, name, stands) in [
            ("Ada Lane – HARBOUR (Live)", "Ada Lane", true),
            ("Don’t Stop | Ada", "Don't stop", true),
            ("Harbourmaster", "Harbour", false),
            ("灯台の歌 / あかり", "灯台の歌", true),
            ("Harbour", "!", false),
            ("", "", false),
        ] {
            assert_eq!(holds(&words(text), &words(name)), stands, "{name} in {text}");
        }
    }

    #[test]
    fn joiners_are_spelling_and_marks_of_direction_are_not() {
        assert!(['\u{61c}', '\u{180e}', '\u{202e}', '\u{206a}', '\u{e0041}', '\u{feff}'].into_iter().all(is_unseen));
        assert!(!['a', ' ', '\n', '\u{200c}', '\u{200d}', '\u{301}'].into_iter().any(is_unseen));
    }
}
