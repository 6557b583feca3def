//! Provider's batches: what was parked is put together, submitted, looked after, and its results are taken in.
//!
//! Whatever is done is written down first, so that a host may die at any point. A batch that was about to be submitted
//! is looked for at the provider before it is submitted again: by its time and size, and certainly by the names in its
//! results. Batches of the fleet are looked after by whichever host comes first.

mod results;
mod submit;

use super::Context;
use crate::failpoint::{self, Failpoint};
use crate::model::{BatchApi, Failure, ModelProvider, Route};
use crate::store::{Gathered, Gathering, Parked, StoreError, Submission};
use results::poll;
use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use submit::{find, submit};
use tokio::time::Instant;

/// From one look to the next while something waits or is with a provider; a look asks the database, not the provider.
const LOOK: Duration = Duration::from_secs(1);
/// From one look to the next otherwise.
const IDLE: Duration = Duration::from_secs(10);
/// How long the last question must have waited before a provider's batch that is not full goes out.
const GATHERED_MS: i64 = 2_000;
/// The most bytes of prompts in a provider's batch. Providers take 200 MB and more.
const MOST_BYTES: i64 = 100 << 20;
/// How long nobody else looks after a batch that is being looked at: longer than an upload and a download may take. A host
/// that said goodbye, or whose successor did, holds nothing.
const HOLD_MS: i64 = 1_800_000;
/// The first pause between two looks at the provider, and the longest.
const POLL_MS: (i64, i64) = (1_000, 60_000);
/// How long questions wait for a host that can ask their provider: others may have another configuration.
const NOBODY_MS: i64 = 600_000;
/// How long after the end of a batch's time it is given up, if its provider does not say what became of it.
const OVERDUE_MS: i64 = 3_600_000;
/// A batch's time, where the provider did not say it.
const DAY_MS: i64 = 86_400_000;
/// How long a budget that is spent is not looked at again for a batch.
const SPENT_REST: Duration = Duration::from_secs(60);

/// Looks after provider's batches until it is dropped.
pub async fn tend(context: &Context) -> Infallible {
    loop {
        let is_busy = look(context).await.unwrap_or_else(|error| {
            if !error.may_pass() {
                tracing::warn!("provider's batches were not looked after: {error}");
            }
            true
        });
        tokio::select! {
            () = tokio::time::sleep(if is_busy { LOOK } else { IDLE }) => {}
            () = context.parked.notified() => {}
        }
    }
}

/// One look; whether there is something to look at.
async fn look(context: &Context) -> Result<bool, StoreError> {
    let parked = context.store.parked().await?;
    if !parked.is_empty() && !*context.draining.borrow() && context.store.paused().await?.is_none() {
        for parked in &parked {
            go_on(context, parked).await?;
        }
    }
    while let Some(submission) = context.store.tend(&context.host, HOLD_MS).await? {
        look_after(context, &submission).await?;
    }
    // However it came about that nothing of a batch is with a provider any more: it goes on.
    if context.store.wake_answered().await? > 0 {
        context.wake.notify_one();
    }
    Ok(!parked.is_empty() || !context.store.submissions(0).await?.is_empty())
}

/// A provider's way to batches.
struct Way<'a> {
    route: &'a Route,
    /// With the model that was meant, whichever is configured now.
    provider: Arc<dyn ModelProvider>,
}

impl Way<'_> {
    fn to<'a>(context: &'a Context, provider: &str, model: &str) -> Option<Way<'a>> {
        let route = context.gateway.route_to(provider, model)?;
        Some(Way { route, provider: route.provider_of(model) })
    }

    fn api(&self) -> Option<&dyn BatchApi> {
        self.provider.batches()
    }
}

/// Submits what waits, when no more of it seems to come; or lets it be asked by itself.
async fn go_on(context: &Context, parked: &Parked) -> Result<(), StoreError> {
    let give_up = async |waited_ms, reason| {
        let reason = format!("not asked in a provider's batch: {reason}");
        let given_up = context.store.give_up_parked(&parked.provider, &parked.model, waited_ms, &reason).await?;
        if given_up > 0 {
            tracing::warn!(questions = given_up, "{reason}");
        }
        Ok::<_, StoreError>(())
    };
    if context.gateway.batches().from_tracks.is_none() {
        return give_up(NOBODY_MS, "AI_BATCH_API is off").await;
    }
    let Some(way) = Way::to(context, &parked.provider, &parked.model) else {
        return give_up(NOBODY_MS, "its provider is not configured").await;
    };
    let Some(api) = way.api() else {
        return give_up(0, "the provider has no batches").await;
    };
    let most = api.most_requests().min(context.batches.most.load(Ordering::SeqCst));
    let is_full = usize::try_from(parked.calls).is_ok_and(|calls| calls >= most);
    let may_be_more = !is_full && (parked.newest_ms < GATHERED_MS || context.is_collecting());
    if may_be_more || way.route.ready().is_err() || context.batches.are_resting() {
        return Ok(());
    }
    match gather(context, parked, most).await? {
        Gathered::Nothing => Ok(()),
        Gathered::Spent { reason, .. } => {
            tracing::warn!(questions = parked.calls, "a provider's batch waits: {reason}");
            context.batches.rest(reason, SPENT_REST);
            Ok(())
        }
        Gathered::Intended(submission) => {
            failpoint::pass(Failpoint::AfterGather);
            submit(context, &way, api, &submission).await
        }
    }
}

