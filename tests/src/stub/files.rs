//! OpenAI's files: what batches are made of, and what they come to.

use super::answering::Outcome;
use super::batch::End;
use super::refusal::Refusal;
use super::{Shared, batch};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Multipart, Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

const THIRTY_DAYS: i64 = 30 * 24 * 60 * 60;

#[derive(Clone)]
struct File {
    name: String,
    purpose: String,
    created_at: Timestamp,
    content: Bytes,
}

impl File {
    fn shown(&self, id: &str) -> Value {
        let created_at = self.created_at.as_second();
        json!({
            "object": "file", "id": id, "purpose": self.purpose, "filename": self.name, "bytes": self.content.len(),
            "created_at": created_at, "expires_at": created_at + THIRTY_DAYS, "status": "processed",
            "status_details": null
        })
    }
}

#[derive(Default)]
pub(super) struct Files(Mutex<HashMap<String, File>>);

impl Files {
    fn find(&self, id: &str) -> Result<File, Refusal> {
        self.0.lock().unwrap().get(id).cloned().ok_or_else(|| Refusal::not_found(&format!("No such File object: {id}")))
    }

    pub(super) fn content(&self, id: &str) -> Result<Bytes, Refusal> {
        self.find(id).map(|file| file.content)
    }

    fn store(&self, id: String, name: &str, purpose: &str, content: Bytes) -> Value {
        let (name, purpose) = (name.to_owned(), purpose.to_owned());
        let file = File { name, purpose, created_at: Timestamp::now(), content };
        let shown = file.shown(&id);
        self.0.lock().unwrap().insert(id, file);
        shown
    }

    /// Stores what became of a batch: the answers in one file, everything else in another.
    pub(super) fn store_outcomes(&self, shared: &Shared, end: &End) -> (Option<String>, Option<String>) {
        let (mut output, mut errors) = (String::new(), String::new());
        for (custom_id, outcome) in end.outcomes.iter() {
            let into = if matches!(outcome, Outcome::Answered(200, _)) { &mut output } else { &mut errors };
            into.push_str(&line(shared.next(), custom_id, outcome).to_string());
            into.push('\n');
        }
        let store = |name: &str, content: String| {
            (!content.is_empty()).then(|| {
                let id = format!("file-{:022}", shared.next());
                self.store(id.clone(), name, "batch_output", content.into());
                id
            })
        };
        (store("batch_output.jsonl", output), store("batch_error.jsonl", errors))
    }
}

fn line(number: usize, custom_id: &str, outcome: &Outcome) -> Value {
    let (response, error) = match outcome {
        Outcome::Answered(status, body) => {
            (json!({"status_code": status, "request_id": format!("req_{number:024}"), "body": body}), Value::Null)
        }
        Outcome::Expired => {
            let message = "This request could not be executed before the completion window expired.";
            (Value::Null, json!({"code": "batch_expired", "message": message}))
        }
        Outcome::Canceled => {
            let message = "This request was not executed because the batch was cancelled.";
            (Value::Null, json!({"code": "batch_cancelled", "message": message}))
        }
    };
    json!({"id": format!("batch_req_{number:024}"), "custom_id": custom_id, "response": response, "error": error})
}

pub(super) async fn upload(State(shared): State<Arc<Shared>>, mut form: Multipart) -> Result<Json<Value>, Refusal> {
    let broken = |error: axum::extract::multipart::MultipartError| Refusal::invalid(&error.body_text());
    let (mut purpose, mut file) = (None, None);
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("purpose") => purpose = Some(field.text().await.map_err(broken)?),
            Some("file") => {
                let name = field.file_name().unwrap_or("upload").to_owned();
                file = Some((name, field.bytes().await.map_err(broken)?));
            }
            _ => {}
        }
    }
    let (name, content) = file.ok_or_else(|| Refusal::invalid("'file' is a required property"))?;
    if purpose.as_deref() != Some("batch") {
        return Err(Refusal::invalid(&format!("{purpose:?} is not the purpose 'batch'")));
    }
    if !name.ends_with(".jsonl") {
        return Err(Refusal::invalid(&format!("Invalid file format for Batch API: {name:?} must be a .jsonl file")));
    }
    Ok(Json(shared.files.store(format!("file-{:022}", shared.next()), &name, "batch", content)))
}

pub(super) async fn retrieve(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(shared.files.find(&id)?.shown(&id)))
}

pub(super) async fn content(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Result<Response, Refusal> {
    let content = shared.files.content(&id)?;
    shared.ledger.note_download(&id);
    Ok(([(CONTENT_TYPE, "application/octet-stream")], content).into_response())
}

impl batch::Ledger {
    /// A batch's results are downloaded by its output file.
    fn note_download(&self, file: &str) {
        self.change_all(|batch| batch.downloads += usize::from(batch.openai.output_file.as_deref() == Some(file)));
    }
}
