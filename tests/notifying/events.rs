//! What is told, and when.

use crate::{World, add, ok, pause, resume};
use axum::Json;
use axum::response::IntoResponse;
use liner_tests::{Kind, Received, Receiver, StubModel, components, eventually, message, message_about, vague_rows};
use serde_json::{Value, json};

/// A message that came in good order, and when that happened.
fn genuine(message: &Received) {
    assert_eq!((message.good, message.signatures), (1, 1), "{message:?}");
    assert!(message.id.starts_with("msg_"), "{}", message.id);
    let names: Vec<&String> = message.body.as_object().unwrap().keys().collect();
    assert_eq!(names, ["type", "timestamp", "data"]);
    let at: jiff::Timestamp = message.body["timestamp"].as_str().unwrap().parse().unwrap();
    assert!((jiff::Timestamp::now().as_second() - at.as_second()).abs() < 60, "{at}");
}

pub async fn a_batch_that_is_completed_is_told_with_its_figures(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    let host = world.host(&[]).await;
    ok(&host, "POST", "/api/music-ai/queue", vague_rows(5)).await;
    let told = world.receiver.first_of("batch.completed", 1).await.remove(0);
    genuine(&told);
    let data = &told.data;
    assert_eq!(told.id, format!("msg_{}", data["batch"].as_str().unwrap()));
    assert_eq!(
        (&data["tracks"], &data["succeeded"], &data["failed"], &data["revision"]),
        (&json!(5), &json!(5), &json!(0), &json!(1))
    );
    assert_eq!((&data["host"], data["host_name"].is_string()), (&json!(host.id().await), true));
    let paid = ok(&host, "GET", "/api/model/use", "").await["total"]["costUsd"].as_f64().unwrap();
    assert!(paid > 0.0 && (data["cost_usd"].as_f64().unwrap() - paid).abs() < 1e-9, "{data} {paid}");
    assert!(data["duration_ms"].as_i64().is_some_and(|ms| (0..20_000).contains(&ms)), "{data}");
    eventually("nothing is owed any more", || async { (world.owed().await == 0).then_some(()) }).await;
    assert_eq!(world.receiver.received().len(), 1);
    let metrics = host.get("/metrics").await.text;
    assert!(metrics.contains("liner_webhook_deliveries_total{outcome=\"delivered\"} 1\n"), "{metrics}");
    assert!(metrics.contains("liner_webhook_outbox_messages 0\n"), "{metrics}");
}

pub async fn a_track_that_fails_for_good_is_told_with_its_reason(kind: Kind) {
    let script = |_: usize, request: &Value| {
        if request["messages"][0]["content"].as_str().unwrap().contains("untitled upload 1\"") {
            return Json(message("", "refusal")).into_response();
        }
        Json(message_about(request)).into_response()
    };
    let Some(world) = World::new(kind, StubModel::with_script(script).await).await else { return };
    let host = world.host(&[("AI_WORKER_ENABLED", "false")]).await;
    ok(&host, "POST", "/api/music-ai/queue", vague_rows(2)).await;
    ok(&host, "POST", "/api/music-ai/process?limit=2", "").await;
    let first_failure = world.receiver.first_of("batch.completed", 1).await.remove(0);
    assert_eq!(world.receiver.of("track.failed").len(), 0, "it has attempts left: {first_failure:?}");
    world
        .database
        .execute("update music_ai_queue set retry_count = 4, not_before = null where status = 'pending'")
        .await;
    eventually("it failed", || async {
        ok(&host, "POST", "/api/music-ai/process", "").await;
        let queue = host.get("/api/music-ai/status").await.json["queue"].clone();
        (queue["failed"] == 1).then_some(())
    })
    .await;
    let told = world.receiver.first_of("track.failed", 1).await;
    genuine(&told[0]);
    let data = &told[0].data;
    let failed = host.get("/api/music-ai/failed").await.json["items"][0].clone();
    for name in ["platform_name", "platform_id", "url"] {
        assert_eq!(data[name], failed[name], "{name}");
    }
    assert_eq!((&data["reason"], &data["attempts"]), (&failed["error_message"], &json!(5)));
    assert!(!data["reason"].as_str().unwrap().is_empty());
    eventually("nothing is owed any more", || async { (world.owed().await == 0).then_some(()) }).await;
    assert_eq!(world.receiver.of("track.failed").len(), 1);
}

