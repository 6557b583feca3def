//! The store: the library, the queue, claims with leases, fenced settling and the journal, behind one trait.
//!
//! Every rule of the queue is a rule of this trait. Time is the store's own. A claim's id is its fencing token: a batch
//! that lost its lease settles nothing.

mod error;
mod plugins;
mod sqlite;
mod types;

pub use error::StoreError;
pub use plugins::*;
pub use sqlite::{ManualClock, SqliteStore, WorkerLock, path_of};
pub use types::*;

use crate::music::{Track, TrackKey};
use async_trait::async_trait;

/// Attempts a track has in all.
pub const MAX_ATTEMPTS: i64 = 5;

/// What the host asks of its database. Every method is one short transaction; none is held across a model call.
#[async_trait]
pub trait Store: PluginStore {
    /// Puts links into library and queue. The same link again raises its priority and is counted, not queued twice;
    /// metadata that was missing is taken over and lets a track that waited for its page go on.
    async fn enqueue(&self, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError>;

    /// Claims up to `size` due tracks for a host: mostly by priority and age, a few by age alone. Counts an attempt for
    /// each. `None` when nothing is due or the operator has paused, unless `even_paused`.
    async fn claim(
        &self,
        host: &HostId,
        size: u32,
        revision: i64,
        even_paused: bool,
    ) -> Result<Option<Claim>, StoreError>;

    /// Claims these tracks for a host, but for those that are being worked on: what a replay settles its improvements by.
    async fn claim_these(&self, host: &HostId, keys: &[TrackKey], revision: i64) -> Result<Option<Claim>, StoreError>;

    /// Takes over a batch whose lease has ended, with the tracks it was shown, so that its journalled replies are found
    /// again. A track that has no attempt left fails instead.
    async fn recover(&self, host: &HostId) -> Result<Option<Claim>, StoreError>;

    /// Ends the leases of other hosts at once: what a host that has a database of its own does at its start.
    async fn end_leases_of_others(&self, host: &HostId) -> Result<u64, StoreError>;

    /// Extends the lease of a batch.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when it was lost.
    async fn renew(&self, batch: &BatchId) -> Result<(), StoreError>;

    /// Settles tracks of a batch and marks the calls their outcomes came from, in one transaction fenced by the lease.
    /// With `finish` the batch ends, and tracks it still holds return unburnt.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease was lost; nothing is changed then.
    async fn settle(&self, batch: &BatchId, settlement: &Settlement, finish: bool) -> Result<Settled, StoreError>;

    /// Journals a prompt before it is sent.
    async fn journal_intent(&self, call: &CallIntent) -> Result<(), StoreError>;

    /// Journals what came of a prompt, before anything reads it.
    async fn journal_answer(&self, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError>;

    /// A journalled reply to the same prompt that may be used again: one of this batch or its predecessors, one that was
    /// never interpreted, or one that decided all its tracks; the earliest that this run has not `read` yet, so that a
    /// prompt that is asked a second time gets a second reply.
    async fn journalled_reply(
        &self,
        prompt_digest: &str,
        root: &BatchId,
        read: &[CallId],
    ) -> Result<Option<JournalledReply>, StoreError>;

    /// Lets tracks that waited for a cause go on; returns how many.
    async fn release_waiting(&self, cause: Waiting) -> Result<u64, StoreError>;

    /// Queues failed tracks again, all or those named, with all their attempts; returns how many.
    async fn retry_failed(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError>;

    /// Queues completed tracks again that lack a field; returns how many.
    async fn requeue_missing(&self, field: crate::music::Field) -> Result<u64, StoreError>;

    /// How many tracks are in each state. Never scans the queue.
    async fn counts(&self) -> Result<QueueCounts, StoreError>;

    /// The failed tracks, newest first.
    async fn failed(&self, limit: u32) -> Result<Vec<FailedTrack>, StoreError>;

    /// A page of the library, newest first.
    async fn library(&self, query: &LibraryQuery) -> Result<Vec<LibraryEntry>, StoreError>;

    /// One entry with the history of its fields.
    async fn library_entry(&self, key: &TrackKey) -> Result<Option<(LibraryEntry, Vec<LibraryChange>)>, StoreError>;

    /// An operator's correction; corrected fields are never overwritten by an extraction. `None` when there is no entry.
    async fn correct(&self, key: &TrackKey, correction: &Correction) -> Result<Option<LibraryEntry>, StoreError>;

    /// The operator's switch.
    async fn paused(&self) -> Result<Option<Pause>, StoreError>;

    /// Pauses every host, until it is lifted. Pausing twice keeps the first.
    async fn pause(&self, by: &str, reason: Option<&str>) -> Result<(), StoreError>;

    /// Lifts the pause.
    async fn resume(&self) -> Result<(), StoreError>;

    /// When the next backoff ends, if any track is in one.
    async fn next_due_at(&self) -> Result<Option<i64>, StoreError>;

    /// Whether another process wrote to the database since this was last asked, so that there may be something to do.
    async fn written_elsewhere(&self) -> Result<bool, StoreError>;

    /// Records that a host runs.
    async fn register_host(&self, host: &HostId) -> Result<(), StoreError>;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// The tracks of some keys, as a strategy would be shown them.
    async fn tracks(&self, keys: &[TrackKey]) -> Result<Vec<Track>, StoreError>;
}
