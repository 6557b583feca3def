//! How a strategy is doing: its figures, and whether it is to be trusted, taken back, or left alone for a while.

use super::runtime::{CallError, Checked, Usage};
use crate::telemetry;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Calls that a strategy is on probation for after it became active.
pub const PROBATION_CALLS: u32 = 20;
/// Traps and limit hits in that time that take it back.
pub const PROBATION_FAULTS: u32 = 3;
/// Calls after which more than half of them failed takes it back too.
const PROBATION_SAMPLE: u32 = 5;
/// How long a strategy that keeps failing is left alone at first; twice as long each time it fails again.
pub const COOL_DOWN: Duration = Duration::from_secs(30);
const MAX_COOL_DOWN: Duration = Duration::from_secs(900);

/// What a strategy did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// It ran past its wall time.
    Time,
    /// It trapped.
    Trap,
    /// Its answer broke a bound.
    Bound,
    /// It answered with an error.
    Error,
}

impl Fault {
    /// The name in figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Trap => "trap",
            Self::Bound => "bound",
            Self::Error => "error",
        }
    }
}

/// What a strategy did since it was loaded.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Calls of plan and interpret.
    pub calls: u64,
    /// Their time in all.
    pub time: Duration,
    /// The longest.
    pub longest: Duration,
    /// The most memory a call took, in bytes.
    pub memory: usize,
    /// Failed calls by kind.
    pub faults: BTreeMap<Fault, u64>,
    /// Tracks it decided.
    pub decided: u64,
    /// Tracks it passed on.
    pub passed: u64,
    /// Tracks it asked a model about.
    pub asked: u64,
    /// What it said that cannot be true.
    pub dropped: u64,
}

/// Whether a strategy is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It became active a few calls ago.
    Probation {
        /// Calls so far.
        calls: u32,
        /// Traps and limit hits.
        faults: u32,
        /// Errors it answered with.
        errors: u32,
    },
    /// It failed its probation; the reason.
    Failed(String),
    /// It passed.
    Trusted {
        /// Failed calls in a row.
        failures: u32,
    },
    /// It kept failing, and is left alone until then.
    Bypassed {
        /// When one call is tried again.
        until: Instant,
        /// How long it is left alone.
        cool_down: Duration,
        /// Whether a call is being tried.
        trying: bool,
        /// Its last failure.
        reason: String,
    },
}

impl Standing {
    /// Every name.
    pub const NAMES: [&str; 4] = ["probation", "failed", "trusted", "bypassed"];

    /// The name in the API and in figures.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Probation { .. } => "probation",
            Self::Failed(_) => "failed",
            Self::Trusted { .. } => "trusted",
            Self::Bypassed { .. } => "bypassed",
        }
    }
}

/// What all strategies of a host share: when one that keeps failing is left alone, and who is told.
#[derive(Debug, Clone)]
pub struct Troubles {
    /// Failures in a row after which a trusted strategy is left alone for a while.
    pub bypass_after: u32,
    /// Told whenever a standing changes.
    pub changed: Arc<Notify>,
}

impl Default for Troubles {
    fn default() -> Self {
        Self { bypass_after: 10, changed: Arc::default() }
    }
}

/// A strategy's figures and standing.
#[derive(Debug)]
pub struct Health {
    name: String,
    /// The name in figures.
    label: String,
    troubles: Troubles,
    state: Mutex<(Figures, Standing)>,
}

impl Health {
    /// The health of a strategy that was just loaded, which is trusted until it is put on probation.
    #[must_use]
    pub fn new(name: &str, troubles: Troubles) -> Self {
        let state = Mutex::new((Figures::default(), Standing::Trusted { failures: 0 }));
        Self { name: name.to_owned(), label: telemetry::strategy(name), troubles, state }
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.lock().0.clone()
    }

