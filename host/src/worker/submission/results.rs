//! Taking in what came of a provider's batch: every result by itself, as it is read.

use super::submit::give_up;
use super::{Looked, is_overdue};
use crate::failpoint::{self, Failpoint};
use crate::model::{AskError, BatchApi, BatchResult, BatchState, Failure, figures};
use crate::store::{CallAnswer, CallId, StoreError, Submission};
use crate::worker::Context;
use futures_util::StreamExt;

/// Results that are written down side by side.
const AT_ONCE: usize = 64;

/// Looks how far a batch is, and takes in its results when it has ended.
pub async fn poll(
    context: &Context,
    api: &dyn BatchApi,
    submission: &Submission,
    id: &str,
) -> Result<Looked, StoreError> {
    let state = match api.state(id).await {
        Ok(Some(state)) => state,
        Ok(None) if is_overdue(submission) => {
            tracing::warn!(batch = id, "the provider knows no such batch any more; its questions are asked again");
            finish(context, submission, 0).await?;
            return Ok(Looked::Done);
        }
        // A proxy or another key may say so too.
        Ok(None) => {
            let reason = "the provider does not know it with this key; it is looked for until its time is over";
            return Ok(Looked::Failed(Failure::last(AskError::Backoff(reason.to_owned()))));
        }
        Err(failure) => return Ok(Looked::Failed(failure)),
    };
    if !state.has_ended {
        return Ok(Looked::Again(Some(state)));
    }
    match take_in(context, api, submission, id, state).await? {
        Ok(answered) => {
            finish(context, submission, answered).await?;
            Ok(Looked::Done)
        }
        Err(failure) => Ok(Looked::Failed(failure)),
    }
}

/// Takes in the results; returns how many were answers. Fewer than the provider counted are not all of them.
async fn take_in(
    context: &Context,
    api: &dyn BatchApi,
    submission: &Submission,
    id: &str,
    state: BatchState,
) -> Result<Result<i64, Failure>, StoreError> {
    let results = match api.results(id).await {
        Ok(results) => results,
        Err(failure) => return Ok(Err(failure)),
    };
    let mut taken = results.map(|result| take(context, submission, result)).buffer_unordered(AT_ONCE);
    let (mut answered, mut all) = (0, 0);
    while let Some(came) = taken.next().await {
        match came? {
            Ok(is_answer) => {
                answered += i64::from(is_answer);
                all += 1;
            }
            Err(failure) => return Ok(Err(failure)),
        }
    }
    if all < state.answered + state.unanswered && !is_overdue(submission) {
        let reason = format!("{all} of {} results came", state.answered + state.unanswered);
        return Ok(Err(Failure::last(AskError::Backoff(reason))));
    }
    Ok(Ok(answered))
}

/// Writes a result down; whether it is an answer.
async fn take(
    context: &Context,
    submission: &Submission,
    result: Result<(String, BatchResult), Failure>,
) -> Result<Result<bool, Failure>, StoreError> {
    let (name, result) = match result {
        Ok(result) => result,
        Err(failure) => return Ok(Err(failure)),
    };
    let Some(call) = submission.call_of(&name) else { return Ok(Ok(false)) };
    let is_answer = matches!(result, BatchResult::Answered(_));
    write_down(context, submission, call, result).await?;
    failpoint::pass(Failpoint::AfterResult);
    Ok(Ok(is_answer))
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
            figures::count_usage(&figures::labels(&submission.provider, &submission.model), &answer.usage);
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
pub async fn finish(context: &Context, submission: &Submission, answered: i64) -> Result<(), StoreError> {
    failpoint::pass(Failpoint::AfterResults);
    let store = &context.store;
    let left: Vec<CallId> = store.requests_of(&submission.id).await?.into_iter().map(|request| request.call).collect();
    if !left.is_empty() {
        tracing::info!(batch = submission.id, left = left.len(), "a provider's batch left questions over");
        let given_up = store.leave_over(&submission.id, &left).await?;
        give_up(context, &given_up, "it was left over too often").await?;
    }
    let unanswered = i64::try_from(left.len()).unwrap_or(i64::MAX);
    store.end_submission(&submission.id, answered, unanswered).await?;
    failpoint::pass(Failpoint::AfterEnd);
    context.wake.notify_one();
    Ok(())
}
