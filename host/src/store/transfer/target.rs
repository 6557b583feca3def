//! The database that is written: all in one transaction, which nobody else writes beside.

use super::TransferError;
use super::source::Source;
use super::tables::{TABLES, Table};
use super::tally::{Tally, values_of};
use super::value::Value;
use crate::store::StoreError;
use crate::store::address::{PostgresAddress, Terms};
use crate::store::postgres::{bring_up_to_date, connect};
use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, PgConnection};

/// Bytes that are sent at once.
const CHUNK: usize = 256 << 10;

/// Connects, brings the tables up to date where this role may, and begins a transaction on them if they are empty.
pub async fn begin(address: &PostgresAddress, terms: &Terms) -> Result<PgConnection, TransferError> {
    let mut target = connect(address, terms).await?;
    bring_up_to_date(&mut target, terms).await?;
    let not_free = |reason: String| TransferError::NotFree { address: address.to_string(), reason };
    have_to_itself(&mut target).await.map_err(|error| not_free(error.to_string()))?;
    for table in TABLES {
        let rows = table.begins_with.map(|rows| format!(" where not ({rows})")).unwrap_or_default();
        let has_rows = format!("select exists (select from {}{rows})", table.name);
        if sqlx::query_scalar(AssertSqlSafe(has_rows)).fetch_one(&mut target).await? {
            return Err(TransferError::NotEmpty { address: address.to_string(), table: table.name });
        }
        if table.begins_with.is_some() {
            execute(&mut target, format!("delete from {}", table.name)).await?;
        }
        if !may_number(&mut target, table).await? {
            return Err(not_free(format!("this role may not say which number a row of {} has next", table.name)));
        }
    }
    Ok(target)
}

/// Begins a transaction that nobody writes beside. A host that starts meanwhile waits, and gives up.
async fn have_to_itself(target: &mut PgConnection) -> Result<(), sqlx::Error> {
    let names = TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", ");
    // Statements take as long as the tables are large.
    let begin = format!(
        "begin; set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0;
         lock table {names} in share row exclusive mode"
    );
    sqlx::raw_sql(AssertSqlSafe(begin)).execute(&mut *target).await?;
    Ok(())
}

/// Whether [`number_on`] will be allowed, which is better known before all is copied.
async fn may_number(target: &mut PgConnection, table: &Table) -> Result<bool, TransferError> {
    let Some(column) = table.numbered else { return Ok(true) };
    let may = "select has_sequence_privilege(pg_get_serial_sequence($1, $2), 'update')";
    Ok(sqlx::query_scalar(may).bind(table.name).bind(column).fetch_one(target).await?)
}

/// Copies a table; returns what was read.
pub async fn copy(
    source: &mut Source,
    target: &mut PgConnection,
    table: &'static Table,
) -> Result<Tally, TransferError> {
    let refused = |error: sqlx::Error| TransferError::Refused { table: table.name, reason: error.to_string() };
    let mut rows = sqlx::query(AssertSqlSafe(table.read_from_source())).fetch(&mut source.connection);
    let mut copy = target.copy_in_raw(&table.write()).await.map_err(refused)?;
    let (mut tally, mut lines) = (Tally::of(table), Vec::with_capacity(2 * CHUNK));
    while let Some(row) = rows.try_next().await? {
        let values = source.nul.keepable(table, &row)?;
        tally.add(&values);
        write_line(&values, &mut lines);
        if lines.len() >= CHUNK {
            copy.send(lines.as_slice()).await.map_err(refused)?;
            lines.clear();
        }
    }
    copy.send(lines.as_slice()).await.map_err(refused)?;
    copy.finish().await.map_err(refused)?;
    Ok(tally.finish())
}

/// Reads a table as it is now.
pub async fn read(target: &mut PgConnection, table: &'static Table) -> Result<Tally, TransferError> {
    let mut rows = sqlx::query(AssertSqlSafe(table.read_from_target())).fetch(target);
    let mut tally = Tally::of(table);
    while let Some(row) = rows.try_next().await? {
        tally.add(&values_of(table, |at, kind| Value::from_postgres(&row, at, kind))?);
    }
    Ok(tally.finish())
}

/// Lets the database number new rows after those that were copied.
pub async fn number_on(target: &mut PgConnection) -> Result<(), TransferError> {
    for table in TABLES {
        let Some(column) = table.numbered else { continue };
        let name = table.name;
        let next = format!(
            "select setval(pg_get_serial_sequence('{name}', '{column}'), coalesce(max({column}), 1),
                 max({column}) is not null) from {name}"
        );
        execute(target, next).await?;
    }
    Ok(())
}

/// Frees what hosts were working on, as at the start of another one on the file: they are certainly gone. Returns how many
/// batches that are.
pub async fn free_batches(target: &mut PgConnection) -> Result<u64, TransferError> {
    execute(target, "update host set stopped_at = (select ms from clock), in_flight = 0 where stopped_at is null")
        .await?;
    execute(target, "update extraction_batch set lease_until = 0 where state = 'leased'").await
}

/// Lets the planner know what there is now, and keeps it all.
pub async fn commit(target: &mut PgConnection) -> Result<(), TransferError> {
    for table in TABLES {
        execute(target, format!("analyze {}", table.name)).await?;
    }
    execute(target, "commit").await?;
    Ok(())
}

/// Executes statements; returns how many rows they changed.
async fn execute(target: &mut PgConnection, statements: impl Into<String>) -> Result<u64, TransferError> {
    let done = sqlx::raw_sql(AssertSqlSafe(statements.into())).execute(target).await;
    Ok(done.map_err(StoreError::from)?.rows_affected())
}

fn write_line(values: &[Value<'_>], line: &mut Vec<u8>) {
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            line.push(b'\t');
        }
        value.write_into(line);
    }
    line.push(b'\n');
}
