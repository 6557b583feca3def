//! The part of OpenAI's Chat Completions that others speak too: OpenAI, Ollama, vLLM, llama.cpp, LM Studio, Groq and more.

mod batches;
mod dialect;
mod error;
mod limits;
mod request;
mod response;

use super::http::{Client, KeyHeader, Read, header};
use super::{Answer, BatchApi, Failure, ModelProvider, OpenAiDialect, Prices, RouteSettings};
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
    fn corrected(&self, form: Form, read: &Read) -> Option<Form> {
        let refused = matches!(read.status.as_u16(), 400 | 422).then(|| error::Detail::of(&read.body))?;
        form.without(Refused::by(&refused)?, &self.dialect)
    }

    fn answer(&self, read: &Read) -> Result<Answer, Failure> {
        let request_id = header(&read.headers, "x-request-id").map(str::to_owned);
        let cost = |model: &str, billed| self.prices.cost_micros(model, billed);
        let answer = response::answer(&self.model, &read.body, request_id, cost)?;
        Ok(Answer { headroom: limits::headroom(&read.headers), ..answer })
    }

    fn refused(&self, read: &Read) -> Failure {
        let failure = error::failure(read.status.as_u16(), &read.headers, &read.body, &self.model);
        self.client.cleaned(failure)
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
            form = match self.corrected(form, &read) {
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
