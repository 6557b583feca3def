//! The worker: looks at the queue on an interval, and whenever something is enqueued, and works off what is due.

mod asking;
mod backlog;
mod batch;
mod board;
mod context;
mod follow;
mod ledger;
mod minutes;
mod part;
mod pulse;
mod reach;
mod rehearsal;
pub mod replay;
mod report;
mod retention;
mod run;
mod scheduler;
mod shadow;
mod stats;
mod submission;

pub use batch::{Job, work};
pub use context::Context;
pub use ledger::Unrecorded;
pub use pulse::{Pulse, Standstill};
use reach::Access;
pub use reach::Outage;
pub use rehearsal::{Put, Rehearsal, Rehearsed};
pub use run::RunReport;
pub use stats::{Totals, percent};
pub use submission::Batches;

use crate::store::{HostId, NewHost, Pause, Settled, StoreError, Waiting};
use crate::time::timestamp;
use backlog::Backlog;
use futures_util::FutureExt;
use pulse::Beats;
use run::Run;
use scheduler::{Schedule, panic_text, run_on};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// How long batches in flight may finish at a stop, before their tracks are given back.
pub const GRACE: Duration = Duration::from_secs(25);

/// How long a status waits for the database before it tells what was last known.
const STATUS_PATIENCE: Duration = Duration::from_secs(2);

/// How long a run by hand reads pages before it works off what is due.
const READING: Duration = Duration::from_secs(60);

/// The pause after a panic of whoever reads pages and channels.
const PANIC_PAUSE: Duration = Duration::from_secs(1);

/// How long candidates may finish after that.
const CANDIDATES_GRACE: Duration = Duration::from_secs(5);

/// How long the last traces may take.
const TRACES_GRACE: Duration = Duration::from_secs(3);

/// How far a host is on its way down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Claims and works.
    Running,
    /// Claims nothing more; what is in flight is finished.
    Stopping,
    /// What is still in flight is given back.
    Cancelled,
}

/// What a command to the worker may find.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It was started before.
    #[error("Worker is already running")]
    AlreadyRunning,
    /// It is disabled or stopped.
    #[error("Worker is not running")]
    NotRunning,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the worker is doing.
#[derive(Debug, Clone)]
pub struct Status {
    /// Whether it is configured to run by itself.
    pub enabled: bool,
    /// Whether it was started and not stopped.
    pub running: bool,
    /// The operator's pause; as it was last known, while the database cannot be used.
    pub paused: Option<Pause>,
    /// Whether an operator said that this host takes nothing more.
    pub draining: bool,
    /// Why the database cannot be used, while it cannot.
    pub outage: Option<Outage>,
    /// Why the provider is left alone for a while, and for how long yet.
    pub resting: Option<(String, Duration)>,
    /// Batches in flight.
    pub in_flight: usize,
    /// Whether it works on something right now.
    pub processing: bool,
    /// When the last look at the queue began.
    pub last_run_at: Option<jiff::Timestamp>,
    /// When the next look on the interval is due; none when paused or stopped.
    pub next_run_at: Option<jiff::Timestamp>,
    /// What was done.
    pub totals: Totals,
}

/// A manual run.
#[derive(Debug, Clone, Default)]
pub struct Manual<'a> {
    /// The most tracks; all that are due without it.
    pub limit: Option<u32>,
    /// Another model than the configured one.
    pub model: Option<&'a str>,
}

struct Running {
    phase: watch::Sender<Phase>,
    task: JoinHandle<()>,
}

struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The worker's handle. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    context: Arc<Context>,
    running: Arc<Mutex<Option<Running>>>,
    /// Watch over the strategies and the world outside until it is shut down, or for as long as there is a worker.
    watching: Arc<[AbortOnDrop; 2]>,
    /// The operator's pause as it was last known.
    last_pause: Arc<Mutex<Option<Pause>>>,
    /// The phase of runs by hand.
    manual: watch::Sender<Phase>,
}