    /// The standing now.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.lock().1.clone()
    }

    /// Starts its probation.
    pub fn put_on_probation(&self) {
        self.lock().1 = Standing::Probation { calls: 0, faults: 0, errors: 0 };
    }

    /// Ends a probation it failed where nothing better could take its place: from here on it may be bypassed.
    pub fn keep(&self) {
        self.lock().1 = Standing::Trusted { failures: 0 };
    }

    /// Whether a failure now is the swap's fault, not the track's.
    #[must_use]
    pub fn is_on_probation(&self) -> bool {
        matches!(self.lock().1, Standing::Probation { .. } | Standing::Failed(_))
    }

    /// Whether it may be called, or why not. When the time it is left alone for has passed, one caller may try.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn admit_call(&self) -> Result<(), String> {
        let mut state = self.lock();
        let Standing::Bypassed { until, cool_down, trying, reason } = &mut state.1 else { return Ok(()) };
        if *until <= Instant::now() {
            (*until, *trying) = (Instant::now() + *cool_down, true);
            return Ok(());
        }
        Err(format!("strategy {} is left alone after failing again and again: {reason}", self.name))
    }

    /// Counts a call.
    pub fn record(&self, function: &'static str, usage: Usage, answer: &Result<Checked, CallError>) {
        self.publish(function, usage, answer);
        let mut state = self.lock();
        let (figures, standing) = &mut *state;
        figures.add(usage, answer);
        let next = match answer {
            Ok(_) => Some(standing.after_success()),
            Err(error) => error
                .fault()
                .map(|fault| standing.after_failure(fault, &error.to_string(), self.troubles.bypass_after.max(1))),
        };
        if let Some(next) = next
            && next != *standing
        {
            let tell = next.name() != standing.name();
            *standing = next;
            drop(state);
            if tell {
                self.troubles.changed.notify_one();
            }
        }
    }

    /// Counts what became of the tracks it was shown.
    pub fn record_tracks(&self, decided: usize, asked: usize, passed: usize) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let (decided, asked, passed) = (count(decided), count(asked), count(passed));
        {
            let figures = &mut self.lock().0;
            figures.decided += decided;
            figures.asked += asked;
            figures.passed += passed;
        }
        for (outcome, n) in [("decided", decided), ("asked", asked), ("passed", passed)] {
            self.counter("liner_strategy_tracks_total", "outcome", outcome).increment(n);
        }
    }

    fn publish(&self, function: &'static str, usage: Usage, answer: &Result<Checked, CallError>) {
        metrics::histogram!("liner_strategy_call_seconds", "strategy" => self.label.clone(), "function" => function)
            .record(usage.time.as_secs_f64());
        match answer {
            Ok(checked) if !checked.dropped.is_empty() => self
                .counter("liner_strategy_dropped_total", "function", function)
                .increment(u64::try_from(checked.dropped.len()).unwrap_or(u64::MAX)),
            Err(error) => {
                if let Some(fault) = error.fault() {
                    self.counter("liner_strategy_faults_total", "kind", fault.name()).increment(1);
                }
            }
            Ok(_) => {}
        }
    }

    fn counter(&self, name: &'static str, key: &'static str, value: &'static str) -> metrics::Counter {
        metrics::counter!(name, "strategy" => self.label.clone(), key => value)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Figures, Standing)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Figures {
    fn add(&mut self, usage: Usage, answer: &Result<Checked, CallError>) {
        self.calls += 1;
        self.time += usage.time;
        self.longest = self.longest.max(usage.time);
        self.memory = self.memory.max(usage.memory);
        match answer {
            Ok(checked) => self.dropped += u64::try_from(checked.dropped.len()).unwrap_or(u64::MAX),
            Err(error) => {
                if let Some(fault) = error.fault() {
                    *self.faults.entry(fault).or_default() += 1;
                }
            }
        }
    }
}

impl Standing {
    fn after_success(&self) -> Self {
        match *self {
            Self::Probation { calls, .. } if calls + 1 >= PROBATION_CALLS => Self::Trusted { failures: 0 },
            Self::Probation { calls, faults, errors } => Self::Probation { calls: calls + 1, faults, errors },
            Self::Failed(_) => self.clone(),
            Self::Trusted { .. } | Self::Bypassed { .. } => Self::Trusted { failures: 0 },
        }
    }

