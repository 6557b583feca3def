//! What models were used for and what they cost, as operators see it: on the command line, over HTTP and as gauges.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use liner_tests::{Finished, Host, KEY, StubModel, clear_row, eventually, liner, message_about, vague_row, vague_rows};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What an answer of the stub costs at the list's price: 100 tokens in, 700 read from the cache, 60 out.
const ANSWER_USD: f64 = 47e-6;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A model that answers by another name, whose price nobody knows.
async fn unpriced() -> StubModel {
    let script = |_: usize, request: &Value| {
        let mut message = message_about(request);
        message["model"] = json!("acme-1");
        Json(message).into_response()
    };
    StubModel::with_script(script).await
}

fn close_to(found: &Value, expected: f64) -> bool {
    found.as_f64().is_some_and(|found| (found - expected).abs() < 1e-9)
}

mod liner_cost {
    use super::*;

    /// Works off rows of its own with a model.
    async fn process(folder: &TempDir, model: &StubModel, name: &str, rows: std::ops::Range<usize>) {
        let rows: Vec<Value> = rows.map(vague_row).collect();
        liner(folder.path(), &["enqueue", "-"], &[], &json!(rows).to_string()).await;
        let settings = [("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", model.url.as_str()), ("AI_MODEL", name)];
        let run = liner(folder.path(), &["process"], &settings, "").await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
    }

    async fn cost(folder: &TempDir, arguments: &[&str]) -> Finished {
        let arguments = [&["cost"], arguments].concat();
        liner(folder.path(), &arguments, &[], "").await
    }

    #[tokio::test]
    async fn sums_and_never_takes_an_unknown_price_for_nothing() {
        let folder = folder();
        assert_eq!(cost(&folder, &[]).await.stdout.trim(), "no model was asked");
        process(&folder, &StubModel::willing().await, "claude-haiku-5-5", 0..25).await;
        let table = cost(&folder, &[]).await.stdout;
        assert!(table.lines().last().unwrap().ends_with(" 0.000094"), "two answers\n{table}");
        process(&folder, &unpriced().await, "acme-1", 25..30).await;

        let table = cost(&folder, &[]).await.stdout;
        let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1][..7], ["anthropic:acme-1", "1", "0", "0", "800", "700", "60"], "{table}");
        assert!(table.lines().nth(1).unwrap().ends_with(" unknown"), "{table}");
        assert_eq!(lines[2][..3], ["anthropic:claude-haiku-5-5", "2", "0"], "{table}");
        assert!(table.lines().nth(2).unwrap().ends_with(" 0.000094"), "{table}");
        assert_eq!(lines[3][..2], ["total", "3"]);
        assert!(table.lines().nth(3).unwrap().ends_with(" 0.000094 + 1 answer of unknown price"), "{table}");
        let by_strategy = cost(&folder, &["--by", "strategy"]).await.stdout;
        assert!(by_strategy.lines().nth(1).unwrap().starts_with("llm"), "{by_strategy}");
        assert!(by_strategy.lines().nth(1).unwrap().ends_with(" ≥ 0.000094"), "{by_strategy}");
    }

    #[tokio::test]
    async fn writes_json_and_counts_from_a_day_on() {
        let folder = folder();
        process(&folder, &unpriced().await, "acme-1", 0..5).await;
        let run = cost(&folder, &["--by", "day", "--json"]).await;
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        let (group, total) = (&report["groups"][0], &report["total"]);
        let day = group["name"].as_str().unwrap();
        assert_eq!((day.len(), &report["by"], &group["calls"]), (10, &json!("day"), &json!(1)));
        assert_eq!((&total["costUsd"], &total["unpricedAnswers"]), (&Value::Null, &json!(1)));
        assert_eq!((&total["cacheHitShare"], &total["tokensIn"]), (&json!(0.875), &json!(800)));
        assert!(cost(&folder, &["--since", day]).await.stdout.contains("anthropic:acme-1"));
        assert_eq!(cost(&folder, &["--since", "2999-01-01"]).await.stdout.trim(), "no model was asked");
        assert_eq!(cost(&folder, &["--since", "yesterday"]).await.code, Some(2));
        assert_eq!(cost(&folder, &["--by", "colour"]).await.code, Some(2));
    }
}

mod eval_cost {
    use super::*;

    /// Two batches that only a model decides, and one that the rules do.
    async fn eval(model: &StubModel, arguments: &[&str], settings: &[(&str, &str)]) -> Finished {
        let folder = folder();
        let mut rows: Vec<Value> = (0..40).map(vague_row).collect();
        rows.extend(serde_json::from_str::<Vec<Value>>(&clear_row()).unwrap());
        std::fs::write(folder.path().join("gold.json"), json!(rows).to_string()).unwrap();
        let arguments = [&["eval", "gold.json", "--cost"], arguments].concat();
        let fields = ("LINER_REQUIRED_FIELDS", "title,artist");
        let all = [&[("ANTHROPIC_BASE_URL", model.url.as_str()), fields], settings].concat();
        liner(folder.path(), &arguments, &all, "").await
    }

