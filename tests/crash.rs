//! Power cuts: the real binary is killed at every step of a batch's way, on both databases, and then it is counted. Every
//! track ends exactly once, nothing is stuck, a reply that was written down is never asked for again, and what may have
//! been paid twice is known.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::Json;
use axum::response::IntoResponse;
use liner_tests::accounts::{Accounts, TRACKS};
use liner_tests::{Kind, StubModel, eventually, item, message_about, vague_rows};
use serde_json::json;

/// Runs until a failpoint kills the host, starts it again, and counts.
async fn dies_at(kind: Kind, failpoint: &str) {
    let Some(accounts) = Accounts::open(kind, StubModel::willing().await).await else { return };
    let mut host = accounts.host(&[("LINER_FAILPOINT", failpoint)]).await;
    // The host may die before it answers; they are queued in one statement, before anything is claimed.
    let _ = host.request("POST", "/api/music-ai/queue").body(vague_rows(TRACKS)).send().await;
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&host.wait().await), Some(9), "{failpoint} was reached");
    let lost = accounts.unanswered().await;
    let host = accounts.host(&[]).await;
    accounts.balance(&host, lost).await;
}

/// Kills the host while requests are under way: they were received, and are not answered.
async fn dies_while_asking(kind: Kind) {
    let Some(accounts) = Accounts::open(kind, StubModel::gated(3).await).await else { return };
    let host = accounts.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    eventually("three questions are answered, and four more sent", || async {
        let answered = "select count(*) from model_call where answered_at is not null";
        (accounts.model.exchanges().len() == 7 && accounts.database.number(answered).await == Some(3)).then_some(())
    })
    .await;
    host.kill().await;
    let lost = accounts.unanswered().await;
    assert_eq!(lost, 4);
    accounts.model.allow(1_000);
    let host = accounts.host(&[]).await;
    accounts.balance(&host, lost).await;
    assert_eq!(
        accounts.asked().values().filter(|times| **times == 2).count(),
        4,
        "those that were lost, and no others"
    );
}

/// A batch that takes two rounds: the first reply decides one of three tracks.
async fn dies_in_its_second_round(kind: Kind) {
    let script = |n: usize, request: &serde_json::Value| {
        let mut message = message_about(request);
        if n == 0 {
            message["content"][0]["text"] = json!(json!({"items": [item("t0")]}).to_string());
        }
        Json(message).into_response()
    };
    let Some(accounts) = Accounts::open(kind, StubModel::with_script(script).await).await else { return };
    let mut host = accounts.host(&[("LINER_FAILPOINT", "AfterJournal:1")]).await;
    let _ = host.request("POST", "/api/music-ai/queue").body(vague_rows(3)).send().await;
    host.wait().await;
    assert_eq!(accounts.model.exchanges().len(), 2);
    let host = accounts.host(&[]).await;
    assert_eq!(host.drained().await["completed"], 3);
    assert_eq!(accounts.model.exchanges().len(), 2, "both replies came out of the journal");
}

/// As [`dies_while_asking`], but another host takes over: it waits for the leases to end, which the test does not.
async fn another_host_takes_over(kind: Kind) {
    let Some(accounts) = Accounts::open(kind, StubModel::gated(0).await).await else { return };
    let dead = accounts.host(&[]).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let heir = accounts.host_in(elsewhere.path(), &[]).await;
    heir.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    eventually("both have asked", || async {
        let hosts = "select count(distinct host_id) from extraction_batch where state = 'leased'";
        (accounts.model.exchanges().len() == 8 && accounts.database.number(hosts).await == Some(2)).then_some(())
    })
    .await;
    dead.kill().await;
    accounts.model.allow(1_000);
    heir.queue_when("what the dead host holds is left", |queue| queue["pending"] == 0 && queue["processing"] == 20)
        .await;
    let others = "select count(*) from extraction_batch where state = 'leased'";
    assert_eq!(accounts.database.number(others).await, Some(4));
    accounts.database.execute("update extraction_batch set lease_until = 0 where state = 'leased'").await;
    accounts.balance(&heir, 4).await;
}

