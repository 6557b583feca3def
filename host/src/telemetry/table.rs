//! The table of figures: what their help texts, the sheet and the documents are made of. A name that is counted somewhere
//! and is not here fails a test.

/// What kind of number a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, until the process starts again.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How often which values came.
    Histogram,
}

impl Kind {
    /// The name in Prometheus' text.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figure {
    /// Its name, with the unit.
    pub name: &'static str,
    /// What kind it is.
    pub kind: Kind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it is, in a sentence.
    pub help: &'static str,
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Figure {
    Figure { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Figure {
    Figure { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Figure {
    Figure { name, kind: Kind::Histogram, labels, help }
}

/// A figure by its name.
#[must_use]
pub fn figure(name: &str) -> Option<&'static Figure> {
    FIGURES.iter().find(|figure| figure.name == name)
}

const MODEL: &[&str] = &["provider", "model"];

/// Every figure.
pub const FIGURES: &[Figure] = &[
    gauge("liner_build_info", &["version"], "1; the label says which version runs."),
    // The worker.
    gauge("liner_worker_running", &[], "Whether this host's worker was started and not stopped."),
    gauge("liner_worker_paused", &[], "Whether an operator paused the workers, as it was last known."),
    gauge("liner_worker_draining", &[], "Whether an operator said that this host takes nothing more."),
    gauge("liner_worker_last_run_timestamp_seconds", &[], "When the worker last looked at the queue."),
    counter("liner_worker_runs_total", &[], "Looks at the queue."),
    counter("liner_worker_panics_total", &[], "Panics that were caught."),
    // The queue.
    gauge(
        "liner_queue_tracks",
        &["status"],
        "Tracks in the queue by the state they are in; completed ones until they are pruned.",
    ),
    gauge("liner_queue_waiting_tracks", &["cause"], "Pending tracks that wait, by cause."),
    gauge(
        "liner_queue_oldest_age_seconds",
        &[],
        "How long the track has waited that is due longest; 0 when none is. Tracks that wait for a cause or a backoff are not due.",
    ),
    counter("liner_tracks_total", &["outcome"], "Tracks of settled batches by outcome."),
    // Batches.
    gauge("liner_batches_in_flight", &[], "Batches that this host works on."),
    counter("liner_batches_total", &["outcome"], "Batches by how their work ended here."),
    histogram("liner_batch_seconds", &[], "From a batch's claim to its end."),
    histogram("liner_batch_tracks", &[], "Tracks of a batch that were to be settled."),
    // Strategies.
    gauge("liner_pipeline_revision", &[], "The revision of the pipeline that runs here."),
    counter("liner_pipeline_swaps_total", &["cause"], "Revisions of the pipeline that took over, by cause."),
    gauge(
        "liner_strategy_info",
        &["strategy", "version", "digest", "role"],
        "1 for each strategy that is loaded: active, canary or shadow.",
    ),
    gauge(
        "liner_strategy_standing",
        &["strategy", "digest", "standing"],
        "1 for the standing that a loaded strategy has: probation, trusted, failed or bypassed.",
    ),
    gauge(
        "liner_strategy_memory_bytes",
        &["strategy", "digest"],
        "The most memory that a call of a loaded strategy took.",
    ),
    histogram("liner_strategy_call_seconds", &["strategy", "function"], "A call of a strategy."),
    counter("liner_strategy_faults_total", &["strategy", "kind"], "Calls that failed, by kind."),
    counter("liner_strategy_tracks_total", &["strategy", "outcome"], "Tracks that strategies were shown, by outcome."),
    counter("liner_strategy_dropped_total", &["strategy", "function"], "What strategies said that could not be true."),
    counter(
        "liner_strategy_log_lines_total",
        &["strategy", "level"],
        "Lines that strategies wrote, by their own level.",
    ),
    counter("liner_strategy_swaps_total", &["strategy"], "Times that a strategy, or another version of it, took over."),
    counter("liner_strategy_rollbacks_total", &["strategy"], "Strategies that were taken back on probation."),
    counter("liner_strategy_bypasses_total", &["strategy"], "Times that a strategy was left alone for a while."),
    counter("liner_plugins_refused_total", &["step"], "Components that were not admitted, by the step they failed."),
    counter("liner_shadow_tracks_total", &[], "Tracks that candidates were compared on."),
    counter("liner_shadow_skipped_total", &[], "Batches that candidates were not shown, as they were behind."),
    // The model.
    counter("liner_model_calls_total", &["provider", "model", "outcome"], "Questions to a model by outcome."),
    histogram("liner_model_call_seconds", MODEL, "From a question to its answer, repetitions included."),
    counter("liner_model_retries_total", MODEL, "Requests to a model that were sent again."),
    counter("liner_model_tokens_total", &["provider", "model", "kind"], "Tokens by kind."),
    counter("liner_model_cost_usd_total", MODEL, "What answers cost this host, in dollars."),
    counter("liner_model_unpriced_total", MODEL, "Answers whose price is not known: their cost is not counted."),
    counter("liner_model_replies_reused_total", &[], "Replies taken from the journal instead of being paid again."),
    counter(
        "liner_model_calls_lost_total",
        &[],
        "Questions without an answer that this host found: possibly paid twice.",
    ),
    gauge(
        "liner_journal_lost_calls",
        &[],
        "Questions of the journal without an answer when their batch was taken from its host: possibly paid twice.",
    ),
    gauge("liner_model_calls_in_flight", &[], "Calls of this host that are under way."),
    gauge("liner_model_available", &[], "Whether a model is configured that may be asked now."),
    gauge(
        "liner_model_breaker_state",
        MODEL,
        "Whether this host asks a provider: 0 closed (it does), 1 half-open (one call tries), 2 open (it does not).",
    ),
    counter("liner_model_breaker_opened_total", MODEL, "Times that a provider was left alone because it kept failing."),
    gauge("liner_model_rest_seconds", MODEL, "How long a provider that asked for it is yet left alone."),
    gauge(
        "liner_model_limit_per_minute",
        &["kind"],
        "What all hosts together may ask of a provider in a minute: requests, input_tokens or output_tokens.",
    ),
    gauge(
        "liner_model_budget_usd",
        &["budget"],
        "What all hosts together may spend: on a UTC day (daily), or in all (total).",
    ),
    gauge(
        "liner_model_budget_left_usd",
        &["budget"],
        "What all hosts together may yet spend, without what is set aside for calls under way.",
    ),
    // The database.
    gauge("liner_database_up", &[], "Whether the database can be read and, as far as was noticed, written."),
    counter("liner_database_outages_total", &[], "Times that the database could not be used."),
    histogram(
        "liner_database_operation_seconds",
        &["operation"],
        "What the database was asked about the queue, the library, hosts and webhooks, by what it was.",
    ),
    counter("liner_database_errors_total", &["operation"], "What the database failed at of this."),
    gauge("liner_database_size_bytes", &[], "What the database takes on its disk, looked up once a minute."),
    gauge("liner_database_connections", &["pool", "state"], "Connections that are kept: in_use or idle."),
    gauge("liner_database_writes_waiting", &[], "Claims, questions, answers and settlements that wait for their turn."),
    counter("liner_pruned_rows_total", &["table"], "Rows that this host pruned for their age, by table."),
    gauge("liner_disk_free_bytes", &[], "What is free on the disk of the data folder."),
    gauge("liner_disk_size_bytes", &[], "The size of that disk."),
    // Requests to this host.
    counter(
        "liner_http_requests_total",
        &["route", "method", "status"],
        "Requests by route, method and class of status.",
    ),
    histogram("liner_http_request_seconds", &["route", "method"], "From a request to the head of its answer."),
    gauge("liner_http_requests_in_flight", &[], "Requests that are not answered yet."),
    counter(
        "liner_http_request_body_bytes_total",
        &["route"],
        "Bytes of bodies of requests, as far as they were read.",
    ),
    counter(
        "liner_http_response_body_bytes_total",
        &["route"],
        "Bytes of bodies of answers, as far as they were sent.",
    ),
    // Pages and channels.
    counter("liner_pages_total", &["outcome"], "Pages that were read, by outcome."),
    histogram("liner_page_seconds", &[], "A page, with waiting for its server's turn."),
    counter("liner_sync_posts_total", &[], "New posts of channels."),
    counter("liner_sync_links_total", &[], "Links to music in them."),
    // Webhooks.
    counter("liner_webhook_deliveries_total", &["outcome"], "Attempts to deliver messages to webhooks, by outcome."),
    histogram("liner_webhook_delivery_seconds", &[], "An attempt to deliver a message."),
    gauge("liner_webhook_outbox_messages", &[], "Messages that webhooks are owed, counted up to 1000."),
    gauge("liner_webhook_outbox_oldest_seconds", &[], "For how long the oldest of them is owed."),
    // Traces.
    counter("liner_trace_spans_total", &["outcome"], "Spans by what became of them: exported, failed or dropped."),
    // The process.
    gauge("process_start_time_seconds", &[], "When the process started, in seconds since 1970."),
    counter("process_cpu_seconds_total", &[], "Processor time of the process."),
    gauge("process_resident_memory_bytes", &[], "Memory of the process that is in use."),
    gauge("process_virtual_memory_bytes", &[], "Addresses of the process that are taken."),
    gauge("process_threads", &[], "Threads of the process."),
    gauge("process_open_fds", &[], "Files and sockets that the process has open."),
    gauge("process_max_fds", &[], "The most that it may have."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn names_follow_the_convention() {
        for figure in FIGURES {
            let Figure { name, kind, help, .. } = figure;
            assert!(name.starts_with("liner_") || name.starts_with("process_"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            assert!(help.ends_with('.'), "{name}: {help}");
            for unit in ["_ms", "_millis", "_micros", "_minutes", "_kb", "_mb"] {
                assert!(!name.contains(unit), "{name} is not in a base unit");
            }
        }
        let names: BTreeSet<_> = FIGURES.iter().map(|figure| figure.name).collect();
        assert_eq!(names.len(), FIGURES.len(), "a name is there twice");
    }

    #[test]
    fn every_figure_of_the_sources_is_in_the_table_and_every_one_of_the_table_in_the_sources() {
        let mut named = BTreeSet::new();
        look_for_names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut named);
        let table: BTreeSet<String> = FIGURES.iter().map(|figure| figure.name.to_owned()).collect();
        // The dashboard's cookie is named as if it were one.
        named.remove("liner_session");
        assert_eq!(named, table);
    }

    /// Names of figures between quotes, but for this file's and for tests'.
    fn look_for_names(folder: &Path, named: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                look_for_names(&path, named);
            } else if !path.ends_with("telemetry/table.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap();
                let quoted = code.split('"').filter(|text| text.starts_with("liner_") || text.starts_with("process_"));
                let is_name = |text: &&str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                named.extend(quoted.filter(is_name).map(str::to_owned));
            }
        }
    }
}
