//! The Batch API: a file of requests as they would be sent one by one, answered in another file at half the price.

use super::{OpenAi, error, results};
use crate::model::http::{Read, shorten};
use crate::model::retry::retry_after;
use crate::model::{AskError, BatchApi, BatchRequest, BatchResult, BatchState, Failure, Listed, Submitted};
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use reqwest::multipart::{Form as Upload, Part};
use serde::Deserialize;
use serde_json::{Value, json};

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
        let file = self.upload(self.lines(requests, MOST_BYTES)?).await?;
        let body = json!({"input_file_id": file, "endpoint": "/v1/chat/completions", "completion_window": "24h"});
        let read = self.client.post("/batches", HeaderMap::new(), body.to_string().into_bytes()).await?;
        let batch: Batch = self.read(&read)?;
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
                _ => return Ok(made),
            }
        }
        let reason = format!("the provider lists more than {} batches made since", MOST_PAGES * PAGE);
        Err(Failure::last(AskError::Backoff(reason)))
    }

    async fn results(&self, id: &str) -> Result<BoxStream<'static, Result<(String, BatchResult), Failure>>, Failure> {
        let batch: Batch = self.read(&self.client.get(&format!("/batches/{id}"), HeaderMap::new()).await?)?;
        if !batch.has_ended() {
            let reason = format!("batch {id} has no results yet: it is {}", batch.status);
            return Err(Failure::last(AskError::Backoff(reason)));
        }
        if let Some(errors) = batch.errors.filter(|errors| !errors.is_null()) {
            let errors = self.client.clean(&shorten(&errors.to_string()));
            tracing::error!(batch = id, "the provider did not take the requests of a batch");
            tracing::debug!(batch = id, "of the requests of a batch, the provider says: {errors}");
        }
        results::of(self, [batch.output_file_id, batch.error_file_id].into_iter().flatten()).await
    }

    async fn cancel(&self, id: &str) -> Result<(), Failure> {
        let read = self.client.post(&format!("/batches/{id}/cancel"), HeaderMap::new(), b"{}".to_vec()).await?;
        self.read::<Value>(&read).map(drop)
    }
}

impl OpenAi {
    /// Requests as lines of a file of so many bytes at most.
    fn lines(&self, requests: &[BatchRequest], most_bytes: usize) -> Result<Vec<u8>, Failure> {
        let (form, mut lines) = (self.form(), Vec::new());
        for request in requests {
            let body = self.request(&request.prompt, form)?;
            let url = "/v1/chat/completions";
            let line = json!({"custom_id": request.custom_id, "method": "POST", "url": url, "body": body});
            lines.extend_from_slice(line.to_string().as_bytes());
            lines.push(b'\n');
        }
        if lines.len() > most_bytes {
            let reason = format!("{} requests are {} bytes, more than a batch may have", requests.len(), lines.len());
            return Err(Failure::last(AskError::Split(reason)));
        }
        Ok(lines)
    }

    async fn upload(&self, lines: Vec<u8>) -> Result<String, Failure> {
        let file = Part::bytes(lines).file_name("requests.jsonl");
        let upload = Upload::new().text("purpose", "batch").part("file", file);
        let read = self.client.post_form("/files", upload).await?;
        if is_missing(read.status) {
            self.learned.keep_no_batches();
        }
        self.read::<File>(&read).map(|file| file.id)
    }

    fn read<T: serde::de::DeserializeOwned>(&self, read: &Read) -> Result<T, Failure> {
        if !read.status.is_success() {
            return Err(self.failed(read));
        }
        serde_json::from_slice(&read.body)
            .map_err(|error| self.client.unreadable("the provider's response is not of the Batch API", error))
    }

    /// That there is no such batch, file or API says nothing of the model, which may be asked by itself all the same.
    pub(super) fn failed(&self, read: &Read) -> Failure {
        if !is_missing(read.status) {
            return self.refused(read);
        }
        let said = error::Detail::of(&self.client.quotable(&read.body)).said;
        let (origin, status) = (self.client.origin(), read.status.as_u16());
        let reason = format!("{origin} has no Batch API, or does not know what it was asked for ({status}): {said}");
        self.client.cleaned(Failure::last(AskError::Final(reason)))
    }
}

