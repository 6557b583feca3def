//! One look at the queue: what dead hosts left is taken over, then batches are claimed and worked on side by side until
//! nothing more is due.

use super::backlog::Backlog;
use super::batch::{Job, work};
use super::board::Board;
use super::context::Hold;
use super::ledger::{LeasedLedger, Ledger, Way};
use super::part::{Part, PartLedger, split};
use super::pulse::Beats;
use super::reach::Access;
use super::report::{self, BatchReport, End};
use super::scheduler::panic_text;
use super::{Context, Phase, shadow};
use crate::failpoint::{self, Failpoint};
use crate::model::Gateway;
use crate::store::{BatchId, Claim, Lease, Priorities, Settled, Settlement, StoreError, Stray};
use crate::strategy::Pipeline;
use crate::telemetry::Span;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

/// How often a lease is renewed; it lasts three times as long.
const RENEWAL: Duration = Duration::from_secs(15);
/// After an outage, how long hosts renew their leases before any takes over what seems to be abandoned.
const GRACE_AFTER_OUTAGE: Duration = RENEWAL;
/// How often it is looked whether the database is away, which a batch's deadline does not count.
const TICK: Duration = Duration::from_secs(1);
/// How long a host that is told to stop tries to give back what it holds; after that its leases speak for it.
const LAST_WORD: Duration = Duration::from_secs(5);
/// The longest a batch may take.
const DEADLINE: Duration = Duration::from_secs(600);

/// What a look at the queue did.
#[derive(Debug, Clone, Default)]
pub struct RunReport {
    /// What was settled.
    pub settled: Settled,
    /// Reasons of failures, each once.
    pub errors: Vec<String>,
    /// Whether a model was needed and there was none.
    pub lacked_model: bool,
}

/// A look at the queue.
pub struct Run<'a> {
    /// The host's parts.
    pub context: &'a Arc<Context>,
    /// Whom to ask.
    pub gateway: Arc<Gateway>,
    /// The most tracks; all that are due without it.
    pub limit: Option<u32>,
    /// Whether a full batch is followed by the next.
    pub drain: bool,
    /// Whether the operator's pause does not hold.
    pub even_paused: bool,
    /// Whether the host is stopping.
    pub phase: watch::Receiver<Phase>,
    /// Told what each batch settled.
    pub on_batch: &'a (dyn Fn(Settled) + Sync),
    /// Whether there is a backlog, whose questions wait for a provider's batch.
    pub backlog: Backlog<'a>,
    /// Told that the run moves.
    pub beats: &'a Beats,
}

/// Batches in flight.
type InFlight = JoinSet<BatchReport>;
/// What a batch holds, should it panic.
type Held = HashMap<Id, (Lease, Vec<bool>)>;
/// A batch that ended.
type Joined = Result<(Id, BatchReport), JoinError>;
/// A claim, and the pipeline it was claimed for; one that was taken over names its own.
struct Claimed {
    claim: Claim,
    pipeline: Option<Arc<Pipeline>>,
    way: Way,
    /// When the claim began and ended.
    at: (SystemTime, SystemTime),
}

