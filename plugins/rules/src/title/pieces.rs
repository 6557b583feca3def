//! Where a title is divided: dashes, pipes, slashes and quotes outside brackets.

use super::brackets::{CLOSE, OPEN, Span, is_shield, quoted_head, spans};
use crate::text::{is_cjk, is_cjk_letter};
use std::ops::Range;

/// What stands before a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing: it is the first.
    Start,
    /// A dash with a space on both sides.
    Dash,
    /// A dash with a space on one side, or a long one with none.
    LooseDash,
    /// `|`, `//`, `●●`.
    Pipe,
    /// ` / `, `／`, or a slash next to a CJK letter.
    Slash,
    /// ` _ `, as Korean labels have it.
    Underscore,
}

impl Mark {
    /// Whether it joins parts that may belong to one title, as a dash does.
    pub fn is_dash(self) -> bool {
        matches!(self, Self::Dash | Self::LooseDash | Self::Underscore)
    }
}

/// A part of a title between two marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece<'a> {
    /// What stands before it.
    pub mark: Mark,
    /// The part, without the spaces around it.
    pub text: &'a str,
}

/// The most pieces that are told apart; what is behind them is part of the last.
const MOST: usize = 24;

/// Divides a text at every mark outside brackets and quotes.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let spans = if text.contains(is_shield) { spans(text) } else { Vec::new() };
    let mut shields = spans.iter().copied().peekable();
    let mut found = Vec::with_capacity(4);
    let (mut start, mut mark) = (0usize, Mark::Start);
    let (mut before, mut skip) = ('\0', 0usize);
    for (at, c) in text.char_indices() {
        while shields.next_if(|span: &Span| span.end <= at).is_some() {}
        let shielded = shields.peek().is_some_and(|span| span.start <= at);
        if at >= skip
            && !shielded
            && at > 0
            && found.len() < MOST
            && let Some((next, width)) = mark_at(text, at, c, before)
        {
            push(&mut found, text, start..at, mark);
            (start, mark, skip) = (at + width, next, at + width);
        }
        before = c;
    }
    push(&mut found, text, start..text.len(), mark);
    found
}

fn push<'a>(found: &mut Vec<Piece<'a>>, text: &'a str, range: Range<usize>, mark: Mark) {
    let last = range.end == text.len();
    let part = text.get(range).unwrap_or_default().trim();
    if part.chars().any(char::is_alphanumeric) {
        let mark = if found.is_empty() { Mark::Start } else { mark };
        found.push(Piece { mark, text: part });
    } else if last && found.is_empty() {
        found.push(Piece { mark: Mark::Start, text: text.trim() });
    }
}

/// The mark at a place, and how wide it is. `before` is the letter in front of it.
fn mark_at(text: &str, at: usize, c: char, before: char) -> Option<(Mark, usize)> {
    if c.is_ascii_alphanumeric() || c == ' ' {
        return None;
    }
    let rest = text.get(at + c.len_utf8()..)?;
    let after = rest.chars().next().unwrap_or('\0');
    let width = c.len_utf8();
    let spaced = before == ' ' && after == ' ';
    Some(match c {
        '|' | '｜' | '║' | '‖' | '┃' | '●' | '•' => (Mark::Pipe, width),
        '/' if before == ' ' && rest.starts_with("/ ") => (Mark::Pipe, 2),
        '/' if spaced || is_cjk_letter(before) || is_cjk_letter(after) || matches!(before, '」' | '』' | '】') => {
            (Mark::Slash, width)
        }
        '／' => (Mark::Slash, width),
        '_' if spaced => (Mark::Underscore, width),
        // `-remix ver.-` behind a Japanese title is a bracket.
        _ if DASHES.contains(&c) && before == ' ' && after != ' ' && rest.ends_with(c) && is_cjk(text) => return None,
        _ if DASHES.contains(&c) => return dash(c, before, after).map(|mark| (mark, width)),
        _ => return None,
    })
}

pub const DASHES: &[char] = &['-', '–', '—', '‐', '―', '−', '－'];

fn dash(c: char, before: char, after: char) -> Option<Mark> {
    let long = matches!(c, '–' | '—' | '―');
    match (before == ' ', after == ' ') {
        (true, true) => Some(Mark::Dash),
        (true, false) | (false, true) if after != '\0' => Some(Mark::LooseDash),
        _ if long && after != '\0' => Some(Mark::LooseDash),
        _ => None,
    }
}

/// Divides a piece at the quotes in it: `Artist "Title" remark`. An apostrophe inside a word is no quote.
pub fn at_quotes(piece: &str) -> Option<(&str, &str, &str)> {
    let mut before = ' ';
    let (mut tried, mut depth) = (0, 0usize);
    for (at, c) in piece.char_indices() {
        if OPEN.contains(&c) {
            depth += 1;
        } else if CLOSE.contains(&c) {
            depth = depth.saturating_sub(1);
        }
        let opens = depth == 0
            && (matches!(c, '"' | '“' | '「' | '『' | '«' | '”' | '〈' | '《' | '„')
                || matches!(c, '\'' | '‘') && !before.is_alphanumeric());
        if opens && tried < 4 {
            tried += 1;
            if let Some((inner, after)) = piece.get(at..).and_then(quoted_head) {
                return Some((piece.get(..at)?.trim(), inner, after.trim()));
            }
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Vec<(Mark, &str)> {
        pieces(text).iter().map(|piece| (piece.mark, piece.text)).collect()
    }

    #[test]
    fn marks_divide_outside_brackets_and_quotes() {
        assert_eq!(split("Ada - Harbour (Bo - Live)"), [(Mark::Start, "Ada"), (Mark::Dash, "Harbour (Bo - Live)")]);
        assert_eq!(split("Ada 「A - B」"), [(Mark::Start, "Ada 「A - B」")]);
        assert_eq!(split("星空/Ada"), [(Mark::Start, "星空"), (Mark::Slash, "Ada")]);
        assert_eq!(split("「星空」/ Ada"), [(Mark::Start, "「星空」"), (Mark::Slash, "Ada")]);
        assert_eq!(split("AC/DC"), [(Mark::Start, "AC/DC")]);
        assert_eq!(
            split("Ada– Harbour | Bo"),
            [(Mark::Start, "Ada"), (Mark::LooseDash, "Harbour"), (Mark::Pipe, "Bo")]
        );
        assert_eq!(split("Anti-Hero"), [(Mark::Start, "Anti-Hero")]);
    }

    #[test]
    fn quotes_are_found_and_apostrophes_are_not() {
        assert_eq!(at_quotes("Ada 'Harbour' MV"), Some(("Ada", "Harbour", "MV")));
        assert_eq!(at_quotes("Don't Stop 'Til You Get Enough"), None);
        assert_eq!(at_quotes("『灯り』feat. Bo"), Some(("", "灯り", "feat. Bo")));
    }

    #[test]
    fn a_title_of_marks_alone_is_read() {
        assert_eq!(split("- - |").len(), 1);
        assert!(split(&"- ".repeat(5_000)).len() <= 1);
        assert!(split(&"a - ".repeat(5_000)).len() <= MOST + 1);
    }
}
