//! What batches did over an hour, a day or a week, as people and programs read it.

use crate::money::usd;
use crate::store::{Store, StoreError, Stretch, Throughput};
use crate::time::timestamp;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Minutes over which the rate of now is taken.
const RECENT: i64 = 10;

/// Over how long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Span {
    /// Sixty minutes, one by one.
    #[default]
    Hour,
    /// A day by quarters of an hour.
    Day,
    /// A week by two hours.
    Week,
}

impl Span {
    /// Every span.
    pub const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }

    /// Minutes of one stretch, and how many of them there are.
    #[must_use]
    pub const fn stretches(self) -> (i64, i64) {
        match self {
            Self::Hour => (1, 60),
            Self::Day => (15, 96),
            Self::Week => (120, 84),
        }
    }

    /// Every stretch of it in the order of time, those in which nothing ended too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read(self, store: &dyn Store) -> Result<Vec<Stretch>, StoreError> {
        let (minutes, stretches) = self.stretches();
        Ok(all(&store.throughput(minutes, stretches).await?, minutes, stretches))
    }
}

/// How many tracks an hour get an outcome now, by the last ten minutes; none when none did.
///
/// # Errors
/// When the database fails.
pub async fn rate_an_hour(store: &dyn Store) -> Result<Option<f64>, StoreError> {
    let recent = store.throughput(1, RECENT).await?;
    let begun = recent.now.div_euclid(60_000) - RECENT + 1;
    let minutes = (as_f64(recent.now) / 60_000.0) - as_f64(begun);
    let tracks = as_f64(recent.stretches.iter().map(|stretch| stretch.succeeded + stretch.failed).sum());
    Ok((tracks > 0.0).then_some(tracks * 60.0 / minutes))
}

fn all(throughput: &Throughput, minutes: i64, stretches: i64) -> Vec<Stretch> {
    let length = minutes * 60_000;
    let last = throughput.now.div_euclid(length);
    let at = |n: i64| {
        let began_at = n * length;
        let known = throughput.stretches.iter().find(|stretch| stretch.began_at == began_at);
        known.copied().unwrap_or(Stretch { began_at, ..Stretch::default() })
    };
    (last - stretches + 1..=last).map(at).collect()
}

impl Stretch {
    /// Tracks that got an outcome.
    #[must_use]
    pub const fn tracks(&self) -> i64 {
        self.succeeded + self.failed
    }

    /// The share of its tracks that succeeded, in per cent; none where there were none.
    #[must_use]
    pub fn success_rate(&self) -> Option<f64> {
        (self.tracks() > 0).then(|| as_f64(self.succeeded) * 100.0 / as_f64(self.tracks()))
    }

    /// How long a batch took on average, in milliseconds.
    #[must_use]
    pub const fn average_ms(&self) -> Option<i64> {
        self.duration_ms.checked_div(self.batches)
    }

    /// Several together, as of when the first began.
    #[must_use]
    pub fn together(stretches: &[Self]) -> Self {
        let mut sum = Self { began_at: stretches.first().map_or(0, |first| first.began_at), ..Self::default() };
        for one in stretches {
            sum.batches += one.batches;
            sum.succeeded += one.succeeded;
            sum.failed += one.failed;
            sum.duration_ms += one.duration_ms;
            sum.longest_ms = sum.longest_ms.max(one.longest_ms);
            sum.cost_micros += one.cost_micros;
        }
        sum
    }
}

/// What batches did, as JSON.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Throughput)]
pub struct Report {
    span: Span,
    stretch_seconds: i64,
    total: Figures,
    stretches: Vec<Figures>,
}

/// What batches did in one stretch, or in all of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ThroughputFigures)]
struct Figures {
    began_at: Option<Timestamp>,
    batches: i64,
    succeeded: i64,
    failed: i64,
    /// In per cent; null where no track got an outcome.
    success_rate: Option<f64>,
    /// From claim to settlement; null where no batch was settled.
    average_batch_ms: Option<i64>,
    longest_batch_ms: Option<i64>,
    /// As far as prices are known.
    cost_usd: f64,
}

impl Report {
    /// A report on every stretch of a span.
    #[must_use]
    pub fn new(span: Span, stretches: &[Stretch]) -> Self {
        Self {
            span,
            stretch_seconds: span.stretches().0 * 60,
            total: Stretch::together(stretches).into(),
            stretches: stretches.iter().copied().map(Figures::from).collect(),
        }
    }
}

impl From<Stretch> for Figures {
    fn from(stretch: Stretch) -> Self {
        Self {
            began_at: timestamp(stretch.began_at),
            batches: stretch.batches,
            succeeded: stretch.succeeded,
            failed: stretch.failed,
            success_rate: stretch.success_rate(),
            average_batch_ms: stretch.average_ms(),
            longest_batch_ms: (stretch.batches > 0).then_some(stretch.longest_ms),
            cost_usd: usd(stretch.cost_micros),
        }
    }
}

#[allow(clippy::cast_precision_loss)]
const fn as_f64(n: i64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_has_every_stretch_and_ends_with_the_one_that_is_not_over() {
        let now = 1_800_014_400_000 + 90_000;
        let known =
            Stretch { began_at: 1_800_014_400_000, batches: 2, succeeded: 30, failed: 10, ..Stretch::default() };
        let stretches = all(&Throughput { now, stretches: vec![known] }, 1, 60);
        assert_eq!((stretches.len(), stretches[58]), (60, known));
        assert_eq!((stretches[59].began_at, stretches[59].tracks()), (1_800_014_460_000, 0));
        assert_eq!(Stretch::together(&stretches).success_rate(), Some(75.0));
        assert_eq!(stretches[0].success_rate(), None);
    }
}
