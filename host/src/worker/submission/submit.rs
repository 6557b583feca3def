//! Submitting a provider's batch, once: nobody else does it meanwhile, and what may have been made is looked for first.

use super::{HOLD_MS, Looked, Way, pause};
use crate::failpoint::{self, Failpoint};
use crate::model::{AskError, BatchApi, BatchRequest, Failure, Listed};
use crate::store::{CallAnswer, CallId, Request, StoreError, Submission};
use crate::worker::Context;
use crate::worker::reach::Access;
use futures_util::StreamExt;
use std::sync::atomic::Ordering;

/// The requests from which on a batch is tried out.
const BIG: usize = 100;
/// How long a batch may take to appear in the provider's list after it was submitted.
const APPEARS_MS: i64 = 60_000;
/// How far the provider's clock may be from the database's.
const SKEW_MS: i64 = 600_000;

/// Submits a batch that is written down, unless somebody else looks after it by now.
pub async fn submit(
    context: &Context,
    way: &Way<'_>,
    api: &dyn BatchApi,
    submission: &Submission,
) -> Result<(), StoreError> {
    let requests = context.store.requests_of(&submission.id).await?;
    let calls: Vec<CallId> = requests.iter().map(|request| request.call.clone()).collect();
    if calls.is_empty() {
        return context.store.withdraw(&submission.id, &context.host).await.map(drop);
    }
    let name = |request: Request| BatchRequest { custom_id: submission.name_of(&request.call), prompt: request.prompt };
    let requests: Vec<BatchRequest> = requests.into_iter().map(name).collect();
    if let Err(failure) = try_out(way, &requests).await {
        return take_back(context, way, submission, calls.get(..1).unwrap_or_default(), failure.error).await;
    }
    if !context.store.attempt(&submission.id, &context.host, HOLD_MS).await? {
        return Ok(());
    }
    let made = api.submit(&requests).await;
    failpoint::pass(Failpoint::AfterSubmit);
    match made {
        Ok(made) => {
            let note = || context.store.submitted(&submission.id, &made.id, made.expires_at);
            if context.reach.insist(Access::Write, note).await? {
                failpoint::pass(Failpoint::AfterSubmitted);
                tracing::info!(batch = made.id, requests = calls.len(), "submitted to the provider's batch API");
                return Ok(());
            }
            tracing::warn!(batch = made.id, "another host submitted the same; this one is cancelled");
            if let Err(failure) = api.cancel(&made.id).await {
                tracing::warn!(batch = made.id, kind = failure.error.kind(), "it was not cancelled");
            }
            Ok(())
        }
        Err(failure) => take_back(context, way, submission, &calls, failure.error).await,
    }
}

/// A batch's requests are checked hours after it was taken. Counting one's tokens costs nothing, and says at once what is
/// wrong with the key, the model or the schema.
async fn try_out(way: &Way<'_>, requests: &[BatchRequest]) -> Result<(), Failure> {
    let Some(first) = requests.first().filter(|_| requests.len() >= BIG) else { return Ok(()) };
    match way.provider.count_tokens(&first.prompt).await {
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

/// A batch that was not made, or may not have been. Questions that were refused for good are asked by themselves.
async fn take_back(
    context: &Context,
    way: &Way<'_>,
    submission: &Submission,
    refused: &[CallId],
    error: AskError,
) -> Result<(), StoreError> {
    tracing::warn!(batch = submission.id, kind = error.kind(), "a provider's batch was not submitted");
    tracing::debug!(batch = submission.id, "it was not submitted: {error}");
    let store = &context.store;
    if matches!(error, AskError::Backoff(_)) {
        // It may have been made all the same; how long ago that was counts from now.
        store.attempt(&submission.id, &context.host, HOLD_MS).await?;
        return store.look_again(&submission.id, pause(submission), (0, 0)).await;
    }
    if !store.withdraw(&submission.id, &context.host).await? {
        return Ok(());
    }
    match error {
        AskError::Split(_) if refused.len() > 1 => {
            context.batches.most.store(refused.len().div_ceil(2), Ordering::SeqCst);
            Ok(())
        }
        AskError::Final(reason) | AskError::Split(reason) => give_up(context, refused, &reason).await,
        // The batch API has limits of its own: what is asked at once goes on.
        AskError::RetryAfter { reason, rest, .. } => {
            context.batches.rest(reason, rest);
            Ok(())
        }
        AskError::Operator { reason, rest, .. } => {
            way.route.block(&reason, rest);
            Ok(())
        }
        AskError::Backoff(_) => Ok(()),
    }
}

/// Questions that get no answer this way: their tracks' strategies ask again, by themselves.
pub async fn give_up(context: &Context, calls: &[CallId], reason: &str) -> Result<(), StoreError> {
    let answer = CallAnswer::error(format!("not answered in a provider's batch: {reason}"));
    // They are written in groups.
    let written = calls.iter().map(|call| context.store.journal_answer(call, &answer));
    futures_util::future::try_join_all(written).await.map(drop)
}

/// Looks for a batch that may or may not have been submitted: among those that were made since, by their size, and for
/// certain by the names in their results. Only when it is none of them is it submitted again.
pub async fn find(
    context: &Context,
    way: &Way<'_>,
    api: &dyn BatchApi,
    submission: &Submission,
) -> Result<Looked, StoreError> {
    let Some(attempted_ms) = submission.attempted_ms else {
        return submit_again(context, way, api, submission).await;
    };
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
    if is_unsure || attempted_ms < APPEARS_MS {
        return Ok(Looked::Again(None));
    }
    tracing::info!(batch = submission.id, "the provider has no such batch; it is submitted again");
    submit_again(context, way, api, submission).await
}

async fn submit_again(
    context: &Context,
    way: &Way<'_>,
    api: &dyn BatchApi,
    submission: &Submission,
) -> Result<Looked, StoreError> {
    if way.route.ready().is_err() || context.batches.are_resting() {
        return Ok(Looked::Again(None));
    }
    submit(context, way, api, submission).await?;
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
