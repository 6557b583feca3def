//! OpenAI's batches: a file of requests in, a file of answers and a file of errors out.

use super::answering::Outcome;
use super::batch::{self, Batch, BatchRequest, Ending};
use super::refusal::Refusal;
use super::{Shared, Wire, anthropic};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

const MOST_REQUESTS: usize = 50_000;
const DAY: i64 = 24 * 60 * 60;

pub(super) async fn create(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let asked = anthropic::read(&body)?;
    let text = |name: &str| asked[name].as_str().map(str::to_owned);
    let input_file =
        text("input_file_id").ok_or_else(|| Refusal::invalid("Missing required parameter: 'input_file_id'."))?;
    let endpoint = text("endpoint").filter(|endpoint| endpoint == "/v1/chat/completions");
    let endpoint =
        endpoint.ok_or_else(|| Refusal::invalid("Invalid value for 'endpoint': use '/v1/chat/completions'."))?;
    if asked["completion_window"] != "24h" {
        return Err(Refusal::invalid("Invalid value for 'completion_window': use '24h'."));
    }
    let (requests, errors) = read_lines(&shared.files.content(&input_file)?, &endpoint);
    let mut batch = Batch::new(Wire::OpenAi, format!("batch_{:024}", shared.next()), headers, requests);
    batch.openai =
        batch::OpenAi { input_file, endpoint, metadata: asked["metadata"].clone(), errors, ..batch::OpenAi::default() };
    let shown = shown(&batch);
    shared.ledger.add(batch);
    Ok(Json(shown))
}

/// The requests of a file, or everything that is wrong with it.
fn read_lines(content: &Bytes, endpoint: &str) -> (Vec<BatchRequest>, Vec<Value>) {
    let (mut requests, mut errors, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for (number, line) in content.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        match read_line(line, endpoint, &mut seen) {
            Ok(request) => requests.push(request),
            Err((code, message)) => {
                errors.push(json!({"code": code, "message": message, "param": null, "line": number + 1}));
            }
        }
    }
    if requests.is_empty() && errors.is_empty() {
        errors.push(json!({"code": "empty_file", "message": "The input file is empty.", "param": null, "line": null}));
    }
    if requests.len() > MOST_REQUESTS {
        let message = format!("The batch has more than {MOST_REQUESTS} requests.");
        errors.push(json!({"code": "too_many_tasks", "message": message, "param": null, "line": null}));
    }
    if errors.is_empty() { (requests, errors) } else { (Vec::new(), errors) }
}

fn read_line(line: &[u8], endpoint: &str, seen: &mut HashSet<String>) -> Result<BatchRequest, (&'static str, String)> {
    let mut line: Value = serde_json::from_slice(line)
        .map_err(|error| ("invalid_json_line", format!("This line is not JSON: {error}")))?;
    let custom_id = line["custom_id"].as_str().unwrap_or_default().to_owned();
    if custom_id.is_empty() {
        return Err(("missing_required_parameter", "'custom_id' is missing.".to_owned()));
    }
    if !seen.insert(custom_id.clone()) {
        return Err(("duplicate_custom_id", format!("The custom_id {custom_id:?} is not unique.")));
    }
    if line["method"] != "POST" || line["url"] != endpoint {
        return Err(("mismatched_endpoint", format!("Use the method 'POST' and the url {endpoint:?}.")));
    }
    if !line["body"].is_object() {
        return Err(("missing_required_parameter", "'body' is missing.".to_owned()));
    }
    Ok(BatchRequest { custom_id, body: line["body"].take() })
}

pub(super) async fn retrieve(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let batch = batch::poll(&shared, Wire::OpenAi, &id).await.ok_or_else(|| unknown(&id))?;
    Ok(Json(shown(&batch)))
}

