//! The worker: what it does, the operator's switch, and runs by hand.

use super::problem::Problem;
use super::request::{Json as Body, Nothing, Params};
use super::{Answer, Api, time};
use crate::worker::{Manual, RunReport, Status};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tracing::Instrument;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkerStatus {
    worker: WorkerState,
    stats: Stats,
    config: Settings,
    pipeline: PipelineState,
    database: Database,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DatabaseState)]
struct Database {
    /// Without a password.
    address: String,
    is_usable: bool,
    unusable_since: Option<Timestamp>,
    reason: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WorkerState {
    /// Whether this host has a worker at all (`AI_WORKER_ENABLED`).
    enabled: bool,
    is_running: bool,
    /// Whether every host on this database is paused.
    is_paused: bool,
    /// Whether a batch is in flight.
    is_processing: bool,
    /// Whether an operator said that this host takes nothing more.
    is_draining: bool,
    host_id: String,
    batches_in_flight: usize,
    last_run_at: Option<Timestamp>,
    next_run_at: Option<Timestamp>,
    paused_at: Option<Timestamp>,
    paused_by: Option<String>,
    pause_reason: Option<String>,
}

/// Since this process began.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WorkerStats)]
struct Stats {
    total_runs: u64,
    total_processed: u64,
    total_successful: u64,
    total_failed: u64,
    /// In percent, with one decimal.
    #[schema(example = "89.3")]
    success_rate: String,
    /// Turns that found the former run still busy.
    total_skipped: u64,
    total_panics: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WorkerSettings)]
struct Settings {
    interval_ms: u128,
    batch_size: u32,
    concurrency: usize,
    /// Whether it claims again at once after a full batch.
    drain: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PipelineState {
    revision: i64,
    strategies: Vec<StrategyState>,
    provider: Option<&'static str>,
    model: Option<String>,
    /// Why no model is asked, when none is.
    reason: Option<String>,
    /// For how many seconds yet the provider is left alone, because it said so to a host on this database.
    resting_seconds: Option<u64>,
    /// `closed` while this host asks it, `open` while it does not because it kept failing, `half-open` while one call tries.
    breaker: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
struct StrategyState {
    name: String,
    version: String,
    digest: String,
}

/// What the worker does.
#[utoipa::path(
    get,
    path = "/api/music-ai/worker/status",
    operation_id = "workerStatus",
    tag = "Worker",
    responses((status = 200, description = "Its state, statistics, settings and pipeline", body = WorkerStatus)),
)]
pub async fn status(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<WorkerStatus> {
    Ok(Json(current(&api).await?))
}

async fn current(api: &Api) -> Result<WorkerStatus, Problem> {
    let status = api.worker_status.read(|| api.worker.status()).await?;
    let Status { enabled, running, paused, processing, last_run_at, next_run_at, totals, .. } = status;
    let context = api.worker.context();
    let settings = context.settings;
    let pipeline = context.rollout.active();
    let strategy = |strategy: &Arc<crate::strategy::Strategy>| StrategyState {
        name: strategy.description().name.clone(),
        version: strategy.description().version.clone(),
        digest: strategy.digest().as_str().to_owned(),
    };
    let provider = context.gateway.configured();
    Ok(WorkerStatus {
        worker: WorkerState {
            enabled,
            is_running: running,
            is_paused: paused.is_some(),
            is_processing: processing,
            is_draining: status.draining,
            host_id: context.host.to_string(),
            batches_in_flight: status.in_flight,
            last_run_at,
            next_run_at,
            paused_at: paused.as_ref().and_then(|pause| time(pause.at)),
            paused_by: paused.as_ref().and_then(|pause| pause.by.clone()),
            pause_reason: paused.and_then(|pause| pause.reason),
        },
        stats: Stats {
            total_runs: totals.runs,
            total_processed: totals.processed,
            total_successful: totals.successful,
            total_failed: totals.failed,
            success_rate: totals.success_rate(),
            total_skipped: totals.skipped,
            total_panics: totals.panics,
        },
        config: Settings {
            interval_ms: settings.interval.as_millis(),
            batch_size: settings.batch_size,
            concurrency: settings.concurrency,
            drain: settings.drain,
        },
        pipeline: PipelineState {
            revision: pipeline.revision,
            strategies: pipeline.strategies.iter().map(strategy).collect(),
            provider: provider.map(|provider| provider.name()),
            model: provider.map(|provider| provider.model().to_owned()),
            reason: status.resting.as_ref().map(|(reason, _)| reason.clone()).or_else(|| api.lack_of_model()),
            resting_seconds: status.resting.map(|(_, rest)| rest.as_secs()),
            breaker: context.gateway.routes().first().map(|route| route.circuit().name()),
        },
        database: Database {
            address: context.store.description(),
            is_usable: status.outage.is_none(),
            unusable_since: status.outage.as_ref().map(|outage| outage.since),
            reason: status.outage.map(|outage| outage.reason),
        },
    })
}

#[derive(Serialize, ToSchema)]
pub struct Switched {
    success: bool,
    message: &'static str,
    status: WorkerStatus,
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PauseRequest {
    /// What the status shows as the reason.
    #[schema(example = "maintenance")]
    reason: Option<String>,
}

/// Pauses every host on this database.
///
/// Batches in flight come to their end. The pause outlives the hosts.
#[utoipa::path(
    post,
    path = "/api/music-ai/worker/pause",
    operation_id = "pauseWorker",
    tag = "Worker",
    request_body = PauseRequest,
    responses((status = 200, description = "It is paused", body = Switched)),
)]
pub async fn pause(
    State(api): State<Arc<Api>>,
    _: Params<Nothing>,
    Body(body): Body<PauseRequest>,
) -> Answer<Switched> {
    api.worker.pause("api", body.reason.as_deref()).await?;
    Ok(Json(Switched { success: true, message: "Worker paused", status: current(&api).await? }))
}

