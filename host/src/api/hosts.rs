//! The hosts on the database: who runs, how much each does, and which takes nothing more.

use super::openapi::refusals::NotFound;
use super::problem::Problem;
use super::request::{Json as Body, Nothing, Params, Path};
use super::{Answer, Api, time};
use crate::store::{Host, HostId};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Hosts {
    hosts: Vec<HostState>,
}

/// A host, as it was when it was last seen.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HostState {
    id: String,
    name: String,
    version: String,
    /// Whether it is the one that answers.
    is_this: bool,
    /// `running`, `draining`, `stopped`, or `gone` when it was not heard of for as long as a lease lasts.
    state: &'static str,
    batches_in_flight: i64,
    started_at: Option<Timestamp>,
    seen_at: Option<Timestamp>,
    draining_since: Option<Timestamp>,
    stopped_at: Option<Timestamp>,
}

impl HostState {
    /// How a host is, told by one of them or by none.
    #[must_use]
    pub fn of(host: Host, this: Option<&HostId>) -> Self {
        Self {
            is_this: this == Some(&host.id),
            state: host.state(),
            id: host.id.to_string(),
            name: host.name,
            version: host.version,
            batches_in_flight: host.in_flight,
            started_at: time(host.started_at),
            seen_at: time(host.seen_at),
            draining_since: host.draining_at.and_then(time),
            stopped_at: host.stopped_at.and_then(time),
        }
    }
}

/// The hosts on the database, those that started last first.
#[utoipa::path(
    get,
    path = "/api/hosts",
    operation_id = "hosts",
    tag = "Hosts",
    responses((status = 200, description = "Who runs, and what each does", body = Hosts)),
)]
pub async fn list(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<Hosts> {
    let this = Some(&api.worker.context().host);
    let hosts = api.store().hosts().await?.into_iter().map(|host| HostState::of(host, this));
    Ok(Json(Hosts { hosts: hosts.collect() }))
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DrainRequest {
    /// Whether it is to take nothing more; it is without it.
    drain: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub struct Drained {
    success: bool,
    message: String,
}

/// Lets a host take nothing more, or with `{"drain": false}` again.
///
/// What it works on it finishes; it hears of it within a second, and forgets it with its end.
#[utoipa::path(
    post,
    path = "/api/hosts/{id}/drain",
    operation_id = "drainHost",
    tag = "Hosts",
    params(("id" = String, Path, description = "Its id, as the list of hosts has it")),
    request_body = DrainRequest,
    responses((status = 200, description = "It takes nothing more, or tracks again", body = Drained), NotFound),
)]
pub async fn drain(
    State(api): State<Arc<Api>>,
    Path(id): Path<String>,
    _: Params<Nothing>,
    Body(request): Body<DrainRequest>,
) -> Answer<Drained> {
    let (is_to, id) = (request.drain.unwrap_or(true), HostId::from_text(id));
    let_drain(&api, &id, is_to).await?;
    let message = if is_to { format!("{id} takes nothing more") } else { format!("{id} takes tracks again") };
    Ok(Json(Drained { success: true, message }))
}

pub(super) async fn let_drain(api: &Api, id: &HostId, is_to: bool) -> Result<(), Problem> {
    if !api.store().drain(id, is_to).await? {
        return Err(Problem::not_found(format!("there is no host {id}; GET /api/hosts lists them")));
    }
    if *id == api.worker.context().host {
        api.worker.hear().await;
    }
    Ok(())
}