pub(super) async fn list(
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Value>, Refusal> {
    let limit = query.get("limit").map_or(Ok(20), |limit| limit.parse()).ok().filter(|limit| (1..=100).contains(limit));
    let limit = limit.ok_or_else(|| Refusal::invalid("Invalid 'limit': use 1 to 100."))?;
    let after = query.get("after").map(String::as_str);
    let page = shared.ledger.page(Wire::OpenAi, limit, after, None);
    let (batches, has_more) = page.ok_or_else(|| unknown(after.unwrap_or_default()))?;
    let id = |batch: Option<&Batch>| batch.map(|batch| batch.id.clone());
    Ok(Json(json!({
        "object": "list", "data": batches.iter().map(shown).collect::<Vec<_>>(),
        "first_id": id(batches.first()), "last_id": id(batches.last()), "has_more": has_more
    })))
}

pub(super) async fn cancel(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let batch = batch::cancel(&shared, Wire::OpenAi, &id).ok_or_else(|| unknown(&id))?;
    let status = status(&batch);
    if batch.ended || status == "failed" {
        return Err(Refusal::new(409, "conflict_error", &format!("Cannot cancel a batch with status '{status}'.")));
    }
    Ok(Json(shown(&batch)))
}

fn unknown(id: &str) -> Refusal {
    Refusal::not_found(&format!("No batch found with id '{id}'."))
}

fn status(batch: &Batch) -> &'static str {
    let end = batch.end.as_ref().map(|end| end.how);
    match (end, batch.cancelled_at) {
        _ if batch.polls > 0 && !batch.openai.errors.is_empty() => "failed",
        (Some(Ending::Answered), _) => "completed",
        (Some(Ending::Canceled), _) => "cancelled",
        (Some(Ending::Expired), _) => "expired",
        (None, Some(_)) => "cancelling",
        (None, None) if batch.polls > 0 => "in_progress",
        (None, None) => "validating",
    }
}

fn shown(batch: &Batch) -> Value {
    let status = status(batch);
    let created_at = batch.created_at.as_second();
    let ended_at = batch.end.as_ref().map(|end| end.at.as_second());
    let when = |is: bool| ended_at.filter(|_| is);
    let started = status != "validating" && status != "failed";
    let completed = batch.count(|outcome| matches!(outcome, Outcome::Answered(200, _)));
    let errors = (status == "failed").then(|| json!({"object": "list", "data": batch.openai.errors}));
    let model = batch.requests.first().filter(|_| started).map(|request| request.body["model"].clone());
    json!({
        "id": batch.id, "object": "batch", "endpoint": batch.openai.endpoint, "model": model, "errors": errors,
        "input_file_id": batch.openai.input_file, "completion_window": "24h", "status": status,
        "output_file_id": batch.openai.output_file, "error_file_id": batch.openai.error_file,
        "created_at": created_at, "in_progress_at": started.then_some(created_at), "expires_at": created_at + DAY,
        "finalizing_at": when(status == "completed"), "completed_at": when(status == "completed"),
        "failed_at": (status == "failed").then_some(created_at), "expired_at": when(status == "expired"),
        "cancelling_at": batch.cancelled_at.map(|at| at.as_second()), "cancelled_at": when(status == "cancelled"),
        "request_counts": {
            "total": if started { batch.requests.len() } else { 0 },
            "completed": completed, "failed": if batch.ended { batch.requests.len() - completed } else { 0 }
        },
        "usage": usage(batch), "metadata": batch.openai.metadata
    })
}

/// What the whole batch cost.
fn usage(batch: &Batch) -> Value {
    let sum = |pointer: &str| -> u64 {
        let outcomes = batch.end.iter().flat_map(|end| end.outcomes.iter());
        let count = |(_, outcome): &(String, Outcome)| match outcome {
            Outcome::Answered(_, body) => body.pointer(pointer).and_then(Value::as_u64),
            _ => None,
        };
        outcomes.filter_map(count).sum()
    };
    let (input, output) = (sum("/usage/prompt_tokens"), sum("/usage/completion_tokens"));
    json!({
        "input_tokens": input, "output_tokens": output, "total_tokens": input + output,
        "input_tokens_details": {"cached_tokens": sum("/usage/prompt_tokens_details/cached_tokens")},
        "output_tokens_details": {
            "reasoning_tokens": sum("/usage/completion_tokens_details/reasoning_tokens")
        }
    })
}
