//! What can go wrong with a store, as a caller can act on it.

/// A store's error. None holds a secret: a database URL is shown without its password.
#[derive(Debug, thiserror::Error)]
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
        /// The database file.
        path: String,
        /// Why.
        reason: String,
    },
    /// A statement failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// What is stored is not what this version writes.
    #[error("the database holds what this version cannot read: {0}")]
    Corrupt(String),
}
