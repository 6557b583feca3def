//! What batches did over an hour, a day or a week: what charts are drawn from.

use super::request::Params;
use super::{Answer, Api};
use crate::throughput::{Report, Span};
use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThroughputParams {
    /// `hour` without it.
    #[serde(default)]
    span: Span,
}

/// Tracks, success, batches' times and cost, stretch by stretch, of all hosts together.
pub async fn throughput(State(api): State<Arc<Api>>, Params(params): Params<ThroughputParams>) -> Answer<Report> {
    let stretches = params.span.read(api.store()).await?;
    Ok(Json(Report::new(params.span, &stretches)))
}
