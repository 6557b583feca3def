//! The Message Batches API.

use super::{Caller, question};
use crate::message_about;
use crate::stub::{Behaviour, Refusal, StubModel, Visit, hang_up};
use axum::Json;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use std::collections::HashSet;

#[tokio::test]
async fn a_batch_ends_as_a_whole_when_it_is_looked_at_for_the_second_time() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let caller = Caller::of(&stub);
    let created = caller.submit(&["one", "two"]).await.json();
    let path = format!("/v1/messages/batches/{}", created["id"].as_str().unwrap());
    let early = caller.get(&format!("{path}/results")).await;
    assert_eq!((early.status, &early.json()["error"]["type"]), (404, &json!("not_found_error")));
    assert_eq!(early.json()["request_id"], early.headers["request-id"].to_str().unwrap());

    let underway = caller.get(&path).await.json();
    assert_eq!(underway, created, "nothing is told before the whole batch has ended");
    let counts = json!({"processing": 2, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0});
    assert_eq!((&underway["request_counts"], &underway["results_url"]), (&counts, &Value::Null));

    let ended = caller.get(&path).await.json();
    assert_eq!((&ended["processing_status"], &ended["request_counts"]["succeeded"]), (&json!("ended"), &json!(2)));
    assert_eq!(ended["results_url"], format!("{}{path}/results", stub.url));
    let results = caller.get(&format!("{path}/results")).await;
    assert_eq!(results.headers["content-type"], "application/x-jsonl");
    let lines = results.lines();
    let ids: HashSet<&str> = lines.iter().map(|line| line["custom_id"].as_str().unwrap()).collect();
    assert_eq!(ids, HashSet::from(["one", "two"]));
    assert_eq!(lines[0]["result"]["message"]["usage"]["service_tier"], "batch");
    let batch = &stub.batches()[0];
    assert_eq!((batch.polls, batch.downloads, batch.cancels), (2, 1, 0));
    assert_eq!(batch.requests[1].body, question("Tracks"));
}

#[tokio::test]
async fn a_request_of_a_batch_fails_or_expires_alone() {
    let script = |_: usize, question: &Value| match question["max_tokens"].as_u64() {
        Some(1) => Refusal::of_status(529).into_response(),
        _ => Json(message_about(question)).into_response(),
    };
    let stub =
        StubModel::behaving(Behaviour::default().script(script).expiring(|id| id == "late").ending_when_told()).await;
    let caller = Caller::of(&stub);
    let with = |id: &str, tokens: u32| {
        let mut params = question("Tracks");
        params["max_tokens"] = tokens.into();
        json!({"custom_id": id, "params": params})
    };
    let requests = json!({"requests": [with("good", 1_000), with("busy", 1), with("late", 1_000)]});
    let created = caller.post("/v1/messages/batches", &requests).await.json();
    let path = format!("/v1/messages/batches/{}", created["id"].as_str().unwrap());
    for _ in 0..5 {
        assert_eq!(caller.get(&path).await.json()["processing_status"], "in_progress", "it was not told to end");
    }
    stub.end_batches().await;
    let counts = json!({"processing": 0, "succeeded": 1, "errored": 1, "canceled": 0, "expired": 1});
    assert_eq!(caller.get(&path).await.json()["request_counts"], counts);
    let lines = caller.get(&format!("{path}/results")).await.lines();
    let result = |id: &str| lines.iter().find(|line| line["custom_id"] == id).unwrap()["result"].clone();
    assert_eq!(result("late"), json!({"type": "expired"}));
    let error = &result("busy")["error"];
    assert_eq!((&error["type"], &error["error"]["type"]), (&json!("error"), &json!("overloaded_error")));
}

