//! Everything that is in a SQLite file, moved to an empty PostgreSQL database: copied, read back, and compared before
//! anything is kept.
//!
//! The list of [`tables`] is the one place that knows what there is. A row is read into the same [`value`]s from either
//! database; what they are digested to ([`tally`]) is compared, and what was written is read by another way than it was
//! written by. Memory is bounded: rows pass by.

mod column;
mod error;
mod source;
mod tables;
mod tally;
mod target;
mod value;

pub use error::TransferError;
pub use source::Nul;

use super::address::{PostgresAddress, Terms};
use serde::Serialize;
use source::Source;
use std::path::Path;
use tables::TABLES;
use tally::Tally;

/// What is done with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Its rows are read from the one database and written to the other.
    Copy,
    /// They are read back.
    Compare,
}

/// A table that was copied, and found to be what was read.
#[derive(Debug, Serialize)]
pub struct Copied {
    /// Its name.
    pub table: &'static str,
    /// Its rows.
    pub rows: u64,
    /// SHA-256 over them in the order of their keys, in hex.
    pub digest: String,
}

/// What was moved.
#[derive(Debug)]
pub struct Moved {
    /// From which migration to which the file was brought up to date first.
    pub brought_up: Option<(i64, i64)>,
    /// The tables.
    pub tables: Vec<Copied>,
    /// Texts in which U+0000 was replaced.
    pub replaced: u64,
    /// Batches that were in flight, and may be taken over at once.
    pub freed: u64,
}

/// Moves everything out of a SQLite file into a database whose tables are empty, or nothing. No host may work on the file,
/// none starts on it meanwhile, and it stays as it is but for being brought up to date. What a host was working on when it
/// ended may be taken over from the copy at once. `tell` hears which table is next.
///
/// # Errors
/// [`TransferError`]; the target has nothing of it then.
pub async fn transfer(
    from: &Path,
    to: &PostgresAddress,
    terms: &Terms,
    nul: Nul,
    tell: &(dyn Fn(Step, &'static str) + Sync),
) -> Result<Moved, TransferError> {
    let mut source = Source::take(from, nul).await?;
    let mut target = target::begin(to, terms).await?;
    let mut read = Vec::with_capacity(TABLES.len());
    for table in TABLES {
        tell(Step::Copy, table.name);
        read.push(match table.is_written() {
            true => target::copy(&mut source, &mut target, table).await?,
            false => source::read(&mut source, table).await?,
        });
    }
    let mut tables = Vec::with_capacity(TABLES.len());
    for (table, read) in TABLES.iter().zip(&read) {
        tell(Step::Compare, table.name);
        let found = target::read(&mut target, table).await?;
        tables.push(same(table.name, read, &found)?);
    }
    target::number_on(&mut target).await?;
    let freed = target::free_batches(&mut target).await?;
    target::commit(&mut target).await?;
    let replaced = if let Nul::Replace(replaced) = source.nul { replaced } else { 0 };
    Ok(Moved { brought_up: source.brought_up, tables, replaced, freed })
}

/// The names of all tables whose rows are moved.
#[must_use]
pub fn table_names() -> Vec<&'static str> {
    TABLES.iter().map(|table| table.name).collect()
}

fn same(table: &'static str, read: &Tally, found: &Tally) -> Result<Copied, TransferError> {
    match read.differs_from(found) {
        None => Ok(Copied { table, rows: read.rows, digest: read.digest() }),
        Some((first, last)) => Err(TransferError::Differs { table, read: read.rows, found: found.rows, first, last }),
    }
}
