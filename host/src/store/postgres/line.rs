//! A connection for one kind of statement, kept from one to the next and made again when it broke. A pool would test a
//! connection each time it is given back, which costs as much as what it was used for.

use super::open::settle_in;
use crate::store::StoreError;
use crate::store::address::Terms;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, PgConnection};
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long plans are used.
const PLANS_LAST: Duration = Duration::from_secs(5);

/// When a connection broke last, wherever that was noticed: those that were made before are not trusted any more.
#[derive(Debug, Clone, Default)]
pub struct Breaks(Arc<Lock<Option<Instant>>>);

impl Breaks {
    /// Whether a connection that is so old may be used.
    pub fn spared(&self, age: Duration) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_none_or(|at| at.elapsed() > age)
    }

    /// Notes how statements ended.
    pub fn note<T>(&self, done: &Result<T, StoreError>) {
        if done.as_ref().is_err_and(StoreError::is_broken) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }
}

/// A connection that is used by one at a time.
#[derive(Debug)]
pub struct Line {
    name: Arc<str>,
    options: Arc<PgConnectOptions>,
    terms: Terms,
    breaks: Breaks,
    /// What besides is set on its connection.
    settings: &'static str,
    kept: Mutex<Option<Kept>>,
}

/// The connection, and how long its plans are in use.
#[derive(Debug)]
struct Kept {
    connection: PgConnection,
    uses: u32,
    made_at: Instant,
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
    /// A line to a server, of the name that people see, that connects when it is first used.
    pub fn new(
        name: Arc<str>,
        options: Arc<PgConnectOptions>,
        terms: Terms,
        breaks: Breaks,
        settings: &'static str,
    ) -> Self {
        Self { name, options, terms, breaks, settings, kept: Mutex::default() }
    }

    /// Runs statements. The connection is out of reach meanwhile: should they fail, hang or be given up, it is not used
    /// again.
    ///
    /// # Errors
    /// As the statements; [`StoreError::Unreachable`] when the server did not answer.
    pub async fn run<T>(
        &self,
        statements: impl AsyncFnOnce(&mut PgConnection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut place = self.kept.lock().await;
        let mut kept = match place.take().filter(|kept| self.breaks.spared(kept.made_at.elapsed())) {
            Some(kept) => kept,
            None => self.within(self.terms.connect_timeout, self.connect()).await?,
        };
        let run = async {
            if kept.are_plans_old() {
                sqlx::raw_sql("discard plans").execute(&mut kept.connection).await?;
                kept.planned_at = Instant::now();
            }
            kept.uses = kept.uses.saturating_add(1);
            statements(&mut kept.connection).await
        };
        let done = self.within(self.terms.statement_timeout, run).await;
        self.breaks.note(&done);
        if done.is_ok() {
            *place = Some(kept);
        }
        done
    }

    async fn within<T>(
        &self,
        patience: Duration,
        answer: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        timeout(patience, answer).await.unwrap_or_else(|_| Err(StoreError::silent(&self.name, patience)))
    }

    async fn connect(&self) -> Result<Kept, StoreError> {
        let mut connection = self.options.connect().await?;
        settle_in(&mut connection, &self.terms).await?;
        sqlx::raw_sql(self.settings).execute(&mut connection).await?;
        let now = Instant::now();
        Ok(Kept { connection, uses: 0, made_at: now, planned_at: now })
    }
}
