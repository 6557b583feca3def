//! Reading text as people write it: invisible characters gone, entities decoded, letters compared without case,
//! accents or punctuation.

/// A text without control, zero-width and bidirectional marks, with single spaces, and with the five HTML entities that
/// pages leave in their OpenGraph tags decoded.
pub fn clean(text: &str) -> String {
    let decoded = if text.contains('&') { decode_entities(text) } else { text.to_owned() };
    let mut out = String::with_capacity(decoded.len());
    for c in decoded.chars() {
        if is_invisible(c) {
            continue;
        }
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Like [`clean`], line by line; descriptions carry meaning in their lines.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(clean).filter(|line| !line.is_empty()).collect()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
}

fn decode_entities(text: &str) -> String {
    [("&quot;", "\""), ("&#39;", "'"), ("&#x27;", "'"), ("&apos;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

/// The letters and digits of a text in lower case, Latin accents dropped: what two spellings of one name share.
pub fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).map(base_letter).collect()
}

/// The words of a text, each folded.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’')))
        .map(fold)
        .filter(|word| !word.is_empty())
        .collect()
}

/// A Latin letter without its accent; every other character as it is.
fn base_letter(c: char) -> char {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì'..='ï' | 'ī' | 'į' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ț' | 'ţ' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        _ => c,
    }
}

/// Whether a text has Chinese, Japanese or Korean letters.
pub fn is_cjk(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'))
}

/// Whether a text has kana, so is Japanese.
pub fn has_kana(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_and_entities_do_not_survive() {
        assert_eq!(clean(" A\u{200b}&amp;B \u{202e}\n C&#39;s "), "A&B C's");
    }

    #[test]
    fn folding_drops_case_accents_and_punctuation() {
        assert_eq!(fold("Beyoncé & JAY-Z"), "beyoncejayz");
        assert_eq!(words("Don't Stop"), ["dont", "stop"]);
    }
}
