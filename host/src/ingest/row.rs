//! A row between the stream it was cut from and the link it becomes.

use serde::Serialize;
use utoipa::ToSchema;

/// The most bytes of a row.
pub const MAX_ROW: usize = 64 << 10;

/// A row's text in its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowText {
    /// A JSON value.
    Json(String),
    /// A link.
    Url(String),
    /// Column names, in lower case, with their cells.
    Cells(Vec<(String, String)>),
}

/// A row as it was cut out of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawRow {
    /// Where it begins, from 1.
    pub line: u64,
    /// Its text, unless it is too long or no text.
    pub content: Result<RowText, RowError>,
}

impl RawRow {
    /// A row with an error.
    pub(super) fn wrong(line: u64, reason: &str) -> Self {
        Self { line, content: Err(RowError::new(line, reason)) }
    }
}

/// A row that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct RowError {
    /// Where the row begins, from 1.
    pub line: u64,
    /// What is wrong, and what is wanted.
    pub reason: String,
    #[serde(skip)]
    too_long: bool,
}

impl RowError {
    /// An error of a row.
    #[must_use]
    pub fn new(line: u64, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into(), too_long: false }
    }

    pub(super) fn too_long(line: u64) -> Self {
        let reason = format!("the row is longer than {MAX_ROW} bytes; shorten its texts");
        Self { line, reason, too_long: true }
    }

    /// Whether the row was longer than [`MAX_ROW`].
    #[must_use]
    pub const fn is_too_long(&self) -> bool {
        self.too_long
    }
}
