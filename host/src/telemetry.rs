//! What the service says of itself: logs on standard error, figures for Prometheus.

use crate::model::{Answer, AskError, Circuit, Gateway, ModelProvider};
use crate::music::{Stop, Usage};
use crate::spending::usd;
use crate::store::{Left, Outbox, QueueCounts, Waiting};
use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Bounds of every histogram, in seconds: from a strategy's tenth of a millisecond to a batch's deadline.
const SECONDS: &[f64] = &[0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0];

/// Starts logging to standard error, in colour on a terminal unless `NO_COLOR` is set.
///
/// # Errors
/// When the filter is wrong, or something logs already.
pub fn log_to_stderr(filter: &str) -> anyhow::Result<()> {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_new(filter)?)
        .with_writer(std::io::stderr)
        .with_ansi(colour)
        .try_init()
        .map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}

/// Starts collecting figures.
///
/// # Errors
/// When something collects them already.
pub fn collect_figures() -> anyhow::Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()
        .context("figures cannot be collected")?;
    describe();
    Ok(handle)
}

/// Sets the queue's gauges, which are read from the database when someone asks.
pub fn show_queue(counts: &QueueCounts) {
    let show = |status: &'static str, n: i64| {
        #[allow(clippy::cast_precision_loss)]
        metrics::gauge!("liner_queue_tracks", "status" => status).set(n as f64);
    };
    show("pending", counts.pending);
    show("processing", counts.processing);
    show("completed", counts.completed);
    show("failed", counts.failed);
    for cause in Waiting::ALL.map(Waiting::name) {
        #[allow(clippy::cast_precision_loss)]
        let n = counts.waiting.get(cause).copied().unwrap_or(0) as f64;
        metrics::gauge!("liner_queue_waiting_tracks", "cause" => cause).set(n);
    }
}

/// Sets the gauge of calls that were possibly paid twice.
pub fn show_lost_calls(lost: i64) {
    #[allow(clippy::cast_precision_loss)]
    metrics::gauge!("liner_model_calls_lost").set(lost as f64);
}

/// Sets the gauges of what webhooks are owed.
#[allow(clippy::cast_precision_loss)]
pub fn show_outbox(outbox: Outbox) {
    metrics::gauge!("liner_webhook_outbox_rows").set(outbox.rows as f64);
    metrics::gauge!("liner_webhook_oldest_seconds").set(outbox.oldest_ms.max(0) as f64 / 1e3);
}

/// Sets the gauges of the ways to a model, and of what may yet be spent.
pub fn show_gateway(gateway: &Gateway, left: Left) {
    for route in gateway.routes() {
        let provider = route.provider();
        let labels = [("provider", provider.name().to_owned()), ("model", provider.model().to_owned())];
        let state = match route.circuit() {
            Circuit::Closed => 0.0,
            Circuit::HalfOpen => 1.0,
            Circuit::Open(_) => 2.0,
        };
        metrics::gauge!("liner_model_breaker_state", &labels).set(state);
    }
    #[allow(clippy::cast_precision_loss)]
    metrics::gauge!("liner_model_calls_in_flight").set(gateway.in_flight() as f64);
    for (budget, left) in [("daily", left.today), ("total", left.total)] {
        if let Some(micros) = left {
            metrics::gauge!("liner_model_budget_left_usd", "budget" => budget).set(usd(micros.max(0)));
        }
    }
}

/// Counts a call to a model.
pub fn count_call(
    provider: &dyn ModelProvider,
    answer: &Result<Answer, AskError>,
    retries: u32,
    elapsed: std::time::Duration,
) {
    let labels = [("provider", provider.name().to_owned()), ("model", provider.model().to_owned())];
    metrics::histogram!("liner_model_call_seconds", &labels).record(elapsed.as_secs_f64());
    metrics::counter!("liner_model_retries_total", &labels).increment(u64::from(retries));
    let outcome = match answer {
        Ok(answer) => match answer.reply.stop {
            Stop::Truncated => "truncated",
            Stop::Refused => "refused",
            Stop::Complete | Stop::Other => "answered",
        },
        Err(error) => error.kind(),
    };
    let [provider, model] = labels.clone();
    metrics::counter!("liner_model_calls_total", &[provider, model, ("outcome", outcome.to_owned())]).increment(1);
    if let Ok(answer) = answer {
        count_usage(&labels, &answer.usage);
    }
}

