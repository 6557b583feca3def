//! What was read of a table: how many rows, and a digest of them in the order of their keys. Digests of blocks of rows say
//! where two readings differ, whatever the size of the table.

use super::TransferError;
use super::column::Kind;
use super::tables::Table;
use super::value::{Unreadable, Value};
use crate::digest::hex;
use sha2::{Digest as _, Sha256};

/// Rows of a block.
const BLOCK: u64 = 1_000;

/// Rows that follow one another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Block {
    first: String,
    last: String,
    digest: [u8; 32],
}

/// The rows of one table, as they were read.
#[derive(Debug)]
pub struct Tally {
    table: &'static Table,
    /// How many rows.
    pub rows: u64,
    blocks: Vec<Block>,
    /// The block that is not full.
    open: Sha256,
    first: String,
    last: String,
    row: Vec<u8>,
}

impl Tally {
    pub fn of(table: &'static Table) -> Self {
        Self {
            table,
            rows: 0,
            blocks: Vec::new(),
            open: Sha256::new(),
            first: String::new(),
            last: String::new(),
            row: Vec::new(),
        }
    }

    /// Adds the next row.
    pub fn add(&mut self, values: &[Value<'_>]) {
        self.row.clear();
        for value in values {
            value.digest_into(&mut self.row);
        }
        self.open.update(&self.row);
        let is_first = self.rows.is_multiple_of(BLOCK);
        self.rows += 1;
        let is_last = self.rows.is_multiple_of(BLOCK);
        if is_first {
            self.first = key(self.table, values);
        }
        // The last row may be any one of its block.
        self.last = key(self.table, values);
        if is_last {
            self.close();
        }
    }

    /// Adds no more.
    pub fn finish(mut self) -> Self {
        if !self.rows.is_multiple_of(BLOCK) {
            self.close();
        }
        self
    }

    fn close(&mut self) {
        let (first, last) = (std::mem::take(&mut self.first), std::mem::take(&mut self.last));
        let digest = std::mem::take(&mut self.open).finalize().into();
        self.blocks.push(Block { first, last, digest });
    }

    /// SHA-256 over the digests of its blocks, in hex.
    pub fn digest(&self) -> String {
        let mut whole = Sha256::new();
        for block in &self.blocks {
            whole.update(block.digest);
        }
        hex(&whole.finalize())
    }

    /// The keys between which another reading of the same table begins to differ.
    pub fn differs_from(&self, other: &Self) -> Option<(String, String)> {
        let places = self.blocks.len().max(other.blocks.len());
        let mut pairs = (0..places).map(|at| (self.blocks.get(at), other.blocks.get(at)));
        let (ours, theirs) = pairs.find(|(ours, theirs)| ours != theirs)?;
        let block = ours.or(theirs)?;
        Some((block.first.clone(), block.last.clone()))
    }
}

/// The key of a row, as a condition of a statement.
pub fn key(table: &Table, values: &[Value<'_>]) -> String {
    let columns = table.columns.iter().take(table.keys).zip(values);
    columns.map(|(column, value)| format!("{} = {value}", column.name)).collect::<Vec<_>>().join(" and ")
}

/// The values of a row, each read as what its column holds.
pub fn values_of<'r>(
    table: &'static Table,
    read: impl Fn(usize, Kind) -> Result<Value<'r>, Unreadable>,
) -> Result<Vec<Value<'r>>, TransferError> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (at, column) in table.columns.iter().enumerate() {
        values.push(read(at, column.kind).map_err(|reason| TransferError::Unreadable {
            table: table.name,
            column: column.name,
            key: key(table, &values),
            reason: reason.to_string(),
        })?);
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::super::tables::TABLES;
    use super::*;

    fn tally(numbers: impl Iterator<Item = i64>) -> Tally {
        let event = TABLES.iter().find(|table| table.name == "event").unwrap();
        let mut tally = Tally::of(event);
        for number in numbers {
            tally.add(&[Value::Integer(number), Value::Text("x".into())]);
        }
        tally.finish()
    }

    #[test]
    fn the_same_rows_have_the_same_digest() {
        let (one, other) = (tally(1..=2_500), tally(1..=2_500));
        assert_eq!((one.rows, one.digest()), (2_500, other.digest()));
        assert_eq!(one.differs_from(&other), None);
        assert_ne!(tally(1..=2_499).digest(), one.digest());
    }

    #[test]
    fn where_two_readings_differ_is_named_by_keys() {
        let whole = tally(1..=2_500);
        let between = |first: i64, last: i64| Some((format!("id = {first}"), format!("id = {last}")));
        assert_eq!(whole.differs_from(&tally((1..=2_500).filter(|n| *n != 1_700))), between(1_001, 2_000));
        assert_eq!(whole.differs_from(&tally(1..=2_499)), between(2_001, 2_500));
        assert_eq!(whole.differs_from(&tally(1..=2_000)), between(2_001, 2_500));
        assert_eq!(tally(1..=2_000).differs_from(&whole), between(2_001, 2_500));
        assert_eq!(tally(0..0).differs_from(&tally(0..0)), None);
    }
}
