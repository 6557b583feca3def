//! Probes and figures.

use super::openapi::refusals::Unavailable;
use super::problem::Problem;
use super::request::{Nothing, Params};
use super::{Answer, Api, ping};
use crate::telemetry;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a probe is answered.
#[derive(Serialize, ToSchema)]
pub struct Probed {
    status: &'static str,
}

/// The process lives.
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "alive",
    tag = "Health",
    responses((status = 200, description = "It lives", body = Probed)),
)]
pub async fn alive() -> Json<Probed> {
    Json(Probed { status: "ok" })
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

/// Figures in Prometheus' text format.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "Health",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")),
)]
pub async fn metrics(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Result<impl IntoResponse, Problem> {
    telemetry::show_queue(&api.store().counts().await?);
    telemetry::show_lost_calls(api.store().lost_calls().await?);
    let gateway = &api.worker.context().gateway;
    telemetry::show_gateway(gateway, api.store().spending().await?.left_of(gateway.limits()));
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.figures.render()))
}
