//! The real binary, over HTTP, with a real database and a model on a local port.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner_tests::{Host, KEY, StubModel, clear_row, eventually, vague_rows};
use serde_json::{Value, json};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

mod the_path {
    use super::*;

    #[tokio::test]
    async fn links_go_in_and_clean_entries_come_out() {
        let (folder, model) = (folder(), StubModel::willing().await);
        let host = Host::asking(folder.path(), &model, &[]).await;
        let queued = host.post("/api/music-ai/queue", vague_rows(45)).await;
        assert_eq!((queued.status, &queued.json["queued"]), (200, &json!(45)), "{}", queued.text);
        host.post("/api/music-ai/queue", clear_row()).await;
        let queue = host.drained().await;
        assert_eq!((&queue["completed"], &queue["failed"]), (&json!(46), &json!(0)));
        let entry = host.get("/api/music-ai/library/youtube/clear000001").await.json;
        assert_eq!((&entry["title"], &entry["artist"]), (&json!("Harbour"), &json!("Ada Lane")));
        assert_eq!((&entry["genres"], &entry["processing_status"]), (&json!(["folk"]), &json!("ai_completed")));
        assert_eq!(host.stop().await, Some(0));
    }

    #[tokio::test]
    async fn requests_to_the_model_have_the_key_a_cached_prefix_and_a_schema() {
        let (folder, model) = (folder(), StubModel::willing().await);
        let host = Host::asking(folder.path(), &model, &[]).await;
        host.post("/api/music-ai/queue", vague_rows(1)).await;
        host.drained().await;
        let exchange = model.exchanges().remove(0);
        assert_eq!(exchange.headers["x-api-key"], KEY);
        assert_eq!(exchange.headers["anthropic-version"], "2026-10-21");
        assert_eq!(exchange.body["model"], "claude-haiku-5-5");
        assert_eq!(exchange.body["system"][0]["cache_control"]["type"], "ephemeral");
        assert_eq!(exchange.body["output_config"]["format"]["type"], "json_schema");
        assert_eq!(exchange.body["thinking"]["type"], "disabled");
        assert!(!host.log().contains(KEY) && !host.banner.contains(KEY));
    }

    #[tokio::test]
    async fn without_a_key_rules_decide_what_they_can_and_the_rest_waits_with_the_reason() {
        let folder = folder();
        let host = Host::start(folder.path(), &[]).await;
        host.post("/api/music-ai/queue", clear_row()).await;
        host.post("/api/music-ai/queue", vague_rows(3)).await;
        let status = eventually("the rest waits", || async {
            let status = host.get("/api/music-ai/status").await.json;
            (status["waiting"]["provider"]["count"] == 3 && status["queue"]["completed"] == 1).then_some(status)
        })
        .await;
        assert_eq!(status["queue"]["failed"], 0);
        assert_eq!(status["percentages"]["completed"], "25.0");
        let reason = status["waiting"]["provider"]["reason"].as_str().unwrap();
        assert!(reason.contains("ANTHROPIC_API_KEY"), "{reason}");
        assert_eq!(host.stop().await, Some(0));

        let model = StubModel::willing().await;
        let host = Host::asking(folder.path(), &model, &[]).await;
        assert_eq!(host.drained().await["completed"], 4, "with a key it goes on by itself");
    }

    #[tokio::test]
    async fn a_bare_link_waits_for_its_page_and_the_status_says_so() {
        let folder = folder();
        let host = Host::start(folder.path(), &[]).await;
        host.post("/api/music-ai/queue", "https://youtu.be/abcdefghijk\n").await;
        let status = host.get("/api/music-ai/status").await.json;
        assert_eq!(status["waiting"]["page"]["count"], 1);
        host.post(
            "/api/music-ai/queue",
            json!([{"url": "https://www.youtube.com/watch?v=abcdefghijk&si=x",
            "og_title": "Ada Lane - Harbour (Official Video)", "og_artist": "Ada Lane"}])
            .to_string(),
        )
        .await;
        assert_eq!(host.drained().await["completed"], 1);
    }

