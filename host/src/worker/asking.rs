//! Asking: out of the journal if it was paid for before, else one provider after the other; the question is journalled
//! before it is sent, the answer before anything reads it.

use super::Context;
use super::ledger::{Answered, Question, Unanswered};
use super::reach::Access;
use crate::failpoint::{self, Failpoint};
use crate::model::{AskError, Gateway, Route, figures, spans};
use crate::music::{Estimate, Prompt, Usage};
use crate::store::{Admission, BatchId, CallAnswer, CallId, CallIntent, JournalledReply, Rate, StoreError};
use crate::telemetry::Span;
use std::time::Duration;
use tokio::time::Instant;

/// What a question is asked for.
pub struct Asking<'a> {
    /// The host's parts.
    pub context: &'a Context,
    /// Whom.
    pub gateway: &'a Gateway,
    /// The batch.
    pub batch: &'a BatchId,
    /// The batch's root.
    pub root: &'a BatchId,
    /// When its time is over.
    pub deadline: Option<Instant>,
}

/// A reply to the same prompt by any of some models, one that was not `read` yet.
pub async fn recall(
    context: &Context,
    gateway: &Gateway,
    models: &[String],
    root: &BatchId,
    read: &[CallId],
    prompt: &Prompt,
) -> Result<Option<JournalledReply>, StoreError> {
    for model in models {
        let digest = prompt.digest(model);
        let look = || context.store.journalled_reply(&digest, root, read, gateway.reuse());
        if let Some(found) = context.reach.insist(Access::Read, look).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Asks without a journal; also what the answer used.
pub async fn ask_unrecorded(gateway: &Gateway, prompt: &Prompt) -> Result<(Answered, Usage), Unanswered> {
    gateway.available().map_err(Unanswered::Absent)?;
    let mut first = None;
    for route in gateway.routes() {
        match ask(gateway, route, prompt, None, &Span::NONE).await.outcome {
            Ok(asked) => return Ok(asked),
            Err(error) if error.is_providers() => first = first.or(Some(error)),
            Err(error) => return Err(Unanswered::Provider(error)),
        }
    }
    Err(first.map_or_else(|| Unanswered::Absent("no model is configured".to_owned()), Unanswered::Provider))
}

impl Asking<'_> {
    /// Asks one provider after the other, until one answers. When none does, what counts is who may answer soonest.
    pub async fn ask(&self, question: &Question<'_>) -> Result<Answered, Unanswered> {
        let mut best = None;
        for route in self.gateway.routes() {
            match self.ask_on(route, question).await {
                Err(unanswered) if unanswered.is_providers() => best = Some(sooner(best, unanswered)),
                asked => return asked,
            }
        }
        Err(best.unwrap_or_else(|| Unanswered::Absent("no model is configured".to_owned())))
    }

    /// Asks one provider. A database that is gone meanwhile is waited for: an answer that was paid is not let go of.
    async fn ask_on(&self, route: &Route, question: &Question<'_>) -> Result<Answered, Unanswered> {
        if let Some(reason) = self.gateway.lack(route) {
            return Err(Unanswered::Absent(reason));
        }
        route.ready().map_err(Unanswered::Provider)?;
        let (store, reach) = (&self.context.store, &self.context.reach);
        let call = self.intent(route, question);
        let admission = reach
            .insist(Access::Write, || store.journal_intent(&call, self.gateway.limits()))
            .await
            .map_err(Unanswered::Store)?;
        match admission {
            Admission::Admitted => {}
            Admission::Rest { ms, reason } => {
                let rest = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
                return Err(Unanswered::Provider(AskError::RetryAfter { reason, rest, for_all: false }));
            }
            Admission::Spent { ms, reason } => {
                self.context.spent(ms);
                return Err(Unanswered::Spent(reason));
            }
        }
        let Asked { outcome, journalled } =
            ask(self.gateway, route, question.prompt, self.deadline, question.trace).await;
        failpoint::pass(Failpoint::AfterReply);
        reach.insist(Access::Write, || store.journal_answer(&call.id, &journalled)).await.map_err(Unanswered::Store)?;
        failpoint::pass(Failpoint::AfterJournal);
        if let Err(error) = &outcome {
            self.tell_others(route, error).await;
        }
        let (answered, _) = outcome.map_err(Unanswered::Provider)?;
        Ok(Answered { call: call.id, ..answered })
    }

    fn intent(&self, route: &Route, question: &Question<'_>) -> CallIntent {
        let provider = route.provider();
        CallIntent {
            id: CallId::new(),
            batch: self.batch.clone(),
            root: self.root.clone(),
            strategy: question.strategy.description().name.clone(),
            strategy_digest: question.strategy.digest().as_str().to_owned(),
            round: question.round,
            prompt: question.prompt.clone(),
            prompt_digest: question.prompt.digest(provider.model()),
            provider: provider.name().to_owned(),
            model: provider.model().to_owned(),
            reserve: provider.estimate(question.prompt),
        }
    }

    /// A question as it goes into a provider's batch, where it costs half.
    pub fn intent_in_batch(&self, route: &Route, question: &Question<'_>) -> CallIntent {
        let intent = self.intent(route, question);
        let cost_micros = intent.reserve.cost_micros.map(|cost| (cost + 1) / 2);
        CallIntent { reserve: Estimate { cost_micros, ..intent.reserve }, ..intent }
    }

    /// What a provider said to one host about being asked holds for all.
    async fn tell_others(&self, route: &Route, error: &AskError) {
        let (AskError::RetryAfter { reason, rest, for_all: true } | AskError::Operator { reason, rest, for_all: true }) =
            error
        else {
            return;
        };
        let ms = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
        if let Err(error) = self.context.store.block_provider(route.provider().name(), ms, reason).await {
            tracing::warn!("the other hosts were not told that the provider wants to be left alone: {error}");
        }
    }
}

/// Of two reasons for no answer, the one that ends sooner; the first of two that end when somebody changes something.
fn sooner(known: Option<Unanswered>, other: Unanswered) -> Unanswered {
    let rest = |unanswered: &Unanswered| match unanswered {
        Unanswered::Provider(AskError::Backoff(_)) => Duration::ZERO,
        Unanswered::Provider(AskError::RetryAfter { rest, .. }) => *rest,
        _ => Duration::MAX,
    };
    match known {
        Some(known) if rest(&known) <= rest(&other) => known,
        _ => other,
    }
}

/// A call that ended.
struct Asked {
    outcome: Result<(Answered, Usage), AskError>,
    /// The same, as the journal keeps it.
    journalled: CallAnswer,
}

/// Asks a provider, and counts.
async fn ask(gateway: &Gateway, route: &Route, prompt: &Prompt, deadline: Option<Instant>, trace: &Span) -> Asked {
    let trace = spans::begin(trace, route.provider(), prompt);
    let started = Instant::now();
    let sent = gateway.ask(route, prompt, deadline).await;
    let elapsed = started.elapsed();
    spans::end(&trace, &sent.answer, sent.retries);
    drop(trace);
    figures::count_call(route.provider(), &sent.answer, sent.retries, elapsed);
    let answer = match sent.answer {
        Ok(answer) => answer,
        Err(error) => {
            let journalled =
                CallAnswer::Error { reason: error.to_string(), retries: sent.retries, perhaps_paid: sent.perhaps_paid };
            return Asked { outcome: Err(error), journalled };
        }
    };
    let journalled = CallAnswer::Reply {
        reply: answer.reply.clone(),
        request_id: answer.request_id,
        usage: answer.usage,
        rate: gateway.limits().has_rate().then(|| {
            let estimate = route.provider().estimate(prompt);
            Rate {
                returned_in: estimate.tokens_in - answer.usage.tokens_in,
                returned_out: estimate.tokens_out - answer.usage.tokens_out,
                headroom: answer.headroom,
            }
        }),
        retries: sent.retries,
        latency_ms: i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX),
    };
    let cost_micros = answer.usage.cost_micros.unwrap_or(0);
    let answered = Answered { call: CallId::new(), reply: answer.reply, cost_micros };
    Asked { outcome: Ok((answered, answer.usage)), journalled }
}
