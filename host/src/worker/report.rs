//! What a batch did: for who runs by hand, for the log, for figures and for its trace.

use super::board::Board;
use super::ledger::Tally;
use crate::money::usd;
use crate::store::{Claim, Settled, StoreError};
use crate::telemetry::Span;
use std::time::Duration;

/// How a batch ended.
pub enum End {
    /// Its strategies are through.
    Done(Vec<Board>),
    /// The lease was lost, or the database failed for good.
    Lost(StoreError),
    /// It took too long.
    Late,
    /// The host stopped.
    Stopped,
}

impl End {
    /// The name in figures.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done(boards) if boards.iter().any(|board| board.is_parked) => "parked",
            Self::Done(_) => "done",
            Self::Lost(StoreError::Fenced(_)) => "fenced",
            Self::Lost(_) => "failed",
            Self::Late => "late",
            Self::Stopped => "stopped",
        }
    }
}

/// What a batch did.
#[derive(Default)]
pub struct BatchReport {
    /// Reasons of failures, for people: also in the words of strategies and providers, who may quote a track.
    pub errors: Vec<String>,
    /// Why it did not come to its end, in the host's words.
    pub trouble: Vec<String>,
    /// Whether a model was needed and there was none.
    pub lacked_model: bool,
    /// What was settled.
    pub settled: Settled,
    /// Whether the provider wants to be left alone, so that further claims are useless for now.
    pub busy: bool,
    /// Whether tracks of it are due again at once.
    pub again: bool,
}

impl BatchReport {
    /// Takes over what was said of its tracks.
    pub fn take_over(&mut self, board: Board) {
        self.busy |= board.busy;
        self.again |= board.again;
        self.lacked_model |= board.lacked_model;
        self.errors.extend(board.reasons);
    }

    /// Takes over why it did not come to its end.
    pub fn trouble(&mut self, reason: String) {
        self.errors.push(reason.clone());
        self.trouble.push(reason);
    }
}

/// Counts a batch, writes its line of the log and the figures of its trace.
pub fn publish(claim: &Claim, end: &'static str, tally: &Tally, report: &BatchReport, took: Duration, trace: &Span) {
    let tracks = claim.open.iter().filter(|open| **open).count();
    let Settled { succeeded, failed, returned } = tally.settled;
    count(end, tracks, took);
    tracing::info!(
        batch = %claim.id(),
        outcome = end,
        tracks,
        succeeded,
        failed,
        returned,
        asked = tally.asked,
        reused = tally.reused,
        cost_usd = usd(tally.cost_micros),
        seconds = took.as_secs_f64(),
        revision = claim.revision,
        recovered = claim.recovered,
        reasons = report.errors.len(),
        trouble = (!report.trouble.is_empty()).then(|| report.trouble.join("; ")),
        "batch"
    );
    for reason in &report.errors {
        tracing::debug!(batch = %claim.id(), "a reason: {reason}");
    }
    if trace.is_recording() {
        trace.set("liner.batch.id", claim.id().to_string());
        trace.set("liner.batch.root", claim.root.to_string());
        trace.set("liner.batch.outcome", end);
        trace.set("liner.batch.recovered", claim.recovered);
        trace.set("liner.pipeline.revision", claim.revision);
        trace.count("liner.tracks", tracks);
        for (key, n) in [
            ("liner.tracks.succeeded", succeeded),
            ("liner.tracks.failed", failed),
            ("liner.tracks.returned", returned),
            ("liner.calls.asked", tally.asked),
            ("liner.calls.reused", tally.reused),
        ] {
            trace.set(key, i64::try_from(n).unwrap_or(i64::MAX));
        }
        trace.set("liner.cost_usd", usd(tally.cost_micros));
        if !matches!(end, "done" | "parked") {
            trace.fail(end);
        }
    }
}

/// Counts a batch.
pub fn count(end: &'static str, tracks: usize, took: Duration) {
    metrics::counter!("liner_batches_total", "outcome" => end).increment(1);
    metrics::histogram!("liner_batch_seconds").record(took.as_secs_f64());
    #[allow(clippy::cast_precision_loss)]
    metrics::histogram!("liner_batch_tracks").record(tracks as f64);
}
