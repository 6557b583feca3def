//! The part of OpenAI's Chat Completions that others speak too: OpenAI, Ollama, vLLM, llama.cpp, LM Studio, Groq and more.

mod batches;
mod dialect;
mod error;
mod limits;
mod models;
mod request;
mod response;
mod results;
#[cfg(test)]
mod scripted;

use super::http::{Client, KeyHeader, Read, header};
use super::{Answer, BatchApi, Failure, Look, ModelProvider, OpenAiDialect, Price, Prices, RouteSettings};
use crate::music::{Estimate, Prompt};
use async_trait::async_trait;
use dialect::{Form, Learned, Refused};
use reqwest::header::HeaderMap;
use std::sync::Arc;

/// A Chat Completions API at one origin.
#[derive(Clone)]
pub struct OpenAi {
    client: Client,
    dialect: OpenAiDialect,
    model: String,
    prices: Prices,
    /// How a model is asked that nothing was learned of.
    first: Form,
    learned: Arc<Learned>,
}

impl OpenAi {
    /// A provider.
    ///
    /// # Errors
    /// When the TLS library cannot start.
    pub fn new(settings: &RouteSettings, dialect: OpenAiDialect) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: Client::new(settings, KeyHeader::Bearer)?,
            first: Form::first(&dialect, &settings.base_url),
            dialect,
            model: settings.model.clone(),
            prices: settings.prices.clone(),
            learned: Arc::default(),
        })
    }

    fn form(&self) -> Form {
        self.learned.form(&self.model).unwrap_or(self.first)
    }

    fn request(&self, prompt: &Prompt, form: Form) -> Result<serde_json::Value, Failure> {
        request::request(&self.model, prompt, form, self.dialect.reasoning_effort.as_deref())
    }

    /// How to ask again when a response refuses how it was asked.
    fn corrected(&self, form: Form, status: u16, body: &[u8]) -> Option<Form> {
        let error = matches!(status, 400 | 422).then(|| error::Detail::of(body))?;
        form.without(Refused::by(&error)?, &self.dialect)
    }

    fn answer(&self, read: &Read) -> Result<Answer, Failure> {
        let request_id = header(&read.headers, "x-request-id").map(str::to_owned);
        let cost = |model: &str, billed| self.prices.cost_micros(model, billed);
        let answer = response::answer(&self.model, &read.body, request_id, cost).map_err(|why| self.is_none(why))?;
        Ok(Answer { headroom: limits::headroom(&read.headers), ..answer })
    }

    fn is_none(&self, why: String) -> Failure {
        self.client.unreadable("the provider's response is not a chat completion", why)
    }

    fn refused(&self, read: &Read) -> Failure {
        let body = self.client.quotable(&read.body);
        self.client.cleaned(error::failure(read.status.as_u16(), &read.headers, &body, &self.model))
    }
}

#[async_trait]
impl ModelProvider for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn with_model(&self, model: &str) -> Arc<dyn ModelProvider> {
        Arc::new(Self { model: model.to_owned(), ..self.clone() })
    }

    fn origin(&self) -> String {
        self.client.origin()
    }

    fn price(&self) -> Option<Price> {
        self.prices.of(&self.model)
    }

    async fn look(&self) -> Option<Look> {
        Some(models::look(self).await)
    }

    fn estimate(&self, prompt: &Prompt) -> Estimate {
        self.prices.estimate(&self.model, prompt)
    }

    /// A server that refuses how it was asked is asked otherwise at once: it did nothing yet. It is asked in no form twice.
    async fn send(&self, prompt: &Prompt) -> Result<Answer, Failure> {
        let (mut form, mut sent) = (self.form(), Vec::new());
        loop {
            let body = self.request(prompt, form)?.to_string().into_bytes();
            let read = self.client.post("/chat/completions", HeaderMap::new(), body).await?;
            if read.status.is_success() {
                return self.answer(&read);
            }
            sent.push(form);
            form = match self.corrected(form, read.status.as_u16(), &read.body) {
                Some(corrected) if !sent.contains(&corrected) => corrected,
                _ => return Err(self.refused(&read)),
            };
            self.learned.keep(&self.model, form);
        }
    }

    /// Some, until the server answers that it has none: OpenAI is not the only one that has.
    fn batches(&self) -> Option<&dyn BatchApi> {
        (!self.learned.has_no_batches()).then_some(self)
    }
}

#[cfg(test)]
mod tests {
    use super::scripted::Scripted;
    use super::*;
    use crate::model::{AskError, MaxTokens, ResponseFormat};
    use serde_json::{Value, json};

    fn completion() -> (u16, Value) {
        (200, json!({"choices": [{"message": {"content": "[]"}, "finish_reason": "stop"}]}))
    }

    fn refusing(said: &str) -> (u16, Value) {
        (400, json!({"error": {"message": said, "type": "invalid_request_error"}}))
    }

