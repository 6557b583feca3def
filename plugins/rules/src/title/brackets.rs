//! Brackets and quotes: what stands in them, and what they shield.

use crate::channel::is_label;
use crate::decoration::{
    is_album_remark, is_catalogue_number, is_decoration, is_edition, is_genre, is_head, is_release, is_small_talk,
    is_some_video, is_year, names_album,
};
use crate::text::{Folded, clean, is_cjk};
use crate::words::{has, has_folded, remarks::OFFICIAL, voices::COMMON_VOICES, voices::VOICES};

pub const OPEN: &[char] = &['(', '[', '{', '（', '［', '【', '〔'];
pub const CLOSE: &[char] = &[')', ']', '}', '）', '］', '】', '〕'];

/// Quotes that are never apostrophes, with their closing halves.
const QUOTES: &[(char, char)] = &[
    ('"', '"'),
    ('“', '”'),
    ('「', '」'),
    ('『', '』'),
    ('«', '»'),
    ('”', '”'),
    ('〈', '〉'),
    ('《', '》'),
    ('„', '“'),
];

/// What the brackets of a title told.
#[derive(Debug, Default)]
pub struct Remarks {
    /// The title without them.
    pub text: String,
    /// One said that this is a whole album.
    pub album: bool,
    /// One was decoration, which only music uploads have.
    pub decorated: bool,
    /// One said "official".
    pub official: bool,
    /// One said what the upload is behind the first part of the title, and a dash follows: `Song (Lyrics) - Artist`.
    pub early: bool,
    /// Words follow one that are neither a remark nor featured names; what they say is not known.
    pub trailed: bool,
    /// One named a voice synthesiser.
    pub voice: bool,
    /// An album that one named: `(from the album "X")`.
    pub album_name: Option<String>,
    /// A name in the last of the brackets 【】 behind the title.
    pub credit: Option<String>,
    /// What the bracket 【】 before the title holds, where that is no decoration.
    pub head: Option<String>,
}

/// Takes the remarks out of a title, and keeps the brackets that belong to it.
pub fn read(title: &str) -> Remarks {
    let mut remarks = Remarks { text: String::with_capacity(title.len()), ..Remarks::default() };
    let mut from = 0;
    for span in spans(title) {
        let (Some(before), Some(bracket)) = (title.get(from..span.start), title.get(span.start..span.end)) else {
            continue;
        };
        let at_head = || title.get(..span.start).is_some_and(|head| head.trim().is_empty());
        let kind_of_upload = bracket.starts_with('「')
            && (is_decoration(inside(bracket)) && inside(bracket).is_ascii()
                || at_head() && is_small_talk(inside(bracket)));
        if !bracket.starts_with(OPEN) && !kind_of_upload {
            continue;
        }
        remarks.text.push_str(before);
        let after = title.get(span.end..).unwrap_or_default().trim_start();
        let before_dash = ["- ", "– "].iter().any(|dash| after.starts_with(dash));
        let first = before_dash && !at_head() && !remarks.text.contains(" - ");
        let said = remarks.bracket(bracket, after.is_empty());
        let words = !at_head() && after.starts_with(char::is_alphanumeric);
        remarks.trailed |= said && words && !crate::credit::is_feature(after) && !is_decoration(after);
        remarks.early |= said && first;
        from = span.end;
    }
    let rest = title.get(from..).unwrap_or_default();
    let behind_remark = remarks.decorated && remarks.text.ends_with(' ');
    // A year behind a remark belongs to it.
    if !(behind_remark && is_year(rest.trim())) {
        let rest = if behind_remark && remarks.official && remarks.text.contains(" - ") {
            let kept = without_afterthought(rest);
            remarks.trailed &= kept.len() == rest.len();
            kept
        } else {
            rest
        };
        remarks.text.push_str(rest);
    }
    if from > 0 {
        remarks.text = clean(&remarks.text);
    }
    remarks
}

impl Remarks {
    /// Reads a bracket; whether it is left out of the title.
    fn bracket(&mut self, bracket: &str, last: bool) -> bool {
        let inner = inside(bracket);
        let lenticular = bracket.starts_with('【');
        let at_head = self.text.trim().is_empty();
        let album = names_album(inner);
        if let Some(album) = Some(inner).filter(|_| album).and_then(named_album) {
            self.album_name = Some(album.to_owned());
        } else if album && is_album_remark(inner) {
            self.album = true;
            self.decorated = true;
        } else if lenticular && is_voices(inner, true) || at_head && is_cjk(inner) && is_voices(inner, true) {
            self.voice = true;
        } else if is_decoration(inner) || at_head && (is_head(inner) || is_small_talk(inner) || lenticular && !last) {
            if lenticular && at_head && !is_decoration(inner) && !is_head(inner) {
                self.head = Some(inner.trim().to_owned());
            }
            self.decorated = true;
            self.official |= says_official(inner);
        } else if lenticular && last && self.voice {
            self.credit = Some(inner.trim().to_owned());
        } else if let Some(rest) = without_decorated_part(inner) {
            self.decorated = true;
            self.official |= says_official(inner);
            let open = bracket.chars().next().unwrap_or('(');
            let close = bracket.chars().next_back().unwrap_or(')');
            self.text.extend([open].into_iter().chain(rest.chars()).chain([close]));
            return false;
        } else if is_some_video(inner)
            || is_label(inner)
            || is_catalogue_number(inner)
            || is_release(inner)
            || bracket.starts_with('[') && last && is_genre(inner)
            || last && self.is_label_behind_mix(bracket)
        {
            self.decorated = true;
            self.official |= says_official(inner);
        } else {
            self.official |= says_official(inner);
            self.text.push_str(bracket);
            return false;
        }
        self.text.push(' ');
        true
    }
}

