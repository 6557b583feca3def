//! Plugins: which strategies there are, how they are doing, and every way to change them.

use super::problem::Problem;
use super::request::{Json as Fields, Nothing, Params};
use super::{Answer, Api, limit, time};
use crate::digest::Digest;
use crate::rollout::{Comparison, Place, Rollout, RolloutError, Upload, Why};
use crate::store::{Plugin, Revision};
use crate::strategy::Strategy;
use crate::strategy::health::Standing;
use crate::strategy::lineup::{Lineup, Role};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use futures_util::{Stream, StreamExt};
use jiff::Timestamp;
use serde::de::{IntoDeserializer, value};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many times the allowed size of a body is read before the caller is hung up on.
const DISCARDED: usize = 8;

#[derive(Serialize)]
pub struct Plugins {
    revision: i64,
    plugins: Vec<PluginState>,
}

/// A component, what it is used for, and how it is doing since this process loaded it.
#[derive(Serialize)]
pub struct PluginState {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) digest: String,
    pub(super) contract: String,
    pub(super) summary: String,
    pub(super) asks_model: bool,
    pub(super) size: i64,
    pub(super) first_seen_at: Option<Timestamp>,
    /// `active`, `shadow`, `canary` or `staged`.
    pub(super) state: &'static str,
    /// From 0, among the active ones.
    pub(super) position: Option<usize>,
    /// Of a canary.
    pub(super) percent: Option<u8>,
    pub(super) allow_wasi: bool,
    pub(super) config: Option<String>,
    pub(super) standing: Option<&'static str>,
    /// Why it is left alone, or is about to be taken back.
    pub(super) trouble: Option<String>,
    pub(super) figures: Option<FiguresShown>,
    /// How often it became active.
    pub(super) swaps: usize,
}

#[derive(Serialize)]
pub(super) struct FiguresShown {
    pub(super) calls: u64,
    pub(super) time_ms: u128,
    pub(super) longest_ms: u128,
    pub(super) memory_bytes: usize,
    /// The share of a call's wall time that the longest one took.
    pub(super) longest_share: f64,
    pub(super) faults: BTreeMap<&'static str, u64>,
    pub(super) decided: u64,
    pub(super) passed_on: u64,
    pub(super) asked: u64,
    pub(super) dropped: u64,
}

