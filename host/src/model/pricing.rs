//! What a call costs. Prices are Anthropic's list prices of November 2026, in millionths of a dollar per million tokens
//! (so that tokens · price / 10⁶ is in millionths of a dollar).

use crate::music::Prompt;

/// Tokens as they are billed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Billed {
    /// Input neither read from nor written to the cache.
    pub input: i64,
    /// Input written to the cache, kept for five minutes.
    pub cache_write: i64,
    /// Input read from the cache.
    pub cache_read: i64,
    /// Output.
    pub output: i64,
}

struct Price {
    model: &'static str,
    input: i64,
    output: i64,
    cache_write: i64,
    cache_read: i64,
    /// From this many input tokens on, everything costs five times as much.
    long_from: i64,
}

/// A model's name is matched by its beginning, so that dated names are found too.
const PRICES: &[Price] = &[
    Price {
        model: "claude-haiku-5-5",
        input: 100_000,
        output: 500_000,
        cache_write: 125_000,
        cache_read: 10_000,
        long_from: 100_001,
    },
    Price {
        model: "claude-haiku-4-5",
        input: 1_000_000,
        output: 5_000_000,
        cache_write: 1_250_000,
        cache_read: 100_000,
        long_from: i64::MAX,
    },
];

/// The cost in millionths of a dollar, rounded up; `None` for a model whose price is not known here.
pub fn cost_micros(model: &str, tokens: Billed) -> Option<i64> {
    let price = PRICES.iter().find(|price| model.starts_with(price.model))?;
    let micros = tokens.input * price.input
        + tokens.cache_write * price.cache_write
        + tokens.cache_read * price.cache_read
        + tokens.output * price.output;
    let long = tokens.input + tokens.cache_write + tokens.cache_read >= price.long_from;
    let micros = if long { micros * 5 } else { micros };
    Some((micros + 999_999) / 1_000_000)
}

/// What an answer to a prompt may cost at most: its text at three bytes a token, nothing of it cached, and as much output
/// as it may have.
pub fn estimate_micros(model: &str, prompt: &Prompt) -> i64 {
    let bytes = prompt.system.len() + prompt.user.len() + prompt.response_schema.as_deref().map_or(0, str::len);
    let input = i64::try_from(bytes / 3).unwrap_or(i64::MAX);
    cost_micros(model, Billed { input, output: i64::from(prompt.max_output_tokens), ..Billed::default() }).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_what_the_list_says() {
        let tokens = Billed { input: 1_000_000, ..Billed::default() };
        assert_eq!(cost_micros("claude-haiku-4-5-20251001", tokens), Some(1_000_000));
        let tokens = Billed { input: 2_000, cache_write: 800, cache_read: 1_000, output: 600 };
        assert_eq!(cost_micros("claude-haiku-5-5", tokens), Some(200 + 100 + 10 + 300));
    }

    #[test]
    fn a_long_prompt_costs_five_times_as_much() {
        let tokens = |input| Billed { input, ..Billed::default() };
        assert_eq!(cost_micros("claude-haiku-5-5", tokens(100_000)), Some(10_000));
        assert_eq!(cost_micros("claude-haiku-5-5", tokens(200_000)), Some(100_000));
    }

    #[test]
    fn an_unknown_models_cost_is_unknown_and_not_nothing() {
        assert_eq!(cost_micros("acme-1", Billed::default()), None);
    }
}
