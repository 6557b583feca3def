//! A circuit that opens after failures in a row, so that a provider that is down is not asked by everyone all the time.
//!
//! While it is open nothing is sent. Then one call is let through (half open): if it is answered the circuit closes, else
//! it opens again, for twice as long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Failures in a row that open it. Each is a call with all its repetitions.
const FAILURES: u32 = 5;
/// How long it stays open at first; twice as long every time after that.
const FIRST_REST: Duration = Duration::from_secs(30);
/// The longest it stays open.
const LONGEST_REST: Duration = Duration::from_secs(300);
/// How long others wait for the one call that is let through.
const TRIAL_REST: Duration = Duration::from_secs(2);

#[derive(Debug, Default)]
struct Circuit {
    failures: u32,
    /// How often in a row it opened.
    opened: u32,
    until: Option<Instant>,
    /// The number of the one call that is under way.
    trial: Option<u64>,
    /// Calls that were let through to try.
    trials: u64,
}

/// A circuit.
#[derive(Debug, Default)]
pub struct Breaker(Mutex<Circuit>);

impl Circuit {
    fn ready(&self) -> Result<(), Duration> {
        let left = self.until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
        match self.trial {
            _ if !left.is_zero() => Err(left),
            Some(_) => Err(TRIAL_REST),
            None => Ok(()),
        }
    }
}

/// What a circuit is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Calls go through.
    Closed,
    /// None does, for so long yet.
    Open(Duration),
    /// One does, or is awaited.
    HalfOpen,
}

impl State {
    /// Its name, as status and figures write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open(_) => "open",
            Self::HalfOpen => "half-open",
        }
    }
}

/// A call that was let through. One that ends without saying how it went lets another one try.
#[derive(Debug)]
pub struct Passage<'a> {
    breaker: &'a Breaker,
    trial: Option<u64>,
}

impl Breaker {
    /// Lets a call through.
    ///
    /// # Errors
    /// For how long none is.
    pub fn admit(&self) -> Result<Passage<'_>, Duration> {
        let mut circuit = self.lock();
        circuit.ready()?;
        if circuit.until.is_none() {
            return Ok(Passage { breaker: self, trial: None });
        }
        circuit.trials += 1;
        circuit.trial = Some(circuit.trials);
        Ok(Passage { breaker: self, trial: circuit.trial })
    }

    /// Whether it would let a call through.
    ///
    /// # Errors
    /// For how long it would not.
    pub fn ready(&self) -> Result<(), Duration> {
        self.lock().ready()
    }

    /// What it is doing.
    #[must_use]
    pub fn state(&self) -> State {
        match self.lock().until.map(|until| until.saturating_duration_since(Instant::now())) {
            None => State::Closed,
            Some(left) if left.is_zero() => State::HalfOpen,
            Some(left) => State::Open(left),
        }
    }

    /// Closes it, because someone says that the provider is well.
    pub fn close(&self) {
        let mut circuit = self.lock();
        *circuit = Circuit { trials: circuit.trials, ..Circuit::default() };
    }

    fn fail(&self, was_trial: bool) {
        let mut circuit = self.lock();
        circuit.failures += 1;
        if was_trial || (circuit.until.is_none() && circuit.failures >= FAILURES) {
            let rest = FIRST_REST.saturating_mul(2u32.saturating_pow(circuit.opened)).min(LONGEST_REST);
            circuit.opened += 1;
            circuit.until = Some(Instant::now() + rest);
            tracing::warn!(failures = circuit.failures, "the model is not asked for {rest:?}: it keeps failing");
        }
    }

    fn lock(&self) -> MutexGuard<'_, Circuit> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Passage<'_> {
    /// The provider answered, if only with a refusal: it is there.
    pub fn answered(self) {
        self.breaker.close();
    }

    /// The provider failed.
    pub fn failed(self) {
        self.breaker.fail(self.trial.is_some());
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if self.trial.is_some() {
            self.breaker.lock().trial.take_if(|trial| Some(*trial) == self.trial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.admit().unwrap().failed();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn it_opens_after_failures_in_a_row_and_lets_one_call_try() {
        let breaker = Breaker::default();
        fail(&breaker, FAILURES - 1);
        breaker.admit().unwrap().answered();
        fail(&breaker, FAILURES - 1);
        assert_eq!(breaker.state(), State::Closed, "an answer in between begins anew");
        fail(&breaker, 1);
        assert_eq!((breaker.admit().unwrap_err(), breaker.state().name()), (FIRST_REST, "open"));

        tokio::time::advance(FIRST_REST).await;
        let trial = breaker.admit().unwrap();
        assert_eq!((breaker.admit().unwrap_err(), breaker.state()), (TRIAL_REST, State::HalfOpen));
        trial.failed();
        assert_eq!(breaker.admit().unwrap_err(), FIRST_REST * 2, "it rests longer every time");

        tokio::time::advance(FIRST_REST * 2).await;
        breaker.admit().unwrap().answered();
        assert_eq!(breaker.state(), State::Closed);
        breaker.admit().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_trial_that_is_given_up_lets_another_call_try() {
        let breaker = Breaker::default();
        fail(&breaker, FAILURES);
        tokio::time::advance(FIRST_REST).await;
        drop(breaker.admit().unwrap());
        breaker.admit().unwrap().answered();
    }

    #[tokio::test(start_paused = true)]
    async fn calls_that_were_under_way_when_it_opened_do_not_open_it_twice() {
        let breaker = Breaker::default();
        let late = breaker.admit().unwrap();
        fail(&breaker, FAILURES);
        late.failed();
        assert_eq!(breaker.admit().unwrap_err(), FIRST_REST);
    }
}
