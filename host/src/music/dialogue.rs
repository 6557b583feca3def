//! What is said between host, strategies and models: prompts, replies and steps. Indexes are positions in the batch.

use super::{Extraction, Outcome};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A question to a model about some tracks of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The strategy's own mark, returned unchanged.
    pub tag: String,
    /// Positions in the batch that it asks about.
    pub indexes: Vec<u32>,
    /// Stable text, the same for every batch.
    pub system: String,
    /// The text that differs from batch to batch.
    pub user: String,
    /// JSON schema that the reply must follow.
    pub response_schema: Option<String>,
    /// The most tokens the reply may have.
    pub max_output_tokens: u32,
}

impl Prompt {
    /// SHA-256 of what prompts of one kind have in common: the system text and the schema of the reply.
    #[must_use]
    pub fn frame_digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(self.system.len().to_le_bytes());
        digest.update(&self.system);
        digest.update(self.response_schema.as_deref().unwrap_or_default());
        digest.finalize().into()
    }

    /// SHA-256, in hex, of what decides a reply: the model and everything it is sent. Two prompts with one digest are the
    /// same question.
    #[must_use]
    pub fn digest(&self, model: &str) -> String {
        let mut digest = Sha256::new();
        for part in [model, &self.system, &self.user, self.response_schema.as_deref().unwrap_or_default()] {
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            digest.update(part.as_bytes());
        }
        digest.update(self.max_output_tokens.to_le_bytes());
        crate::digest::hex(&digest.finalize())
    }
}

/// Why a model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stop {
    /// It had said everything.
    Complete,
    /// The output limit cut it.
    Truncated,
    /// It declined.
    Refused,
    /// Any other reason.
    Other,
}

impl Stop {
    /// The name as the journal writes it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Truncated => "truncated",
            Self::Refused => "refused",
            Self::Other => "other",
        }
    }

    /// The reason a journal's name stands for.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        [Self::Complete, Self::Truncated, Self::Refused]
            .into_iter()
            .find(|stop| stop.name() == name)
            .unwrap_or(Self::Other)
    }
}

/// A model's answer to one prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The text.
    pub text: String,
    /// Why it ended.
    pub stop: Stop,
    /// The model that answered.
    pub model: String,
}

/// Tokens and cost of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All input tokens, cached ones too.
    pub tokens_in: i64,
    /// Input tokens read from the provider's cache.
    pub tokens_cached: i64,
    /// Input tokens written to the provider's cache.
    pub tokens_written: i64,
    /// Output tokens.
    pub tokens_out: i64,
    /// Millionths of a dollar; `None` when the model's price is unknown.
    pub cost_micros: Option<i64>,
}

/// What one call of a strategy answers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Step {
    /// Final for this strategy: position and outcome.
    pub decisions: Vec<(u32, Outcome)>,
    /// Beliefs about tracks that are passed on or asked about.
    pub hints: Vec<(u32, Extraction)>,
    /// Questions to the model.
    pub prompts: Vec<Prompt>,
}

/// What a strategy says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// Short name.
    pub name: String,
    /// Semantic version.
    pub version: String,
    /// One line for people.
    pub summary: String,
    /// Whether it may return prompts.
    pub asks_model: bool,
    /// JSON schema of its configuration, as text.
    pub config_schema: String,
    /// The configuration used when the operator gives none.
    pub default_config: String,
}
