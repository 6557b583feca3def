//! What an operator says about models.

use super::Prices;
use crate::music::Limits;
use crate::secret::Secret;
use std::time::Duration;
use url::Url;

/// Whom to ask, and how.
#[derive(Debug, Clone)]
pub struct ModelSettings {
    /// The providers, in order: who comes later is asked when those before cannot answer.
    pub routes: Vec<RouteSettings>,
    /// Why no model is asked, when none is.
    pub absent: Option<String>,
    /// The model that is asked first, or would be if there were a key.
    pub model: String,
    /// What models cost.
    pub prices: Prices,
    /// How often one request is sent again; 0 turns it off.
    pub max_retries: u32,
    /// Calls at once, of one host.
    pub concurrency: usize,
    /// What all hosts on the database together may ask and spend.
    pub limits: Limits,
    /// How old a journalled reply may be that answers the same prompt of another batch; none does without.
    pub reuse: Option<Duration>,
    /// What goes out as provider's batches.
    pub batches: BatchSettings,
}

/// One provider with one model.
#[derive(Debug, Clone)]
pub struct RouteSettings {
    /// What it speaks.
    pub api: Api,
    /// The key, where it wants one.
    pub key: Option<Secret>,
    /// Where.
    pub base_url: Url,
    /// Which model.
    pub model: String,
    /// How long one request may take.
    pub timeout: Duration,
    /// What models cost.
    pub prices: Prices,
    /// Whether requests and responses are logged, at trace level.
    pub logs_bodies: bool,
}

/// What a provider speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Api {
    /// Anthropic's Messages API, in a version.
    Anthropic {
        /// `anthropic-version`.
        version: &'static str,
    },
    /// The part of OpenAI's Chat Completions that others speak too.
    OpenAi(OpenAiDialect),
}

/// What differs between those who speak it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OpenAiDialect {
    /// How the most output tokens are named; found out without it.
    pub max_tokens: Option<MaxTokens>,
    /// How a reply is bound to a schema; found out without it.
    pub format: Option<ResponseFormat>,
    /// `reasoning_effort`, for models that reason.
    pub reasoning_effort: Option<String>,
}

/// The field that names the most output tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxTokens {
    /// `max_tokens`: what most local servers read.
    MaxTokens,
    /// `max_completion_tokens`: what OpenAI's reasoning models insist on.
    MaxCompletionTokens,
}

/// How a reply is bound to a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseFormat {
    /// By the schema itself.
    JsonSchema,
    /// To be JSON; the schema is in the prompt.
    JsonObject,
    /// By the prompt alone.
    Prompt,
}

/// What goes out as provider's batches, at half the price and within a day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchSettings {
    /// From how many due tracks on; never without.
    pub from_tracks: Option<u64>,
    /// Whether they are cancelled when the host stops.
    pub cancel_on_shutdown: bool,
}
