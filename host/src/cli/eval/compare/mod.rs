//! When an answer is the expected one. Nothing is forgiven for being close: no distance between texts, no credit for a
//! part. What people write in many ways is folded ([`fold`]); remarks that do not change the work are left out, whichever
//! side has them: featured artists and producers, editions, the film it is from. Live, acoustic, remix and cover are other works.
//! Artists are compared as a set of names.

mod fold;

use fold::fold;
use regex::{Error, Regex};
use std::borrow::Cow;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

const OPEN: &str = r"[\(\[\{（［【〔「]";
const CLOSE: &str = r"[\)\]\}）］】〕」]";
const FEATURING: &str = r"(?:feat(?:uring)?|ft|con la participaci[oó]n de)\b\.?";
const EDITION: &str = concat!(
    r"(?:\d{4}\s+)?(?:digital(?:ly)?\s+)?re-?master(?:ed)?(?:\s+(?:version|edition|mix))?(?:\s+\d{4})?(?:\s*/\s*remastered(?:\s+\d{4})?)?",
    r"|\d{4}\s*[-–]?\s*remaster(?:ed)?(?:\s+version)?|remastered\s+in\s+\S+",
    r"|mono|stereo|(?:mono|stereo)\s+(?:mix|version)|(?:single|album|original|main|lp|full)\s+version|original\s+mix",
    r"|bonus\s+track|explicit(?:\s+version)?|clean(?:\s+version)?",
    r"|(?:super\s+)?deluxe(?:\s+(?:edition|version))?|(?:\d+(?:th|st|nd|rd)\s+)?anniversary\s+(?:edition|version)|expanded\s+edition",
);
/// Between names, besides a comma and its like.
const JOINING: &str = r"(?:and|y|x|×|vs\.?|with|\+|/|／|·|•|\|)";

/// The forms in which titles, credits and dates are compared.
pub struct Forms {
    credits_in_brackets: Regex,
    featuring: Regex,
    editions_in_brackets: Regex,
    edition_after_dash: Regex,
    film_in_brackets: Regex,
    film_after_dash: Regex,
    ver: Regex,
    featured: Regex,
    between_names: Regex,
}

