//! The way to the model, through the real binary: the first question of a burst goes alone, another provider answers in the
//! place of one that cannot, one that keeps failing is left alone, limits hold, and what is known is not paid again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::Json;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use liner_tests::{Behaviour, Host, Refusal, StubModel, eventually, message_about, vague_rows};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

const BATCHES_OF_FIVE: (&str, &str) = ("AI_WORKER_BATCH_SIZE", "5");

async fn refusing(status: u16) -> StubModel {
    StubModel::behaving(Behaviour::default().script(move |_, _| Refusal::of_status(status).into_response())).await
}

async fn waiting_for_provider(host: &Host) -> String {
    eventually("a reason to wait", || async {
        let status = host.get("/api/music-ai/status").await.json;
        status["waiting"]["provider"]["reason"].as_str().map(str::to_owned)
    })
    .await
}

async fn asked(model: &StubModel, n: usize) {
    eventually(&format!("{n} questions"), || async { (model.exchanges().len() >= n).then_some(()) }).await;
}

/// Nothing more is asked while the worker looks at the queue again.
async fn is_left_alone(host: &Host, model: &StubModel) {
    let asked = model.exchanges().len();
    for _ in 0..3 {
        host.post("/api/music-ai/process", "").await;
    }
    assert_eq!(model.exchanges().len(), asked);
}

#[tokio::test]
async fn the_first_question_of_a_burst_goes_alone_and_the_others_read_its_prefix_from_the_cache() {
    let (folder, model) = (tempdir().unwrap(), StubModel::behaving(Behaviour::default().allowed(0)).await);
    let host = Host::asking(folder.path(), &model, &[BATCHES_OF_FIVE]).await;
    host.post("/api/music-ai/queue", vague_rows(40)).await;
    eventually("four batches are claimed", || async {
        (host.get("/api/music-ai/status").await.json["queue"]["processing"] == 20).then_some(())
    })
    .await;
    asked(&model, 1).await;
    assert_eq!(model.exchanges().len(), 1, "the others wait for its answer");
    model.allow(1);
    asked(&model, 5).await;
    model.allow(100);
    assert_eq!(host.drained().await["completed"], 40);
    let total = host.get("/api/model").await.json["routes"][0]["total"].clone();
    let (cached, written) = (total["tokensCached"].as_i64().unwrap(), total["tokensWritten"].as_i64().unwrap());
    assert_eq!(cached, written * 7, "written once and read seven times: {total}");
}

#[tokio::test]
async fn a_prefix_too_short_to_be_cached_is_not_marked_and_holds_nobody_up() {
    let (folder, model) = (tempdir().unwrap(), StubModel::behaving(Behaviour::default().allowed(0)).await);
    let host = Host::asking(folder.path(), &model, &[BATCHES_OF_FIVE, ("AI_MODEL", "claude-haiku-4-5")]).await;
    host.post("/api/music-ai/queue", vague_rows(40)).await;
    asked(&model, 4).await;
    assert!(model.exchanges().iter().all(|exchange| !exchange.body.to_string().contains("cache_control")));
}

