//! Where a batch's questions and verdicts are written down: in the store under a lease, or nowhere.

use super::Context;
use super::asking::{Asking, ask_unrecorded, recall};
use super::reach::Access;
use crate::failpoint::{self, Failpoint};
use crate::model::{AskError, Gateway};
use crate::music::{Prompt, Reply};
use crate::store::{
    BatchId, CallId, CallIntent, Claim, Lease, Said, Settled, Settlement, StoreError, Verdict, Waiting,
};
use crate::strategy::Strategy;
use crate::telemetry::Span;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// A strategy's question.
pub struct Question<'a> {
    /// Whose.
    pub strategy: &'a Strategy,
    /// In which round, from 1.
    pub round: u32,
    /// The prompt.
    pub prompt: &'a Prompt,
    /// Where it is noted how it was answered.
    pub trace: &'a Span,
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
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// Nobody is there to ask.
    #[error("{0}")]
    Absent(String),
    /// There is no money for it.
    #[error("{0}")]
    Spent(String),
    /// It is asked with many others, in a provider's batch.
    #[error("it waits for a provider's batch")]
    Parked,
    /// The provider did not answer.
    #[error(transparent)]
    Provider(AskError),
    /// The journal could not be written; nothing was asked.
    #[error(transparent)]
    Store(StoreError),
}

impl Unanswered {
    /// Its kind, as traces name it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Absent(_) => "absent",
            Self::Spent(_) => "spent",
            Self::Parked => "parked",
            Self::Provider(error) => error.kind(),
            Self::Store(_) => "database",
        }
    }

    /// Whether somebody else could answer instead.
    pub fn is_providers(&self) -> bool {
        match self {
            Self::Absent(_) | Self::Spent(_) => true,
            Self::Provider(error) => error.is_providers(),
            Self::Parked | Self::Store(_) => false,
        }
    }
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

/// How a batch's questions are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// At once.
    Live,
    /// With many others, in a provider's batch.
    Batch,
}

/// A claimed batch in the store.
pub struct LeasedLedger {
    context: Arc<Context>,
    gateway: Arc<Gateway>,
    lease: Lease,
    root: BatchId,
    /// Whether some of its questions may be with a provider already.
    is_taken_over: bool,
    way: Way,
    is_compared: bool,
    /// When the batch's time is over.
    deadline: Instant,
    /// The models that may have answered, or may be about to: those that are asked now, and those of its provider's batches.
    models: tokio::sync::OnceCell<Vec<String>>,
    /// Questions that are asked with many others; those that are with a provider already are none of them.
    parked: Mutex<Option<Vec<CallIntent>>>,
    tally: Mutex<Tally>,
    /// Parts of a batch settle one after another: each says what was settled before it.
    settling: tokio::sync::Mutex<()>,
    trace: Arc<Span>,
}

