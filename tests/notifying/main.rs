//! Webhooks: the real binary tells a receiver what happens, on both databases. Each message comes when its transaction is
//! there and not before, is signed, is sent again under the same id until it was taken, and goes where it may.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod delivering;
mod endpoints;
mod events;

use liner_tests::{Answer, Database, Host, Kind, Receiver, StubModel, eventually};
use serde_json::{Value, json};

/// A database, a model, and a receiver that hears of what hosts do.
struct World {
    database: Database,
    model: StubModel,
    receiver: Receiver,
}

impl World {
    async fn new(kind: Kind, model: StubModel) -> Option<Self> {
        Some(Self { database: Database::new(kind).await?, model, receiver: Receiver::open().await })
    }

    /// A host that tells the receiver.
    async fn host(&self, more: &[(&str, &str)]) -> Host {
        self.host_in(self.database.folder.path(), more).await
    }

    async fn host_in(&self, folder: &std::path::Path, more: &[(&str, &str)]) -> Host {
        let mut settings = vec![("WEBHOOK_URL", self.receiver.url.as_str()), ("WEBHOOK_SECRET", Receiver::SECRET)];
        settings.extend(more);
        self.quiet_host(folder, &settings).await
    }

    /// A host that tells only those that are added.
    async fn quiet_host(&self, folder: &std::path::Path, more: &[(&str, &str)]) -> Host {
        let mut settings = vec![
            ("DATABASE_URL", self.database.url.as_str()),
            ("WEBHOOK_ALLOW", "127.0.0.1"),
            ("AI_WORKER_BATCH_SIZE", "5"),
            ("AI_MODEL", "claude-haiku-4-5"),
            ("RUST_LOG", "liner=debug"),
        ];
        settings.extend(more);
        Host::asking(folder, &self.model, &settings).await
    }

    async fn number(&self, query: &str) -> i64 {
        self.database.number(query).await.unwrap()
    }

    /// How many messages are owed.
    async fn owed(&self) -> i64 {
        self.number("select count(*) from webhook_outbox").await
    }

    /// What is to be sent again later is sent now.
    async fn hurry(&self) {
        self.database.execute("update webhook_outbox set next_at = 0").await;
    }
}

async fn ok(host: &Host, method: &str, path: &str, body: impl Into<reqwest::Body>) -> Value {
    let answer = host.send(host.request(method, path).body(body)).await;
    assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text);
    answer.json
}

async fn pause(host: &Host) {
    ok(host, "POST", "/api/music-ai/worker/pause", r#"{"reason": "maintenance"}"#).await;
}

async fn resume(host: &Host) {
    ok(host, "POST", "/api/music-ai/worker/resume", "").await;
}

/// Adds a receiver as an endpoint; its id.
async fn add(host: &Host, receiver: &Receiver, events: &[&str]) -> String {
    let new = json!({"url": receiver.url, "secret": Receiver::SECRET, "events": events});
    ok(host, "POST", "/api/webhooks", new.to_string()).await["id"].as_str().unwrap().to_owned()
}

/// The newest attempt to send to an endpoint, once it is as wanted.
async fn attempt(host: &Host, endpoint: &str, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/api/webhooks/{endpoint}/deliveries");
    eventually(what, || async {
        let newest = host.get(&path).await.json["items"][0].clone();
        is_it(&newest).then_some(newest)
    })
    .await
}

/// An endpoint as it is listed.
async fn endpoint(host: &Host, id: &str) -> Value {
    let listed = host.get("/api/webhooks").await.json;
    let found = listed["webhooks"].as_array().unwrap().iter().find(|endpoint| endpoint["id"] == id).cloned();
    found.unwrap_or_else(|| panic!("{id} is not in {listed}"))
}

fn refused(answer: &Answer, status: u16, said: &str) {
    assert!(answer.status == status && answer.text.contains(said), "{} {}", answer.status, answer.text);
}

/// Makes a test on each database.
macro_rules! on_both {
    ($($of:ident: $($name:ident),+;)+) => {
        mod sqlite {
            $($(#[tokio::test]
            async fn $name() {
                crate::$of::$name(liner_tests::Kind::Sqlite).await;
            })+)+
        }
        mod postgres {
            $($(#[tokio::test]
            async fn $name() {
                crate::$of::$name(liner_tests::Kind::Postgres).await;
            })+)+
        }
    };
}

on_both! {
    events:
        a_batch_that_is_completed_is_told_with_its_figures,
        a_track_that_fails_for_good_is_told_with_its_reason,
        a_swap_and_a_rollback_are_told,
        a_pause_and_its_end_are_told_once_and_noted,
        a_budget_that_is_spent_is_told_once_a_day,
        nothing_is_written_that_nobody_hears_of,
        a_host_that_dies_before_it_commits_has_told_nothing,
        a_host_that_dies_after_it_committed_loses_no_message;
    delivering:
        a_message_that_was_refused_is_sent_again_under_its_id,
        a_receiver_that_wants_to_be_left_alone_is_left_alone,
        a_receiver_that_stays_gone_is_disabled_until_it_is_enabled,
        a_message_that_was_sent_when_its_host_died_comes_again_under_its_id,
        a_receiver_that_hangs_holds_up_nobody,
        a_drained_host_tells_what_happens,
        what_is_too_old_is_given_up_and_that_is_told_once;
    endpoints:
        a_test_says_at_once_what_came_of_it,
        a_message_is_sent_once_more_by_hand;
}
