//! Replies in the form the `llm` strategy asks for, in messages of the form the Messages API sends.

use serde_json::{Value, json};

/// One good item.
#[must_use]
pub fn item(id: &str) -> Value {
    json!({
        "id": id, "music": true, "t": format!("Song {id}"), "a": "Ada Lane", "al": null, "g": ["folk"], "d": "2020",
        "y": "song", "c": 0.9
    })
}

/// A message of the Messages API with a text.
#[must_use]
pub fn message(text: &str, stop_reason: &str) -> Value {
    json!({
        "id": "msg_stub", "type": "message", "role": "assistant", "model": "claude-haiku-5-5",
        "content": [{"type": "text", "text": text}], "stop_reason": stop_reason, "stop_sequence": null,
        "usage": {
            "input_tokens": 100, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 700,
            "output_tokens": 60, "service_tier": "standard"
        }
    })
}

/// What the user says last in a request of either API, as a string or in blocks.
#[must_use]
pub fn user_text(request: &Value) -> String {
    let messages = request["messages"].as_array().into_iter().flatten();
    let content = messages.rev().find(|message| message["role"] == "user").map(|message| &message["content"]);
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => blocks.iter().filter_map(|block| block["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// The ids that a text asks about, one JSON object a line.
#[must_use]
pub fn ids(user: &str) -> Vec<String> {
    let lines = user.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| line["id"].as_str().map(str::to_owned)).collect()
}

/// A good message about every track that a request asks about.
#[must_use]
pub fn message_about(request: &Value) -> Value {
    let items: Vec<Value> = ids(&user_text(request)).iter().map(|id| item(id)).collect();
    message(&json!({"items": items}).to_string(), "end_turn")
}
