//! The model: whom the hosts ask, how much they may together, how much they have, and what for.

use super::problem::Problem;
use super::request::{Nothing, Params};
use super::{Answer, Api, batches, time};
use crate::model::{Circuit, Gateway, PRICES_AS_OF, Price, Route};
use crate::money::usd;
use crate::music::Limits;
use crate::spending::{By, Figures, Report, Sums, day_of};
use crate::store::{Left, ModelUse, ProviderUse, Spending, Used, Waiting};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    pub(super) provider: Option<&'static str>,
    pub(super) model: Option<String>,
    /// Why no model is asked, when none is.
    pub(super) reason: Option<String>,
    /// Nobody asks it before this: it said so to one of the hosts.
    pub(super) resting_until: Option<Timestamp>,
    pub(super) resting_reason: Option<String>,
    /// Whom this host asks, in order: who comes later is asked when those before cannot answer.
    pub(super) routes: Vec<RouteState>,
    /// Calls of this host that are under way.
    pub(super) calls_in_flight: usize,
    pub(super) limits: LimitsState,
    pub(super) budget: Budget,
    pub(super) spent: Spent,
    /// Provider's batches: those that have not ended and the last ones that have, the newest first.
    pub(super) batches: Vec<batches::Batch>,
    /// Questions that wait for one.
    pub(super) batches_waiting: Vec<batches::Waiting>,
    /// Calls that had no answer when their batch was taken from its host: possibly paid twice.
    pub(super) lost_calls: i64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RouteState {
    pub(super) provider: &'static str,
    pub(super) model: String,
    pub(super) origin: String,
    #[serde(flatten)]
    pub(super) standing: Standing,
    /// `closed`, `open` or `half-open`.
    pub(super) breaker: &'static str,
    /// Dollars per million tokens; null when they are not known.
    pub(super) prices: Option<PriceState>,
    /// When the list of prices was read that holds where `AI_PRICES` says nothing.
    pub(super) prices_as_of: &'static str,
    /// On this UTC day, by all hosts.
    pub(super) today: Figures,
    /// In all, by all hosts.
    pub(super) total: Figures,
}

/// Whether this host asks it now.
#[derive(Serialize, ToSchema)]
#[schema(as = RouteStanding)]
pub(super) struct Standing {
    /// `ready`; `resting` when it asked to be left alone; `blocked` when nothing will be answered before somebody changes
    /// something; `open` or `half-open` when it kept failing.
    pub(super) state: &'static str,
    /// When it is asked again, where that is known.
    pub(super) until: Option<Timestamp>,
    pub(super) reason: Option<String>,
}

/// Dollars per million tokens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct PriceState {
    pub(super) input: f64,
    pub(super) output: f64,
    pub(super) cache_read: f64,
    pub(super) cache_write: f64,
}

/// What all hosts together may ask; null means no limit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct LimitsState {
    pub(super) requests_per_minute: Option<u32>,
    pub(super) input_tokens_per_minute: Option<u32>,
    pub(super) output_tokens_per_minute: Option<u32>,
    pub(super) daily_usd: Option<f64>,
    pub(super) total_usd: Option<f64>,
}

/// What all hosts together may yet spend, in dollars; null where it is not limited.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Budget {
    pub(super) left_today_usd: Option<f64>,
    pub(super) left_total_usd: Option<f64>,
    /// Whether there is too little of it for another question.
    pub(super) is_spent: bool,
    /// When there is more; null when somebody must set more.
    pub(super) spent_until: Option<Timestamp>,
}

/// What all hosts together have spent on all providers since limits are kept, in dollars.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Spent {
    pub(super) today_usd: f64,
    pub(super) total_usd: f64,
    /// Set aside for calls under way.
    pub(super) reserved_usd: f64,
}

