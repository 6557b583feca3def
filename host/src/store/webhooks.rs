//! What the store keeps of webhooks.
//!
//! A message is written in the transaction that it tells of, once for each endpoint that wants to hear of it, and so it is
//! owed exactly when that happened. It is sent at least once: whoever sends it holds a lease, and when that ends without a
//! word another host sends it again, under the same id.

use super::{Attempt, Delivery, NewWebhook, Outbox, Owed, StoreError, Webhook, WebhookId, WebhookState};
use async_trait::async_trait;
use std::time::Duration;

/// How long a message may be on its way, in milliseconds, before another host may send it.
pub const DELIVERY_LEASE_MS: i64 = 60_000;
/// For how long an endpoint has to say that it is gone, in milliseconds, before nothing is sent to it any more.
pub const GONE_MS: i64 = 300_000;
/// For how long a secret signs, in milliseconds, beside the one that took its place.
pub const FORMER_SECRET_MS: i64 = 86_400_000;
/// Attempts that are kept of each endpoint.
pub const DELIVERIES_KEPT: i64 = 5_000;
/// As many messages are counted, as figures are read often; there may be more.
pub const OWED_COUNTED: i64 = 1_000;
/// The most endpoints.
pub const MOST_WEBHOOKS: i64 = 20;

/// Webhooks.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// Keeps an endpoint; whether there was room for it.
    async fn keep_webhook(&self, webhook: &NewWebhook) -> Result<bool, StoreError>;

    /// Keeps the endpoint that the settings name. One that was disabled stays so, unless its address is another or it was
    /// disabled by [`unset_webhook`](Self::unset_webhook).
    async fn set_webhook(&self, webhook: &NewWebhook) -> Result<(), StoreError>;

    /// Disables the endpoint that settings named, as they name none; whether messages were sent to it until now.
    async fn unset_webhook(&self) -> Result<bool, StoreError>;

    /// The endpoints, in the order they were added.
    async fn webhooks(&self) -> Result<Vec<WebhookState>, StoreError>;

    /// One of them.
    async fn webhook(&self, id: &WebhookId) -> Result<Option<Webhook>, StoreError>;

    /// Forgets an endpoint with all that it is owed; whether there was one.
    async fn remove_webhook(&self, id: &WebhookId) -> Result<bool, StoreError>;

    /// Sends to an endpoint again that was disabled, wanted to be left alone, or was about to be disabled; whether there is
    /// one. What it is still owed is sent at once.
    async fn enable_webhook(&self, id: &WebhookId) -> Result<bool, StoreError>;

    /// Gives an endpoint another secret. The one before signs beside it for [`FORMER_SECRET_MS`]. Whether there is one.
    async fn renew_secret(&self, id: &WebhookId, secret: &crate::secret::Secret) -> Result<bool, StoreError>;

    /// The endpoints that are owed a message now and may be sent one.
    async fn due_webhooks(&self) -> Result<Vec<Webhook>, StoreError>;

    /// Claims messages that are due to an endpoint, those that have waited longest first. Counts an attempt for each.
    async fn claim_owed(&self, endpoint: &WebhookId, most: u32) -> Result<Vec<Owed>, StoreError>;

    /// Writes down what came of attempts: each in the log, and of its message and its endpoint if its claim still held the
    /// message. Disables an endpoint that has said for [`GONE_MS`] that it is gone, and returns those that were disabled.
    async fn settle_attempts(&self, attempts: &[Attempt]) -> Result<Vec<WebhookId>, StoreError>;

    /// Gives messages back that were not sent: they are due at once, and their attempts do not count.
    async fn return_owed(&self, owed: &[Owed]) -> Result<(), StoreError>;

    /// Writes an attempt into the log that nobody was owed: a test.
    async fn note_delivery(&self, attempt: &Attempt) -> Result<(), StoreError>;

    /// Gives up some messages that are owed for longer than an age, and forgets the oldest of the log beyond
    /// [`DELIVERIES_KEPT`] of an endpoint. Returns how many were given up; there are no more when that is none.
    async fn give_up_owed(&self, age: Duration) -> Result<u64, StoreError>;

    /// An endpoint's attempts, newest first, older than a mark.
    async fn deliveries(
        &self,
        endpoint: &WebhookId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Sends the message of an attempt once more, at once and with all its attempts; whether there is such an attempt.
    async fn owe_again(&self, delivery: i64) -> Result<bool, StoreError>;

    /// What all endpoints together are owed.
    async fn outbox(&self) -> Result<Outbox, StoreError>;
}
