//! Many prompts at once, answered within a day at half the price: what providers' batch APIs have in common.

use super::{Answer, AskError, Failure};
use crate::music::Prompt;
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use std::time::Duration;

/// A provider's batch API. Nothing of it is sent again by itself: a batch that was submitted twice is paid twice.
#[async_trait]
pub trait BatchApi: Send + Sync {
    /// The most requests of one batch.
    fn most_requests(&self) -> usize;

    /// Submits prompts.
    ///
    /// # Errors
    /// [`Failure`]. One of [`AskError::Backoff`] leaves open whether the batch was made; whoever submits has to look for it.
    async fn submit(&self, requests: &[BatchRequest]) -> Result<Submitted, Failure>;

    /// How far a batch is; `None` when the provider knows no such batch.
    ///
    /// # Errors
    /// [`Failure`].
    async fn state(&self, id: &str) -> Result<Option<BatchState>, Failure>;

    /// The batches that were made since a time, in Unix milliseconds by the provider's clock, the newest first.
    ///
    /// # Errors
    /// [`Failure`].
    async fn made_since(&self, since: i64) -> Result<Vec<Listed>, Failure>;

    /// The results of a batch that ended, in any order, as they are read.
    ///
    /// # Errors
    /// [`Failure`]; a stream that breaks off ends with one.
    async fn results(&self, id: &str) -> Result<BoxStream<'static, Result<(String, BatchResult), Failure>>, Failure>;

    /// Asks to cancel a batch. What was answered already is in its results, and paid.
    ///
    /// # Errors
    /// [`Failure`].
    async fn cancel(&self, id: &str) -> Result<(), Failure>;
}

/// A prompt of a batch.
#[derive(Debug, Clone)]
pub struct BatchRequest {
    /// What its result is found by: at most 64 of `[a-zA-Z0-9_-]`.
    pub custom_id: String,
    /// The prompt.
    pub prompt: Prompt,
}

/// A batch that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The provider's identifier.
    pub id: String,
    /// When what is not answered expires, in Unix milliseconds.
    pub expires_at: Option<i64>,
}

/// How far a batch is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BatchState {
    /// Whether its results can be read.
    pub has_ended: bool,
    /// Requests that were answered; some providers count only at the end.
    pub answered: i64,
    /// Requests that failed, expired or were cancelled.
    pub unanswered: i64,
    /// How long the provider asks to wait before the next look.
    pub retry_after: Option<Duration>,
}

/// A batch of a provider's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The provider's identifier.
    pub id: String,
    /// When it was made, in Unix milliseconds by the provider's clock.
    pub created_at: i64,
    /// How many requests it has; `None` where the provider does not say yet.
    pub requests: Option<i64>,
    /// Whether its results can be read.
    pub has_ended: bool,
}

/// What came of one prompt of a batch.
#[derive(Debug, Clone)]
pub enum BatchResult {
    /// An answer.
    Answered(Box<Answer>),
    /// It failed, and what that would mean of a request by itself.
    Errored(AskError),
    /// It was not answered in time, or cancelled; nothing was paid.
    Unanswered(&'static str),
}

impl BatchResult {
    /// A line that cannot be read is nobody's result. The others are read on.
    pub(super) fn unreadable(why: &str) -> (String, Self) {
        tracing::warn!("a line of a provider's batch cannot be read");
        tracing::debug!("the line cannot be read: {why}");
        (String::new(), Self::Unanswered("it cannot be read"))
    }
}
