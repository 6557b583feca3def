//! Opening a database file: refused with a sentence, and untouched, when it is newer than this binary, read-only or
//! occupied.

use super::SqliteStore;
use super::group::Writer;
use crate::store::gather::Gather;
use crate::store::{NewHost, StoreError};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// How long a statement waits for another process's write before it fails.
pub(super) const BUSY: Duration = Duration::from_secs(5);
/// KiB of the writer's page cache: the queue's indexes are walked in it.
const WRITER_CACHE_KIB: &str = "-16000";
/// Pages of the write-ahead log after which it is folded in: a larger log folds a page in once that was changed often.
const CHECKPOINT_PAGES: &str = "8000";
/// Rows that the driver's thread may be ahead.
const ROWS_AHEAD: usize = 1_000;

impl SqliteStore {
    /// Opens a file, making it and bringing its tables up to date when needed.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] and [`StoreError::Unusable`]; the file is as it was then.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let unusable = |error: &dyn std::fmt::Display| unusable(path, error);
        if path.exists() {
            refuse_unwritable(path)?;
            refuse_newer(path).await?;
        } else if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| unusable(&error))?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY)
            .row_buffer_size(ROWS_AHEAD)
            .disable_statement_logging();
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            // SQLite ends a transaction by itself when the disk is full, and the driver does not notice: its connection
            // would never begin another. A fresh one does.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(
                options
                    .clone()
                    .pragma("cache_size", WRITER_CACHE_KIB)
                    .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                    .pragma("temp_store", "memory"),
            )
            .await
            .map_err(|error| unusable(&error))?;
        MIGRATIONS.run(&writer).await.map_err(|error| unusable(&error))?;
        let readers: SqlitePool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_lazy_with(options.read_only(true).create_if_missing(false));
        Ok(Self {
            group: Gather::start(Writer(writer.clone())),
            writer,
            readers,
            path: Arc::new(path.to_owned()),
            name: format!("sqlite:{}", path.display()).into(),
            lock: Arc::default(),
            watch: Arc::default(),
        })
    }

    /// Takes the file for the one worker it can have. Whoever had it before is gone, so what it was working on is free.
    pub(super) async fn enlist_host(&self, host: &NewHost) -> Result<u64, StoreError> {
        {
            let mut held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            if held.is_none() {
                *held = Some(lock(&self.path)?);
            }
        }
        self.register(host).await?;
        sqlx::query("update host set stopped_at = (select ms from clock) where id <> $1 and stopped_at is null")
            .bind(host.id.as_str())
            .execute(&self.writer)
            .await?;
        self.free_pages().await?;
        let ended = sqlx::query("update extraction_batch set lease_until = 0 where state = 'leased' and host_id <> $1")
            .bind(host.id.as_str())
            .execute(&self.writer)
            .await?;
        Ok(ended.rows_affected())
    }

    /// Whoever read pages of this file is gone.
    async fn free_pages(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let free = "update page_fetch set due_at = (select ms from clock), claim = null where claim is not null";
        if sqlx::query(free).execute(&mut *tx).await?.rows_affected() > 0 {
            let due = "update page_site set next_at = rests_until where exists (
                 select 1 from page_fetch p where p.site = page_site.site and p.due_at <= (select ms from clock))";
            sqlx::query(due).execute(&mut *tx).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Closes both pools, so that the file is whole and its log folded in.
    pub(super) async fn let_go(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Takes a file for the one worker that it can have, until the lock is dropped.
///
/// # Errors
/// [`StoreError::Occupied`] when another has it.
pub fn lock(path: &Path) -> Result<File, StoreError> {
    let lock = path.with_extension("worker-lock");
    let file = File::create(&lock).map_err(|error| unusable(&lock, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(StoreError::Occupied { path: path.display().to_string() }),
    }
}

/// Why a file cannot be used.
pub fn unusable(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    let text = error.to_string();
    let says = |reasons: &[&str]| reasons.iter().any(|reason| text.contains(reason));
    let reason = if says(&["database is locked"]) {
        "another program holds it locked; close that program, or point DATABASE_URL elsewhere".to_owned()
    } else if says(&["Read-only file system", "Permission denied", "readonly database"]) {
        format!("{text}; liner writes to it and beside it: point DATABASE_URL or LINER_DATA_DIR to where it may")
    } else {
        text
    };
    StoreError::Unusable { path: path.display().to_string(), reason }
}

fn refuse_unwritable(path: &Path) -> Result<(), StoreError> {
    let metadata = std::fs::metadata(path).map_err(|error| unusable(path, &error))?;
    if metadata.permissions().readonly() {
        return Err(unusable(path, &"the file is read-only; make it writable, or point DATABASE_URL elsewhere"));
    }
    std::fs::OpenOptions::new().append(true).open(path).map(drop).map_err(|error| unusable(path, &error))
}

async fn refuse_newer(path: &Path) -> Result<(), StoreError> {
    let found = newest_migration(path).await?;
    let known = known_migration();
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(()) }
}

/// A file's newest migration, or 0, without writing anything.
pub async fn newest_migration(path: &Path) -> Result<i64, StoreError> {
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY).disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(|error| unusable(path, &error))?;
    let found = newest_of(&mut connection).await.map_err(|error| unusable(path, &error))?;
    connection.close().await?;
    Ok(found)
}

/// The newest migration of an open file.
pub(super) async fn newest_of(connection: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    let has_table: bool = sqlx::query_scalar("select count(*) > 0 from sqlite_master where name = '_sqlx_migrations'")
        .fetch_one(&mut *connection)
        .await?;
    if !has_table {
        return Ok(0);
    }
    sqlx::query_scalar("select ifnull(max(version), 0) from _sqlx_migrations").fetch_one(connection).await
}

/// The newest migration that this version knows.
pub(super) fn known_migration() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}
