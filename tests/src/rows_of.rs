//! Everything that is in a database, in one form for both kinds, found by what the catalogs say: a table or a column that
//! somebody forgot is seen.

use crate::{Database, Kind};
use serde_json::Value;
use std::collections::BTreeMap;

/// The rows of each table, sorted.
pub type Rows = BTreeMap<String, Vec<Vec<Value>>>;

/// Reads every table of a database whose columns are named as those of `like`, a server's.
///
/// # Panics
/// When they have not the same tables and columns.
pub async fn rows_of(database: &Database, like: &Database) -> Rows {
    let mut rows = Rows::new();
    let tables = "select table_name::text from information_schema.tables where table_schema = 'public'
        and table_type = 'BASE TABLE' and table_name not in ('_sqlx_migrations', 'queue_count') order by 1";
    let tables = like.texts(tables).await;
    assert_eq!(tables_of(database).await, tables);
    for table in tables {
        let columns = columns_of(like, &table).await;
        let mut found: Vec<Vec<Value>> = Vec::new();
        for row in database.texts(&format!("select {} from {table}", array(database.kind, &columns))).await {
            let row: Vec<Value> = serde_json::from_str(&row).unwrap();
            found.push(columns.iter().zip(row).map(|((_, kind), value)| exact(kind, value)).collect());
        }
        found.sort_by_key(|row| Value::from(row.clone()).to_string());
        rows.insert(table, found);
    }
    rows
}

async fn tables_of(database: &Database) -> Vec<String> {
    let tables = match database.kind {
        Kind::Sqlite => {
            "select name from sqlite_master where type = 'table' and name not in ('_sqlx_migrations', 'queue_count')
             and name not like 'sqlite%' order by 1"
        }
        Kind::Postgres => {
            "select table_name::text from information_schema.tables where table_schema = 'public'
             and table_type = 'BASE TABLE' and table_name not in ('_sqlx_migrations', 'queue_count') order by 1"
        }
    };
    database.texts(tables).await
}

/// Names and types of columns that are not computed.
async fn columns_of(database: &Database, table: &str) -> Vec<(String, String)> {
    let columns = format!(
        "select column_name || ' ' || data_type from information_schema.columns
         where table_schema = 'public' and table_name = '{table}' and is_generated = 'NEVER' order by column_name"
    );
    let columns = database.texts(&columns).await;
    columns
        .iter()
        .map(|column| column.split_once(' ').unwrap())
        .map(|(name, kind)| (name.into(), kind.into()))
        .collect()
}

/// A row as a JSON array.
fn array(kind: Kind, columns: &[(String, String)]) -> String {
    let value = |(name, of): &(String, String)| match (kind, of.as_str()) {
        (Kind::Sqlite, "ARRAY") => format!("json({name})"),
        (Kind::Sqlite, "bytea") => format!("lower(hex({name}))"),
        (Kind::Sqlite, "double precision") => format!("iif({name} is null, null, printf('%!.17g', {name}))"),
        (Kind::Sqlite, _) if name == "place" => "rowid".to_owned(),
        (Kind::Postgres, "ARRAY") => format!("array_to_json({name})"),
        (Kind::Postgres, "bytea") => format!("encode({name}, 'hex')"),
        (Kind::Postgres, "double precision") => format!("{name}::text"),
        (Kind::Postgres, "boolean") => format!("{name}::int"),
        _ => name.clone(),
    };
    let values = columns.iter().map(value).collect::<Vec<_>>().join(", ");
    match kind {
        Kind::Sqlite => format!("json_array({values})"),
        Kind::Postgres => format!("json_build_array({values})::text"),
    }
}

/// A number with a fraction by its bits, however it was written.
fn exact(kind: &str, value: Value) -> Value {
    match value.as_str() {
        Some(text) if kind == "double precision" => text.parse::<f64>().unwrap().to_bits().into(),
        _ => value,
    }
}