    fn prompt() -> Prompt {
        let response_schema = Some(r#"{"type":"object"}"#.to_owned());
        Prompt { user: "t0".to_owned(), response_schema, max_output_tokens: 90, ..Prompt::default() }
    }

    const OLDER_REFUSED: &str = "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
    const SCHEMA_REFUSED: &str = "'response_format' of type 'json_schema' is not supported with this model.";

    #[tokio::test]
    async fn a_prompt_is_posted_with_the_key_below_the_base_url() {
        let server = Scripted::answering([completion()]).await;
        let answer = server.provider(OpenAiDialect::default()).send(&prompt()).await.unwrap();
        assert_eq!(answer.reply.text, "[]");
        let [seen] = server.seen().try_into().ok().unwrap();
        assert_eq!(seen.line, "POST /v1/chat/completions");
        assert_eq!(seen.authorization.as_deref(), Some("Bearer sk-scripted"));
    }

    #[tokio::test]
    async fn the_other_name_of_the_most_tokens_is_used_at_once_and_from_then_on_for_that_model() {
        let server = Scripted::answering([refusing(OLDER_REFUSED), completion(), completion(), completion()]).await;
        let provider = server.provider(OpenAiDialect::default());
        provider.send(&prompt()).await.unwrap();
        provider.clone().with_model("acme-1").send(&prompt()).await.unwrap();
        provider.with_model("acme-2").send(&prompt()).await.unwrap();
        let named = |seen: &scripted::Seen| {
            let fields = ["max_tokens", "max_completion_tokens"].map(|field| seen.json()[field] == json!(90));
            assert_eq!(fields.iter().filter(|is_named| **is_named).count(), 1, "{}", seen.body);
            fields[1]
        };
        let newer: Vec<bool> = server.seen().iter().map(named).collect();
        assert_eq!(newer, [false, true, true, false]);
    }

    #[tokio::test]
    async fn a_server_that_knows_no_schemas_is_told_them_and_bound_to_json_if_it_can_be() {
        let server = Scripted::answering([refusing(SCHEMA_REFUSED), completion(), completion()]).await;
        let provider = server.provider(OpenAiDialect::default());
        provider.send(&prompt()).await.unwrap();
        provider.send(&prompt()).await.unwrap();
        let formats: Vec<Value> =
            server.seen().iter().map(|seen| seen.json()["response_format"]["type"].clone()).collect();
        assert_eq!(formats, [json!("json_schema"), json!("json_object"), json!("json_object")]);
        assert!(server.seen()[2].body.contains("by this schema"));
    }

    #[tokio::test]
    async fn all_that_a_server_refuses_is_found_out_within_one_question() {
        let none = refusing("This response_format type is unavailable now");
        let responses = [refusing(OLDER_REFUSED), refusing(SCHEMA_REFUSED), none, completion()];
        let server = Scripted::answering(responses).await;
        let provider = server.provider(OpenAiDialect::default());
        provider.send(&prompt()).await.unwrap();
        let form = Form { max_tokens: MaxTokens::MaxCompletionTokens, format: ResponseFormat::Prompt };
        assert_eq!(provider.form(), form);
    }

    #[tokio::test]
    async fn a_server_that_refuses_both_names_is_not_asked_in_turns() {
        let newer = "'max_completion_tokens' is not supported with this model.";
        let server = Scripted::answering([refusing(OLDER_REFUSED), refusing(newer)]).await;
        let failure = server.provider(OpenAiDialect::default()).send(&prompt()).await.unwrap_err();
        assert!(matches!(failure.error, AskError::Operator { .. }) && !failure.may_repeat, "{failure:?}");
        assert_eq!(server.lines().len(), 2);
    }

    #[tokio::test]
    async fn what_the_operator_chose_is_not_given_up() {
        let server = Scripted::answering([refusing(OLDER_REFUSED)]).await;
        let dialect = OpenAiDialect { max_tokens: Some(MaxTokens::MaxTokens), ..OpenAiDialect::default() };
        let failure = server.provider(dialect).send(&prompt()).await.unwrap_err();
        let AskError::Operator { reason, .. } = failure.error else { panic!("{failure:?}") };
        assert!(reason.contains("OPENAI_MAX_TOKENS_FIELD"), "{reason}");
        assert_eq!(server.lines().len(), 1);
    }

    #[tokio::test]
    async fn an_error_that_repeats_the_key_is_shown_without_it() {
        let server = Scripted::answering([(401, json!({"error": {"message": "Incorrect API key sk-scripted"}}))]).await;
        let failure = server.provider(OpenAiDialect::default()).send(&prompt()).await.unwrap_err();
        let reason = failure.error.to_string();
        assert!(reason.contains("***") && !reason.contains("sk-scripted"), "{reason}");
    }
}
