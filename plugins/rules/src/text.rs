//! Reading text as people write it: invisible characters gone, entities decoded, letters compared without case,
//! accents or punctuation.

use liner_strategy::text::is_unseen;

/// A text without control, zero-width and bidirectional marks, with single spaces, and with the five HTML entities that
/// pages leave in their OpenGraph tags decoded.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if is_clean(text) {
        out.push_str(text);
        return out;
    }
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '&'
            && let Some((plain, after)) = entity(rest)
        {
            out.push(plain);
            rest = after;
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_invisible(c) || joins(c, &out) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether a text has nothing that can be seen.
pub fn is_blank(text: &str) -> bool {
    let fills = |c: char| {
        matches!(c, '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' | '\u{2800}' | '\u{3164}')
            || matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
    };
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c) || fills(c))
}

/// Whether a text is ASCII with nothing in it to clean, as most are.
fn is_clean(text: &str) -> bool {
    let mut before = b' ';
    for byte in text.bytes() {
        if !matches!(byte, b' '..=b'~') || byte == b'&' || byte == b' ' && before == b' ' {
            return false;
        }
        before = byte;
    }
    before != b' '
}

/// Like [`clean`], line by line; descriptions carry meaning in their lines.
pub fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(clean).filter(|line| !line.is_empty())
}

/// The joiners and the selector of text style are not seen either.
fn is_invisible(c: char) -> bool {
    is_unseen(c) || matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}')
}

/// The zero-width joiners are spelling in Arabic and Indic words.
fn joins(c: char, before: &str) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
        && before.chars().next_back().is_some_and(|c| matches!(c, '\u{600}'..='\u{dff}'))
}

fn entity(text: &str) -> Option<(char, &str)> {
    const ENTITIES: &[(&str, char)] = &[
        ("&amp;", '&'),
        ("&quot;", '"'),
        ("&#39;", '\''),
        ("&#x27;", '\''),
        ("&#039;", '\''),
        ("&apos;", '\''),
        ("&lt;", '<'),
        ("&gt;", '>'),
        ("&nbsp;", ' '),
    ];
    ENTITIES.iter().find_map(|(entity, plain)| Some((*plain, text.strip_prefix(entity)?)))
}

/// The letters and digits of a text in lower case, Latin accents dropped and wide letters narrow: what two spellings of
/// one name share.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    fold_into(text, |c| out.push(c));
    out
}

fn fold_into(text: &str, mut push: impl FnMut(char)) {
    if text.is_ascii() {
        for byte in text.bytes() {
            match byte {
                b'$' => push('s'),
                _ if byte.is_ascii_alphanumeric() => push(char::from(byte.to_ascii_lowercase())),
                _ => {}
            }
        }
        return;
    }
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                push(c.to_ascii_lowercase());
            }
            continue;
        }
        if is_cjk_letter(c) {
            push(c);
            continue;
        }
        let c = narrow(c);
        if c.is_alphanumeric() {
            c.to_lowercase().map(base_letter).filter(|c| c.is_alphanumeric()).for_each(&mut push);
        }
    }
}

/// A word folded on the stack, for looking it up; one longer than any in a table is in none.
pub struct Folded {
    bytes: [u8; Self::LONGEST],
    len: usize,
}

impl Folded {
    const LONGEST: usize = 40;

    /// Folds a word.
    pub fn of(word: &str) -> Self {
        let (mut bytes, mut len) = ([0; Self::LONGEST], 0usize);
        if word.is_ascii() && word.len() <= Self::LONGEST {
            for byte in word.bytes() {
                // A letter that is none is written over by the next.
                if let Some(slot) = bytes.get_mut(len) {
                    *slot = byte.to_ascii_lowercase();
                }
                len += usize::from(byte.is_ascii_alphanumeric());
            }
            return Self { bytes, len };
        }
        let mut fits = true;
        fold_into(word, |c| match bytes.get_mut(len..len + c.len_utf8()) {
            Some(slot) if fits => {
                c.encode_utf8(slot);
                len += c.len_utf8();
            }
            _ => fits = false,
        });
        Self { bytes, len: if fits { len } else { 0 } }
    }

    /// Its bytes; none when it was too long.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The folded word; empty when it was too long.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.bytes()).unwrap_or_default()
    }
}

/// The words of a text as they are written: letters, digits, combining marks and the apostrophes inside.
pub fn words(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split(|c: char| !is_word_letter(c)).filter(|word| word.chars().any(is_letter))
}

fn is_word_letter(c: char) -> bool {
    is_letter(c) || c == '\'' || !c.is_ascii() && (matches!(c, '’' | '\u{300}'..='\u{36f}') || is_sign(c))
}

