//! What models were used for, as people and programs read it.

use crate::money::usd;
use crate::store::{Cost, ModelUse, Used};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// By what it is summed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// By provider and model, as `AI_FALLBACK` writes them: `anthropic:claude-haiku-5-5`.
    #[default]
    Model,
    /// By the strategy that asked.
    Strategy,
    /// By UTC day.
    Day,
}

impl By {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Strategy => "strategy",
            Self::Day => "day",
        }
    }

    fn of(self, used: &ModelUse) -> String {
        match self {
            Self::Model => format!("{}:{}", used.provider, used.model),
            Self::Strategy => used.strategy.clone(),
            Self::Day => date(used.day),
        }
    }
}

/// Sums, and the sum of all.
#[derive(Debug, Default)]
pub struct Sums {
    /// By their names, in their order.
    pub groups: BTreeMap<String, Used>,
    /// All.
    pub total: Used,
}

impl Sums {
    /// Sums what models were used for.
    #[must_use]
    pub fn of(uses: &[ModelUse], by: By) -> Self {
        let mut sums = Self::default();
        for one in uses {
            *sums.groups.entry(by.of(one)).or_default() += one.used;
            sums.total += one.used;
        }
        sums
    }
}

/// A sum as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UseFigures)]
pub struct Figures {
    pub(crate) calls: i64,
    pub(crate) failed: i64,
    pub(crate) refused: i64,
    pub(crate) truncated: i64,
    pub(crate) batched: i64,
    pub(crate) retries: i64,
    /// All input, cached too.
    pub(crate) tokens_in: i64,
    pub(crate) tokens_cached: i64,
    pub(crate) tokens_written: i64,
    pub(crate) tokens_out: i64,
    pub(crate) cache_hit_share: Option<f64>,
    /// What is known of it; null when nothing is.
    pub(crate) cost_usd: Option<f64>,
    /// Answers that it is without, as their price is not known.
    pub(crate) unpriced_answers: i64,
    pub(crate) average_latency_ms: Option<i64>,
}

impl From<Used> for Figures {
    fn from(used: Used) -> Self {
        let cost_usd = match used.cost() {
            Cost::Known(micros) | Cost::AtLeast(micros) => Some(usd(micros)),
            Cost::Unknown => None,
        };
        Self {
            calls: used.calls,
            failed: used.failed,
            refused: used.refused,
            truncated: used.truncated,
            batched: used.batched,
            retries: used.retries,
            tokens_in: used.tokens_in,
            tokens_cached: used.tokens_cached,
            tokens_written: used.tokens_written,
            tokens_out: used.tokens_out,
            cache_hit_share: used.cache_hit_share(),
            cost_usd,
            unpriced_answers: used.unpriced,
            average_latency_ms: used.average_latency_ms(),
        }
    }
}

/// Sums as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UseReport)]
pub struct Report {
    by: By,
    since: Option<jiff::civil::Date>,
    groups: Vec<Group>,
    total: Figures,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UseGroup)]
struct Group {
    name: String,
    #[serde(flatten)]
    figures: Figures,
}

impl Report {
    /// A report on sums.
    #[must_use]
    pub fn new(by: By, since: Option<jiff::civil::Date>, sums: Sums) -> Self {
        let group = |(name, used): (String, Used)| Group { name, figures: used.into() };
        Self { by, since, groups: sums.groups.into_iter().map(group).collect(), total: sums.total.into() }
    }
}

/// A date as a day of the store: days since 1970.
#[must_use]
pub fn day_of(date: jiff::civil::Date) -> i64 {
    date.duration_since(jiff::civil::Date::constant(1970, 1, 1)).as_secs() / 86_400
}

/// A day of the store as a date; a number that is none stays one.
fn date(day: i64) -> String {
    let at = day.checked_mul(86_400).and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    at.map_or_else(|| day.to_string(), |at| at.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates_and_back() {
        for text in ["1970-01-01", "2026-11-03", "2028-02-29"] {
            assert_eq!(date(day_of(text.parse().unwrap())), text);
        }
    }
}
