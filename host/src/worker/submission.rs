//! Provider's batches: what was parked is put together, submitted, looked after, and its results are taken in.
//!
//! Whatever is done is written down first, so that a host may die at any point. A batch that was about to be submitted
//! is looked for at the provider before it is submitted again: by its time and size, and certainly by the names in its
//! results. Batches of the fleet are looked after by whichever host comes first.

use super::Context;
use crate::failpoint::{self, Failpoint};
use crate::model::{AskError, BatchApi, BatchRequest, BatchResult, Failure, Listed, Route};
use crate::store::{CallAnswer, CallId, Gathered, Gathering, Parked, StoreError, Submission};
use crate::telemetry;
use futures_util::StreamExt;
use std::convert::Infallible;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// From one look to the next while something waits or is with a provider; a look asks the database, not the provider.
const LOOK: Duration = Duration::from_secs(1);
/// From one look to the next otherwise.
const IDLE: Duration = Duration::from_secs(10);
/// How long the last question must have waited before a provider's batch that is not full goes out.
const GATHERED_MS: i64 = 2_000;
/// The most bytes of prompts in a provider's batch. Providers take 200 MB and more.
const MOST_BYTES: i64 = 100 << 20;
/// The requests from which on a batch is tried out.
const BIG: usize = 100;
/// How long nobody else looks after a batch: longer than any request may take.
const HOLD_MS: i64 = 660_000;
/// How long a batch may take to appear in the provider's list.
const APPEARS_MS: i64 = 10_000;
/// How far the provider's clock may be from the database's.
const SKEW_MS: i64 = 600_000;
/// The first pause between two looks at the provider, and the longest.
const POLL_MS: (i64, i64) = (1_000, 60_000);
/// Results that are written down side by side.
const AT_ONCE: usize = 64;
/// Questions that are given back at a time.
const GIVEN_BACK: u32 = 500;

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
    for parked in &parked {
        submit_parked(context, parked).await?;
    }
    while let Some(submission) = context.store.tend(&context.host, HOLD_MS).await? {
        look_after(context, &submission).await?;
    }
    let is_open = context.store.submissions(0).await?.len() + parked.len() > 0;
    if is_open && context.store.wake_answered().await? > 0 {
        context.wake.notify_one();
    }
    Ok(is_open)
}

/// Submits what waits, when no more of it seems to come.
async fn submit_parked(context: &Context, parked: &Parked) -> Result<(), StoreError> {
    let Some(route) = context.gateway.route_to(&parked.provider, &parked.model) else {
        return give_back(context, parked, "nobody is configured who could be asked in a batch").await;
    };
    let Some(api) = route.provider().batches() else {
        return give_back(context, parked, "the provider has no batches").await;
    };
    let is_full = usize::try_from(parked.calls).is_ok_and(|calls| calls >= api.most_requests());
    if route.ready().is_err() || !is_full && (parked.newest_ms < GATHERED_MS || context.is_collecting()) {
        return Ok(());
    }
    let gathering = Gathering {
        host: &context.host,
        provider: &parked.provider,
        model: &parked.model,
        most_requests: api.most_requests(),
        most_bytes: MOST_BYTES,
        limits: context.gateway.limits(),
        hold_ms: HOLD_MS,
    };
    match context.store.gather(&gathering).await? {
        Gathered::Nothing => Ok(()),
        Gathered::Spent { reason, .. } => {
            tracing::debug!(calls = parked.calls, "a provider's batch waits: {reason}");
            Ok(())
        }
        Gathered::Intended(submission) => {
            failpoint::pass(Failpoint::AfterGather);
            submit(context, route, api, &submission).await
        }
    }
}

/// Asks by itself what cannot be asked in a batch.
async fn give_back(context: &Context, parked: &Parked, reason: &str) -> Result<(), StoreError> {
    tracing::warn!(calls = parked.calls, "questions are asked one by one: {reason}");
    loop {
        let calls = context.store.parked_calls(&parked.provider, &parked.model, GIVEN_BACK).await?;
        if calls.is_empty() {
            break;
        }
        give_up(context, &calls, reason).await?;
    }
    context.store.wake_answered().await?;
    context.wake.notify_one();
    Ok(())
}

