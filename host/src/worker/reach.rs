//! Whether the database can be reached, as far as this host has noticed, and patience with one that cannot.

use crate::store::StoreError;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The pause before a write is tried again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// An outage that goes on.
#[derive(Debug, Clone)]
pub struct Outage {
    /// Since when.
    pub since: jiff::Timestamp,
    /// What the database, or its absence, said last.
    pub reason: String,
}

#[derive(Debug, Default)]
struct Noted {
    outage: Option<Outage>,
    /// When the last outage ended.
    ended: Option<Instant>,
}

/// What was noticed of the database.
#[derive(Debug, Default)]
pub struct Reach(Mutex<Noted>);

impl Reach {
    /// Notes how an attempt ended.
    pub fn note<T>(&self, attempt: &Result<T, StoreError>) {
        let mut noted = self.lock();
        match attempt {
            Err(error) if error.may_pass() => {
                let reason = error.to_string();
                match &mut noted.outage {
                    Some(outage) => outage.reason = reason,
                    None => {
                        tracing::error!("the database is out of reach; work waits for it: {reason}");
                        metrics::counter!("liner_database_outages_total").increment(1);
                        noted.outage = Some(Outage { since: jiff::Timestamp::now(), reason });
                    }
                }
            }
            _ => {
                if let Some(outage) = noted.outage.take() {
                    tracing::info!("the database is back; it was out of reach since {}", outage.since);
                    noted.ended = Some(Instant::now());
                }
            }
        }
    }

    /// The outage that goes on.
    pub fn outage(&self) -> Option<Outage> {
        self.lock().outage.clone()
    }

    /// Whether an outage ended less than so long ago.
    pub fn came_back_within(&self, time: Duration) -> bool {
        self.lock().ended.is_some_and(|ended| ended.elapsed() < time)
    }

    /// Tries again and again what a database that is gone for a while, busy or full could not do. Whoever calls bounds the
    /// whole.
    ///
    /// # Errors
    /// What trying again would not mend.
    pub async fn insist<T, F: Future<Output = Result<T, StoreError>>>(
        &self,
        attempt: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let done = attempt().await;
            self.note(&done);
            match done {
                Err(error) if error.may_pass() => {
                    tracing::debug!("a write is tried again in {pause:?}: {error}");
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                done => return done,
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn gone() -> StoreError {
        sqlx::Error::PoolTimedOut.into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_write_is_repeated_until_the_database_is_back() {
        let (reach, attempts) = (Reach::default(), AtomicU32::new(0));
        let attempt = async || if attempts.fetch_add(1, Ordering::SeqCst) < 5 { Err(gone()) } else { Ok(7) };
        let insisting = reach.insist(attempt);
        assert_eq!(insisting.await.unwrap(), 7);
        assert_eq!(attempts.load(Ordering::SeqCst), 6);
        assert!(reach.outage().is_none() && reach.came_back_within(Duration::from_secs(1)));
    }

    #[tokio::test]
    async fn what_is_refused_is_not_repeated() {
        let reach = Reach::default();
        let refused = reach.insist(async || Err::<(), _>(StoreError::Fenced("b".into()))).await;
        assert!(matches!(refused, Err(StoreError::Fenced(_))) && reach.outage().is_none());
    }

    #[test]
    fn an_outage_lasts_until_an_attempt_succeeds() {
        let reach = Reach::default();
        reach.note::<()>(&Err(gone()));
        let since = reach.outage().unwrap().since;
        reach.note::<()>(&Err(gone()));
        assert_eq!(reach.outage().unwrap().since, since);
        reach.note(&Ok(()));
        assert!(reach.outage().is_none());
    }
}
