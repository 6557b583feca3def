//! What came of a batch: two files with a line for each request, of what was answered and of what was not.

use super::dialect::Form;
use super::{OpenAi, error, response};
use crate::model::{AskError, BatchResult, Failure};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::Value;
use std::collections::VecDeque;

type Stream<T> = BoxStream<'static, Result<T, Failure>>;

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

/// The results in files, one file after the other.
pub async fn of(
    provider: &OpenAi,
    files: impl IntoIterator<Item = String>,
) -> Result<Stream<(String, BatchResult)>, Failure> {
    let mut files: VecDeque<_> = files.into_iter().collect();
    let lines = match files.pop_front() {
        Some(file) => provider.content(&file).await?,
        None => stream::empty().boxed(),
    };
    let results = Results { provider: provider.clone(), sent: provider.form(), files, lines };
    Ok(stream::try_unfold(results, Results::next).boxed())
}

struct Results {
    provider: OpenAi,
    /// How the requests were put, as far as is known.
    sent: Form,
    files: VecDeque<String>,
    lines: Stream<Vec<u8>>,
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
    async fn content(&self, file: &str) -> Result<Stream<Vec<u8>>, Failure> {
        let lines = self.client.lines(&format!("/files/{file}/content"), HeaderMap::new()).await?;
        lines.map_err(|read| self.failed(&read))
    }

    /// A line of results.
    fn result(&self, sent: Form, line: &[u8]) -> Result<(String, BatchResult), Failure> {
        let Line { custom_id, response, error } = match serde_json::from_slice(line) {
            Ok(line) => line,
            Err(error) => return Ok(BatchResult::unreadable(&self.client.clean(&error.to_string()))),
        };
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
            Err(why) => BatchResult::Errored(self.is_none(why).error),
        }
    }

    /// What an error means. When it is how it was asked, it is asked otherwise the next time.
    fn rejected(&self, sent: Form, response: &Response) -> AskError {
        let meant = self.meaning(response.status_code, &response.body);
        match self.corrected(sent, response.status_code, response.body.to_string().as_bytes()) {
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
            _ => BatchResult::Errored(self.meaning(500, error)),
        }
    }

    fn meaning(&self, status: u16, body: &Value) -> AskError {
        error::of_result(status, body, &self.model).map(|reason| self.client.clean(&reason))
    }
}

#[cfg(test)]
mod tests {
    use super::super::scripted::Scripted;
    use super::*;
    use crate::model::{MaxTokens, OpenAiDialect};
    use serde_json::json;

    fn body(content: &str) -> Value {
        json!({
            "model": "acme-1", "choices": [{"message": {"content": content}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 1_000, "completion_tokens": 100}
        })
    }

    fn line(name: &str, status: u16, body: &Value) -> String {
        let response = json!({"status_code": status, "request_id": "req_1", "body": body});
        json!({"id": "batch_req_1", "custom_id": name, "response": response, "error": null}).to_string()
    }

    fn lost(name: &str, code: &str) -> String {
        let error = json!({"code": code, "message": "no"});
        json!({"id": "batch_req_1", "custom_id": name, "response": null, "error": error}).to_string()
    }

    /// The files of a server, and what was read of them.
    async fn read(files: &[&str]) -> (OpenAi, Vec<Result<(String, BatchResult), Failure>>) {
        let server = Scripted::sending(files.iter().map(|file| (200, (*file).to_owned()))).await;
        let provider = server.provider(OpenAiDialect::default());
        let results = of(&provider, (0..files.len()).map(|n| format!("file-{n}"))).await.unwrap().collect().await;
        let asked: Vec<_> = (0..files.len()).map(|n| format!("GET /v1/files/file-{n}/content")).collect();
        assert!(asked.starts_with(&server.lines()), "{:?}", server.lines());
        (provider, results)
    }

    async fn came(lines: &[String]) -> Vec<BatchResult> {
        let (_, results) = read(&[&lines.join("\n")]).await;
        results.into_iter().map(|result| result.unwrap().1).collect()
    }

    #[tokio::test]
    async fn an_answer_costs_half_and_is_found_by_its_name() {
        let (_, results) = read(&[&line("a", 200, &body("[1]"))]).await;
        let [Ok((name, BatchResult::Answered(answer)))] = results.as_slice() else { panic!("{results:?}") };
        assert_eq!(
            (name.as_str(), answer.reply.text.as_str(), answer.request_id.as_deref()),
            ("a", "[1]", Some("req_1"))
        );
        assert_eq!(answer.usage.cost_micros, Some((1_000 * 2 + 100 * 8) / 2));
    }

    #[tokio::test]
    async fn one_file_is_read_after_the_other() {
        let first = format!("{}\n{}\n", line("a", 200, &body("1")), line("b", 200, &body("2")));
        let (_, results) = read(&[&first, &lost("c", "batch_expired")]).await;
        let names: Vec<_> = results.into_iter().map(|result| result.unwrap().0).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert!(read(&[]).await.1.is_empty());
    }

    #[tokio::test]
    async fn what_was_not_answered_says_why() {
        let rejected = json!({"error": {"message": "no", "type": "invalid_request_error"}});
        let busy = json!({"error": {"message": "no", "code": "rate_limit_exceeded"}});
        let came = came(&[
            line("a", 400, &rejected),
            line("b", 429, &busy),
            line("c", 200, &json!({})),
            lost("d", "server_error"),
            lost("e", "batch_expired"),
            lost("f", "batch_cancelled"),
            json!({"custom_id": "g"}).to_string(),
        ])
        .await;
        let kinds: Vec<_> = came
            .iter()
            .map(|result| match result {
                BatchResult::Errored(error) => error.kind(),
                BatchResult::Unanswered(why) => why,
                BatchResult::Answered(_) => "answered",
            })
            .collect();
        assert_eq!(kinds, ["rejected", "busy", "failed", "failed", "it expired", "it was cancelled", "failed"]);
    }

    #[tokio::test]
    async fn requests_that_were_put_wrong_are_left_over_and_put_otherwise_the_next_time() {
        let refusal = json!({"error": {"message": "'max_tokens' is not supported", "param": "max_tokens"}});
        let (provider, results) = read(&[&[line("a", 400, &refusal), line("b", 400, &refusal)].join("\n")]).await;
        for result in results {
            assert!(matches!(result, Ok((_, BatchResult::Errored(AskError::Backoff(_))))), "{result:?}");
        }
        assert_eq!(provider.form().max_tokens, MaxTokens::MaxCompletionTokens);
    }

    #[tokio::test]
    async fn a_line_that_cannot_be_read_is_nobodys_and_the_others_are_read_on() {
        let broken = format!("{}\n{{\"custom", line("a", 200, &body("[1]")));
        let (_, results) = read(&[&broken, &line("b", 200, &body("[2]"))]).await;
        let names: Vec<_> = results.iter().map(|result| result.as_ref().unwrap().0.as_str()).collect();
        assert_eq!(names, ["a", "", "b"]);
    }
}
