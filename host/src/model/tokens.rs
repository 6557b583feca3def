//! How many tokens a text is, before a provider has counted them.

use crate::music::Prompt;

/// What a provider's own words about a schema may take: 181 were counted for a small one.
const SCHEMA_TOKENS: i64 = 250;

/// The most input tokens a prompt may have: three bytes a token, or what its script makes likely where that is more.
pub fn at_most(prompt: &Prompt) -> i64 {
    let texts = [prompt.system.as_str(), &prompt.user, prompt.response_schema.as_deref().unwrap_or_default()];
    let most = |text: &str| i64::try_from(text.len() / 3).unwrap_or(i64::MAX).max(about(text));
    let schema = if prompt.response_schema.is_some() { SCHEMA_TOKENS } else { 0 };
    texts.into_iter().map(most).fold(schema, i64::saturating_add)
}

/// About how many tokens a text has: four characters of ASCII a token, one of any other script; for the tokenizers since
/// 2026 a third more.
#[must_use]
pub fn about(text: &str) -> i64 {
    let ascii = text.bytes().filter(u8::is_ascii).count();
    let others = text.chars().count() - ascii;
    i64::try_from((ascii / 4 + others) * 13 / 10).unwrap_or(i64::MAX)
}

/// About how many tokens the text has that prompts of one kind begin with.
pub fn about_prefix(prompt: &Prompt) -> i64 {
    about(&prompt.system) + prompt.response_schema.as_deref().map_or(0, about)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_scripts_take_more_tokens_than_their_letters_would() {
        assert_eq!(about(&"word ".repeat(80)), 130);
        assert_eq!(about(&"夜".repeat(100)), 130);
    }
}
