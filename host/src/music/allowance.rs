//! What may be asked of a model: by the operator's word, and by the provider's.

use std::time::Duration;

/// What the hosts together may ask of a provider, and spend in all. Zero of anything means no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Limits {
    /// Requests a minute, of each provider.
    pub requests_per_minute: u32,
    /// Input tokens a minute, of each provider.
    pub input_tokens_per_minute: u32,
    /// Output tokens a minute, of each provider.
    pub output_tokens_per_minute: u32,
    /// Millionths of a dollar on one UTC day.
    pub daily_micros: i64,
    /// Millionths of a dollar in all.
    pub total_micros: i64,
}

impl Limits {
    /// Whether there is any.
    #[must_use]
    pub fn is_some(&self) -> bool {
        *self != Self::default()
    }

    /// Whether there is one a minute.
    #[must_use]
    pub const fn has_rate(&self) -> bool {
        self.requests_per_minute > 0 || self.input_tokens_per_minute > 0 || self.output_tokens_per_minute > 0
    }

    /// Whether there is one of money.
    #[must_use]
    pub const fn has_budget(&self) -> bool {
        self.daily_micros > 0 || self.total_micros > 0
    }
}

/// What an answer may need at most, before it is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Tokens in.
    pub tokens_in: i64,
    /// Tokens out.
    pub tokens_out: i64,
    /// Millionths of a dollar; `None` when the model's price is not known.
    pub cost_micros: Option<i64>,
}

/// What may yet be asked of a provider, as far as its response said so, and when there is more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Headroom {
    /// Requests.
    pub requests: Option<i64>,
    /// Tokens in.
    pub tokens_in: Option<i64>,
    /// Tokens out.
    pub tokens_out: Option<i64>,
    /// How long until the first of these that is used up is not, when one is.
    pub used_up_for: Option<Duration>,
}