#[tokio::test]
async fn a_cancelled_batch_ends_when_it_is_looked_at_and_an_expired_one_at_once() {
    let stub = StubModel::behaving(Behaviour::default().ending_at_poll(1)).await;
    let caller = Caller::of(&stub);
    let cancelled = caller.submit(&["one"]).await.json();
    let path = format!("/v1/messages/batches/{}", cancelled["id"].as_str().unwrap());
    let canceling = caller.post(&format!("{path}/cancel"), &json!({})).await.json();
    assert_eq!(
        (&canceling["processing_status"], &canceling["request_counts"]["processing"]),
        (&json!("canceling"), &json!(1))
    );
    let ended = caller.get(&path).await.json();
    assert_eq!((&ended["processing_status"], &ended["request_counts"]["canceled"]), (&json!("ended"), &json!(1)));
    assert_eq!(caller.post(&format!("{path}/cancel"), &json!({})).await.status, 400);

    let expired = caller.submit(&["one"]).await.json();
    stub.expire_batches().await;
    let path = format!("/v1/messages/batches/{}", expired["id"].as_str().unwrap());
    assert_eq!(caller.get(&path).await.json()["request_counts"]["expired"], 1);
}

#[tokio::test]
async fn custom_ids_are_checked() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let caller = Caller::of(&stub);
    let long = "x".repeat(65);
    for ids in [vec!["same", "same"], vec!["with space"], vec![""], vec![long.as_str()], vec![]] {
        let refused = caller.submit(&ids).await;
        assert_eq!(
            (refused.status, &refused.json()["error"]["type"]),
            (400, &json!("invalid_request_error")),
            "{ids:?}"
        );
    }
    assert!(stub.batches().is_empty());
}

#[tokio::test]
async fn batches_are_listed_newest_first_in_pages() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let caller = Caller::of(&stub);
    for _ in 0..5 {
        caller.submit(&["one"]).await;
    }
    let made: Vec<String> = stub.batches().into_iter().rev().map(|batch| batch.id).collect();
    let mut listed = Vec::new();
    let mut after = String::new();
    loop {
        let page = caller.get(&format!("/v1/messages/batches?limit=2{after}")).await.json();
        listed.extend(page["data"].as_array().unwrap().iter().map(|batch| batch["id"].as_str().unwrap().to_owned()));
        if page["has_more"] == false {
            break;
        }
        after = format!("&after_id={}", page["last_id"].as_str().unwrap());
    }
    assert_eq!(listed, made);
    let before = caller.get(&format!("/v1/messages/batches?limit=1&before_id={}", made[2])).await.json();
    assert_eq!((&before["first_id"], &before["has_more"]), (&json!(made[1]), &json!(true)));
}

#[tokio::test]
async fn an_answer_is_lost_although_the_batch_was_created() {
    let lose = |visit: &Visit| match (visit.route.as_str(), visit.earlier) {
        ("POST /v1/messages/batches", 0) => Some(hang_up()),
        ("POST /v1/messages/batches", 1) => Some(Refusal::of_status(500).into_response()),
        _ => None,
    };
    let refuse = |visit: &Visit| (visit.earlier == 2).then(|| Refusal::of_status(529).into_response());
    let stub = StubModel::behaving(Behaviour::default().afterwards(lose).instead(refuse)).await;
    let caller = Caller::of(&stub);
    let body = json!({"requests": [{"custom_id": "one", "params": question("Tracks")}]});
    caller.try_post("/v1/messages/batches", &body).await.err().expect("the connection ends");
    assert_eq!(caller.submit(&["two"]).await.status, 500);
    assert_eq!(caller.submit(&["three"]).await.status, 529);
    let made: Vec<String> = stub.batches().iter().map(|batch| batch.requests[0].custom_id.clone()).collect();
    assert_eq!(made, ["one", "two"]);
    assert_eq!(stub.visits("POST /v1/messages/batches"), 3);
}

#[tokio::test]
async fn a_batch_of_a_hundred_thousand_tracks_is_no_trouble() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let caller = Caller::of(&stub);
    let params = question(&"Songs. ".repeat(800));
    let requests: Vec<Value> =
        (0..5_000).map(|n| json!({"custom_id": format!("call-{n}"), "params": params})).collect();
    let created = caller.post("/v1/messages/batches", &json!({"requests": requests})).await.json();
    assert_eq!(created["request_counts"]["processing"], 5_000);
    let path = format!("/v1/messages/batches/{}", created["id"].as_str().unwrap());
    caller.get(&path).await;
    assert_eq!(caller.get(&path).await.json()["request_counts"]["succeeded"], 5_000);
    assert_eq!(caller.get(&format!("{path}/results")).await.lines().len(), 5_000);
}
