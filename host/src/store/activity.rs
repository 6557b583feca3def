//! What happened lately, for those who look on while it does.

use super::{BatchId, Event, HostId, StoreError};
use crate::music::TrackKey;
use async_trait::async_trait;

/// From where on somebody wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Since {
    /// Events after this number.
    pub event: i64,
    /// Batches and failures from this time on, in Unix milliseconds.
    pub at: i64,
}

/// What happened: the newest of each, the oldest of them first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Activity {
    /// The store's time.
    pub now: i64,
    /// Events under their numbers.
    pub events: Vec<(i64, Event)>,
    /// Batches that were settled.
    pub batches: Vec<EndedBatch>,
    /// Tracks that failed for good, and were not queued again since.
    pub failures: Vec<Failure>,
}

/// A batch that was settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedBatch {
    /// The batch.
    pub id: BatchId,
    /// Whose it was.
    pub host: HostId,
    /// Tracks.
    pub size: i64,
    /// Tracks with an outcome.
    pub succeeded: i64,
    /// Tracks that failed for good.
    pub failed: i64,
    /// What its questions cost, in millionths of a dollar.
    pub cost_micros: i64,
    /// When it was claimed.
    pub created_at: i64,
    /// When it was settled.
    pub finished_at: i64,
}

/// A track that failed for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its number.
    pub row: i64,
    /// The track.
    pub key: TrackKey,
    /// Why.
    pub reason: Option<String>,
    /// Attempts.
    pub attempts: i64,
    /// When.
    pub at: i64,
}

/// What the host asks of its database about what happens.
#[async_trait]
pub trait ActivityStore: Send + Sync {
    /// What happened since, at most so many of each. What is committed late may come after what is newer.
    async fn activity(&self, since: &Since, limit: u32) -> Result<Activity, StoreError>;
}