async fn gather(context: &Context, parked: &Parked, most_requests: usize) -> Result<Gathered, StoreError> {
    let gathering = Gathering {
        host: &context.host,
        provider: &parked.provider,
        model: &parked.model,
        most_requests,
        most_bytes: MOST_BYTES,
        limits: context.gateway.limits(),
        hold_ms: HOLD_MS,
    };
    context.store.gather(&gathering).await
}

async fn look_after(context: &Context, submission: &Submission) -> Result<(), StoreError> {
    let way = Way::to(context, &submission.provider, &submission.model);
    let looked = match way.as_ref().and_then(|way| Some((way, way.api()?))) {
        // Whoever configures the provider again finds it.
        None if !is_overdue(submission) => Looked::Again(None),
        None => {
            tracing::warn!(batch = submission.id, "nobody is configured who could say what became of it");
            results::finish(context, submission, 0).await?;
            Looked::Done
        }
        Some((way, api)) => match &submission.provider_id {
            None => find(context, way, api, submission).await?,
            Some(id) => poll(context, api, submission, id).await?,
        },
    };
    let progress = (submission.answered, submission.unanswered);
    match looked {
        Looked::Done => Ok(()),
        Looked::Again(None) => context.store.look_again(&submission.id, pause(submission), progress).await,
        Looked::Again(Some(state)) => {
            let asked = state.retry_after.map_or(0, |asked| i64::try_from(asked.as_millis()).unwrap_or(POLL_MS.1));
            let progress = (state.answered, state.unanswered);
            context.store.look_again(&submission.id, pause(submission).max(asked), progress).await
        }
        Looked::Failed(failure) => {
            tracing::warn!(batch = submission.id, kind = failure.error.kind(), "a provider's batch was not looked at");
            tracing::debug!(batch = submission.id, "it was not looked at: {}", failure.error);
            context.store.look_again(&submission.id, pause(submission).max(POLL_MS.1 / 2), progress).await
        }
    }
}

/// What came of looking at a batch.
enum Looked {
    /// It is done with, or on its way.
    Done,
    /// It has not ended, as far as the provider says.
    Again(Option<crate::model::BatchState>),
    /// The provider did not say.
    Failed(Failure),
}

/// The pause before the next look: it grows with every one.
fn pause(submission: &Submission) -> i64 {
    POLL_MS.0.saturating_mul(1 << submission.looks.clamp(0, 10)).min(POLL_MS.1)
}

/// Whether a batch should have ended long ago.
fn is_overdue(submission: &Submission) -> bool {
    let time = submission.expires_at.map_or(DAY_MS, |expires_at| expires_at - submission.intended_at);
    submission.age_ms > time + OVERDUE_MS
}

/// Asks the provider to cancel what is with it. What was answered by then is taken in by whoever looks next.
pub async fn cancel_all(context: &Context) {
    let open = match context.store.submissions(0).await {
        Ok(open) => open,
        Err(error) => return tracing::warn!("provider's batches were not cancelled: {error}"),
    };
    for submission in open {
        let Some(way) = Way::to(context, &submission.provider, &submission.model) else { continue };
        let (Some(api), Some(id)) = (way.api(), submission.provider_id.as_deref()) else { continue };
        match api.cancel(id).await {
            Ok(()) => tracing::info!(batch = id, "asked the provider to cancel it"),
            Err(failure) => tracing::warn!(batch = id, kind = failure.error.kind(), "it was not cancelled"),
        }
    }
}

/// What a host keeps in mind about provider's batches.
#[derive(Debug)]
pub struct Batches {
    /// The most requests of the next one, after one was too large.
    most: std::sync::atomic::AtomicUsize,
    /// Why none goes out for a while, and until when.
    rest: std::sync::Mutex<Option<(String, Instant)>>,
}

impl Default for Batches {
    fn default() -> Self {
        Self { most: usize::MAX.into(), rest: std::sync::Mutex::default() }
    }
}

impl Batches {
    /// Lets none go out for a while.
    fn rest(&self, reason: String, rest: Duration) {
        *self.rest.lock().unwrap_or_else(PoisonError::into_inner) = Some((reason, Instant::now() + rest));
    }

    fn are_resting(&self) -> bool {
        self.why_resting().is_some()
    }

    /// Why none goes out for a while, and for how long yet.
    pub fn why_resting(&self) -> Option<(String, Duration)> {
        let mut rest = self.rest.lock().unwrap_or_else(PoisonError::into_inner);
        rest.take_if(|(_, until)| *until <= Instant::now());
        rest.as_ref().map(|(reason, until)| (reason.clone(), until.saturating_duration_since(Instant::now())))
    }
}
