//! A look at a server.

use super::open::{connect, known_migration, newest_migration};
use crate::store::transfer::table_names;
use crate::store::{Inspection, PostgresAddress, Server, StoreError, Terms};
use sqlx::{Connection, PgConnection, Row};

/// What a server says of itself and of who asks.
const SAID: &str = "
    select current_setting('server_version') as version,
        current_setting('server_version_num')::int / 10000 as major,
        (extract(epoch from clock_timestamp()) * 1000)::bigint as clock,
        pg_is_in_recovery() or current_setting('default_transaction_read_only')::bool as is_read_only,
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as connections,
        coalesce(has_schema_privilege(current_schema(), 'create'), false) as may_create";

/// What a role may not do with tables that are there.
const LACKING: &str = "
    select format('%s on %s', privilege, name) from unnest($1::text[]) as name,
        unnest(array['select', 'insert', 'update', 'delete']) as privilege
    where to_regclass(name) is not null and not has_table_privilege(to_regclass(name)::oid, privilege)
    order by name, privilege";

/// Looks at a server.
///
/// # Errors
/// [`StoreError::Unusable`] and [`StoreError::Unreachable`].
pub async fn inspect(address: &PostgresAddress, terms: &Terms) -> Result<Inspection, StoreError> {
    let mut connection = connect(address, terms).await?;
    let server = said(&mut connection).await?;
    let migration = newest_migration(&mut connection).await?;
    connection.close().await?;
    Ok(Inspection { migration: Some(migration), known: known_migration(), server: Some(server) })
}

async fn said(connection: &mut PgConnection) -> Result<Server, StoreError> {
    let row = sqlx::query(SAID).fetch_one(&mut *connection).await?;
    let lacking = sqlx::query_scalar(LACKING).bind(table_names()).fetch_all(connection).await?;
    Ok(Server {
        version: row.try_get("version")?,
        major: row.try_get("major")?,
        clock: row.try_get("clock")?,
        is_read_only: row.try_get("is_read_only")?,
        connections: row.try_get("connections")?,
        may_create: row.try_get("may_create")?,
        lacking,
    })
}