/// Whether a server does not know a path, or what it names.
fn is_missing(status: StatusCode) -> bool {
    matches!(status, StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED)
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Scripted;
    use super::*;
    use crate::model::{ModelProvider, OpenAiDialect};
    use crate::music::Prompt;
    use futures_util::StreamExt;

    fn batch(status: &str, more: &Value) -> (u16, Value) {
        let mut batch = json!({
            "id": "batch_1", "object": "batch", "status": status, "created_at": 1_700_000_000,
            "expires_at": 1_700_086_400, "output_file_id": null, "error_file_id": null, "errors": null,
            "request_counts": {"total": 3, "completed": 1, "failed": 1}
        });
        batch.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (200, batch)
    }

    fn requests() -> Vec<BatchRequest> {
        let request = |name: &str| BatchRequest {
            custom_id: name.to_owned(),
            prompt: Prompt { user: name.to_owned(), max_output_tokens: 90, ..Prompt::default() },
        };
        ["a", "b"].map(request).into()
    }

    #[tokio::test]
    async fn requests_go_out_as_the_lines_of_a_file_that_a_batch_is_made_of() {
        let server = Scripted::answering([(200, json!({"id": "file-1"})), batch("validating", &json!({}))]).await;
        let made = server.provider(OpenAiDialect::default()).submit(&requests()).await.unwrap();
        assert_eq!(made, Submitted { id: "batch_1".to_owned(), expires_at: Some(1_700_086_400_000) });
        assert_eq!(server.lines(), ["POST /v1/files", "POST /v1/batches"]);
        let [upload, create] = server.seen().try_into().ok().unwrap();
        assert!(upload.body.contains("name=\"purpose\"\r\n\r\nbatch\r\n"), "{}", upload.body);
        let lines: Vec<Value> = upload.body.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let [first, second] = lines.as_slice() else { panic!("{}", upload.body) };
        assert_eq!((&first["custom_id"], &second["custom_id"]), (&json!("a"), &json!("b")));
        assert_eq!((&first["method"], &first["url"]), (&json!("POST"), &json!("/v1/chat/completions")));
        assert_eq!((&first["body"]["model"], &first["body"]["max_tokens"]), (&json!("acme-1"), &json!(90)));
        let wanted = json!({"input_file_id": "file-1", "endpoint": "/v1/chat/completions", "completion_window": "24h"});
        assert_eq!(create.json(), wanted);
    }

    #[tokio::test]
    async fn a_server_without_a_batch_api_is_asked_request_by_request_from_then_on() {
        let server = Scripted::sending([(404, "404 page not found".to_owned())]).await;
        let provider = server.provider(OpenAiDialect::default());
        assert!(provider.batches().is_some());
        let failure = provider.submit(&requests()).await.unwrap_err();
        assert!(matches!(&failure.error, AskError::Final(reason) if reason.contains("no Batch API")), "{failure:?}");
        assert!(provider.with_model("acme-2").batches().is_none());
    }

    #[tokio::test]
    async fn a_batch_that_is_too_much_for_a_file_is_not_sent() {
        let server = Scripted::answering([]).await;
        let provider = server.provider(OpenAiDialect::default());
        let lines = provider.lines(&requests(), MOST_BYTES).unwrap();
        assert_eq!(provider.lines(&requests(), lines.len()).unwrap(), lines);
        let failure = provider.lines(&requests(), lines.len() - 1).unwrap_err();
        assert!(matches!(failure.error, AskError::Split(_)), "{failure:?}");
    }

    #[tokio::test]
    async fn how_far_a_batch_is_can_be_looked_at() {
        let unknown = (404, json!({"error": {"message": "No batch found with id 'batch_1'."}}));
        let server =
            Scripted::answering([batch("finalizing", &json!({})), batch("expired", &json!({})), unknown]).await;
        let provider = server.provider(OpenAiDialect::default());
        let running = provider.state("batch_1").await.unwrap().unwrap();
        assert_eq!((running.has_ended, running.answered, running.unanswered), (false, 1, 1));
        let ended = provider.state("batch_1").await.unwrap().unwrap();
        assert_eq!((ended.has_ended, ended.answered, ended.unanswered), (true, 1, 2), "one was not even tried");
        assert_eq!(provider.state("batch_1").await.unwrap(), None);
        assert_eq!(server.lines()[0], "GET /v1/batches/batch_1");
    }

    #[test]
    fn a_batch_has_ended_when_nothing_more_comes_of_it() {
        let has_ended =
            |status: &str| serde_json::from_value::<Batch>(batch(status, &json!({})).1).unwrap().has_ended();
        for status in ["completed", "failed", "expired", "cancelled"] {
            assert!(has_ended(status), "{status}");
        }
        for status in ["validating", "in_progress", "finalizing", "cancelling"] {
            assert!(!has_ended(status), "{status}");
        }
    }

    #[tokio::test]
    async fn batches_are_listed_page_by_page_until_they_are_older() {
        let made = |id: &str, at: i64, total: i64| {
            batch("validating", &json!({"id": id, "created_at": at, "request_counts": {"total": total}})).1
        };
        let page = |batches: Vec<Value>| (200, json!({"object": "list", "data": batches, "has_more": true}));
        let pages = [page(vec![made("c", 30, 0), made("b", 20, 2)]), page(vec![made("a", 10, 5), made("z", 9, 5)])];
        let server = Scripted::answering(pages).await;
        let listed = server.provider(OpenAiDialect::default()).made_since(10_400).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|made| (made.id.as_str(), made.created_at, made.requests)).collect();
        let wanted = [("c", 30_000, None), ("b", 20_000, Some(2)), ("a", 10_000, Some(5))];
        assert_eq!(listed, wanted, "the clock shows seconds, and a's may have been the same");
        assert_eq!(server.lines(), ["GET /v1/batches?limit=100", "GET /v1/batches?limit=100&after=b"]);
    }

    #[tokio::test]
    async fn results_are_in_the_file_of_answers_and_the_file_of_errors() {
        let files = json!({"output_file_id": "file-out", "error_file_id": "file-err"});
        let (_, expired) = batch("expired", &files);
        let empty = || (200, String::new());
        let server = Scripted::sending([(200, expired.to_string()), empty(), empty()]).await;
        let results = server.provider(OpenAiDialect::default()).results("batch_1").await.unwrap();
        assert_eq!(results.count().await, 0);
        assert_eq!(server.lines()[1..], ["GET /v1/files/file-out/content", "GET /v1/files/file-err/content"]);
    }

    #[tokio::test]
    async fn a_batch_whose_file_was_not_taken_has_no_results() {
        let errors = json!({"errors": {"data": [{"code": "token_limit_exceeded", "message": "Enqueued too much"}]}});
        let server = Scripted::answering([batch("failed", &errors)]).await;
        let results = server.provider(OpenAiDialect::default()).results("batch_1").await.unwrap();
        assert_eq!(results.count().await, 0);
    }

    #[tokio::test]
    async fn a_batch_that_runs_has_no_results_yet_rather_than_none() {
        let server = Scripted::answering([batch("finalizing", &json!({}))]).await;
        let failure = server.provider(OpenAiDialect::default()).results("batch_1").await.err().unwrap();
        assert!(matches!(failure.error, AskError::Backoff(_)), "{failure:?}");
    }

    #[tokio::test]
    async fn a_batch_is_cancelled() {
        let server = Scripted::answering([batch("cancelling", &json!({}))]).await;
        server.provider(OpenAiDialect::default()).cancel("batch_1").await.unwrap();
        assert_eq!(server.lines(), ["POST /v1/batches/batch_1/cancel"]);
    }
}
