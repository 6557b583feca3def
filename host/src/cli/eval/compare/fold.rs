//! A text without what people write in many ways: case, width, accents of Latin and Greek letters, punctuation, the word
//! for "and".

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_script::{Script, UnicodeScript};

/// Folds a text. One that has neither letters nor digits stays as it is, but for case and width.
pub fn fold(text: &str) -> String {
    let raw: String = case_folded(text.nfkc()).collect();
    let raw = raw.trim();
    let mut spelled = String::with_capacity(raw.len());
    raw.chars().for_each(|c| spell_out(c, &mut spelled));
    let folded: String = without_accents(&spelled).nfc().collect();
    let folded = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    if folded.is_empty() { raw.to_owned() } else { folded }
}

/// Letters in the one case that is compared. Only to and fro makes ẞ, ß and SS the same.
fn case_folded(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    text.flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase)
}

/// Letters that do not decompose, signs that are read as words or letters, and apostrophes, which are not read.
fn spell_out(c: char, out: &mut String) {
    let spelled = match c {
        '\'' | '’' | '‘' | 'ʼ' | '`' | '´' | '′' | '＇' | 'ʻ' => "",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'þ' => "th",
        'æ' => "ae",
        'œ' => "oe",
        'ı' => "i",
        'ħ' => "h",
        'ŧ' => "t",
        '$' => "s",
        '&' | '+' => " and ",
        other => return out.push(other),
    };
    out.push_str(spelled);
}

/// Letters and digits, spaces for all else. Marks stay but on Latin and Greek letters: elsewhere they are part of the letter,
/// as the voicing of kana.
fn without_accents(text: &str) -> impl Iterator<Item = char> {
    let mut after_latin = false;
    text.nfd().filter_map(move |c| match c.general_category_group() {
        GeneralCategoryGroup::Mark => (!after_latin).then_some(c),
        GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number => {
            after_latin = matches!(c.script(), Script::Latin | Script::Greek);
            Some(c)
        }
        _ => {
            after_latin = false;
            Some(' ')
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_fold_to_what_is_heard() {
        for (text, folded) in [
            ("  Für   ELISE ", "fur elise"),
            ("Ｗｉｄｅ　Ｌｅｔｔｅｒｓ", "wide letters"),
            ("Don’t Stop!", "dont stop"),
            ("Straẞe", "strasse"),
            ("ΟΔΥΣΣΕΥΣ", "οδυσσευσ"),
            ("Σ'αγαπώ", "σαγαπω"),
            ("Smörgåsbord / Ærø & Łódź", "smorgasbord aero and lodz"),
            ("A$AP + Øya", "asap and oya"),
            ("3½", "31 2"),
            ("???", "???"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
    }

    #[test]
    fn marks_that_make_another_letter_stay() {
        for (one, other) in [("ガ", "カ"), ("й", "и"), ("की", "क")] {
            assert_ne!(fold(one), fold(other));
        }
        assert_eq!(fold("ﾊﾟﾝ"), fold("パン"));
    }
}
