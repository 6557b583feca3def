//! Why everything stays as it was.

use crate::store::StoreError;
use std::path::PathBuf;

/// Why nothing was copied. None holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// There is no file.
    #[error("there is no database at {}", .0.display())]
    Missing(PathBuf),
    /// The file is one of something else.
    #[error("{} is no database of liner", .0.display())]
    Foreign(PathBuf),
    /// A host works on the file.
    #[error("a liner host works on {}; stop it, as what it goes on to write would not be copied", .0.display())]
    Occupied(PathBuf),
    /// There are rows in the target.
    #[error("{address} is not empty: there are rows in {table}; give the copy a database of its own")]
    NotEmpty {
        /// The target, without a password.
        address: String,
        /// The first table that has some.
        table: &'static str,
    },
    /// The tables of the target cannot be locked.
    #[error(
        "cannot have {address} to itself: {reason}; stop who works on it, and copy as the role that owns the tables"
    )]
    NotFree {
        /// The target, without a password.
        address: String,
        /// What it said.
        reason: String,
    },
    /// A value is not what its column holds.
    #[error("{column} of {table} where {key} cannot be read: {reason}")]
    Unreadable {
        /// Its table.
        table: &'static str,
        /// Its column.
        column: &'static str,
        /// Its row.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A text has the character U+0000.
    #[error(
        "{column} of {table} where {key} has the character U+0000, which PostgreSQL cannot keep; take it out, or copy with \
         --replace-nul, which puts U+FFFD in its place"
    )]
    Nul {
        /// Its table.
        table: &'static str,
        /// Its column.
        column: &'static str,
        /// Its row.
        key: String,
    },
    /// The target did not take the rows.
    #[error("the target did not take the rows of {table}: {reason}")]
    Refused {
        /// Their table.
        table: &'static str,
        /// What it said.
        reason: String,
    },
    /// What was written is not what was read.
    #[error(
        "the copy of {table} is not what was read: {read} rows were read and {found} are there, and they differ between \
         {first} and {last}; a trigger or a rule of the target may have changed them"
    )]
    Differs {
        /// Its table.
        table: &'static str,
        /// Rows of the source.
        read: u64,
        /// Rows of the copy.
        found: u64,
        /// The first key of the first block of rows that differs.
        first: String,
        /// The last one.
        last: String,
    },
    /// One of the databases failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for TransferError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}
