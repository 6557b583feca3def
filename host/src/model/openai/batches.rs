//! The Batch API: a file of requests as they would be sent one by one, answered in another file at half the price.

use super::dialect::{Form, Refused};
use super::{OpenAi, error, response};
use crate::model::http::{Read, shorten};
use crate::model::retry::retry_after;
use crate::model::{AskError, BatchApi, BatchRequest, BatchResult, BatchState, Failure, Listed, Submitted};
use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use reqwest::multipart::{Form as Upload, Part};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// The provider's own bound is 50,000 requests or 200 MB; with prompts of some kilobytes the size is met first.
const MOST_REQUESTS: usize = 10_000;
/// The most bytes of a file of requests.
const MOST_BYTES: usize = 200_000_000;
/// Batches a page of the list.
const PAGE: usize = 100;
/// The most pages of the list that are read. A host makes a batch in a while.
const MOST_PAGES: usize = 20;

#[derive(Deserialize)]
struct File {
    id: String,
}

#[derive(Deserialize)]
struct Batch {
    id: String,
    status: String,
    /// In seconds.
    created_at: i64,
    #[serde(default)]
    expires_at: Option<i64>,
    #[serde(default)]
    output_file_id: Option<String>,
    #[serde(default)]
    error_file_id: Option<String>,
    #[serde(default)]
    request_counts: Option<Counts>,
    /// What is wrong with the file of requests.
    #[serde(default)]
    errors: Option<Value>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(default)]
struct Counts {
    total: i64,
    completed: i64,
    failed: i64,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Batch>,
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct Line {
    custom_id: String,
    #[serde(default)]
    response: Option<Response>,
    #[serde(default)]
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Response {
    status_code: u16,
    #[serde(default)]
    request_id: Option<String>,
    #[serde(default)]
    body: Value,
}

impl Batch {
    fn has_ended(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed" | "expired" | "cancelled")
    }

    fn counts(&self) -> Counts {
        self.request_counts.unwrap_or_default()
    }

    /// Whether it was made since a time in milliseconds, or in the same second.
    const fn is_since(&self, since: i64) -> bool {
        self.created_at.saturating_add(1).saturating_mul(1_000) > since
    }

    fn state(&self) -> BatchState {
        let counts = self.counts();
        let left = if self.has_ended() { counts.total - counts.completed } else { 0 };
        BatchState {
            has_ended: self.has_ended(),
            answered: counts.completed,
            unanswered: counts.failed.max(left),
            retry_after: None,
        }
    }

    fn listed(&self) -> Listed {
        Listed {
            id: self.id.clone(),
            created_at: self.created_at.saturating_mul(1_000),
            // None are counted before the file of requests is read.
            requests: Some(self.counts().total).filter(|total| *total > 0),
            has_ended: self.has_ended(),
        }
    }
}

#[async_trait]
impl BatchApi for OpenAi {
    fn most_requests(&self) -> usize {
        MOST_REQUESTS
    }

    async fn submit(&self, requests: &[BatchRequest]) -> Result<Submitted, Failure> {
        let file = self.upload(self.lines(requests)?).await?;
        let body = json!({"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"});
        let read = self.client.post("/batches", HeaderMap::new(), body.to_string().into_bytes()).await?;
        let batch: Batch = self.read_made(&read)?;
        Ok(Submitted { id: batch.id, expires_at: batch.expires_at.map(|seconds| seconds.saturating_mul(1_000)) })
    }

    async fn state(&self, id: &str) -> Result<Option<BatchState>, Failure> {
        let read = self.client.get(&format!("/batches/{id}"), HeaderMap::new()).await?;
        if read.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let batch: Batch = self.read(&read)?;
        Ok(Some(BatchState { retry_after: retry_after(&read.headers), ..batch.state() }))
    }

    async fn made_since(&self, since: i64) -> Result<Vec<Listed>, Failure> {
        let (mut made, mut after) = (Vec::new(), String::new());
        for _ in 0..MOST_PAGES {
            let read = self.client.get(&format!("/batches?limit={PAGE}{after}"), HeaderMap::new()).await?;
            let page: Page = self.read(&read)?;
            made.extend(page.data.iter().filter(|batch| batch.is_since(since)).map(Batch::listed));
            match page.data.last() {
                Some(last) if page.has_more && last.is_since(since) => after = format!("&after={}", last.id),
                _ => break,
            }
        }
        Ok(made)
    }

    async fn results(&self, id: &str) -> Result<BoxStream<'static, Result<(String, BatchResult), Failure>>, Failure> {
        let batch: Batch = self.read(&self.client.get(&format!("/batches/{id}"), HeaderMap::new()).await?)?;
        if !batch.has_ended() {
            let reason = format!("batch {id} has no results yet: it is {}", batch.status);
            return Err(Failure::last(AskError::Backoff(reason)));
        }
        if let Some(errors) = batch.errors.filter(|errors| !errors.is_null()) {
            let errors = self.client.clean(&shorten(&errors.to_string()));
            tracing::error!(batch = id, "the provider did not take the requests of a batch: {errors}");
        }
        let mut files: VecDeque<_> = [batch.output_file_id, batch.error_file_id].into_iter().flatten().collect();
        let lines = match files.pop_front() {
            Some(file) => self.content(&file).await?,
            None => stream::empty().boxed(),
        };
        let results = Results { provider: self.clone(), sent: self.form(), files, lines };
        Ok(stream::try_unfold(results, Results::next).boxed())
    }

    async fn cancel(&self, id: &str) -> Result<(), Failure> {
        let read = self.client.post(&format!("/batches/{id}/cancel"), HeaderMap::new(), b"{}".to_vec()).await?;
        self.read::<Value>(&read).map(drop)
    }
}

/// The results of a batch, file by file.
struct Results {
    provider: OpenAi,
    /// How its requests were put, as far as is known.
    sent: Form,
    files: VecDeque<String>,
    lines: BoxStream<'static, Result<Vec<u8>, Failure>>,
}

impl Results {
    async fn next(mut self) -> Result<Option<((String, BatchResult), Self)>, Failure> {
        loop {
            if let Some(line) = self.lines.try_next().await? {
                return Ok(Some((self.provider.result(self.sent, &line)?, self)));
            }
            let Some(file) = self.files.pop_front() else { return Ok(None) };
            self.lines = self.provider.content(&file).await?;
        }
    }
}

impl OpenAi {
    /// Requests as lines of a file.
    fn lines(&self, requests: &[BatchRequest]) -> Result<Vec<u8>, Failure> {
        let (form, mut lines) = (self.form(), Vec::new());
        for request in requests {
            let body = self.request(&request.prompt, form)?;
            let url = "/v1/chat/completions";
            let line = json!({"custom_id": request.custom_id, "method": "POST", "url": url, "body": body});
            lines.extend_from_slice(line.to_string().as_bytes());
            lines.push(b'\n');
        }
        if lines.len() > MOST_BYTES {
            let reason = format!("{} requests are {} bytes, more than a batch may have", requests.len(), lines.len());
            return Err(Failure::last(AskError::Split(reason)));
        }
        Ok(lines)
    }

