//! Provider's batches, as `GET /api/model` shows them: how far they are, and what they will have saved.

use super::time;
use crate::money::usd;
use crate::store::{Parked, Store, StoreError, Submission};
use crate::worker::Context;
use jiff::Timestamp;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Batches that ended and are still shown.
const ENDED: u32 = 10;

/// A provider's batch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProviderBatch)]
pub struct Batch {
    pub(super) id: String,
    pub(super) provider: String,
    pub(super) model: String,
    /// The provider's name for it; null until that is known.
    pub(super) provider_id: Option<String>,
    /// `intended`, `submitted` or `ended`.
    pub(super) state: String,
    pub(super) requests: i64,
    /// Counted when it ends, as some providers do.
    pub(super) answered: i64,
    pub(super) unanswered: i64,
    pub(super) submitted_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) ended_at: Option<Timestamp>,
    /// What it saves at most beside asking one by one, in dollars; null where the price is not known.
    pub(super) expected_saving_usd: Option<f64>,
}

/// Questions that wait for a provider's batch.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WaitingQuestions)]
pub struct Waiting {
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) questions: i64,
    /// Why they wait longer than it takes to put them together, where they do, and until when this host lets them.
    pub(super) reason: Option<String>,
    pub(super) until: Option<Timestamp>,
}

/// What is with providers, or was, the newest first.
pub async fn shown(context: &Context) -> Result<(Vec<Batch>, Vec<Waiting>), StoreError> {
    let rest = context.batches.why_resting();
    let batches = context.store.submissions(ENDED).await?.into_iter().map(batch).collect();
    let parked = context.store.parked().await?.into_iter();
    Ok((batches, parked.map(|parked| waiting(parked, rest.as_ref())).collect()))
}

/// What is with providers now, in one line of the queue's status; nothing when nothing is.
#[derive(Serialize, Clone, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ProviderBatches)]
pub struct Summary {
    batches: usize,
    questions: i64,
    /// As far as the providers say.
    answered: i64,
    /// In dollars; null where a price is not known.
    expected_saving_usd: Option<f64>,
}

/// Sums up what is with providers.
pub async fn summary(store: &dyn Store) -> Result<Option<Summary>, StoreError> {
    let open = store.submissions(0).await?;
    let saving: Option<i64> = open.iter().map(|submission| submission.estimate_micros).sum();
    Ok((!open.is_empty()).then(|| Summary {
        batches: open.len(),
        questions: open.iter().map(|submission| submission.requests).sum(),
        answered: open.iter().map(|submission| submission.answered).sum(),
        expected_saving_usd: saving.map(usd),
    }))
}

fn batch(submission: Submission) -> Batch {
    Batch {
        // At half the price, what it costs is what it saves.
        expected_saving_usd: submission.estimate_micros.map(usd),
        id: submission.id,
        provider: submission.provider,
        model: submission.model,
        provider_id: submission.provider_id,
        state: submission.state,
        requests: submission.requests,
        answered: submission.answered,
        unanswered: submission.unanswered,
        submitted_at: submission.submitted_at.and_then(time),
        expires_at: submission.expires_at.and_then(time),
        ended_at: submission.ended_at.and_then(time),
    }
}

fn waiting(parked: Parked, rest: Option<&(String, Duration)>) -> Waiting {
    Waiting {
        provider: parked.provider,
        model: parked.model,
        questions: parked.calls,
        reason: rest.map(|(reason, _)| reason.clone()),
        until: rest.and_then(|(_, rest)| Timestamp::now().checked_add(*rest).ok()),
    }
}