    #[tokio::test]
    async fn the_sample_is_queued_on_the_first_start_only() {
        let folder = folder();
        let host = Host::start_with(folder.path(), &["serve", "--sample"], &[]).await;
        let queue = host
            .queue_when("the rules are through", |queue| {
                queue["processing"] == 0 && queue["completed"].as_i64().unwrap() > 0
            })
            .await;
        let total = queue["total"].as_i64().unwrap();
        assert!((50..=80).contains(&total), "{total}");
        assert_eq!(host.stop().await, Some(0));
        let host = Host::start_with(folder.path(), &["serve", "--sample"], &[]).await;
        assert_eq!(host.get("/api/music-ai/status").await.json["queue"]["total"], total);
        let library = host.get("/api/music-ai/library?limit=100").await.json;
        assert_eq!(host.stop().await, Some(0));
        let file = format!("sqlite:{}", folder.path().join("liner-data/liner.db").display());
        let pool = sqlx::SqlitePool::connect(&file).await.unwrap();
        sqlx::query("delete from music_ai_queue").execute(&pool).await.unwrap();
        pool.close().await;
        let host = Host::start_with(folder.path(), &["serve", "--sample"], &[]).await;
        let same = host.get("/api/music-ai/library?limit=100").await.json;
        assert_eq!(
            same["items"][0]["share_count"], library["items"][0]["share_count"],
            "nor when its places were pruned"
        );
    }
}

mod the_operator {
    use super::*;

    #[tokio::test]
    async fn accurate_status_with_the_original_names() {
        let folder = folder();
        let settings = [("AI_WORKER_INTERVAL_MS", "3600000"), ("AI_WORKER_BATCH_SIZE", "7")];
        let host = Host::start(folder.path(), &settings).await;
        host.post("/api/music-ai/queue", clear_row()).await;
        host.drained().await;
        let status = eventually("it idles", || async {
            let status = host.get("/api/music-ai/worker/status").await.json;
            (status["worker"]["isProcessing"] == false).then_some(status)
        })
        .await;
        let worker = &status["worker"];
        assert_eq!(
            (&worker["enabled"], &worker["isRunning"], &worker["isPaused"]),
            (&json!(true), &json!(true), &json!(false))
        );
        assert!(worker["lastRunAt"].as_str().unwrap().ends_with('Z') && worker["nextRunAt"].is_string());
        let stats = &status["stats"];
        assert_eq!((&stats["totalProcessed"], &stats["totalSuccessful"]), (&json!(1), &json!(1)));
        assert_eq!((&stats["totalFailed"], &stats["successRate"]), (&json!(0), &json!("100.0")));
        assert!(stats["totalRuns"].as_u64().unwrap() >= 1);
        assert_eq!(status["config"]["intervalMs"], 3_600_000);
        assert_eq!(status["config"]["batchSize"], 7);
        assert_eq!(status["pipeline"]["strategies"][0]["name"], "rules");
    }

