//! The song and the performer as they are to be written, from the parts of a title that name them.

use crate::credit::{bracketed, features, is_feature, is_list, without_features, without_voices};
use crate::decoration::{is_edition, strip_tail};
use crate::text::{is_cjk, is_latin};
use crate::title::brackets::{CLOSE, is_voices};
use crate::title::{tidy, trim_marks, unquoted};

/// The song that a part names; a featured voice synthesiser is an instrument.
pub(super) fn song(part: &str) -> String {
    let part = part.trim();
    tidy(if is_cjk(part) { without_voices(part) } else { part })
}

/// A performer's name; one written in two scripts is the one outside the brackets.
pub(super) fn performer(part: &str) -> String {
    let part = trim_marks(part);
    let part = match features(part) {
        // Run together with the name, as Japanese titles have it.
        Some(names) if is_cjk(names) || part.contains(names) && !part.contains(&format!(" {names}")) => {
            without_features(part)
        }
        _ => without_voices(part),
    };
    let part = part
        .split(['＋', '+', '&', '＆'])
        .next()
        .filter(|_| is_cjk(part) && is_joined_with_voices(part))
        .unwrap_or(part);
    let name = unquoted(strip_tail(part));
    match bracketed(name) {
        Some((bare, inner)) if name.ends_with(CLOSE) && is_cjk(bare) != is_cjk(inner) && !is_list(bare) => {
            bare.to_owned()
        }
        _ => name.to_owned(),
    }
}

/// A quoted title, with what belongs to it: featured names, or a bracket.
pub(super) fn quoted_title(inner: &str, after: &str) -> String {
    if is_feature(after) || is_whole_bracket(after) { format!("{inner} {after}") } else { inner.to_owned() }
}

/// Whether a text is one bracket and no more.
fn is_whole_bracket(text: &str) -> bool {
    text.starts_with('(') && text.find(')').is_some_and(|at| at + 1 == text.trim_end().len())
}

/// `Producer＋Voice`.
fn is_joined_with_voices(part: &str) -> bool {
    let mut names = part.split(['＋', '+', '&', '＆']);
    let first = names.next().unwrap_or_default();
    let mut others = names.peekable();
    !is_voices(first, true) && others.peek().is_some() && others.all(|name| is_voices(name, true))
}

/// `灯り (The Light)`: a title in its own script, and what it means.
pub(super) fn without_translation(title: &str) -> &str {
    match bracketed(title) {
        Some((bare, inner))
            if title.ends_with(CLOSE)
                && is_cjk(bare)
                && is_latin(inner)
                && !is_edition(inner)
                && !is_feature(inner) =>
        {
            bare
        }
        _ => title,
    }
}

/// Whether a quote is followed by the rest of a Japanese phrase.
pub(super) fn is_cjk_particle(c: char) -> bool {
    matches!(c, 'と' | 'の' | 'を' | 'が' | 'は' | 'に' | 'で' | 'も')
}
