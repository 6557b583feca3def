//! `GET /metrics`: what was counted, and what is looked up for it. None of it scans a table, and a database that does not
//! answer costs a moment and its own figures only: that it does not is what the rest is asked for then.

use super::Api;
use super::request::{Nothing, Params};
use crate::model::{Circuit, Gateway};
use crate::money::usd;
use crate::store::{Outbox, QueueCounts, Spending, Store, StoreError, Waiting};
use crate::strategy::Pipeline;
use crate::strategy::health::Standing;
use crate::strategy::lineup::Role;
use crate::telemetry::{self, Sheet};
use crate::worker::Status;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the database may take: whoever scrapes waits ten seconds as a rule.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long the size of the database is remembered: a server looks at each of its files for it.
const SIZE_LASTS: Duration = Duration::from_secs(60);

/// The size of the database when it was last looked up.
#[derive(Debug, Default)]
pub struct Size(Mutex<Option<(Instant, u64)>>);

/// What the database says of itself.
struct LookedUp {
    counts: QueueCounts,
    oldest_ms: Option<i64>,
    lost_calls: i64,
    spending: Spending,
    size: u64,
    outbox: Outbox,
}

/// Figures in Prometheus' text format.
#[utoipa::path(
    get,
    path = "/metrics",
    operation_id = "metrics",
    tag = "Health",
    responses((status = 200, description = "The figures", body = String, content_type = "text/plain")),
)]
pub async fn metrics(State(api): State<Arc<Api>>, _: Params<Nothing>) -> impl IntoResponse {
    let context = api.worker.context();
    let database = tokio::time::timeout(PATIENCE, look_up(api.store(), &api.size));
    let (looked_up, status) = tokio::join!(database, api.worker.status());
    let looked_up = looked_up.ok().and_then(Result::ok);
    let mut sheet = Sheet::default();
    show_worker(&mut sheet, &status);
    if let Some(looked_up) = &looked_up {
        show_queue(&mut sheet, looked_up);
    }
    show_pipeline(&mut sheet, &context.rollout.active());
    show_model(&mut sheet, &context.gateway, looked_up.as_ref());
    let has_outage = status.is_ok_and(|status| status.outage.is_some());
    sheet.flag("liner_database_up", &[], looked_up.is_some() && !has_outage);
    show_database(&mut sheet, api.store(), looked_up.as_ref());
    show_disk(&mut sheet, &api.data_dir);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], api.figures.text(sheet))
}

async fn look_up(store: &dyn Store, size: &Size) -> Result<LookedUp, StoreError> {
    let (counts, oldest_ms, lost_calls, spending, size, outbox) = tokio::try_join!(
        store.counts(),
        store.oldest_due_ms(),
        store.lost_calls(),
        store.spending(),
        size.look_up(store),
        store.outbox()
    )?;
    Ok(LookedUp { counts, oldest_ms, lost_calls, spending, size, outbox })
}

impl Size {
    async fn look_up(&self, store: &dyn Store) -> Result<u64, StoreError> {
        let known = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, size)) = known
            && at.elapsed() < SIZE_LASTS
        {
            return Ok(size);
        }
        let size = store.size().await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), size));
        Ok(size)
    }
}

fn show_worker(sheet: &mut Sheet, status: &Result<Status, StoreError>) {
    let Ok(status) = status else { return };
    sheet.flag("liner_worker_running", &[], status.running);
    sheet.flag("liner_worker_paused", &[], status.paused.is_some());
    sheet.flag("liner_worker_draining", &[], status.draining);
    if let Some(at) = status.last_run_at {
        sheet.count("liner_worker_last_run_timestamp_seconds", &[], at.as_second());
    }
    sheet.count("liner_batches_in_flight", &[], count(status.in_flight));
}

fn show_queue(sheet: &mut Sheet, looked_up: &LookedUp) {
    let counts = &looked_up.counts;
    for (status, n) in [
        ("pending", counts.pending),
        ("processing", counts.processing),
        ("completed", counts.completed),
        ("failed", counts.failed),
    ] {
        sheet.count("liner_queue_tracks", &[("status", status)], n);
    }
    for cause in Waiting::ALL.map(Waiting::name) {
        let n = counts.waiting.get(cause).copied().unwrap_or(0);
        sheet.count("liner_queue_waiting_tracks", &[("cause", cause)], n);
    }
    sheet.line("liner_queue_oldest_age_seconds", &[], seconds(looked_up.oldest_ms.unwrap_or(0)));
    sheet.count("liner_journal_lost_calls", &[], looked_up.lost_calls);
    sheet.count("liner_webhook_outbox_messages", &[], looked_up.outbox.rows);
    sheet.line("liner_webhook_outbox_oldest_seconds", &[], seconds(looked_up.outbox.oldest_ms.max(0)));
}