pub async fn a_swap_and_a_rollback_are_told(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    let host = world.host(&[]).await;
    ok(&host, "POST", "/api/plugins?as=shadow", components::named("aside")).await;
    ok(&host, "POST", "/api/plugins", components::plain()).await;
    let swapped = world.receiver.first_of("strategy.swapped", 1).await.remove(0);
    genuine(&swapped);
    let data = &swapped.data;
    assert_eq!((&data["strategies"][0]["name"], &data["cause"]), (&json!("plain"), &json!("install")));
    let revision = data["revision"].as_i64().unwrap();
    assert_eq!((&data["former_revision"], &data["by"]), (&json!(revision - 1), &json!("api")));
    ok(&host, "POST", "/api/plugins/rollback", r#"{"reason": "it is worse"}"#).await;
    let back = world.receiver.first_of("strategy.rolled_back", 1).await.remove(0);
    genuine(&back);
    assert_eq!((&back.data["revision"], &back.data["reason"]), (&json!(revision + 1), &json!("it is worse")));
    assert_eq!(back.data["strategies"], data["former_strategies"]);
    assert_eq!(world.receiver.of("strategy.swapped").len(), 1, "a candidate is nobody's business");
}

pub async fn a_pause_and_its_end_are_told_once_and_noted(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    let host = world.host(&[]).await;
    for _ in 0..2 {
        pause(&host).await;
    }
    let paused = world.receiver.first_of("worker.paused", 1).await.remove(0);
    genuine(&paused);
    assert_eq!((&paused.data["by"], &paused.data["reason"]), (&json!("api"), &json!("maintenance")));
    for _ in 0..2 {
        resume(&host).await;
    }
    let resumed = world.receiver.first_of("worker.resumed", 1).await.remove(0);
    genuine(&resumed);
    assert_eq!(resumed.data["paused_at"], paused.data["paused_at"]);
    eventually("nothing is owed any more", || async { (world.owed().await == 0).then_some(()) }).await;
    assert_eq!(world.receiver.received().len(), 2);
    let noted =
        world.database.texts("select kind || ': ' || text from event where kind like 'worker%' order by id").await;
    assert_eq!(noted, ["worker-paused: paused by api: maintenance", "worker-resumed: the pause was lifted"]);
}

pub async fn a_budget_that_is_spent_is_told_once_a_day(kind: Kind) {
    let script = |_: usize, request: &Value| {
        let mut message = message_about(request);
        message["usage"] = json!({"input_tokens": 2_000_000, "output_tokens": 2_000_000});
        Json(message).into_response()
    };
    let Some(world) = World::new(kind, StubModel::with_script(script).await).await else { return };
    let budget = [("AI_DAILY_BUDGET_USD", "5"), ("AI_WORKER_BATCH_SIZE", "1"), ("AI_WORKER_CONCURRENCY", "1")];
    let host = world.host(&budget).await;
    ok(&host, "POST", "/api/music-ai/queue", vague_rows(4)).await;
    host.queue_when("three wait for money", |queue| queue["pending"] == 3 && queue["processing"] == 0).await;
    let told = world.receiver.first_of("budget.reached", 1).await.remove(0);
    genuine(&told);
    let data = &told.data;
    assert_eq!((&data["budget"], &data["limit_usd"]), (&json!("daily"), &json!(5.0)));
    assert!(data["spent_usd"].as_f64().unwrap() > 5.0, "{data}");
    let until: jiff::Timestamp = data["until"].as_str().unwrap().parse().unwrap();
    assert_eq!(until.as_millisecond() % 86_400_000, 0, "a midnight in UTC");
    eventually("all is told", || async { (world.owed().await == 0).then_some(()) }).await;
    assert_eq!(world.receiver.of("budget.reached").len(), 1);
    assert_eq!(world.number("select count(*) from event where kind = 'budget-reached'").await, 1);
}

pub async fn nothing_is_written_that_nobody_hears_of(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    let host = world.quiet_host(world.database.folder.path(), &[]).await;
    ok(&host, "POST", "/api/music-ai/queue", vague_rows(5)).await;
    host.drained().await;
    pause(&host).await;
    resume(&host).await;
    let written = "select (select count(*) from webhook_outbox) + (select count(*) from webhook_delivery)";
    assert_eq!(world.number(written).await, 0, "there is no endpoint");
    add(&host, &world.receiver, &["worker.paused"]).await;
    let more: Vec<Value> = serde_json::from_str(&vague_rows(10)).unwrap();
    ok(&host, "POST", "/api/music-ai/queue", json!(more[5..]).to_string()).await;
    host.drained().await;
    pause(&host).await;
    resume(&host).await;
    world.receiver.first_of("worker.paused", 1).await;
    eventually("its delivery is all that is written", || async {
        (world.owed().await == 0 && world.number(written).await == 1).then_some(())
    })
    .await;
    assert_eq!(world.receiver.received().len(), 1);
}

/// Lets a host die at a batch's end; what was owed then.
async fn dies_at(world: &World, failpoint: &str) -> Vec<String> {
    let mut host = world.host(&[("LINER_FAILPOINT", failpoint)]).await;
    let _ = host.request("POST", "/api/music-ai/queue").body(vague_rows(5)).send().await;
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&host.wait().await), Some(9), "{failpoint} was reached");
    world.database.texts("select event_id from webhook_outbox").await
}

