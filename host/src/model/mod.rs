//! The model: whom to ask, what it answered and cost, and what an error means for the tracks that were asked about.

mod anthropic;
mod gateway;
mod pricing;

pub use anthropic::Anthropic;
pub use gateway::Gateway;

use crate::music::{Prompt, Reply, Usage};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Someone who answers prompts.
#[async_trait]
pub trait ModelProvider: Send + Sync {
    /// Its short name, as the journal writes it.
    fn name(&self) -> &'static str;

    /// The model it asks.
    fn model(&self) -> &str;

    /// The same provider with another model.
    fn with_model(&self, model: &str) -> Arc<dyn ModelProvider>;

    /// What an answer to a prompt may cost at most, in millionths of a dollar; nothing where the price is not known.
    fn estimate_micros(&self, prompt: &Prompt) -> i64;

    /// Where it asks, for people.
    fn origin(&self) -> String;

    /// Sends a prompt, again where that is safe and polite, and returns the answer.
    ///
    /// # Errors
    /// [`AskError`]; none holds the key.
    async fn ask(&self, prompt: &Prompt) -> Result<Answer, AskError>;
}

/// What a provider answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The reply.
    pub reply: Reply,
    /// The provider's identifier of the exchange.
    pub request_id: Option<String>,
    /// Tokens and cost.
    pub usage: Usage,
}

/// Why there is no answer, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The provider cannot be reached, or wants to be left alone for a while. Not the tracks' fault.
    #[error("{reason}")]
    Busy {
        /// What it said.
        reason: String,
        /// How long to leave it alone.
        rest: Duration,
        /// Whether the provider said so itself, so that it holds for every host.
        for_all: bool,
    },
    /// Nothing will be answered before someone changes the configuration or the account.
    #[error("{0}")]
    Misconfigured(String),
    /// This very request is refused.
    #[error("{0}")]
    Rejected(String),
    /// The request failed on the way or at the provider, perhaps because of what was asked.
    #[error("{0}")]
    Failed(String),
}
