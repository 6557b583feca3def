//! What the real binary makes of bad luck: signals, and a model that fails in every way.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use liner_tests::accounts::{Accounts, TRACKS};
use liner_tests::{Host, KEY, Kind, StubModel, eventually, liner, message, message_about, vague_rows};
use serde_json::{Value, json};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn a_character_that_no_database_keeps_stops_no_batch() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let script = |_: usize, request: &Value| {
            let mut message = message_about(request);
            let text = message["content"][0]["text"].as_str().unwrap().replace("Song t0", "Song\\u0000 t0");
            message["content"][0]["text"] = json!(format!("{text}\0"));
            Json(message).into_response()
        };
        let Some(accounts) = Accounts::open(kind, StubModel::with_script(script).await).await else { continue };
        let host = accounts.host(&[]).await;
        host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
        accounts.balance(&host, 0).await;
        let whole = "select count(*) from music_library where title = 'Song t0'";
        assert_eq!(accounts.database.number(whole).await, Some(12));
    }
}

#[tokio::test]
async fn graceful_shutdown_lets_a_batch_finish_and_exits_0() {
    for signal in ["TERM", "INT"] {
        let (folder, model) = (folder(), StubModel::gated(0).await);
        let mut host = Host::asking(folder.path(), &model, &[]).await;
        host.post("/api/music-ai/queue", vague_rows(2)).await;
        eventually("a question", || async { (model.exchanges().len() == 1).then_some(()) }).await;
        host.signal(signal);
        eventually("the signal is seen", || async { host.log().contains("a second signal").then_some(()) }).await;
        model.allow(1);
        assert_eq!(host.wait().await.code(), Some(0));
        let status = liner(folder.path(), &["status", "--json"], &[], "").await;
        let status: Value = serde_json::from_str(&status.stdout).unwrap();
        assert_eq!((&status["queue"]["completed"], &status["queue"]["processing"]), (&json!(2), &json!(0)));
    }
}

#[tokio::test]
async fn graceful_shutdown_lets_a_run_by_hand_finish_too() {
    let (folder, model) = (folder(), StubModel::gated(0).await);
    let mut host = Host::asking(folder.path(), &model, &[("AI_WORKER_ENABLED", "false")]).await;
    host.post("/api/music-ai/queue", vague_rows(2)).await;
    let by_hand = host.request("POST", "/api/music-ai/process");
    let by_hand = tokio::spawn(async move { by_hand.send().await.unwrap().text().await.unwrap() });
    eventually("a question", || async { (model.exchanges().len() == 1).then_some(()) }).await;
    host.signal("TERM");
    eventually("the signal is seen", || async { host.log().contains("a second signal").then_some(()) }).await;
    model.allow(1);
    assert_eq!(host.wait().await.code(), Some(0));
    let report: Value = serde_json::from_str(&by_hand.await.unwrap()).unwrap();
    assert_eq!(report["successful"], 2);
}

#[tokio::test]
async fn a_second_signal_exits_at_once() {
    let (folder, model) = (folder(), StubModel::gated(0).await);
    let mut host = Host::asking(folder.path(), &model, &[]).await;
    host.post("/api/music-ai/queue", vague_rows(2)).await;
    eventually("a question", || async { (model.exchanges().len() == 1).then_some(()) }).await;
    host.signal("TERM");
    eventually("the signal is seen", || async { host.log().contains("a second signal").then_some(()) }).await;
    host.signal("TERM");
    assert_eq!(host.wait().await.code(), Some(130));
}

#[tokio::test]
async fn an_overloaded_provider_is_asked_again_politely_and_then_the_work_is_done() {
    let folder = folder();
    let script = |n: usize, request: &Value| match n {
        0 => (
            StatusCode::from_u16(529).unwrap(),
            Json(json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})),
        )
            .into_response(),
        1 => (
            StatusCode::TOO_MANY_REQUESTS,
            [("retry-after", "1")],
            Json(json!({"type": "error", "error": {"type": "rate_limit_error", "message": "Rate limited"}})),
        )
            .into_response(),
        _ => Json(message_about(request)).into_response(),
    };
    let model = StubModel::with_script(script).await;
    let host = Host::asking(folder.path(), &model, &[]).await;
    host.post("/api/music-ai/queue", vague_rows(2)).await;
    assert_eq!(host.drained().await["completed"], 2);
    assert_eq!(model.exchanges().len(), 3);
}