pub async fn a_host_that_dies_before_it_commits_has_told_nothing(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    assert!(dies_at(&world, "BeforeCommit:0").await.is_empty());
    assert_eq!(world.receiver.received().len(), 0);
    let host = world.host(&[]).await;
    host.drained().await;
    let told = world.receiver.first_of("batch.completed", 1).await;
    assert_eq!(told[0].data["succeeded"], 5);
    eventually("nothing is owed any more", || async { (world.owed().await == 0).then_some(()) }).await;
    assert_eq!(world.receiver.received().len(), 1);
}

pub async fn a_host_that_dies_after_it_committed_loses_no_message(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    let owed = dies_at(&world, "AfterCommit:0").await;
    assert_eq!((owed.len(), world.receiver.received().len()), (1, 0));
    let _host = world.host(&[]).await;
    let told = world.receiver.first_of("batch.completed", 1).await;
    assert_eq!(told[0].id, owed[0]);
    eventually("nothing is owed any more", || async { (world.owed().await == 0).then_some(()) }).await;
    assert_eq!(world.receiver.received().len(), 1);
}

#[tokio::test]
async fn everybody_hears_of_what_they_want_under_one_id() {
    let world = World::new(Kind::Sqlite, StubModel::willing().await).await.unwrap();
    let host = world.host(&[("WEBHOOK_EVENTS", "worker.resumed,worker.paused")]).await;
    let (other, third) = (Receiver::open().await, Receiver::open().await);
    add(&host, &other, &["worker.paused"]).await;
    add(&host, &third, &["track.failed"]).await;
    pause(&host).await;
    resume(&host).await;
    let first = world.receiver.first_of("worker.paused", 1).await;
    let second = other.first_of("worker.paused", 1).await;
    assert_eq!(first[0].id, second[0].id);
    world.receiver.first_of("worker.resumed", 1).await;
    eventually("nothing is owed any more", || async { (world.owed().await == 0).then_some(()) }).await;
    assert_eq!((other.received().len(), third.received().len()), (1, 0));
}