/// Questions that get no answer this way: their tracks' strategies ask again, by themselves.
async fn give_up(context: &Context, calls: &[CallId], reason: &str) -> Result<(), StoreError> {
    let answer = CallAnswer::error(format!("not answered in a provider's batch: {reason}"));
    // They are written in groups.
    let written = calls.iter().map(|call| context.store.journal_answer(call, &answer));
    futures_util::future::try_join_all(written).await.map(drop)
}

async fn submit(
    context: &Context,
    route: &Route,
    api: &dyn BatchApi,
    submission: &Submission,
) -> Result<(), StoreError> {
    let requests = context.store.requests_of(&submission.id).await?;
    if requests.is_empty() {
        return context.store.withdraw(&submission.id).await;
    }
    let calls: Vec<CallId> = requests.iter().map(|request| request.call.clone()).collect();
    let name = |request: crate::store::Request| BatchRequest {
        custom_id: submission.name_of(&request.call),
        prompt: request.prompt,
    };
    let requests: Vec<BatchRequest> = requests.into_iter().map(name).collect();
    let made = match try_out(route, &requests).await {
        Ok(()) => api.submit(&requests).await,
        Err(failure) => Err(failure),
    };
    failpoint::pass(Failpoint::AfterSubmit);
    let failure = match made {
        Ok(made) => {
            context.store.submitted(&submission.id, &made.id, made.expires_at).await?;
            failpoint::pass(Failpoint::AfterSubmitted);
            tracing::info!(batch = made.id, requests = calls.len(), "submitted to the provider's batch API");
            return Ok(());
        }
        Err(failure) => failure,
    };
    tracing::warn!(batch = submission.id, "a provider's batch was not submitted: {}", failure.error);
    match failure.error {
        // It may have been made all the same.
        AskError::Backoff(_) => context.store.look_again(&submission.id, POLL_MS.0).await,
        AskError::Final(reason) | AskError::Split(reason) => {
            context.store.withdraw(&submission.id).await?;
            give_up(context, &calls, &reason).await
        }
        AskError::RetryAfter { ref reason, rest, .. } => {
            route.rest(reason, rest);
            context.store.withdraw(&submission.id).await
        }
        AskError::Operator { ref reason, rest, .. } => {
            route.block(reason, rest);
            context.store.withdraw(&submission.id).await
        }
    }
}

/// A batch's requests are checked hours after it was taken. Counting one's tokens costs nothing, and says at once what is
/// wrong with the key, the model or the schema.
async fn try_out(route: &Route, requests: &[BatchRequest]) -> Result<(), Failure> {
    let Some(first) = requests.first().filter(|_| requests.len() >= BIG) else { return Ok(()) };
    match route.provider().count_tokens(&first.prompt).await {
        Ok(counted) => {
            tracing::info!(
                requests = requests.len(),
                tokens_of_the_first = counted,
                "a provider's batch was tried out"
            );
            Ok(())
        }
        Err(failure) if matches!(failure.error, AskError::Operator { .. } | AskError::Final(_)) => Err(failure),
        Err(failure) => {
            tracing::debug!("a provider's batch was not tried out: {}", failure.error);
            Ok(())
        }
    }
}

