//! The Messages API, apart from its batches.

use super::answering::Tier;
use super::refusal::Refusal;
use super::{Exchange, Shared, Wire, models, usage};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
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
    tokio::spawn(answering).await.unwrap()
}

pub(super) fn read(body: &Bytes) -> Result<Value, Refusal> {
    serde_json::from_slice(body)
        .map_err(|error| Refusal::invalid(&format!("The request body is not valid JSON: {error}")))
}

pub(super) async fn count_tokens(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let question = read(&body)?;
    if shared.behaviour.checks {
        models::answers(Wire::Anthropic, question["model"].as_str().unwrap_or_default())?;
    }
    Ok(Json(json!({"input_tokens": usage::PromptCache::default().input(Wire::Anthropic, &question).total()})))
}
