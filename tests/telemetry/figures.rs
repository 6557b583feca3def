//! `GET /metrics`.

use crate::busy::Busy;
use crate::exposition::Exposition;
use crate::promtool::promtool;
use liner::telemetry::FIGURES;
use liner_tests::{Database, Host, Kind, Proxy, StubModel, eventually, vague_rows};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_figure_of_a_busy_host_is_explained_typed_and_named_by_convention() {
    let busy = Busy::start(&[]).await;
    let text = busy.figures().await;
    let exposed = Exposition::of(&text);
    let mut series: BTreeMap<&str, usize> = BTreeMap::new();
    for sample in &exposed.samples {
        let family = exposed.family(&sample.name);
        let figure = FIGURES.iter().find(|figure| figure.name == family);
        let figure = figure.unwrap_or_else(|| panic!("{family} is not in the table"));
        assert_eq!(exposed.types[family], figure.kind.name(), "{family}");
        assert_eq!(exposed.help.get(family).map(String::as_str), Some(figure.help), "{family}");
        let labels: BTreeSet<&str> = sample.labels.keys().map(String::as_str).filter(|label| *label != "le").collect();
        assert_eq!(labels, figure.labels.iter().copied().collect(), "{family}");
        *series.entry(family).or_default() += 1;
        for (label, value) in &sample.labels {
            assert_bounded(label, value);
        }
    }
    assert!(exposed.samples.iter().all(|sample| !sample.name.ends_with("_total") || sample.value >= 0.0));
    let (most, n) = series.iter().max_by_key(|(_, n)| **n).unwrap();
    println!(
        "{} figures, {} series, {} bytes; the most of one are {n} of {most}",
        series.len(),
        exposed.samples.len(),
        text.len()
    );
    if let Some((is_content, said)) = promtool(&["check", "metrics"], &text) {
        assert!(is_content && said.trim().is_empty(), "{said}");
    }
}

