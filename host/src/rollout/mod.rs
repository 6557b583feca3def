//! Which strategies run: every change is built aside, admitted, recorded in the store, and only then made active.
//!
//! The newest revision in the store is the truth; a restart and every other host come up with it. A batch keeps the
//! pipeline it began with.

mod change;
mod compare;
mod folder;
mod guard;
mod news;

pub use change::{Installed, Place, Upload, Why};
pub use compare::{Comparison, Disagreement, FieldAgreement, Side};
pub use folder::dropped;

use crate::digest::Digest;
use crate::store::{Cause, EventKind, Plugin, Revision, Store, StoreError, Waiting};
use crate::strategy::admission::{self, Refusal, Terms};
use crate::strategy::cache::Cache;
use crate::strategy::lineup::{Entry, Lineup, LineupError};
use crate::strategy::registry::Registry;
use crate::strategy::runtime::Runtime;
use crate::strategy::{Pipeline, Strategy, Trial, bundled};
use crate::telemetry;
use futures_util::FutureExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::Notify;

/// The longest an admission may take; a guest that waits in WASI cannot be interrupted.
const ADMISSION: Duration = Duration::from_secs(300);

/// Why the strategies were not changed. What runs is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// A component was not admitted.
    #[error("{what} was not admitted, at step {refusal}")]
    Refused {
        /// Its name, file or digest.
        what: String,
        /// The step, and why.
        refusal: Refusal,
    },
    /// Admission did not come to its end.
    #[error("{what} was not admitted: {reason}")]
    Unfinished {
        /// Its name, file or digest.
        what: String,
        /// Why.
        reason: String,
    },
    /// The lineup cannot be changed so.
    #[error(transparent)]
    Lineup(#[from] LineupError),
    /// There is no such plugin, or more than one.
    #[error("{0}")]
    Unknown(String),
    /// There is nothing to go back to.
    #[error("revision {0} has nothing before it")]
    NothingBefore(i64),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What may go on after a swap: another strategy may work, and may decide what needed a model before.
const AFTER_A_SWAP: [Waiting; 2] = [Waiting::Strategy, Waiting::Provider];

/// A component with its terms: what is loaded once, however many revisions name it.
type Key = (Digest, Option<String>, bool);

struct Shared {
    store: Arc<dyn Store>,
    runtime: Runtime,
    cache: Cache,
    registry: Registry,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
    /// What is in use; it is dropped with its last batch.
    loaded: Mutex<HashMap<Key, Weak<Strategy>>>,
    /// A newest revision that this host could not load.
    rejected: Mutex<Option<i64>>,
    swapped: Notify,
}

/// The strategies of a host, and every way to change them. Cheap to clone.
#[derive(Clone)]
pub struct Rollout {
    shared: Arc<Shared>,
}

impl Rollout {
    /// Loads the newest revision, or the bundled strategies where there is none. One that cannot be loaded here is left
    /// aside for the one before it: a host that starts must work.
    ///
    /// # Errors
    /// When the store fails, or this machine cannot run even the bundled strategies.
    pub async fn open(store: Arc<dyn Store>, runtime: Runtime, cache: Cache) -> Result<Self, RolloutError> {
        let nothing = Pipeline { revision: 0, lineup: Lineup::default(), strategies: Vec::new(), trials: Vec::new() };
        let shared = Shared {
            store,
            runtime,
            cache,
            registry: Registry::new(nothing),
            changing: tokio::sync::Mutex::default(),
            loaded: Mutex::default(),
            rejected: Mutex::default(),
            swapped: Notify::new(),
        };
        let rollout = Self { shared: Arc::new(shared) };
        rollout.start().await?;
        // What it began with is no change that anybody would have to hear of.
        let _ = rollout.shared.swapped.notified().now_or_never();
        Ok(rollout)
    }

    async fn start(&self) -> Result<(), RolloutError> {
        let Some(newest) = self.store().pipeline(None).await? else {
            self.change(&Why::host(Cause::Start), |_| Ok(bundled::lineup())).await?;
            return Ok(());
        };
        let is_outdated = |lineup: Lineup| bundled::upgraded(lineup.clone()) != lineup;
        if Lineup::from_json(&newest.entries).is_ok_and(is_outdated) {
            // What came with another binary is replaced by what came with this one.
            let upgraded = |lineup: &Lineup| Ok(bundled::upgraded(lineup.clone()));
            match self.change(&Why::host(Cause::Upgrade), upgraded).await {
                Ok(_) => return Ok(()),
                Err(RolloutError::Store(error)) => return Err(error.into()),
                Err(error) => tracing::error!("the bundled strategies were not upgraded: {error}"),
            }
        }
        let mut revision = newest;
        loop {
            match self.load_revision(&revision).await {
                Ok(pipeline) => {
                    self.adopt(pipeline, &revision);
                    break;
                }
                Err(RolloutError::Store(error)) => return Err(error.into()),
                Err(error) => {
                    self.reject(revision.revision, &error).await;
                    let before = match revision.parent {
                        Some(parent) => self.store().pipeline(Some(parent)).await?,
                        None => None,
                    };
                    let Some(before) = before else {
                        let pipeline = self.build(revision.revision, bundled::lineup()).await?;
                        self.adopt(pipeline, &revision);
                        break;
                    };
                    revision = before;
                }
            }
        }
        Ok(())
    }

    /// The pipeline as it is now. A batch takes it once.
    #[must_use]
    pub fn active(&self) -> Arc<Pipeline> {
        self.shared.registry.active()
    }

    /// Where strategies run.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.shared.runtime
    }

    /// Completes when the pipeline was changed since this was last awaited.
    pub async fn swapped(&self) {
        self.shared.swapped.notified().await;
    }

    /// The pipeline of a revision, for a batch that began with it.
    ///
    /// # Errors
    /// When it is not in the store, or cannot be loaded.
    pub async fn pipeline_of(&self, revision: i64) -> Result<Arc<Pipeline>, RolloutError> {
        let active = self.active();
        if active.revision == revision {
            return Ok(active);
        }
        let Some(recorded) = self.store().pipeline(Some(revision)).await? else {
            return Err(RolloutError::Unknown(format!("revision {revision} is not in the store")));
        };
        Ok(Arc::new(self.load_revision(&recorded).await?))
    }

    /// Takes over what another program made the newest revision.
    pub async fn follow(&self) {
        let _one_at_a_time = self.shared.changing.lock().await;
        let newest = match self.store().pipeline(None).await {
            Ok(Some(newest)) => newest,
            Ok(None) => return,
            Err(error) => return tracing::warn!("the newest revision of the pipeline was not read: {error}"),
        };
        let rejected = *self.shared.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.revision == self.active().revision || rejected == Some(newest.revision) {
            return;
        }
        match self.load_revision(&newest).await {
            Ok(pipeline) => {
                self.adopt(pipeline, &newest);
                self.release(&AFTER_A_SWAP).await;
            }
            Err(error) => self.reject(newest.revision, &error).await,
        }
    }

    async fn reject(&self, revision: i64, error: &RolloutError) {
        *self.shared.rejected.lock().unwrap_or_else(PoisonError::into_inner) = Some(revision);
        tracing::error!(revision, "a revision of the pipeline cannot be loaded here, and another one runs: {error}");
        self.tell(EventKind::Rejected, &format!("revision {revision}"), &error.to_string()).await;
    }

    async fn load_revision(&self, revision: &Revision) -> Result<Pipeline, RolloutError> {
        let lineup = Lineup::from_json(&revision.entries)
            .map_err(|error| StoreError::Corrupt(format!("revision {}: {error}", revision.revision)))?;
        self.build(revision.revision, lineup).await
    }

    /// Loads what a lineup names. What is loaded already is taken as it is, with its figures and its standing.
    async fn build(&self, revision: i64, lineup: Lineup) -> Result<Pipeline, RolloutError> {
        let strategies = self.load_all(&lineup.active).await?;
        let mut trials = Vec::new();
        for candidate in &lineup.candidates {
            let strategies = self.load_all(&lineup.with_candidate(candidate)).await?;
            let strategy = self.load(&candidate.entry).await?;
            trials.push(Trial { candidate: candidate.clone(), strategy, strategies });
        }
        Ok(Pipeline { revision, lineup, strategies, trials })
    }

    async fn load_all(&self, entries: &[Entry]) -> Result<Vec<Arc<Strategy>>, RolloutError> {
        let mut strategies = Vec::with_capacity(entries.len());
        for entry in entries {
            strategies.push(self.load(entry).await?);
        }
        Ok(strategies)
    }

    async fn load(&self, entry: &Entry) -> Result<Arc<Strategy>, RolloutError> {
        let key = (entry.digest.clone(), entry.config.clone(), entry.allow_wasi);
        if let Some(loaded) = self.loaded().get(&key).and_then(Weak::upgrade) {
            return Ok(loaded);
        }
        let what = format!("{}@{}", entry.name, entry.digest.short());
        let bytes = match bundled::bytes_of(&entry.digest) {
            Some(bytes) => bytes.to_vec(),
            None => self
                .store()
                .plugin_bytes(&entry.digest)
                .await?
                .ok_or_else(|| RolloutError::Unknown(format!("{what} is not in the store")))?,
        };
        Ok(self.admit_and_keep(&what, bytes, entry.config.clone(), entry.allow_wasi).await?.0)
    }

    /// Admits a component aside, and keeps its bytes.
    async fn admit_and_keep(
        &self,
        what: &str,
        bytes: Vec<u8>,
        config: Option<String>,
        allow_wasi: bool,
    ) -> Result<(Arc<Strategy>, Plugin), RolloutError> {
        let (strategy, plugin, component) = self.admit(what, bytes, config.clone(), allow_wasi).await?;
        self.store().keep_plugin(&plugin, &component).await?;
        let mut loaded = self.loaded();
        loaded.retain(|_, strategy| strategy.strong_count() > 0);
        loaded.insert((plugin.digest.clone(), config, allow_wasi), Arc::downgrade(&strategy));
        drop(loaded);
        Ok((strategy, plugin))
    }

    /// The active strategies with a component in its place: for a look, as nothing is kept or changed.
    ///
    /// # Errors
    /// [`RolloutError`].
    pub async fn aside(&self, upload: Upload) -> Result<Vec<Arc<Strategy>>, RolloutError> {
        let Upload { bytes, source, config, allow_wasi, .. } = upload;
        let (strategy, plugin, _) = self.admit(&source, bytes, config.clone(), allow_wasi).await?;
        let entry = Entry { name: plugin.name, digest: plugin.digest, config, allow_wasi, bundled: false };
        let active = self.active();
        let lineup = active.lineup.activate(entry, None);
        let known = |entry: &Entry| {
            let at = active.lineup.active.iter().position(|known| known == entry)?;
            active.strategies.get(at).cloned()
        };
        Ok(lineup.active.iter().map(|entry| known(entry).unwrap_or_else(|| strategy.clone())).collect())
    }

    /// Admits a component aside.
    async fn admit(
        &self,
        what: &str,
        bytes: Vec<u8>,
        config: Option<String>,
        allow_wasi: bool,
    ) -> Result<(Arc<Strategy>, Plugin, Vec<u8>), RolloutError> {
        let (runtime, cache) = (self.runtime().clone(), self.shared.cache.clone());
        let admission = tokio::task::spawn_blocking(move || {
            let terms = Terms { config: config.as_deref(), allow_wasi };
            admission::admit_and_report(&runtime, &cache, &bytes, terms)
        });
        let unfinished = |reason: String| RolloutError::Unfinished { what: what.to_owned(), reason };
        let (strategy, report) = tokio::time::timeout(ADMISSION, admission)
            .await
            .map_err(|_| unfinished(format!("it took longer than {} s", ADMISSION.as_secs())))?
            .map_err(|error| unfinished(error.to_string()))?
            .map_err(|refusal| RolloutError::Refused { what: what.to_owned(), refusal })?;
        let description = strategy.description();
        let plugin = Plugin {
            digest: strategy.digest().clone(),
            name: description.name.clone(),
            version: description.version.clone(),
            contract: report.interfaces.contract().unwrap_or_default().to_owned(),
            summary: description.summary.clone(),
            asks_model: description.asks_model,
            size: i64::try_from(report.component.len()).unwrap_or(i64::MAX),
            first_seen_at: 0,
        };
        Ok((strategy, plugin, report.component))
    }

    /// Makes a loaded pipeline the active one. What is new in it is on probation, unless its revision was proven before.
    fn adopt(&self, pipeline: Pipeline, recorded: &Revision) {
        let former = self.active();
        let is_new = |strategy: &Arc<Strategy>| !former.loaded().any(|known| Arc::ptr_eq(known, strategy));
        for strategy in pipeline.loaded().filter(|strategy| is_new(strategy)) {
            if recorded.proven_at.is_none() && !bundled::is_bundled(strategy.digest()) {
                strategy.health().put_on_probation();
            }
            let name = telemetry::strategy(&strategy.description().name);
            metrics::counter!("liner_strategy_swaps_total", "strategy" => name.clone()).increment(1);
            // What did not happen yet is a nought: an alert on an increase would miss the first.
            for name_of in ["liner_strategy_rollbacks_total", "liner_strategy_bypasses_total"] {
                metrics::counter!(name_of, "strategy" => name.clone()).increment(0);
            }
        }
        let (cause, by) = (recorded.cause.clone(), recorded.by.clone());
        let (revision, summary) = (pipeline.revision, pipeline.summary());
        self.shared.registry.replace(pipeline);
        metrics::counter!("liner_pipeline_swaps_total", "cause" => cause.clone()).increment(1);
        tracing::info!(revision, cause, by, "pipeline {summary}");
        self.shared.swapped.notify_one();
    }

    /// Lets go on what waits for a cause that may have ended, and wakes the worker.
    async fn release(&self, causes: &[Waiting]) {
        for cause in causes {
            if let Err(error) = self.store().release_waiting(*cause).await {
                tracing::warn!("tracks that wait ({cause:?}) were not released: {error}");
            }
        }
        self.shared.swapped.notify_one();
    }

    /// Notes an event; that it could not be noted is no reason to stop.
    async fn tell(&self, kind: EventKind, subject: &str, text: &str) {
        if let Err(error) = self.store().record_event(kind, subject, text).await {
            let kind = kind.name();
            tracing::warn!(kind, subject, "an event was not noted: {error}");
            tracing::debug!(kind, subject, "the event that was not noted: {text}");
        }
    }

    fn store(&self) -> &dyn Store {
        self.shared.store.as_ref()
    }

    fn loaded(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Weak<Strategy>>> {
        self.shared.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
