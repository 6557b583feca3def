//! The subcommands of the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod json;
mod manual;
mod mistakes;
mod tables;
mod terminal;

use liner_tests::{Host, StubModel, liner};
use serde_json::{Value, json};

const ROWS: &str = r#"{"id":"a","url":"https://youtu.be/clear000001","og_title":"Ada Lane - Harbour (Official Video)","og_artist":"Ada Lane","mine":7}
{"id":"b","platform":"youtube","url":null,"og_title":"untitled upload 3"}
"#;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn a_wrong_setting_is_named_in_one_line_and_exits_2() {
    let folder = folder();
    for (name, value) in
        [("AI_WORKER_BATCH_SIZE", "0"), ("PORT", "http"), ("HOST", "0.0.0.0"), ("LINER_ADMIN_TOKEN", "short")]
    {
        let run = liner(folder.path(), &["serve"], &[(name, value)], "").await;
        assert_eq!(run.code, Some(2), "{}", run.stderr);
        assert!(run.stderr.lines().count() == 1 && run.stderr.contains(name), "{}", run.stderr);
    }
    assert!(!folder.path().join("liner-data").exists(), "nothing was touched");
}

#[tokio::test]
async fn wrong_usage_exits_2_and_help_exits_0() {
    let folder = folder();
    assert_eq!(liner(folder.path(), &["dance"], &[], "").await.code, Some(2));
    assert_eq!(liner(folder.path(), &["requeue", "--missing", "colour"], &[], "").await.code, Some(2));
    assert_eq!(liner(folder.path(), &["--help"], &[], "").await.code, Some(0));
}

#[tokio::test]
async fn a_database_that_is_newer_locked_or_read_only_is_refused_in_a_sentence_with_exit_1() {
    let folder = folder();
    assert_eq!(liner(folder.path(), &["migrate"], &[], "").await.code, Some(0));
    let db = folder.path().join("liner-data/liner.db");
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", db.display())).await.unwrap();
    sqlx::query("insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', 1, x'00', 0)")
        .execute(&pool)
        .await
        .unwrap();
    let run = liner(folder.path(), &["serve"], &[("PORT", "0")], "").await;
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("newer than this binary"), "{}", run.stderr);
    sqlx::query("delete from _sqlx_migrations where version = 9999").execute(&pool).await.unwrap();

    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("update worker_control set reason = 'locked'").execute(&mut *transaction).await.unwrap();
    let run = liner(folder.path(), &["pause"], &[], "").await;
    assert!(run.code == Some(1) && run.stderr.contains("locked"), "{:?} {}", run.code, run.stderr);
    transaction.rollback().await.unwrap();
    pool.close().await;

    let mut permissions = std::fs::metadata(&db).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&db, permissions).unwrap();
    let run = liner(folder.path(), &["serve"], &[("PORT", "0")], "").await;
    assert!(run.code == Some(1) && run.stderr.contains("read-only"), "{:?} {}", run.code, run.stderr);
}

#[tokio::test]
async fn a_second_worker_on_the_same_database_is_refused_and_other_commands_are_not() {
    let folder = folder();
    let host = Host::start(folder.path(), &[]).await;
    for command in [&["serve"][..], &["process"]] {
        let run = liner(folder.path(), command, &[("PORT", "0")], "").await;
        assert!(run.code == Some(1) && run.stderr.contains("in use by another liner worker"), "{}", run.stderr);
    }
    let run = liner(folder.path(), &["enqueue", "-"], &[], ROWS).await;
    assert_eq!((run.code, run.stdout.trim()), (Some(0), "2 queued, 0 known before, 0 rejected"));
    assert_eq!(host.get("/api/music-ai/status").await.json["queue"]["total"], 2);
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_in_a_sentence() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = liner(folder().path(), &["serve"], &[("PORT", &port)], "").await;
    assert!(run.code == Some(1) && run.stderr.contains("cannot listen"), "{}", run.stderr);
}

#[tokio::test]
async fn enqueue_takes_arrays_ndjson_csv_and_plain_links_and_reports_bad_rows() {
    for (input, expected) in [
        (
            r#"[{"url":"https://youtu.be/aaaaaaaaaaa"}, "https://youtu.be/bbbbbbbbbbb"]"#,
            "2 queued, 0 known before, 0 rejected",
        ),
        (
            "url,og_title\nhttps://youtu.be/aaaaaaaaaaa,\"Title, with comma\"\n,\n",
            "1 queued, 0 known before, 1 rejected",
        ),
        ("https://youtu.be/aaaaaaaaaaa\n\nhttps://youtu.be/aaaaaaaaaaa?si=1\n", "1 queued, 1 known before, 0 rejected"),
    ] {
        let run = liner(folder().path(), &["enqueue", "-"], &[], input).await;
        let code = if expected.ends_with("0 rejected") { 0 } else { 1 };
        assert_eq!((run.code, run.stdout.trim()), (Some(code), expected), "{}", run.stderr);
    }
    let run = liner(folder().path(), &["enqueue", "-"], &[], "{\"url\":7}\n").await;
    assert!(run.code == Some(1) && run.stderr.contains("line 1") && run.stderr.contains("url"), "{}", run.stderr);
    let run = liner(folder().path(), &["enqueue", "no such file"], &[], "").await;
    assert!(run.code == Some(1) && run.stderr.contains("no such file"), "{}", run.stderr);
}

