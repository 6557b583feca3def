//! Where a batch's questions and verdicts are written down: in the store under a lease, or nowhere.

use super::Context;
use super::reach::Access;
use crate::failpoint::{self, Failpoint};
use crate::model::{AskError, Gateway};
use crate::music::{Prompt, Reply};
use crate::store::{
    Admission, BatchId, CallAnswer, CallId, CallIntent, Claim, Lease, Said, Settled, Settlement, StoreError, Verdict,
    Waiting,
};
use crate::strategy::Strategy;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A strategy's question.
pub struct Question<'a> {
    /// Whose.
    pub strategy: &'a Strategy,
    /// In which round, from 1.
    pub round: u32,
    /// The prompt.
    pub prompt: &'a Prompt,
}

/// An answered question.
pub struct Answered {
    /// Its place in the journal.
    pub call: CallId,
    /// The reply.
    pub reply: Reply,
    /// What was paid for it now, in millionths of a dollar; nothing when it came out of the journal.
    pub cost_micros: i64,
}

/// Why a question has no answer.
pub enum Unanswered {
    /// Nobody is there to ask.
    Absent(String),
    /// There is no money for it.
    Spent(String),
    /// The provider did not answer.
    Provider(AskError),
    /// The journal could not be written; nothing was asked.
    Store(StoreError),
}

/// What a batch needs while it is worked on.
#[async_trait]
pub trait Ledger: Sync {
    /// Answers a question: out of the journal if it was paid for before, else by asking.
    async fn ask(&self, question: Question<'_>) -> Result<Answered, Unanswered>;

    /// Settles verdicts; with `finish`, ends the batch.
    async fn settle(&self, settlement: Settlement, finish: bool) -> Result<(), StoreError>;
}

/// Figures of a batch.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// What was settled.
    pub settled: Settled,
    /// Positions with a verdict.
    closed: Vec<u32>,
    /// What was said about them, where somebody compares.
    pub said: Vec<(u32, Said)>,
    /// Replies that this run has read.
    read: Vec<CallId>,
    /// Questions sent.
    pub asked: u64,
    /// Replies out of the journal.
    pub reused: u64,
    /// What was paid, in millionths of a dollar.
    pub cost_micros: i64,
}

/// A claimed batch in the store.
pub struct LeasedLedger {
    context: Arc<Context>,
    gateway: Arc<Gateway>,
    lease: Lease,
    root: BatchId,
    is_compared: bool,
    tally: Mutex<Tally>,
    /// Parts of a batch settle one after another: each says what was settled before it.
    settling: tokio::sync::Mutex<()>,
}

impl LeasedLedger {
    /// The ledger of a claim. It remembers what was said when that is to be compared.
    pub fn new(context: Arc<Context>, gateway: Arc<Gateway>, claim: &Claim, is_compared: bool) -> Self {
        let (lease, root) = (claim.lease.clone(), claim.root.clone());
        Self { context, gateway, lease, root, is_compared, tally: Mutex::default(), settling: Default::default() }
    }

    /// The figures so far.
    pub fn tally(&self) -> Tally {
        self.lock().clone()
    }

    /// Positions of a claim that were not settled yet.
    pub fn unsettled(&self, claim: &Claim) -> Vec<u32> {
        let closed = self.lock().closed.clone();
        let open = (0u32..).zip(&claim.open).filter(|(index, open)| **open && !closed.contains(index));
        open.map(|(index, _)| index).collect()
    }

    /// Gives up questions that nobody waits for any more: they may have been paid, and are asked again.
    pub async fn give_up_calls(&self) -> Result<(), StoreError> {
        let give_up = || self.context.store.give_up_calls(&self.lease.batch);
        self.context.reach.insist(Access::Write, give_up).await
    }

