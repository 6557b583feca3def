//! The journal of model calls.

use super::{BatchId, CallId};
use crate::music::{Estimate, Headroom, Prompt, Reply, Stop, Usage};

/// A prompt about to be sent.
#[derive(Debug, Clone)]
pub struct CallIntent {
    /// Its place in the journal.
    pub id: CallId,
    /// The batch.
    pub batch: BatchId,
    /// The batch's root.
    pub root: BatchId,
    /// The strategy's name.
    pub strategy: String,
    /// Its component's digest.
    pub strategy_digest: String,
    /// Which round of the strategy.
    pub round: u32,
    /// The prompt.
    pub prompt: Prompt,
    /// The prompt's digest with the model.
    pub prompt_digest: String,
    /// The provider asked.
    pub provider: String,
    /// The model asked.
    pub model: String,
    /// What the answer may need; set aside until it is there.
    pub reserve: Estimate,
}

/// What an answer means for the rate that the hosts keep together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rate {
    /// Tokens in that were set aside and not needed; less than nothing when more were.
    pub returned_in: i64,
    /// Tokens out, likewise.
    pub returned_out: i64,
    /// What the provider says may yet be asked of it.
    pub headroom: Headroom,
}

/// What came of a prompt.
#[derive(Debug, Clone)]
pub enum CallAnswer {
    /// A reply.
    Reply {
        /// The reply.
        reply: Reply,
        /// The provider's identifier of the exchange.
        request_id: Option<String>,
        /// Tokens and cost.
        usage: Usage,
        /// What it means for the rate; nothing where no rate is kept.
        rate: Option<Rate>,
        /// How often the question was sent again for it.
        retries: u32,
        /// How long it took, in milliseconds.
        latency_ms: i64,
    },
    /// None.
    Error {
        /// Why.
        reason: String,
        /// How often the question was sent again in vain.
        retries: u32,
        /// Whether it may have been answered and billed: what was set aside for it is spent.
        perhaps_paid: bool,
    },
}

impl CallAnswer {
    /// None, and why; it was not sent again.
    #[must_use]
    pub fn error(reason: impl Into<String>) -> Self {
        Self::Error { reason: reason.into(), retries: 0, perhaps_paid: false }
    }
}

/// A reply out of the journal.
#[derive(Debug, Clone)]
pub struct JournalledReply {
    /// Its place in the journal.
    pub id: CallId,
    /// The reply.
    pub reply: Reply,
}

impl JournalledReply {
    /// Puts a stored reply together.
    #[must_use]
    pub fn new(id: String, text: String, stop: &str, model: String) -> Self {
        Self { id: CallId::from_text(id), reply: Reply { text, stop: Stop::from_name(stop), model } }
    }
}
