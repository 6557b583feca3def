//! Watches over the strategies that run: takes back what fails its probation, notes what passes it, and lets tracks go on
//! that wait for one that is tried again.

use super::{Rollout, Why};
use crate::store::{Cause, EventKind, Waiting};
use crate::strategy::Strategy;
use crate::strategy::health::Standing;
use crate::telemetry;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How often it looks besides when it is told: for the end of a time that a strategy is left alone.
const LOOK: Duration = Duration::from_secs(1);

/// What was noted already.
#[derive(Default)]
struct Noted {
    /// Strategies that are left alone.
    left_alone: HashSet<String>,
    /// The newest revision that passed its probation.
    proven: i64,
}

impl Rollout {
    /// Watches until it is dropped.
    pub async fn guard(&self) {
        let changed = self.runtime().troubles().changed;
        let mut noted = Noted::default();
        loop {
            // A standing that changes between the look and the wait leaves a permit, so that nothing is missed.
            self.look_after(&mut noted).await;
            tokio::select! {
                () = changed.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn look_after(&self, noted: &mut Noted) {
        let pipeline = self.active();
        for (entry, strategy) in pipeline.lineup.active.iter().zip(&pipeline.strategies) {
            match strategy.health().standing() {
                Standing::Failed(reason) => {
                    let why = Why {
                        reason: Some(format!("{strategy:?} failed its probation: {reason}")),
                        ..Why::host(Cause::AutomaticRollback)
                    };
                    match self.take_back(entry, &why).await {
                        Ok(_) => {
                            metrics::counter!("liner_strategy_rollbacks_total", "strategy" => telemetry::strategy(&entry.name))
                                .increment(1);
                            tracing::error!("{strategy:?} was taken back: it failed its probation");
                            tracing::debug!("{strategy:?} failed its probation: {reason}");
                        }
                        Err(error) => {
                            strategy.health().keep();
                            let text = format!("it fails, and nothing can take its place ({error}): {reason}");
                            tracing::error!("{strategy:?} fails, and nothing can take its place: {error}");
                            self.tell(EventKind::Kept, &entry.name, &text).await;
                        }
                    }
                }
                standing => self.note_bypass(strategy, &standing, &mut noted.left_alone).await,
            }
        }
        for trial in &pipeline.trials {
            let reason = match trial.strategy.health().standing() {
                Standing::Failed(reason) | Standing::Bypassed { reason, .. } => reason,
                Standing::Probation { .. } | Standing::Trusted { .. } => continue,
            };
            let why = Why {
                reason: Some(format!("{:?} failed as a candidate: {reason}", trial.strategy)),
                ..Why::host(Cause::AutomaticRetirement)
            };
            if let Err(error) = self.retire(trial.strategy.digest(), &why).await {
                tracing::error!("{:?} was not retired: {error}", trial.strategy);
            }
        }
        let trusted = |strategy: &Arc<Strategy>| matches!(strategy.health().standing(), Standing::Trusted { .. });
        if noted.proven != pipeline.revision && pipeline.strategies.iter().all(trusted) {
            self.prove(pipeline.revision).await;
            noted.proven = pipeline.revision;
        }
    }

    /// Notes that a strategy is left alone, and when that time is over lets what waits for it go on.
    async fn note_bypass(&self, strategy: &Arc<Strategy>, standing: &Standing, left_alone: &mut HashSet<String>) {
        let name = format!("{strategy:?}");
        match standing {
            Standing::Bypassed { until, reason, cool_down, .. } => {
                if left_alone.insert(name.clone()) {
                    metrics::counter!("liner_strategy_bypasses_total", "strategy" => telemetry::strategy(&strategy.description().name))
                        .increment(1);
                    let seconds = cool_down.as_secs();
                    let text = format!("left alone for {seconds} s, tracks wait for it: {reason}");
                    tracing::error!(seconds, "{name} is left alone for a while, tracks wait for it");
                    tracing::debug!("{name} is {text}");
                    self.tell(EventKind::Bypassed, &strategy.description().name, &text).await;
                }
                if *until <= Instant::now() {
                    self.release(&[Waiting::Strategy]).await;
                }
            }
            _ if left_alone.remove(&name) => {
                self.tell(EventKind::Recovered, &strategy.description().name, "it works again").await;
                self.release(&[Waiting::Strategy]).await;
            }
            _ => {}
        }
    }

    async fn prove(&self, revision: i64) {
        let proven = match self.store().pipeline(Some(revision)).await {
            Ok(Some(recorded)) if recorded.proven_at.is_none() => self.store().prove_pipeline(revision).await,
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        };
        if let Err(error) = proven {
            tracing::warn!(revision, "that the pipeline passed its probation was not noted: {error}");
        }
    }
}
