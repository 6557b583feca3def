//! What programs read: the names of the HTTP API, a line an item or one document, and errors as JSON too.

use super::{ROWS, folder};
use liner_tests::{Host, liner};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap_or_else(|| panic!("{value}")).keys().map(String::as_str).collect()
}

async fn lines(folder: &Path, command: &[&str]) -> Vec<Value> {
    let run = liner(folder, &[command, &["--json"]].concat(), &[], "").await;
    assert_eq!(run.code, Some(0), "{command:?}: {}{}", run.stdout, run.stderr);
    run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn document(folder: &Path, command: &[&str]) -> Value {
    let lines = lines(folder, command).await;
    let [document] = lines.try_into().unwrap_or_else(|lines| panic!("{command:?}: {lines:?}"));
    document
}

#[tokio::test]
async fn lists_have_the_names_of_the_api() {
    let folder = folder();
    let host = Host::start(folder.path(), &[]).await;
    liner(folder.path(), &["enqueue", "-"], &[], ROWS).await;
    host.queue_when("one waits for a model", |queue| queue["completed"] == 1).await;
    let file = folder.path().join("liner-data/liner.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    let fail = "update music_ai_queue set status = 'failed', error_message = 'it trapped', processed_at = 1
        where status = 'pending'";
    sqlx::query(fail).execute(&pool).await.unwrap();
    pool.close().await;
    for (command, path, list) in [
        (&["failed"][..], "/api/music-ai/failed", "items"),
        (&["library"], "/api/music-ai/library", "items"),
        (&["hosts"], "/api/hosts", "hosts"),
    ] {
        let (ours, theirs) = (lines(folder.path(), command).await, host.get(path).await.json);
        assert!(!ours.is_empty(), "{command:?}");
        assert_eq!(names(&ours[0]), names(&theirs[list][0]), "{command:?}");
        assert_eq!(ours.len(), theirs[list].as_array().unwrap().len(), "{command:?}");
    }
    let (plugins, theirs) = (lines(folder.path(), &["plugin", "list"]).await, host.get("/api/plugins").await.json);
    let only_of_a_host = ["config", "standing", "trouble", "figures", "swaps"];
    let mut all = names(&theirs["plugins"][0]);
    only_of_a_host.iter().for_each(|name| assert!(all.remove(name), "{name}"));
    assert_eq!(names(&plugins[0]), all);
    let (status, theirs) = (document(folder.path(), &["status"]).await, host.get("/api/music-ai/status").await.json);
    assert!(names(&status).is_superset(&names(&theirs)), "{status} {theirs}");
    assert_eq!(status["queue"], theirs["queue"]);
    let (cost, theirs) = (document(folder.path(), &["cost"]).await, host.get("/api/model/use").await.json);
    assert_eq!(names(&cost), names(&theirs));
}

#[tokio::test]
async fn changes_have_the_names_of_the_api() {
    let folder = folder();
    let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "true")]).await;
    let theirs = host.post("/api/music-ai/worker/pause", "").await.json;
    host.post("/api/music-ai/worker/resume", "").await;
    let paused = document(folder.path(), &["pause", "--reason", "tea"]).await;
    assert!(names(&theirs).is_superset(&names(&paused)) && paused["message"] == theirs["message"], "{paused} {theirs}");
    let status = document(folder.path(), &["status"]).await;
    assert_eq!((&status["isPaused"], &status["pauseReason"]), (&true.into(), &"tea".into()), "{status}");
    assert_eq!(document(folder.path(), &["resume"]).await["message"], "Worker resumed");
    for (command, path) in [
        (&["failed", "--retry"][..], "/api/music-ai/failed/retry"),
        (&["pages", "--retry"], "/api/music-ai/pages/retry"),
        (&["plugin", "activate", "rules"], "/api/plugins/rules/activate"),
    ] {
        let theirs = host.post(path, "").await.json;
        assert_eq!(names(&document(folder.path(), command).await), names(&theirs), "{command:?}");
    }
    let added = document(folder.path(), &["webhooks", "add", "https://example.org/hook"]).await;
    let theirs = host.post("/api/webhooks", r#"{"url": "https://example.org/other"}"#).await.json;
    assert_eq!(names(&added), names(&theirs));
    let (ours, theirs) = (lines(folder.path(), &["webhooks"]).await, host.get("/api/webhooks").await.json);
    assert_eq!((names(&ours[0]), ours.len()), (names(&theirs["webhooks"][0]), 2));
    assert_eq!(document(folder.path(), &["webhooks", "remove", added["id"].as_str().unwrap()]).await["success"], true);
    assert_eq!(document(folder.path(), &["requeue", "--missing", "genres"]).await["requeued"], 0);
    let config = document(folder.path(), &["config"]).await;
    assert_eq!(config["PORT"]["value"], "4201");
    host.stop().await;
}

#[tokio::test]
async fn what_has_no_counterpart_in_the_api_is_a_document_too() {
    let folder = folder();
    assert_eq!(document(folder.path(), &["migrate"]).await["success"], true);
    let copy = document(folder.path(), &["backup", "copy.db"]).await;
    assert!(copy["bytes"].as_u64() > Some(0) && copy["copy"] == "copy.db", "{copy}");
    assert_eq!(document(folder.path(), &["plugin", "new", "dashes"]).await["folder"], "dashes");
    std::fs::write(folder.path().join("own.wasm"), liner_tests::components::plain()).unwrap();
    std::fs::write(folder.path().join("rows.ndjson"), ROWS).unwrap();
    let checked = document(folder.path(), &["plugin", "check", "own.wasm"]).await;
    assert!(checked["admitted"] == true && checked["imports"].is_array(), "{checked}");
    let steps = lines(folder.path(), &["plugin", "run", "own.wasm", "rows.ndjson"]).await;
    assert!(steps[0]["step"] == "plan" && steps[0]["instructions"].as_u64() > Some(0), "{steps:?}");
    std::fs::write(folder.path().join("cut.wasm"), liner_tests::components::truncated()).unwrap();
    let run = liner(folder.path(), &["plugin", "check", "cut.wasm", "--json"], &[], "").await;
    let refused: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((run.code, &refused["admitted"], &refused["step"]), (Some(1), &false.into(), &"format".into()));
}

#[tokio::test]
async fn what_is_wrong_is_json_too_for_who_asked_for_it() {
    let folder = folder();
    for (arguments, settings, code, words) in [
        (&["staus", "--json"][..], &[][..], 2, "status"),
        (&["status", "--json"], &[("AI_WORKER_BATCH_SIZE", "0")], 2, "AI_WORKER_BATCH_SIZE"),
        (&["hosts", "--drain", "nobody", "--json"], &[], 1, "there is no host nobody"),
    ] {
        let run = liner(folder.path(), arguments, settings, "").await;
        let [line] = run.stderr.lines().collect::<Vec<_>>().try_into().unwrap();
        let said: Value = serde_json::from_str(line).unwrap();
        assert!(said["error"].as_str().unwrap().contains(words) && run.code == Some(code), "{said}");
        assert_eq!(run.stdout, "");
    }
    let run =
        liner(folder.path(), &["enqueue", "-", "--json"], &[], "https://youtu.be/aaaaaaaaaaa\n{\"url\":7}\n").await;
    let counts: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&counts["success"], &counts["queued"], &counts["rejected"]), (&false.into(), &1.into(), &1.into()));
    let said: Value = serde_json::from_str(&run.stderr).unwrap();
    assert!(said["error"].as_str().unwrap().starts_with("line 2"), "{said}");
}