async fn look_after(context: &Context, submission: &Submission) -> Result<(), StoreError> {
    let pause = POLL_MS.0.saturating_mul(1 << submission.looks.clamp(0, 10)).min(POLL_MS.1);
    let route = context.gateway.route_to(&submission.provider, &submission.model);
    let Some((route, api)) = route.and_then(|route| Some((route, route.provider().batches()?))) else {
        // Whoever configures the provider again finds it.
        return context.store.look_again(&submission.id, POLL_MS.1).await;
    };
    let looked = match &submission.provider_id {
        None => find(context, route, api, submission).await?,
        Some(id) => poll(context, api, submission, id).await?,
    };
    match looked {
        Looked::Done => Ok(()),
        Looked::Again(asked) => {
            let asked = asked.map_or(0, |asked| i64::try_from(asked.as_millis()).unwrap_or(POLL_MS.1));
            context.store.look_again(&submission.id, pause.max(asked)).await
        }
        Looked::Failed(failure) => {
            tracing::warn!(batch = submission.id, "a provider's batch was not looked at: {}", failure.error);
            context.store.look_again(&submission.id, pause.max(POLL_MS.1 / 2)).await
        }
    }
}

/// What came of looking at a batch.
enum Looked {
    /// It is done with, or on its way.
    Done,
    /// It has not ended; how long the provider asks to wait.
    Again(Option<Duration>),
    /// The provider did not say.
    Failed(Failure),
}

/// Looks for a batch that may or may not have been submitted: among those that were made since, by their size, and for
/// certain by the names in their results. Only when it is none of them is it submitted again.
async fn find(
    context: &Context,
    route: &Route,
    api: &dyn BatchApi,
    submission: &Submission,
) -> Result<Looked, StoreError> {
    let made = match api.made_since(submission.intended_at - SKEW_MS).await {
        Ok(made) => made,
        Err(failure) => return Ok(Looked::Failed(failure)),
    };
    let known = context.store.submissions(1_000).await?;
    let is_known = |id: &str| known.iter().any(|known| known.provider_id.as_deref() == Some(id));
    let may_be = |made: &Listed| made.requests.is_none_or(|n| n == submission.requests) && !is_known(&made.id);
    let mut is_unsure = false;
    for made in made.iter().filter(|made| may_be(made)) {
        if !made.has_ended {
            is_unsure = true;
            continue;
        }
        match names_it(api, &made.id, submission).await {
            Ok(true) => {
                tracing::info!(batch = made.id, "found at the provider what a host submitted before it died");
                context.store.submitted(&submission.id, &made.id, None).await?;
                return Ok(Looked::Done);
            }
            Ok(false) => {}
            Err(failure) => return Ok(Looked::Failed(failure)),
        }
    }
    if is_unsure || submission.age_ms < APPEARS_MS {
        return Ok(Looked::Again(None));
    }
    tracing::info!(batch = submission.id, "the provider has no such batch; it is submitted again");
    submit(context, route, api, submission).await?;
    Ok(Looked::Done)
}

/// Whether the results of a batch are of this one: all of them have its name, or none.
async fn names_it(api: &dyn BatchApi, id: &str, submission: &Submission) -> Result<bool, Failure> {
    let mut results = api.results(id).await?;
    match results.next().await {
        Some(Ok((name, _))) => Ok(submission.call_of(&name).is_some()),
        Some(Err(failure)) => Err(failure),
        None => Ok(false),
    }
}

async fn poll(context: &Context, api: &dyn BatchApi, submission: &Submission, id: &str) -> Result<Looked, StoreError> {
    let state = match api.state(id).await {
        Ok(Some(state)) => state,
        Ok(None) => {
            tracing::warn!(batch = id, "the provider knows no such batch any more; its questions are asked again");
            finish(context, submission, 0).await?;
            return Ok(Looked::Done);
        }
        Err(failure) => return Ok(Looked::Failed(failure)),
    };
    if !state.has_ended {
        return Ok(Looked::Again(state.retry_after));
    }
    match take_in(context, api, submission, id).await? {
        Ok(answered) => {
            finish(context, submission, answered).await?;
            Ok(Looked::Done)
        }
        Err(failure) => Ok(Looked::Failed(failure)),
    }
}

