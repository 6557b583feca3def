//! Many hosts on one PostgreSQL: what is said to one of them holds for all, and what is said of one holds for it alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::Json;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use liner_tests::accounts::{Accounts, TRACKS};
use liner_tests::{HOSTILE, Host, Kind, StubModel, eventually, message_about, vague_rows};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Hosts of a fleet.
const HOSTS: usize = 3;

/// Hosts on one database, each in a folder of its own.
struct Fleet {
    accounts: Accounts,
    hosts: Vec<Host>,
    _folders: Vec<TempDir>,
}

impl Fleet {
    async fn asking(model: StubModel, settings: &[(&str, &str)]) -> Option<Self> {
        let accounts = Accounts::open(Kind::Postgres, model).await?;
        let (mut hosts, mut folders) = (Vec::new(), Vec::new());
        for _ in 0..HOSTS {
            let folder = tempfile::tempdir().unwrap();
            hosts.push(accounts.host_in(folder.path(), settings).await);
            folders.push(folder);
        }
        Some(Self { accounts, hosts, _folders: folders })
    }

    /// Waits until something is true of every host's status.
    async fn all(&self, what: &str, holds: impl Fn(&Value) -> bool) {
        for host in &self.hosts {
            eventually(what, || async { holds(&status(host).await).then_some(()) }).await;
        }
    }

    async fn queue(&self) {
        assert_eq!(self.hosts[0].post("/api/music-ai/queue", vague_rows(TRACKS)).await.status, 200);
    }

    /// Waits until the model received so many questions.
    async fn asked(&self, questions: usize) {
        let received = || async { (self.accounts.model.exchanges().len() >= questions).then_some(()) };
        eventually(&format!("{questions} questions"), received).await;
    }

    /// How many batches each host worked on, in the order of their ids.
    async fn batches(&self, host: &Host) -> i64 {
        let of = format!("select count(*) from extraction_batch where host_id = '{}'", host.id().await);
        self.accounts.database.number(&of).await.unwrap()
    }
}

async fn status(host: &Host) -> Value {
    host.get("/api/music-ai/worker/status").await.json
}

/// The host's view of another one.
async fn seen(host: &Host, other: &str) -> Value {
    let hosts = host.get("/api/hosts").await.json;
    hosts["hosts"].as_array().unwrap().iter().find(|host| host["id"] == other).unwrap().clone()
}

fn is_first(status: &Value, name: &str) -> bool {
    status["pipeline"]["strategies"][0]["name"] == name
}

#[tokio::test]
async fn a_strategy_that_is_uploaded_to_one_host_is_active_on_all_within_two_seconds() {
    let Some(fleet) = Fleet::asking(StubModel::willing().await, &[]).await else { return };
    let upload = fleet.hosts[0].request("POST", "/api/plugins?position=0").body(HOSTILE);
    let uploaded = fleet.hosts[0].send(upload).await;
    assert_eq!(uploaded.status, 200, "{}", uploaded.text);
    let active = Instant::now();
    fleet.all("the strategy is active", |status| is_first(status, "hostile")).await;
    let took = active.elapsed();
    println!("active on {HOSTS} hosts {} ms after the answer", took.as_millis());
    assert!(took < Duration::from_secs(2), "{took:?}");
    let digest = |status: Value| status["pipeline"]["strategies"][0]["digest"].clone();
    let first = digest(status(&fleet.hosts[0]).await);
    for host in &fleet.hosts {
        assert_eq!(digest(status(host).await), first);
    }
    assert_eq!(fleet.hosts[2].post("/api/plugins/rollback", "").await.status, 200);
    fleet.all("it is rolled back", |status| is_first(status, "rules")).await;
}

