//! Which database: a file or a server. Its text, as people see it, has no password.

use super::{PostgresStore, SqliteStore, Store, StoreError};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Where a database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Address {
    /// A file of this machine.
    Sqlite(PathBuf),
    /// A server.
    Postgres(PostgresAddress),
}

/// Where a server is, and who asks it. Never shown with its password.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresAddress(Url);

impl PostgresAddress {
    fn from_url(url: &str) -> Option<Self> {
        let url: Url = url.parse().ok()?;
        let known = matches!(url.scheme(), "postgres" | "postgresql");
        (known && PgConnectOptions::from_str(url.as_str()).is_ok()).then_some(Self(url))
    }

    /// What the driver connects by.
    pub(super) fn options(&self) -> PgConnectOptions {
        // It was read once before.
        PgConnectOptions::from_str(self.0.as_str()).unwrap_or_default().disable_statement_logging()
    }
}

impl fmt::Display for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = self.0.clone();
        // Fails only for addresses that cannot have one.
        let _ = shown.set_password(shown.password().map(|_| "***"));
        let query: Vec<(String, String)> = shown
            .query_pairs()
            .map(
                |(name, value)| {
                    if name == "password" { (name.into(), "***".into()) } else { (name.into(), value.into()) }
                },
            )
            .collect();
        if !query.is_empty() {
            shown.query_pairs_mut().clear().extend_pairs(query);
        }
        f.write_str(shown.as_str())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Address {
    /// The address of a `sqlite:` or `postgres:` URL.
    #[must_use]
    pub fn from_url(url: &str) -> Option<Self> {
        if let Some(server) = PostgresAddress::from_url(url) {
            return Some(Self::Postgres(server));
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"))?;
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        (!path.is_empty()).then(|| Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(server) => fmt::Display::fmt(server, f),
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How a server is talked to; a file needs none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// The most connections.
    pub connections: u32,
    /// How long getting one may take.
    pub connect_timeout: Duration,
    /// How long a statement may take.
    pub statement_timeout: Duration,
}

impl Default for Terms {
    fn default() -> Self {
        Self { connections: 12, connect_timeout: Duration::from_secs(5), statement_timeout: Duration::from_secs(10) }
    }
}

/// Opens a database, bringing its tables up to date when needed.
///
/// # Errors
/// [`StoreError::TooNew`] and [`StoreError::Unusable`]; the database is as it was then.
pub async fn open(address: &Address, terms: &Terms) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match address {
        Address::Sqlite(path) => Arc::new(SqliteStore::open(path).await?),
        Address::Postgres(server) => Arc::new(PostgresStore::open(server, *terms).await?),
    })
}
