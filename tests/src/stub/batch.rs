//! Batches of either API: what was submitted, what became of it, and when.

use super::answering::Outcome;
use super::{Shared, Wire};
use axum::http::HeaderMap;
use jiff::Timestamp;
use serde_json::Value;
use std::sync::{Arc, Mutex};

/// A batch that was created.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Its id.
    pub id: String,
    /// The headers of the request that created it.
    pub headers: HeaderMap,
    /// Its requests, in their order.
    pub requests: Arc<Vec<BatchRequest>>,
    /// How often it was looked at.
    pub polls: usize,
    /// How often its cancelling was asked for.
    pub cancels: usize,
    /// How often its results were downloaded.
    pub downloads: usize,
    /// Whether it has ended.
    pub ended: bool,
    pub(super) wire: Wire,
    pub(super) created_at: Timestamp,
    pub(super) cancelled_at: Option<Timestamp>,
    pub(super) end: Option<End>,
    pub(super) openai: OpenAi,
}

/// A request of a batch.
#[derive(Debug, Clone)]
pub struct BatchRequest {
    /// The caller's name for it.
    pub custom_id: String,
    /// The question.
    pub body: Value,
}

/// What only batches of OpenAI have.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenAi {
    pub input_file: String,
    pub endpoint: String,
    pub metadata: Value,
    /// What is wrong with the input file.
    pub errors: Vec<Value>,
    pub output_file: Option<String>,
    pub error_file: Option<String>,
}

/// How a batch ended.
#[derive(Debug, Clone)]
pub(super) struct End {
    pub at: Timestamp,
    pub how: Ending,
    /// In another order than the requests.
    pub outcomes: Arc<Vec<(String, Outcome)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Answered,
    Canceled,
    Expired,
}

impl Batch {
    pub(super) fn new(wire: Wire, id: String, headers: HeaderMap, requests: Vec<BatchRequest>) -> Self {
        Self {
            id,
            headers,
            requests: Arc::new(requests),
            polls: 0,
            cancels: 0,
            downloads: 0,
            ended: false,
            wire,
            created_at: Timestamp::now(),
            cancelled_at: None,
            end: None,
            openai: OpenAi::default(),
        }
    }

    pub(super) fn count(&self, is: impl Fn(&Outcome) -> bool) -> usize {
        let outcomes = self.end.iter().flat_map(|end| end.outcomes.iter());
        outcomes.filter(|(_, outcome)| is(outcome)).count()
    }
}

/// All batches, oldest first.
#[derive(Default)]
pub(super) struct Ledger {
    batches: Mutex<Vec<Batch>>,
    /// Held while a batch is ended, so that each is ended once.
    ending: tokio::sync::Mutex<()>,
}

impl Ledger {
    pub(super) fn all(&self) -> Vec<Batch> {
        self.batches.lock().unwrap().clone()
    }

    pub(super) fn add(&self, batch: Batch) {
        self.batches.lock().unwrap().push(batch);
    }

    pub(super) fn change_all(&self, change: impl Fn(&mut Batch)) {
        self.batches.lock().unwrap().iter_mut().for_each(change);
    }

    /// Changes a batch, if it is there, and shows what it is then.
    pub(super) fn change(&self, wire: Wire, id: &str, change: impl FnOnce(&mut Batch)) -> Option<Batch> {
        let mut batches = self.batches.lock().unwrap();
        let batch = batches.iter_mut().find(|batch| batch.wire == wire && batch.id == id)?;
        change(batch);
        Some(batch.clone())
    }

    /// One page of the newest first, and whether there are more: `older` than one, or `newer` than one.
    pub(super) fn page(
        &self,
        wire: Wire,
        limit: usize,
        older: Option<&str>,
        newer: Option<&str>,
    ) -> Option<(Vec<Batch>, bool)> {
        let mut listed: Vec<Batch> = self.all().into_iter().rev().filter(|batch| batch.wire == wire).collect();
        let place = |listed: &[Batch], id: &str| listed.iter().position(|batch| batch.id == id);
        if let Some(id) = older {
            listed = listed.split_off(place(&listed, id)? + 1);
        }
        if let Some(id) = newer {
            listed.truncate(place(&listed, id)?);
            let more = listed.len() > limit;
            return Some((listed.split_off(listed.len().saturating_sub(limit)), more));
        }
        let more = listed.len() > limit;
        listed.truncate(limit);
        Some((listed, more))
    }
}

/// Looks at a batch, which ends it when it is time.
pub(super) async fn poll(shared: &Shared, wire: Wire, id: &str) -> Option<Batch> {
    let batch = shared.ledger.change(wire, id, |batch| batch.polls += 1)?;
    if shared.behaviour.ends_after.is_some_and(|n| batch.polls >= n) {
        end(shared, &batch, Ending::Answered).await;
        return shared.ledger.change(wire, id, |_| ());
    }
    Some(batch)
}

pub(super) async fn end_all(shared: &Shared, how: Ending) {
    for batch in shared.ledger.all() {
        end(shared, &batch, how).await;
    }
}

/// Notes that cancelling a batch was asked for. It ends later, when it is looked at.
pub(super) fn cancel(shared: &Shared, wire: Wire, id: &str) -> Option<Batch> {
    shared.ledger.change(wire, id, |batch| {
        batch.cancels += 1;
        if !batch.ended {
            batch.cancelled_at.get_or_insert_with(Timestamp::now);
        }
    })
}

async fn end(shared: &Shared, batch: &Batch, how: Ending) {
    let _alone = shared.ledger.ending.lock().await;
    let Some(batch) = shared.ledger.change(batch.wire, &batch.id, |_| ()).filter(|batch| !batch.ended) else { return };
    let how = if batch.cancelled_at.is_some() { Ending::Canceled } else { how };
    let mut outcomes = Vec::with_capacity(batch.requests.len());
    for request in batch.requests.iter() {
        let outcome = match how {
            Ending::Canceled => Outcome::Canceled,
            Ending::Expired => Outcome::Expired,
            Ending::Answered if (shared.behaviour.expires)(&request.custom_id) => Outcome::Expired,
            Ending::Answered => shared.outcome(batch.wire, &request.body).await,
        };
        outcomes.push((request.custom_id.clone(), outcome));
    }
    outcomes.reverse();
    let end = End { at: Timestamp::now(), how, outcomes: Arc::new(outcomes) };
    let (output, error) = match batch.wire {
        Wire::Anthropic => (None, None),
        Wire::OpenAi => shared.files.store_outcomes(shared, &end),
    };
    shared.ledger.change(batch.wire, &batch.id, |batch| {
        batch.ended = true;
        batch.end = Some(end);
        batch.openai.output_file = output;
        batch.openai.error_file = error;
    });
}
