//! The OpenAI-compatible API and its batches.

use super::{Caller, line};
use crate::stub::{Behaviour, Refusal, StubModel};
use crate::{message, message_about, user_text};
use axum::Json;
use axum::response::IntoResponse;
use serde_json::{Value, json};

#[tokio::test]
async fn the_other_api_gets_the_same_answers_in_its_own_words() {
    let script = |_: usize, question: &Value| match user_text(question).as_str() {
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
    let script = |_: usize, question: &Value| match user_text(question).as_str() {
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