/// Makes a test on each database.
macro_rules! on_both {
    ($($name:ident => $run:ident($($failpoint:literal)?),)+) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                crate::$run(liner_tests::Kind::Sqlite, $($failpoint)?).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                crate::$run(liner_tests::Kind::Postgres, $($failpoint)?).await;
            })+
        }
    };
}

on_both! {
    a_host_that_dies_after_its_first_claim => dies_at("AfterClaim:0"),
    a_host_that_dies_after_a_later_claim => dies_at("AfterClaim:3"),
    a_host_that_dies_while_requests_are_under_way => dies_while_asking(),
    a_host_that_dies_with_a_reply_in_hand => dies_at("AfterReply:2"),
    a_host_that_dies_with_a_reply_in_the_journal => dies_at("AfterJournal:2"),
    a_host_that_dies_in_its_second_round => dies_in_its_second_round(),
    a_host_that_dies_before_it_settles => dies_at("BeforeCommit:1"),
    a_host_that_dies_after_it_settled => dies_at("AfterCommit:1"),
}

#[tokio::test]
async fn what_a_host_held_that_died_is_taken_over_by_another_one() {
    another_host_takes_over(Kind::Postgres).await;
}

#[tokio::test]
async fn a_host_that_was_frozen_past_its_lease_is_fenced_when_it_wakes() {
    let Some(accounts) = Accounts::open(Kind::Postgres, StubModel::gated(0).await).await else { return };
    let frozen = accounts.host(&[("RUST_LOG", "liner=info")]).await;
    frozen.post("/api/music-ai/queue", vague_rows(TRACKS)).await;
    eventually("four questions", || async { (accounts.model.exchanges().len() == 4).then_some(()) }).await;
    frozen.signal("STOP");
    accounts.database.execute("update extraction_batch set lease_until = 0 where state = 'leased'").await;
    let elsewhere = tempfile::tempdir().unwrap();
    let heir = accounts.host_in(elsewhere.path(), &[]).await;
    accounts.model.allow(1_000);
    heir.drained().await;
    frozen.signal("CONT");
    eventually("it says that it was fenced", || async { frozen.log().contains("outcome=\"fenced\"").then_some(()) })
        .await;
    // The frozen host asked before it froze, and its replies came: what the heir asked again is paid twice.
    accounts.balance(&heir, 4).await;
    let state = frozen.get("/api/music-ai/worker/status").await.json;
    assert_eq!(state["worker"]["batchesInFlight"], 0);
}

#[tokio::test]
async fn a_file_is_worked_on_by_one_host_and_a_second_says_so() {
    let accounts = Accounts::open(Kind::Sqlite, StubModel::willing().await).await.unwrap();
    let host = accounts.host(&[]).await;
    let settings = [("DATABASE_URL", accounts.database.url.as_str()), ("PORT", "0")];
    let folder = tempfile::tempdir().unwrap();
    let second = liner_tests::liner(folder.path(), &["serve"], &settings, "").await;
    assert_eq!(second.code, Some(1));
    assert!(second.stderr.contains("is in use by another liner worker"), "{}", second.stderr);
    for (command, said) in [
        (&["enqueue", "-"][..], "60 queued"),
        (&["pause", "--reason", "lunch"], "paused"),
        (&["status"], "paused since"),
        (&["resume"], "resumed"),
    ] {
        let rows = if command[0] == "enqueue" { vague_rows(TRACKS) } else { String::new() };
        let beside = liner_tests::liner(folder.path(), command, &settings, &rows).await;
        assert!(beside.stdout.contains(said), "{command:?}: {} {}", beside.stdout, beside.stderr);
    }
    accounts.balance(&host, 0).await;
}
