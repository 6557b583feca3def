//! A look at a database that changes nothing: no table is made, no migration runs, no file appears. For whoever wants to know
//! whether a host could work on it.

use super::{Address, StoreError, Terms, postgres, sqlite};

/// What a look found.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// The newest migration: 0 of a database without tables, none where there is no file yet.
    pub migration: Option<i64>,
    /// The newest that this version knows.
    pub known: i64,
    /// What only a server has.
    pub server: Option<Server>,
}

/// What a look at a server found.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its version, as it says it.
    pub version: String,
    /// Its major version.
    pub major: i32,
    /// Its clock, in milliseconds since 1970.
    pub clock: i64,
    /// Whether nothing can be written: it is a standby, or set so.
    pub is_read_only: bool,
    /// Connections that it has for all who are no superusers.
    pub connections: i32,
    /// Whether this role may make tables.
    pub may_create: bool,
    /// What this role may not do with liner's tables, such as `update on model_call`.
    pub lacking: Vec<String>,
}

/// Looks at a database.
///
/// # Errors
/// [`StoreError::Unusable`] and [`StoreError::Unreachable`].
pub async fn inspect(address: &Address, terms: &Terms) -> Result<Inspection, StoreError> {
    match address {
        Address::Sqlite(path) => sqlite::inspect(path).await,
        Address::Postgres(server) => postgres::inspect(server, terms).await,
    }
}
