//! What hosts are tested against is itself held to the recorded exchanges.

use super::{Behaviour, Refusal, StubModel, hang_up};
use crate::{message, message_about};
use axum::Json;
use axum::response::IntoResponse;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::collections::HashSet;

struct Caller {
    client: reqwest::Client,
    url: String,
}

struct Said {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{}", self.text))
    }

    fn lines(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

impl Caller {
    fn of(stub: &StubModel) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut version = HeaderMap::new();
        version.insert("anthropic-version", "2026-10-21".parse().unwrap());
        let client = reqwest::Client::builder().no_proxy().default_headers(version).build().unwrap();
        Self { client, url: stub.url.clone() }
    }

    async fn sent(request: reqwest::RequestBuilder) -> Result<Said, reqwest::Error> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok(Said { status, headers, text: response.text().await? })
    }

    async fn get(&self, path: &str) -> Said {
        Self::sent(self.client.get(format!("{}{path}", self.url))).await.unwrap()
    }

    async fn try_post(&self, path: &str, body: &Value) -> Result<Said, reqwest::Error> {
        Self::sent(self.client.post(format!("{}{path}", self.url)).json(body)).await
    }

    async fn post(&self, path: &str, body: &Value) -> Said {
        self.try_post(path, body).await.unwrap()
    }

    async fn submit(&self, custom_ids: &[&str]) -> Said {
        let requests: Vec<Value> =
            custom_ids.iter().map(|id| json!({"custom_id": id, "params": question("Tracks")})).collect();
        self.post("/v1/messages/batches", &json!({"requests": requests})).await
    }

    async fn upload(&self, lines: &str) -> Said {
        let body = format!(
            "--cut\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--cut\r\nContent-Disposition: \
             form-data; name=\"file\"; filename=\"b.jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n{lines}\r\n--cut--\r\n"
        );
        let request = self.client.post(format!("{}/v1/files", self.url)).body(body);
        Self::sent(request.header("content-type", "multipart/form-data; boundary=cut")).await.unwrap()
    }

    async fn submit_file(&self, lines: &str) -> Value {
        let file = self.upload(lines).await.json();
        let body = json!({"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"});
        self.post("/v1/batches", &body).await.json()
    }
}

fn question(system: &str) -> Value {
    let system = json!([{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}]);
    let user = "Tracks, one JSON object a line:\n{\"id\":\"t0\"}\n{\"id\":\"t1\"}\n";
    json!({
        "model": "claude-haiku-5-5", "max_tokens": 1_000, "system": system,
        "messages": [{"role": "user", "content": user}]
    })
}

fn line(custom_id: &str, user: &str) -> String {
    let body = json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": user}]});
    json!({"custom_id": custom_id, "method": "POST", "url": "/v1/chat/completions", "body": body}).to_string()
}

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
    let lose = |visit: &super::Visit| match (visit.route.as_str(), visit.earlier) {
        ("POST /v1/messages/batches", 0) => Some(hang_up()),
        ("POST /v1/messages/batches", 1) => Some(Refusal::of_status(500).into_response()),
        _ => None,
    };
    let refuse = |visit: &super::Visit| (visit.earlier == 2).then(|| Refusal::of_status(529).into_response());
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
async fn the_system_text_is_billed_once_and_then_read_from_the_cache() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let caller = Caller::of(&stub);
    let asked = question(&"Songs. ".repeat(400));
    let counted = caller.post("/v1/messages/count_tokens", &asked).await.json()["input_tokens"].clone();
    let first = caller.post("/v1/messages", &asked).await.json()["usage"].clone();
    let second = caller.post("/v1/messages", &asked).await.json()["usage"].clone();
    assert_eq!((&first["cache_creation_input_tokens"], &first["cache_read_input_tokens"]), (&json!(700), &json!(0)));
    assert_eq!((&second["cache_creation_input_tokens"], &second["cache_read_input_tokens"]), (&json!(0), &json!(700)));
    assert_eq!(first["input_tokens"].as_u64().unwrap() + 700, counted.as_u64().unwrap());
    let short = caller.post("/v1/messages", &question("Too short to be cached")).await.json()["usage"].clone();
    assert_eq!(short["cache_creation_input_tokens"], 0);
}

#[tokio::test]
async fn an_answer_is_cut_at_max_tokens() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let mut asked = question("Tracks");
    asked["max_tokens"] = 10.into();
    let cut = Caller::of(&stub).post("/v1/messages", &asked).await.json();
    assert_eq!((&cut["stop_reason"], &cut["usage"]["output_tokens"]), (&json!("max_tokens"), &json!(10)));
}