/// A label is one of few words: none is of a track, a link, a caller or a process.
fn assert_bounded(label: &str, value: &str) {
    let strange = ["vague", "clear0", "http", "127.0.0.1", "12345", "BREW", "aaaaaaaaaaa"];
    let is_strange = strange.iter().any(|part| value.contains(part));
    assert!(!is_strange && value.len() <= 60, "{label}={value:?}");
    let is_id = value.len() == 36 && value.matches('-').count() == 4;
    assert!(!is_id, "{label}={value:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_busy_host_says_what_it_did() {
    let busy = Busy::start(&[]).await;
    let exposed = Exposition::of(&busy.figures().await);
    let has = |name: &str, labels: &[(&str, &str)]| {
        let fits = |labels_of: &BTreeMap<String, String>| {
            labels.iter().all(|(label, value)| labels_of.get(*label).is_some_and(|has| has == value))
        };
        exposed.samples.iter().find(|sample| sample.name == name && fits(&sample.labels)).map(|sample| sample.value)
    };
    for (name, labels) in [
        ("liner_strategy_info", &[("strategy", "rules"), ("role", "active")][..]),
        ("liner_strategy_info", &[("strategy", "hostile"), ("role", "shadow")]),
        ("liner_strategy_standing", &[("strategy", "llm"), ("standing", "trusted")]),
        ("liner_database_up", &[]),
        ("liner_worker_running", &[]),
        ("liner_model_available", &[]),
    ] {
        assert_eq!(has(name, labels), Some(1.0), "{name} {labels:?}");
    }
    assert_eq!(has("liner_model_budget_usd", &[("budget", "daily")]), Some(5.0));
    assert_eq!(has("liner_model_limit_per_minute", &[("kind", "requests")]), Some(1_000.0));
    let spent = exposed.sum("liner_model_cost_usd_total");
    assert!(spent > 0.0 && spent < 0.1, "{spent}");
    for name in [
        "liner_batch_seconds_count",
        "liner_database_size_bytes",
        "liner_disk_free_bytes",
        "liner_http_response_body_bytes_total",
        "liner_http_request_body_bytes_total",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
    ] {
        assert!(exposed.sum(name) > 0.0, "{name}");
    }
    assert!(has("liner_batches_total", &[("outcome", "done")]).unwrap() >= 3.0);
    assert!(has("liner_webhook_deliveries_total", &[("outcome", "delivered")]).unwrap() >= 1.0);
    for operation in ["settle", "notify", "read", "write"] {
        let asked = has("liner_database_operation_seconds_count", &[("operation", operation)]);
        assert!(asked >= Some(1.0), "{operation}");
        assert_eq!(has("liner_database_errors_total", &[("operation", operation)]), Some(0.0));
    }
    let route = ("route", "/api/music-ai/queue");
    assert_eq!(has("liner_http_requests_total", &[route, ("method", "POST"), ("status", "2xx")]), Some(3.0));
    assert_eq!(has("liner_http_requests_total", &[("route", "none"), ("method", "GET"), ("status", "4xx")]), Some(1.0));
    assert_eq!(has("liner_http_requests_total", &[("method", "other"), ("status", "4xx")]), Some(1.0));
    assert_eq!(exposed.sum("liner_http_requests_in_flight"), 1.0, "the scrape itself");
    let started = exposed.sum("process_start_time_seconds");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((now - started) < 120.0 && started < now, "{started}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scrape_is_cheap() {
    let busy = Busy::start(&[]).await;
    busy.host.queue_when("nothing is under way", |queue| queue["processing"] == 0).await;
    let (mut times, mut bytes) = (Vec::new(), 0);
    for _ in 0..100 {
        let started = Instant::now();
        bytes = busy.figures().await.len();
        times.push(started.elapsed());
    }
    times.sort();
    println!("a scrape: median {:?}, 99 of 100 within {:?}, {bytes} bytes", times[50], times[98]);
    assert!(times[50] < Duration::from_millis(100), "{:?}", times[50]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_oldest_due_track_is_as_old_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
    let age = || async { Exposition::of(&host.get("/metrics").await.text).sum("liner_queue_oldest_age_seconds") };
    assert_eq!(age().await, 0.0, "nothing is due");
    host.post("/api/music-ai/queue", vague_rows(3)).await;
    eventually("it ages", || async { (age().await > 0.01).then_some(()) }).await;
    assert!(age().await < 60.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_are_told_while_the_database_is_away() {
    let Some(database) = Database::new(Kind::Postgres).await else { return };
    let url: url::Url = database.url.parse().unwrap();
    let proxy = Proxy::to(url.port().unwrap()).await;
    let through = proxy.url(&database.url);
    let settings = [("DATABASE_URL", through.as_str()), ("LINER_DATABASE_CONNECT_TIMEOUT_MS", "500")];
    let host = Host::start(database.folder.path(), &settings).await;
    let up = || async {
        let answer = host.get("/metrics").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Exposition::of(&answer.text)
    };
    let before = up().await;
    assert_eq!(before.sum("liner_database_up"), 1.0);
    assert!(before.sum("liner_database_connections") >= 1.0);
    proxy.hush(true);
    let away =
        eventually("it is noticed", || async { Some(up().await).filter(|up| up.sum("liner_database_up") == 0.0) });
    let away = away.await;
    assert!(away.sum("process_resident_memory_bytes") > 0.0, "the rest is told");
    assert!(!away.types.contains_key("liner_queue_tracks"), "what is not known is not said");
    eventually("the outage is counted", || async {
        (up().await.sum("liner_database_outages_total") >= 1.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_a_caller_makes_up_is_no_series_of_its_own() {
    let (folder, model) = (tempfile::tempdir().unwrap(), StubModel::willing().await);
    let host = Host::asking(folder.path(), &model, &[("AI_WORKER_ENABLED", "false"), ("AI_REUSE_DAYS", "0")]).await;
    for n in 0..40 {
        let row = serde_json::json!([liner_tests::vague_row(n)]).to_string();
        host.post("/api/music-ai/queue", row).await;
        let run = host.post(&format!("/api/music-ai/process?model=made-up-{n}"), "").await;
        assert_eq!(run.status, 200, "{}", run.text);
    }
    let exposed = Exposition::of(&host.get("/metrics").await.text);
    let calls = exposed.samples.iter().filter(|sample| sample.name == "liner_model_calls_total");
    let models: BTreeSet<_> = calls.map(|sample| sample.labels["model"].clone()).collect();
    assert!(models.len() <= 31 && models.contains("other"), "{models:?}");
    assert_eq!(exposed.sum("liner_model_calls_total"), 40.0);
}
