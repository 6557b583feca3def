//! Probes.

use super::openapi::refusals::Unavailable;
use super::problem::Problem;
use super::request::{Nothing, Params};
use super::{Answer, Api, ping};
use crate::store::StoreError;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use utoipa::ToSchema;

/// Whether the database answered the last probe. The log hears when that changes, and not of each probe.
#[derive(Debug, Default)]
pub struct Reachable {
    is_lost: AtomicBool,
}

impl Reachable {
    /// Notes what came of a probe.
    fn note(&self, error: Option<&StoreError>) {
        let was_lost = self.is_lost.swap(error.is_some(), Ordering::Relaxed);
        match error {
            Some(error) if !was_lost => tracing::error!("this host is not ready: {error}"),
            Some(error) => tracing::debug!("this host is still not ready: {error}"),
            None if was_lost => tracing::info!("this host is ready again: the database answers"),
            None => {}
        }
    }
}

/// What a probe is answered.
#[derive(Serialize, ToSchema)]
pub struct Probed {
    status: &'static str,
}

/// The process lives, and its loops move.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "alive",
    tag = "Health",
    responses((status = 200, description = "It lives", body = Probed), Unavailable),
)]
pub async fn alive(State(api): State<Arc<Api>>) -> Answer<Probed> {
    match api.worker.context().pulse.standstill() {
        None => Ok(Json(Probed { status: "ok" })),
        Some(standstill) => Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, standstill.to_string())),
    }
}

/// The database answers, and the host is not about to end, so that requests can be served.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "Health",
    responses((status = 200, description = "It answers", body = Probed), Unavailable),
)]
pub async fn ready(State(api): State<Arc<Api>>) -> Answer<Probed> {
    if api.is_stopping() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "this host is stopping"));
    }
    let pong = ping(&api).await;
    api.reachable.note(pong.as_ref().err());
    // Anybody may ask: where the database is, and what it said, is for the log.
    pong.map_err(|_| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer; the log of this host says why")
    })?;
    Ok(Json(Probed { status: "ready" }))
}

#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `healthy`, or `degraded` when no model can be asked.
    status: &'static str,
    anthropic_configured: bool,
    message: String,
}

/// Whether extraction works in full.
#[utoipa::path(
    get,
    path = "/api/music-ai/health",
    operation_id = "health",
    tag = "Health",
    responses((status = 200, description = "Whether a model can be asked, and why not", body = Health)),
)]
pub async fn health(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<Health> {
    ping(&api).await?;
    let gateway = &api.worker.context().gateway;
    let configured = gateway.configured().map(|provider| provider.model().to_owned());
    let anthropic_configured = gateway.routes().iter().any(|route| route.provider().name() == "anthropic");
    let (status, message) = match (api.lack_of_model(), &configured) {
        (None, Some(model)) => ("healthy", format!("Rules decide what they can; {model} is asked about the rest")),
        (lack, _) => {
            let lack = lack.unwrap_or_default();
            ("degraded", format!("Rules decide what they can; the rest waits for a model: {lack}"))
        }
    };
    Ok(Json(Health { status, anthropic_configured, message }))
}