    fn report(run: &Finished) -> Value {
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
    }

    #[tokio::test]
    async fn asks_nobody_and_says_that_it_estimates() {
        let model = StubModel::willing().await;
        let run = eval(&model, &["--json"], &[("ANTHROPIC_API_KEY", KEY)]).await;
        let found = report(&run);
        let [alone, after] = [&found["rows"][0], &found["rows"][1]];
        assert_eq!(
            (&alone["calls"], &after["calls"], &found["tokensFrom"]),
            (&json!(3), &json!(2), &json!("estimate"))
        );
        assert_eq!((&found["paidUsd"], &found["tracks"]), (&Value::Null, &json!(41)));
        assert_eq!(after["tokensOut"], 2 * (20 * 80 + 64), "half of what a question allows");
        for row in [alone, after] {
            let usd = |way: &str| row["usdPer1000Tracks"][way].as_f64().unwrap();
            assert!(usd("plain") > usd("cachedPrefix") && usd("batched") > usd("batchedAndCached"), "{row}");
            assert!((usd("plain") / usd("batched") - 2.0).abs() < 0.01, "{row}");
        }
        let keyless = eval(&model, &["--json"], &[]).await;
        assert_eq!(report(&keyless), found, "the key changes nothing");
        let table = eval(&model, &[], &[]).await.stdout;
        assert!(table.contains("an estimate, nobody was asked") && table.contains("after the rules' share"), "{table}");
        assert_eq!(model.exchanges().len(), 0);
    }

    #[tokio::test]
    async fn a_prefix_that_the_model_does_not_cache_and_a_price_that_nobody_knows_are_not_made_up() {
        let model = StubModel::willing().await;
        let found = report(&eval(&model, &["--json"], &[("AI_MODEL", "claude-haiku-4-5")]).await);
        let usd = &found["rows"][0]["usdPer1000Tracks"];
        assert_eq!(usd["plain"], usd["cachedPrefix"]);
        let found = report(&eval(&model, &["--json"], &[("AI_MODEL", "acme-1")]).await);
        assert_eq!(found["rows"][0]["usdPer1000Tracks"], Value::Null);
        assert!(eval(&model, &[], &[("AI_MODEL", "acme-1")]).await.stdout.contains("set AI_PRICES"));
    }

    #[tokio::test]
    async fn asks_when_told_to_and_says_what_it_paid() {
        let model = StubModel::willing().await;
        let settings = [("ANTHROPIC_API_KEY", KEY)];
        let found = report(&eval(&model, &["--ask", "--json"], &settings).await);
        let asked = model.exchanges().len();
        assert_eq!((asked, &found["tokensFrom"]), (5, &json!("provider")));
        let after = &found["rows"][1];
        assert_eq!((&after["calls"], &after["tokensIn"], &after["tokensOut"]), (&json!(2), &json!(1_600), &json!(120)));
        assert!(close_to(&found["paidUsd"], 5.0 * ANSWER_USD), "{found}");
        assert!(close_to(&after["usdPer1000Tracks"]["cachedPrefix"], 2.0 * ANSWER_USD * 1_000.0 / 41.0), "{found}");
        assert!(eval(&model, &["--ask"], &settings).await.stdout.contains("paid for these answers: 0.000235 dollars"));

        let keyless = eval(&model, &["--ask"], &[]).await;
        assert!(keyless.code == Some(1) && keyless.stderr.contains("ANTHROPIC_API_KEY"), "{keyless:?}");
        let failing = StubModel::with_script(|_, _| StatusCode::BAD_REQUEST.into_response()).await;
        let run = eval(&failing, &["--ask"], &settings).await;
        assert!(run.code == Some(1) && run.stdout.contains("unanswered: "), "{run:?}");
        assert_eq!(liner(folder().path(), &["eval", "gold.json", "--ask"], &[], "").await.code, Some(2));
    }
}

mod the_api {
    use super::*;

