//! Probes and figures.

use super::problem::Problem;
use super::request::{Nothing, Params};
use super::{Answer, Api, ping};
use crate::telemetry;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The process lives.
pub async fn alive() -> Json<Value> {
    Json(json!({"status": "ok"}))
}

/// The database answers, and the host is not about to end, so that requests can be served.
pub async fn ready(State(api): State<Arc<Api>>) -> Answer<Value> {
    if api.is_stopping() {
        return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, "this host is stopping"));
    }
    ping(&api).await.map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()))?;
    Ok(Json(json!({"status": "ready"})))
}

#[derive(Serialize)]
pub struct Health {
    status: &'static str,
    anthropic_configured: bool,
    message: String,
}

/// Whether extraction works in full.
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
pub async fn metrics(State(api): State<Arc<Api>>) -> Result<impl IntoResponse, Problem> {
    telemetry::show_queue(&api.store().counts().await?);
    telemetry::show_lost_calls(api.store().lost_calls().await?);
    let gateway = &api.worker.context().gateway;
    telemetry::show_gateway(gateway, api.store().spending().await?.left_of(gateway.limits()));
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.figures.render()))
}
