//! Anthropic's Messages API: structured output, thinking off or low, the system text as a cached prefix where that pays.

mod batches;
mod burst;
mod error;
mod models;
mod wire;

use super::http::{Client, KeyHeader, Read, header};
use super::{Answer, BatchApi, Failure, Look, ModelProvider, Price, Prices, RouteSettings, tokens};
use crate::music::{Estimate, Prompt};
use async_trait::async_trait;
use burst::Bursts;
pub use burst::Turn;
use models::Capabilities;
pub use models::cacheable_from;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;
use tokio::sync::OnceCell;
use wire::Form;

/// How long counting the tokens of a prefix may hold up a call.
const COUNT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

/// The Messages API at one origin, with one key.
#[derive(Clone)]
pub struct Anthropic {
    client: Client,
    version: &'static str,
    model: String,
    prices: Prices,
    /// What the model can do, asked once.
    capabilities: Arc<OnceCell<Capabilities>>,
    bursts: Arc<Bursts>,
}

impl Anthropic {
    /// The versions of the API that requests and replies are written for, the current one first.
    pub const VERSIONS: [&'static str; 2] = ["2026-10-21", "2023-06-01"];

    /// A provider.
    ///
    /// # Errors
    /// When the TLS library cannot start.
    pub fn new(settings: &RouteSettings, version: &'static str) -> Result<Self, reqwest::Error> {
        Ok(Self {
            client: Client::new(settings, KeyHeader::ApiKey)?,
            version,
            model: settings.model.clone(),
            prices: settings.prices.clone(),
            capabilities: Arc::default(),
            bursts: Arc::default(),
        })
    }

    fn headers(&self) -> HeaderMap {
        let version = (HeaderName::from_static("anthropic-version"), HeaderValue::from_static(self.version));
        HeaderMap::from_iter([version])
    }

    async fn capabilities(&self) -> Capabilities {
        // What is not known for want of an answer is asked again.
        self.capabilities.get_or_try_init(|| models::ask(self)).await.copied().unwrap_or_default()
    }

    /// How a prompt is put to this model.
    async fn form(&self, prompt: &Prompt) -> Form {
        let capabilities = self.capabilities().await;
        Form { capabilities, is_cached: self.is_prefix_cacheable(prompt).await }
    }

    /// Whether what prompts of this kind begin with is long enough to be cached. A writer pays a quarter more for it, and
    /// shorter prefixes are never read.
    async fn is_prefix_cacheable(&self, prompt: &Prompt) -> bool {
        if prompt.system.is_empty() {
            return false;
        }
        let minimum = models::cacheable_from(&self.model);
        let about = tokens::about_prefix(prompt);
        if about >= minimum * 2 || about * 2 < minimum {
            return about >= minimum;
        }
        let counted = self.bursts.prefix(prompt, || async {
            let prefix = Prompt { user: ".".to_owned(), ..prompt.clone() };
            let counting = tokio::time::timeout(COUNT_TIMEOUT, self.count(&prefix)).await;
            counting.ok().and_then(Result::ok).flatten().unwrap_or(about)
        });
        counted.await >= minimum
    }

    /// `None` where nobody counts: not every server that speaks this API does.
    async fn count(&self, prompt: &Prompt) -> Result<Option<i64>, Failure> {
        let capabilities = self.capabilities().await;
        let body = wire::counted(&self.model, prompt, Form { capabilities, is_cached: false })?;
        let read = self.client.post("/v1/messages/count_tokens", self.headers(), body).await?;
        if read.status == StatusCode::NOT_FOUND && !error::is_envelope(&read.body) {
            return Ok(None);
        }
        if !read.status.is_success() {
            return Err(self.refused(&read));
        }
        wire::token_count(&read.body)
            .map(Some)
            .map_err(|error| self.client.unreadable("the provider's response is not a count of tokens", error))
    }

    fn refused(&self, read: &Read) -> Failure {
        let body = self.client.quotable(&read.body);
        self.client.cleaned(error::failure(read.status.as_u16(), &read.headers, &body, &self.model))
    }

    async fn post(&self, body: Vec<u8>) -> Result<Answer, Failure> {
        let read = self.client.post("/v1/messages", self.headers(), body).await?;
        if !read.status.is_success() {
            return Err(self.refused(&read));
        }
        let request_id = header(&read.headers, "request-id").map(str::to_owned);
        let answer = wire::answer(&self.prices, &self.model, &read.body, request_id).map_err(|error| {
            self.client.unreadable("the provider's response is not a message of the Messages API", error)
        })?;
        Ok(Answer { headroom: wire::headroom(&read.headers), ..answer })
    }
}

#[async_trait]
impl ModelProvider for Anthropic {
    fn name(&self) -> &'static str {
        "anthropic"
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn with_model(&self, model: &str) -> Arc<dyn ModelProvider> {
        if model == self.model {
            return Arc::new(self.clone());
        }
        let (capabilities, bursts) = Default::default();
        Arc::new(Self { model: model.to_owned(), capabilities, bursts, ..self.clone() })
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

    async fn send(&self, prompt: &Prompt) -> Result<Answer, Failure> {
        let form = self.form(prompt).await;
        let body = wire::request(&self.model, prompt, form)?;
        self.post(body).await
    }

    async fn turn(&self, prompt: &Prompt) -> Option<Turn> {
        if self.is_prefix_cacheable(prompt).await { Some(self.bursts.enter(prompt).await) } else { None }
    }

    async fn count_tokens(&self, prompt: &Prompt) -> Result<Option<i64>, Failure> {
        self.count(prompt).await
    }

    fn batches(&self) -> Option<&dyn BatchApi> {
        Some(self)
    }
}
