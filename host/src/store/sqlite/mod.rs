//! SQLite: one file, one worker, nothing to install. One writer connection and a pool of readers, WAL,
//! `synchronous = full`: what a method returned is on the disk.
//!
//! A batch is written with a handful of statements whatever its size: rows go in as one JSON array.

mod claim;
mod control;
mod journal;
mod library;
mod open;
mod plugins;
mod queue;
mod settle;

pub use open::{WorkerLock, path_of};

use super::{
    BatchId, CallAnswer, CallId, CallIntent, Claim, Correction, Enqueued, FailedTrack, HostId, JournalledReply,
    LibraryChange, LibraryEntry, LibraryQuery, NewLink, Pause, QueueCounts, Settled, Settlement, Store, StoreError,
    Waiting,
};
use crate::music::{Field, Track, TrackKey};
use async_trait::async_trait;
use sqlx::sqlite::{SqlitePool, SqliteRow};
use sqlx::{Sqlite, SqliteConnection, Transaction};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// How long a lease lasts; renewed three times in that.
const LEASE_MS: i64 = 45_000;

/// Where a store takes the time from. PostgreSQL has its own clock; an embedded database has ours.
#[derive(Debug, Clone)]
enum Clock {
    System,
    Manual(ManualClock),
}

impl Clock {
    fn now(&self) -> i64 {
        match self {
            Self::System => jiff::Timestamp::now().as_millisecond(),
            Self::Manual(clock) => clock.0.load(Ordering::SeqCst),
        }
    }
}

/// A clock that moves when told to, for tests.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at a time in Unix milliseconds.
    #[must_use]
    pub fn at(unix_ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(unix_ms)))
    }

    /// Moves it on.
    pub fn advance(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

/// The store in one SQLite file.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    clock: Clock,
    /// The writer's `data_version` when it was last asked for.
    data_version: Arc<AtomicI64>,
}

impl SqliteStore {
    /// A write transaction. `begin immediate` takes the write lock at once: a transaction that reads first and writes
    /// later can fail with SQLITE_BUSY_SNAPSHOT, which no busy timeout retries.
    async fn write(&self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("begin immediate").await?)
    }

    fn now(&self) -> i64 {
        self.clock.now()
    }
}

/// JSON that goes into a statement. Serialising our own types cannot fail; were it to, the statement would be refused.
fn json<T: serde::Serialize + ?Sized>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// The columns of [`Track`], in the order [`track_from`] reads them.
fn track_from(row: &SqliteRow) -> Result<Track, StoreError> {
    use sqlx::Row;
    Ok(Track {
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        url: row.try_get("url")?,
        og_title: row.try_get("og_title")?,
        og_artist: row.try_get("og_artist")?,
        og_description: row.try_get("og_description")?,
        og_metadata: row.try_get("og_metadata")?,
        shared_text: row.try_get("shared_text")?,
    })
}

async fn is_paused(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar("select paused_at is not null from worker_control").fetch_one(connection).await?)
}

#[async_trait]
impl Store for SqliteStore {
    async fn enqueue(&self, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError> {
        self.enqueue_links(links).await
    }
    async fn claim(
        &self,
        host: &HostId,
        size: u32,
        revision: i64,
        even_paused: bool,
    ) -> Result<Option<Claim>, StoreError> {
        self.claim_due(host, size, revision, even_paused).await
    }
    async fn claim_these(&self, host: &HostId, keys: &[TrackKey], revision: i64) -> Result<Option<Claim>, StoreError> {
        self.claim_named(host, keys, revision).await
    }
    async fn recover(&self, host: &HostId) -> Result<Option<Claim>, StoreError> {
        self.take_over(host).await
    }
    async fn end_leases_of_others(&self, host: &HostId) -> Result<u64, StoreError> {
        self.end_leases(host).await
    }
    async fn renew(&self, batch: &BatchId) -> Result<(), StoreError> {
        self.renew_lease(batch).await
    }
    async fn settle(&self, batch: &BatchId, settlement: &Settlement, finish: bool) -> Result<Settled, StoreError> {
        self.settle_fenced(batch, settlement, finish).await
    }
    async fn journal_intent(&self, call: &CallIntent) -> Result<(), StoreError> {
        self.write_intent(call).await
    }
    async fn journal_answer(&self, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError> {
        self.write_answer(call, answer).await
    }
    async fn journalled_reply(
        &self,
        prompt_digest: &str,
        root: &BatchId,
        read: &[CallId],
    ) -> Result<Option<JournalledReply>, StoreError> {
        self.find_reply(prompt_digest, root, read).await
    }
    async fn release_waiting(&self, cause: Waiting) -> Result<u64, StoreError> {
        self.end_waiting(cause).await
    }
    async fn retry_failed(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError> {
        self.requeue_failed(keys).await
    }
    async fn requeue_missing(&self, field: Field) -> Result<u64, StoreError> {
        self.requeue_incomplete(field).await
    }
    async fn counts(&self) -> Result<QueueCounts, StoreError> {
        self.read_counts().await
    }
    async fn failed(&self, limit: u32) -> Result<Vec<FailedTrack>, StoreError> {
        self.read_failed(limit).await
    }
    async fn library(&self, query: &LibraryQuery) -> Result<Vec<LibraryEntry>, StoreError> {
        self.read_library(query).await
    }
    async fn library_entry(&self, key: &TrackKey) -> Result<Option<(LibraryEntry, Vec<LibraryChange>)>, StoreError> {
        self.read_entry(key).await
    }
    async fn correct(&self, key: &TrackKey, correction: &Correction) -> Result<Option<LibraryEntry>, StoreError> {
        self.write_correction(key, correction).await
    }
    async fn paused(&self) -> Result<Option<Pause>, StoreError> {
        self.read_pause().await
    }
    async fn pause(&self, by: &str, reason: Option<&str>) -> Result<(), StoreError> {
        self.write_pause(by, reason).await
    }
    async fn resume(&self) -> Result<(), StoreError> {
        self.lift_pause().await
    }
    async fn next_due_at(&self) -> Result<Option<i64>, StoreError> {
        self.read_next_due().await
    }
    async fn written_elsewhere(&self) -> Result<bool, StoreError> {
        self.read_data_version().await
    }
    async fn register_host(&self, host: &HostId) -> Result<(), StoreError> {
        self.write_host(host).await
    }
    async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("select 1").execute(&self.readers).await?;
        Ok(())
    }
    async fn tracks(&self, keys: &[TrackKey]) -> Result<Vec<Track>, StoreError> {
        self.read_tracks(keys).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn writing_goes_on_after_sqlite_ended_a_transaction_by_itself_as_it_does_when_the_disk_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("liner.db")).await.unwrap();
        let mut transaction = store.write().await.unwrap();
        sqlx::query("rollback").execute(&mut *transaction).await.unwrap();
        drop(transaction);
        store.pause("test", None).await.unwrap();
        store.release_waiting(Waiting::Page).await.unwrap();
        store.write().await.unwrap();
    }
}