    async fn upload(&self, lines: Vec<u8>) -> Result<String, Failure> {
        let file = Part::bytes(lines).file_name("requests.jsonl");
        let upload = Upload::new().text("purpose", "batch").part("file", file);
        let file: File = self.read_made(&self.client.post_form("/files", upload).await?)?;
        Ok(file.id)
    }

    /// What was made by a request that only a server with a batch API understands.
    fn read_made<T: serde::de::DeserializeOwned>(&self, read: &Read) -> Result<T, Failure> {
        if is_missing(read.status) {
            self.learned.keep_no_batches();
        }
        self.read(read)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, read: &Read) -> Result<T, Failure> {
        if is_missing(read.status) {
            let said = self.client.clean(&error::Detail::of(&read.body).said);
            let reason = format!(
                "{} has no batch API, or does not know what it was asked for ({}): {said}",
                self.client.origin(),
                read.status.as_u16()
            );
            return Err(Failure::last(AskError::Final(reason)));
        }
        if !read.status.is_success() {
            return Err(self.refused(read));
        }
        serde_json::from_slice(&read.body).map_err(|error| {
            let reason = format!("the provider's response is not of the Batch API: {error}");
            Failure::last(AskError::Backoff(reason))
        })
    }

    async fn content(&self, file: &str) -> Result<BoxStream<'static, Result<Vec<u8>, Failure>>, Failure> {
        let lines = self.client.lines(&format!("/files/{file}/content"), HeaderMap::new()).await?;
        lines.map_err(|read| self.refused(&read))
    }

    /// A line of results.
    fn result(&self, sent: Form, line: &[u8]) -> Result<(String, BatchResult), Failure> {
        let Line { custom_id, response, error } = serde_json::from_slice(line).map_err(|error| {
            Failure::last(AskError::Backoff(format!("a line of the batch's results is not one: {error}")))
        })?;
        let came = match (response, error.filter(|error| !error.is_null())) {
            (_, Some(error)) => self.without_response(&error),
            (Some(response), None) if response.status_code == 200 => self.answered(response),
            (Some(response), None) => BatchResult::Errored(self.rejected(sent, &response)),
            (None, None) => self.without_response(&Value::Null),
        };
        Ok((custom_id, came))
    }

    fn answered(&self, response: Response) -> BatchResult {
        let cost = |model: &str, billed| self.prices.batch_cost_micros(model, billed);
        let body = response.body.to_string();
        match response::answer(&self.model, body.as_bytes(), response.request_id, cost) {
            Ok(answer) => BatchResult::Answered(Box::new(answer)),
            Err(failure) => BatchResult::Errored(failure.error),
        }
    }

    /// What an error means. When it is how it was asked, it is asked otherwise the next time.
    fn rejected(&self, sent: Form, response: &Response) -> AskError {
        let status = response.status_code;
        let meant = error::of_result(status, &response.body, &self.model).map(|reason| self.client.clean(&reason));
        let detail = error::Detail::of(response.body.to_string().as_bytes());
        let refused = matches!(status, 400 | 422).then(|| Refused::by(&detail)).flatten();
        match refused.and_then(|refused| sent.without(refused, &self.dialect)) {
            Some(corrected) => {
                self.learned.keep(&self.model, corrected);
                AskError::Backoff(meant.to_string())
            }
            None => meant,
        }
    }

    fn without_response(&self, error: &Value) -> BatchResult {
        match error.get("code").and_then(Value::as_str) {
            Some("batch_expired") => BatchResult::Unanswered("it expired"),
            Some("batch_cancelled") => BatchResult::Unanswered("it was cancelled"),
            _ => BatchResult::Errored(error::of_result(500, error, &self.model)),
        }
    }
}

/// Whether a server does not know a path, or what it names.
fn is_missing(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED)
}
