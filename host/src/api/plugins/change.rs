//! Every way to change the pipeline.

use super::super::openapi::refusals::{Conflict, NotFound, TooLarge, Unprocessable};
use super::super::problem::Problem;
use super::super::request::{Json as Fields, Nothing, Params, Path, broken_off};
use super::super::{Answer, Api};
use super::{PLUGIN, rollout};
use crate::digest::Digest;
use crate::money::micros;
use crate::rollout::{Place, Rollout, RolloutError, Upload, Why};
use crate::store::Cause;
use crate::strategy::lineup::Role;
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::{Stream, StreamExt};
use serde::de::{IntoDeserializer, value};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use tracing::Instrument;
use utoipa::{IntoParams, ToSchema};

/// How many times the allowed size of a body is read before the caller is hung up on.
const DISCARDED: usize = 8;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadParams {
    /// `active` without it.
    #[serde(default, rename = "as")]
    #[param(inline, required = false)]
    place: PlaceName,
    /// Where it stands among the active ones, from 0.
    #[param(maximum = 255)]
    position: Option<u8>,
    /// Of a hundred tracks, how many a canary settles; for a canary alone, which needs it.
    #[param(minimum = 1, maximum = 99)]
    percent: Option<u8>,
    /// What a shadow's own questions may cost; for a shadow alone.
    #[param(minimum = 0, maximum = 10_000)]
    budget_usd: Option<f64>,
    /// Whether it may import WASI, of which it gets an empty one.
    #[serde(default)]
    allow_wasi: bool,
    /// Its configuration; the component's own default without it.
    config: Option<String>,
    /// What the history says of it.
    reason: Option<String>,
}

#[derive(Deserialize, Default, Clone, Copy, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(in crate::api) enum PlaceName {
    #[default]
    Active,
    Staged,
    Shadow,
    Canary,
}

impl PlaceName {
    /// A name as parameters and forms write it.
    pub(in crate::api) fn from_name(name: &str) -> Result<Self, Problem> {
        let read = Self::deserialize(IntoDeserializer::<value::Error>::into_deserializer(name));
        read.map_err(|_| Problem::bad_request(format!("as is {name:?}; allowed: active, staged, shadow, canary")))
    }

    pub(in crate::api) fn place(self, terms: &PlaceTerms) -> Result<Place, Problem> {
        match (self, terms.percent, terms.budget_usd) {
            (Self::Active, None, None) => Ok(Place::Active(terms.position.map(usize::from))),
            (Self::Staged, None, None) => Ok(Place::Staged),
            (Self::Shadow, None, budget) => shadow_at(terms.position, budget),
            (Self::Canary, Some(percent), None) => Ok(canary_at(terms.position, percent)),
            (Self::Canary, None, _) => {
                Err(Problem::bad_request("a canary needs percent, its share of a hundred tracks"))
            }
            _ => Err(Problem::bad_request("percent is for a canary alone, and budget_usd for a shadow")),
        }
    }
}

pub(in crate::api) struct PlaceTerms {
    pub(in crate::api) position: Option<u8>,
    pub(in crate::api) percent: Option<u8>,
    pub(in crate::api) budget_usd: Option<f64>,
}

fn shadow_at(position: Option<u8>, budget_usd: Option<f64>) -> Result<Place, Problem> {
    Ok(Place::Trial(Role::Shadow { budget_micros: budget(budget_usd)? }, position.map(usize::from)))
}

fn canary_at(position: Option<u8>, percent: u8) -> Place {
    Place::Trial(Role::Canary { percent }, position.map(usize::from))
}

fn budget(usd: Option<f64>) -> Result<i64, Problem> {
    match usd.unwrap_or(0.0) {
        usd if (0.0..=10_000.0).contains(&usd) => Ok(micros(usd)),
        other => Err(Problem::bad_request(format!("budget_usd is {other}; allowed: 0 to 10000"))),
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = PipelineChanged)]
pub struct Changed {
    success: bool,
    /// Of the pipeline that runs now.
    revision: i64,
    /// What runs now, in a line.
    pipeline: String,
    /// The digest of the plugin that it was about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    plugin: Option<String>,
}

/// A component's bytes, or a core module's.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only described")]
pub struct Component(Vec<u8>);

