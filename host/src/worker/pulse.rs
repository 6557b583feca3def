//! Whether what must never stand still moves: the loop that looks at the queue, and the one that says to the database that
//! this host lives. Whoever watches over the process restarts one that does not.
//!
//! Each loop beats where it waits on purpose, and not while it waits for an answer of the database or holds its thread. A
//! timer beside the loops would go on when they do not.

use crate::store::Terms;
use std::fmt;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// How often a loop that waits on purpose beats.
const BEAT: Duration = Duration::from_secs(1);

/// How many calls of the database may come between two beats, each as slow as is allowed.
const CALLS: u32 = 4;

/// What must not stand still.
#[derive(Debug)]
pub struct Pulse {
    /// The loop that looks at the queue.
    pub worker: Beats,
    /// The loop that writes that this host lives.
    pub database: Beats,
    patience: Duration,
}

/// What stands still, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standstill {
    part: &'static str,
    time: Duration,
}

impl fmt::Display for Standstill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} has stood still for {} s", self.part, self.time.as_secs())
    }
}

impl Default for Pulse {
    fn default() -> Self {
        Self::of(&Terms::default())
    }
}

impl Pulse {
    /// One whose patience outlasts a database that is slow or away: its calls end by themselves within these terms.
    #[must_use]
    pub fn of(terms: &Terms) -> Self {
        let patience = (terms.connect_timeout + terms.statement_timeout) * CALLS + 2 * BEAT;
        Self { worker: Beats::default(), database: Beats::default(), patience }
    }

    /// What stands still, if anything does.
    #[must_use]
    pub fn standstill(&self) -> Option<Standstill> {
        let parts = [("the worker's loop", &self.worker), ("the loop that writes to the database", &self.database)];
        let still = |(part, beats): (&'static str, &Beats)| Some(Standstill { part, time: beats.silence()? });
        parts.into_iter().filter_map(still).find(|standstill| standstill.time > self.patience)
    }
}

/// The beats of one loop; of one that does not run, none is missed.
#[derive(Debug, Default)]
pub struct Beats(Mutex<Option<Instant>>);

impl Beats {
    /// Waits for something on purpose, and beats meanwhile.
    pub async fn during<T>(&self, wait: impl Future<Output = T>) -> T {
        let mut wait = pin!(wait);
        loop {
            self.beat();
            if let Ok(waited) = tokio::time::timeout(BEAT, &mut wait).await {
                self.beat();
                return waited;
            }
        }
    }

    /// Beats once: the loop has come on.
    pub fn beat(&self) {
        self.set(Some(Instant::now()));
    }

    /// The loop has ended.
    pub fn end(&self) {
        self.set(None);
    }

    fn silence(&self) -> Option<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).map(|last| last.elapsed())
    }

    fn set(&self, last: Option<Instant>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = last;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;

    /// The default terms': four calls of 15 s, and two beats.
    const PATIENCE: Duration = Duration::from_secs(62);

    async fn pass(time: Duration) {
        tokio::time::sleep(time).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_waits_on_purpose_beats_for_as_long_as_it_waits() {
        let pulse = Pulse::default();
        pulse.worker.during(pass(Duration::from_secs(86_400))).await;
        pass(PATIENCE).await;
        assert_eq!(pulse.standstill(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_does_not_come_back_to_its_wait_stands_still_after_a_while() {
        let pulse = Pulse::default();
        pulse.worker.beat();
        pulse.database.beat();
        pass(PATIENCE - BEAT).await;
        pulse.worker.beat();
        pass(2 * BEAT).await;
        let standstill = pulse.standstill().unwrap().to_string();
        assert_eq!(standstill, "the loop that writes to the database has stood still for 63 s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_never_ran_or_has_ended_misses_no_beat() {
        let pulse = Pulse::default();
        pass(2 * PATIENCE).await;
        assert_eq!(pulse.standstill(), None);
        pulse.worker.beat();
        pulse.worker.end();
        pass(2 * PATIENCE).await;
        assert_eq!(pulse.standstill(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_that_is_dropped_beats_no_more() {
        let pulse = Pulse::default();
        let dropped = tokio::time::timeout(Duration::from_secs(1), pulse.database.during(pending::<()>())).await;
        assert!(dropped.is_err());
        pass(PATIENCE + BEAT).await;
        assert!(pulse.standstill().is_some());
    }

    #[test]
    fn a_slow_database_is_given_more_time() {
        let slow = Terms { statement_timeout: Duration::from_secs(600), ..Terms::default() };
        assert!(Pulse::of(&slow).patience > 4 * slow.statement_timeout);
    }
}
