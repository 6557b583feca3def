//! Candidates beside the active strategies: they see the tracks of a batch that was settled, and settle nothing.
//!
//! A candidate's question is answered out of the journal when the same was asked before; else it is asked only as far as
//! the candidate's own budget goes. What it says is kept beside what was settled.

use super::Context;
use super::asking::{Asking, recall};
use super::batch::{Job, work};
use super::ledger::{Answered, Ledger, Question, Unanswered, said};
use super::part::is_in_share;
use crate::digest::Digest;
use crate::model::Gateway;
use crate::music::Track;
use crate::store::{BatchId, CallId, Claim, Compared, Said, Settlement, StoreError, Verdict};
use crate::strategy::lineup::Role;
use crate::strategy::{Pipeline, Strategy};
use crate::telemetry::Span;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Batches that candidates may be behind. Beyond that a batch is not shown to them: they must hold up nothing.
pub const BEHIND: usize = 16;

/// A settled batch as a candidate is shown it.
struct Shown {
    digest: Digest,
    strategies: Vec<Arc<Strategy>>,
    batch: BatchId,
    root: BatchId,
    tracks: Vec<Track>,
    /// What was settled about them.
    settled: Vec<Said>,
    /// Whether it was the candidate who settled them, so that it is the active strategies who are asked here.
    by_candidate: bool,
    budget_micros: i64,
}

/// Shows a settled batch to every candidate, in the background.
pub fn show(context: &Arc<Context>, gateway: &Arc<Gateway>, pipeline: &Pipeline, claim: &Claim, said: &[(u32, Said)]) {
    for shown in to_show(pipeline, claim, said) {
        let Ok(turn) = context.behind.clone().try_acquire_owned() else {
            metrics::counter!("liner_shadow_skipped_total").increment(1);
            continue;
        };
        let (context, gateway) = (context.clone(), gateway.clone());
        tokio::spawn(async move {
            if let Err(error) = compare(&context, gateway, shown).await {
                tracing::warn!("a candidate was not compared: {error}");
            }
            drop(turn);
        });
    }
}

fn to_show(pipeline: &Pipeline, claim: &Claim, said: &[(u32, Said)]) -> Vec<Shown> {
    let canary = pipeline.canary().map(|(_, percent)| percent);
    let is_canarys = |track: &Track| canary.is_some_and(|percent| is_in_share(&track.key, percent));
    let settled = |by_candidate: bool| -> Vec<(Track, Said)> {
        let track = |index: u32| claim.tracks.get(usize::try_from(index).ok()?).cloned();
        said.iter()
            .filter_map(|(index, said)| Some((track(*index)?, said.clone())))
            .filter(|(track, _)| is_canarys(track) == by_candidate)
            .collect()
    };
    let shown = |trial: &crate::strategy::Trial| {
        let (by_candidate, budget_micros) = match trial.candidate.role {
            Role::Shadow { budget_micros } => (false, budget_micros),
            Role::Canary { .. } => (true, 0),
        };
        let strategies = if by_candidate { &pipeline.strategies } else { &trial.strategies };
        let (tracks, settled) = settled(by_candidate).into_iter().unzip();
        Shown {
            digest: trial.strategy.digest().clone(),
            strategies: strategies.clone(),
            batch: claim.id().clone(),
            root: claim.root.clone(),
            tracks,
            settled,
            by_candidate,
            budget_micros,
        }
    };
    pipeline.trials.iter().map(shown).filter(|shown| !shown.tracks.is_empty()).collect()
}

async fn compare(context: &Context, gateway: Arc<Gateway>, shown: Shown) -> Result<(), StoreError> {
    let runtime = context.rollout.runtime().beside(1, &shown.digest);
    let spent = if shown.budget_micros > 0 { context.store.candidate_cost(&shown.digest).await? } else { 0 };
    let ledger = ShadowLedger {
        context,
        gateway,
        batch: &shown.batch,
        root: &shown.root,
        left_micros: Mutex::new(shown.budget_micros - spent),
        paid: Mutex::default(),
        read: Mutex::default(),
        verdicts: Mutex::default(),
    };
    let wanted = vec![true; shown.tracks.len()];
    let job = Job {
        tracks: &shown.tracks,
        wanted: &wanted,
        strategies: &shown.strategies,
        runtime: &runtime,
        required: &context.required,
        trace: &Span::NONE,
    };
    let started = Instant::now();
    work(&job, &ledger).await?;
    let tracks = i64::try_from(shown.tracks.len().max(1)).unwrap_or(i64::MAX);
    let time_us = i64::try_from(started.elapsed().as_micros()).unwrap_or(i64::MAX) / tracks;
    // On the first track alone, as a share of a few millionths would be nothing.
    let mut cost_micros = *lock(&ledger.paid);
    let mut others: Vec<Said> = shown.tracks.iter().map(|_| Said::Unanswered).collect();
    for (index, verdict) in lock(&ledger.verdicts).iter() {
        if let Some(other) = usize::try_from(*index).ok().and_then(|index| others.get_mut(index)) {
            *other = said(verdict);
        }
    }
    let compared: Vec<Compared> = shown
        .tracks
        .iter()
        .zip(shown.settled)
        .zip(others)
        .map(|((track, settled), other)| {
            let (candidate, active) = if shown.by_candidate { (settled, other) } else { (other, settled) };
            let cost_micros = std::mem::take(&mut cost_micros);
            Compared { key: track.key.clone(), candidate, active, cost_micros, time_us }
        })
        .collect();
    metrics::counter!("liner_shadow_tracks_total").increment(u64::try_from(compared.len()).unwrap_or(0));
    context.store.keep_compared(&shown.digest, &shown.batch, &compared).await
}

/// Answers out of the journal, asks within a budget, settles nothing.
struct ShadowLedger<'a> {
    context: &'a Context,
    gateway: Arc<Gateway>,
    batch: &'a BatchId,
    root: &'a BatchId,
    left_micros: Mutex<i64>,
    paid: Mutex<i64>,
    read: Mutex<Vec<CallId>>,
    verdicts: Mutex<Vec<(u32, Verdict)>>,
}

#[async_trait]
impl Ledger for ShadowLedger<'_> {
    async fn ask(&self, question: Question<'_>) -> Result<Answered, Unanswered> {
        self.gateway.available().map_err(Unanswered::Absent)?;
        let read = lock(&self.read).clone();
        let found =
            recall(self.context, &self.gateway, &self.gateway.models(), self.root, &read, question.prompt).await;
        let found = found.map_err(Unanswered::Store)?;
        if let Some(found) = found {
            lock(&self.read).push(found.id.clone());
            return Ok(Answered { call: found.id, reply: found.reply, cost_micros: 0 });
        }
        if *lock(&self.left_micros) <= 0 {
            return Err(Unanswered::Absent("the candidate may not ask questions of its own".to_owned()));
        }
        let (context, gateway) = (self.context, &*self.gateway);
        let asking = Asking { context, gateway, batch: self.batch, root: self.root, deadline: None };
        let answered = asking.ask(&question).await?;
        lock(&self.read).push(answered.call.clone());
        *lock(&self.left_micros) -= answered.cost_micros;
        *lock(&self.paid) += answered.cost_micros;
        Ok(answered)
    }

    async fn settle(&self, settlement: Settlement, _finish: bool) -> Result<(), StoreError> {
        lock(&self.verdicts).extend(settlement.verdicts);
        Ok(())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
