//! Whether the database can be read and written, as far as this host has noticed, and patience with one that cannot.

use crate::store::StoreError;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The pause before the database is tried again; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What was attempted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// A look, which a database whose disk is full still answers.
    Read,
    /// A change.
    Write,
}

/// An outage that goes on.
#[derive(Debug, Clone)]
pub struct Outage {
    /// What ends it: one of writes is not over because something can be read.
    access: Access,
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
pub struct Reach {
    noted: Mutex<Noted>,
    came_back: Notify,
}

impl Reach {
    /// Notes how an attempt ended.
    pub fn note<T>(&self, access: Access, attempt: &Result<T, StoreError>) {
        let mut noted = self.lock();
        match attempt {
            Err(error) if error.may_pass() => {
                let reason = error.to_string();
                match &mut noted.outage {
                    Some(outage) if outage.access == Access::Write && access == Access::Read => {}
                    Some(outage) => (outage.access, outage.reason) = (access, reason),
                    None => {
                        tracing::error!("the database cannot be used; work waits for it: {reason}");
                        metrics::counter!("liner_database_outages_total").increment(1);
                        noted.outage = Some(Outage { access, since: jiff::Timestamp::now(), reason });
                    }
                }
            }
            _ => {
                let is_over = |outage: &mut Outage| outage.access == Access::Read || access == Access::Write;
                if let Some(outage) = noted.outage.take_if(is_over) {
                    tracing::info!("the database is back; it could not be used since {}", outage.since);
                    noted.ended = Some(Instant::now());
                    self.came_back.notify_one();
                }
            }
        }
    }

    /// The outage that goes on.
    pub fn outage(&self) -> Option<Outage> {
        self.lock().outage.clone()
    }

    /// Waits until an outage ends, or returns at once if one ended since the last call.
    pub async fn came_back(&self) {
        self.came_back.notified().await;
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
        access: Access,
        attempt: impl Fn() -> F,
    ) -> Result<T, StoreError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let done = attempt().await;
            self.note(access, &done);
            match done {
                Err(error) if error.may_pass() => {
                    tracing::debug!("the database is tried again in {pause:?}: {error}");
                    tokio::time::sleep(pause.mul_f64(rand::random_range(0.5..1.0))).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                done => return done,
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
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
        let insisting = reach.insist(Access::Write, attempt);
        assert_eq!(insisting.await.unwrap(), 7);
        assert_eq!(attempts.load(Ordering::SeqCst), 6);
        assert!(reach.outage().is_none() && reach.came_back_within(Duration::from_secs(1)));
    }

    #[tokio::test]
    async fn what_is_refused_is_not_repeated() {
        let reach = Reach::default();
        let refused = reach.insist(Access::Write, async || Err::<(), _>(StoreError::Fenced("b".into()))).await;
        assert!(matches!(refused, Err(StoreError::Fenced(_))) && reach.outage().is_none());
    }

    #[test]
    fn an_outage_lasts_until_an_attempt_succeeds() {
        let reach = Reach::default();
        reach.note::<()>(Access::Read, &Err(gone()));
        let since = reach.outage().unwrap().since;
        reach.note::<()>(Access::Read, &Err(gone()));
        assert_eq!(reach.outage().unwrap().since, since);
        reach.note(Access::Read, &Ok(()));
        assert!(reach.outage().is_none());
    }

    #[test]
    fn a_database_that_can_be_read_and_not_written_is_still_out() {
        let reach = Reach::default();
        reach.note::<()>(Access::Read, &Err(gone()));
        reach.note::<()>(Access::Write, &Err(gone()));
        reach.note(Access::Read, &Ok(()));
        assert!(reach.outage().is_some());
        reach.note(Access::Write, &Ok(()));
        assert!(reach.outage().is_none());
    }
}
