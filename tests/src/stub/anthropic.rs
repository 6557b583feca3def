//! The Messages API, apart from its batches.

use super::answering::{MODELS, Tier, unknown_model};
use super::refusal::Refusal;
use super::{Exchange, Shared, Wire, usage};
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::{Json, http::StatusCode};
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn message(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    live(shared, Wire::Anthropic, headers, &body).await
}

/// As at a real provider, a question is answered, and paid for, also when the caller has hung up meanwhile.
pub(super) async fn live(shared: Arc<Shared>, wire: Wire, headers: HeaderMap, body: &Bytes) -> Response {
    let question = match read(body) {
        Ok(question) => question,
        Err(refusal) => return refusal.into_response(),
    };
    let answering = async move {
        let before = {
            let mut exchanges = shared.exchanges.lock().unwrap();
            exchanges.push(Exchange { headers, body: question.clone() });
            shared.count_question()
        };
        shared.answer(wire, Tier::Live, before, &question).await
    };
    tokio::spawn(answering).await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

pub(super) fn read(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::invalid(&format!("The request body is not valid JSON: {error}")))
}

pub(super) async fn count_tokens(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let question = read(&body)?;
    let model = question["model"].as_str().unwrap_or_default();
    if shared.behaviour.checks && !MODELS.contains(&model) {
        return Err(unknown_model(Wire::Anthropic, model));
    }
    Ok(Json(json!({"input_tokens": usage::PromptCache::default().input(Wire::Anthropic, &question).total()})))
}

pub(super) async fn model(Extension(wire): Extension<Wire>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let claude = id.starts_with("claude-");
    if !MODELS.contains(&id.as_str()) || claude != (wire == Wire::Anthropic) {
        return Err(unknown_model(wire, &id));
    }
    Ok(Json(match wire {
        Wire::Anthropic => claude_model(&id),
        Wire::OpenAi => json!({"id": id, "object": "model", "created": 1_721_172_741, "owned_by": "system"}),
    }))
}

fn claude_model(id: &str) -> Value {
    let newest = id.starts_with("claude-haiku-5");
    let supported = |supported: bool| json!({"supported": supported});
    let (name, created_at, input, output) = if newest {
        ("Claude Haiku 5.5", "2026-10-07T00:00:00Z", 1_000_000, 128_000)
    } else {
        ("Claude Haiku 4.5", "2025-10-15T00:00:00Z", 200_000, 64_000)
    };
    json!({
        "type": "model", "id": id, "display_name": name, "created_at": created_at, "line": "haiku",
        "lifecycle": "active", "deprecated_at": null, "retires_at": null,
        "max_input_tokens": input, "max_tokens": output,
        "capabilities": {
            "batch": supported(true), "citations": supported(true), "code_execution": supported(true),
            "context_management": {
                "supported": true, "clear_thinking_20251015": supported(true),
                "clear_tool_uses_20250919": supported(true), "compact_20260112": supported(newest)
            },
            "effort": {
                "supported": newest, "low": supported(newest), "medium": supported(newest), "high": supported(newest),
                "xhigh": supported(newest), "max": supported(newest)
            },
            "image_input": supported(true), "pdf_input": supported(true),
            "server_tools": {"supported": true, "code_execution": supported(true), "web_search": supported(true)},
            "structured_outputs": supported(true),
            "thinking": {
                "supported": true,
                "types": {
                    "adaptive": supported(newest), "between_tools": supported(newest), "disabled": supported(true),
                    "enabled": supported(!newest)
                }
            }
        }
    })
}