#[tokio::test]
async fn the_other_api_gets_the_same_answers_in_its_own_words() {
    let script = |_: usize, question: &Value| match crate::user_text(question).as_str() {
        "refuse" => Json(message("", "refusal")).into_response(),
        "wait" => Refusal::of_status(429).retry_after(7).into_response(),
        _ => Json(message_about(question)).into_response(),
    };
    let stub = StubModel::behaving(Behaviour::default().script(script)).await;
    let caller = Caller::of(&stub);
    let ask = |user: &str| {
        let messages = json!([{"role": "system", "content": "Tracks"}, {"role": "user", "content": user}]);
        json!({"model": "gpt-4o-mini", "max_tokens": 500, "messages": messages})
    };
    let completion = caller.post("/v1/chat/completions", &ask("{\"id\":\"t4\"}")).await;
    assert!(completion.headers.contains_key("x-request-id"));
    let choice = &completion.json()["choices"][0];
    assert!(choice["message"]["content"].as_str().unwrap().contains("Song t4"), "{choice}");
    let usage = &completion.json()["usage"];
    let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!((&choice["finish_reason"], &usage["total_tokens"]), (&json!("stop"), &json!(sum)));
    let refused = caller.post("/v1/chat/completions", &ask("refuse")).await.json();
    assert!(refused["choices"][0]["message"]["refusal"].is_string(), "{refused}");
    let busy = caller.post("/v1/chat/completions", &ask("wait")).await;
    assert_eq!((busy.status, busy.headers["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(busy.json()["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn a_reasoning_model_refuses_max_tokens_and_bills_what_it_reasoned() {
    let stub = StubModel::behaving(Behaviour::default().reasoning()).await;
    let caller = Caller::of(&stub);
    let mut asked = json!({"model": "gpt-5-nano", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]});
    let refused = caller.post("/v1/chat/completions", &asked).await;
    let error = refused.json()["error"].clone();
    assert_eq!(
        (refused.status, &error["param"], &error["code"]),
        (400, &json!("max_tokens"), &json!("unsupported_parameter"))
    );
    asked.as_object_mut().unwrap().remove("max_tokens");
    asked["max_completion_tokens"] = 100.into();
    let usage = caller.post("/v1/chat/completions", &asked).await.json()["usage"].clone();
    let reasoned = usage["completion_tokens_details"]["reasoning_tokens"].as_u64().unwrap();
    assert!(reasoned > 0 && usage["completion_tokens"].as_u64().unwrap() > reasoned, "{usage}");
}

#[tokio::test]
async fn a_file_of_requests_comes_to_a_file_of_answers_and_one_of_errors() {
    let script = |_: usize, question: &Value| match crate::user_text(question).as_str() {
        "wait" => Refusal::of_status(429).into_response(),
        _ => Json(message_about(question)).into_response(),
    };
    let stub = StubModel::behaving(Behaviour::default().script(script)).await;
    let caller = Caller::of(&stub);
    let created = caller.submit_file(&[line("good", "{\"id\":\"t0\"}"), line("busy", "wait")].join("\n")).await;
    let path = format!("/v1/batches/{}", created["id"].as_str().unwrap());
    assert_eq!((&created["status"], &created["request_counts"]["total"]), (&json!("validating"), &json!(0)));
    assert_eq!(caller.get(&path).await.json()["status"], "in_progress");
    let ended = caller.get(&path).await.json();
    assert_eq!(ended["request_counts"], json!({"total": 2, "completed": 1, "failed": 1}));
    let file =
        async |name: &str| caller.get(&format!("/v1/files/{}/content", ended[name].as_str().unwrap())).await.lines();
    let (answers, errors) = (file("output_file_id").await, file("error_file_id").await);
    assert_eq!((answers.len(), errors.len()), (1, 1));
    assert_eq!(answers[0]["response"]["body"]["object"], "chat.completion");
    assert_eq!((&errors[0]["custom_id"], &errors[0]["response"]["status_code"]), (&json!("busy"), &json!(429)));
    assert_eq!(ended["usage"]["output_tokens"], answers[0]["response"]["body"]["usage"]["completion_tokens"]);
}

#[tokio::test]
async fn a_file_with_a_wrong_line_makes_the_batch_fail() {
    let stub = StubModel::behaving(Behaviour::default()).await;
    let caller = Caller::of(&stub);
    let created = caller.submit_file(&[line("one", "a"), line("one", "b"), "{".to_owned()].join("\n")).await;
    let failed = caller.get(&format!("/v1/batches/{}", created["id"].as_str().unwrap())).await.json();
    assert_eq!(failed["status"], "failed");
    let errors = failed["errors"]["data"].as_array().unwrap();
    let codes: Vec<_> = errors.iter().map(|error| (&error["code"], &error["line"])).collect();
    assert_eq!(codes, [(&json!("duplicate_custom_id"), &json!(2)), (&json!("invalid_json_line"), &json!(3))]);
}

#[tokio::test]
async fn a_key_is_asked_for_when_it_is_told_to() {
    let stub = StubModel::behaving(Behaviour::default().key("right")).await;
    let caller = Caller::of(&stub);
    let refused = caller.post("/v1/messages", &question("Tracks")).await;
    assert_eq!((refused.status, &refused.json()["error"]["type"]), (401, &json!("authentication_error")));
    for (name, value) in [("x-api-key", "right"), ("authorization", "Bearer right")] {
        let request = caller.client.post(format!("{}/v1/messages", stub.url)).json(&question("Tracks"));
        assert_eq!(Caller::sent(request.header(name, value)).await.unwrap().status, 200, "{name}");
    }
    assert_eq!(stub.exchanges().len(), 2);
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