/// Takes in the results as they come, each by itself; returns how many were answers.
async fn take_in(
    context: &Context,
    api: &dyn BatchApi,
    submission: &Submission,
    id: &str,
) -> Result<Result<i64, Failure>, StoreError> {
    let results = match api.results(id).await {
        Ok(results) => results,
        Err(failure) => return Ok(Err(failure)),
    };
    let answered = AtomicI64::new(0);
    let take = |result: Result<(String, BatchResult), Failure>| {
        let answered = &answered;
        async move {
            let (name, result) = match result {
                Ok(result) => result,
                Err(failure) => return Ok(Err(failure)),
            };
            let Some(call) = submission.call_of(&name) else { return Ok(Ok(())) };
            let counts = matches!(result, BatchResult::Answered(_));
            write_down(context, submission, call, result).await?;
            answered.fetch_add(i64::from(counts), Ordering::Relaxed);
            failpoint::pass(Failpoint::AfterResult);
            Ok(Ok(()))
        }
    };
    let mut taken = results.map(take).buffer_unordered(AT_ONCE);
    while let Some(taken) = taken.next().await {
        let taken: Result<Result<(), Failure>, StoreError> = taken;
        if let Err(failure) = taken? {
            return Ok(Err(failure));
        }
    }
    Ok(Ok(answered.load(Ordering::Relaxed)))
}

/// An answer is journalled; what is the request's own fault is too, and is asked by itself. The rest is left over.
async fn write_down(
    context: &Context,
    submission: &Submission,
    call: CallId,
    result: BatchResult,
) -> Result<(), StoreError> {
    let answer = match result {
        BatchResult::Answered(answer) => {
            let labels = [("provider", submission.provider.clone()), ("model", submission.model.clone())];
            telemetry::count_usage(&labels, &answer.usage);
            CallAnswer::Reply {
                reply: answer.reply,
                request_id: answer.request_id,
                usage: answer.usage,
                rate: None,
                retries: 0,
                // What waits for its batch is not slow.
                latency_ms: 0,
            }
        }
        BatchResult::Errored(error @ (AskError::Final(_) | AskError::Split(_))) => CallAnswer::error(error.to_string()),
        BatchResult::Errored(error) => {
            tracing::debug!(%call, "left over by a provider's batch: {error}");
            return Ok(());
        }
        BatchResult::Unanswered(why) => {
            tracing::debug!(%call, "left over by a provider's batch: {why}");
            return Ok(());
        }
    };
    context.store.journal_answer(&call, &answer).await
}

/// Ends a batch whose results were taken in. What it left over goes into another one, or is asked by itself.
async fn finish(context: &Context, submission: &Submission, answered: i64) -> Result<(), StoreError> {
    failpoint::pass(Failpoint::AfterResults);
    let left: Vec<CallId> =
        context.store.requests_of(&submission.id).await?.into_iter().map(|request| request.call).collect();
    if !left.is_empty() {
        tracing::info!(batch = submission.id, left = left.len(), "a provider's batch left questions over");
        let given_up = context.store.leave_over(&left).await?;
        give_up(context, &given_up, "it was left over too often").await?;
    }
    let unanswered = i64::try_from(left.len()).unwrap_or(i64::MAX);
    context.store.end_submission(&submission.id, answered, unanswered).await?;
    failpoint::pass(Failpoint::AfterEnd);
    context.wake.notify_one();
    Ok(())
}

/// Asks the provider to cancel what is with it. What was answered by then is taken in by whoever looks next.
pub async fn cancel_all(context: &Context) {
    let open = match context.store.submissions(0).await {
        Ok(open) => open,
        Err(error) => return tracing::warn!("provider's batches were not cancelled: {error}"),
    };
    for submission in open {
        let route = context.gateway.route_to(&submission.provider, &submission.model);
        let (Some(api), Some(id)) =
            (route.and_then(|route| route.provider().batches()), submission.provider_id.as_deref())
        else {
            continue;
        };
        match api.cancel(id).await {
            Ok(()) => tracing::info!(batch = id, "asked the provider to cancel it"),
            Err(failure) => tracing::warn!(batch = id, "it was not cancelled: {}", failure.error),
        }
    }
}
