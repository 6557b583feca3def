//! Opening a database file: refused with a sentence, and untouched, when it is newer than this binary, read-only or
//! occupied.

use super::{Clock, ManualClock, SqliteStore};
use crate::store::StoreError;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// How long a statement waits for another process's write before it fails.
const BUSY: Duration = Duration::from_secs(5);

/// Held by the one worker of a file, for as long as it runs.
#[derive(Debug)]
pub struct WorkerLock {
    _file: File,
}

impl SqliteStore {
    /// Opens a file, making it and bringing its tables up to date when needed.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] and [`StoreError::Unusable`]; the file is as it was then.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, Clock::System).await
    }

    /// Opens a file with a clock of the caller's.
    ///
    /// # Errors
    /// As [`SqliteStore::open`].
    pub async fn open_at(path: &Path, clock: ManualClock) -> Result<Self, StoreError> {
        Self::open_with(path, Clock::Manual(clock)).await
    }

    async fn open_with(path: &Path, clock: Clock) -> Result<Self, StoreError> {
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
            .disable_statement_logging();
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            // SQLite ends a transaction by itself when the disk is full, and the driver does not notice: its connection
            // would never begin another. A fresh one does.
            .before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
            .connect_with(options.clone())
            .await
            .map_err(|error| unusable(&error))?;
        MIGRATIONS.run(&writer).await.map_err(|error| unusable(&error))?;
        let readers: SqlitePool = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_lazy_with(options.read_only(true).create_if_missing(false));
        let store = Self { writer, readers, clock, data_version: Arc::default() };
        store.read_data_version().await?;
        Ok(store)
    }

    /// Takes the file for the one worker it can have.
    ///
    /// # Errors
    /// [`StoreError::Occupied`] while another process has it.
    pub fn lock_for_worker(path: &Path) -> Result<WorkerLock, StoreError> {
        let lock = path.with_extension("worker-lock");
        let file = File::create(&lock).map_err(|error| unusable(&lock, &error))?;
        match file.try_lock() {
            Ok(()) => Ok(WorkerLock { _file: file }),
            Err(_) => Err(StoreError::Occupied { path: path.display().to_string() }),
        }
    }

    /// Closes both pools, so that the file is whole and its log folded in.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// The path of a `sqlite:` URL.
#[must_use]
pub fn path_of(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    (!path.is_empty()).then(|| PathBuf::from(path))
}

fn unusable(path: &Path, error: &dyn std::fmt::Display) -> StoreError {
    let text = error.to_string();
    let reason = if text.contains("database is locked") {
        "another program holds it locked; close that program, or point DATABASE_URL elsewhere".to_owned()
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

/// Looks at the file's newest migration without writing anything.
async fn refuse_newer(path: &Path) -> Result<(), StoreError> {
    let options =
        SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY).disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(|error| unusable(path, &error))?;
    let has_table: bool = sqlx::query_scalar("select count(*) > 0 from sqlite_master where name = '_sqlx_migrations'")
        .fetch_one(&mut connection)
        .await
        .map_err(|error| unusable(path, &error))?;
    let found: i64 = if has_table {
        sqlx::query_scalar("select ifnull(max(version), 0) from _sqlx_migrations").fetch_one(&mut connection).await?
    } else {
        0
    };
    connection.close().await?;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(()) }
}