    #[tokio::test]
    async fn shows_the_ways_to_a_model_what_they_were_used_for_and_what_is_left() {
        let (folder, model) = (folder(), StubModel::willing().await);
        let settings = [
            ("AI_DAILY_BUDGET_USD", "5"),
            ("AI_INPUT_TOKENS_PER_MINUTE", "1000000"),
            ("AI_FALLBACK", "anthropic:claude-haiku-4-5"),
        ];
        let host = Host::asking(folder.path(), &model, &settings).await;
        host.post("/api/music-ai/queue", vague_rows(25)).await;
        host.drained().await;
        let found = host.get("/api/model").await.json;
        let (first, second) = (&found["routes"][0], &found["routes"][1]);
        assert_eq!((&first["model"], &first["origin"]), (&json!("claude-haiku-5-5"), &json!(model.url)));
        assert_eq!(
            (&first["state"], &first["until"], &first["breaker"]),
            (&json!("ready"), &Value::Null, &json!("closed"))
        );
        assert_eq!(first["prices"], json!({"input": 0.1, "output": 0.5, "cacheRead": 0.01, "cacheWrite": 0.125}));
        let calls = model.exchanges().len();
        for figures in [&first["today"], &first["total"]] {
            assert_eq!((&figures["calls"], &figures["failed"]), (&json!(calls), &json!(0)));
            assert_eq!((&figures["cacheHitShare"], &figures["unpricedAnswers"]), (&json!(0.875), &json!(0)));
            assert!(figures["averageLatencyMs"].is_number(), "{figures}");
        }
        #[allow(clippy::cast_precision_loss)]
        let paid = calls as f64 * ANSWER_USD;
        assert!(close_to(&first["total"]["costUsd"], paid) && close_to(&found["spent"]["totalUsd"], paid), "{found}");
        assert_eq!((&second["total"]["calls"], &second["prices"]["input"]), (&json!(0), &json!(1.0)));
        let budget = &found["budget"];
        assert!(close_to(&budget["leftTodayUsd"], 5.0 - paid), "{budget}");
        assert_eq!((&budget["leftTotalUsd"], &budget["isSpent"]), (&Value::Null, &json!(false)));
        assert_eq!(found["limits"]["inputTokensPerMinute"], 1_000_000);
        assert_eq!((&found["callsInFlight"], &found["limits"]["outputTokensPerMinute"]), (&json!(0), &Value::Null));

        let used = host.get("/api/model/use?by=strategy").await.json;
        assert_eq!((&used["groups"][0]["name"], &used["total"]["calls"]), (&json!("llm"), &json!(calls)));
        assert_eq!(host.get("/api/model/use?since=2999-01-01").await.json["total"]["calls"], 0);
        assert_eq!(host.get("/api/model/use?by=colour").await.status, 400);
        let metrics = host.get("/metrics").await.text;
        let closed = "liner_model_breaker_state{provider=\"anthropic\",model=\"claude-haiku-5-5\"} 0\n";
        assert!(metrics.contains(closed) && metrics.contains("liner_model_calls_in_flight 0\n"), "{metrics}");
        assert!(metrics.contains("liner_model_budget_left_usd{budget=\"daily\"} 4.99"), "{metrics}");
        assert!(!metrics.contains("budget=\"total\""), "it is not limited");
    }

    #[tokio::test]
    async fn says_that_a_provider_keeps_failing() {
        let folder = folder();
        let model = StubModel::with_script(|_, _| StatusCode::INTERNAL_SERVER_ERROR.into_response()).await;
        let settings = [("AI_MAX_RETRIES", "0"), ("AI_WORKER_BATCH_SIZE", "1")];
        let host = Host::asking(folder.path(), &model, &settings).await;
        host.post("/api/music-ai/queue", vague_rows(8)).await;
        let route = eventually("its circuit is open", || async {
            let route = host.get("/api/model").await.json["routes"][0].clone();
            (route["breaker"] == "open" && route["today"]["failed"].as_i64() >= Some(5)).then_some(route)
        })
        .await;
        assert_eq!((&route["state"], &route["until"].is_string()), (&json!("open"), &true));
        assert_eq!(host.get("/api/music-ai/worker/status").await.json["pipeline"]["breaker"], "open");
        let metrics = host.get("/metrics").await.text;
        let open = "liner_model_breaker_state{provider=\"anthropic\",model=\"claude-haiku-5-5\"} 2\n";
        assert!(metrics.contains(open), "{metrics}");
    }

    #[tokio::test]
    async fn says_until_when_a_budget_is_spent() {
        let script = |_: usize, request: &Value| {
            let mut message = message_about(request);
            message["usage"] = json!({"input_tokens": 2_000_000, "output_tokens": 2_000_000});
            Json(message).into_response()
        };
        let (folder, model) = (folder(), StubModel::with_script(script).await);
        let host = Host::asking(folder.path(), &model, &[("AI_DAILY_BUDGET_USD", "5")]).await;
        host.post("/api/music-ai/queue", vague_rows(1)).await;
        host.drained().await;
        let budget = host.get("/api/model").await.json["budget"].clone();
        assert_eq!((&budget["isSpent"], &budget["leftTodayUsd"]), (&json!(true), &json!(0.0)));
        let until: jiff::Timestamp = budget["spentUntil"].as_str().unwrap().parse().unwrap();
        let to_midnight = until.as_millisecond().rem_euclid(86_400_000);
        assert!(!(2_000..86_398_000).contains(&to_midnight), "{until} is not a midnight in UTC");
    }
}