/// Counts what an answer used.
pub fn count_usage(labels: &[(&'static str, String); 2], usage: &Usage) {
    let [provider, model] = labels;
    let count = |kind: &str, n: i64| {
        let labels = [provider.clone(), model.clone(), ("kind", kind.to_owned())];
        metrics::counter!("liner_model_tokens_total", &labels).increment(u64::try_from(n).unwrap_or(0));
    };
    count("input", usage.tokens_in - usage.tokens_cached - usage.tokens_written);
    count("cached", usage.tokens_cached);
    count("cache_write", usage.tokens_written);
    count("output", usage.tokens_out);
    match usage.cost_micros {
        Some(cost) => {
            metrics::counter!("liner_model_cost_micros_total", labels).increment(u64::try_from(cost).unwrap_or(0));
        }
        None => metrics::counter!("liner_model_unpriced_total", labels).increment(1),
    }
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_gauge!(
        "liner_queue_tracks",
        "Tracks in the queue by the state they are in; completed ones until they are pruned."
    );
    describe_gauge!("liner_queue_waiting_tracks", "Pending tracks that wait, by cause.");
    describe_counter!("liner_tracks_total", "Tracks of settled batches by outcome.");
    describe_counter!("liner_worker_runs_total", "Looks at the queue.");
    describe_counter!("liner_worker_panics_total", "Panics that were caught.");
    describe_histogram!("liner_batch_seconds", "From a batch's claim to its end.");
    describe_histogram!("liner_strategy_call_seconds", "A call of a strategy.");
    describe_counter!("liner_strategy_dropped_total", "What strategies said that could not be true.");
    describe_counter!("liner_pages_total", "Pages that were read, by outcome.");
    describe_histogram!("liner_page_seconds", "A page, with waiting for its server's turn.");
    describe_counter!("liner_sync_posts_total", "New posts of channels.");
    describe_counter!("liner_sync_links_total", "Links to music in them.");
    describe_counter!("liner_webhook_deliveries_total", "Attempts to deliver messages to webhooks, by outcome.");
    describe_histogram!("liner_webhook_delivery_seconds", "An attempt to deliver a message.");
    describe_gauge!("liner_webhook_outbox_rows", "Messages that webhooks are owed, counted up to 100000.");
    describe_gauge!("liner_webhook_oldest_seconds", "For how long the oldest of them is owed.");
    describe_counter!("liner_model_calls_total", "Questions to the model by outcome.");
    describe_counter!("liner_model_retries_total", "Requests to the model that were sent again.");
    describe_counter!(
        "liner_model_replies_reused_total",
        "Replies taken from the journal instead of being paid again."
    );
    describe_gauge!(
        "liner_model_calls_lost",
        "Calls without an answer when their batch was taken from its host: possibly paid twice."
    );
    describe_counter!("liner_model_calls_lost_total", "The same, as they were found by this host.");
    describe_counter!("liner_database_outages_total", "Times that the database could not be used.");
    describe_counter!("liner_pruned_rows_total", "Rows that this host pruned for their age, by table.");
    describe_histogram!("liner_model_call_seconds", "From a question to its answer, repetitions included.");
    describe_counter!("liner_model_tokens_total", "Tokens by kind.");
    describe_counter!(
        "liner_model_unpriced_total",
        "Answers of models whose price is not known: their cost is not counted."
    );
    describe_counter!(
        "liner_model_breaker_opened_total",
        "Times that a provider was left alone because it kept failing."
    );
    describe_gauge!(
        "liner_model_breaker_state",
        "Whether this host asks a provider: 0 closed (it does), 1 half-open (one call tries), 2 open (it does not)."
    );
    describe_gauge!("liner_model_calls_in_flight", "Calls of this host that are under way.");
    describe_gauge!(
        "liner_model_budget_left_usd",
        "What all hosts together may yet spend, without what is set aside for calls under way."
    );
    describe_counter!("liner_model_cost_micros_total", "Cost of answers in millionths of a dollar.");
}
