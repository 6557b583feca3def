//! What a worker works with, and what it keeps in mind while it does.

use super::pulse::Pulse;
use super::reach::{Outage, Reach};
use super::scheduler::NextRun;
use super::shadow;
use super::stats::Stats;
use super::submission::Batches;
use crate::config::WorkerSettings;
use crate::crawl::PageReader;
use crate::crawl::Syncer;
use crate::model::Gateway;
use crate::music::Field;
use crate::rollout::Rollout;
use crate::store::{BatchId, HostId, Priorities, Store, StoreError, Terms, Waiting, Want};
use crate::telemetry::Traces;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, watch};
use tokio::time::Instant;

/// The host's parts that a worker works with.
pub struct Context {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Which strategies, and where they run.
    pub rollout: Rollout,
    /// Whom to ask.
    pub gateway: Arc<Gateway>,
    /// What an entry must have.
    pub required: Vec<Field>,
    /// How to go about it.
    pub settings: WorkerSettings,
    /// Who this is.
    pub host: HostId,
    /// Who reads pages, if any are to be read.
    pub pages: Option<PageReader>,
    /// Who syncs channels, where that is done.
    pub channels: Option<Arc<Syncer>>,
    /// What is told of batches.
    pub traces: Traces,
    /// Whether what must never stand still moves.
    pub pulse: Pulse,
    /// Whether the database is there.
    pub(super) reach: Reach,
    pub(super) wake: Notify,
    /// Told when questions wait for a provider's batch.
    pub(super) parked: Notify,
    /// What is kept in mind about them.
    pub batches: Batches,
    /// Runs that let questions wait for one.
    pub(super) collecting: AtomicUsize,
    /// Whether an operator said that this host takes nothing more.
    pub(super) draining: watch::Sender<bool>,
    /// When there may be money again, after it was spent.
    pub(super) paid_again: watch::Sender<Option<Instant>>,
    /// Held while batches are claimed and noted: what is claimed and not noted then is a stray.
    pub(super) claiming: tokio::sync::Mutex<()>,
    /// Batches that are being worked on.
    pub(super) in_flight: Mutex<HashSet<BatchId>>,
    /// What is left over of the share that is claimed by age alone.
    pub(super) aged: AtomicU32,
    /// How many more batches candidates may be behind.
    pub(super) behind: Arc<Semaphore>,
    pub(super) stats: Stats,
    pub(super) next: NextRun,
    pub(super) active_runs: watch::Sender<usize>,
    pub(super) last_run: Mutex<Option<jiff::Timestamp>>,
}

impl Context {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        rollout: Rollout,
        gateway: Gateway,
        required: Vec<Field>,
        settings: WorkerSettings,
    ) -> Self {
        Self {
            store,
            rollout,
            gateway: Arc::new(gateway),
            required,
            settings,
            host: HostId::new(),
            pages: None,
            channels: None,
            traces: Traces::off(),
            pulse: Pulse::default(),
            reach: Reach::default(),
            wake: Notify::new(),
            parked: Notify::new(),
            batches: Batches::default(),
            collecting: AtomicUsize::new(0),
            draining: watch::Sender::new(false),
            paid_again: watch::Sender::new(None),
            claiming: tokio::sync::Mutex::default(),
            in_flight: Mutex::default(),
            aged: AtomicU32::new(0),
            behind: Arc::new(Semaphore::new(shadow::BEHIND)),
            stats: Stats::default(),
            next: NextRun::default(),
            active_runs: watch::Sender::new(0),
            last_run: Mutex::new(None),
        }
    }

    /// Reads the pages of links that came without what they say.
    #[must_use]
    pub fn reading(self, pages: PageReader) -> Self {
        Self { pages: Some(pages), ..self }
    }

    /// Syncs channels.
    #[must_use]
    pub fn syncing(self, channels: Syncer) -> Self {
        Self { channels: Some(Arc::new(channels)), ..self }
    }

    /// Tells a collector of its batches.
    #[must_use]
    pub fn tracing(self, traces: Traces) -> Self {
        Self { traces, ..self }
    }

    /// Talks to a database on other terms than the usual ones.
    #[must_use]
    pub fn on_terms(self, terms: &Terms) -> Self {
        Self { pulse: Pulse::of(terms), ..self }
    }

    /// Looks at the queue at once, and for pages.
    pub(super) fn wake_all(&self) {
        self.wake.notify_one();
        self.pages.iter().for_each(PageReader::wake);
    }

    /// Why the database cannot be used, while it cannot.
    #[must_use]
    pub fn outage(&self) -> Option<Outage> {
        self.reach.outage()
    }

    /// The batches that are being worked on.
    #[must_use]
    pub fn held(&self) -> Vec<BatchId> {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Notes that a batch is being worked on, for as long as what is returned is kept.
    pub(super) fn hold(self: &Arc<Self>, batch: &BatchId) -> Hold {
        self.in_flight.lock().unwrap_or_else(PoisonError::into_inner).insert(batch.clone());
        Hold { context: self.clone(), batch: batch.clone() }
    }

    /// What to claim: so many batches of so many tracks, a tenth of all tracks by age alone in the long run.
    pub(super) fn want(
        &self,
        size: u32,
        batches: u32,
        revision: i64,
        even_paused: bool,
        priorities: Priorities,
    ) -> Want {
        let before = self.aged.fetch_add(size * batches, Ordering::Relaxed);
        let aged = (before % Want::AGED_SHARE + size * batches) / Want::AGED_SHARE;
        Want { host: self.host.clone(), size, batches, aged, revision, even_paused, priorities }
    }

    /// Lets tracks go on that waited for a provider which was blocked for a reason and is tried again; blocks it again
    /// where they could not, as nobody else would.
    pub(super) async fn release_provider(&self, was_blocked: Option<String>) -> Result<(), StoreError> {
        let Some(reason) = was_blocked else { return Ok(()) };
        let released = self.store.release_waiting(Waiting::Provider).await;
        released.map(drop).inspect_err(|_| self.gateway.block(&reason))
    }

    /// Whether more questions may come that wait for a provider's batch.
    pub(super) fn is_collecting(&self) -> bool {
        self.collecting.load(Ordering::SeqCst) > 0
    }

    /// Notes that there is no money for so many milliseconds; until someone gives more when that is not said.
    pub(super) fn spent(&self, ms: Option<i64>) {
        let wait = ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        self.paid_again.send_replace(wait.map(|wait| Instant::now() + wait));
    }
}

/// Kept while a batch is being worked on.
pub struct Hold {
    context: Arc<Context>,
    batch: BatchId,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.context.in_flight.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.batch);
    }
}
