//! A title as uploaders write it, taken apart: decoration off, then artist and title by the form it has.

use crate::decoration::{is_album_remark, is_decoration, is_head, strip_tail};
use crate::text::{clean, fold};

/// How a title was divided, from the surest form to none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Two sides of a dash, the first before the second.
    Dash,
    /// More than one dash.
    ManyDashes,
    /// `Title / Artist`, as Japanese uploads have it.
    Slash,
    /// `Artist | Title`.
    Pipe,
    /// Quotes around the title, the artist before or behind.
    Quoted,
    /// `Title by Artist`.
    By,
    /// Nothing divides it.
    Whole,
}

/// A title taken apart. `left` and `right` are in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The form found.
    pub form: Form,
    /// What stands first; all of it when the form is [`Form::Whole`].
    pub left: String,
    /// What stands second.
    pub right: Option<String>,
    /// Whether a remark said that this is a whole album.
    pub album: bool,
    /// Whether decoration was found, which only music uploads have.
    pub decorated: bool,
}

const OPEN: &[char] = &['(', '[', '{', '（', '［', '【', '〔'];
const CLOSE: &[char] = &[')', ']', '}', '）', '］', '】', '〕'];
const DASHES: &[char] = &['-', '–', '—', '‐', '―', '−', '－'];
const QUOTES: &[(char, char)] = &[
    ('"', '"'),
    ('“', '”'),
    ('「', '」'),
    ('『', '』'),
    ('«', '»'),
    ('‘', '’'),
    ('\'', '\''),
    ('”', '”'),
    ('〈', '〉'),
    ('《', '》'),
];

/// Takes a title apart.
pub fn read(og_title: &str) -> Parts {
    let text = clean(og_title);
    let text = strip_platform(&text);
    let (text, album, in_brackets) = without_remarks(text);
    let kept = without_decorated_segments(&text);
    let undecorated = strip_tail(strip_number(&kept));
    let decorated = in_brackets || undecorated.len() + 1 < kept.len() || kept.len() < text.len();
    let (form, left, right) = divide(undecorated);
    Parts {
        form,
        left: tidy(&left),
        right: right.map(|right| tidy(&right)).filter(|right| !right.is_empty()),
        album,
        decorated,
    }
}

/// A part without the quotes around the whole of it and without the separators left on its ends.
fn tidy(part: &str) -> String {
    let part = part.trim_matches(|c: char| {
        c.is_whitespace() || DASHES.contains(&c) || matches!(c, '|' | '/' | '_' | ':' | '~' | '／' | '｜')
    });
    let part = strip_tail(part);
    for (open, close) in QUOTES {
        if let Some(inner) = part.strip_prefix(*open).and_then(|part| part.strip_suffix(*close))
            && !inner.contains(*open)
            && !inner.contains(*close)
        {
            return inner.trim().to_owned();
        }
    }
    part.trim().to_owned()
}

/// The names platforms append to their pages' titles.
fn strip_platform(text: &str) -> &str {
    [
        " - YouTube Music",
        " - YouTube",
        " | Spotify",
        " on Spotify",
        " on Apple Music",
        " | Free Listening on SoundCloud",
        " | TIDAL",
        " | Deezer",
    ]
    .iter()
    .find_map(|suffix| text.strip_suffix(suffix))
    .unwrap_or(text)
}

/// A leading track number: `05 - `, `10. `.
fn strip_number(text: &str) -> &str {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || digits > 2 {
        return text;
    }
    match text.split_at(digits).1 {
        rest if rest.starts_with(". ") => rest.trim_start_matches(". "),
        rest if rest.starts_with(" - ") && rest.matches(" - ").count() > 1 => rest.trim_start_matches(" - "),
        _ => text,
    }
}

/// The text without the brackets that hold decoration; whether one said "full album"; whether there was any.
fn without_remarks(text: &str) -> (String, bool, bool) {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    let (mut album, mut decorated) = (false, false);
    while let Some(open) = rest.find(OPEN) {
        let (before, from) = rest.split_at(open);
        let Some((inner, after)) = bracket(from) else { break };
        out.push_str(before);
        let at_head = out.trim().is_empty();
        if is_album_remark(inner) {
            album = true;
            decorated = true;
        } else if is_decoration(inner)
            || at_head
                && (is_head(inner)
                    || from.starts_with('【') && !after.trim().is_empty() && !after.trim_start().starts_with('【'))
        {
            decorated = true;
            if !out.ends_with(' ') && !out.is_empty() {
                out.push(' ');
            }
        } else {
            out.push_str(from.get(..from.len() - after.len()).unwrap_or(from));
        }
        rest = after;
    }
    out.push_str(rest);
    (clean(&out), album, decorated)
}

/// The content of the bracket a text begins with, nested ones included, and what follows it.
fn bracket(from: &str) -> Option<(&str, &str)> {
    let mut depth = 0usize;
    for (at, c) in from.char_indices() {
        if OPEN.contains(&c) {
            depth += 1;
        } else if CLOSE.contains(&c) {
            depth -= 1;
            if depth == 0 {
                let inner = from.get(from.chars().next()?.len_utf8()..at)?;
                return Some((inner, from.get(at + c.len_utf8()..)?));
            }
        }
    }
    None
}

/// The text up to the first pipe whose following part is decoration or tells of something else, when a dash divides the
/// first part already; otherwise without the parts that are decoration alone.
fn without_decorated_segments(text: &str) -> String {
    let segments: Vec<&str> = text.split(['|', '｜']).map(str::trim).filter(|part| !part.is_empty()).collect();
    match segments.as_slice() {
        [first, _, ..] if find_dash(first).is_some() => (*first).to_owned(),
        [_, _, ..] => {
            let kept: Vec<&str> = segments.iter().copied().filter(|part| !is_decoration(part)).collect();
            kept.join(" | ")
        }
        _ => text.to_owned(),
    }
}

