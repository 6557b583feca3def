//! How many tokens a text is, before a provider has counted them.

use crate::music::Prompt;

/// The most input tokens a prompt may have: three bytes a token, which no tokenizer is known to exceed for text.
pub fn at_most(prompt: &Prompt) -> i64 {
    let bytes = prompt.system.len() + prompt.user.len() + prompt.response_schema.as_deref().map_or(0, str::len);
    i64::try_from(bytes / 3).unwrap_or(i64::MAX)
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
