//! Settlements as statements read them: which row becomes what, and what that costs its track.

use super::json::json;
use super::{Lease, Settled, Settlement, StoreError, Verdict};
use crate::music::{Extraction, Origin};
use serde::Serialize;
use std::borrow::Borrow;
use std::collections::{BTreeMap, HashSet};

/// The first backoff, in milliseconds; it doubles with every attempt.
pub const BACKOFF_MS: i64 = 30_000;
/// The longest backoff, in milliseconds.
pub const MAX_BACKOFF_MS: i64 = 3_600_000;
/// Attempts of a track that was queued longer ago, in milliseconds, are no longer given back, so that none goes round for
/// ever.
pub const REFUND_MAX_AGE_MS: i64 = 7 * 24 * 3_600_000;

/// What one batch wants settled.
pub struct Settling {
    pub lease: Lease,
    pub settlement: Settlement,
    /// Whether the batch ends.
    pub finish: bool,
}

/// Runs of settlements, in their order, that settle no batch twice: a statement must not say two things of one row.
pub fn rounds<T: Borrow<Settling>>(all: &[T]) -> Vec<&[T]> {
    let (mut rounds, mut rest) = (Vec::new(), all);
    while !rest.is_empty() {
        let mut batches = HashSet::new();
        let repeated = rest.iter().position(|settling| !batches.insert(settling.borrow().batch()));
        let (round, later) = rest.split_at(repeated.unwrap_or(rest.len()));
        rounds.push(round);
        rest = later;
    }
    rounds
}

/// What becomes of one row.
pub struct Change<'a> {
    /// Its number.
    pub row: i64,
    /// The batch that must hold it.
    pub batch: &'a str,
    pub moved: Move<'a>,
    /// Of one that is settled for good.
    pub entry: Option<Entry<'a>>,
}

impl Settling {
    pub fn batch(&self) -> &str {
        self.lease.batch.as_str()
    }

    /// What the batch has done after this.
    pub fn so_far(&self) -> Settled {
        let mut settled = self.settlement.before;
        settled += self.settlement.settled();
        settled
    }

    /// What becomes of its rows. Those that a finished batch says nothing about go back as if they had not been claimed.
    pub fn changes(&self) -> Result<Vec<Change<'_>>, StoreError> {
        let mut open: Vec<Option<i64>> = self.lease.rows.iter().copied().map(Some).collect();
        let mut changes = Vec::with_capacity(open.len());
        for (at, verdict) in &self.settlement.verdicts {
            let at = usize::try_from(*at).ok();
            let Some(row) = at.and_then(|at| open.get_mut(at)).and_then(Option::take) else { continue };
            let (moved, entry) = halves(verdict)?;
            changes.push(Change { row, batch: self.batch(), moved, entry });
        }
        if self.finish {
            let rest = open.into_iter().flatten();
            changes.extend(rest.map(|row| Change { row, batch: self.batch(), moved: moved("returned"), entry: None }));
        }
        Ok(changes)
    }

    /// The calls that were read, and whether each decided all its tracks.
    pub fn calls(&self) -> impl Iterator<Item = (&str, bool)> {
        self.settlement.interpreted.iter().map(|(call, all)| (call.as_str(), *all))
    }
}

/// What becomes of a track's place in the queue.
#[derive(Debug, Clone, Serialize)]
pub struct Move<'a> {
    /// `completed`, `failed`, `refunded`, `halved`, `waits` or `returned`.
    pub kind: &'static str,
    /// Why.
    pub error: Option<&'a str>,
    /// How long it rests, in milliseconds.
    pub rest_ms: i64,
    /// What it waits for.
    pub waiting: Option<&'static str>,
    /// What a backoff is multiplied by, 0.8 to 1.2, so that a failed batch does not come back as one.
    pub jitter: f64,
}

/// What becomes of a track's library entry.
#[derive(Debug, Clone, Serialize)]
pub struct Entry<'a> {
    /// `ai_completed` or `no_music`.
    pub status: &'static str,
    pub title: Option<&'a str>,
    pub artist: Option<&'a str>,
    pub album: Option<&'a str>,
    /// JSON array text on SQLite, an array on PostgreSQL.
    pub genres: Option<&'a [String]>,
    pub release_date: Option<&'a str>,
    pub music_type: Option<&'static str>,
    pub confidence: Option<f64>,
    /// A JSON object.
    pub origins: Option<String>,
    pub strategy: &'a str,
    pub digest: &'a str,
    pub model: Option<&'a str>,
}

const fn moved(kind: &'static str) -> Move<'static> {
    Move { kind, error: None, rest_ms: 0, waiting: None, jitter: 1.0 }
}

/// The two halves of a verdict; one that settles nothing for good has no entry.
fn halves(verdict: &Verdict) -> Result<(Move<'_>, Option<Entry<'_>>), StoreError> {
    Ok(match verdict {
        Verdict::Completed(entry, by) => {
            let written = Entry {
                status: "ai_completed",
                title: Some(&entry.title),
                artist: entry.artist.as_deref(),
                album: entry.album.as_deref(),
                genres: Some(&entry.genres),
                release_date: entry.release_date.as_deref(),
                music_type: Some(entry.music_type.name()),
                confidence: Some(entry.confidence),
                origins: Some(json(&origins(entry))?),
                strategy: &by.strategy,
                digest: &by.digest,
                model: by.model.as_deref(),
            };
            (moved("completed"), Some(written))
        }
        Verdict::NoMusic(reason, by) => {
            let written = Entry {
                status: "no_music",
                title: None,
                artist: None,
                album: None,
                genres: None,
                release_date: None,
                music_type: None,
                confidence: None,
                origins: None,
                strategy: &by.strategy,
                digest: &by.digest,
                model: by.model.as_deref(),
            };
            (Move { error: Some(reason), ..moved("completed") }, Some(written))
        }
        Verdict::Failed(reason) => {
            (Move { error: Some(reason), jitter: rand::random_range(0.8..1.2), ..moved("failed") }, None)
        }
        Verdict::Refunded { reason, rest_ms } => {
            (Move { error: Some(reason), rest_ms: *rest_ms, ..moved("refunded") }, None)
        }
        Verdict::Halved { reason, rest_ms } => {
            (Move { error: Some(reason), rest_ms: *rest_ms, ..moved("halved") }, None)
        }
        Verdict::Waits(cause, reason) => {
            (Move { error: Some(reason), waiting: Some(cause.name()), ..moved("waits") }, None)
        }
    })
}

fn origins(entry: &Extraction) -> BTreeMap<&str, Origin> {
    entry.origins.iter().map(|(field, origin)| (field.as_str(), *origin)).collect()
}