#[tokio::test]
async fn another_provider_answers_in_the_place_of_one_that_cannot_and_the_entry_names_it() {
    let (folder, down, other) =
        (tempdir().unwrap(), refusing(401).await, StubModel::behaving(Behaviour::default()).await);
    let base = format!("{}/v1", other.url);
    let settings = [
        ("AI_FALLBACK", "openai:gpt-5-mini,anthropic:claude-haiku-4-5"),
        ("OPENAI_BASE_URL", base.as_str()),
        BATCHES_OF_FIVE,
    ];
    let host = Host::asking(folder.path(), &down, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(20)).await;
    assert_eq!(host.drained().await["completed"], 20);
    assert!(down.exchanges().len() <= 4, "once it is known not to answer it is not asked");
    assert_eq!(other.exchanges().len(), 4);
    let entry = host.get("/api/music-ai/library/youtube/vague000007").await.json;
    assert!(entry.to_string().contains("gpt-5-mini"), "{entry}");
    let routes = host.get("/api/model").await.json["routes"].clone();
    assert_eq!((&routes[0]["state"], &routes[1]["state"]), (&json!("blocked"), &json!("ready")), "{routes}");
    assert!(routes[1]["total"]["costUsd"].is_null(), "the price is not known, which is not nothing: {routes}");
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_left_alone_and_costs_no_attempts_meanwhile() {
    let (folder, model) = (tempdir().unwrap(), refusing(500).await);
    let settings = [("AI_MAX_RETRIES", "0"), ("AI_WORKER_BATCH_SIZE", "1"), ("AI_WORKER_CONCURRENCY", "1")];
    let host = Host::asking(folder.path(), &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(9)).await;
    let breaker = || async {
        let route = host.get("/api/model").await.json["routes"][0].clone();
        (route["breaker"] == "open").then_some(route)
    };
    let route = eventually("the circuit opens", breaker).await;
    assert!(route["until"].is_string(), "it is said until when: {route}");
    assert_eq!(model.exchanges().len(), 5, "each question once, as nothing is sent again, and five in a row");
    host.queue_when("all is back", |queue| queue["processing"] == 0).await;
    assert_eq!(model.exchanges().len(), 5);
    let burnt = host.get("/api/music-ai/failed").await.json["count"].clone();
    assert_eq!(burnt, 0);
}

#[tokio::test]
async fn a_failed_question_is_sent_again_as_often_as_was_set() {
    for (retries, sent) in [("0", 1), ("1", 2)] {
        let (folder, model) = (tempdir().unwrap(), refusing(500).await);
        let host = Host::asking(folder.path(), &model, &[("AI_MAX_RETRIES", retries)]).await;
        host.post("/api/music-ai/queue", vague_rows(1)).await;
        host.queue_when("the attempt is over", |queue| queue["processing"] == 0 && queue["pending"] == 1).await;
        asked(&model, sent).await;
        eventually("it rests", || async {
            let calls = host.get("/api/model").await.json["routes"][0]["total"].clone();
            (calls["failed"] == 1 && calls["retries"] == sent - 1).then_some(())
        })
        .await;
        assert_eq!(model.exchanges().len(), sent);
    }
}

#[tokio::test]
async fn a_rate_that_the_provider_says_is_used_up_is_not_exceeded() {
    let (folder, model) = (tempdir().unwrap(), StubModel::behaving(Behaviour::default()).await);
    let reset = (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(5)).to_string();
    let limits = [("remaining", "0"), ("reset", reset.as_str())];
    let header = |(name, value): (&str, &str)| {
        let name = format!("anthropic-ratelimit-requests-{name}");
        (name.parse::<axum::http::HeaderName>().unwrap(), value.parse().unwrap())
    };
    model.set_headers(limits.map(header).into_iter().collect::<HeaderMap>());
    let settings = [BATCHES_OF_FIVE, ("AI_WORKER_CONCURRENCY", "1")];
    let host = Host::asking(folder.path(), &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(20)).await;
    let queue = host.queue_when("one batch is done", |queue| queue["completed"] == 5 && queue["processing"] == 0).await;
    assert_eq!((&queue["pending"], model.exchanges().len()), (&json!(15), 1));
    let route = host.get("/api/model").await.json["routes"][0].clone();
    assert_eq!(route["state"], "resting", "{route}");
}

#[tokio::test]
async fn tokens_a_minute_bound_what_all_questions_may_take() {
    let (folder, model) = (tempdir().unwrap(), StubModel::behaving(Behaviour::default()).await);
    let settings = [BATCHES_OF_FIVE, ("AI_OUTPUT_TOKENS_PER_MINUTE", "1000"), ("AI_WORKER_CONCURRENCY", "1")];
    let host = Host::asking(folder.path(), &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(60)).await;
    // 928 are set aside for a question, and what its answer did not take is returned.
    let queue =
        host.queue_when("the minute is full", |queue| queue["processing"] == 0 && queue["completed"] != 0).await;
    let answered = model.exchanges().len();
    assert_eq!(queue["completed"], answered * 5, "{queue}");
    assert!((1..=3).contains(&answered), "{answered}");
    is_left_alone(&host, &model).await;
}

#[tokio::test]
async fn a_budget_is_not_risked_on_a_model_whose_price_nobody_knows() {
    let (folder, model) = (tempdir().unwrap(), StubModel::behaving(Behaviour::default()).await);
    let unknown = [("AI_MODEL", "claude-nobody-1"), ("AI_DAILY_BUDGET_USD", "1")];
    let host = Host::asking(folder.path(), &model, &unknown).await;
    host.post("/api/music-ai/queue", vague_rows(2)).await;
    let reason = waiting_for_provider(&host).await;
    assert!(reason.contains("AI_PRICES") && reason.contains("claude-nobody-1"), "{reason}");
    assert_eq!(model.exchanges().len(), 0);
    assert_eq!(host.stop().await, Some(0));
    let priced = [unknown[0], unknown[1], ("AI_PRICES", "claude-nobody-1=1/2")];
    let host = Host::asking(folder.path(), &model, &priced).await;
    assert_eq!(host.drained().await["completed"], 2, "with a price it goes on");
}

/// Two links whose pages say the same, one after the other.
async fn asked_for_twins(settings: &[(&str, &str)]) -> usize {
    let (folder, model): (TempDir, _) = (tempdir().unwrap(), StubModel::behaving(Behaviour::default()).await);
    let mut all = vec![("AI_WORKER_BATCH_SIZE", "1"), ("AI_WORKER_CONCURRENCY", "1")];
    all.extend(settings);
    let host = Host::asking(folder.path(), &model, &all).await;
    for id in ["twin0000001", "twin0000002"] {
        let row = json!([{"url": format!("https://youtu.be/{id}"), "og_title": "untitled upload"}]);
        host.post("/api/music-ai/queue", row.to_string()).await;
        host.drained().await;
    }
    assert_eq!(host.get("/api/music-ai/status").await.json["queue"]["completed"], 2);
    model.exchanges().len()
}

#[tokio::test]
async fn the_same_question_is_paid_once_unless_that_is_turned_off() {
    assert_eq!(asked_for_twins(&[]).await, 1);
    assert_eq!(asked_for_twins(&[("AI_REUSE_DAYS", "0")]).await, 2);
}

#[tokio::test]
async fn a_reply_that_was_no_use_does_not_answer_the_same_question_of_another_batch() {
    let script = |n: usize, request: &Value| {
        let mut message = message_about(request);
        if n < 2 {
            message["content"][0]["text"] = json!("I would rather talk about the weather.");
        }
        Json(message).into_response()
    };
    let (folder, model) = (tempdir().unwrap(), StubModel::behaving(Behaviour::default().script(script)).await);
    let settings = [("AI_WORKER_BATCH_SIZE", "1"), ("AI_WORKER_CONCURRENCY", "1")];
    let host = Host::asking(folder.path(), &model, &settings).await;
    let row = |id: &str| json!([{"url": format!("https://youtu.be/{id}"), "og_title": "untitled upload"}]).to_string();
    host.post("/api/music-ai/queue", row("twin0000001")).await;
    asked(&model, 2).await;
    host.queue_when("the first fails its attempt", |queue| queue["processing"] == 0).await;
    assert_eq!(model.exchanges().len(), 2, "what is no use twice is not asked for a third time");
    host.post("/api/music-ai/queue", row("twin0000002")).await;
    host.queue_when("the second is completed", |queue| queue["completed"] == 1).await;
    assert_eq!(model.exchanges().len(), 3);
}