/// Lifts the pause and looks at the queue at once.
#[utoipa::path(
    post,
    path = "/api/music-ai/worker/resume",
    operation_id = "resumeWorker",
    tag = "Worker",
    request_body = Nothing,
    responses((status = 200, description = "It runs", body = Switched)),
)]
pub async fn resume(State(api): State<Arc<Api>>, _: Params<Nothing>, _: Body<Nothing>) -> Answer<Switched> {
    api.worker.resume().await?;
    Ok(Json(Switched { success: true, message: "Worker resumed", status: current(&api).await? }))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProcessParams {
    /// The most tracks; a batch without it.
    #[param(minimum = 1, maximum = 10_000, example = 20)]
    limit: Option<u32>,
    /// Whom to ask instead of `AI_MODEL`.
    #[param(min_length = 1, max_length = 200, example = "claude-haiku-5-5")]
    model: Option<String>,
}

/// What a run by hand came to.
#[derive(Serialize, ToSchema)]
pub struct Processed {
    /// Whether nothing failed.
    pub(super) success: bool,
    pub(super) processed: u64,
    pub(super) successful: u64,
    pub(super) failed: u64,
    /// Tracks that went back to the queue unburnt.
    pub(super) returned: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) errors: Vec<String>,
}

impl From<RunReport> for Processed {
    fn from(report: RunReport) -> Self {
        let settled = report.settled;
        Self {
            success: settled.failed == 0 && report.errors.is_empty(),
            processed: settled.succeeded + settled.failed,
            successful: settled.succeeded,
            failed: settled.failed,
            returned: settled.returned,
            errors: report.errors,
        }
    }
}

/// One run by hand, also when the worker is paused or disabled.
///
/// Answers when the run is over; the run goes on when the caller hangs up. When no track could be decided without a model and there
/// is none, the answer is 500 and says why.
#[utoipa::path(
    post,
    path = "/api/music-ai/process",
    operation_id = "process",
    tag = "Worker",
    params(ProcessParams),
    responses((status = 200, description = "The run is over", body = Processed)),
)]
pub async fn process(State(api): State<Arc<Api>>, Params(params): Params<ProcessParams>) -> Answer<Processed> {
    let limit = match params.limit {
        None => api.worker.context().settings.batch_size,
        Some(limit @ 1..=10_000) => limit,
        Some(other) => return Err(Problem::bad_request(format!("limit is {other}; allowed: 1 to 10000"))),
    };
    if params.model.as_deref().is_some_and(|model| model.is_empty() || model.len() > 200) {
        return Err(Problem::bad_request("model is empty or longer than 200 characters"));
    }
    Ok(Json(run_by_hand(&api, limit, params.model).await?))
}

/// A run of at most so many tracks. It goes on when the caller hangs up, so that no batch is left claimed.
pub(super) async fn run_by_hand(api: &Arc<Api>, limit: u32, model: Option<String>) -> Result<Processed, Problem> {
    let worker = api.worker.clone();
    let run = async move {
        let manual = Manual { limit: Some(limit), model: model.as_deref() };
        worker.process(manual, &|_| ()).await
    };
    let report = tokio::spawn(run.in_current_span())
        .await
        .map_err(|_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the run panicked; the log says more"))??;
    if report.lacked_model && report.settled.succeeded + report.settled.failed == 0 {
        let reason = api.lack_of_model().unwrap_or_else(|| "no model could be asked".to_owned());
        return Err(Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            format!("no track could be decided without a model, and there is none: {reason}"),
        ));
    }
    Ok(report.into())
}