/// Whom the hosts ask, how much they may together, and how much they have.
#[utoipa::path(
    get,
    path = "/api/model",
    operation_id = "model",
    tag = "Model",
    responses((status = 200, description = "Providers, limits, budget and batches", body = Model)),
)]
pub async fn state(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<Model> {
    Ok(Json(current(&api).await?))
}

pub(super) async fn current(api: &Api) -> Result<Model, Problem> {
    let (store, gateway) = (api.store(), &api.worker.context().gateway);
    let provider = gateway.configured();
    let rest = match provider {
        Some(provider) => store.provider_use(provider.name()).await?,
        None => ProviderUse::default(),
    };
    let (batches, batches_waiting) = batches::shown(api.worker.context()).await?;
    let (spending, uses) = (store.spending().await?, store.model_use(None).await?);
    let waits = store.counts().await?.waiting.get(Waiting::Budget.name()).is_some_and(|n| *n > 0);
    Ok(Model {
        provider: provider.map(|provider| provider.name()),
        model: provider.map(|provider| provider.model().to_owned()),
        reason: api.lack_of_model(),
        resting_until: rest.blocked_until.and_then(time),
        resting_reason: rest.blocked_reason,
        routes: gateway.routes().iter().map(|route| route_state(gateway, route, &uses, spending.day)).collect(),
        calls_in_flight: gateway.in_flight(),
        limits: limits(gateway.limits()),
        budget: budget(spending.left_of(gateway.limits()), waits),
        spent: spent(spending),
        batches,
        batches_waiting,
        lost_calls: store.lost_calls().await?,
    })
}

fn route_state(gateway: &Gateway, route: &Route, uses: &[ModelUse], today: i64) -> RouteState {
    let provider = route.provider();
    let (name, model) = (provider.name(), provider.model());
    let ours = || uses.iter().filter(|used| used.provider == name && used.model == model);
    RouteState {
        provider: name,
        model: model.to_owned(),
        origin: provider.origin(),
        standing: standing(gateway, route),
        breaker: route.circuit().name(),
        prices: provider.price().map(price),
        prices_as_of: PRICES_AS_OF,
        today: ours().filter(|used| used.day == today).map(|used| used.used).sum::<Used>().into(),
        total: ours().map(|used| used.used).sum::<Used>().into(),
    }
}

fn standing(gateway: &Gateway, route: &Route) -> Standing {
    let for_a_while = |state, (reason, rest)| Standing { state, until: from_now(rest), reason: Some(reason) };
    if let Some(reason) = gateway.lack(route) {
        return Standing { state: "blocked", until: None, reason: Some(reason) };
    }
    if let Some(blocked) = route.blocked() {
        return for_a_while("blocked", blocked);
    }
    if let Some(resting) = route.resting() {
        return for_a_while("resting", resting);
    }
    let failing =
        || route.failure().map_or_else(|| "it kept failing".to_owned(), |last| format!("it kept failing: {last}"));
    match route.circuit() {
        Circuit::Closed => Standing { state: "ready", until: None, reason: None },
        Circuit::Open(rest) => for_a_while("open", (failing(), rest)),
        Circuit::HalfOpen => {
            Standing { state: "half-open", until: None, reason: Some(format!("one call tries, as {}", failing())) }
        }
    }
}

/// Whether anybody is asked now, of those who could be; none could where no model is configured.
pub(super) fn is_asked(gateway: &Gateway) -> Option<bool> {
    let mut routes = gateway.routes().iter().peekable();
    routes.peek()?;
    Some(routes.any(|route| standing(gateway, route).state == "ready"))
}

fn price(price: Price) -> PriceState {
    PriceState {
        input: usd(price.input),
        output: usd(price.output),
        cache_read: usd(price.cache_read),
        cache_write: usd(price.cache_write),
    }
}

fn limits(limits: &Limits) -> LimitsState {
    let rate = |limit: u32| (limit > 0).then_some(limit);
    let money = |micros: i64| (micros > 0).then(|| usd(micros));
    LimitsState {
        requests_per_minute: rate(limits.requests_per_minute),
        input_tokens_per_minute: rate(limits.input_tokens_per_minute),
        output_tokens_per_minute: rate(limits.output_tokens_per_minute),
        daily_usd: money(limits.daily_micros),
        total_usd: money(limits.total_micros),
    }
}

/// Little may be too little for a question: tracks wait for money then.
fn budget(left: Left, waits: bool) -> Budget {
    let (today, total) = (left.today.unwrap_or(i64::MAX), left.total.unwrap_or(i64::MAX));
    let is_limited = today.min(total) < i64::MAX;
    let is_spent = is_limited && (waits || today <= 0 || total <= 0);
    let is_daily = today < total;
    let of_day = Duration::from_millis(u64::try_from(left.of_day_ms).unwrap_or(0));
    Budget {
        left_today_usd: left.today.map(|micros| usd(micros.max(0))),
        left_total_usd: left.total.map(|micros| usd(micros.max(0))),
        is_spent,
        spent_until: (is_spent && is_daily).then(|| from_now(of_day)).flatten(),
    }
}

fn spent(spending: Spending) -> Spent {
    Spent {
        today_usd: usd(spending.today_micros),
        total_usd: usd(spending.total_micros),
        reserved_usd: usd(spending.reserved_micros),
    }
}

fn from_now(rest: Duration) -> Option<Timestamp> {
    time(Timestamp::now().as_millisecond().checked_add(i64::try_from(rest.as_millis()).ok()?)?)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UseParams {
    /// By what it is summed.
    #[serde(default)]
    #[param(inline, required = false)]
    by: By,
    /// The first UTC day; since the first call without it.
    #[param(example = "2026-11-01")]
    since: Option<Date>,
}

/// What models were used for, and what it cost.
#[utoipa::path(
    get,
    path = "/api/model/use",
    operation_id = "modelUse",
    tag = "Model",
    params(UseParams),
    responses((status = 200, description = "Calls, tokens and cost", body = Report)),
)]
pub async fn used(State(api): State<Arc<Api>>, Params(params): Params<UseParams>) -> Answer<Report> {
    let uses = api.store().model_use(params.since.map(day_of)).await?;
    Ok(Json(Report::new(params.by, params.since, Sums::of(&uses, params.by))))
}
