//! A title as uploaders write it, taken apart: decoration off, and divided at its marks.

pub mod brackets;
pub mod pieces;

use crate::channel::is_label;
use crate::decoration::{is_decoration, is_offer, is_small_talk, is_year, strip_tail};
use crate::text::{clean, find_ignoring_case, is_cjk, is_cjk_letter, is_latin, strip_suffix_ignoring_case, words};
use crate::words::platforms::unsigned;
use brackets::quoted_head;
use pieces::{DASHES, Mark, Piece};

/// A title without its decoration.
#[derive(Debug)]
pub struct Title {
    /// What is left, as one line.
    pub text: String,
    /// Whether a remark said that this is a whole album.
    pub album: bool,
    /// An album that a remark named.
    pub album_name: Option<String>,
    /// Whether decoration was found, which only music uploads have.
    pub decorated: bool,
    /// Whether a remark said "official".
    pub official: bool,
    /// Whether a remark stood behind the first part and before a dash.
    pub early: bool,
    /// Whether words that are no remark follow one.
    pub trailed: bool,
    /// Whether a bracket named a voice synthesiser.
    pub voice: bool,
    /// A name in the last of the brackets 【】.
    pub credit: Option<String>,
    /// A name in the bracket 【】 before the title.
    pub head: Option<String>,
    /// The two halves around the one place where more than one space stands, as where a dash got lost.
    pub gap: Option<(String, String)>,
}

impl Title {
    /// Reads a title that is cleaned; `raw` is the one before, which may have told by its spaces where a dash was.
    pub fn read(text: &str, raw: Option<&str>) -> Self {
        let text = without_file_ending(unsigned(text).0);
        let text = without_starred(without_hashtags(text));
        let remarks = brackets::read(text);
        // A title of decoration alone is what there is.
        let left = if remarks.text.chars().any(char::is_alphanumeric) { remarks.text.as_str() } else { text };
        let text = without_kind(without_genre(without_number(left))).to_owned();
        let soundtrack = soundtrack(&text).map(str::to_owned);
        Self {
            gap: raw.and_then(|raw| gap(raw, &text)),
            text,
            album: remarks.album,
            album_name: remarks.album_name.or(soundtrack),
            decorated: remarks.decorated,
            official: remarks.official,
            early: remarks.early,
            trailed: remarks.trailed,
            voice: remarks.voice,
            credit: remarks.credit,
            head: remarks.head,
        }
    }

    /// The pieces between the marks that are not decoration; at least one. Says whether some were.
    pub fn pieces(&self) -> (Vec<Piece<'_>>, bool) {
        let mut pieces = pieces::pieces(&self.text);
        let all = pieces.len();
        let first = pieces.first().copied();
        if all > 1 {
            let mut index = 0;
            pieces.retain(|piece| {
                index += 1;
                let year = is_year(piece.text);
                !(is_decoration(piece.text) && (!year || all > 2)
                    || index > 1 && all > 2 - usize::from(piece.mark == Mark::Pipe) && is_small_talk(piece.text)
                    || index > 2 && is_label(piece.text))
            });
        }
        let mut stripped = pieces.len() < all;
        for piece in &mut pieces {
            let kept = strip_tail(piece.text);
            stripped |= kept.len() + 1 < piece.text.len();
            piece.text = kept;
        }
        if let Some(piece) = pieces.first_mut() {
            piece.mark = Mark::Start;
        }
        if pieces.is_empty() {
            pieces.extend(first);
        }
        (pieces, stripped)
    }
}