impl Remarks {
    /// `Song (Bo Remix) [Quay]`: behind the name of the mix stands who put it out.
    fn is_label_behind_mix(&self, bracket: &str) -> bool {
        let inner = inside(bracket);
        let mix = self.text.trim_end().strip_suffix(')').and_then(|text| text.rsplit_once('('));
        let short =
            crate::text::words(inner).nth(3).is_none() && !is_edition(inner) && !crate::credit::is_feature(inner);
        bracket.starts_with('[') && short && mix.is_some_and(|(_, mix)| is_edition(mix))
    }
}

fn says_official(remark: &str) -> bool {
    crate::text::words(remark).any(|word| has(&OFFICIAL, word))
}

/// What stands behind `(Official Video)` is said about the upload, up to the next mark, if it is no featured name and no
/// other recording.
fn without_afterthought(rest: &str) -> &str {
    let end = rest.find(['|', '/', '｜']).unwrap_or(rest.len());
    let (said, after) = rest.split_at(end);
    let begins = said.trim_start().starts_with(char::is_alphanumeric);
    if begins && !crate::credit::is_feature(said.trim_start()) && !is_edition(said) { after } else { rest }
}

/// `(Remix - Audio)`, `(with Ada - Official Video)`: the part that is no decoration, when the other one is.
fn without_decorated_part(inner: &str) -> Option<&str> {
    for separator in [" - ", " / ", " | ", ", ", " – "] {
        if let Some((first, last)) = inner.rsplit_once(separator) {
            if is_decoration(last) && !is_year(last.trim()) && !is_decoration(first) {
                return Some(first.trim());
            }
            if separator != ", " && is_decoration(first) && is_edition(last) {
                return Some(last.trim());
            }
        }
    }
    None
}

/// `from the album "X"`, `new album『X』`, `taken from the album X`.
fn named_album(inner: &str) -> Option<&str> {
    const MARKS: &[&str] =
        &["from the album ", "from the lp ", "from the ep ", "new album", "del album ", "do album ", "dell'album "];
    let mark = MARKS.iter().find_map(|mark| Some((crate::text::find_ignoring_case(inner, mark)?, mark.len())));
    let rest = inner.get(mark.map(|(at, width)| at + width)?..)?.trim();
    let name = match quoted_head(rest) {
        Some((name, _)) => name,
        None if inner.len() < 80 && !rest.contains(['『', '「', '"']) => rest.trim_start_matches(':').trim(),
        None => return None,
    };
    (!name.is_empty()).then_some(name)
}

/// Whether a text names voice synthesisers and nobody else. `cjk` says whether it stands beside CJK letters, where names
/// that are common words count, too.
pub fn is_voices(text: &str, cjk: bool) -> bool {
    const JOINTS: &[char] = &[',', '、', '&', '＆', '・', '+', '＋', '×', '/', '／'];
    let text = text.trim();
    let text = ["より", "歌唱", "原创曲", "原創曲", "原创", "原創", "オリジナル曲", "オリジナル", "カバー", "翻唱"]
        .iter()
        .find_map(|ending| text.strip_suffix(ending))
        .unwrap_or(text);
    if is_voice(text, cjk) {
        return true;
    }
    let mut names = text.split(JOINTS).filter(|name| !name.trim().is_empty()).peekable();
    // One name alone was asked for already.
    names.peek().is_some_and(|first| first.len() < text.len()) && names.all(|name| is_voice(name, cjk))
}

fn is_voice(name: &str, cjk: bool) -> bool {
    let known = |name: &str| {
        let name = Folded::of(name);
        has_folded(&VOICES, &name) || cjk && has_folded(&COMMON_VOICES, &name)
    };
    let mut words = crate::text::words(name).peekable();
    known(name)
        || words.peek().is_some() && words.all(known)
        || crate::credit::bracketed(name).is_some_and(|(bare, inner)| known(bare) && known(inner))
}

