//! The model: whom to ask, what it answered and cost, and what an error means for the tracks that were asked about.
//!
//! A provider sends one request and says what came of it. When a request is sent again is decided in [`retry`], when a
//! provider is left alone in [`breaker`] and [`route`], and who is asked in its place in [`gateway`].

mod anthropic;
mod batches;
mod breaker;
pub mod figures;
mod gateway;
mod http;
mod lifecycle;
mod openai;
mod pricing;
mod retry;
mod route;
mod schema;
mod settings;
pub mod spans;
pub mod tokens;

pub use anthropic::{Anthropic, Turn, cacheable_from};
pub use batches::{BatchApi, BatchRequest, BatchResult, BatchState, Listed, Submitted};
pub use breaker::{Breaker, State as Circuit};
pub use gateway::Gateway;
pub use lifecycle::{Lifecycle, Look, retirement};
pub use openai::OpenAi;
pub use pricing::{Billed, PRICES_AS_OF, Price, Prices};
pub use retry::Failure;
pub use route::Route;
pub use settings::*;

use crate::music::{Estimate, Headroom, Prompt, Reply, Usage};
use async_trait::async_trait;
use std::sync::Arc;
use std::time::Duration;

/// Someone who answers prompts: one API at one origin, with one key and one model.
#[async_trait]
pub trait ModelProvider: Send + Sync {
    /// Its short name, as the journal writes it.
    fn name(&self) -> &'static str;

    /// The model it asks.
    fn model(&self) -> &str;

    /// The same provider with another model.
    fn with_model(&self, model: &str) -> Arc<dyn ModelProvider>;

    /// Where it asks, for people.
    fn origin(&self) -> String;

    /// What its tokens cost, where that is known.
    fn price(&self) -> Option<Price> {
        None
    }

    /// What an answer may cost at most.
    fn estimate(&self, prompt: &Prompt) -> Estimate;

    /// Looks whether asking would work: whether it can be reached, takes the key and has the model. Never costs anything.
    /// None where there is no way to look.
    async fn look(&self) -> Option<Look> {
        None
    }

    /// Waits until it is a prompt's turn: where the first of a burst goes alone, until that is answered.
    async fn turn(&self, _prompt: &Prompt) -> Option<Turn> {
        None
    }

    /// Sends a prompt once.
    ///
    /// # Errors
    /// [`Failure`]; none holds the key.
    async fn send(&self, prompt: &Prompt) -> Result<Answer, Failure>;

    /// How many input tokens a prompt has by the provider's own count, which costs nothing; `None` where it counts none.
    ///
    /// # Errors
    /// [`Failure`]; what it says of the key, the model and the schema holds for sending the prompt too.
    async fn count_tokens(&self, _prompt: &Prompt) -> Result<Option<i64>, Failure> {
        Ok(None)
    }

    /// Its way of answering many prompts later at a lower price, if it has one.
    fn batches(&self) -> Option<&dyn BatchApi> {
        None
    }
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
    /// What the provider says may yet be asked of it.
    pub headroom: Headroom,
}

/// Why there is no answer, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The provider cannot be reached, or wants to be left alone for a while. Not the tracks' fault.
    #[error("{reason}")]
    RetryAfter {
        /// What it said.
        reason: String,
        /// How long to leave it alone.
        rest: Duration,
        /// Whether the provider said so itself, so that it holds for every host.
        for_all: bool,
    },
    /// The request failed on the way or at the provider, perhaps because of what was asked.
    #[error("{0}")]
    Backoff(String),
    /// It is too much for one request.
    #[error("{0}")]
    Split(String),
    /// Nothing will be answered before someone changes the configuration or the account: a key, billing, a spend limit, a
    /// model that is unknown or retired.
    #[error("{reason}")]
    Operator {
        /// What it said, and what to do.
        reason: String,
        /// After how long it is worth another look.
        rest: Duration,
        /// Whether it concerns the account, so that it holds for every host.
        for_all: bool,
    },
    /// This very request is refused.
    #[error("{0}")]
    Final(String),
}

impl AskError {
    /// How long a provider that cannot be used as configured is left alone before it is tried again.
    pub const MISCONFIGURED_REST: Duration = Duration::from_secs(600);

    /// Something to be mended in this host's configuration.
    #[must_use]
    pub const fn misconfigured(reason: String) -> Self {
        Self::Operator { reason, rest: Self::MISCONFIGURED_REST, for_all: false }
    }

    /// Whether somebody else could answer instead.
    #[must_use]
    pub const fn is_providers(&self) -> bool {
        matches!(self, Self::RetryAfter { .. } | Self::Backoff(_) | Self::Operator { .. })
    }

    /// Its kind, as figures count it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RetryAfter { .. } => "busy",
            Self::Backoff(_) => "failed",
            Self::Split(_) => "too_large",
            Self::Operator { .. } => "misconfigured",
            Self::Final(_) => "rejected",
        }
    }

    /// The same, with its text changed.
    #[must_use]
    pub fn map(self, change: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::RetryAfter { reason, rest, for_all } => Self::RetryAfter { reason: change(reason), rest, for_all },
            Self::Backoff(reason) => Self::Backoff(change(reason)),
            Self::Split(reason) => Self::Split(change(reason)),
            Self::Operator { reason, rest, for_all } => Self::Operator { reason: change(reason), rest, for_all },
            Self::Final(reason) => Self::Final(change(reason)),
        }
    }
}
