//! OpenAI's chat completions.

use super::refusal::Refusal;
use super::{Shared, Wire, anthropic, usage};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};
use std::sync::Arc;

/// Tokens that a reasoning model reasons with before it answers.
const REASONED: u64 = 64;

pub(super) async fn completion(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    anthropic::live(shared, Wire::OpenAi, headers, &body).await
}

/// What a reasoning model does not take.
pub(super) fn refused_by_reasoning(question: &Value) -> Option<Refusal> {
    if !question["max_tokens"].is_null() {
        let message = "Unsupported parameter: 'max_tokens' is not supported with this model. \
                       Use 'max_completion_tokens' instead.";
        return Some(Refusal::invalid(message).openai(Some("max_tokens"), "unsupported_parameter"));
    }
    let temperature = &question["temperature"];
    if temperature.is_null() || temperature.as_f64() == Some(1.0) {
        return None;
    }
    let message = "Unsupported value: 'temperature' does not support this value with this model. Only the default (1) \
                   value is supported.";
    Some(Refusal::invalid(message).openai(Some("temperature"), "unsupported_value"))
}

/// A message of the Messages API as a completion.
pub(super) fn translated(message: &Value, number: usize, reasons: bool) -> Value {
    let text = usage::text(&message["content"]);
    let refused = message["stop_reason"] == "refusal";
    let (content, refusal) =
        if refused { (Value::Null, json!("I'm sorry, I cannot help with that.")) } else { (json!(text), Value::Null) };
    let finish_reason = if message["stop_reason"] == "max_tokens" { "length" } else { "stop" };
    json!({
        "id": format!("chatcmpl-{number:024}"), "object": "chat.completion",
        "created": jiff::Timestamp::now().as_second(), "model": message["model"],
        "choices": [{
            "index": 0, "logprobs": null, "finish_reason": finish_reason,
            "message": {"role": "assistant", "content": content, "refusal": refusal, "annotations": []}
        }],
        "usage": usage::translated(&message["usage"], if reasons { REASONED } else { 0 }),
        "service_tier": "default", "system_fingerprint": "fp_stub"
    })
}
