//! What somebody meant who wrote a name that does not exist.

/// The name that is a few slips of the keys away from a word, if there is one: letters that are missing, too many, wrong or
/// in each other's place. The longer the word, the more may be wrong with it.
#[must_use]
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    let slips = |name: &str| strsim::damerau_levenshtein(&word, &name.to_lowercase());
    let near = names.into_iter().map(|name| (slips(name), name)).filter(|(slips, _)| *slips <= allowed);
    near.min_by_key(|(slips, _)| *slips).map(|(_, name)| name)
}

/// `; did you mean NAME?`, or nothing.
#[must_use]
pub fn question<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, names).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_slips_are_forgiven_and_another_word_is_none() {
        let names = ["AI_WORKER_BATCH_SIZE", "AI_MODEL", "AI_WORKER_ENABLED", "PORT"];
        for (word, meant) in [
            ("AI_WORKER_BATCHSIZE", Some("AI_WORKER_BATCH_SIZE")),
            ("ai_modle", Some("AI_MODEL")),
            ("PROT", Some("PORT")),
            ("AI_WORKER_ENABLE", Some("AI_WORKER_ENABLED")),
            ("HOME", None),
            ("AI_GATEWAY_URL", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, names), meant, "{word}");
        }
    }
}
