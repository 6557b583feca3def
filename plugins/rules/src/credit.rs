//! Credits: the names in them, and the ways one name is written.

use crate::text::{find_ignoring_case, fold, is_cjk_letter};
use crate::title::brackets::{CLOSE, OPEN, is_voices};

/// The marks before featured names.
const FEATURES: &[&str] = &["featuring ", "feat.", "feat ", "ft.", "ft ", "vo.", "vocal:"];

/// Whether a text begins with a mark of featured names.
pub fn is_feature(text: &str) -> bool {
    let text = text.trim_start_matches(OPEN);
    FEATURES.iter().any(|mark| text.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark)))
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
    FEATURES
        .iter()
        .filter_map(|mark| {
            let at = find_ignoring_case(credit, mark)?;
            let before = credit.get(..at)?.chars().next_back();
            let apart = before.is_none_or(|c| !c.is_alphanumeric() || is_cjk_letter(c));
            apart.then_some((at, at + mark.len()))
        })
        .min()
}

/// A title without featured voice synthesisers, who are instruments there.
pub fn without_voices(title: &str) -> &str {
    match features(title) {
        Some(names) if is_voices(names) || names.split(['(', '（', ' ']).next().is_some_and(is_voices) => {
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
        found.push(bare_fold(inner));
    }
    found.retain(|name| !name.is_empty());
    found
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
        .split([',', '&', '、', '/', '／', '×', '＆', '(', ')', '（', '）', '+'])
        .flat_map(|part| part.split(" x "))
        .flat_map(|part| part.split(" X "))
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" y "))
        .flat_map(|part| part.split(" e "))
        .flat_map(|part| part.split(" feat. "))
        .flat_map(|part| part.split(" ft. "))
        .flat_map(|part| part.split(" ft "))
        .map(str::trim)
        .filter(|name| !name.is_empty())
}

/// Whether a credit lists several names.
pub fn is_list(credit: &str) -> bool {
    credit.contains([',', '、'])
        || [" & ", " x ", " X ", " e ", " y ", " × ", " and "].iter().any(|joint| credit.contains(joint))
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
    }

    #[test]
    fn a_joint_credit_is_taken_apart() {
        assert_eq!(names("Ada, Bo & Cy x Di").collect::<Vec<_>>(), ["Ada", "Bo", "Cy", "Di"]);
        assert!(is_list("Ada & Bo") && !is_list("Ada Lane"));
    }
}