    /// A settlement whose answer was lost with the connection is tried again, and may find that it was written.
    async fn settle_once(&self, settlement: &Settlement, finish: bool) -> Result<Settled, StoreError> {
        let (store, reach) = (&self.context.store, &self.context.reach);
        let first = store.settle(&self.lease, settlement, finish).await;
        reach.note(Access::Write, &first);
        match first {
            Err(error) if error.may_pass() => {}
            settled => return settled,
        }
        match reach.insist(Access::Write, || store.settle(&self.lease, settlement, finish)).await {
            Err(StoreError::Fenced(_))
                if reach.insist(Access::Read, || store.is_settled(&self.lease.batch)).await? =>
            {
                Ok(settlement.settled())
            }
            settled => settled,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn recall(&self, digest: &str) -> Result<Option<Answered>, StoreError> {
        let read = self.lock().read.clone();
        let recall = || self.context.store.journalled_reply(digest, &self.root, &read);
        let Some(found) = self.context.reach.insist(Access::Read, recall).await? else { return Ok(None) };
        let mut tally = self.lock();
        tally.read.push(found.id.clone());
        tally.reused += 1;
        metrics::counter!("liner_model_replies_reused_total").increment(1);
        Ok(Some(Answered { call: found.id, reply: found.reply, cost_micros: 0 }))
    }
}

#[async_trait]
impl Ledger for LeasedLedger {
    async fn ask(&self, question: Question<'_>) -> Result<Answered, Unanswered> {
        let configured = self.gateway.configured();
        let digest = configured.map(|provider| question.prompt.digest(provider.model()));
        if let Some(digest) = &digest
            && let Some(answered) = self.recall(digest).await.map_err(Unanswered::Store)?
        {
            return Ok(answered);
        }
        self.gateway.provider().map_err(Unanswered::Absent)?;
        self.lock().asked += 1;
        let answered =
            ask_and_journal(&self.context, &self.gateway, (&self.lease.batch, &self.root), &question).await?;
        let mut tally = self.lock();
        tally.read.push(answered.call.clone());
        tally.cost_micros += answered.cost_micros;
        Ok(answered)
    }

    async fn settle(&self, mut settlement: Settlement, finish: bool) -> Result<(), StoreError> {
        let _settling = self.settling.lock().await;
        {
            let tally = self.lock();
            (settlement.before, settlement.cost_micros) = (tally.settled, tally.cost_micros);
        }
        let settled = self.settle_once(&settlement, finish).await?;
        failpoint::pass(Failpoint::AfterCommit);
        let mut tally = self.lock();
        tally.closed.extend(settlement.verdicts.iter().map(|(index, _)| *index));
        if self.is_compared {
            tally.said.extend(settlement.verdicts.iter().map(|(index, verdict)| (*index, said(verdict))));
        }
        tally.settled += settled;
        Ok(())
    }
}

/// What a verdict says about a track.
pub fn said(verdict: &Verdict) -> Said {
    match verdict {
        Verdict::Completed(entry, _) => Said::Extracted { entry: entry.clone() },
        Verdict::NoMusic(..) => Said::NoMusic,
        Verdict::Waits(Waiting::Provider, _) => Said::Unanswered,
        Verdict::Failed(reason)
        | Verdict::Refunded { reason, .. }
        | Verdict::Halved { reason, .. }
        | Verdict::Waits(_, reason) => Said::Undecided { reason: reason.clone() },
    }
}

/// No store: questions are asked, and nothing is written.
pub struct Unrecorded {
    gateway: Arc<Gateway>,
    verdicts: Mutex<Settlement>,
}

impl Unrecorded {
    /// A ledger that keeps the verdicts for its owner.
    #[must_use]
    pub fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway, verdicts: Mutex::default() }
    }