/// Pieces as one text again, a dash between them.
pub fn join(pieces: &[Piece<'_>]) -> String {
    match pieces {
        [one] => one.text.to_owned(),
        _ => pieces.iter().map(|piece| piece.text).collect::<Vec<_>>().join(" - "),
    }
}

/// The title that a part of the text names: without quotes around the whole of it, without the separators left on its
/// ends, and without what was said about a quoted title.
pub fn tidy(part: &str) -> String {
    let part = strip_tail(trim_marks(part));
    if let Some((inner, after)) = quoted_head(part) {
        let after = after.trim();
        if after.is_empty() || !(is_remark(after) || is_cjk(part) && continues(after)) {
            return inner.to_owned();
        }
        if is_remark(after) {
            return format!("{inner} {after}");
        }
    }
    if let Some(inner) = part.strip_prefix('【').and_then(|part| part.strip_suffix('】')) {
        return inner.to_owned();
    }
    theme_song(part).or_else(|| original_after_romanised(part)).unwrap_or(part).to_owned()
}

/// A name without quotes around the whole of it.
pub fn unquoted(name: &str) -> &str {
    quoted_head(name).filter(|(_, after)| after.trim().is_empty()).map_or(name, |(inner, _)| inner)
}

/// `アニメ「…」OP「灯り」`: of two quotes the last one is the song.
fn theme_song(part: &str) -> Option<&str> {
    let inner = part.strip_suffix(['」', '』'])?;
    let (before, song) = inner.rsplit_once(['「', '『'])?;
    before.contains(['」', '』']).then_some(song)
}

/// `Umi no Uta「海の歌」`: the quotes hold the title in its own script.
fn original_after_romanised(part: &str) -> Option<&str> {
    let at = part.find(['「', '『'])?;
    let (head, quote) = part.split_at(at);
    let (inner, after) = quoted_head(quote)?;
    (at > 0 && is_latin(head) && is_cjk(inner) && after.trim().is_empty()).then_some(inner)
}

/// Whether what follows a quote is the rest of a phrase in a script without spaces.
pub fn continues(after: &str) -> bool {
    let letters = after.split(|c: char| !is_cjk_letter(c)).next().unwrap_or_default();
    !letters.is_empty() && !is_decoration(letters)
}

/// Whether what follows a quoted title belongs to it: brackets, and featured names.
fn is_remark(after: &str) -> bool {
    after.starts_with(brackets::OPEN) || crate::credit::is_feature(after)
}

/// A part without the spaces and marks left on its ends.
pub fn trim_marks(part: &str) -> &str {
    let is_mark = |c: char| {
        c.is_whitespace()
            || DASHES.contains(&c)
            || matches!(
                c,
                '|' | '/'
                    | '_'
                    | ':'
                    | '~'
                    | '／'
                    | '｜'
                    | '：'
                    | '♪'
                    | '♫'
                    | '🎵'
                    | '🎶'
                    | '●'
                    | '•'
                    | ','
                    | '·'
            )
    };
    let trimmed = part.trim_matches(is_mark);
    if trimmed.is_empty() { part.trim() } else { trimmed }
}

/// `Song | Film (Original Soundtrack)`: the release behind the last pipe.
fn soundtrack(text: &str) -> Option<&str> {
    let (_, last) = text.rsplit_once(['|', '｜'])?;
    let (_, remark) = last.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let mut words = words(remark);
    let original = words.next().is_some_and(|word| word.eq_ignore_ascii_case("original"));
    let names = words
        .next_back()
        .is_some_and(|word| word.eq_ignore_ascii_case("soundtrack") || word.eq_ignore_ascii_case("score"));
    (original && names).then_some(last.trim())
}

/// `Song.mp3`: a file's ending.
fn without_file_ending(text: &str) -> &str {
    const ENDINGS: &[&str] =
        &[".mp4", ".mp3", ".m4v", ".m4a", ".mov", ".wmv", ".avi", ".flv", ".mpg", ".mkv", ".wav", ".flac"];
    if !text.bytes().rev().take(5).any(|byte| byte == b'.') {
        return text;
    }
    ENDINGS
        .iter()
        .find_map(|ending| strip_suffix_ignoring_case(text, ending))
        .filter(|kept| !kept.is_empty())
        .unwrap_or(text)
}

/// Hashtags and handles at the end say where the upload is to be found; after an "and" a handle is a name.
fn without_hashtags(text: &str) -> &str {
    let mut kept = text;
    while let Some((head, tag)) = kept.rsplit_once(' ')
        && let Some(name) = tag.strip_prefix(['#', '@'])
        && name.chars().any(char::is_alphabetic)
        && !tag.ends_with(brackets::CLOSE)
        && !head.trim_end().ends_with(['&', ',', 'x', '-', '–', '|'])
        && !head.trim().is_empty()
    {
        kept = head.trim_end();
    }
    kept
}

/// `Song **FREE DOWNLOAD**`: a remark between stars.
fn without_starred(text: &str) -> &str {
    let starred = text.strip_suffix('*').and_then(|text| text.trim_end_matches('*').rsplit_once(" *"));
    starred.filter(|(_, remark)| is_decoration(remark)).map_or(text, |(kept, _)| kept.trim_end())
}

/// A leading track number: `05 - `, `10. `.
fn without_number(text: &str) -> &str {
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

/// `[Electro] - Artist - Title`: a bracket that is a part of its own before two others.
fn without_genre(text: &str) -> &str {
    let rest = text.strip_prefix(['[', '【']).and_then(|rest| rest.split_once([']', '】']));
    let rest = rest.and_then(|(_, rest)| rest.strip_prefix(" - "));
    rest.filter(|rest| rest.contains(" - ")).unwrap_or(text)
}

/// `Full Video: Song`, `Out Now! Artist - Song`: what the upload is, before the title.
fn without_kind(text: &str) -> &str {
    if let Some((kind, rest)) = text.split_once('!')
        && rest.starts_with(' ')
        && is_offer(kind)
    {
        return rest.trim_start();
    }
    match text.split_once([':', '：']) {
        Some((kind, rest)) if !kind.trim().is_empty() && is_decoration(kind) && !is_year(kind.trim()) => {
            Some(rest.trim()).filter(|rest| !rest.is_empty()).unwrap_or(text)
        }
        _ => text,
    }
}

/// The halves around the only run of spaces in a raw title.
fn gap(og_title: &str, text: &str) -> Option<(String, String)> {
    let at = og_title.find("  ")?;
    let (head, tail) = og_title.split_at(at);
    let tail = tail.trim_start();
    if tail.contains("  ") || head.trim().is_empty() || tail.is_empty() || text.contains(['|', '/']) {
        return None;
    }
    let head = clean(head);
    let rest = text.strip_prefix(head.as_str())?;
    rest.starts_with(' ').then(|| (head, rest.trim().to_owned()))
}

/// `Title by Artist`, where what follows is a name and not the rest of a phrase ("Stand by Me", "Step by Step").
pub fn at_by(text: &str) -> Option<(&str, &str)> {
    let at = find_ignoring_case(text, " by ")?;
    let (left, right) = (text.get(..at)?.trim(), text.get(at + 4..)?.trim());
    let first = words(right).next()?;
    let name = right.starts_with(|c: char| c.is_uppercase() || is_cjk(right) || !c.is_alphanumeric());
    let phrase = crate::words::has(&crate::words::speech::SPEECH, first)
        || words(left).next_back().is_some_and(|last| last.eq_ignore_ascii_case(first));
    (name && !phrase && !left.is_empty()).then_some((left, right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(title: &str) -> Vec<String> {
        let title = Title::read(title, Some(title));
        title.pieces().0.iter().map(|piece| tidy(piece.text)).collect()
    }

    #[test]
    fn usual_forms_are_divided_and_undecorated() {
        for (title, expected) in [
            ("Ada Lane - Harbour (Official Video)", vec!["Ada Lane", "Harbour"]),
            ("Ada Lane – Harbour [HD] Lyrics", vec!["Ada Lane", "Harbour"]),
            ("Ada Lane - \"Harbour\" (Official Music Video)", vec!["Ada Lane", "Harbour"]),
            ("Ada Lane - Harbour (Bo Remix)", vec!["Ada Lane", "Harbour (Bo Remix)"]),
            ("Ada Lane - Harbour ft. Bo (Live) [Official Audio]", vec!["Ada Lane", "Harbour ft. Bo (Live)"]),
            ("05 - Ada Lane - Harbour", vec!["Ada Lane", "Harbour"]),
            ("[MV] Ada Lane _ Harbour", vec!["Ada Lane", "Harbour"]),
            ("Ada Lane | Harbour | Official Video", vec!["Ada Lane", "Harbour"]),
            ("Ada Lane - Harbour - Official Video - 2012", vec!["Ada Lane", "Harbour"]),
            ("Ada Lane - Harbour (Official Video).mov", vec!["Ada Lane", "Harbour"]),
            ("Ada Lane - Harbour (Full Album) 1973", vec!["Ada Lane", "Harbour"]),
            ("Ada Lane - Harbour #harbour #newmusic", vec!["Ada Lane", "Harbour"]),
            ("灯り / Ada：MUSIC VIDEO", vec!["灯り", "Ada"]),
        ] {
            assert_eq!(parts(title), expected, "{title}");
        }
    }

    #[test]
    fn a_hyphen_inside_a_word_or_a_bracket_does_not_divide() {
        assert_eq!(parts("Anti-Hero"), ["Anti-Hero"]);
        assert_eq!(parts("Harbour (Ada - Live)"), ["Harbour (Ada - Live)"]);
    }

    #[test]
    fn a_quoted_title_is_what_is_in_the_quotes() {
        assert_eq!(tidy("\"Harbour\" from Lights"), "Harbour");
        assert_eq!(tidy("'Harbour' (Live)"), "Harbour (Live)");
        assert_eq!(tidy("「灯り」"), "灯り");
        assert_eq!(tidy("「灯り」という言葉"), "「灯り」という言葉");
        assert_eq!(tidy("Akari no Uta「灯りの歌」"), "灯りの歌");
        assert_eq!(tidy("アニメ「灯台」OP「灯り」"), "灯り");
        assert_eq!(tidy("【灯り】"), "灯り");
    }

    fn gapped(raw: &str) -> Option<(String, String)> {
        Title::read(&clean(raw), Some(raw)).gap
    }

    #[test]
    fn a_lost_dash_leaves_a_gap() {
        let gap = gapped("Ada Lane   Harbour (HD)").unwrap();
        assert_eq!(gap, ("Ada Lane".to_owned(), "Harbour".to_owned()));
        assert!(gapped("Ada  Lane  Harbour").is_none());
    }

    #[test]
    fn a_soundtrack_behind_a_pipe_is_the_release() {
        let title = Title::read("Ada Lane - Harbour | The Quay (Original Motion Picture Soundtrack)", None);
        assert_eq!(title.album_name.as_deref(), Some("The Quay (Original Motion Picture Soundtrack)"));
        assert_eq!(Title::read("Ada Lane - Harbour | The Quay (Live)", None).album_name, None);
    }

    #[test]
    fn by_divides_before_a_name_only() {
        assert_eq!(at_by("Harbour by Ada Lane"), Some(("Harbour", "Ada Lane")));
        for whole in ["Stand by Me", "Step by Step", "Call Me by Your Name", "lost by the sea"] {
            assert_eq!(at_by(whole), None, "{whole}");
        }
    }
}
