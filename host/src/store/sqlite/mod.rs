//! SQLite: one file, one worker, nothing to install. One writer connection and a pool of readers, WAL,
//! `synchronous = full`: what a method returned is on the disk.
//!
//! The driver runs statements on a thread of its own, and every row costs a change of threads. So rows go in as one JSON
//! array and come out as one; a batch is written with a handful of statements whatever its size, and what several batches
//! want written at one moment is one transaction.

/// A JSON array as rows of `at` and `value`.
macro_rules! each {
    ($array:literal) => {
        concat!("(select key as at, value from json_each(", $array, ")) as each_one")
    };
}

/// Genres as a JSON array.
macro_rules! genres {
    ($column:literal) => {
        $column
    };
}

/// A JSON array as genres.
macro_rules! genres_of {
    ($array:literal) => {
        $array
    };
}

/// That there are none.
macro_rules! no_genres {
    () => {
        "genres = '[]' "
    };
}

/// Row numbers as a JSON array.
macro_rules! rows {
    ($column:literal) => {
        $column
    };
}

/// The numbers of a JSON array, to look for.
macro_rules! numbers {
    ($array:literal) => {
        concat!("(select value from json_each(", $array, "))")
    };
}

/// A column of row numbers, as rows of `value`.
macro_rules! unfolded {
    ($numbers:literal) => {
        concat!("json_each(", $numbers, ") as of")
    };
}

/// Which of two rows of a table came later.
macro_rules! arrival {
    () => {
        "rowid"
    };
}

/// Two columns of every row, as one JSON array of pairs.
macro_rules! gathered {
    ($one:literal, $other:literal) => {
        concat!("json_group_array(json_array(", $one, ", ", $other, "))")
    };
}

/// A JSON object, as text.
macro_rules! object {
    ($($member:literal),+) => {
        concat!("json_object(", $($member,)+ ")")
    };
}

/// A transaction that writes holds the whole database.
macro_rules! for_update {
    ($($row:literal)?) => {
        ""
    };
}

/// There is nobody to leave rows to.
macro_rules! skip_locked {
    () => {
        ""
    };
}

mod backup;
#[path = "../both/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "it is compiled for each database")]
mod both;
mod change;
mod claim;
mod enqueue;
mod group;
mod inspect;
mod journal;
mod open;
mod settle;

pub use backup::back_up;
pub use inspect::inspect;
pub(super) use open::{lock, newest_migration, unusable};

use super::gather::Gather;
use super::{Load, PoolLoad, StoreError};
use crate::music::{Track, TrackKey};
use group::Writer;
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, Transaction};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// The store of this module, for what is written in the same words for both.
type Backend = SqliteStore;
type Row = sqlx::sqlite::SqliteRow;
type Connection = sqlx::SqliteConnection;

/// The store in one SQLite file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    /// Claims, questions, answers and settlements, written in groups.
    group: Gather<Writer>,
    path: Arc<PathBuf>,
    name: Arc<str>,
    /// Held by the one worker of the file, for as long as it runs.
    lock: Arc<Mutex<Option<std::fs::File>>>,
    /// The connection that is asked whether others wrote.
    watch: Arc<tokio::sync::Mutex<Option<change::Watch>>>,
}

impl SqliteStore {
    const IS_SHARED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    const fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    const fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// A file answers.
    async fn within<T>(&self, answer: impl Future<Output = Result<T, StoreError>> + Send) -> Result<T, StoreError> {
        answer.await
    }

    fn present_load(&self) -> Load {
        let pools = vec![PoolLoad::of("writer", &self.writer), PoolLoad::of("readers", &self.readers)];
        Load { pools, waiting: self.group.waiting() }
    }

    /// The file, and the log beside it that is not folded in yet.
    #[allow(clippy::unused_async, reason = "a server is asked for it")]
    async fn read_size(&self) -> Result<u64, StoreError> {
        let mut log = self.path.as_os_str().to_owned();
        log.push("-wal");
        let log = std::fs::metadata(log).map_or(0, |log| log.len());
        let file = std::fs::metadata(&*self.path).map_err(|error| unusable(&self.path, &error))?;
        Ok(file.len() + log)
    }

    /// A write transaction. `begin immediate` takes the write lock at once: a transaction that reads first and writes
    /// later can fail with SQLITE_BUSY_SNAPSHOT, which no busy timeout retries.
    async fn begin(&self) -> Result<Transaction<'_, Sqlite>, StoreError> {
        begin(&self.writer).await
    }
}

async fn begin(writer: &SqlitePool) -> Result<Transaction<'_, Sqlite>, StoreError> {
    Ok(writer.begin_with("begin immediate").await?)
}

/// The columns of [`Track`].
fn track_from(row: &Row) -> Result<Track, StoreError> {
    use sqlx::Row as _;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Store, Waiting};
    use sqlx::Row as _;

    /// How the tables that a query is about are read.
    async fn plan(query: &'static str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("liner.db")).await.unwrap();
        let explain = sqlx::AssertSqlSafe(format!("explain query plan {query}"));
        let plan = sqlx::query(explain).fetch_all(store.readers()).await.unwrap();
        plan.iter().map(|row| row.get("detail")).collect()
    }

    #[tokio::test]
    async fn the_age_of_the_queue_is_looked_up_in_an_index() {
        let steps = plan(both::queue::OLDEST_DUE).await;
        let of_queue: Vec<_> = steps.iter().filter(|step| step.contains("music_ai_queue")).collect();
        assert!(!of_queue.is_empty(), "{steps:?}");
        assert!(
            of_queue.iter().all(|step| step.contains("SEARCH") && step.contains("music_ai_queue_due")),
            "{steps:?}"
        );
    }

    #[tokio::test]
    async fn a_page_is_sought_where_it_begins_however_deep_it_is() {
        for (query, sought) in [
            (both::queue::FAILED, "SEARCH q USING INDEX music_ai_queue_failed (failed_at>? AND failed_at<?)"),
            (both::library::LIBRARY, "SEARCH l USING INTEGER PRIMARY KEY (rowid<?)"),
        ] {
            let steps = plan(query).await;
            assert_eq!(steps.first().map(String::as_str), Some(sought), "{steps:?}");
            assert!(!steps.iter().any(|step| step.contains("ORDER BY")), "{steps:?}");
        }
    }

    #[tokio::test]
    async fn writing_goes_on_after_sqlite_ended_a_transaction_by_itself_as_it_does_when_the_disk_is_full() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("liner.db")).await.unwrap();
        let mut transaction = store.begin().await.unwrap();
        sqlx::query("rollback").execute(&mut *transaction).await.unwrap();
        drop(transaction);
        store.pause("test", None).await.unwrap();
        store.release_waiting(Waiting::Page).await.unwrap();
        store.begin().await.unwrap();
    }
}
