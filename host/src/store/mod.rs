//! The store: the library, the queue, claims with leases, fenced settling and the journal, behind one trait.
//!
//! Every rule of the queue is a rule of this trait, on SQLite and on PostgreSQL alike. Time is the store's own. A claim's
//! id is its fencing token: a batch that lost its lease settles nothing.
//!
//! What the databases say differently is in `sqlite` and `postgres`: the ways in, claims and settlements, which are
//! written for speed. What they say alike is in `both`, which is compiled for each.

mod activity;
mod address;
mod batches;
mod channels;
mod error;
mod gather;
mod incoming;
mod inspect;
mod journalled;
mod json;
mod pages;
mod plugins;
mod postgres;
mod settling;
mod sqlite;
mod submissions;
mod throughput;
mod timing;
pub mod transfer;
mod types;
mod webhooks;

pub use crate::music::Limits;
pub use activity::*;
pub use address::{Address, PostgresAddress, Terms, open};
pub use channels::*;
pub use error::StoreError;
pub use inspect::{Inspection, Server, inspect};
pub use pages::*;
pub use plugins::*;
pub use postgres::PostgresStore;
pub use sqlite::{SqliteStore, back_up};
pub use submissions::*;
pub use throughput::*;
pub use types::*;
pub use webhooks::*;

use crate::music::{Field, Track, TrackKey};
use async_trait::async_trait;
use std::time::Duration;

/// Attempts a track has in all.
pub const MAX_ATTEMPTS: i64 = 5;

/// How long a lease lasts, in milliseconds; renewed three times in that.
pub const LEASE_MS: i64 = 45_000;