impl Run<'_> {
    /// Works until nothing more is due, the limit is reached or the host is stopping.
    ///
    /// # Errors
    /// When claiming failed; batches that were in flight are finished first.
    pub async fn finish(mut self) -> Result<RunReport, StoreError> {
        let (mut report, mut batches, mut held) = (RunReport::default(), InFlight::new(), Held::new());
        let mut failed = None;
        let (mut lost, mut more) = (true, true);
        loop {
            while (lost || more) && self.is_running() && batches.len() < self.context.settings.concurrency {
                let free = self.context.settings.concurrency - batches.len();
                let _claiming = self.context.claiming.lock().await;
                let claimed = self.claim(&mut lost, free).await;
                self.beats.beat();
                self.context.reach.note(access_of(&claimed), &claimed);
                match claimed {
                    Ok(claimed) => {
                        let full = claimed.last().is_some_and(|claimed| claimed.claim.full);
                        // What somebody waits for goes first, and is not all there is.
                        let full = full || (!claimed.is_empty() && self.backlog.is_there());
                        more = more && self.drain && full && self.limit != Some(0);
                        for claimed in claimed {
                            self.start(claimed, &mut batches, &mut held);
                        }
                    }
                    Err(error) => {
                        (lost, more, failed) = (false, false, Some(error));
                    }
                }
            }
            if batches.is_empty() {
                break;
            }
            let Some(joined) = self.beats.during(self.next_end(&mut batches, !more)).await else {
                (lost, more) = (true, true);
                continue;
            };
            // Batches that were settled together end together, and what follows them is claimed together.
            tokio::task::yield_now().await;
            let mut next = Some(joined);
            while let Some(joined) = next {
                let batch = self.join(joined, &mut held).await;
                let again = batch.again && self.drain && self.limit != Some(0);
                more = (more || again) && !batch.busy;
                report.add(batch);
                next = batches.try_join_next_with_id();
            }
        }
        failed.map_or(Ok(report), Err)
    }

    /// The next batch that ends; none where something may be due before that, and that is wanted to know.
    async fn next_end(&self, batches: &mut InFlight, is_idle: bool) -> Option<Joined> {
        tokio::select! {
            Some(joined) = batches.join_next_with_id() => Some(joined),
            () = self.something_may_be_due(), if self.drain && self.limit.is_none() && is_idle => None,
        }
    }

    /// A batch that takes long must not hold up what is queued meanwhile, or whose backoff or lease ends.
    async fn something_may_be_due(&self) {
        tokio::select! {
            () = self.context.wake.notified() => {}
            () = tokio::time::sleep(self.context.settings.interval) => {}
        }
    }

    /// Whether more may be claimed. A run by hand goes on while the host drains.
    fn is_running(&self) -> bool {
        *self.phase.borrow() == Phase::Running && (self.even_paused || !*self.context.draining.borrow())
    }

    /// The next batches, with the pipeline they are claimed for: one that nobody works on, while there are such, else as
    /// many new ones as may be in flight. The pipeline is taken before the claim, so that what is written down of a batch
    /// is what it goes through.
    async fn claim(&mut self, lost: &mut bool, free: usize) -> Result<Vec<Claimed>, StoreError> {
        let (context, began) = (self.context, SystemTime::now());
        failpoint::stand_still(Failpoint::BeforeClaim).await;
        context.release_provider(context.gateway.unblock_expired()).await?;
        if *lost {
            let came_back = context.reach.came_back_within(GRACE_AFTER_OUTAGE);
            let stray = if came_back { Stray::Own } else { Stray::Any };
            if let Some(claim) = context.store.recover(&context.host, &context.held(), stray).await? {
                // Whether more is due is not known yet.
                let way = if claim.resumed { Way::Live } else { self.way() };
                let at = (began, SystemTime::now());
                return Ok(vec![Claimed { claim: Claim { full: true, ..claim }, pipeline: None, way, at }]);
            }
        }
        *lost = false;
        let Some((size, batches)) = self.wanted(free) else { return Ok(Vec::new()) };
        let pipeline = context.rollout.active();
        let mut way = Way::Live;
        let mut want = context.want(size, batches, pipeline.revision, self.even_paused, self.live_priorities().await?);
        let mut claims = context.store.claim(&want).await?;
        if claims.is_empty() && self.backlog.is_there() {
            (way, want.priorities) = (Way::Batch, Priorities::NONE);
            claims = context.store.claim(&want).await?;
            if claims.is_empty() {
                self.backlog.end();
            }
        }
        if !claims.is_empty() {
            failpoint::pass(Failpoint::AfterClaim);
        }
        if let Some(limit) = &mut self.limit {
            let claimed: usize = claims.iter().map(|claim| claim.tracks.len()).sum();
            *limit = limit.saturating_sub(u32::try_from(claimed).unwrap_or(u32::MAX));
        }
        let at = (began, SystemTime::now());
        Ok(claims.into_iter().map(|claim| Claimed { claim, pipeline: Some(pipeline.clone()), way, at }).collect())
    }

    /// What is worked on at once. While there is a backlog, only what somebody waits for is.
    async fn live_priorities(&mut self) -> Result<Priorities, StoreError> {
        if !self.backlog.is_there() && self.finds_backlog().await? {
            tracing::info!("a backlog goes out as provider's batches");
            self.backlog.begin(&self.context.collecting);
        }
        Ok(if self.backlog.is_there() { Priorities::SOME } else { Priorities::ALL })
    }

    /// A run by hand is for somebody who waits.
    async fn finds_backlog(&self) -> Result<bool, StoreError> {
        let Some(from) = self.gateway.batches().from_tracks else { return Ok(false) };
        if self.even_paused || self.limit.is_some() || self.gateway.batch_route().is_none() {
            return Ok(false);
        }
        let counts = self.context.store.counts().await?;
        let due = counts.pending - counts.waiting.values().sum::<i64>();
        Ok(u64::try_from(due).is_ok_and(|due| due >= from))
    }

    const fn way(&self) -> Way {
        if self.backlog.is_there() { Way::Batch } else { Way::Live }
    }

    /// Tracks a batch and batches that are wanted now.
    fn wanted(&self, free: usize) -> Option<(u32, u32)> {
        let limit = self.limit.unwrap_or(u32::MAX);
        let size = limit.min(self.context.settings.batch_size);
        let most = if self.drain { u32::try_from(free).unwrap_or(1) } else { 1 };
        (size > 0).then(|| (size, most.min(limit / size)))
    }

    fn start(&self, claimed: Claimed, batches: &mut InFlight, held: &mut Held) {
        let holds = (claimed.claim.lease.clone(), claimed.claim.open.clone());
        let hold = self.context.hold(claimed.claim.id());
        let (context, gateway, phase) = (self.context.clone(), self.gateway.clone(), self.phase.clone());
        let batch = work_under_lease(context, gateway, claimed, phase, hold);
        held.insert(batches.spawn(batch).id(), holds);
    }

    async fn join(&self, joined: Joined, held: &mut Held) -> BatchReport {
        let batch = match joined {
            Ok((id, batch)) => {
                held.remove(&id);
                batch
            }
            Err(error) => self.settle_panicked(held.remove(&error.id()), error).await,
        };
        self.context.stats.settled(batch.settled);
        (self.on_batch)(batch.settled);
        batch
    }

    /// A batch that panicked fails as a whole; those of its tracks that it had settled stay settled.
    async fn settle_panicked(&self, holds: Option<(Lease, Vec<bool>)>, error: JoinError) -> BatchReport {
        self.context.stats.panicked();
        report::count("panicked", holds.as_ref().map_or(0, |(_, open)| open.len()), Duration::ZERO);
        let text = error.try_into_panic().map_or_else(|_| "cancelled".to_owned(), |panic| panic_text(panic.as_ref()));
        let reason = format!("the batch panicked: {text}");
        tracing::error!(batch = holds.as_ref().map(|(lease, _)| lease.batch.to_string()), "a batch panicked");
        tracing::debug!("{reason}");
        let mut report = BatchReport::default();
        if let Some((lease, open)) = holds {
            let mut board = Board::new(&open, &[]);
            board.fail_together(&board.open(), &reason, 0);
            report.again = board.again;
            match self.context.store.settle(&lease, &board.take_due(), true).await {
                Ok(settled) => report.settled = settled,
                Err(error) => tracing::error!(batch = %lease.batch, "a batch that panicked was not settled: {error}"),
            }
        }
        report.errors.push(reason);
        report
    }
}

