//! Credits: the names in them, and the ways one name is written.

use crate::decoration::is_edition;
use crate::text::{fold, is_cjk, is_cjk_letter, is_letter, starts_ignoring_case};
use crate::title::brackets::{CLOSE, OPEN, is_voices};

/// The marks before featured names.
const FEATURES: &[&str] = &["featuring ", "feat.", "feat,", "feat ", "ft.", "ft ", "vo.", "vocal:"];

/// Whether a text begins with a mark of featured names.
pub fn is_feature(text: &str) -> bool {
    let text = text.trim_start_matches(OPEN);
    FEATURES.iter().any(|mark| starts_ignoring_case(text, mark))
}

/// A credit without its featured names; `Ada feat. Bo` is `Ada`.
pub fn without_features(credit: &str) -> &str {
    match feature_at(credit) {
        Some((at, _)) => credit.get(..at).unwrap_or(credit).trim_end_matches([' ', '(', '（', '[', '/']),
        None => credit,
    }
}

/// The featured names of a credit.
pub fn features(credit: &str) -> Option<&str> {
    let (_, after) = feature_at(credit)?;
    credit.get(after..).map(|names| names.trim_matches(|c: char| c.is_whitespace() || CLOSE.contains(&c)))
}

/// Where the mark of featured names begins and ends, if the credit has one behind a name.
fn feature_at(credit: &str) -> Option<(usize, usize)> {
    let may_begin = |(_, byte): &(usize, u8)| matches!(byte, b'f' | b'F' | b'v' | b'V');
    credit.bytes().enumerate().filter(may_begin).find_map(|(at, _)| {
        let (before, rest) = credit.split_at_checked(at)?;
        let mark = FEATURES.iter().find(|mark| starts_ignoring_case(rest, mark))?;
        let apart = before.chars().next_back().is_none_or(|c| !is_letter(c) || is_cjk_letter(c));
        apart.then_some((at, at + mark.len()))
    })
}

/// A title without featured voice synthesisers, who are instruments there.
pub fn without_voices(title: &str) -> &str {
    match features(title) {
        Some(names) if is_voices(names, is_cjk(title)) => without_features(title),
        Some(names) if names.split(['(', '（', ' ']).next().is_some_and(|name| is_voices(name, is_cjk(title))) => {
            without_features(title)
        }
        _ => title,
    }
}

/// A name and the other writing of it in brackets: `박재범 (Jay Park)`.
pub fn bracketed(name: &str) -> Option<(&str, &str)> {
    let open = name.find(OPEN)?;
    let inner = name.get(open..)?;
    let close = inner.rfind(CLOSE)?;
    let mut inside = inner.get(..close)?.chars();
    inside.next();
    let bare = name.get(..open)?.trim();
    (!bare.is_empty()).then(|| (bare, inside.as_str().trim()))
}

/// The ways a credit writes its name, folded: all of it, and both sides of a bracket.
pub fn spellings(credit: &str) -> Vec<String> {
    let credit = without_features(credit);
    let mut found = vec![bare_fold(credit)];
    if let Some((bare, inner)) = bracketed(credit) {
        found.push(bare_fold(bare));
        // A remix's bracket names whose remix it is.
        if !is_edition(inner) {
            found.push(bare_fold(inner));
        }
    }
    found.retain(|name| !name.is_empty());
    found.extend(spelled_out(credit));
    found
}

/// `Ada & Bo` is written `Ada and Bo` as well.
pub fn spelled_out(name: &str) -> Option<String> {
    name.contains('&').then(|| bare_fold(&name.replace('&', "and")))
}

/// A name folded, without a leading article.
pub fn bare_fold(name: &str) -> String {
    let mut folded = fold(name);
    if name.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("the ")) && folded.len() > 3 {
        folded.drain(..3);
    }
    folded
}

/// The single names of a joint credit.
pub fn names(credit: &str) -> impl Iterator<Item = &str> {
    credit
        .split([',', '&', '、', '/', '／', '×', '❌', '＆', '(', ')', '（', '）', '+', '＋'])
        .flat_map(at_joints)
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

/// Words between two names.
const JOINTS: &[&str] = &["x ", "and ", "y ", "e ", "feat. ", "ft. ", "ft "];

/// Divides at the words that join names.
fn at_joints(part: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(part);
    std::iter::from_fn(move || {
        let text = rest?;
        for (at, _) in text.match_indices(' ') {
            let after = text.get(at + 1..).unwrap_or_default();
            let may = matches!(
                after.bytes().next(),
                Some(b'x' | b'X' | b'a' | b'A' | b'y' | b'Y' | b'e' | b'E' | b'f' | b'F')
            );
            if may && let Some(joint) = JOINTS.iter().find(|joint| starts_ignoring_case(after, joint)) {
                rest = after.get(joint.len()..);
                return text.get(..at);
            }
        }
        rest = None;
        Some(text)
    })
}

/// Whether a credit lists several names.
pub fn is_list(credit: &str) -> bool {
    let joins = |byte: u8| matches!(byte, b',' | b'&' | b'/' | b'+' | b'(');
    credit.bytes().any(joins)
        || !credit.is_ascii() && credit.contains(['、', '＆', '×', '❌', '＋'])
        || at_joints(credit).nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn featured_names_are_no_part_of_the_name() {
        assert_eq!(without_features("Ada Lane feat. Bo"), "Ada Lane");
        assert_eq!(without_features("灯りfeat.初音ミク"), "灯り");
        assert_eq!(without_features("Left Lane"), "Left Lane");
        assert_eq!(features("Harbour (feat. Bo)"), Some("Bo"));
    }

    #[test]
    fn a_featured_voice_is_an_instrument_and_a_featured_person_is_not() {
        assert_eq!(without_voices("灯り feat. 初音ミク"), "灯り");
        assert_eq!(without_voices("Harbour feat. Bo"), "Harbour feat. Bo");
    }

    #[test]
    fn a_name_in_two_scripts_has_both_spellings() {
        assert_eq!(spellings("박재범 (Jay Park)"), ["박재범jaypark", "박재범", "jaypark"]);
        assert_eq!(spellings("The Lanes"), ["lanes"]);
        assert_eq!(spellings("Ada & Bo"), ["adabo", "adaandbo"]);
    }

    #[test]
    fn a_joint_credit_is_taken_apart() {
        assert_eq!(names("Ada, Bo & Cy x Di").collect::<Vec<_>>(), ["Ada", "Bo", "Cy", "Di"]);
        assert!(is_list("Ada & Bo") && !is_list("Ada Lane"));
    }
}
