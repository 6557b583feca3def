//! The log on standard error.

use liner_tests::{Database, HOSTILE, Host, KEY, Kind, Served, Site, StubModel, eventually, vague_rows};
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};

/// The lines so far, each a JSON object.
fn lines(host: &Host) -> Vec<Value> {
    let log = host.log();
    let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_terminal_a_line_is_a_json_object_and_a_batch_is_one_line() {
    let (folder, model) = (tempfile::tempdir().unwrap(), StubModel::willing().await);
    let host = Host::asking(folder.path(), &model, &[("LINER_LOG_FORMAT", "auto")]).await;
    host.post("/api/music-ai/queue", vague_rows(3)).await;
    host.drained().await;
    let batch =
        eventually("its line", || async { lines(&host).into_iter().find(|line| line["message"] == "batch") }).await;
    assert_eq!((&batch["level"], &batch["target"]), (&json!("INFO"), &json!("liner::worker::report")));
    for (field, value) in [
        ("outcome", json!("done")),
        ("tracks", json!(3)),
        ("succeeded", json!(3)),
        ("failed", json!(0)),
        ("returned", json!(0)),
        ("asked", json!(1)),
        ("reused", json!(0)),
        ("reasons", json!(0)),
        ("recovered", json!(false)),
    ] {
        assert_eq!(batch[field], value, "{field} of {batch}");
    }
    assert!(batch["cost_usd"].as_f64() > Some(0.0) && batch["seconds"].as_f64() > Some(0.0), "{batch}");
    assert!(batch["timestamp"].as_str().unwrap().ends_with('Z') && batch["batch"].as_str().unwrap().len() == 36);
    let of_batches = lines(&host).iter().filter(|line| line["message"] == "batch").count();
    assert_eq!(of_batches, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_read_lines_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[("LINER_LOG_FORMAT", "human")]).await;
    host.post("/api/music-ai/queue", liner_tests::clear_row()).await;
    host.drained().await;
    let line = eventually("its line", || async {
        host.log().lines().find(|line| line.contains("liner::worker::report: batch")).map(str::to_owned)
    })
    .await;
    assert!(line.contains(" INFO ") && line.contains("succeeded=1") && !line.contains('\u{1b}'), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_terminal_it_is_for_people() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("LINER_LOG_FORMAT", "auto"), ("PORT", "0"), ("NO_COLOR", "1"), ("LINER_FETCH", "false")];
    // `script` gives it a terminal, and prints what comes there; when it is killed, the terminal is gone and so is the host.
    let mut script = tokio::process::Command::new("script");
    script.args(["-qefc", &format!("{} serve --sample", liner_tests::binary().display()), "/dev/null"]);
    script.current_dir(folder.path()).env_clear().envs(settings).kill_on_drop(true);
    script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let Ok(mut terminal) = script.spawn() else {
        eprintln!("SKIPPED: there is no program `script`");
        return;
    };
    let mut lines = BufReader::new(terminal.stdout.take().unwrap()).lines();
    let line = loop {
        let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await.unwrap().unwrap().unwrap();
        if line.contains("queued the sample") {
            break line;
        }
    };
    assert!(line.contains(" INFO ") && !line.contains('{'), "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_personal_and_no_secret_is_said_above_debug() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(database) = Database::new(kind).await else { continue };
        says_nothing(&database).await;
    }
}

/// A host that succeeds, fails, traps, reads pages and cannot, all about things that are marked.
async fn says_nothing(database: &Database) {
    use axum::response::IntoResponse;
    // One question is answered, one refused, in words that quote it.
    let answer = |n, request: &Value| {
        if n % 2 == 0 {
            return axum::Json(liner_tests::message_about(request)).into_response();
        }
        let message = format!("prompt not allowed: {}", liner_tests::user_text(request));
        let body = json!({"type": "error", "error": {"type": "invalid_request_error", "message": message}});
        (axum::http::StatusCode::BAD_REQUEST, axum::Json(body)).into_response()
    };
    let (model, site) = (StubModel::with_script(answer).await, Site::open().await);
    site.put("/marked-path", Served::page("<title>marked-title of a page</title>"));
    let settings = [
        ("DATABASE_URL", database.url.as_str()),
        ("LINER_LOG_FORMAT", "json"),
        ("LINER_ADMIN_TOKEN", "marked-token-0123456789"),
        ("NEYNAR_API_KEY", "marked-key"),
        ("LINER_FETCH", "true"),
        ("LINER_FETCH_ALLOW", "127.0.0.1"),
        ("LINER_FETCH_INTERVAL_MS", "0"),
        ("AI_WORKER_BATCH_SIZE", "2"),
        ("RUST_LOG", "info"),
    ];
    let host = Host::asking(database.folder.path(), &model, &settings).await;
    let post = |path: &str, body: Vec<u8>| {
        host.send(host.request("POST", path).bearer_auth("marked-token-0123456789").body(body))
    };
    let link = |n: usize| {
        json!({
            "url": format!("https://www.youtube.com/watch?v=marked_{n:04}"), "og_title": format!("marked-title {n}"),
            "og_artist": "marked-artist", "og_description": "marked-description", "shared_text": "marked-words",
        })
    };
    let links: Vec<Value> =
        (0..8).map(link).chain([json!(site.link("/marked-path")), json!(site.link("/marked-gone"))]).collect();
    assert_eq!(post("/api/music-ai/queue", json!(links).to_string().into_bytes()).await.status, 200);
    post("/api/music-ai/queue", b"marked-nonsense".to_vec()).await;
    let get = |path: &str| host.send(host.request("GET", path).bearer_auth("marked-token-0123456789"));
    let queue = || async { get("/api/music-ai/status").await.json["queue"].clone() };
    eventually("something is done", || async { (queue().await["completed"].as_i64() >= Some(2)).then_some(()) }).await;
    eventually("a page cannot be had", || async {
        (get("/api/music-ai/pages").await.json["count"] == 1).then_some(())
    })
    .await;
    let quoting = "select count(*) from music_ai_queue where error_message like '%not allowed%marked-title%'";
    eventually("there is a reason that quotes a title", || async {
        (database.number(quoting).await >= Some(1)).then_some(())
    })
    .await;
    // A strategy that traps in the middle of a title, and one that talks about it.
    for config in ["later:%20panic", "later:%20flood"] {
        post(&format!("/api/plugins?config={config}"), HOSTILE.to_vec()).await;
        post("/api/music-ai/queue", json!([link(100 + config.len())]).to_string().into_bytes()).await;
    }
    get("/api/music-ai/library?search=marked-search").await;
    get("/marked-route").await;
    eventually("a batch says that it has reasons", || async {
        lines(&host).iter().any(|line| line["reasons"].as_i64() > Some(0)).then_some(())
    })
    .await;
    host.signal("TERM");
    eventually("it stopped", || async { host.log().contains("\"stopped\"").then_some(()) }).await;
    let log = host.log();
    let found = log.lines().find(|line| line.contains("marked") || line.contains(KEY));
    assert_eq!(found, None, "{:?}", database.kind);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_debug_the_reasons_are_told() {
    use axum::response::IntoResponse;
    let refuse = |_, _: &Value| (axum::http::StatusCode::BAD_REQUEST, "marked-words").into_response();
    let (folder, model) = (tempfile::tempdir().unwrap(), StubModel::with_script(refuse).await);
    let settings = [("LINER_LOG_FORMAT", "json"), ("RUST_LOG", "liner=debug")];
    let host = Host::asking(folder.path(), &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(1)).await;
    eventually("the reason", || async {
        let told =
            |line: &Value| line["level"] == "DEBUG" && line["message"].as_str().unwrap().contains("marked-words");
        lines(&host).iter().any(told).then_some(())
    })
    .await;
}
