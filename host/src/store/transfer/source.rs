//! The file that is copied. Nobody writes to it meanwhile.

use super::TransferError;
use super::tables::Table;
use super::tally::{Tally, key, values_of};
use super::value::Value;
use crate::store::sqlite::{SqliteStore, lock, newest_migration, unusable};
use crate::store::{Store, StoreError};
use futures_util::TryStreamExt as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection};
use std::fs::File;
use std::path::Path;

/// Rows that are read ahead: few, as one may be a component of megabytes.
const ROWS_AHEAD: usize = 64;

/// An open file.
pub struct Source {
    pub connection: SqliteConnection,
    /// From which migration to which it was brought up to date first.
    pub brought_up: Option<(i64, i64)>,
    pub nul: Nul,
    /// No host starts on it.
    _lock: File,
}

impl Source {
    /// Takes a file for as long as this lives. It is brought up to date first, and not changed otherwise.
    pub async fn take(path: &Path, nul: Nul) -> Result<Self, TransferError> {
        if !path.exists() {
            return Err(TransferError::Missing(path.to_owned()));
        }
        let lock = lock(path).map_err(|error| match error {
            StoreError::Occupied { .. } => TransferError::Occupied(path.to_owned()),
            other => other.into(),
        })?;
        let before = newest_migration(path).await?;
        if before == 0 {
            return Err(TransferError::Foreign(path.to_owned()));
        }
        SqliteStore::open(path).await?.close().await;
        let after = newest_migration(path).await?;
        let options =
            SqliteConnectOptions::new().filename(path).row_buffer_size(ROWS_AHEAD).disable_statement_logging();
        let open = async {
            let mut connection = options.connect().await?;
            // Commands that write wait, and say that the file is locked: what they wrote would not be copied.
            sqlx::raw_sql("begin immediate; pragma query_only = on").execute(&mut connection).await?;
            Ok(connection)
        };
        let connection = open.await.map_err(|error: sqlx::Error| unusable(path, &error))?;
        let brought_up = (before < after).then_some((before, after));
        Ok(Self { connection, brought_up, nul, _lock: lock })
    }
}

/// What is done about the character U+0000, which PostgreSQL cannot keep.
#[derive(Debug)]
pub enum Nul {
    /// Nothing is copied.
    Refuse,
    /// It is replaced; so many texts had it.
    Replace(u64),
}

impl Nul {
    /// The values of a row as PostgreSQL can keep them.
    pub fn keepable<'r>(&mut self, table: &'static Table, row: &'r SqliteRow) -> Result<Vec<Value<'r>>, TransferError> {
        let values = values_of(table, |at, kind| Value::from_sqlite(row, at, kind))?;
        let first = table.columns.iter().zip(&values).find(|(_, value)| value.has_nul()).map(|(column, _)| column.name);
        match (self, first) {
            (_, None) => Ok(values),
            (Self::Refuse, Some(column)) => {
                Err(TransferError::Nul { table: table.name, column, key: key(table, &values) })
            }
            (Self::Replace(replaced), Some(_)) => {
                *replaced += u64::try_from(values.iter().filter(|value| value.has_nul()).count()).unwrap_or(0);
                Ok(values.into_iter().map(Value::without_nul).collect())
            }
        }
    }
}

/// Reads a table that is not written.
pub async fn read(source: &mut Source, table: &'static Table) -> Result<Tally, TransferError> {
    let mut rows = sqlx::query(AssertSqlSafe(table.read_from_source())).fetch(&mut source.connection);
    let mut tally = Tally::of(table);
    while let Some(row) = rows.try_next().await? {
        tally.add(&source.nul.keepable(table, &row)?);
    }
    Ok(tally.finish())
}
