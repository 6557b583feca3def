//! Provider's batches: questions that are asked together, at half the price and within a day.

use super::{BatchId, CallId, HostId};
use crate::music::{Limits, Prompt};

/// Questions that wait for a provider's batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked {
    /// Whom they are for.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// How many.
    pub calls: i64,
    /// How long ago the last of them came, in milliseconds of the store's clock.
    pub newest_ms: i64,
}

/// What a provider's batch may be made of.
#[derive(Debug, Clone)]
pub struct Gathering<'a> {
    /// Who submits it.
    pub host: &'a HostId,
    /// Whom to.
    pub provider: &'a str,
    /// Which model.
    pub model: &'a str,
    /// The most requests.
    pub most_requests: usize,
    /// The most bytes of prompts.
    pub most_bytes: i64,
    /// What the hosts together may spend.
    pub limits: &'a Limits,
    /// How long nobody else looks after it, in milliseconds.
    pub hold_ms: i64,
}

/// What came of gathering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Gathered {
    /// A batch to submit; it is written down.
    Intended(Box<Submission>),
    /// Nothing waits.
    Nothing,
    /// There is no money for any of it.
    Spent {
        /// For how long at least, in milliseconds: until the next UTC day, or none for a total budget.
        ms: Option<i64>,
        /// Why.
        reason: String,
    },
}

/// A provider's batch, as it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// What its requests' names begin with.
    pub id: String,
    /// Who was asked.
    pub provider: String,
    /// Which model.
    pub model: String,
    /// How many questions it has.
    pub requests: i64,
    /// `intended`, `submitted` or `ended`.
    pub state: String,
    /// The provider's name for it, once that is known.
    pub provider_id: Option<String>,
    /// When it was written down.
    pub intended_at: i64,
    /// When it was submitted.
    pub submitted_at: Option<i64>,
    /// When what is not answered expires.
    pub expires_at: Option<i64>,
    /// When its results were taken in.
    pub ended_at: Option<i64>,
    /// How often it was looked at.
    pub looks: i64,
    /// Questions that were answered.
    pub answered: i64,
    /// Questions that were not, so far as that is known.
    pub unanswered: i64,
    /// What it may cost at most, in millionths of a dollar, where that is known.
    pub estimate_micros: Option<i64>,
    /// How long ago it was written down, in milliseconds of the store's clock.
    pub age_ms: i64,
    /// How long ago it was last about to be submitted, if it ever was.
    pub attempted_ms: Option<i64>,
}

impl Submission {
    /// What a question is called at the provider: at most 64 of `[a-zA-Z0-9_-]`.
    #[must_use]
    pub fn name_of(&self, call: &CallId) -> String {
        format!("{}_{call}", self.id)
    }

    /// The question of a name, if it is one of this batch.
    #[must_use]
    pub fn call_of(&self, name: &str) -> Option<CallId> {
        let call = name.strip_prefix(&self.id)?.strip_prefix('_')?;
        Some(CallId::from_text(call.to_owned()))
    }
}

/// A question of a provider's batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its place in the journal.
    pub call: CallId,
    /// Which batch of tracks it is about.
    pub root: BatchId,
    /// The prompt.
    pub prompt: Prompt,
}
