//! What the worker has done since its process started.

use crate::store::Settled;
use std::sync::{Mutex, PoisonError};

/// Totals.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Looks at the queue, empty ones too.
    pub runs: u64,
    /// Looks that were skipped because of the operator's pause.
    pub skipped: u64,
    /// Tracks that got an outcome: succeeded or failed.
    pub processed: u64,
    /// Completed, or found not to be music.
    pub successful: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Panics that were caught, in batches and in runs.
    pub panics: u64,
}

impl Totals {
    /// Successful of processed in per cent, one decimal.
    #[must_use]
    pub fn success_rate(&self) -> String {
        percent(self.successful, self.processed)
    }
}

/// A share in per cent, one decimal; `0.0` of nothing.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let share = if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    format!("{share:.1}")
}

/// The running totals.
#[derive(Debug, Default)]
pub struct Stats(Mutex<Totals>);

impl Stats {
    /// The totals now.
    pub fn totals(&self) -> Totals {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a look at the queue.
    pub fn ran(&self) {
        self.update(|totals| totals.runs += 1);
        metrics::counter!("liner_worker_runs_total").increment(1);
    }

    /// Counts a look that the pause forbade.
    pub fn skipped(&self) {
        self.update(|totals| totals.skipped += 1);
    }

    /// Counts what a batch settled.
    pub fn settled(&self, settled: Settled) {
        self.update(|totals| {
            totals.processed += settled.succeeded + settled.failed;
            totals.successful += settled.succeeded;
            totals.failed += settled.failed;
        });
        metrics::counter!("liner_tracks_total", "outcome" => "succeeded").increment(settled.succeeded);
        metrics::counter!("liner_tracks_total", "outcome" => "failed").increment(settled.failed);
        metrics::counter!("liner_tracks_total", "outcome" => "returned").increment(settled.returned);
    }

    /// Counts a panic that was caught.
    pub fn panicked(&self) {
        self.update(|totals| totals.panics += 1);
        metrics::counter!("liner_worker_panics_total").increment(1);
    }

    fn update(&self, change: impl FnOnce(&mut Totals)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_accumulate() {
        let stats = Stats::default();
        stats.ran();
        stats.settled(Settled { succeeded: 18, failed: 2, returned: 5 });
        stats.ran();
        stats.settled(Settled { succeeded: 7, failed: 1, returned: 0 });
        let totals = stats.totals();
        assert_eq!((totals.runs, totals.processed, totals.successful, totals.failed), (2, 28, 25, 3));
        assert_eq!(totals.success_rate(), "89.3");
        assert_eq!(Totals::default().success_rate(), "0.0");
    }
}
