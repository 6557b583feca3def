//! The model: whom the hosts ask, how much they may together, and how much they have.

use super::request::{Nothing, Params};
use super::{Answer, Api, time};
use crate::store::ProviderUse;
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    provider: Option<&'static str>,
    model: Option<String>,
    /// Why no model is asked, when none is.
    reason: Option<String>,
    /// Nobody asks it before this: it said so to one of the hosts.
    resting_until: Option<Timestamp>,
    resting_reason: Option<String>,
    limits: Limits,
    spent: Spent,
    /// Calls that had no answer when their batch was taken from its host: possibly paid twice.
    lost_calls: i64,
}

/// What all hosts together may ask; null means no limit.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits {
    requests_per_minute: Option<u32>,
    daily_usd: Option<f64>,
    total_usd: Option<f64>,
}

/// What all hosts together have spent since limits are kept, in dollars.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Spent {
    today_usd: f64,
    total_usd: f64,
    /// Set aside for calls under way.
    reserved_usd: f64,
}

/// Whom the hosts ask.
pub async fn state(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<Model> {
    let gateway = &api.worker.context().gateway;
    let provider = gateway.configured();
    let used = match provider {
        Some(provider) => api.store().provider_use(provider.name()).await?,
        None => ProviderUse::default(),
    };
    let limits = gateway.limits();
    let some = |micros: i64| (micros > 0).then(|| usd(micros));
    Ok(Json(Model {
        provider: provider.map(|provider| provider.name()),
        model: provider.map(|provider| provider.model().to_owned()),
        reason: api.lack_of_model(),
        resting_until: used.blocked_until.and_then(time),
        resting_reason: used.blocked_reason,
        limits: Limits {
            requests_per_minute: (limits.requests_per_minute > 0).then_some(limits.requests_per_minute),
            daily_usd: some(limits.daily_micros),
            total_usd: some(limits.total_micros),
        },
        spent: Spent {
            today_usd: usd(used.today_micros),
            total_usd: usd(used.total_micros),
            reserved_usd: usd(used.reserved_micros),
        },
        lost_calls: api.store().lost_calls().await?,
    }))
}

#[allow(clippy::cast_precision_loss)]
fn usd(micros: i64) -> f64 {
    micros as f64 / 1e6
}