    fn after_failure(&self, fault: Fault, reason: &str, bypass_after: u32) -> Self {
        match *self {
            Self::Probation { calls, faults, errors } => {
                let calls = calls + 1;
                let (faults, errors) = if fault == Fault::Error { (faults, errors + 1) } else { (faults + 1, errors) };
                let too_many = calls >= PROBATION_SAMPLE && (faults + errors) * 2 > calls;
                if faults >= PROBATION_FAULTS || too_many {
                    return Self::Failed(format!(
                        "{} of its first {calls} calls failed, the last one: {reason}",
                        faults + errors
                    ));
                }
                if calls >= PROBATION_CALLS {
                    return Self::Trusted { failures: 1 };
                }
                Self::Probation { calls, faults, errors }
            }
            Self::Failed(_) => self.clone(),
            Self::Trusted { failures } if failures + 1 < bypass_after => Self::Trusted { failures: failures + 1 },
            Self::Trusted { .. } => Self::bypassed(COOL_DOWN, reason),
            Self::Bypassed { trying: false, .. } => self.clone(),
            Self::Bypassed { cool_down, .. } => Self::bypassed((cool_down * 2).min(MAX_COOL_DOWN), reason),
        }
    }

    fn bypassed(cool_down: Duration, reason: &str) -> Self {
        Self::Bypassed { until: Instant::now() + cool_down, cool_down, trying: false, reason: reason.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health() -> Health {
        let health = Health::new("s", Troubles { bypass_after: 3, ..Troubles::default() });
        health.put_on_probation();
        health
    }

    fn succeed(health: &Health, times: u32) {
        (0..times).for_each(|_| health.record("plan", Usage::default(), &Ok(Checked::default())));
    }

    fn fail(health: &Health, error: bool) {
        let (strategy, function) = ("s".to_owned(), "plan");
        let error = if error {
            CallError::Refused { strategy, function, reason: "no".into() }
        } else {
            CallError::Trapped { strategy, function, cause: "unreachable".into() }
        };
        health.record("plan", Usage::default(), &Err(error));
    }

    #[tokio::test(start_paused = true)]
    async fn three_traps_on_probation_are_too_many_and_two_are_not() {
        let health = health();
        fail(&health, false);
        fail(&health, false);
        succeed(&health, 17);
        assert_eq!(health.standing().name(), "probation");
        fail(&health, false);
        assert!(matches!(health.standing(), Standing::Failed(reason) if reason.contains("unreachable")));
        let other = self::health();
        fail(&other, false);
        fail(&other, false);
        succeed(&other, 18);
        assert_eq!(other.standing().name(), "trusted");
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_rate_above_half_is_too_high() {
        let health = health();
        succeed(&health, 2);
        fail(&health, true);
        fail(&health, true);
        assert_eq!(health.standing().name(), "probation");
        fail(&health, true);
        assert_eq!(health.standing().name(), "failed");
    }

    #[tokio::test(start_paused = true)]
    async fn a_trusted_one_that_keeps_failing_is_left_alone_longer_each_time() {
        let health = health();
        succeed(&health, 20);
        fail(&health, false);
        fail(&health, false);
        succeed(&health, 1);
        fail(&health, false);
        fail(&health, false);
        assert!(health.admit_call().is_ok(), "never three in a row");
        fail(&health, false);
        assert!(health.admit_call().is_err());
        tokio::time::advance(COOL_DOWN).await;
        assert!(health.admit_call().is_ok(), "one call is tried");
        assert!(health.admit_call().is_err(), "and no other before it came back");
        fail(&health, false);
        tokio::time::advance(COOL_DOWN).await;
        assert!(health.admit_call().is_err(), "twice as long this time");
        tokio::time::advance(COOL_DOWN).await;
        assert!(health.admit_call().is_ok());
        succeed(&health, 1);
        assert_eq!(health.standing().name(), "trusted");
    }
}
