//! What a call costs. Prices are list prices, in millionths of a dollar per million tokens (so that tokens · price / 10⁶ is
//! in millionths of a dollar); `AI_PRICES` overrides them.

use super::tokens;
use crate::money::micros;
use crate::music::{Estimate, Prompt, Usage};
use std::sync::Arc;

/// When the list was read.
pub const PRICES_AS_OF: &str = "2026-11";

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

impl Billed {
    /// The same as the journal keeps it, with what it cost where that is known.
    #[must_use]
    pub const fn usage(&self, cost_micros: Option<i64>) -> Usage {
        Usage {
            tokens_in: self.all_input(),
            tokens_cached: self.cache_read,
            tokens_written: self.cache_write,
            tokens_out: self.output,
            cost_micros,
        }
    }

    /// All input.
    #[must_use]
    pub const fn all_input(&self) -> i64 {
        self.input.saturating_add(self.cache_write).saturating_add(self.cache_read)
    }
}

/// What a model's tokens cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// Input.
    pub input: i64,
    /// Output.
    pub output: i64,
    /// Input written to the cache.
    pub cache_write: i64,
    /// Input read from the cache.
    pub cache_read: i64,
    /// From this many input tokens on, everything costs five times as much.
    pub long_from: i64,
}

/// Dated names are found too.
const LIST: [(&str, Price); 2] = [
    (
        "claude-haiku-5-5",
        Price { input: 100_000, output: 500_000, cache_write: 125_000, cache_read: 10_000, long_from: 100_001 },
    ),
    (
        "claude-haiku-4-5",
        Price { input: 1_000_000, output: 5_000_000, cache_write: 1_250_000, cache_read: 100_000, long_from: i64::MAX },
    ),
];

/// What models cost: the operator's word before the list's. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices(Arc<[(String, Price)]>);

impl Prices {
    /// Prices as `AI_PRICES` writes them: `model=in/out[/cache read[/cache write]]`, in dollars per million tokens, several
    /// with commas. Without a price of its own, cached input costs what input costs.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(entry).collect::<Option<Vec<_>>>().map(|prices| Self(prices.into()))
    }

    /// What a model's tokens cost, if that is known.
    #[must_use]
    pub fn of(&self, model: &str) -> Option<Price> {
        let own = self.0.iter().map(|(name, price)| (name.as_str(), *price));
        nearest(model, own).or_else(|| nearest(model, LIST.into_iter()))
    }

    /// The cost in millionths of a dollar, rounded up; `None` for a model whose price is not known.
    #[must_use]
    pub fn cost_micros(&self, model: &str, tokens: Billed) -> Option<i64> {
        self.of(model).map(|price| price.of(tokens).saturating_add(999_999) / 1_000_000)
    }

    /// The same in a provider's batch, at half the price.
    #[must_use]
    pub fn batch_cost_micros(&self, model: &str, tokens: Billed) -> Option<i64> {
        self.of(model).map(|price| price.of(tokens).saturating_add(1_999_999) / 2_000_000)
    }

    /// What an answer to a prompt may need at most: nothing of its text cached, and as much output as it may have.
    #[must_use]
    pub fn estimate(&self, model: &str, prompt: &Prompt) -> Estimate {
        let (input, output) = (tokens::at_most(prompt), i64::from(prompt.max_output_tokens));
        // Input that is written to a cache costs more than input.
        let plain = self.cost_micros(model, Billed { input, output, ..Billed::default() });
        let written = self.cost_micros(model, Billed { cache_write: input, output, ..Billed::default() });
        let cost_micros = plain.max(written);
        Estimate { tokens_in: input, tokens_out: output, cost_micros }
    }
}

impl Price {
    const fn of(&self, tokens: Billed) -> i64 {
        // Counts come from outside, and may be anything.
        let micros = (tokens.input.saturating_mul(self.input))
            .saturating_add(tokens.cache_write.saturating_mul(self.cache_write))
            .saturating_add(tokens.cache_read.saturating_mul(self.cache_read))
            .saturating_add(tokens.output.saturating_mul(self.output));
        if tokens.all_input() >= self.long_from { micros.saturating_mul(5) } else { micros }
    }
}