/// A sign on a letter, as Arabic, Indic and Thai words have them.
fn is_sign(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{900}'..='\u{963}' | '\u{966}'..='\u{dff}' | '\u{e31}'..='\u{e4e}')
}

/// Whether a character is a letter or a digit; what most titles are made of is known without a table.
pub fn is_letter(c: char) -> bool {
    match c {
        '\0'..='\u{7f}' => c.is_ascii_alphanumeric(),
        '\u{c0}'..='\u{24f}' => !matches!(c, '×' | '÷'),
        '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' => true,
        _ => c.is_alphanumeric(),
    }
}

/// A full-width Latin letter, digit or sign as its usual self.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// A letter without its accent, Latin or Greek, and without the spellings that Arabic and Cyrillic writers leave out;
/// every other character as it is.
fn base_letter(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | 'ạ'..='ặ' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | 'ẹ'..='ệ' => 'e',
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => 'g',
        'ì'..='ï' | 'ĩ' | 'ī' | 'į' | 'ı' | 'ỉ' | 'ị' => 'i',
        'ķ' => 'k',
        'ĺ' | 'ļ' | 'ľ' | 'ł' => 'l',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ọ'..='ợ' => 'o',
        'ŕ' | 'ř' => 'r',
        'ś' | 'ŝ' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ț' | 'ţ' => 't',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ụ'..='ự' => 'u',
        'ý' | 'ÿ' | 'ỳ'..='ỹ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        'ё' => 'е',
        'أ' | 'إ' | 'آ' => 'ا',
        'ى' | 'ی' => 'ي',
        'ک' => 'ك',
        // The vowel marks of Arabic and Hebrew, and the stroke that stretches a word: signs, which are no letters here.
        '\u{591}'..='\u{5c7}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' => '\u{300}',
        _ => c,
    }
}

/// Whether a letter is Chinese, Japanese or Korean.
pub fn is_cjk_letter(c: char) -> bool {
    matches!(c, '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{ff66}'..='\u{ff9d}')
}

/// Whether a text has Chinese, Japanese or Korean letters.
pub fn is_cjk(text: &str) -> bool {
    text.chars().any(is_cjk_letter)
}

/// Whether a text has kana, so is Japanese.
pub fn has_kana(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{ff66}'..='\u{ff9d}'))
}

/// Whether a text has nothing but ASCII and Latin letters.
pub fn is_latin(text: &str) -> bool {
    text.chars().all(|c| !c.is_alphabetic() || c < '\u{250}')
}

/// The text without an ending, compared without case.
#[inline]
pub fn strip_suffix_ignoring_case<'a>(text: &'a str, suffix: &str) -> Option<&'a str> {
    let last = |text: &str| text.bytes().next_back().map(|byte| byte.to_ascii_lowercase());
    if last(text) != last(suffix) {
        return None;
    }
    let (head, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(head)
}

/// Whether a text begins with an ASCII one, compared without case.
pub fn starts_ignoring_case(text: &str, start: &str) -> bool {
    let first = |text: &str| text.bytes().next().map(|byte| byte.to_ascii_lowercase());
    first(text) == first(start)
        && text.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// Where a text occurs in another, compared without case; the wanted text is ASCII.
pub fn find_ignoring_case(text: &str, wanted: &str) -> Option<usize> {
    text.as_bytes().windows(wanted.len()).position(|window| window.eq_ignore_ascii_case(wanted.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_and_entities_do_not_survive() {
        assert_eq!(clean(" A\u{200b}&amp;B \u{202e}\n C&#39;s & D "), "A&B C's & D");
        assert_eq!(clean("\u{61c}A\u{180e}d\u{206a}a\u{e0041}"), "Ada");
    }

    #[test]
    fn a_joiner_stays_where_it_is_spelling() {
        assert_eq!(clean("می\u{200c}خوام a.\u{200c}b"), "می\u{200c}خوام a.b");
    }

    #[test]
    fn folding_drops_case_accents_width_and_punctuation() {
        assert_eq!(fold("Beyoncé & JAY-Z"), "beyoncejayz");
        assert_eq!(fold("ＡＢＣ１"), "abc1");
        assert_eq!(fold("A$h"), "ash");
        assert_eq!(fold("Cafe\u{301}"), "cafe");
        assert_eq!(fold("Thuỳ Ánh, Ελλάς, أَحمد, Ёлка"), "thuyanhελλασاحمدелка");
        assert_eq!(words("Don't Stop - now").collect::<Vec<_>>(), ["Don't", "Stop", "now"]);
    }

    #[test]
    fn a_word_too_long_for_the_tables_is_in_none() {
        assert_eq!(Folded::of("Vidéo").as_str(), "video");
        assert_eq!(Folded::of(&"a".repeat(4_000)).as_str(), "");
    }
}