    #[tokio::test]
    async fn pause_and_resume_answer_with_the_status_and_next_run_at_is_null_when_paused() {
        let folder = folder();
        let host = Host::start(folder.path(), &[]).await;
        let paused = host.post("/api/music-ai/worker/pause", r#"{"reason":"maintenance"}"#).await.json;
        assert_eq!((&paused["success"], &paused["status"]["worker"]["isPaused"]), (&json!(true), &json!(true)));
        assert_eq!(paused["status"]["worker"]["nextRunAt"], Value::Null);
        assert_eq!(paused["status"]["worker"]["pauseReason"], "maintenance");
        host.post("/api/music-ai/queue", clear_row()).await;
        assert_eq!(host.stop().await, Some(0));

        let host = Host::start(folder.path(), &[]).await;
        assert!(host.banner.contains("paused"), "{}", host.banner);
        let status = host.get("/api/music-ai/worker/status").await.json;
        assert_eq!(status["worker"]["isPaused"], true, "the pause survives a restart");
        assert_eq!(host.get("/api/music-ai/status").await.json["queue"]["pending"], 1);
        let resumed = host.post("/api/music-ai/worker/resume", "").await.json;
        assert_eq!(resumed["status"]["worker"]["isPaused"], false);
        assert_eq!(host.drained().await["completed"], 1, "resume runs at once");
    }

    #[tokio::test]
    async fn disabled_by_ai_worker_enabled_false_manual_processing_still_works() {
        let folder = folder();
        let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
        host.post("/api/music-ai/queue", clear_row()).await;
        let status = host.get("/api/music-ai/worker/status").await.json;
        assert_eq!((&status["worker"]["enabled"], &status["worker"]["isRunning"]), (&json!(false), &json!(false)));
        assert_eq!(status["worker"]["nextRunAt"], Value::Null);
        for action in ["pause", "resume"] {
            let refused = host.post(&format!("/api/music-ai/worker/{action}"), "").await;
            assert_eq!((refused.status, &refused.json["error"]), (400, &json!("Worker is not running")));
        }
        let processed = host.post("/api/music-ai/process?limit=5", "").await;
        assert_eq!(processed.status, 200, "{}", processed.text);
        assert_eq!((&processed.json["success"], &processed.json["successful"]), (&json!(true), &json!(1)));
        assert_eq!(host.stop().await, Some(0));
    }

    #[tokio::test]
    async fn a_missing_key_is_answered_with_a_clear_error() {
        let folder = folder();
        let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
        let health = host.get("/api/music-ai/health").await.json;
        assert_eq!(health["anthropic_configured"], false);
        assert!(health["message"].as_str().unwrap().contains("ANTHROPIC_API_KEY is not set"));
        host.post("/api/music-ai/queue", vague_rows(2)).await;
        let processed = host.post("/api/music-ai/process", "").await;
        assert_eq!(processed.status, 500);
        assert!(
            processed.json["error"].as_str().unwrap().contains("ANTHROPIC_API_KEY is not set"),
            "{}",
            processed.text
        );
        host.post("/api/music-ai/queue", clear_row()).await;
        host.post("/api/music-ai/queue", vague_rows(3)).await;
        let processed = host.post("/api/music-ai/process", "").await;
        assert_eq!((processed.status, &processed.json["successful"]), (200, &json!(1)), "one could be decided");
    }

    #[tokio::test]
    async fn failed_tracks_are_listed_and_retried() {
        let folder = folder();
        let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
        host.post("/api/music-ai/queue", clear_row()).await;
        let db = format!("sqlite:{}", folder.path().join("liner-data/liner.db").display());
        let pool = sqlx::SqlitePool::connect(&db).await.unwrap();
        let sql = "update music_ai_queue set status = 'failed', retry_count = 5, error_message = 'it trapped', processed_at = 1";
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
        let failed = host.get("/api/music-ai/failed?limit=10").await.json;
        let item = &failed["items"][0];
        assert_eq!(
            (&failed["count"], &item["platform_name"], &item["platform_id"]),
            (&json!(1), &json!("youtube"), &json!("clear000001"))
        );
        assert_eq!((&item["error_message"], &item["retry_count"]), (&json!("it trapped"), &json!(5)));
        let other = r#"{"items":[{"platform_name":"youtube","platform_id":"another"}]}"#;
        assert_eq!(host.post("/api/music-ai/failed/retry", other).await.json["retried"], 0);
        assert_eq!(host.post("/api/music-ai/failed/retry", "").await.json["retried"], 1);
        assert_eq!(host.post("/api/music-ai/process", "").await.json["successful"], 1);
    }

    #[tokio::test]
    async fn the_failed_are_searched_and_paged() {
        let folder = folder();
        let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
        host.post("/api/music-ai/queue", vague_rows(3)).await;
        let db = format!("sqlite:{}", folder.path().join("liner-data/liner.db").display());
        let pool = sqlx::SqlitePool::connect(&db).await.unwrap();
        let sql = "update music_ai_queue set status = 'failed', error_message = 'declined', processed_at = id";
        sqlx::query(sql).execute(&pool).await.unwrap();
        pool.close().await;
        let list = "/api/music-ai/failed?limit=2&search=DECLINED&platform=YouTube-Music";
        let first = host.get(list).await.json;
        assert_eq!((&first["count"], &first["items"][0]["platform_id"]), (&json!(2), &json!("vague000002")));
        let cursor = first["nextCursor"].as_str().unwrap();
        let second = host.get(&format!("{list}&cursor={cursor}")).await.json;
        assert_eq!((&second["items"][0]["platform_id"], &second["nextCursor"]), (&json!("vague000000"), &Value::Null));
        assert_eq!(host.get("/api/music-ai/failed?search=nothing").await.json["count"], 0);
        let refused = host.get("/api/music-ai/failed?cursor=abc").await;
        assert!(refused.status == 400 && refused.text.contains("nextCursor"), "{}", refused.text);
    }

    #[tokio::test]
    async fn what_batches_did_is_told_over_an_hour_a_day_and_a_week() {
        let (folder, model) = (folder(), StubModel::willing().await);
        let host = Host::asking(folder.path(), &model, &[]).await;
        host.post("/api/music-ai/queue", vague_rows(30)).await;
        host.drained().await;
        for (span, stretches, seconds) in [("hour", 60, 60), ("day", 96, 900), ("week", 84, 7_200)] {
            let told = host.get(&format!("/api/music-ai/throughput?span={span}")).await.json;
            let list = told["stretches"].as_array().unwrap();
            assert_eq!((list.len(), &told["stretchSeconds"]), (stretches, &json!(seconds)), "{span}");
            let total = &told["total"];
            assert_eq!(
                (&total["succeeded"], &total["failed"], &total["successRate"]),
                (&json!(30), &json!(0), &json!(100.0))
            );
            let sum: i64 = list.iter().map(|one| one["batches"].as_i64().unwrap()).sum();
            assert_eq!(total["batches"], sum);
            assert!(total["averageBatchMs"].is_i64() && total["costUsd"].as_f64().unwrap() > 0.0, "{total}");
            assert_eq!(list[0]["averageBatchMs"], Value::Null, "nothing is no time");
        }
        assert_eq!(host.get("/api/music-ai/throughput?span=year").await.status, 400);
    }

    #[tokio::test]
    async fn a_correction_is_kept_with_its_history() {
        let folder = folder();
        let host = Host::start(folder.path(), &[]).await;
        host.post("/api/music-ai/queue", clear_row()).await;
        host.drained().await;
        let path = "/api/music-ai/library/youtube/clear000001";
        let patch = |body: &str| host.send(host.request("PATCH", path).body(body.to_owned()));
        let corrected = patch(r#"{"title":"Harbor","genres":["folk"]}"#).await.json;
        assert_eq!(
            (&corrected["title"], &corrected["corrected_fields"]),
            (&json!("Harbor"), &json!(["genres", "title"]))
        );
        assert_eq!(
            (&corrected["history"][0]["field"], &corrected["history"][0]["old"]),
            (&json!("title"), &json!("Harbour"))
        );
        for (body, named) in [
            (r#"{"colour":"red"}"#, "colour"),
            (r#"{"release_date":"May"}"#, "release_date"),
            (r#"{"title":7}"#, "string"),
            ("{}", "no field"),
        ] {
            let refused = patch(body).await;
            assert!(
                refused.status == 400 && refused.json["error"].as_str().unwrap().contains(named),
                "{}",
                refused.text
            );
        }
        assert_eq!(host.get("/api/music-ai/library/youtube/nothing").await.status, 404);
        let list = host.get("/api/music-ai/library?search=harbor&status=ai_completed&limit=5").await.json;
        assert_eq!((list["items"].as_array().unwrap().len(), &list["nextCursor"]), (1, &Value::Null));
    }

    #[tokio::test]
    async fn probes_and_figures_answer() {
        let (folder, model) = (folder(), StubModel::willing().await);
        let host = Host::asking(folder.path(), &model, &[]).await;
        host.post("/api/music-ai/queue", vague_rows(3)).await;
        host.drained().await;
        assert_eq!(host.get("/healthz").await.status, 200);
        assert_eq!(host.get("/readyz").await.status, 200);
        let figures = eventually("figures", || async {
            let figures = host.get("/metrics").await;
            figures.text.contains("liner_tracks_total").then_some(figures)
        })
        .await;
        assert!(figures.content_type.starts_with("text/plain"));
        for line in [
            r#"liner_queue_tracks{status="completed"} 3"#,
            r#"liner_tracks_total{outcome="succeeded"} 3"#,
            r#"liner_model_calls_total{provider="anthropic",model="claude-haiku-5-5",outcome="answered"} 1"#,
            r#"liner_model_tokens_total{provider="anthropic",model="claude-haiku-5-5",kind="cached"} 700"#,
        ] {
            assert!(figures.text.contains(line), "{line} is not in\n{}", figures.text);
        }
    }
}

mod bad_input {
    use super::*;

    #[tokio::test]
    async fn a_malformed_body_is_answered_400_with_the_field() {
        let folder = folder();
        let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
        for (path, body, named) in [
            ("/api/music-ai/queue", r#"[{"url": 7}]"#, "url"),
            ("/api/music-ai/queue", r#"[{"url": "https://youtu.be/abcdefghijk", "colour": "red"}]"#, "colour"),
            ("/api/music-ai/queue", r#"[{"url": "https://youtu.be/abcdefghijk", "priority": 99}]"#, "priority"),
            ("/api/music-ai/queue", r#"[{"url": "#, "line 1"),
            ("/api/music-ai/queue", "", "no link"),
            ("/api/music-ai/failed/retry", r#"{"items": 3}"#, "invalid type"),
            ("/api/music-ai/failed/retry", r#"{"all": true}"#, "all"),
            ("/api/music-ai/worker/pause", r#"{"why": "x"}"#, "why"),
            ("/api/music-ai/process?count=3", "", "count"),
            ("/api/music-ai/process?limit=0", "", "limit"),
        ] {
            let refused = host.post(path, body).await;
            assert_eq!(refused.status, 400, "{path} {body}: {}", refused.text);
            assert_eq!(refused.content_type, "application/problem+json");
            let error = refused.json["error"].as_str().unwrap();
            assert!(error.contains(named), "{path} {body}: {error}");
            assert_eq!((&refused.json["status"], &refused.json["detail"]), (&json!(400), &refused.json["error"]));
        }
        assert_eq!(host.get("/api/music-ai/failed?limit=101").await.status, 400);
        assert_eq!(host.get("/api/music-ai/library?cursor=abc").await.status, 400);
        for path in ["status", "worker/status", "health", "failed", "library", "library/youtube/x"] {
            let refused = host.get(&format!("/api/music-ai/{path}?colour=red")).await;
            assert!(refused.status == 400 && refused.text.contains("colour"), "{path}: {}", refused.text);
        }
        assert_eq!(host.get("/api/music-ai/nothing").await.status, 404);
        assert_eq!(host.post("/api/music-ai/status", "").await.status, 405);
        assert_eq!(host.get("/api/music-ai/status").await.json["queue"]["total"], 0);
    }

    #[tokio::test]
    async fn a_bad_row_is_reported_with_its_line_and_the_good_ones_go_in() {
        let folder = folder();
        let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
        let body = "{\"url\":\"https://youtu.be/aaaaaaaaaaa\"}\nnonsense\n{\"url\":\"https://youtu.be/bbbbbbbbbbb\"}\n";
        let answer = host.post("/api/music-ai/queue", body).await;
        assert_eq!((answer.status, &answer.json["queued"], &answer.json["rejected"]), (200, &json!(2), &json!(1)));
        assert_eq!((&answer.json["success"], &answer.json["errors"][0]["line"]), (&json!(false), &json!(2)));
        assert_eq!(answer.json["items"][1]["platform_id"], "bbbbbbbbbbb");
        let again = host.post("/api/music-ai/queue", body).await.json;
        assert_eq!((&again["queued"], &again["known"]), (&json!(0), &json!(2)));
    }

    #[tokio::test]
    async fn an_oversize_body_is_answered_413() {
        let folder = folder();
        let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false")]).await;
        let long = "x".repeat(300 << 10);
        let refused = host.post("/api/music-ai/failed/retry", format!(r#"{{"items": "{long}"}}"#)).await;
        assert_eq!(refused.status, 413, "{}", refused.text);
        let row = format!(r#"{{"url": "https://youtu.be/abcdefghijk", "og_title": "{long}"}}"#);
        assert_eq!(host.post("/api/music-ai/queue", row).await.status, 413);
        let many = vague_rows(5_000);
        assert!(many.len() > 300 << 10);
        assert_eq!(
            host.post("/api/music-ai/queue", many).await.json["queued"],
            5_000,
            "many links are no oversize body"
        );
    }

    #[tokio::test]
    async fn with_a_token_callers_must_send_it() {
        let folder = folder();
        let token = "a-token-of-some-length";
        let host = Host::start(folder.path(), &[("LINER_ADMIN_TOKEN", token)]).await;
        for (method, path) in
            [("GET", "/api/music-ai/status"), ("POST", "/api/music-ai/worker/pause"), ("GET", "/metrics")]
        {
            let refused = host.send(host.request(method, path)).await;
            assert_eq!((refused.status, refused.content_type.as_str()), (401, "application/problem+json"));
            let wrong = host.send(host.request(method, path).bearer_auth("a-token-of-some-lengtH")).await;
            assert_eq!(wrong.status, 401);
            assert_eq!(host.send(host.request(method, path).bearer_auth(token)).await.status, 200);
        }
        assert_eq!(host.get("/healthz").await.status, 200);
        host.stop().await;
        let settings = [("LINER_ADMIN_TOKEN", token), ("LINER_PUBLIC_READ", "true")];
        let host = Host::start(folder.path(), &settings).await;
        assert_eq!(host.get("/api/music-ai/status").await.status, 200);
        assert_eq!(host.post("/api/music-ai/worker/resume", "").await.status, 401);
    }

    #[tokio::test]
    async fn without_a_token_web_pages_of_other_origins_change_nothing() {
        let folder = folder();
        let host = Host::start(folder.path(), &[]).await;
        let pause = |header: &str, value: &str| {
            let request = host.request("POST", "/api/music-ai/worker/pause").header(header, value);
            host.send(request)
        };
        assert_eq!(pause("origin", "https://evil.example").await.status, 403);
        assert_eq!(pause("host", "evil.example").await.status, 403);
        assert_eq!(pause("origin", &host.url).await.status, 200);
    }
}
