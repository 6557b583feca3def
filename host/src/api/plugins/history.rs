//! What became of the pipeline: its revisions, and what happened to its strategies.

use super::super::request::Params;
use super::super::{Answer, Api, limit, time};
use crate::store::{Event, Revision};
use crate::strategy::lineup::Lineup;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// The most items; 50 without it.
    #[param(minimum = 1, maximum = 100, example = 10)]
    limit: Option<u32>,
}

/// The pipeline's revisions.
#[derive(Serialize, ToSchema)]
pub struct History {
    revisions: Vec<RevisionShown>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Revision)]
struct RevisionShown {
    revision: i64,
    /// What a rollback from here returns to.
    parent: Option<i64>,
    /// `install`, `activate`, `rollback`, `automatic rollback` and so on.
    cause: String,
    by: String,
    reason: Option<String>,
    at: Option<Timestamp>,
    /// When its strategies had done enough to be trusted.
    proven_at: Option<Timestamp>,
    /// Null where it cannot be read any more.
    lineup: Option<Lineup>,
}

impl From<&Revision> for RevisionShown {
    fn from(revision: &Revision) -> Self {
        Self {
            revision: revision.revision,
            parent: revision.parent,
            cause: revision.cause.clone(),
            by: revision.by.clone(),
            reason: revision.reason.clone(),
            at: time(revision.at),
            proven_at: revision.proven_at.and_then(time),
            lineup: Lineup::from_json(&revision.entries).ok(),
        }
    }
}

/// Who changed what, when and why, newest first.
#[utoipa::path(
    get,
    path = "/api/plugins/history",
    operation_id = "pluginHistory",
    tag = "Strategies",
    params(ListParams),
    responses((status = 200, description = "The newest revisions", body = History)),
)]
pub async fn revisions(State(api): State<Arc<Api>>, Params(params): Params<ListParams>) -> Answer<History> {
    let revisions = api.store().pipelines(limit(params.limit)?).await?;
    Ok(Json(History { revisions: revisions.iter().map(RevisionShown::from).collect() }))
}

/// What happened, newest first.
#[derive(Serialize, ToSchema)]
pub struct Events {
    events: Vec<EventShown>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
struct EventShown {
    at: Option<Timestamp>,
    /// What made a revision, as its `cause` says, or `refused`, `rejected`, `kept`, `bypassed`, `recovered`, `budget-reached`,
    /// `worker-paused`, `worker-resumed`, `webhook-disabled`, `webhook-enabled`, `webhook-gave-up`.
    kind: String,
    /// About what.
    subject: String,
    /// A sentence.
    text: String,
}

/// What happened: swaps, refusals, strategies taken back or left alone, newest first.
#[utoipa::path(
    get,
    path = "/api/plugins/events",
    operation_id = "pluginEvents",
    tag = "Strategies",
    params(ListParams),
    responses((status = 200, description = "The newest events", body = Events)),
)]
pub async fn events(State(api): State<Arc<Api>>, Params(params): Params<ListParams>) -> Answer<Events> {
    let events = api.store().events(limit(params.limit)?).await?.into_iter();
    let shown = events.map(|Event { at, kind, subject, text }| EventShown { at: time(at), kind, subject, text });
    Ok(Json(Events { events: shown.collect() }))
}