#[tokio::test]
async fn a_pause_of_one_host_is_a_pause_of_all() {
    let Some(fleet) = Fleet::asking(StubModel::willing().await, &[]).await else { return };
    fleet.hosts[1].post("/api/music-ai/worker/pause", r#"{"reason": "lunch"}"#).await;
    fleet.all("it is paused", |status| status["worker"]["pauseReason"] == "lunch").await;
    fleet.queue().await;
    let skipped = |status: &Value| status["stats"]["totalSkipped"].as_u64() > Some(0);
    fleet.all("it was woken, and looked away", skipped).await;
    assert_eq!(fleet.accounts.model.exchanges().len(), 0);
    fleet.hosts[2].post("/api/music-ai/worker/resume", "").await;
    fleet.accounts.balance(&fleet.hosts[0], 0).await;
    fleet.all("it goes on", |status| status["worker"]["isPaused"] == false).await;
}

#[tokio::test]
async fn links_that_are_queued_at_one_host_are_worked_on_by_all() {
    let Some(fleet) = Fleet::asking(StubModel::gated(0).await, &[]).await else { return };
    fleet.queue().await;
    fleet.asked(TRACKS / 5).await;
    for host in &fleet.hosts {
        assert_eq!(fleet.batches(host).await, 4, "as many as it may have in flight");
        assert_eq!(status(host).await["worker"]["batchesInFlight"], 4);
    }
    fleet.accounts.model.allow(1_000);
    fleet.accounts.balance(&fleet.hosts[0], 0).await;
}

#[tokio::test]
async fn a_host_that_is_drained_from_another_one_finishes_what_it_has_and_takes_nothing_more() {
    let Some(fleet) = Fleet::asking(StubModel::gated(0).await, &[("AI_WORKER_CONCURRENCY", "1")]).await else {
        return;
    };
    fleet.queue().await;
    fleet.asked(HOSTS).await;
    let drained = fleet.hosts[2].id().await;
    let answer = fleet.hosts[0].post(&format!("/api/hosts/{drained}/drain"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let hears = || async { (status(&fleet.hosts[2]).await["worker"]["isDraining"] == true).then_some(()) };
    eventually("it heard of it", hears).await;
    assert_eq!(seen(&fleet.hosts[1], &drained).await["state"], "draining");
    fleet.accounts.model.allow(1_000);
    fleet.accounts.balance(&fleet.hosts[0], 0).await;
    assert_eq!(fleet.batches(&fleet.hosts[2]).await, 1, "what it had is done, and nothing more");
    fleet.hosts[0].post(&format!("/api/hosts/{drained}/drain"), r#"{"drain": false}"#).await;
    let hears = || async { (status(&fleet.hosts[2]).await["worker"]["isDraining"] == false).then_some(()) };
    eventually("it takes tracks again", hears).await;
    assert_eq!(fleet.hosts[0].post("/api/hosts/nobody/drain", "").await.status, 404);
}

#[tokio::test]
async fn the_hosts_are_known_to_each_other_until_they_stop() {
    let Some(mut fleet) = Fleet::asking(StubModel::willing().await, &[]).await else { return };
    let stopping = fleet.hosts.pop().unwrap();
    let gone = stopping.id().await;
    assert_eq!(seen(&fleet.hosts[0], &gone).await["state"], "running");
    assert_eq!(stopping.stop().await, Some(0));
    assert_eq!(seen(&fleet.hosts[0], &gone).await["state"], "stopped");
    let this: Vec<bool> = fleet.hosts[0].get("/api/hosts").await.json["hosts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|host| host["isThis"].as_bool().unwrap())
        .collect();
    assert_eq!((this.len(), this.iter().filter(|is_this| **is_this).count()), (HOSTS, 1));
}

#[tokio::test]
async fn what_the_provider_refuses_to_one_host_is_left_alone_by_all() {
    let script = |before: usize, request: &Value| match before {
        0 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "3600")], "slow down").into_response(),
        _ => Json(message_about(request)).into_response(),
    };
    let settings = [("AI_MAX_RETRIES", "0"), ("AI_WORKER_CONCURRENCY", "1")];
    let Some(fleet) = Fleet::asking(StubModel::with_script(script).await, &settings).await else { return };
    fleet.hosts[0].post("/api/music-ai/queue", vague_rows(1)).await;
    let rests = |status: &Value| status["pipeline"]["restingSeconds"].as_u64() > Some(0);
    fleet.all("the provider is left alone", rests).await;
    fleet.queue().await;
    fleet.hosts[0].queue_when("nobody asks", |queue| queue["processing"] == 0 && queue["pending"] == TRACKS).await;
    assert_eq!(fleet.accounts.model.exchanges().len(), 1);
    // A host that looks just now counts an attempt while it does, and gives it back.
    let burnt = "select count(*) from music_ai_queue where retry_count > 0";
    let unburnt = || async { (fleet.accounts.database.number(burnt).await == Some(0)).then_some(()) };
    eventually("a refusal burns no attempt", unburnt).await;
    fleet.hosts[1].post("/api/music-ai/worker/resume", "").await;
    fleet.all("it is asked again", |status| status["pipeline"]["restingSeconds"].is_null()).await;
}

#[tokio::test]
async fn the_hosts_together_send_no_more_requests_than_one_may() {
    // A bucket of one request, which fills once a minute: whatever comes second rests, whichever host it is of.
    let settings = [("AI_REQUESTS_PER_MINUTE", "1"), ("AI_WORKER_CONCURRENCY", "4")];
    let Some(fleet) = Fleet::asking(StubModel::willing().await, &settings).await else { return };
    fleet.queue().await;
    fleet.hosts[0].queue_when("one batch is done", |queue| queue["completed"] == 5).await;
    fleet.hosts[0].queue_when("the others wait", |queue| queue["processing"] == 0).await;
    assert_eq!(fleet.accounts.model.exchanges().len(), 1);
    let limits = fleet.hosts[2].get("/api/model").await.json;
    assert_eq!(limits["limits"]["requestsPerMinute"], 1);
}

#[tokio::test]
async fn the_hosts_spend_one_budget() {
    let script = |_: usize, request: &Value| {
        let mut message = message_about(request);
        message["usage"] = json!({"input_tokens": 2_000_000, "output_tokens": 2_000_000});
        Json(message).into_response()
    };
    let settings = [("AI_DAILY_BUDGET_USD", "5"), ("AI_WORKER_CONCURRENCY", "1")];
    let Some(fleet) = Fleet::asking(StubModel::with_script(script).await, &settings).await else { return };
    fleet.queue().await;
    let waits = || async {
        let status = fleet.hosts[0].get("/api/music-ai/status").await.json;
        (status["queue"]["processing"] == 0 && status["waiting"]["budget"]["count"] == status["queue"]["pending"])
            .then_some(())
    };
    eventually("the rest waits for money", waits).await;
    let asked = fleet.accounts.model.exchanges().len();
    assert!((1..=HOSTS).contains(&asked), "{asked} questions, each of which costs more than the budget");
    let spent = fleet.hosts[2].get("/api/model").await.json["spent"]["todayUsd"].as_f64().unwrap();
    assert!(spent > 5.0, "{spent}");
}