fn divide(text: &str) -> (Form, String, Option<String>) {
    if let Some((at, width)) = find_dash(text) {
        let (left, right) = (text.get(..at).unwrap_or_default(), text.get(at + width..).unwrap_or_default());
        let form = if find_dash(right).is_some() { Form::ManyDashes } else { Form::Dash };
        return (form, left.to_owned(), Some(right.to_owned()));
    }
    if let Some((left, right)) = quoted(text) {
        return (Form::Quoted, left, Some(right));
    }
    for (separator, form) in [
        (" // ", Form::Dash),
        (" / ", Form::Slash),
        ("／", Form::Slash),
        (" | ", Form::Pipe),
        (" _ ", Form::Dash),
        (" by ", Form::By),
    ] {
        if let Some((left, right)) = text.split_once(separator)
            && !left.trim().is_empty()
            && !right.trim().is_empty()
        {
            return (form, left.to_owned(), Some(right.to_owned()));
        }
    }
    (Form::Whole, text.to_owned(), None)
}

/// Where the first dash outside brackets stands that has a space on one side at least, and how wide it is.
fn find_dash(text: &str) -> Option<(usize, usize)> {
    let (mut depth, mut before) = (0usize, ' ');
    let mut loose = None;
    for (at, c) in text.char_indices() {
        if OPEN.contains(&c) {
            depth += 1;
        } else if CLOSE.contains(&c) {
            depth = depth.saturating_sub(1);
        } else if DASHES.contains(&c) && depth == 0 && at > 0 {
            let after = text.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next()).unwrap_or('\0');
            if before == ' ' && after == ' ' {
                return Some((at, c.len_utf8()));
            }
            if (before == ' ' || after == ' ' || c == '–' || c == '—') && after != '\0' {
                loose = loose.or(Some((at, c.len_utf8())));
            }
        }
        before = c;
    }
    loose
}

/// `Artist "Title" …` and `"Title" Artist`: what is outside the first pair of quotes, and what is inside, in the order of
/// the text. An apostrophe inside a word is not a quote.
fn quoted(text: &str) -> Option<(String, String)> {
    for (open, close) in QUOTES {
        let Some((at, end)) = quote_span(text, *open, *close) else { continue };
        let inner = text.get(at + open.len_utf8()..end)?.trim();
        let before = text.get(..at)?.trim();
        let after = text.get(end + close.len_utf8()..)?.trim();
        if inner.is_empty() || fold(inner).is_empty() {
            continue;
        }
        if !before.is_empty() {
            let remark = if after.starts_with(OPEN) || is_feature(after) { format!(" {after}") } else { String::new() };
            return Some((before.to_owned(), format!("{inner}{remark}")));
        }
        let after = after.strip_prefix("by ").unwrap_or(after).trim();
        if !after.is_empty() && !after.starts_with(OPEN) {
            return Some((inner.to_owned(), after.to_owned()));
        }
    }
    None
}

fn quote_span(text: &str, open: char, close: char) -> Option<(usize, usize)> {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let mut start = None;
    for (at, c) in text.char_indices() {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + c.len_utf8()..).and_then(|tail| tail.chars().next());
        let plain = open != '\'' && open != '‘';
        match start {
            None if c == open && (plain || is_edge(before)) => start = Some(at),
            Some(from) if c == close && (plain || is_edge(after)) => return Some((from, at)),
            _ => {}
        }
    }
    None
}

fn is_feature(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["feat", "ft.", "ft ", "featuring"].iter().any(|mark| lower.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(title: &str) -> (String, Option<String>) {
        let parts = read(title);
        (parts.left, parts.right)
    }

    #[test]
    fn usual_forms_are_divided_and_undecorated() {
        for (title, left, right) in [
            ("Ada Lane - Harbour (Official Video)", "Ada Lane", "Harbour"),
            ("Ada Lane – Harbour [HD] Lyrics", "Ada Lane", "Harbour"),
            ("Ada Lane - \"Harbour\" (Official Music Video)", "Ada Lane", "Harbour"),
            ("Ada Lane - Harbour (Bo Remix)", "Ada Lane", "Harbour (Bo Remix)"),
            ("Ada Lane - Harbour ft. Bo (Live) [Official Audio]", "Ada Lane", "Harbour ft. Bo (Live)"),
            ("05 - Ada Lane - Harbour", "Ada Lane", "Harbour"),
            ("Ada Lane 'Harbour' MV", "Ada Lane", "Harbour"),
            ("[MV] Ada Lane _ Harbour", "Ada Lane", "Harbour"),
            ("\"Harbour\" Ada Lane", "Harbour", "Ada Lane"),
            ("宇多田ヒカル『BADモード』", "宇多田ヒカル", "BADモード"),
            ("Harbour by Ada Lane", "Harbour", "Ada Lane"),
            ("Ada Lane | Harbour | Official Video", "Ada Lane", "Harbour"),
        ] {
            assert_eq!(parts(title), (left.to_owned(), Some(right.to_owned())), "{title}");
        }
    }

    #[test]
    fn a_hyphen_inside_a_word_or_a_bracket_does_not_divide() {
        assert_eq!(parts("Anti-Hero"), ("Anti-Hero".to_owned(), None));
        assert_eq!(parts("Harbour (Ada - Live)"), ("Harbour (Ada - Live)".to_owned(), None));
        assert_eq!(parts("Don't Stop 'Til You Get Enough"), ("Don't Stop 'Til You Get Enough".to_owned(), None));
    }

    #[test]
    fn a_full_album_is_noticed() {
        assert!(read("Ada Lane – Harbours (Full Album)").album);
    }
}
