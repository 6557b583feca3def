//! The Message Batches API.

use super::answering::Outcome;
use super::batch::{self, Batch, BatchRequest};
use super::refusal::Refusal;
use super::{Shared, Wire, anthropic};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const MOST_REQUESTS: usize = 100_000;

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let requests = requests(&anthropic::read(&body)?)?;
    let id = format!("msgbatch_{:024}", shared.next());
    let batch = Batch::new(Wire::Anthropic, id, headers.clone(), requests);
    let shown = shown(&batch, &headers);
    shared.ledger.add(batch);
    Ok(Json(shown))
}

fn requests(body: &Value) -> Result<Vec<BatchRequest>, Refusal> {
    let sent = body["requests"].as_array().filter(|sent| !sent.is_empty());
    let sent = sent.ok_or_else(|| Refusal::invalid("requests: Field required"))?;
    if sent.len() > MOST_REQUESTS {
        return Err(Refusal::invalid(&format!("requests: List should have at most {MOST_REQUESTS} items")));
    }
    let mut seen = HashSet::new();
    sent.iter().enumerate().map(|(at, request)| read_request(at, request, &mut seen)).collect()
}

fn read_request<'a>(at: usize, request: &'a Value, seen: &mut HashSet<&'a str>) -> Result<BatchRequest, Refusal> {
    let custom_id = request["custom_id"].as_str().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if custom_id.is_empty() || custom_id.len() > 64 || !custom_id.chars().all(allowed) {
        let message = format!("requests.{at}.custom_id: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'");
        return Err(Refusal::invalid(&message));
    }
    if !seen.insert(custom_id) {
        return Err(Refusal::invalid(&format!("requests.{at}.custom_id: {custom_id:?} is not unique")));
    }
    if !request["params"].is_object() {
        return Err(Refusal::invalid(&format!("requests.{at}.params: Field required")));
    }
    Ok(BatchRequest { custom_id: custom_id.to_owned(), body: request["params"].clone() })
}

pub(super) async fn retrieve(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let batch = batch::poll(&shared, Wire::Anthropic, &id).await.ok_or_else(|| unknown(&id))?;
    Ok(Json(shown(&batch, &headers)))
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let limit =
        query.get("limit").map_or(Ok(20), |limit| limit.parse()).ok().filter(|limit| (1..=1_000).contains(limit));
    let limit = limit.ok_or_else(|| Refusal::invalid("limit: Input should be between 1 and 1000"))?;
    let (older, newer) = (query.get("after_id").map(String::as_str), query.get("before_id").map(String::as_str));
    let page = shared.ledger.page(Wire::Anthropic, limit, older, newer);
    let (batches, has_more) = page.ok_or_else(|| unknown(older.or(newer).unwrap_or_default()))?;
    let id = |batch: Option<&Batch>| batch.map(|batch| batch.id.clone());
    Ok(Json(json!({
        "data": batches.iter().map(|batch| shown(batch, &headers)).collect::<Vec<_>>(),
        "has_more": has_more, "first_id": id(batches.first()), "last_id": id(batches.last())
    })))
}

pub(super) async fn cancel(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let batch = batch::cancel(&shared, Wire::Anthropic, &id).ok_or_else(|| unknown(&id))?;
    if batch.ended {
        return Err(Refusal::invalid(&format!("Message Batch {id} has ended and cannot be canceled.")));
    }
    Ok(Json(shown(&batch, &headers)))
}

pub(super) async fn results(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let batch = shared.ledger.change(Wire::Anthropic, &id, |batch| batch.downloads += usize::from(batch.ended));
    let batch = batch.ok_or_else(|| unknown(&id))?;
    let end = batch.end.ok_or_else(|| Refusal::not_found(&format!("Message Batch {id} has no available results.")))?;
    let mut lines = String::new();
    for (custom_id, outcome) in end.outcomes.iter() {
        let result = match outcome {
            Outcome::Answered(200, message) => json!({"type": "succeeded", "message": message}),
            Outcome::Answered(_, error) => json!({"type": "errored", "error": error}),
            Outcome::Canceled => json!({"type": "canceled"}),
            Outcome::Expired => json!({"type": "expired"}),
        };
        lines.push_str(&json!({"custom_id": custom_id, "result": result}).to_string());
        lines.push('\n');
    }
    Ok(([(CONTENT_TYPE, "application/x-jsonl")], lines).into_response())
}

fn unknown(id: &str) -> Refusal {
    Refusal::not_found(&format!("Message Batch {id} not found."))
}

/// A batch as it is shown to one who asked for it where these headers say.
fn shown(batch: &Batch, headers: &HeaderMap) -> Value {
    let status = match (batch.ended, batch.cancelled_at) {
        (true, _) => "ended",
        (false, Some(_)) => "canceling",
        (false, None) => "in_progress",
    };
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let results = batch.ended.then(|| format!("http://{host}/v1/messages/batches/{}/results", batch.id));
    json!({
        "id": batch.id, "type": "message_batch", "processing_status": status,
        "request_counts": {
            "processing": if batch.ended { 0 } else { batch.requests.len() },
            "succeeded": batch.count(|outcome| matches!(outcome, Outcome::Answered(200, _))),
            "errored": batch.count(|outcome| matches!(outcome, Outcome::Answered(status, _) if *status != 200)),
            "canceled": batch.count(|outcome| matches!(outcome, Outcome::Canceled)),
            "expired": batch.count(|outcome| matches!(outcome, Outcome::Expired)),
        },
        "ended_at": batch.end.as_ref().map(|end| written(end.at)),
        "created_at": written(batch.created_at),
        "expires_at": written(batch.created_at + SignedDuration::from_hours(24)),
        "archived_at": null,
        "cancel_initiated_at": batch.cancelled_at.map(written),
        "results_url": results
    })
}

fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}