/// All plugins, newest first.
pub async fn list(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<Plugins> {
    Ok(Json(Plugins { revision: rollout(&api).active().revision, plugins: states(&api).await? }))
}

/// One plugin, by name or digest.
pub async fn one(State(api): State<Arc<Api>>, Path(plugin): Path<String>, _: Params<Nothing>) -> Answer<PluginState> {
    let digest = rollout(&api).find(&plugin).await?;
    let mut states = states(&api).await?.into_iter();
    let state = states.find(|state| state.digest == digest.as_str());
    state.map(Json).ok_or_else(|| Problem::not_found(format!("there is no plugin {plugin}")))
}

pub(super) async fn states(api: &Api) -> Result<Vec<PluginState>, Problem> {
    let plugins = api.store().plugins().await?;
    let swaps = swaps(&api.store().pipelines(1_000).await?);
    Ok(plugins.into_iter().map(|plugin| state(api, plugin, &swaps)).collect())
}

fn state(api: &Api, plugin: Plugin, swaps: &BTreeMap<Digest, usize>) -> PluginState {
    let pipeline = rollout(api).active();
    let position = pipeline.lineup.active.iter().position(|entry| entry.digest == plugin.digest);
    let trial = pipeline.trials.iter().find(|trial| trial.candidate.entry.digest == plugin.digest);
    let role = trial.map(|trial| trial.candidate.role);
    let strategy = pipeline.loaded().find(|strategy| *strategy.digest() == plugin.digest);
    let entry = pipeline.lineup.entries().find(|entry| entry.digest == plugin.digest);
    let standing = strategy.map(|strategy| strategy.health().standing());
    PluginState {
        state: match (position, role) {
            (Some(_), _) => "active",
            (None, Some(role)) => role.name(),
            (None, None) => "staged",
        },
        position,
        percent: role.and_then(|role| match role {
            Role::Canary { percent } => Some(percent),
            Role::Shadow { .. } => None,
        }),
        allow_wasi: entry.is_some_and(|entry| entry.allow_wasi),
        config: strategy.map(|strategy| strategy.config().to_owned()),
        trouble: standing.as_ref().and_then(|standing| match standing {
            Standing::Failed(reason) | Standing::Bypassed { reason, .. } => Some(reason.clone()),
            Standing::Probation { .. } | Standing::Trusted { .. } => None,
        }),
        standing: standing.as_ref().map(Standing::name),
        figures: strategy.map(|strategy| figures(api, strategy)),
        swaps: swaps.get(&plugin.digest).copied().unwrap_or(0),
        first_seen_at: time(plugin.first_seen_at),
        digest: plugin.digest.as_str().to_owned(),
        name: plugin.name,
        version: plugin.version,
        contract: plugin.contract,
        summary: plugin.summary,
        asks_model: plugin.asks_model,
        size: plugin.size,
    }
}

fn figures(api: &Api, strategy: &Strategy) -> FiguresShown {
    let figures = strategy.health().figures();
    let wall_time = rollout(api).runtime().limits().wall_time;
    FiguresShown {
        calls: figures.calls,
        time_ms: figures.time.as_millis(),
        longest_ms: figures.longest.as_millis(),
        memory_bytes: figures.memory,
        longest_share: figures.longest.as_secs_f64() / wall_time.as_secs_f64(),
        faults: figures.faults.into_iter().map(|(fault, n)| (fault.name(), n)).collect(),
        decided: figures.decided,
        passed_on: figures.passed,
        asked: figures.asked,
        dropped: figures.dropped,
    }
}

/// How often each component became active, of revisions newest first.
fn swaps(revisions: &[Revision]) -> BTreeMap<Digest, usize> {
    let active = |revision: &Revision| -> Vec<Digest> {
        let lineup = Lineup::from_json(&revision.entries).unwrap_or_default();
        lineup.active.into_iter().map(|entry| entry.digest).collect()
    };
    let mut swaps = BTreeMap::new();
    let mut before: Vec<Digest> = Vec::new();
    for revision in revisions.iter().rev() {
        let now = active(revision);
        for digest in now.iter().filter(|digest| !before.contains(digest)) {
            *swaps.entry(digest.clone()).or_default() += 1;
        }
        before = now;
    }
    swaps
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadParams {
    /// `active` without it.
    #[serde(default, rename = "as")]
    place: PlaceName,
    position: Option<usize>,
    percent: Option<u8>,
    budget_usd: Option<f64>,
    #[serde(default)]
    allow_wasi: bool,
    config: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum PlaceName {
    #[default]
    Active,
    Staged,
    Shadow,
    Canary,
}

impl PlaceName {
    /// A name as parameters and forms write it.
    pub(super) fn from_name(name: &str) -> Result<Self, Problem> {
        let read = Self::deserialize(IntoDeserializer::<value::Error>::into_deserializer(name));
        read.map_err(|_| Problem::bad_request(format!("as is {name:?}; allowed: active, staged, shadow, canary")))
    }

    pub(super) fn place(self, terms: &PlaceTerms) -> Result<Place, Problem> {
        let PlaceTerms { position, percent, budget_usd } = *terms;
        match self {
            Self::Active => Ok(Place::Active(position)),
            Self::Staged => Ok(Place::Staged),
            Self::Shadow => Ok(Place::Trial(Role::Shadow { budget_micros: micros(budget_usd)? }, position)),
            Self::Canary => {
                let percent = percent
                    .ok_or_else(|| Problem::bad_request("a canary needs percent, its share of a hundred tracks"))?;
                Ok(Place::Trial(Role::Canary { percent }, position))
            }
        }
    }
}

pub(super) struct PlaceTerms {
    pub(super) position: Option<usize>,
    pub(super) percent: Option<u8>,
    pub(super) budget_usd: Option<f64>,
}

fn micros(usd: Option<f64>) -> Result<i64, Problem> {
    match usd.unwrap_or(0.0) {
        #[allow(clippy::cast_possible_truncation)]
        usd if (0.0..=10_000.0).contains(&usd) => Ok((usd * 1e6).round() as i64),
        other => Err(Problem::bad_request(format!("budget_usd is {other}; allowed: 0 to 10000"))),
    }
}

#[derive(Serialize)]
pub struct Changed {
    success: bool,
    revision: i64,
    pipeline: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<String>,
}

/// Takes a component in.
pub async fn upload(State(api): State<Arc<Api>>, Params(params): Params<UploadParams>, body: Body) -> Answer<Changed> {
    let bytes = read_component(body.into_data_stream(), rollout(&api).runtime().limits().component_bytes).await?;
    let UploadParams { place, position, percent, budget_usd, allow_wasi, config, reason } = params;
    let place = place.place(&PlaceTerms { position, percent, budget_usd })?;
    let upload = Upload { bytes, source: "the upload".to_owned(), config, allow_wasi, place };
    let why = why("install", reason);
    let installed = carried_out(&api, move |rollout| async move { rollout.install(upload, &why).await }).await?;
    Ok(Json(changed(&api, Some(installed.plugin.digest))))
}

/// Reads a component. What is too large is read to its end and thrown away, within reason: a connection that is closed
/// while its caller still sends takes the answer with it.
pub(super) async fn read_component<E>(
    chunks: impl Stream<Item = Result<Bytes, E>>,
    allowed: usize,
) -> Result<Vec<u8>, Problem> {
    let (mut bytes, mut total) = (Vec::new(), 0usize);
    let mut chunks = std::pin::pin!(chunks);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Problem::bad_request("the component could not be read to its end"))?;
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

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct PlaceRequest {
    position: Option<usize>,
    percent: Option<u8>,
    budget_usd: Option<f64>,
    reason: Option<String>,
}

/// Makes a component active.
pub async fn activate(
    state: State<Arc<Api>>,
    plugin: Path<String>,
    _: Params<Nothing>,
    body: Fields<PlaceRequest>,
) -> Answer<Changed> {
    put(state, plugin, body, PlaceName::Active, "activate").await
}

/// Makes a component a shadow.
pub async fn shadow(
    state: State<Arc<Api>>,
    plugin: Path<String>,
    _: Params<Nothing>,
    body: Fields<PlaceRequest>,
) -> Answer<Changed> {
    put(state, plugin, body, PlaceName::Shadow, "shadow").await
}

/// Makes a component the canary.
pub async fn canary(
    state: State<Arc<Api>>,
    plugin: Path<String>,
    _: Params<Nothing>,
    body: Fields<PlaceRequest>,
) -> Answer<Changed> {
    put(state, plugin, body, PlaceName::Canary, "canary").await
}

async fn put(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    Fields(body): Fields<PlaceRequest>,
    place: PlaceName,
    cause: &'static str,
) -> Answer<Changed> {
    let PlaceRequest { position, percent, budget_usd, reason } = body;
    let place = place.place(&PlaceTerms { position, percent, budget_usd })?;
    let (digest, why) = (rollout(&api).find(&plugin).await?, why(cause, reason));
    let placed = digest.clone();
    carried_out(&api, move |rollout| async move { rollout.place(&placed, place, &why).await }).await?;
    Ok(Json(changed(&api, Some(digest))))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct ReasonRequest {
    reason: Option<String>,
}

/// Makes a candidate active.
pub async fn promote(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
    Fields(body): Fields<ReasonRequest>,
) -> Answer<Changed> {
    let (digest, why) = (rollout(&api).find(&plugin).await?, why("promote", body.reason));
    let promoted = digest.clone();
    carried_out(&api, move |rollout| async move { rollout.promote(&promoted, &why).await }).await?;
    Ok(Json(changed(&api, Some(digest))))
}

/// Takes a component out.
pub async fn retire(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    Params(params): Params<ReasonRequest>,
) -> Answer<Changed> {
    let (digest, why) = (rollout(&api).find(&plugin).await?, why("retire", params.reason));
    let retired = digest.clone();
    carried_out(&api, move |rollout| async move { rollout.retire(&retired, &why).await }).await?;
    Ok(Json(changed(&api, Some(digest))))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct ConfigRequest {
    /// A JSON value, or a text as it is; null for the component's own default.
    config: Value,
    reason: Option<String>,
}

/// Runs a component with another configuration.
pub async fn configure(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
    Fields(body): Fields<ConfigRequest>,
) -> Answer<Changed> {
    let (digest, why) = (rollout(&api).find(&plugin).await?, why("config", body.reason));
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

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct RollbackRequest {
    to: Option<i64>,
    reason: Option<String>,
}

/// Returns to an earlier revision.
pub async fn rollback(
    State(api): State<Arc<Api>>,
    _: Params<Nothing>,
    Fields(body): Fields<RollbackRequest>,
) -> Answer<Changed> {
    let why = why("rollback", body.reason);
    carried_out(&api, move |rollout| async move { rollout.rollback(body.to, &why).await }).await?;
    Ok(Json(changed(&api, None)))
}

/// A candidate beside the active strategies.
pub async fn comparison(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
) -> Answer<Comparison> {
    let digest = rollout(&api).find(&plugin).await?;
    Ok(Json(rollout(&api).comparison(&digest).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    limit: Option<u32>,
}

/// Who changed what, when and why, newest first.
pub async fn history(State(api): State<Arc<Api>>, Params(params): Params<ListParams>) -> Answer<Value> {
    let revisions = api.store().pipelines(limit(params.limit)?).await?;
    let shown = |revision: &Revision| {
        json!({
            "revision": revision.revision, "parent": revision.parent, "cause": revision.cause, "by": revision.by,
            "reason": revision.reason, "at": time(revision.at), "proven_at": revision.proven_at.and_then(time),
            "lineup": serde_json::from_str::<Value>(&revision.entries).unwrap_or_default(),
        })
    };
    Ok(Json(json!({ "revisions": revisions.iter().map(shown).collect::<Vec<_>>() })))
}

/// What happened: swaps, refusals, strategies taken back or left alone, newest first.
pub async fn events(State(api): State<Arc<Api>>, Params(params): Params<ListParams>) -> Answer<Value> {
    let events = api.store().events(limit(params.limit)?).await?;
    let shown = events
        .iter()
        .map(|event| json!({"at": time(event.at), "kind": event.kind, "subject": event.subject, "text": event.text}));
    Ok(Json(json!({ "events": shown.collect::<Vec<_>>() })))
}

/// Carries a change out to its end, also when the caller hangs up.
pub(super) async fn carried_out<T, F>(api: &Api, change: impl FnOnce(Rollout) -> F) -> Result<T, Problem>
where
    T: Send + 'static,
    F: Future<Output = Result<T, RolloutError>> + Send + 'static,
{
    let changed = tokio::spawn(change(rollout(api).clone())).await;
    let panicked = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the change failed inside; the log says more");
    Ok(changed.map_err(panicked)??)
}

fn changed(api: &Api, plugin: Option<Digest>) -> Changed {
    let pipeline = rollout(api).active();
    let plugin = plugin.map(|digest| digest.as_str().to_owned());
    Changed { success: true, revision: pipeline.revision, pipeline: pipeline.summary(), plugin }
}

fn why(cause: &'static str, reason: Option<String>) -> Why {
    Why { cause, by: "api".to_owned(), reason }
}

pub(super) fn rollout(api: &Api) -> &Rollout {
    &api.worker.context().rollout
}

impl From<RolloutError> for Problem {
    fn from(error: RolloutError) -> Self {
        let status = match error {
            RolloutError::Store(error) => return error.into(),
            RolloutError::Refused { .. } | RolloutError::Unfinished { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            RolloutError::Unknown(_) => StatusCode::NOT_FOUND,
            RolloutError::Lineup(_) | RolloutError::NothingBefore(_) => StatusCode::CONFLICT,
        };
        let problem = Self::new(status, error.to_string());
        match error {
            RolloutError::Refused { refusal, .. } => problem.with_errors(json!([{"step": refusal.step()}])),
            _ => problem,
        }
    }
}
