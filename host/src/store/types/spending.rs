//! What models were used for, and what all of it cost. Money is in millionths of a dollar.

use crate::music::Limits;
use std::iter::Sum;
use std::ops::{Add, AddAssign};

/// What a strategy used a model for on one UTC day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUse {
    /// The day, in days since 1970.
    pub day: i64,
    /// The provider asked.
    pub provider: String,
    /// The model asked.
    pub model: String,
    /// The strategy's name.
    pub strategy: String,
    /// How much.
    pub used: Used,
}

/// Sums over calls that ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Used {
    /// Calls.
    pub calls: i64,
    /// Those without an answer.
    pub failed: i64,
    /// Those answered in a provider's batch.
    pub batched: i64,
    /// Those that were declined.
    pub refused: i64,
    /// Those whose answer was cut.
    pub truncated: i64,
    /// Answers whose price was not known.
    pub unpriced: i64,
    /// How often questions were sent again for their answers.
    pub retries: i64,
    /// All input tokens, cached ones too.
    pub tokens_in: i64,
    /// Of them, those read from a provider's cache.
    pub tokens_cached: i64,
    /// Of them, those written to a provider's cache.
    pub tokens_written: i64,
    /// Output tokens.
    pub tokens_out: i64,
    /// What is known of the cost.
    pub cost_micros: i64,
    /// How long answers took, in milliseconds.
    pub latency_ms: i64,
}

/// What calls cost: a price that is not known is not nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// So much.
    Known(i64),
    /// So much, and what answers of unknown price cost.
    AtLeast(i64),
    /// No price is known.
    Unknown,
}

impl Used {
    /// Calls that were answered.
    #[must_use]
    pub const fn answered(&self) -> i64 {
        self.calls - self.failed
    }

    /// What it cost.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        match self.unpriced {
            0 => Cost::Known(self.cost_micros),
            unpriced if unpriced < self.answered() => Cost::AtLeast(self.cost_micros),
            _ => Cost::Unknown,
        }
    }

    /// How long an answer took on average, in milliseconds; those in providers' batches do not count, as nobody waits for
    /// them.
    #[must_use]
    pub const fn average_latency_ms(&self) -> Option<i64> {
        self.latency_ms.checked_div(self.answered() - self.batched)
    }

    /// The share of input tokens that was read from a provider's cache.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn cache_hit_share(&self) -> Option<f64> {
        (self.tokens_in > 0).then(|| self.tokens_cached as f64 / self.tokens_in as f64)
    }
}

impl Add for Used {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            calls: self.calls + other.calls,
            failed: self.failed + other.failed,
            batched: self.batched + other.batched,
            refused: self.refused + other.refused,
            truncated: self.truncated + other.truncated,
            unpriced: self.unpriced + other.unpriced,
            retries: self.retries + other.retries,
            tokens_in: self.tokens_in + other.tokens_in,
            tokens_cached: self.tokens_cached + other.tokens_cached,
            tokens_written: self.tokens_written + other.tokens_written,
            tokens_out: self.tokens_out + other.tokens_out,
            cost_micros: self.cost_micros + other.cost_micros,
            latency_ms: self.latency_ms + other.latency_ms,
        }
    }
}

impl AddAssign for Used {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Used {
    fn sum<I: Iterator<Item = Self>>(used: I) -> Self {
        used.fold(Self::default(), Add::add)
    }
}

/// What the hosts together have spent on all providers since limits are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Spending {
    /// Set aside for calls under way.
    pub reserved_micros: i64,
    /// Spent on this UTC day.
    pub today_micros: i64,
    /// Spent in all.
    pub total_micros: i64,
    /// The day, in days since 1970.
    pub day: i64,
    /// How long it lasts yet, in milliseconds.
    pub day_left_ms: i64,
}

/// What may yet be spent, in millionths of a dollar where it is limited; less than nothing when a call cost more than was
/// set aside for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// On this UTC day.
    pub today: Option<i64>,
    /// In all.
    pub total: Option<i64>,
    /// How long the day lasts yet, in milliseconds.
    pub of_day_ms: i64,
}

impl Spending {
    /// What is left of a budget, without what is set aside.
    #[must_use]
    pub fn left_of(&self, limits: &Limits) -> Left {
        let left = |limit: i64, spent: i64| (limit > 0).then_some(limit - spent - self.reserved_micros);
        Left {
            today: left(limits.daily_micros, self.today_micros),
            total: left(limits.total_micros, self.total_micros),
            of_day_ms: self.day_left_ms,
        }
    }
}