#[tokio::test]
async fn a_retired_model_is_named_in_words_and_burns_no_attempt() {
    let folder = folder();
    let script = |_: usize, _: &Value| {
        let error = json!({"type": "error", "error": {"type": "not_found_error", "message": "model: claude-3-5-haiku-20241022"}});
        (StatusCode::NOT_FOUND, [("x-should-retry", "false")], Json(error)).into_response()
    };
    let model = StubModel::with_script(script).await;
    let host = Host::asking(folder.path(), &model, &[("AI_MODEL", "claude-3-5-haiku-20241022")]).await;
    host.post("/api/music-ai/queue", vague_rows(2)).await;
    let reason = eventually("the reason", || async {
        let status = host.get("/api/music-ai/status").await.json;
        status["waiting"]["provider"]["reason"].as_str().map(str::to_owned)
    })
    .await;
    assert!(reason.contains("AI_MODEL") && reason.contains("claude-3-5-haiku-20241022"), "{reason}");
    let health = host.get("/api/music-ai/health").await.json;
    assert_eq!((&health["status"], &health["anthropic_configured"]), (&json!("degraded"), &json!(true)));
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_key_elsewhere() {
    let (folder, elsewhere) = (folder(), StubModel::willing().await);
    let target = format!("{}/v1/messages", elsewhere.url);
    let script =
        move |_: usize, _: &Value| (StatusCode::TEMPORARY_REDIRECT, [("location", target.clone())]).into_response();
    let model = StubModel::with_script(script).await;
    let host = Host::asking(folder.path(), &model, &[]).await;
    host.post("/api/music-ai/queue", vague_rows(1)).await;
    eventually("it waits", || async {
        (host.get("/api/music-ai/status").await.json["waiting"]["provider"]["count"] == 1).then_some(())
    })
    .await;
    assert!(elsewhere.exchanges().is_empty());
}

#[tokio::test]
async fn a_key_that_a_provider_echoes_is_not_shown() {
    let folder = folder();
    let script = |_: usize, _: &Value| {
        let error =
            json!({"type": "error", "error": {"type": "invalid_request_error", "message": format!("bad key {KEY}")}});
        (StatusCode::UNAUTHORIZED, Json(error)).into_response()
    };
    let model = StubModel::with_script(script).await;
    let host = Host::asking(folder.path(), &model, &[("RUST_LOG", "trace")]).await;
    host.post("/api/music-ai/queue", vague_rows(1)).await;
    let status = eventually("it waits", || async {
        let status = host.get("/api/music-ai/status").await;
        (status.json["waiting"]["provider"]["count"] == 1).then_some(status.text)
    })
    .await;
    assert!(status.contains("bad key ***"), "{status}");
    assert!(!status.contains(KEY) && !host.log().contains(KEY));
    let config = liner(folder.path(), &["config"], &[("ANTHROPIC_API_KEY", KEY)], "").await;
    assert!(config.stdout.contains("***") && !config.stdout.contains(KEY));
}

#[tokio::test]
async fn a_refusal_is_split_and_fails_for_its_track_alone() {
    let folder = folder();
    let script = |_: usize, request: &Value| {
        let user = request["messages"][0]["content"].as_str().unwrap();
        if user.contains("untitled upload 1") {
            return Json(message("", "refusal")).into_response();
        }
        Json(message_about(request)).into_response()
    };
    let model = StubModel::with_script(script).await;
    let host = Host::asking(folder.path(), &model, &[]).await;
    host.post("/api/music-ai/queue", vague_rows(4)).await;
    let queue =
        host.queue_when("the others are completed", |queue| queue["completed"] == 3 && queue["processing"] == 0).await;
    assert_eq!(queue["pending"], 1);
}
