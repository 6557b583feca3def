//! What can go wrong with a store, as a caller can act on it.

use sqlx::error::DatabaseError;
use std::sync::Arc;

/// A store's error. None holds a secret: a database URL is shown without its password.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The batch lost its lease; another host has its tracks, and nothing was changed.
    #[error("batch {0} was fenced: its lease was lost, and another claim has its tracks")]
    Fenced(String),
    /// The file is used by another worker.
    #[error("{path} is in use by another liner worker; stop it, or give this one a database of its own (DATABASE_URL)")]
    Occupied {
        /// The database file.
        path: String,
    },
    /// The database was written by a later version.
    #[error(
        "the database is newer than this binary: it has migration {found}, the newest known here is {known}; use a newer liner"
    )]
    TooNew {
        /// Its newest migration.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// The database cannot be opened or written.
    #[error("cannot open the database {path}: {reason}")]
    Unusable {
        /// The database, without a password.
        path: String,
        /// Why.
        reason: String,
    },
    /// The server does not answer.
    #[error("cannot reach the database {address}: {reason}")]
    Unreachable {
        /// The server, without a password.
        address: String,
        /// Why.
        reason: String,
    },
    /// A copy of the database cannot be written.
    #[error("cannot write the copy {path}: {reason}")]
    NotCopied {
        /// The copy.
        path: String,
        /// Why.
        reason: String,
    },
    /// A statement failed.
    #[error("the database failed: {0}")]
    Database(Arc<sqlx::Error>),
    /// What is stored is not what this version writes.
    #[error("the database holds what this version cannot read: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// Whether the same again may succeed: the database is gone for a while, busy, or its disk is full. What was to be
    /// written was not refused.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        let error = match self {
            Self::Unreachable { .. } => return true,
            Self::Database(error) => error,
            _ => return false,
        };
        match error.as_ref() {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed => true,
            sqlx::Error::Database(error) => may_pass(error.as_ref()),
            _ => false,
        }
    }
}

impl StoreError {
    /// A server from which nothing came for so long.
    pub(super) fn silent(address: &str, patience: std::time::Duration) -> Self {
        let reason = format!("it did not answer within {patience:?}");
        Self::Unreachable { address: address.to_owned(), reason }
    }

    /// Whether it was the connection that failed, and not what was said on it.
    pub(super) fn is_broken(&self) -> bool {
        let Self::Database(error) = self else { return matches!(self, Self::Unreachable { .. }) };
        match error.as_ref() {
            sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
            _ => self.may_pass(),
        }
    }

    /// Whether two statements waited for one another, and this one was ended (SQLSTATE 40P01).
    pub(super) fn is_deadlock(&self) -> bool {
        let Self::Database(error) = self else { return false };
        error.as_database_error().and_then(DatabaseError::code).is_some_and(|code| code == "40P01")
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

/// By SQLSTATE (five characters) or by SQLite's result code (a number, whose lowest byte is the primary one).
fn may_pass(error: &dyn DatabaseError) -> bool {
    /// Connections, resources, an operator's intervention.
    const CLASSES: [&str; 3] = ["08", "53", "57"];
    /// Deadlock, serialisation failure, lock not available, a standby that is not promoted yet, an idle transaction that
    /// was ended.
    const STATES: [&str; 5] = ["40P01", "40001", "55P03", "25006", "25P03"];
    /// SQLITE_BUSY, _LOCKED, _READONLY (a disk that failed is mounted so), _IOERR, _FULL, _CANTOPEN, _PROTOCOL.
    const RESULTS: [u32; 7] = [5, 6, 8, 10, 13, 14, 15];
    let Some(code) = error.code() else { return false };
    if code.len() == 5 {
        return CLASSES.iter().any(|class| code.starts_with(class)) || STATES.contains(&code.as_ref());
    }
    code.parse::<u32>().is_ok_and(|code| RESULTS.contains(&(code & 0xff)))
}