/// Takes a component in, and makes it active unless `as` says otherwise.
///
/// It is admitted first; a refusal is 422, names the step and leaves what runs as it was.
#[utoipa::path(
    post,
    path = "/api/plugins",
    operation_id = "uploadPlugin",
    tag = "Strategies",
    params(UploadParams),
    request_body(content = Component, content_type = "application/wasm", description = "The component's bytes, or a core module's"),
    responses(
        (status = 200, description = "It is in", body = Changed),
        Conflict,
        TooLarge,
        Unprocessable,
    ),
)]
pub async fn upload(State(api): State<Arc<Api>>, Params(params): Params<UploadParams>, body: Body) -> Answer<Changed> {
    let bytes = read_component(body.into_data_stream(), rollout(&api).runtime().limits().component_bytes).await?;
    let UploadParams { place, position, percent, budget_usd, allow_wasi, config, reason } = params;
    let place = place.place(&PlaceTerms { position, percent, budget_usd })?;
    let upload = Upload { bytes, source: "the upload".to_owned(), config, allow_wasi, place };
    let why = why(Cause::Install, reason);
    let installed = carried_out(&api, move |rollout| async move { rollout.install(upload, &why).await }).await?;
    Ok(Json(changed(&api, Some(installed.plugin.digest))))
}

/// Reads a component. What is too large is read to its end and thrown away, within reason: a connection that is closed
/// while its caller still sends takes the answer with it.
pub(in crate::api) async fn read_component<E: std::error::Error + 'static>(
    chunks: impl Stream<Item = Result<Bytes, E>>,
    allowed: usize,
) -> Result<Vec<u8>, Problem> {
    let (mut bytes, mut total) = (Vec::new(), 0usize);
    let mut chunks = std::pin::pin!(chunks);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| broken_off(&error, ""))?;
        total = total.saturating_add(chunk.len());
        if total <= allowed {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
        if total > allowed.saturating_mul(DISCARDED) {
            break;
        }
    }
    if total > allowed {
        let detail = format!("the component is larger than {allowed} bytes, which is the most that is taken");
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    Ok(bytes)
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ActivateRequest {
    /// Where it stands among the active ones, from 0.
    #[schema(maximum = 255)]
    position: Option<u8>,
    /// What the history says of it.
    reason: Option<String>,
}

/// Makes a component active.
///
/// It takes the place of the active one of its name, or the first.
#[utoipa::path(
    post,
    path = "/api/plugins/{plugin}/activate",
    operation_id = "activatePlugin",
    tag = "Strategies",
    params(("plugin" = String, Path, description = PLUGIN, example = "rules")),
    request_body = ActivateRequest,
    responses((status = 200, description = "It is active", body = Changed), NotFound, Conflict, Unprocessable),
)]
pub async fn activate(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
    Fields(body): Fields<ActivateRequest>,
) -> Answer<Changed> {
    let place = Place::Active(body.position.map(usize::from));
    put(&api, &plugin, place, why(Cause::Activate, body.reason)).await
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ShadowRequest {
    /// Where it stands among the active ones, from 0.
    #[schema(maximum = 255)]
    position: Option<u8>,
    /// What its own questions to the model may cost; without it, only replies that were paid for anyway answer it.
    #[schema(minimum = 0, maximum = 10_000)]
    budget_usd: Option<f64>,
    /// What the history says of it.
    reason: Option<String>,
}

/// Makes a component a shadow.
///
/// It sees every batch and settles nothing.
#[utoipa::path(
    post,
    path = "/api/plugins/{plugin}/shadow",
    operation_id = "shadowPlugin",
    tag = "Strategies",
    params(("plugin" = String, Path, description = PLUGIN, example = "rules")),
    request_body = ShadowRequest,
    responses((status = 200, description = "It is a shadow", body = Changed), NotFound, Conflict, Unprocessable),
)]
pub async fn shadow(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
    Fields(body): Fields<ShadowRequest>,
) -> Answer<Changed> {
    let place = shadow_at(body.position, body.budget_usd)?;
    put(&api, &plugin, place, why(Cause::Shadow, body.reason)).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"percent": 10, "reason": "a tenth first"}))]
pub struct CanaryRequest {
    /// Where it stands among the active ones, from 0.
    #[schema(maximum = 255)]
    position: Option<u8>,
    /// Of a hundred tracks, how many it settles.
    #[schema(minimum = 1, maximum = 99)]
    percent: u8,
    /// What the history says of it.
    reason: Option<String>,
}

/// Makes a component the canary.
///
/// It settles `percent` of a hundred tracks, always the same ones.
#[utoipa::path(
    post,
    path = "/api/plugins/{plugin}/canary",
    operation_id = "canaryPlugin",
    tag = "Strategies",
    params(("plugin" = String, Path, description = PLUGIN, example = "rules")),
    request_body = CanaryRequest,
    responses((status = 200, description = "It is the canary", body = Changed), NotFound, Conflict, Unprocessable),
)]
pub async fn canary(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
    Fields(body): Fields<CanaryRequest>,
) -> Answer<Changed> {
    let place = canary_at(body.position, body.percent);
    put(&api, &plugin, place, why(Cause::Canary, body.reason)).await
}

async fn put(api: &Api, plugin: &str, place: Place, why: Why) -> Answer<Changed> {
    let digest = rollout(api).find(plugin).await?;
    let placed = digest.clone();
    carried_out(api, move |rollout| async move { rollout.place(&placed, place, &why).await }).await?;
    Ok(Json(changed(api, Some(digest))))
}