impl LeasedLedger {
    /// The ledger of a claim. It remembers what was said when that is to be compared.
    pub fn new(
        context: Arc<Context>,
        gateway: Arc<Gateway>,
        claim: &Claim,
        way: Way,
        is_compared: bool,
        deadline: Instant,
        trace: Arc<Span>,
    ) -> Self {
        let (lease, root, is_taken_over) = (claim.lease.clone(), claim.root.clone(), claim.recovered);
        let (models, parked, tally, settling) = Default::default();
        Self {
            context,
            gateway,
            lease,
            root,
            is_taken_over,
            way,
            is_compared,
            deadline,
            models,
            parked,
            tally,
            settling,
            trace,
        }
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

    fn note(&self, settlement: &Settlement, settled: Settled) {
        let mut tally = self.lock();
        tally.closed.extend(settlement.verdicts.iter().map(|(index, _)| *index));
        if self.is_compared {
            tally.said.extend(settlement.verdicts.iter().map(|(index, verdict)| (*index, said(verdict))));
        }
        tally.settled += settled;
    }

    /// Lets no question wait for a provider's batch after all: nobody would read the answers.
    pub fn forget_parked(&self) {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// Lets a question wait for a provider's batch, or for the one that it is in already.
    fn let_wait(&self, call: Option<CallIntent>) {
        self.parked.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().extend(call);
    }

    async fn models(&self) -> Result<&[String], StoreError> {
        let models = self.models.get_or_try_init(async || {
            let mut models = self.gateway.models();
            if self.is_taken_over {
                let asked = || self.context.store.models_of(&self.root);
                let asked = self.context.reach.insist(Access::Read, asked).await?;
                models.extend(asked.into_iter().filter(|model| !self.gateway.models().contains(model)));
            }
            Ok::<_, StoreError>(models)
        });
        models.await.map(Vec::as_slice)
    }

    async fn is_with_provider(&self, prompt: &Prompt) -> Result<bool, StoreError> {
        for model in self.models().await? {
            let digest = prompt.digest(model);
            let look = || self.context.store.is_with_provider(&self.root, &digest);
            if self.context.reach.insist(Access::Read, look).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn recall(&self, prompt: &Prompt) -> Result<Option<Answered>, StoreError> {
        let read = self.lock().read.clone();
        let Some(found) = recall(&self.context, &self.gateway, self.models().await?, &self.root, &read, prompt).await?
        else {
            return Ok(None);
        };
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
        if let Some(answered) = self.recall(question.prompt).await.map_err(Unanswered::Store)? {
            question.trace.set("liner.reused", true);
            return Ok(answered);
        }
        if self.is_taken_over && self.is_with_provider(question.prompt).await.map_err(Unanswered::Store)? {
            self.let_wait(None);
            return Err(Unanswered::Parked);
        }
        self.gateway.available().map_err(Unanswered::Absent)?;
        let asking = Asking {
            context: &self.context,
            gateway: &self.gateway,
            batch: &self.lease.batch,
            root: &self.root,
            deadline: Some(self.deadline),
        };
        // What a reply leaves open is asked at once, so that no track waits for two provider's batches.
        if self.way == Way::Batch
            && question.round == 1
            && let Some(route) = self.gateway.batch_route()
        {
            self.let_wait(Some(asking.intent_in_batch(route, &question)));
            return Err(Unanswered::Parked);
        }
        self.lock().asked += 1;
        let answered = asking.ask(&question).await?;
        let mut tally = self.lock();
        tally.read.push(answered.call.clone());
        tally.cost_micros += answered.cost_micros;
        Ok(answered)
    }

    async fn settle(&self, mut settlement: Settlement, finish: bool) -> Result<(), StoreError> {
        let _settling = self.settling.lock().await;
        let trace = self.trace.child("settle");
        trace.count("liner.verdicts", settlement.verdicts.len());
        trace.set("liner.batch.ends", finish);
        {
            let tally = self.lock();
            (settlement.before, settlement.cost_micros) = (tally.settled, tally.cost_micros);
        }
        let parked = self.parked.lock().unwrap_or_else(PoisonError::into_inner).take_if(|_| finish);
        let finish = finish && parked.is_none();
        let settled = self.settle_once(&settlement, finish).await?;
        failpoint::pass(Failpoint::AfterCommit);
        self.note(&settlement, settled);
        if let Some(calls) = parked {
            self.context.reach.insist(Access::Write, || self.context.store.park(&self.lease, &calls)).await?;
            failpoint::pass(Failpoint::AfterPark);
            self.context.parked.notify_one();
        }
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
        ask_unrecorded(&self.gateway, question.prompt).await.map(|(answered, _)| answered)
    }

    async fn settle(&self, settlement: Settlement, _finish: bool) -> Result<(), StoreError> {
        let mut verdicts = self.verdicts.lock().unwrap_or_else(PoisonError::into_inner);
        verdicts.verdicts.extend(settlement.verdicts);
        verdicts.cost_micros += settlement.cost_micros;
        Ok(())
    }
}
