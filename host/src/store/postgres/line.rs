//! A connection for one kind of statement, kept from one to the next and made again when it broke. A pool would test a
//! connection each time it is given back, which costs as much as what it was used for.

use super::open::settle_in;
use crate::store::StoreError;
use crate::store::address::Terms;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long plans are used.
const PLANS_LAST: Duration = Duration::from_secs(5);

/// A connection that is used by one at a time.
#[derive(Debug)]
pub struct Line {
    options: Arc<PgConnectOptions>,
    terms: Terms,
    /// What besides is set on its connection.
    settings: &'static str,
    kept: Mutex<Option<Kept>>,
}

/// The connection, and how long its plans are in use.
#[derive(Debug)]
struct Kept {
    connection: PgConnection,
    uses: u32,
    planned_at: Instant,
}

impl Kept {
    /// A plan that was made while a table was small may be a bad one now that it is not. So plans are made again after
    /// some uses, and then every few seconds, which costs a millisecond each time.
    fn are_plans_old(&self) -> bool {
        self.planned_at.elapsed() > PLANS_LAST || matches!(self.uses, 8 | 32 | 128)
    }
}

impl Line {
    /// A line that connects when it is first used.
    pub fn new(options: Arc<PgConnectOptions>, terms: Terms, settings: &'static str) -> Self {
        Self { options, terms, settings, kept: Mutex::default() }
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
        let mut place = self.kept.lock().await;
        let silent = |_| StoreError::from(sqlx::Error::PoolTimedOut);
        let mut kept = match place.take() {
            Some(kept) => kept,
            None => timeout(self.terms.connect_timeout, self.connect()).await.map_err(silent)??,
        };
        let run = async {
            if kept.are_plans_old() {
                sqlx::raw_sql("discard plans").execute(&mut kept.connection).await?;
                kept.planned_at = Instant::now();
            }
            kept.uses = kept.uses.saturating_add(1);
            statements(&mut kept.connection).await
        };
        let done = timeout(self.terms.statement_timeout, run).await.map_err(silent)?;
        if done.as_ref().err().is_none_or(|error| !error.may_pass()) {
            *place = Some(kept);
        }
        done
    }

    async fn connect(&self) -> Result<Kept, StoreError> {
        let mut connection = self.options.connect().await?;
        settle_in(&mut connection, &self.terms).await?;
        sqlx::raw_sql(self.settings).execute(&mut connection).await?;
        Ok(Kept { connection, uses: 0, planned_at: Instant::now() })
    }
}