/// A claim that finds nothing writes nothing.
fn access_of(claimed: &Result<Vec<Claimed>, StoreError>) -> Access {
    if claimed.as_ref().is_ok_and(Vec::is_empty) { Access::Read } else { Access::Write }
}

impl RunReport {
    fn add(&mut self, batch: BatchReport) {
        self.settled += batch.settled;
        self.lacked_model |= batch.lacked_model;
        for error in batch.errors {
            if !self.errors.contains(&error) {
                self.errors.push(error);
            }
        }
    }
}

/// Works on a claimed batch while its lease is renewed; ends it in good order when it takes too long or the host stops.
async fn work_under_lease(
    context: Arc<Context>,
    gateway: Arc<Gateway>,
    Claimed { claim, pipeline, way, at: (began, claimed) }: Claimed,
    mut phase: watch::Receiver<Phase>,
    _hold: Hold,
) -> BatchReport {
    let started = Instant::now();
    let trace = Arc::new(context.traces.begin("batch", began));
    trace.past("claim", began, claimed);
    let pipeline = match pipeline {
        Some(pipeline) => pipeline,
        None => pipeline_of(&context, &claim).await,
    };
    let is_compared = !pipeline.trials.is_empty();
    let ledger = LeasedLedger::new(
        context.clone(),
        gateway.clone(),
        &claim,
        way,
        is_compared,
        tokio::time::Instant::now() + DEADLINE,
        trace.clone(),
    );
    let end = tokio::select! {
        worked = work_in_parts(&context, &pipeline, &claim, &ledger, &trace) => worked.map_or_else(End::Lost, End::Done),
        error = keep_lease(&context, claim.id()) => End::Lost(error),
        () = deadline(&context) => End::Late,
        _ = phase.wait_for(|phase| *phase == Phase::Cancelled) => End::Stopped,
    };
    let (mut report, outcome) = (BatchReport::default(), end.name());
    match end {
        End::Done(boards) => boards.into_iter().for_each(|board| report.take_over(board)),
        End::Lost(error @ StoreError::Fenced(_)) => report.errors.push(error.to_string()),
        // What cannot be written down now could not be written down the next time either.
        End::Lost(error) => fail(&ledger, &claim, error.to_string(), &mut phase, &mut report).await,
        End::Late => {
            let reason = format!("the batch took longer than {} s", DEADLINE.as_secs());
            fail(&ledger, &claim, reason, &mut phase, &mut report).await;
        }
        End::Stopped => close(&ledger, Settlement::default(), &mut phase, &mut report).await,
    }
    let tally = ledger.tally();
    report.settled = tally.settled;
    if is_compared {
        shadow::show(&context, &gateway, &pipeline, &claim, &tally.said);
    }
    report::publish(&claim, outcome, &tally, &report, started.elapsed(), &trace);
    report
}