/// A text that begins with a quote: what is in it, and what follows.
pub fn quoted_head(text: &str) -> Option<(&str, &str)> {
    let open = text.chars().next()?;
    let rest = text.get(open.len_utf8()..)?;
    let pairs = QUOTES.iter().chain(&[('‘', '’'), ('\'', '\'')]);
    for (_, close) in pairs.filter(|(mark, _)| *mark == open) {
        let ends = |(at, _): &(usize, &str)| {
            let after = rest.get(at + close.len_utf8()..).and_then(|after| after.chars().next());
            !matches!(close, '\'' | '’') || after.is_none_or(|c| !c.is_alphanumeric())
        };
        if let Some((at, _)) = rest.match_indices(*close).find(ends) {
            let inner = rest.get(..at)?.trim();
            let after = rest.get(at + close.len_utf8()..)?;
            return inner.chars().any(char::is_alphanumeric).then_some((inner, after));
        }
    }
    None
}

fn inside(bracket: &str) -> &str {
    let mut chars = bracket.chars();
    chars.next();
    chars.next_back();
    chars.as_str()
}

/// Whether a letter opens a bracket or a quote.
pub fn is_shield(c: char) -> bool {
    !is_plain(c) && (OPEN.contains(&c) || QUOTES.iter().any(|(open, _)| *open == c))
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == ' '
}

/// A bracket or quote: byte positions of its beginning and of what follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
}

/// How many brackets may stand in each other; no title has more, and each one costs a look at those around it.
const DEEPEST: usize = 32;

/// The outermost brackets and quotes of a text, in order. One that is never closed shields nothing.
pub fn spans(text: &str) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    let mut open: Vec<(usize, Option<char>)> = Vec::new();
    for (at, c) in text.char_indices() {
        if is_plain(c) {
            continue;
        }
        let end = at + c.len_utf8();
        if OPEN.contains(&c) {
            if open.len() < DEEPEST {
                open.push((at, None));
            }
        } else if CLOSE.contains(&c) {
            close(&mut open, &mut found, None, end);
        } else if QUOTES.iter().any(|(_, mark)| *mark == c) && close(&mut open, &mut found, Some(c), end) {
        } else if let Some((_, mark)) = QUOTES.iter().find(|(mark, _)| *mark == c)
            && open.len() < DEEPEST
        {
            open.push((at, Some(*mark)));
        }
    }
    found
}

/// Closes the innermost bracket or quote that a mark closes; whether there was one.
fn close(open: &mut Vec<(usize, Option<char>)>, found: &mut Vec<Span>, mark: Option<char>, end: usize) -> bool {
    let Some(at) = open.iter().rposition(|(_, closing)| *closing == mark) else { return false };
    let Some(&(start, _)) = open.get(at) else { return false };
    open.truncate(at);
    while found.last().is_some_and(|inner| inner.start > start) {
        found.pop();
    }
    found.push(Span { start, end });
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(title: &str) -> String {
        read(title).text
    }

    #[test]
    fn decoration_goes_and_what_belongs_to_the_work_stays() {
        assert_eq!(text("Harbour (Official Video) [HD]"), "Harbour");
        assert_eq!(text("Harbour (Live in Berlin)"), "Harbour (Live in Berlin)");
        assert_eq!(text("Harbour (Remix - Audio)"), "Harbour (Remix)");
        assert_eq!(text("Harbour (with Bo - Official Video)"), "Harbour (with Bo)");
        assert_eq!(text("【MV】Harbour【初音ミク】"), "Harbour");
        assert_eq!(text("(unclosed Harbour (HD)"), "(unclosed Harbour");
    }

    #[test]
    fn an_album_named_in_a_bracket_is_read() {
        assert_eq!(read("Harbour (from the album \"Lights\")").album_name.as_deref(), Some("Lights"));
        assert_eq!(read("Harbour（new album『灯り』now on sale）").album_name.as_deref(), Some("灯り"));
        assert!(read("Harbours (Full Album)").album);
    }

    #[test]
    fn voices_are_known_alone_and_together() {
        for voices in ["初音ミク", "初音ミク・結月ゆかり", "可不（KAFU）", "Hatsune Miku", "GUMI & IA"]
        {
            assert!(is_voices(voices, true), "{voices}");
        }
        for others in ["", "x", "Ada Lane", "初音ミクの消失", "Ada feat. GUMI"] {
            assert!(!is_voices(others, true), "{others}");
        }
        assert!(is_voices("Lily", true) && !is_voices("Lily", false));
    }

    #[test]
    fn a_deep_or_unbalanced_title_is_read_in_one_go() {
        for title in ["(".repeat(10_000), ")".repeat(10_000), "(\"".repeat(5_000), "\"a".repeat(5_000)] {
            assert_eq!(text(&title), title);
        }
        let deep = format!("Harbour {}HD{}", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        assert_eq!(spans(&deep), [Span { start: 8, end: deep.len() }]);
        // Of more than are told apart the outermost are not closed.
        let deeper = format!("Harbour [{}HD{}]", "[".repeat(DEEPEST), "]".repeat(DEEPEST));
        assert_eq!(spans(&deeper).len(), 1);
    }
}
