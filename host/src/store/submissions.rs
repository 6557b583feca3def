//! What the store keeps of provider's batches.
//!
//! A batch of tracks whose questions go out this way has no lease: it is *submitted*. Its questions are in the journal,
//! first waiting (*parked*), then as requests of a provider's batch that is written down before it is submitted. When
//! answers are there the batch is *answered*, and is worked on again by whoever comes first: its strategies find the
//! replies in the journal.

use super::{BatchId, CallId, CallIntent, Gathered, Gathering, HostId, Lease, Parked, Request, StoreError, Submission};
use async_trait::async_trait;

/// How often a question may be left unanswered by a provider's batch before it is asked by itself.
pub const MAX_LEFT_OVER: i64 = 2;

/// Provider's batches.
#[async_trait]
pub trait SubmissionStore: Send + Sync {
    /// Lets a batch wait for a provider's batch instead of its lease, with questions that are journalled now and those that
    /// are with a provider already.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the lease was lost; nothing is changed then.
    async fn park(&self, lease: &Lease, calls: &[CallIntent]) -> Result<(), StoreError>;

    /// Whether a prompt of this batch or its predecessors waits for a provider's batch, or is in one.
    async fn is_with_provider(&self, root: &BatchId, prompt_digest: &str) -> Result<bool, StoreError>;

    /// Questions that wait for a provider's batch, by whom they are for.
    async fn parked(&self) -> Result<Vec<Parked>, StoreError>;

    /// Gives up questions that wait for one and have waited for so many milliseconds: their tracks' strategies ask again, by
    /// themselves. Returns how many.
    async fn give_up_parked(
        &self,
        provider: &str,
        model: &str,
        waited_ms: i64,
        reason: &str,
    ) -> Result<u64, StoreError>;

    /// The models that questions of this batch or its predecessors were put to in provider's batches.
    async fn models_of(&self, root: &BatchId) -> Result<Vec<String>, StoreError>;

    /// Makes a provider's batch of what waits, as far as there is money for it, and sets that aside.
    async fn gather(&self, gathering: &Gathering<'_>) -> Result<Gathered, StoreError>;

    /// The questions of a provider's batch that have no answer.
    async fn requests_of(&self, submission: &str) -> Result<Vec<Request>, StoreError>;

    /// Notes that a provider's batch is about to be submitted, or just was without an answer, and holds it for so many
    /// milliseconds; whether the host still looks after it.
    async fn attempt(&self, submission: &str, host: &HostId, hold_ms: i64) -> Result<bool, StoreError>;

    /// Notes that a provider's batch was made; whether it is the one of that name that counts.
    async fn submitted(&self, submission: &str, provider_id: &str, expires_at: Option<i64>)
    -> Result<bool, StoreError>;

    /// Forgets a provider's batch that was certainly not made, if the host still looks after it; its questions wait again.
    async fn withdraw(&self, submission: &str, host: &HostId) -> Result<bool, StoreError>;

    /// Takes a provider's batch that is to be looked at and that nobody looks after, for so many milliseconds.
    async fn tend(&self, host: &HostId, hold_ms: i64) -> Result<Option<Submission>, StoreError>;

    /// Lets a provider's batch be looked at again in so many milliseconds, by anybody; how many of its questions are
    /// answered and how many are not, as far as the provider says.
    async fn look_again(&self, submission: &str, ms: i64, progress: (i64, i64)) -> Result<(), StoreError>;

    /// Questions that their provider's batch left unanswered wait for another one. Returns those that were left over too
    /// often for that.
    async fn leave_over(&self, submission: &str, calls: &[CallId]) -> Result<Vec<CallId>, StoreError>;

    /// Ends a provider's batch whose results were taken in; the batches of tracks that it had questions of are answered.
    async fn end_submission(&self, submission: &str, answered: i64, unanswered: i64) -> Result<(), StoreError>;

    /// Batches of tracks that wait for a provider's batch although none of their questions is with one: they are answered.
    /// Returns how many.
    async fn wake_answered(&self) -> Result<u64, StoreError>;

    /// Provider's batches: those that have not ended, and the newest of the others; the newest first.
    async fn submissions(&self, most: u32) -> Result<Vec<Submission>, StoreError>;
}