    /// All verdicts so far.
    #[must_use]
    pub fn into_settlement(self) -> Settlement {
        self.verdicts.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for Unrecorded {
    async fn ask(&self, question: Question<'_>) -> Result<Answered, Unanswered> {
        self.gateway.provider().map_err(Unanswered::Absent)?;
        let asked = ask(&self.gateway, question.prompt).await.map_err(Unanswered::Provider)?;
        Ok(Answered { call: CallId::new(), reply: asked.reply, cost_micros: asked.cost_micros })
    }

    async fn settle(&self, settlement: Settlement, _finish: bool) -> Result<(), StoreError> {
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.verdicts.extend(settlement.verdicts);
        verdicts.cost_micros += settlement.cost_micros;
        Ok(())
    }
}

/// Asks the provider; the question is journalled before it is sent, the answer before anything reads it. A database that is
/// gone meanwhile is waited for: an answer that was paid is not let go of.
pub async fn ask_and_journal(
    context: &Context,
    gateway: &Gateway,
    (batch, root): (&BatchId, &BatchId),
    question: &Question<'_>,
) -> Result<Answered, Unanswered> {
    let provider = gateway.provider().map_err(Unanswered::Absent)?;
    if let Some((reason, rest)) = gateway.resting() {
        return Err(Unanswered::Provider(AskError::Busy { reason, rest, for_all: false }));
    }
    let (store, reach) = (&context.store, &context.reach);
    let call = CallIntent {
        id: CallId::new(),
        batch: batch.clone(),
        root: root.clone(),
        strategy: question.strategy.description().name.clone(),
        strategy_digest: question.strategy.digest().as_str().to_owned(),
        round: question.round,
        prompt: question.prompt.clone(),
        prompt_digest: question.prompt.digest(provider.model()),
        provider: provider.name().to_owned(),
        model: provider.model().to_owned(),
        reserved_micros: provider.estimate_micros(question.prompt),
    };
    let admission = reach
        .insist(Access::Write, || store.journal_intent(&call, gateway.limits()))
        .await
        .map_err(Unanswered::Store)?;
    match admission {
        Admission::Admitted => {}
        Admission::Rest { ms, reason } => {
            let rest = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
            return Err(Unanswered::Provider(AskError::Busy { reason, rest, for_all: false }));
        }
        Admission::Spent { ms, reason } => {
            context.spent(ms);
            return Err(Unanswered::Spent(reason));
        }
    }
    let asked = ask(gateway, question.prompt).await;
    failpoint::pass(Failpoint::AfterReply);
    let journalled = match &asked {
        Ok(asked) => asked.answer.clone(),
        Err(error) => CallAnswer::Error(error.to_string()),
    };
    reach.insist(Access::Write, || store.journal_answer(&call.id, &journalled)).await.map_err(Unanswered::Store)?;
    failpoint::pass(Failpoint::AfterJournal);
    if let Err(AskError::Busy { reason, rest, for_all: true }) = &asked {
        gateway.rest(reason, *rest);
        let ms = i64::try_from(rest.as_millis()).unwrap_or(i64::MAX);
        if let Err(error) = store.block_provider(provider.name(), ms, reason).await {
            tracing::warn!("the other hosts were not told that the provider wants to be left alone: {error}");
        }
    }
    let asked = asked.map_err(Unanswered::Provider)?;
    Ok(Answered { call: call.id, reply: asked.reply, cost_micros: asked.cost_micros })
}

struct Asked {
    reply: Reply,
    answer: CallAnswer,
    cost_micros: i64,
}

/// Asks the provider, counts, and leaves a misconfigured one alone from then on.
async fn ask(gateway: &Gateway, prompt: &Prompt) -> Result<Asked, AskError> {
    let started = Instant::now();
    let asked = gateway.ask(prompt).await;
    let elapsed = started.elapsed();
    metrics::histogram!("liner_model_call_seconds").record(elapsed.as_secs_f64());
    let outcome = match &asked {
        Ok(_) => "answered",
        Err(AskError::Busy { .. }) => "busy",
        Err(AskError::Misconfigured(_)) => "misconfigured",
        Err(AskError::Rejected(_)) => "rejected",
        Err(AskError::Failed(_)) => "failed",
    };
    metrics::counter!("liner_model_calls_total", "outcome" => outcome).increment(1);
    if let Err(AskError::Misconfigured(reason)) = &asked {
        tracing::error!("the model is not asked again for now: {reason}");
        gateway.block(reason);
    }
    let answer = asked?;
    let count = |name: &'static str, kind: &'static str, n: i64| {
        metrics::counter!(name, "kind" => kind).increment(u64::try_from(n).unwrap_or(0));
    };
    count("liner_model_tokens_total", "input", answer.usage.tokens_in - answer.usage.tokens_cached);
    count("liner_model_tokens_total", "cached", answer.usage.tokens_cached);
    count("liner_model_tokens_total", "output", answer.usage.tokens_out);
    let cost_micros = answer.usage.cost_micros.unwrap_or(0);
    metrics::counter!("liner_model_cost_micros_total").increment(u64::try_from(cost_micros).unwrap_or(0));
    let journalled = CallAnswer::Reply {
        reply: answer.reply.clone(),
        request_id: answer.request_id,
        usage: answer.usage,
        latency_ms: i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX),
    };
    Ok(Asked { reply: answer.reply, answer: journalled, cost_micros })
}