#[tokio::test]
async fn process_works_off_the_queue_once_and_what_waits_is_said() {
    let folder = folder();
    liner(folder.path(), &["enqueue", "-"], &[], ROWS).await;
    let run = liner(folder.path(), &["process"], &[], "").await;
    assert!(
        run.stdout.contains("1 completed, 0 failed, 1 returned") && run.stdout.contains("ANTHROPIC_API_KEY"),
        "{}",
        run.stdout
    );
    assert_eq!(run.code, Some(0));
    let model = StubModel::willing().await;
    let settings = [("ANTHROPIC_API_KEY", "sk-test"), ("ANTHROPIC_BASE_URL", model.url.as_str())];
    let run = liner(folder.path(), &["process", "--json"], &settings, "").await;
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["successful"], 1);
    let run = liner(folder.path(), &["library"], &[], "").await;
    assert!(run.stdout.contains("Harbour") && run.stdout.contains("Song t0"), "{}", run.stdout);
}

#[tokio::test]
async fn requeue_missing_genres_asks_for_what_completed_without() {
    let folder = folder();
    liner(folder.path(), &["enqueue", "-"], &[], ROWS.lines().next().unwrap()).await;
    liner(folder.path(), &["process"], &[], "").await;
    let run = liner(folder.path(), &["requeue", "--missing", "genres"], &[], "").await;
    assert_eq!(run.stdout.trim(), "1 queued again");
    let model = StubModel::willing().await;
    let settings = [("ANTHROPIC_API_KEY", "sk-test"), ("ANTHROPIC_BASE_URL", model.url.as_str())];
    liner(folder.path(), &["process"], &settings, "").await;
    let run = liner(folder.path(), &["library", "--json"], &[], "").await;
    let entry: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!((&entry["title"], &entry["genres"]), (&json!("Harbour"), &json!(["folk"])));
}

#[tokio::test]
async fn extract_needs_no_database_and_passes_unknown_fields_through() {
    let folder = folder();
    let run = liner(folder.path(), &["extract", "-", "--json"], &[], ROWS).await;
    let lines: Vec<Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["id"], &lines[0]["title"], &lines[0]["mine"]), (&json!("a"), &json!("Harbour"), &json!(7)));
    assert_eq!((&lines[0]["state"], &lines[1]["state"]), (&json!("completed"), &json!("undecided")));
    assert!(!folder.path().join("liner-data/liner.db").exists());
    let table = liner(folder.path(), &["extract", "-"], &[], ROWS).await;
    assert!(table.stdout.contains("TITLE") && table.stdout.contains("Harbour"));
}

#[tokio::test]
async fn pause_and_resume_reach_a_running_host() {
    let folder = folder();
    let host = Host::start(folder.path(), &[("AI_WORKER_INTERVAL_MS", "3600000")]).await;
    assert_eq!(liner(folder.path(), &["pause", "--reason", "tea"], &[], "").await.code, Some(0));
    let status = host.get("/api/music-ai/worker/status").await.json;
    assert_eq!((&status["worker"]["isPaused"], &status["worker"]["pauseReason"]), (&json!(true), &json!("tea")));
    assert!(liner(folder.path(), &["status"], &[], "").await.stdout.contains("tea"));
    liner(folder.path(), &["enqueue", "-"], &[], ROWS.lines().next().unwrap()).await;
    liner(folder.path(), &["resume"], &[], "").await;
    assert_eq!(host.drained().await["completed"], 1);
}

#[tokio::test]
async fn recorded_gold_rows_all_go_through() {
    let gold = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/gold/dev.ndjson");
    if !gold.exists() {
        eprintln!("skipped: the gold rows are not beside this project");
        return;
    }
    let rows = std::fs::read_to_string(&gold).unwrap().lines().count();
    let run = liner(folder().path(), &["extract", gold.to_str().unwrap(), "--json"], &[], "").await;
    assert_eq!((run.code, run.stdout.lines().count()), (Some(0), rows), "{}", run.stderr);
}
