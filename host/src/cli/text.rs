//! Texts as a terminal shows them: nothing in them steers it, and they are as wide as they look.

use crate::music::is_unseen;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A text on one line. What a page, a plugin or a provider wrote could move the cursor, clear the screen or turn the direction
/// of what follows: control characters and ends of lines become spaces, and what is not seen is left out.
pub fn clean(text: &str) -> String {
    text.chars().filter(|c| !is_unseen(*c)).map(|c| if steers(c) { ' ' } else { c }).collect()
}

/// The same on the lines that it has.
pub fn clean_lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

/// A control character, or a separator of lines or paragraphs.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text in at most so many columns; what is joined into one sign is not taken apart.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut room = columns.saturating_sub(1);
    for sign in text.graphemes(true) {
        let Some(left) = room.checked_sub(sign.width()) else { break };
        room = left;
        kept.push_str(sign);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_by_the_columns_that_it_takes() {
        for (text, columns, shown) in [
            ("Harbour", 7, "Harbour"),
            ("Harbour", 6, "Harbo…"),
            ("夜の港", 6, "夜の港"),
            ("夜の港", 5, "夜の…"),
            ("夜の港", 4, "夜…"),
            ("👩‍👩‍👧‍👦👩‍👩‍👧‍👦", 3, "👩‍👩‍👧‍👦…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("Old Harbour", 5, "Old…"),
        ] {
            assert_eq!(cut(text, columns), shown);
        }
    }

    #[test]
    fn what_steers_a_terminal_is_not_shown() {
        assert_eq!(clean("\u{1b}]0;owned\u{7}a\u{9b}2J\u{2028}b\u{202e}c\n"), " ]0;owned a 2J bc ");
        assert_eq!(clean_lines("a\u{1b}\nb\r"), "a \nb ");
        assert_eq!(clean("می\u{200c}خواهم 👩‍👧"), "می\u{200c}خواهم 👩‍👧", "joiners spell words and signs");
    }
}