/// The price of the longest name that is the model's, but for a date or `latest` behind it.
fn nearest<'a>(model: &str, prices: impl Iterator<Item = (&'a str, Price)>) -> Option<Price> {
    prices.filter(|(name, _)| is_version_of(model, name)).max_by_key(|(name, _)| name.len()).map(|(_, price)| price)
}

/// Whether a name is the model's, but for a date or `latest` behind it.
pub(super) fn is_version_of(model: &str, name: &str) -> bool {
    let Some(rest) = model.strip_prefix(name) else { return false };
    let version = rest.trim_start_matches(['-', '@', ':']);
    let is_version = version == "latest" || version.starts_with(|c: char| c.is_ascii_digit());
    rest.is_empty() || (version.len() < rest.len() && is_version)
}

fn entry(text: &str) -> Option<(String, Price)> {
    let (model, prices) = text.rsplit_once('=')?;
    let prices = prices.split('/').map(per_million).collect::<Option<Vec<_>>>()?;
    let (input, output, cached) = match prices.as_slice() {
        [input, output] => (*input, *output, (*input, *input)),
        [input, output, read] => (*input, *output, (*read, *input)),
        [input, output, read, write] => (*input, *output, (*read, *write)),
        _ => return None,
    };
    let price = Price { input, output, cache_read: cached.0, cache_write: cached.1, long_from: i64::MAX };
    let model = model.trim();
    (!model.is_empty()).then(|| (model.to_owned(), price))
}

fn per_million(text: &str) -> Option<i64> {
    let dollars: f64 = text.trim().parse().ok()?;
    (0.0..=1e5).contains(&dollars).then(|| micros(dollars))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_costs_what_the_list_says() {
        let prices = Prices::default();
        let tokens = Billed { input: 1_000_000, ..Billed::default() };
        assert_eq!(prices.cost_micros("claude-haiku-4-5-20251001", tokens), Some(1_000_000));
        let tokens = Billed { input: 2_000, cache_write: 800, cache_read: 1_000, output: 600 };
        assert_eq!(prices.cost_micros("claude-haiku-5-5", tokens), Some(200 + 100 + 10 + 300));
        assert_eq!(prices.batch_cost_micros("claude-haiku-5-5", tokens), Some(305));
    }

    #[test]
    fn a_long_prompt_costs_five_times_as_much() {
        let cost = |input| Prices::default().cost_micros("claude-haiku-5-5", Billed { input, ..Billed::default() });
        assert_eq!((cost(100_000), cost(200_000)), (Some(10_000), Some(100_000)));
    }

    #[test]
    fn an_unknown_models_cost_is_unknown_and_not_nothing() {
        let prices = Prices::default();
        assert_eq!(prices.cost_micros("acme-1", Billed::default()), None);
        assert_eq!(prices.estimate("acme-1", &Prompt::default()).cost_micros, None);
    }

    #[test]
    fn an_operators_prices_win_over_the_list() {
        let prices = Prices::from_text("acme-1=0.2/1.5, claude-haiku-5-5=1/2/0.1/1.25,local:7b=0/0").unwrap();
        let million =
            |model, input, output| prices.cost_micros(model, Billed { input, output, ..Billed::default() }).unwrap();
        assert_eq!((million("acme-1-2026", 1_000_000, 0), million("acme-1", 0, 1_000_000)), (200_000, 1_500_000));
        assert_eq!(million("claude-haiku-5-5", 1_000_000, 0), 1_000_000);
        assert_eq!(prices.of("claude-haiku-5-5").unwrap().cache_read, 100_000);
        assert!(
            prices.of("acme-1-pro").is_none() && prices.of("acme-10").is_none(),
            "another model's price is unknown"
        );
        let both = Prices::from_text("gpt-4o=2.5/10,gpt-4o-mini=0.15/0.6").unwrap();
        assert_eq!(both.of("gpt-4o-mini-2024-07-18").unwrap().input, 150_000);
        let endless = Billed { input: i64::MAX, output: i64::MAX, ..Billed::default() };
        assert!(prices.cost_micros("acme-1", endless).unwrap() > 0);
        assert_eq!(million("local:7b", 1_000_000, 1_000_000), 0);
        for wrong in ["acme", "acme=1", "acme=1/x", "=1/2", "acme=-1/2", "acme=1/2/3/4/5"] {
            assert_eq!(Prices::from_text(wrong), None, "{wrong}");
        }
    }
}
