//! Text of pages, cleaned: one form of every character, no controls, no more space than meant, and not endless.

use crate::music::is_unseen;
use html5gum::{State, Token, Tokenizer};
use unicode_normalization::UnicodeNormalization;

/// The longest name of a character reference.
const MAX_REFERENCE: usize = 32;

/// A text on one line, with at most so many characters; `None` where nothing is left.
pub(super) fn line(text: &str, most: usize) -> Option<String> {
    let seen: String = decoded(text).chars().filter(|c| *c != '\0' && !is_unseen(*c)).collect();
    let words: Vec<&str> = seen.split(is_gap).filter(|word| !word.is_empty()).collect();
    finished(&words.join(" "), most)
}

/// A text that keeps its lines, and of several empty ones in a row one.
pub(super) fn lines(text: &str, most: usize) -> Option<String> {
    let (mut lines, mut gap) = (String::new(), false);
    for each in text.replace("\r\n", "\n").split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) {
        let Some(each) = line(each, most) else {
            gap = true;
            continue;
        };
        if !lines.is_empty() {
            lines.push_str(if gap { "\n\n" } else { "\n" });
        }
        lines.push_str(&each);
        gap = false;
        if lines.len() > most * 4 {
            break;
        }
    }
    finished(&lines, most)
}

fn finished(text: &str, most: usize) -> Option<String> {
    let text: String = text.nfc().take(most).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_gap(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Entities that were encoded twice, or in JSON, where they mean nothing: `Rock &amp; Roll`. Only what is written in full
/// counts, so that `R&B` and `?a=1&copy=2` stay what they are.
fn decoded(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        match reference(after) {
            Some((name, after)) => {
                decoded.push_str(&characters(name));
                rest = after;
            }
            None => {
                decoded.push('&');
                rest = after;
            }
        }
    }
    decoded.push_str(rest);
    decoded
}

/// The name of a character reference up to its semicolon, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let end = text.bytes().take(MAX_REFERENCE + 1).position(|byte| byte == b';')?;
    let (name, rest) = (text.get(..end)?, text.get(end + 1..)?);
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
    is_name.then_some((name, rest))
}

/// What a character reference stands for; itself where it stands for nothing as a whole, as `&notes;` does.
fn characters(name: &str) -> String {
    let reference = format!("&{name};");
    let mut tokenizer = Tokenizer::new(&reference);
    tokenizer.set_state(State::RcData);
    let texts = tokenizer.filter_map(|token| match token {
        Ok(Token::String(text)) => Some(String::from_utf8_lossy(&text).into_owned()),
        _ => None,
    });
    let text: String = texts.collect();
    if text.len() > 1 && text.ends_with(';') { reference } else { text }
}