/// The pipeline that a batch of a dead host began with, so that its prompts are the same and its replies are found.
async fn pipeline_of(context: &Context, claim: &Claim) -> Arc<Pipeline> {
    match context.rollout.pipeline_of(claim.revision).await {
        Ok(pipeline) => pipeline,
        Err(error) => {
            tracing::warn!(batch = %claim.id(), "it goes on with the active strategies: {error}");
            context.rollout.active()
        }
    }
}

async fn work_in_parts(
    context: &Context,
    pipeline: &Pipeline,
    claim: &Claim,
    ledger: &LeasedLedger,
    trace: &Span,
) -> Result<Vec<Board>, StoreError> {
    let parts = split(pipeline, claim);
    let open = AtomicUsize::new(parts.len());
    let work_on = parts.into_iter().map(|part| work_on_part(context, part, ledger, &open, trace));
    futures_util::future::try_join_all(work_on).await
}

async fn work_on_part(
    context: &Context,
    part: Part<'_>,
    ledger: &LeasedLedger,
    open: &AtomicUsize,
    trace: &Span,
) -> Result<Board, StoreError> {
    let job = Job {
        tracks: &part.tracks,
        wanted: &part.wanted,
        strategies: part.strategies,
        runtime: context.rollout.runtime(),
        required: &context.required,
        trace,
    };
    work(&job, &PartLedger { ledger, positions: &part.positions, open }).await
}

/// Fails what is left of a batch, each track with an attempt.
async fn fail(
    ledger: &LeasedLedger,
    claim: &Claim,
    reason: String,
    phase: &mut watch::Receiver<Phase>,
    report: &mut BatchReport,
) {
    let mut board = Board::new(&claim.open, &[]);
    board.fail_together(&ledger.unsettled(claim), &reason, 0);
    report.trouble(reason);
    close(ledger, board.take_due(), phase, report).await;
}

/// Ends a batch. That is tried until the database is back, but not by a host that is on its way down.
async fn close(
    ledger: &LeasedLedger,
    settlement: Settlement,
    phase: &mut watch::Receiver<Phase>,
    report: &mut BatchReport,
) {
    ledger.forget_parked();
    let closing = async { [ledger.settle(settlement, true).await, ledger.give_up_calls().await] };
    let going = async {
        let _ = phase.wait_for(|phase| *phase == Phase::Cancelled).await;
        tokio::time::sleep(LAST_WORD).await;
    };
    let failed: Vec<String> = tokio::select! {
        closed = closing => closed.into_iter().filter_map(Result::err).map(|error| error.to_string()).collect(),
        () = going => vec![format!("the database was away for {LAST_WORD:?}; whoever comes next takes the batch over")],
    };
    failed.into_iter().for_each(|reason| report.trouble(reason));
}

/// Waits as long as a batch may take; while the database is away its time stands still.
async fn deadline(context: &Context) {
    let mut left = DEADLINE;
    while !left.is_zero() {
        tokio::time::sleep(TICK.min(left)).await;
        if context.reach.outage().is_none() {
            left = left.saturating_sub(TICK);
        }
    }
}

/// Renews a lease until it is lost. Another error is no reason to stop: the lease still holds for a while.
async fn keep_lease(context: &Context, batch: &BatchId) -> StoreError {
    loop {
        tokio::time::sleep(RENEWAL).await;
        let renewed = context.store.renew(batch).await;
        context.reach.note(Access::Write, &renewed);
        match renewed {
            Err(fenced @ StoreError::Fenced(_)) => return fenced,
            Err(error) => tracing::warn!(%batch, "the lease was not renewed: {error}"),
            Ok(()) => {}
        }
    }
}
