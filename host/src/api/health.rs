//! Probes.

use super::openapi::refusals::Unavailable;
use super::problem::Problem;
use super::request::{Nothing, Params};
use super::{Answer, Api, ping};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

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

/// The database answers, so that requests can be served.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "ready",
    tag = "Health",
    responses((status = 200, description = "It answers", body = Probed), Unavailable),
)]
pub async fn ready(State(api): State<Arc<Api>>) -> Answer<Probed> {
    ping(&api).await.map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
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
