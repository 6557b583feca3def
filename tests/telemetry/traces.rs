//! OpenTelemetry traces, read by a collector on this machine.

use crate::exposition::Exposition;
use liner_tests::{Collected, Collector, Host, StubModel, eventually, eventually_within, liner, vague_row, vague_rows};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// The spans of the only trace, once its root has come.
async fn only_trace(collector: &Collector) -> Vec<Collected> {
    let root = || async { collector.spans().iter().any(|span| span.parent.is_empty()).then_some(()) };
    eventually("the batch's trace", root).await;
    let spans = collector.spans();
    assert!(spans.iter().all(|span| span.trace == spans[0].trace), "{spans:?}");
    spans
}

fn named<'a>(spans: &'a [Collected], name: &str) -> Vec<&'a Collected> {
    spans.iter().filter(|span| span.name == name).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_is_one_trace_from_its_claim_to_its_settling() {
    let (folder, model, collector) =
        (tempfile::tempdir().unwrap(), StubModel::willing().await, Collector::willing().await);
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20marked-secret"),
        ("OTEL_SERVICE_NAME", "liner-test"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=tests"),
    ];
    let host = Host::asking(folder.path(), &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(3)).await;
    host.drained().await;
    let spans = only_trace(&collector).await;

    let [root] = named(&spans, "batch")[..] else { panic!("{spans:?}") };
    assert!(root.parent.is_empty());
    for (name, n) in [("claim", 1), ("plan", 2), ("ask", 1), ("interpret", 1)] {
        let found = named(&spans, name);
        assert_eq!(found.len(), n, "{name}: {spans:?}");
        assert!(found.iter().all(|span| span.parent == root.id), "{name}");
    }
    assert!(!named(&spans, "settle").is_empty());
    assert!(named(&spans, "settle").iter().all(|span| span.parent == root.id));
    let [ask] = named(&spans, "ask")[..] else { panic!() };
    let [call] = named(&spans, "chat claude-haiku-5-5")[..] else { panic!("{spans:?}") };
    assert_eq!((&call.parent, call.kind), (&ask.id, 3), "a call is a client's");

    for span in &spans {
        assert!(span.time.0 <= span.time.1 && !span.has_failed, "{span:?}");
        assert!(span.time.0 >= root.time.0 && span.time.1 <= root.time.1, "{} outlasts its batch", span.name);
    }
    let [claim] = named(&spans, "claim")[..] else { panic!() };
    assert_eq!(claim.time.0, root.time.0, "a batch begins with its claim");
    let ends = |name: &str| named(&spans, name).iter().map(|span| span.time.1).max().unwrap();
    assert!(claim.time.1 <= ends("plan") && ends("plan") <= ends("ask") && ends("ask") <= ends("interpret"));

    for (key, value) in [
        ("gen_ai.operation.name", json!("chat")),
        ("gen_ai.provider.name", json!("anthropic")),
        ("gen_ai.request.model", json!("claude-haiku-5-5")),
        ("gen_ai.response.model", json!("claude-haiku-5-5")),
        ("gen_ai.response.finish_reasons", json!(["stop"])),
        ("gen_ai.usage.output_tokens", json!(60)),
    ] {
        assert_eq!(call.attributes.get(key), Some(&value), "{key}: {call:?}");
    }
    assert!(call.attributes["gen_ai.usage.input_tokens"].as_i64() >= Some(100), "{call:?}");
    for (key, value) in [
        ("liner.tracks", json!(3)),
        ("liner.tracks.succeeded", json!(3)),
        ("liner.tracks.failed", json!(0)),
        ("liner.calls.asked", json!(1)),
        ("liner.batch.outcome", json!("done")),
    ] {
        assert_eq!(root.attributes.get(key), Some(&value), "{key}: {root:?}");
    }
    let resource = &root.resource;
    assert_eq!(
        (&resource["service.name"], &resource["deployment.environment.name"]),
        (&json!("liner-test"), &json!("tests"))
    );
    assert_eq!(resource["service.instance.id"], json!(host.id().await));
    assert_eq!(collector.headers()[0]["authorization"], "Bearer marked-secret");
    assert!(!host.log().contains("marked-secret"));

    let told = format!("{spans:?}");
    for personal in ["vague", "untitled", "youtube", "Ada Lane", "Song t"] {
        assert!(!told.contains(personal), "{personal}: {told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_fails_is_told_by_its_kind_and_not_in_its_words() {
    use axum::response::IntoResponse;
    let refuse = |_, _: &Value| {
        let body = json!({"type": "error", "error": {"type": "invalid_request_error", "message": "marked-words"}});
        (axum::http::StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
    };
    let (folder, model, collector) =
        (tempfile::tempdir().unwrap(), StubModel::with_script(refuse).await, Collector::willing().await);
    let host = Host::asking(folder.path(), &model, &[("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str())]).await;
    host.post("/api/music-ai/queue", json!([vague_row(1)]).to_string()).await;
    let spans = only_trace(&collector).await;
    let [call] = named(&spans, "chat claude-haiku-5-5")[..] else { panic!("{spans:?}") };
    assert!(call.has_failed && call.attributes["error.type"] == "rejected", "{call:?}");
    assert!(named(&spans, "ask")[0].has_failed && !format!("{spans:?}").contains("marked-words"), "{spans:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_is_sent_at_the_end() {
    let (folder, model, collector) =
        (tempfile::tempdir().unwrap(), StubModel::willing().await, Collector::willing().await);
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str());
    let settings = [("ANTHROPIC_API_KEY", liner_tests::KEY), ("ANTHROPIC_BASE_URL", model.url.as_str()), endpoint];
    std::fs::write(folder.path().join("rows.json"), vague_rows(30)).unwrap();
    assert_eq!(liner(folder.path(), &["enqueue", "rows.json"], &settings, "").await.code, Some(0));
    let run = liner(folder.path(), &["process"], &settings, "").await;
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let roots = collector.spans().iter().filter(|span| span.parent.is_empty()).count();
    assert_eq!(roots, 2, "a batch of twenty and one of ten");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_hangs_costs_no_batch_anything_and_what_it_does_not_take_is_counted() {
    let (folder, model, collector) =
        (tempfile::tempdir().unwrap(), StubModel::willing().await, Collector::hanging().await);
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "60000"),
        ("AI_WORKER_BATCH_SIZE", "1"),
    ];
    let host = Host::asking(folder.path(), &model, &settings).await;
    eventually("it hangs on the first", || async {
        host.post("/api/music-ai/queue", json!([vague_row(999_999)]).to_string()).await;
        (!collector.headers().is_empty()).then_some(())
    })
    .await;
    // Six or more spans a batch: more than wait at once.
    host.post("/api/music-ai/queue", vague_rows(400)).await;
    eventually_within(Duration::from_secs(120), "all are done", || async {
        (host.get("/api/music-ai/status").await.json["queue"]["completed"] == 401).then_some(())
    })
    .await;
    let exposed = Exposition::of(&host.get("/metrics").await.text);
    let dropped = exposed
        .samples
        .iter()
        .find(|sample| sample.name == "liner_trace_spans_total" && sample.labels["outcome"] == "dropped");
    assert!(dropped.unwrap().value > 100.0, "{dropped:?}");
    assert_eq!(exposed.sum("liner_batches_total"), 401.0);
    let stopping = Instant::now();
    assert_eq!(host.stop().await, Some(0));
    assert!(stopping.elapsed() < Duration::from_secs(10), "it waits for the collector: {:?}", stopping.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_is_said_once() {
    let (folder, model) = (tempfile::tempdir().unwrap(), StubModel::willing().await);
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"), ("OTEL_EXPORTER_OTLP_TIMEOUT", "100")];
    let host = Host::asking(folder.path(), &model, &settings).await;
    let failed = || async {
        let exposed = Exposition::of(&host.get("/metrics").await.text);
        let of = |sample: &&crate::exposition::Sample| {
            sample.name == "liner_trace_spans_total" && sample.labels["outcome"] == "failed"
        };
        exposed.samples.iter().find(of).map_or(0.0, |sample| sample.value)
    };
    let mut before = 0.0;
    for n in 0..3 {
        host.post("/api/music-ai/queue", json!([vague_row(n)]).to_string()).await;
        before = eventually("they failed", || async { Some(failed().await).filter(|failed| *failed > before) }).await;
    }
    assert_eq!(host.drained().await["completed"], 3);
    let said = host.log().matches("traces were not taken").count();
    assert_eq!(said, 1, "{}", host.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_is_not_sampled_is_not_sent() {
    let (folder, model, collector) =
        (tempfile::tempdir().unwrap(), StubModel::willing().await, Collector::willing().await);
    let settings = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), ("OTEL_TRACES_SAMPLER", "always_off")];
    let host = Host::asking(folder.path(), &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(3)).await;
    host.drained().await;
    assert_eq!(host.stop().await, Some(0));
    assert!(collector.spans().is_empty() && collector.headers().is_empty());
}

#[tokio::test]
async fn the_settings_are_shown_and_what_is_secret_of_them_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://collector.example"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20marked-secret"),
    ];
    let shown = liner(folder.path(), &["config", "--json"], &settings, "").await;
    let json: Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(json["OTEL_EXPORTER_OTLP_ENDPOINT"]["value"], "https://collector.example");
    assert_eq!(json["OTEL_EXPORTER_OTLP_HEADERS"]["value"], "***");
    assert!(!shown.stdout.contains("marked-secret"));
}