impl Forms {
    /// # Errors
    /// When one of the patterns is none.
    pub fn new() -> Result<Self, Error> {
        let pattern = |text: String| Regex::new(&format!("(?i){text}"));
        Ok(Self {
            credits_in_brackets: pattern(format!(
                r"\s*{OPEN}\s*(?:{FEATURING}|with\b|w/|prod(?:uced)?\b\.?(?:\s*by)?)[^\)\]\}}）］】〕」]*{CLOSE}"
            ))?,
            featuring: pattern(format!(r"\s+{FEATURING}\s+.*?($|\s*{OPEN}|\s+[-–—|]\s+)"))?,
            editions_in_brackets: pattern(format!(r"\s*{OPEN}\s*(?:{EDITION})\s*{CLOSE}"))?,
            edition_after_dash: pattern(format!(r"\s+[-–—]\s+(?:{EDITION})\s*$"))?,
            film_in_brackets: pattern(format!(
                r#"\s*{OPEN}\s*(?:from|de|banda sonora de)\s+["“'‘「『][^\)\]]*{CLOSE}"#
            ))?,
            film_after_dash: pattern(r#"\s+[-–—]\s+from\s+["“'‘].*$"#.to_owned())?,
            ver: pattern(r"\bver\b".to_owned())?,
            featured: pattern(format!(r"\s*{OPEN}\s*(?:{FEATURING})[^\)\]）］】]*{CLOSE}|\s+(?:{FEATURING})\s+.*$"))?,
            between_names: pattern(format!(r"\s*[,;&＆、，]\s*|\s+{JOINING}\s+|\s*×\s*"))?,
        })
    }

    /// A title, or an album's, as it is compared.
    pub fn title(&self, title: &str) -> String {
        let mut text = trimmed(title);
        text = without(&self.credits_in_brackets, text);
        for _ in 0..2 {
            text = without(&self.editions_in_brackets, text);
            text = without(&self.edition_after_dash, text);
        }
        text = without(&self.film_in_brackets, text);
        text = without(&self.film_after_dash, text);
        let bare = self.without_featuring(&text);
        let folded = fold(if bare.trim().is_empty() { &text } else { &bare });
        let folded = if folded.is_empty() { fold(title) } else { folded };
        joined(&self.ver.replace_all(&folded, "version"))
    }

    /// Whether two credits name the same artists, in any order, or are the same text undivided.
    pub fn is_same_credit(&self, one: &str, other: &str) -> bool {
        let undivided = |text: &str| {
            let text: String = text.nfkc().collect();
            without_article(&fold(&self.featured.replace_all(&text, ""))).to_owned()
        };
        self.has_same_names(one, other) || {
            let one = undivided(one);
            !one.is_empty() && one == undivided(other)
        }
    }

    /// Whether two credits name the same artists, in any order.
    pub fn has_same_names(&self, one: &str, other: &str) -> bool {
        self.names(one) == self.names(other)
    }

    /// The artists of a credit, without those who are featured.
    fn names(&self, credit: &str) -> BTreeSet<String> {
        let text = trimmed(credit);
        let main = self.featured.replace_all(&text, "");
        let main = if main.trim().is_empty() { Cow::Borrowed(text.as_str()) } else { main };
        let names = self.between_names.split(&main).map(|name| joined(without_article(&fold(name))));
        let names: BTreeSet<String> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() && !credit.is_empty() { BTreeSet::from([fold(credit)]) } else { names }
    }

    /// Takes " feat. …" out, up to a bracket, a dash or the end, which stay.
    fn without_featuring(&self, text: &str) -> String {
        let (mut out, mut from) = (String::new(), 0);
        while let Some((whole, end)) =
            self.featuring.captures_at(text, from).and_then(|found| Some((found.get(0)?, found.get(1)?)))
        {
            out.push_str(text.get(from..whole.start()).unwrap_or_default());
            from = end.start();
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    }
}

/// Whether a date is the expected one, as exact as that one is; and whether its year is.
pub fn is_same_date(said: &str, expected: &str) -> (bool, bool) {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (said, expected) = (digits(said), digits(expected));
    let year = |digits: &str| digits.chars().take(4).collect::<String>();
    (said.starts_with(&expected), year(&said) == year(&expected))
}

fn trimmed(text: &str) -> String {
    text.nfkc().collect::<String>().trim().to_owned()
}

fn without(pattern: &Regex, text: String) -> String {
    match pattern.replace_all(&text, "") {
        Cow::Borrowed(_) => text,
        Cow::Owned(less) => less,
    }
}

fn without_article(name: &str) -> &str {
    name.strip_prefix("the ").filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// Without spaces between the characters of Chinese, Japanese and Korean.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let is_between = c == ' ' && out.ends_with(is_cjk) && rest.peek().is_some_and(|next| is_cjk(*next));
        if !is_between {
            out.push(c);
        }
    }
    out
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms() -> Forms {
        Forms::new().unwrap()
    }

    #[test]
    fn a_title_is_the_same_without_what_does_not_change_the_work() {
        let forms = forms();
        for (one, other) in [
            ("Harbour (feat. Ada Lane)", "Harbour ft. Bo & Cy"),
            ("Harbour feat. Ada Lane (Live)", "Harbour [Live]"),
            ("Harbour featuring Ada feat. Bo - Live", "Harbour - Live"),
            ("Harbour (prod. by Bo)", "Harbour (with Ada Lane)"),
            ("Harbour (Remastered 2011)", "Harbour - 2011 Remaster"),
            ("Harbour - Mono - Bonus Track", "Harbour"),
            ("Harbour [Original Mix]", "Harbour (Deluxe Edition)"),
            ("Harbour (From \"The Bridge\")", "Harbour - from 'The Bridge'"),
            ("Harbour (English Ver.)", "Harbour - English Version"),
            ("夜 の 港", "夜の港"),
            ("(feat. Ada)", "(feat. Ada)"),
            ("【Remastered】", "[remastered]"),
        ] {
            assert_eq!(forms.title(one), forms.title(other), "{one} | {other}");
        }
    }

    #[test]
    fn a_title_is_another_one_with_decoration_or_as_another_work() {
        let forms = forms();
        for (one, other) in [
            ("Harbour (Official Video)", "Harbour"),
            ("Harbour Lyrics", "Harbour"),
            ("Ada Lane - Harbour", "Harbour"),
            ("Harbour (Live)", "Harbour"),
            ("Harbour (Bo Remix)", "Harbour"),
            ("Harbour (Radio Edit)", "Harbour"),
            ("Harbour (Album Mix)", "Harbour"),
            ("Harbor", "Harbour"),
            ("Defeat", "De"),
            ("", "Harbour"),
        ] {
            assert_ne!(forms.title(one), forms.title(other), "{one} | {other}");
        }
    }

    #[test]
    fn a_credit_is_a_set_of_names() {
        let forms = forms();
        for (one, other) in [
            ("Ada & Bo", "Bo, Ada"),
            ("Ada x Bo vs. Cy", "Ada × Bo / Cy"),
            ("Ada feat. Bo", "Ada (ft. Cy)"),
            ("The Harbours", "Harbours"),
            ("Bo, The Builder", "Bo the Builder"),
            ("港、Ada", "Ada & 港"),
            ("José y Ana", "Ana and Jose"),
            ("Ada + Bo", "Ada and Bo"),
        ] {
            assert!(forms.is_same_credit(one, other), "{one} | {other}");
        }
        for (one, other) in [
            ("Ada", "Ada & Bo"),
            ("AdaVEVO", "Ada"),
            ("Ada - Topic", "Ada"),
            ("Ada Official", "Ada"),
            ("Bo", "Ada feat. Bo"),
            ("", "Ada"),
        ] {
            assert!(!forms.is_same_credit(one, other), "{one} | {other}");
        }
    }

    #[test]
    fn a_date_is_compared_as_exactly_as_it_is_expected() {
        for (said, expected, same) in [
            ("2019-03-13", "2019", (true, true)),
            ("2019-03", "2019-03", (true, true)),
            ("2019", "2019-03-13", (false, true)),
            ("2018-03-13", "2019-03-13", (false, false)),
        ] {
            assert_eq!(is_same_date(said, expected), same, "{said} | {expected}");
        }
    }
}
