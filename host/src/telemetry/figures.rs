//! The recorder that figures are counted in, and its text.

use super::table::{FIGURES, Kind};
use super::{Sheet, dollars, process};
use anyhow::Context;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::time::Duration;

/// Bounds of histograms of time: from a strategy's tenth of a millisecond to a batch's deadline.
const SECONDS: &[f64] = &[0.0001, 0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0];

/// Those of requests, which are many series: each route has its own.
const REQUEST_SECONDS: &[f64] = &[0.001, 0.005, 0.02, 0.1, 0.5, 2.5, 10.0, 60.0];

/// Those of the database, which has no deadline of minutes.
const DATABASE_SECONDS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0];

/// Those of a batch's size.
const TRACKS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0];

/// How often what histograms were told is put into their buckets: until then it takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// The collected figures. Cheap to clone.
#[derive(Clone)]
pub struct Figures(PrometheusHandle);

impl Figures {
    /// Starts collecting, within a runtime.
    ///
    /// # Errors
    /// When something collects figures already.
    pub fn collect() -> anyhow::Result<Self> {
        process::starts();
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
            .set_buckets_for_metric(Matcher::Full("liner_http_request_seconds".to_owned()), REQUEST_SECONDS)?
            .set_buckets_for_metric(Matcher::Full("liner_database_operation_seconds".to_owned()), DATABASE_SECONDS)?
            .set_buckets_for_metric(Matcher::Full("liner_batch_tracks".to_owned()), TRACKS)?
            .install_recorder()
            .context("figures cannot be collected")?;
        describe();
        let kept = handle.clone();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                kept.run_upkeep();
            }
        });
        Ok(Self(handle))
    }

    /// All figures as text, with what was looked up for it.
    #[must_use]
    pub fn text(&self, mut looked_up: Sheet) -> String {
        dollars::show(&mut looked_up);
        process::show(&mut looked_up);
        looked_up.line("liner_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
        let mut text = self.0.render();
        text.push_str(&looked_up.into_text());
        text
    }
}

fn describe() {
    for figure in FIGURES {
        match figure.kind {
            Kind::Counter => metrics::describe_counter!(figure.name, figure.help),
            Kind::Gauge => metrics::describe_gauge!(figure.name, figure.help),
            Kind::Histogram => metrics::describe_histogram!(figure.name, figure.help),
        }
    }
    // What did not happen yet is a nought: an alert on an increase would miss the first.
    for name in [
        "liner_database_outages_total",
        "liner_model_calls_lost_total",
        "liner_worker_panics_total",
        "liner_worker_runs_total",
    ] {
        metrics::counter!(name).absolute(0);
    }
    for outcome in ["succeeded", "failed", "returned"] {
        metrics::counter!("liner_tracks_total", "outcome" => outcome).absolute(0);
    }
    for outcome in ["delivered", "failed", "given_up"] {
        metrics::counter!("liner_webhook_deliveries_total", "outcome" => outcome).absolute(0);
    }
    for outcome in ["done", "parked", "fenced", "failed", "late", "stopped", "panicked"] {
        metrics::counter!("liner_batches_total", "outcome" => outcome).absolute(0);
    }
}
