//! Text without what cannot be seen: control characters, marks that turn the direction of reading, tags that only machines
//! read. Joiners stay, as Persian and Hindi are written with them.

use liner_strategy::text::is_unseen;
use std::borrow::Cow;

/// The most characters of a name. Longer is none, whoever says so.
pub const MAX_NAME: usize = 300;

/// A name on one line, without what cannot be seen; the host composes it (NFC), so that no strategy carries the tables for
/// that. `None` when nothing is left or it is longer than a name.
pub fn name(text: &str) -> Option<String> {
    let name = shown(text, MAX_NAME + 1).into_owned();
    (!name.is_empty() && name.chars().count() <= MAX_NAME).then_some(name)
}

/// At most `limit` characters on one line, spaces single and none at the ends.
pub fn shown(text: &str, limit: usize) -> Cow<'_, str> {
    // Most text is shown as it is.
    let is_plain = |bytes: &[u8]| bytes.iter().all(|byte| (b' '..0x7f).contains(byte));
    let is_spaced = text.starts_with(' ') || text.ends_with(' ') || text.contains("  ");
    if text.len() <= limit && !is_spaced && is_plain(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().min(limit.saturating_mul(4)));
    let (mut room, mut after_space) = (limit, true);
    for c in text.chars().filter(|c| !is_unseen(*c)) {
        if room == 0 {
            break;
        }
        let c = if c.is_control() || c.is_whitespace() { ' ' } else { c };
        if c != ' ' || !after_space {
            out.push(c);
            room -= 1;
        }
        after_space = c == ' ';
    }
    out.truncate(out.trim_end().len());
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_shown_without_what_cannot_be_seen_and_cut_by_characters() {
        for (text, limit, expected) in [
            ("Ada Lane - Harbour", 300, "Ada Lane - Harbour"),
            ("  Ada\n\tLane\u{202e}  ", 300, "Ada Lane"),
            ("Ada\u{2028}Lane\u{a0}\u{0}Bo", 300, "Ada Lane Bo"),
            ("Har\u{200b}bo\u{e0041}ur", 300, "Harbour"),
            ("می\u{200c}خواهم", 300, "می\u{200c}خواهم"),
            ("Für Elise", 3, "Für"),
            ("Harbour lights", 8, "Harbour"),
            ("\u{200b}\u{200b}\u{200b}   Ada", 2, "Ad"),
            ("", 5, ""),
        ] {
            assert_eq!(shown(text, limit), expected);
        }
    }

    #[test]
    fn a_name_is_cleaned_and_bounded() {
        assert_eq!(name(" Für\nElise ").as_deref(), Some("Für Elise"));
        assert_eq!(name(" \u{200b}\u{202e} "), None);
        assert_eq!(name(&"é".repeat(MAX_NAME)).map(|name| name.chars().count()), Some(MAX_NAME));
        assert_eq!(name(&"é".repeat(MAX_NAME + 1)), None);
    }
}