impl Worker {
    /// A worker that is not started, under a name for people: it takes over what a predecessor of this host left, and lets go on what waited for
    /// a strategy, and for a model if there is one now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn new(context: Context, name: String, predecessor: Option<HostId>) -> Result<Self, StoreError> {
        let store = &context.store;
        let ended = store.enlist(&NewHost { id: context.host.clone(), name, predecessor }).await?;
        if ended > 0 {
            tracing::info!(batches = ended, "taking over what a host that is gone was working on");
        }
        if context.gateway.configured().is_some() {
            store.release_waiting(Waiting::Provider).await?;
        }
        // That a strategy was left alone is known to the process that was failed by it; and a budget may have been raised.
        store.release_waiting(Waiting::Strategy).await?;
        store.release_waiting(Waiting::Budget).await?;
        let manual = watch::Sender::new(Phase::Running);
        let rollout = context.rollout.clone();
        let guard = tokio::spawn(async move { rollout.guard().await });
        let context = Arc::new(context);
        let watched = context.clone();
        let following = tokio::spawn(async move { match follow::follow(&watched).await {} });
        let watching = Arc::new([AbortOnDrop(guard), AbortOnDrop(following)]);
        let (running, last_pause) = (Arc::default(), Arc::default());
        Ok(Self { context, running, watching, last_pause, manual })
    }

    /// The host's parts.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Starts looking at the queue.
    ///
    /// # Errors
    /// [`WorkerError::AlreadyRunning`]; it goes on as it was.
    pub fn start(&self) -> Result<(), WorkerError> {
        let mut running = self.lock();
        if running.is_some() {
            return Err(WorkerError::AlreadyRunning);
        }
        let (phase, receiver) = watch::channel(Phase::Running);
        let context = self.context.clone();
        let schedule = Schedule { interval: context.settings.interval, run_on_start: context.settings.run_on_start };
        let task = tokio::spawn(async move {
            let look = || look(&context, receiver.clone());
            let panicked = |text| {
                context.stats.panicked();
                tracing::error!("the worker panicked, and goes on");
                tracing::debug!("the worker panicked: {text}");
            };
            let beats = &context.pulse.worker;
            let looking = run_on(schedule, &context.wake, receiver.clone(), &context.next, beats, look, panicked);
            let crawling = async {
                while let Err(panic) = AssertUnwindSafe(crawl(&context, receiver.clone())).catch_unwind().await {
                    context.stats.panicked();
                    tracing::error!("reading from outside panicked, and goes on");
                    tracing::debug!("reading from outside panicked: {}", panic_text(panic.as_ref()));
                    tokio::time::sleep(PANIC_PAUSE).await;
                }
            };
            tokio::join!(looking, crawling);
        });
        *running = Some(Running { phase, task });
        Ok(())
    }

    /// Stops claiming, lets batches in flight finish within [`GRACE`], and gives the rest back.
    ///
    /// # Errors
    /// [`WorkerError::NotRunning`].
    pub async fn stop(&self) -> Result<(), WorkerError> {
        self.stop_within(GRACE).await
    }

    /// As [`Worker::stop`], with another time to finish in.
    ///
    /// # Errors
    /// [`WorkerError::NotRunning`].
    pub async fn stop_within(&self, grace: Duration) -> Result<(), WorkerError> {
        let Some(mut running) = self.lock().take() else { return Err(WorkerError::NotRunning) };
        // The task holds receivers for as long as it runs; one that has ended needs no telling.
        let _ = running.phase.send(Phase::Stopping);
        if tokio::time::timeout(grace, &mut running.task).await.is_err() {
            tracing::warn!("batches in flight did not finish within {grace:?}; their tracks are given back");
            let _ = running.phase.send(Phase::Cancelled);
            if let Err(error) = running.task.await {
                tracing::error!("the worker ended badly");
                tracing::debug!("the worker ended badly: {error}");
            }
        }
        Ok(())
    }

    /// Stops for good, runs by hand too, as [`Worker::stop_within`] does.
    pub async fn shut_down(&self, grace: Duration) {
        self.manual.send_replace(Phase::Stopping);
        let by_hand = async {
            let mut active = self.context.active_runs.subscribe();
            let idle = |active: &usize| *active == 0;
            if tokio::time::timeout(grace, active.wait_for(idle)).await.is_err() {
                self.manual.send_replace(Phase::Cancelled);
                // The sender lives as long as the context, which is ours.
                let _ = active.wait_for(idle).await;
            }
        };
        // One that was not started needs no stop.
        let (_, ()) = tokio::join!(self.stop_within(grace), by_hand);
        if self.context.gateway.batches().cancel_on_shutdown {
            submission::cancel_all(&self.context).await;
        }
        // Candidates are a few calls behind at most; what they would have said is worth a moment.
        let behind = u32::try_from(shadow::BEHIND).unwrap_or(u32::MAX);
        let _ = tokio::time::timeout(CANDIDATES_GRACE, self.context.behind.acquire_many(behind)).await;
        self.watching.iter().for_each(|watching| watching.0.abort());
        self.context.pulse.database.end();
        if let Err(error) = self.context.store.leave(&self.context.host).await {
            tracing::warn!("that this host is gone was not noted: {error}");
        }
        self.context.traces.shut_down(TRACES_GRACE).await;
    }

    /// Pauses every host on this database, until it is lifted.
    ///
    /// # Errors
    /// [`WorkerError::NotRunning`] where this host's worker is disabled or stopped.
    pub async fn pause(&self, by: &str, reason: Option<&str>) -> Result<(), WorkerError> {
        self.ensure_running()?;
        Ok(self.context.store.pause(by, reason).await?)
    }

    /// Lifts the pause, tries a provider again that had been given up, and looks at the queue at once.
    ///
    /// # Errors
    /// [`WorkerError::NotRunning`] where this host's worker is disabled or stopped.
    pub async fn resume(&self) -> Result<(), WorkerError> {
        self.ensure_running()?;
        self.context.store.resume().await?;
        self.retry_provider().await?;
        self.wake();
        Ok(())
    }

    /// Tries a provider again that had been given up, and looks at the queue at once. A pause stays.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ask_model_again(&self) -> Result<(), WorkerError> {
        self.retry_provider().await?;
        self.wake();
        Ok(())
    }

    /// Hears at once what an operator wrote about this host.
    pub async fn hear(&self) {
        follow::beat(&self.context).await;
        self.wake();
    }

    /// Looks at the queue at once.
    pub fn wake(&self) {
        self.context.wake_all();
    }

    /// Reads pages for a run by hand, for a while.
    async fn read_pages(&self, most: Option<u32>) {
        let Some(pages) = &self.context.pages else { return };
        let mut phase = self.manual.subscribe();
        let stopping = async {
            let stopped = phase.wait_for(|phase| *phase != Phase::Running);
            // Whether it was stopped or took long enough.
            let _ = tokio::time::timeout(READING, stopped).await;
        };
        pages.read_due(most.unwrap_or(u32::MAX), stopping).await;
    }

    /// One run by hand: also when the worker is disabled or paused. Pages are read before it, for a minute at most.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn process(
        &self,
        manual: Manual<'_>,
        on_batch: &(dyn Fn(Settled) + Sync),
    ) -> Result<RunReport, StoreError> {
        self.retry_provider().await?;
        self.read_pages(manual.limit).await;
        let gateway = match manual.model {
            Some(model) => Arc::new(self.context.gateway.with_model(model)),
            None => self.context.gateway.clone(),
        };
        let run = Run {
            context: &self.context,
            gateway,
            limit: manual.limit,
            drain: true,
            even_paused: true,
            phase: self.manual.subscribe(),
            on_batch,
            backlog: Backlog::default(),
            // Whoever asked for it waits for it; the loop must not seem to move because this run does.
            beats: &Beats::default(),
        };
        counted(&self.context, run).await
    }

    /// What it is doing.
    ///
    /// # Errors
    /// When the database fails; that it cannot be used for a while is part of the answer.
    pub async fn status(&self) -> Result<Status, StoreError> {
        let context = &self.context;
        let paused = self.pause_or_last_known().await?;
        let running = self.lock().is_some();
        let next = context.next.after(Instant::now()).filter(|_| running && paused.is_none());
        let last_run_at = *context.last_run.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Status {
            enabled: context.settings.enabled,
            running,
            paused,
            draining: *context.draining.borrow(),
            outage: context.reach.outage(),
            resting: context.gateway.resting(),
            in_flight: context.held().len(),
            processing: *context.active_runs.borrow() > 0,
            last_run_at,
            next_run_at: next.and_then(wall_time),
            totals: context.stats.totals(),
        })
    }

    /// A status must not hang on a database that does.
    async fn pause_or_last_known(&self) -> Result<Option<Pause>, StoreError> {
        let read = tokio::time::timeout(STATUS_PATIENCE, self.context.store.paused()).await;
        let silent = |_| {
            let reason = format!("it did not answer within {} s", STATUS_PATIENCE.as_secs());
            Err(StoreError::Unreachable { address: self.context.store.description(), reason })
        };
        let read = read.unwrap_or_else(silent);
        self.context.reach.note(Access::Read, &read);
        let mut last = self.last_pause.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(pause) => *last = pause,
            Err(error) if error.may_pass() => {}
            Err(error) => return Err(error),
        }
        Ok(last.clone())
    }

    async fn retry_provider(&self) -> Result<(), StoreError> {
        for route in self.context.gateway.routes().iter().filter(|route| route.resting().is_some()) {
            self.context.store.unblock_provider(route.provider().name()).await?;
            route.end_rest();
        }
        self.context.release_provider(self.context.gateway.unblock()).await
    }

    fn ensure_running(&self) -> Result<(), WorkerError> {
        if self.lock().is_some() { Ok(()) } else { Err(WorkerError::NotRunning) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A look on the schedule, unless the operator has paused.
async fn look(context: &Arc<Context>, phase: watch::Receiver<Phase>) {
    let paused = context.store.paused().await;
    context.reach.note(Access::Read, &paused);
    match paused {
        Ok(Some(_)) => return context.stats.skipped(),
        Ok(None) if *context.draining.borrow() => return context.stats.skipped(),
        Ok(None) => {}
        Err(error) if error.may_pass() => return,
        Err(error) => return tracing::error!("the worker cannot look at the queue: {error}"),
    }
    let run = Run {
        context,
        gateway: context.gateway.clone(),
        limit: None,
        drain: context.settings.drain,
        even_paused: false,
        phase,
        on_batch: &|_| (),
        backlog: Backlog::default(),
        beats: &context.pulse.worker,
    };
    match counted(context, run).await {
        Err(error) if !error.may_pass() => tracing::error!("the worker cannot claim: {error}"),
        _ => {}
    }
}

/// Reads pages and syncs channels until the phase ends. An operator's wish that this host takes nothing more holds for them
/// too.
async fn crawl(context: &Context, phase: watch::Receiver<Phase>) {
    let may_claim = || !*context.draining.borrow();
    let stopping = |mut phase: watch::Receiver<Phase>| async move {
        let _ = phase.wait_for(|phase| *phase != Phase::Running).await;
    };
    let pages = async {
        if let Some(pages) = &context.pages {
            pages.run(may_claim, stopping(phase.clone()), &context.wake).await;
        }
    };
    let channels = async {
        if let Some(channels) = &context.channels {
            channels.run(may_claim, stopping(phase.clone()), &|| context.wake_all()).await;
        }
    };
    tokio::join!(pages, channels);
}

/// A run, counted while it goes on and when it was.
async fn counted(context: &Context, run: Run<'_>) -> Result<RunReport, StoreError> {
    /// Counts down again however the run ends, a panic too.
    struct Active<'a>(&'a watch::Sender<usize>);
    impl Drop for Active<'_> {
        fn drop(&mut self) {
            self.0.send_modify(|active| *active = active.saturating_sub(1));
        }
    }
    context.active_runs.send_modify(|active| *active += 1);
    let _active = Active(&context.active_runs);
    *context.last_run.lock().unwrap_or_else(PoisonError::into_inner) = Some(jiff::Timestamp::now());
    context.stats.ran();
    run.finish().await
}

/// The time of day of a moment on the monotonic clock, in whole milliseconds.
fn wall_time(at: Instant) -> Option<jiff::Timestamp> {
    let ahead = i64::try_from(at.saturating_duration_since(Instant::now()).as_millis()).ok()?;
    timestamp(jiff::Timestamp::now().as_millisecond() + ahead)
}
