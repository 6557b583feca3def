//! The plugins there are, how they are doing, and how a candidate compares.

use super::super::openapi::refusals::NotFound;
use super::super::problem::Problem;
use super::super::request::{Nothing, Params, Path};
use super::super::{Answer, Api, time};
use super::{PLUGIN, rollout};
use crate::digest::Digest;
use crate::rollout::Comparison;
use crate::store::{Plugin, Revision};
use crate::strategy::Strategy;
use crate::strategy::health::Standing;
use crate::strategy::lineup::{Lineup, Role};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Plugins {
    /// Of the pipeline that runs.
    revision: i64,
    plugins: Vec<PluginState>,
}

/// A component, what it is used for, and how it is doing since this process loaded it.
#[derive(Serialize, ToSchema)]
pub struct PluginState {
    pub(in crate::api) name: String,
    pub(in crate::api) version: String,
    pub(in crate::api) digest: String,
    /// The contract's version that it was built for.
    pub(in crate::api) contract: String,
    /// What it says of itself.
    pub(in crate::api) summary: String,
    pub(in crate::api) asks_model: bool,
    /// In bytes.
    pub(in crate::api) size: i64,
    pub(in crate::api) first_seen_at: Option<Timestamp>,
    /// `active`, `shadow`, `canary` or `staged`.
    pub(in crate::api) state: &'static str,
    /// From 0, among the active ones.
    pub(in crate::api) position: Option<usize>,
    /// Of a canary.
    pub(in crate::api) percent: Option<u8>,
    pub(in crate::api) allow_wasi: bool,
    pub(in crate::api) config: Option<String>,
    /// `probation`, `trusted`, `bypassed` or `failed`; null where it is not loaded.
    pub(in crate::api) standing: Option<&'static str>,
    /// Why it is left alone, or is about to be taken back.
    pub(in crate::api) trouble: Option<String>,
    pub(in crate::api) figures: Option<FiguresShown>,
    /// How often it became active.
    pub(in crate::api) swaps: usize,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PluginFigures)]
pub(in crate::api) struct FiguresShown {
    pub(in crate::api) calls: u64,
    pub(in crate::api) time_ms: u128,
    pub(in crate::api) longest_ms: u128,
    pub(in crate::api) memory_bytes: usize,
    /// The share of a call's wall time that the longest one took.
    pub(in crate::api) longest_share: f64,
    pub(in crate::api) faults: BTreeMap<&'static str, u64>,
    pub(in crate::api) decided: u64,
    pub(in crate::api) passed_on: u64,
    pub(in crate::api) asked: u64,
    pub(in crate::api) dropped: u64,
}

/// All plugins, newest first.
#[utoipa::path(
    get,
    path = "/api/plugins",
    operation_id = "plugins",
    tag = "Strategies",
    responses((status = 200, description = "The plugins", body = Plugins)),
)]
pub async fn list(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<Plugins> {
    Ok(Json(Plugins { revision: rollout(&api).active().revision, plugins: states(&api).await? }))
}

/// One plugin, by name or digest.
#[utoipa::path(
    get,
    path = "/api/plugins/{plugin}",
    operation_id = "plugin",
    tag = "Strategies",
    params(("plugin" = String, Path, description = PLUGIN, example = "rules")),
    responses((status = 200, description = "The plugin", body = PluginState), NotFound),
)]
pub async fn one(State(api): State<Arc<Api>>, Path(plugin): Path<String>, _: Params<Nothing>) -> Answer<PluginState> {
    let digest = rollout(&api).find(&plugin).await?;
    let mut states = states(&api).await?.into_iter();
    let state = states.find(|state| state.digest == digest.as_str());
    state.map(Json).ok_or_else(|| Problem::not_found(format!("there is no plugin {plugin}")))
}

pub(in crate::api) async fn states(api: &Api) -> Result<Vec<PluginState>, Problem> {
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

/// A candidate beside the active strategies.
#[utoipa::path(
    get,
    path = "/api/plugins/{plugin}/comparison",
    operation_id = "comparePlugin",
    tag = "Strategies",
    params(("plugin" = String, Path, description = PLUGIN, example = "rules")),
    responses((status = 200, description = "How often they agree, and where not", body = Comparison), NotFound),
)]
pub async fn comparison(
    State(api): State<Arc<Api>>,
    Path(plugin): Path<String>,
    _: Params<Nothing>,
) -> Answer<Comparison> {
    let digest = rollout(&api).find(&plugin).await?;
    Ok(Json(rollout(&api).comparison(&digest).await?))
}
