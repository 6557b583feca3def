//! What batches did over an hour, a day or a week: what charts are drawn from.

use super::request::Params;
use super::{Answer, Api};
use crate::throughput::{Report, Span};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ThroughputParams {
    /// `hour` without it.
    #[serde(default)]
    #[param(inline, required = false)]
    span: Span,
}

/// What batches did over an hour, a day or a week.
///
/// Tracks, success, batches' times and cost, stretch by stretch, of all hosts together.
#[utoipa::path(
    get,
    path = "/api/music-ai/throughput",
    operation_id = "throughput",
    tag = "Worker",
    params(ThroughputParams),
    responses((status = 200, description = "Every stretch, in the order of time", body = Report)),
)]
pub async fn throughput(State(api): State<Arc<Api>>, Params(params): Params<ThroughputParams>) -> Answer<Report> {
    let stretches = params.span.read(api.store()).await?;
    Ok(Json(Report::new(params.span, &stretches)))
}
