//! Message Batches: requests as they would be sent one by one, at half the price.

use super::{Anthropic, error, wire};
use crate::model::http::Read;
use crate::model::retry::retry_after;
use crate::model::{AskError, BatchApi, BatchRequest, BatchResult, BatchState, Failure, Listed, Submitted};
use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

/// The provider's own bound is 100,000 requests or 256 MB; with prompts of some kilobytes the size is met first.
const MOST_REQUESTS: usize = 10_000;
/// Batches a page of the list.
const PAGE: usize = 100;
/// The most pages of the list that are read. A host makes a batch in a while.
const MOST_PAGES: usize = 20;

#[derive(Deserialize)]
struct MessageBatch {
    id: String,
    processing_status: String,
    #[serde(default)]
    request_counts: Counts,
    created_at: String,
    #[serde(default)]
    expires_at: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Counts {
    processing: i64,
    succeeded: i64,
    errored: i64,
    canceled: i64,
    expired: i64,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<MessageBatch>,
    #[serde(default)]
    has_more: bool,
    #[serde(default)]
    last_id: Option<String>,
}

#[derive(Deserialize)]
struct Line {
    custom_id: String,
    result: Value,
}

impl MessageBatch {
    fn created_at(&self) -> i64 {
        millis(&self.created_at).unwrap_or(0)
    }

    fn has_ended(&self) -> bool {
        self.processing_status == "ended"
    }
}

impl Counts {
    const fn unanswered(&self) -> i64 {
        self.errored + self.canceled + self.expired
    }

    const fn all(&self) -> i64 {
        self.processing + self.succeeded + self.unanswered()
    }
}

#[async_trait]
impl BatchApi for Anthropic {
    fn most_requests(&self) -> usize {
        MOST_REQUESTS
    }

    async fn submit(&self, requests: &[BatchRequest]) -> Result<Submitted, Failure> {
        let mut entries = Vec::with_capacity(requests.len());
        for request in requests {
            let params = wire::params(&self.model, &request.prompt, self.form(&request.prompt).await)?;
            entries.push(json!({"custom_id": request.custom_id, "params": params}));
        }
        let body = json!({"requests": entries}).to_string().into_bytes();
        let read = self.client.post("/v1/messages/batches", self.headers(), body).await?;
        if is_missing(read.status) {
            return Err(self.has_none(&read));
        }
        let batch: MessageBatch = self.read(&read)?;
        Ok(Submitted { expires_at: batch.expires_at.as_deref().and_then(millis), id: batch.id })
    }

    async fn state(&self, id: &str) -> Result<Option<BatchState>, Failure> {
        let read = self.client.get(&format!("/v1/messages/batches/{id}"), self.headers()).await?;
        if read.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let batch: MessageBatch = self.read(&read)?;
        Ok(Some(BatchState {
            has_ended: batch.has_ended(),
            answered: batch.request_counts.succeeded,
            unanswered: batch.request_counts.unanswered(),
            retry_after: retry_after(&read.headers),
        }))
    }

    async fn made_since(&self, since: i64) -> Result<Vec<Listed>, Failure> {
        let (mut made, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let after_id = after.map_or_else(String::new, |id: String| format!("&after_id={id}"));
            let path = format!("/v1/messages/batches?limit={PAGE}{after_id}");
            let page: Page = self.read(&self.client.get(&path, self.headers()).await?)?;
            let is_older = page.data.last().is_some_and(|batch| batch.created_at() < since);
            made.extend(page.data.iter().filter(|batch| batch.created_at() >= since).map(listed));
            match page.last_id {
                Some(last) if page.has_more && !is_older => after = Some(last),
                _ => return Ok(made),
            }
        }
        let reason = format!("the provider lists more than {} batches made since", MOST_PAGES * PAGE);
        Err(Failure::last(AskError::Backoff(reason)))
    }

    async fn results(&self, id: &str) -> Result<BoxStream<'static, Result<(String, BatchResult), Failure>>, Failure> {
        // Not where `results_url` points: the key goes to the configured origin only.
        let path = format!("/v1/messages/batches/{id}/results");
        let lines = match self.client.lines(&path, self.headers()).await? {
            Ok(lines) => lines,
            Err(read) if read.status == StatusCode::NOT_FOUND => return Err(self.has_no_results(id, &read)),
            Err(read) => return Err(self.refused(&read)),
        };
        let provider = self.clone();
        Ok(lines.map(move |line| provider.result(&line?)).boxed())
    }

    async fn cancel(&self, id: &str) -> Result<(), Failure> {
        let path = format!("/v1/messages/batches/{id}/cancel");
        let read = self.client.post(&path, self.headers(), b"{}".to_vec()).await?;
        if read.status.is_success() { Ok(()) } else { Err(self.refused(&read)) }
    }
}

impl Anthropic {
    fn read<T: serde::de::DeserializeOwned>(&self, read: &Read) -> Result<T, Failure> {
        if !read.status.is_success() {
            return Err(self.refused(read));
        }
        serde_json::from_slice(&read.body)
            .map_err(|error| self.client.unreadable("the provider's response is not of the Message Batches API", error))
    }

    /// That there is no such API says nothing of the model, which may be asked by itself all the same.
    fn has_none(&self, read: &Read) -> Failure {
        let (origin, status) = (self.client.origin(), read.status.as_u16());
        Failure::last(AskError::Final(format!("{origin} has no Message Batches API: it answered {status}")))
    }

    /// A batch has none before it ended, and none any more a month later. Neither says anything of the model.
    fn has_no_results(&self, id: &str, read: &Read) -> Failure {
        let said = error::said(&self.client.quotable(&read.body));
        Failure::last(AskError::Backoff(format!("batch {id} has no results: {said}")))
    }

    /// A line of results.
    fn result(&self, line: &[u8]) -> Result<(String, BatchResult), Failure> {
        let Line { custom_id, mut result } = match serde_json::from_slice(line) {
            Ok(line) => line,
            Err(error) => return Ok(BatchResult::unreadable(&self.client.clean(&error.to_string()))),
        };
        let came = match result.get("type").and_then(Value::as_str) {
            Some("succeeded") => {
                let message = result.get_mut("message").map(Value::take).unwrap_or_default();
                let cost = |model: &str, billed| self.prices.batch_cost_micros(model, billed);
                match serde_json::from_value(message) {
                    Ok(message) => BatchResult::Answered(Box::new(wire::understand(message, &self.model, None, cost))),
                    Err(error) => {
                        BatchResult::Errored(self.client.unreadable("a batch's result is no message", error).error)
                    }
                }
            }
            Some("errored") => {
                let meant = error::of_result(result.get("error").unwrap_or(&Value::Null), &self.model);
                BatchResult::Errored(meant.map(|reason| self.client.clean(&reason)))
            }
            Some("canceled") => BatchResult::Unanswered("it was cancelled"),
            _ => BatchResult::Unanswered("it expired"),
        };
        Ok((custom_id, came))
    }
}

/// Whether a server does not know a path.
fn is_missing(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED)
}

fn listed(batch: &MessageBatch) -> Listed {
    Listed {
        id: batch.id.clone(),
        created_at: batch.created_at(),
        requests: Some(batch.request_counts.all()),
        has_ended: batch.has_ended(),
    }
}

fn millis(time: &str) -> Option<i64> {
    Some(time.parse::<jiff::Timestamp>().ok()?.as_millisecond())
}
