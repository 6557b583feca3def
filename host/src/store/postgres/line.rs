//! A connection for one kind of statement, kept from one to the next and made again when it broke. A pool would test a
//! connection each time it is given back, which costs as much as what it was used for.

use super::open::settle_in;
use crate::store::StoreError;
use crate::store::address::Terms;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use std::sync::Arc;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// A connection that is used by one at a time.
#[derive(Debug)]
pub struct Line {
    options: Arc<PgConnectOptions>,
    terms: Terms,
    /// What besides is set on its connection.
    settings: &'static str,
    connection: Mutex<Option<PgConnection>>,
}

impl Line {
    /// A line that connects when it is first used.
    pub fn new(options: Arc<PgConnectOptions>, terms: Terms, settings: &'static str) -> Self {
        Self { options, terms, settings, connection: Mutex::default() }
    }

    /// Runs statements. The connection is out of reach meanwhile: should they fail, hang or be given up, it is not used
    /// again.
    ///
    /// # Errors
    /// As the statements; [`sqlx::Error::PoolTimedOut`] when the server did not answer.
    pub async fn run<T>(
        &self,
        statements: impl AsyncFnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut kept = self.connection.lock().await;
        let silent = |_| StoreError::from(sqlx::Error::PoolTimedOut);
        let mut connection = match kept.take() {
            Some(connection) => connection,
            None => timeout(self.terms.connect_timeout, self.connect()).await.map_err(silent)??,
        };
        let done = timeout(self.terms.statement_timeout, statements(&mut connection)).await.map_err(silent)?;
        if done.as_ref().err().is_none_or(|error| !error.may_pass()) {
            *kept = Some(connection);
        }
        done
    }

    async fn connect(&self) -> Result<PgConnection, StoreError> {
        let mut connection = self.options.connect().await?;
        settle_in(&mut connection, &self.terms).await?;
        sqlx::raw_sql(self.settings).execute(&mut connection).await?;
        Ok(connection)
    }
}