#[derive(Deserialize, Default, ToSchema, IntoParams)]
#[serde(deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ReasonRequest {
    /// What the history says of it.
    reason: Option<String>,
}

/// Makes a candidate active.
#[utoipa::path(
    post,
    path = "/api/plugins/{plugin}/promote",
    operation_id = "promotePlugin",
    tag = "Strategies",
    params(("plugin" = String, Path, description = PLUGIN, example = "rules")),
    request_body = ReasonRequest,
    responses((status = 200, description = "It is active", body = Changed), NotFound, Conflict, Unprocessable),
)]
pub async fn promote(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
    Fields(body): Fields<ReasonRequest>,
) -> Answer<Changed> {
    let (digest, why) = (rollout(&api).find(&plugin).await?, why(Cause::Promote, body.reason));
    let promoted = digest.clone();
    carried_out(&api, move |rollout| async move { rollout.promote(&promoted, &why).await }).await?;
    Ok(Json(changed(&api, Some(digest))))
}

/// Takes a component out of the pipeline; its bytes stay.
#[utoipa::path(
    delete,
    path = "/api/plugins/{plugin}",
    operation_id = "retirePlugin",
    tag = "Strategies",
    params(("plugin" = String, Path, description = PLUGIN, example = "rules"), ReasonRequest),
    responses((status = 200, description = "It is out", body = Changed), NotFound, Conflict),
)]
pub async fn retire(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    Params(params): Params<ReasonRequest>,
) -> Answer<Changed> {
    let (digest, why) = (rollout(&api).find(&plugin).await?, why(Cause::Retire, params.reason));
    let retired = digest.clone();
    carried_out(&api, move |rollout| async move { rollout.retire(&retired, &why).await }).await?;
    Ok(Json(changed(&api, Some(digest))))
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigRequest {
    /// A JSON value, or a text as it is; null for the component's own default.
    config: Value,
    /// What the history says of it.
    reason: Option<String>,
}

/// Runs a component with another configuration.
#[utoipa::path(
    put,
    path = "/api/plugins/{plugin}/config",
    operation_id = "configurePlugin",
    tag = "Strategies",
    params(("plugin" = String, Path, description = PLUGIN, example = "rules")),
    request_body = ConfigRequest,
    responses((status = 200, description = "It runs with it", body = Changed), NotFound, Conflict, Unprocessable),
)]
pub async fn configure(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
    Fields(body): Fields<ConfigRequest>,
) -> Answer<Changed> {
    let (digest, why) = (rollout(&api).find(&plugin).await?, why(Cause::Config, body.reason));
    let config = match body.config {
        Value::Null => None,
        Value::String(text) => Some(text),
        value => Some(value.to_string()),
    };
    let configured = digest.clone();
    let change = |rollout: Rollout| async move { rollout.configure(&configured, config.as_deref(), &why).await };
    carried_out(&api, change).await?;
    Ok(Json(changed(&api, Some(digest))))
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RollbackRequest {
    /// The revision to return to; the one before without it.
    #[schema(minimum = 1)]
    to: Option<i64>,
    /// What the history says of it.
    reason: Option<String>,
}

/// Returns to an earlier revision.
#[utoipa::path(
    post,
    path = "/api/plugins/rollback",
    operation_id = "rollBack",
    tag = "Strategies",
    request_body = RollbackRequest,
    responses((status = 200, description = "It runs as it did", body = Changed), NotFound, Conflict, Unprocessable),
)]
pub async fn rollback(
    State(api): State<Arc<Api>>,
    _: Params<Nothing>,
    Fields(body): Fields<RollbackRequest>,
) -> Answer<Changed> {
    let why = why(Cause::Rollback, body.reason);
    carried_out(&api, move |rollout| async move { rollout.rollback(body.to, &why).await }).await?;
    Ok(Json(changed(&api, None)))
}

/// Carries a change out to its end, also when the caller hangs up.
pub(in crate::api) async fn carried_out<T, F>(api: &Api, change: impl FnOnce(Rollout) -> F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: Future<Output = Result<T, RolloutError>> + Send + 'static,
{
    let changed = tokio::spawn(change(rollout(api).clone()).in_current_span()).await;
    let panicked = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the change failed inside; the log says more");
    Ok(changed.map_err(panicked)??)
}

fn changed(api: &Api, plugin: Option<Digest>) -> Changed {
    let pipeline = rollout(api).active();
    let plugin = plugin.map(|digest| digest.as_str().to_owned());
    Changed { success: true, revision: pipeline.revision, pipeline: pipeline.summary(), plugin }
}

fn why(cause: Cause, reason: Option<String>) -> Why {
    Why { cause, by: "api".to_owned(), reason }
}
