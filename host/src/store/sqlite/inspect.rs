//! A look at a file.

use super::open::{BUSY, known_migration, newest_of, unusable};
use crate::store::{Inspection, StoreError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, SqliteConnection};
use std::path::Path;

/// Looks at a file. One that nobody has open is read as if it could not change: even a reader would leave files beside it
/// otherwise.
///
/// # Errors
/// [`StoreError::Unusable`].
pub async fn inspect(path: &Path) -> Result<Inspection, StoreError> {
    let found = Inspection { migration: None, known: known_migration(), server: None };
    if !path.exists() {
        return Ok(found);
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let options = SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .immutable(!Path::new(&log).exists())
        .busy_timeout(BUSY)
        .disable_statement_logging();
    let mut connection = SqliteConnection::connect_with(&options).await.map_err(|error| unusable(path, &error))?;
    let migration = newest_of(&mut connection).await.map_err(|error| unusable(path, &error))?;
    connection.close().await?;
    Ok(Inspection { migration: Some(migration), ..found })
}
