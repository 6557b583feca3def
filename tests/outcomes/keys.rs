//! The key goes to the provider, and is found nowhere else: in no error, no log and no database.

use crate::client::{Call, Client, Wire};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use liner_tests::{Host, KEY, StubModel, eventually, vague_rows};
use serde_json::json;
use std::path::{Path, PathBuf};

const WAYS: usize = 7;

/// A provider that repeats the key wherever it can: in errors, in pages, and where a number or a list should be.
fn telling(n: usize) -> Response {
    let error = |status: StatusCode, said: String| {
        let error = json!({"type": "error", "error": {"type": "invalid_request_error", "message": said}});
        (status, Json(error)).into_response()
    };
    match n % WAYS {
        0 => error(StatusCode::BAD_REQUEST, format!("no key but {KEY}")),
        1 => error(StatusCode::BAD_REQUEST, format!("{}{KEY}", "x".repeat(290))),
        2 => (StatusCode::BAD_GATEWAY, format!("<html>Bearer {KEY}</html>")).into_response(),
        3 => Json(json!({"content": KEY, "choices": KEY})).into_response(),
        4 => Json(json!({"content": [], "usage": KEY, "choices": [{"message": {"content": []}}]})).into_response(),
        5 => error(StatusCode::INTERNAL_SERVER_ERROR, KEY.to_owned()),
        _ => Redirect::temporary(&format!("/?key={KEY}")).into_response(),
    }
}

/// Half of it would still be too much.
fn holds_key(text: &[u8]) -> bool {
    let half = &KEY.as_bytes()[..KEY.len() / 2];
    text.windows(half.len()).any(|window| window == half)
}

#[tokio::test]
async fn no_error_holds_the_key() {
    let stub = StubModel::with_script(|n, _| telling(n)).await;
    for wire in Wire::BOTH {
        let client = Client::of(wire, &format!("{}{}", stub.url, if wire == Wire::OpenAi { "/v1" } else { "" }), "m");
        for _ in 0..WAYS {
            if let Err(failure) = client.make(Call::Send).await {
                let text = format!("{} {failure:?}", failure.error);
                assert!(!holds_key(text.as_bytes()), "{wire:?}: {text}");
            }
        }
    }
    assert_eq!(stub.visits("POST /v1/messages") + stub.visits("POST /v1/chat/completions"), 2 * WAYS);
}

#[tokio::test]
async fn no_log_no_page_and_no_database_holds_the_key() {
    for wire in Wire::BOTH {
        let folder = tempfile::tempdir().unwrap();
        let stub = StubModel::with_script(|n, _| telling(n)).await;
        let host = host_asking(folder.path(), wire, &stub).await;
        host.post("/api/music-ai/queue", vague_rows(WAYS)).await;
        let asked = || async { (stub.visits(wire.route()) >= WAYS).then_some(()) };
        eventually("the key was told in every way", asked).await;
        let blocked = || async { host.get("/api/model").await.text.contains("it redirects").then_some(()) };
        eventually("the last of them is told", blocked).await;

        for path in ["model", "music-ai/status", "music-ai/worker/status", "music-ai/failed?limit=100"] {
            let page = host.get(&format!("/api/{path}")).await;
            assert!(page.status == 200 && !holds_key(page.text.as_bytes()), "{path}: {}", page.text);
        }
        let log = host.log();
        assert!(log.contains("to the model: ") && log.contains("from the model: "), "bodies are logged: {log}");
        let line = log.lines().find(|line| holds_key(line.as_bytes()));
        assert_eq!(line, None, "{wire:?}");
        host.stop().await;
        let files = files(folder.path());
        assert!(files.iter().any(|file| file.ends_with("liner.db")), "{files:?}");
        let holding: Vec<_> = files.iter().filter(|file| holds_key(&std::fs::read(file).unwrap())).collect();
        assert!(holding.is_empty(), "{holding:?}");
    }
}

async fn host_asking(folder: &Path, wire: Wire, stub: &StubModel) -> Host {
    let below_v1 = format!("{}/v1", stub.url);
    let talkative = [
        ("RUST_LOG", "liner=trace"),
        ("LINER_LOG_MODEL_BODIES", "true"),
        ("AI_MAX_RETRIES", "0"),
        ("AI_WORKER_BATCH_SIZE", "1"),
        ("AI_WORKER_CONCURRENCY", "1"),
        ("AI_WORKER_INTERVAL_MS", "100"),
    ];
    let asked = [
        ("AI_PROVIDER", "openai"),
        ("AI_MODEL", "gpt-4o-mini"),
        ("OPENAI_API_KEY", KEY),
        ("OPENAI_BASE_URL", below_v1.as_str()),
    ];
    match wire {
        Wire::Anthropic => Host::asking(folder, stub, &talkative).await,
        Wire::OpenAi => Host::start(folder, &[&talkative[..], &asked].concat()).await,
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