/// What the host asks of its database. Every method is one short transaction; none is held across a model call.
#[async_trait]
pub trait Store:
    PluginStore + SubmissionStore + PageStore + ChannelStore + WebhookStore + ActivityStore + ThroughputStore
{
    /// Which database this is, for people: a path, or an address without a password.
    fn description(&self) -> String;

    /// Whether several hosts may work on it at once.
    fn is_shared(&self) -> bool;

    /// Puts links into library and queue. The same link again raises its priority and is counted, not queued twice;
    /// metadata that was missing is taken over and lets a track that waited for its page go on.
    async fn enqueue(&self, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError>;

    /// Claims due tracks in batches: most by priority, then age, then order of arrival; some by age alone. Counts an
    /// attempt for each. Nothing when nothing is due or the operator has paused, unless `even_paused`.
    ///
    /// A batch holds only tracks that may be in a batch of its size: one that failed with its batch comes again with
    /// others of its kind, and makes nobody else's batch smaller.
    async fn claim(&self, want: &Want) -> Result<Vec<Claim>, StoreError>;

    /// Claims these tracks for a host, but for those that are being worked on: what a replay settles its improvements by.
    async fn claim_these(&self, host: &HostId, keys: &[TrackKey], revision: i64) -> Result<Option<Claim>, StoreError>;

    /// Takes over a batch that nobody works on, with the tracks it was shown, so that its journalled replies are found
    /// again. That is an attempt more for each track of another host's batch, and one that has none left fails instead.
    /// Batches in `held` are being worked on by the caller, however late they are; none may be claimed for it meanwhile.
    async fn recover(&self, host: &HostId, held: &[BatchId], stray: Stray) -> Result<Option<Claim>, StoreError>;

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
    async fn settle(&self, lease: &Lease, settlement: &Settlement, finish: bool) -> Result<Settled, StoreError>;

    /// Whether a batch was settled to its end: tells an own settlement, whose answer was lost, from a lost lease.
    async fn is_settled(&self, batch: &BatchId) -> Result<bool, StoreError>;

    /// Journals a prompt before it is sent, if the hosts together may send another: what it may cost is set aside. Once
    /// journalled, the same again changes nothing.
    async fn journal_intent(&self, call: &CallIntent, limits: &Limits) -> Result<Admission, StoreError>;

    /// Journals what came of a prompt, before anything reads it, and books what it cost.
    async fn journal_answer(&self, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError>;

    /// A journalled reply to the same prompt that may be used again: one of this batch or its predecessors; or, no older
    /// than `reuse`, one that was never interpreted or that decided all its tracks. It is the earliest that this run has
    /// not `read` yet, so that a prompt that is asked a second time gets a second reply.
    async fn journalled_reply(
        &self,
        prompt_digest: &str,
        root: &BatchId,
        read: &[CallId],
        reuse: Option<Duration>,
    ) -> Result<Option<JournalledReply>, StoreError>;

    /// Marks the prompts of a batch that have no answer, and will get none: they may have been paid, and what was set aside
    /// for them is spent.
    async fn give_up_calls(&self, batch: &BatchId) -> Result<(), StoreError>;

    /// How many prompts of the journal had no answer when their batch ended, or was taken from its host: possibly paid
    /// twice, as they were asked again.
    async fn lost_calls(&self) -> Result<i64, StoreError>;

    /// Lets every host leave a provider alone for a while, in milliseconds, because it asked one of them to.
    async fn block_provider(&self, provider: &str, ms: i64, reason: &str) -> Result<(), StoreError>;

    /// Lets every host ask a provider again.
    async fn unblock_provider(&self, provider: &str) -> Result<(), StoreError>;

    /// What the hosts together have asked of a provider.
    async fn provider_use(&self, provider: &str) -> Result<ProviderUse, StoreError>;

    /// What the hosts together have spent on all providers.
    async fn spending(&self) -> Result<Spending, StoreError>;

    /// What models were used for, from a day on if one is given, in days since 1970; the newest first.
    async fn model_use(&self, since_day: Option<i64>) -> Result<Vec<ModelUse>, StoreError>;

    /// Lets tracks that waited for a cause go on; returns how many.
    async fn release_waiting(&self, cause: Waiting) -> Result<u64, StoreError>;

    /// Queues failed tracks again, all or those named, with all their attempts; returns how many.
    async fn retry_failed(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError>;

    /// Queues completed tracks again that lack a field; returns how many.
    async fn requeue_missing(&self, field: Field) -> Result<u64, StoreError>;

    /// How many places in the queue are in each state; completed ones until they are pruned. Never scans the queue.
    async fn counts(&self) -> Result<QueueCounts, StoreError>;

    /// How long the track has waited that is due longest, in milliseconds. Never scans the queue.
    async fn oldest_due_ms(&self) -> Result<Option<i64>, StoreError>;

    /// A page of the failed tracks, newest first.
    async fn failed(&self, query: &FailedQuery) -> Result<Vec<FailedTrack>, StoreError>;

    /// A page of the library, newest first.
    async fn library(&self, query: &LibraryQuery) -> Result<Vec<LibraryEntry>, StoreError>;

    /// One entry with the history of its fields.
    async fn library_entry(&self, key: &TrackKey) -> Result<Option<(LibraryEntry, Vec<LibraryChange>)>, StoreError>;

    /// An operator's correction; corrected fields are never overwritten by an extraction. `None` when there is no entry.
    async fn correct(&self, key: &TrackKey, correction: &Correction) -> Result<Option<LibraryEntry>, StoreError>;

    /// Entries that an operator corrected, in the order they came, after a mark.
    async fn corrected(&self, after: i64, limit: u32) -> Result<Vec<Corrected>, StoreError>;

    /// The tracks of some keys, as a strategy would be shown them.
    async fn tracks(&self, keys: &[TrackKey]) -> Result<Vec<Track>, StoreError>;

    /// The operator's switch.
    async fn paused(&self) -> Result<Option<Pause>, StoreError>;

    /// Pauses every host, until it is lifted. Pausing twice keeps the first.
    async fn pause(&self, by: &str, reason: Option<&str>) -> Result<(), StoreError>;

    /// Lifts the pause.
    async fn resume(&self) -> Result<(), StoreError>;

    /// When the next backoff or lease ends, if any does.
    async fn next_due(&self) -> Result<NextDue, StoreError>;

    /// Completes when something may have changed that other processes write: links, the switch, the pipeline, hosts.
    ///
    /// # Errors
    /// When the database is gone. Whoever waits may wait again, after a while.
    async fn changed(&self) -> Result<(), StoreError>;

    /// Makes a host one that works: it is registered, and what its predecessors were working on is free to be taken over.
    /// Returns how many batches that are.
    ///
    /// # Errors
    /// [`StoreError::Occupied`] when the database is one for one worker, and has it.
    async fn enlist(&self, host: &NewHost) -> Result<u64, StoreError>;

    /// Says that a host lives and how much it does; returns whether it is to take nothing more.
    async fn beat(&self, host: &HostId, in_flight: usize) -> Result<bool, StoreError>;

    /// Says that a host is gone.
    async fn leave(&self, host: &HostId) -> Result<(), StoreError>;

    /// The hosts, those that started last first.
    async fn hosts(&self) -> Result<Vec<Host>, StoreError>;

    /// Lets a host take nothing more, or again; whether there is one.
    async fn drain(&self, host: &HostId, is_to: bool) -> Result<bool, StoreError>;

    /// Deletes a little of what is older than an age: of the journal, batches, completed places in the queue, former pages,
    /// what candidates said, events and hosts that are gone. Never what is queued, failed or being worked on, nor what
    /// that may yet read of the journal; never of the library. Where to go on is in what is returned. Whoever else does
    /// the same meanwhile is not in the way.
    async fn prune(&self, age: Duration, place: &Place) -> Result<Pruned, StoreError>;

    /// The bytes that the database takes on its disk.
    async fn size(&self) -> Result<u64, StoreError>;

    /// How busy the ways to the database are at this moment. Asks nobody.
    fn load(&self) -> Load;

    /// Whether the database answers.
    async fn ping(&self) -> Result<(), StoreError>;

    /// Lets go of the database in good order.
    async fn close(&self);
}