fn show_pipeline(sheet: &mut Sheet, pipeline: &Pipeline) {
    sheet.count("liner_pipeline_revision", &[], pipeline.revision);
    let active = pipeline.strategies.iter().map(|strategy| ("active", strategy));
    let trials = pipeline.trials.iter().map(|trial| (role(trial.candidate.role), &trial.strategy));
    let mut seen = BTreeSet::new();
    let loaded: Vec<_> = active.chain(trials).filter(|(_, strategy)| seen.insert(strategy.digest().short())).collect();
    for (role, strategy) in &loaded {
        let description = strategy.description();
        let labels = [
            ("strategy", description.name.as_str()),
            ("version", description.version.as_str()),
            ("digest", strategy.digest().short()),
            ("role", role),
        ];
        sheet.flag("liner_strategy_info", &labels, true);
    }
    for (_, strategy) in &loaded {
        let (name, digest) = (strategy.description().name.as_str(), strategy.digest().short());
        let standing = strategy.health().standing();
        for name_of in Standing::NAMES {
            let labels = [("strategy", name), ("digest", digest), ("standing", name_of)];
            sheet.flag("liner_strategy_standing", &labels, name_of == standing.name());
        }
    }
    for (_, strategy) in &loaded {
        let labels = [("strategy", strategy.description().name.as_str()), ("digest", strategy.digest().short())];
        sheet.count("liner_strategy_memory_bytes", &labels, count(strategy.health().figures().memory));
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Canary { .. } => "canary",
        Role::Shadow { .. } => "shadow",
    }
}

fn show_model(sheet: &mut Sheet, gateway: &Gateway, looked_up: Option<&LookedUp>) {
    sheet.flag("liner_model_available", &[], gateway.available().is_ok());
    sheet.count("liner_model_calls_in_flight", &[], count(gateway.in_flight()));
    let routes: Vec<_> = gateway
        .routes()
        .iter()
        .map(|route| (route, route.provider().name(), telemetry::model(route.provider().model())))
        .collect();
    for (route, provider, model) in &routes {
        let state = match route.circuit() {
            Circuit::Closed => 0,
            Circuit::HalfOpen => 1,
            Circuit::Open(_) => 2,
        };
        sheet.count("liner_model_breaker_state", &[("provider", provider), ("model", model)], state);
    }
    for (route, provider, model) in &routes {
        let rest = route.resting().map_or(0.0, |(_, rest)| rest.as_secs_f64());
        sheet.line("liner_model_rest_seconds", &[("provider", provider), ("model", model)], rest);
    }
    let limits = gateway.limits();
    for (kind, limit) in [
        ("requests", limits.requests_per_minute),
        ("input_tokens", limits.input_tokens_per_minute),
        ("output_tokens", limits.output_tokens_per_minute),
    ] {
        if limit > 0 {
            sheet.count("liner_model_limit_per_minute", &[("kind", kind)], i64::from(limit));
        }
    }
    for (budget, micros) in [("daily", limits.daily_micros), ("total", limits.total_micros)] {
        if micros > 0 {
            sheet.line("liner_model_budget_usd", &[("budget", budget)], usd(micros));
        }
    }
    let Some(left) = looked_up.map(|looked_up| looked_up.spending.left_of(limits)) else { return };
    for (budget, left) in [("daily", left.today), ("total", left.total)] {
        if let Some(micros) = left {
            sheet.line("liner_model_budget_left_usd", &[("budget", budget)], usd(micros.max(0)));
        }
    }
}

fn show_database(sheet: &mut Sheet, store: &dyn Store, looked_up: Option<&LookedUp>) {
    if let Some(looked_up) = looked_up {
        sheet.count("liner_database_size_bytes", &[], i64::try_from(looked_up.size).unwrap_or(i64::MAX));
    }
    let load = store.load();
    for pool in &load.pools {
        for (state, n) in [("in_use", pool.in_use), ("idle", pool.idle)] {
            sheet.count("liner_database_connections", &[("pool", pool.name), ("state", state)], count(n));
        }
    }
    sheet.count("liner_database_writes_waiting", &[], count(load.waiting));
}

#[allow(clippy::cast_precision_loss)]
fn show_disk(sheet: &mut Sheet, folder: &Path) {
    let Ok(disk) = rustix::fs::statvfs(folder) else { return };
    sheet.line("liner_disk_free_bytes", &[], disk.f_bavail as f64 * disk.f_frsize as f64);
    sheet.line("liner_disk_size_bytes", &[], disk.f_blocks as f64 * disk.f_frsize as f64);
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[allow(clippy::cast_precision_loss)]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}
