//! Anthropic's Messages API: structured output, thinking off, the system text as a cached prefix.

mod error;
mod wire;

use super::pricing::estimate_micros;
use super::{Answer, AskError, ModelProvider};
use crate::config::ModelSettings;
use crate::music::Prompt;
use crate::secret::Secret;
use async_trait::async_trait;
use error::{Failure, backoff};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The version of the API that requests and replies are written for.
const API_VERSION: &str = "2026-10-21";
/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of a response that are read. The longest answer asked for is far below.
const MAX_RESPONSE: usize = 8 << 20;

/// The Messages API at one origin, with one key.
#[derive(Clone)]
pub struct Anthropic {
    client: reqwest::Client,
    endpoint: Url,
    key: Secret,
    model: String,
    max_retries: u32,
}

impl Anthropic {
    /// A provider for settings that hold a key; `None` for those that do not.
    ///
    /// # Errors
    /// When the TLS library cannot start.
    pub fn new(settings: &ModelSettings) -> Result<Option<Self>, reqwest::Error> {
        let Some(key) = settings.key.clone() else { return Ok(None) };
        // A second call finds the provider installed, which is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            // A redirect would carry the key to another origin.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("liner/", env!("CARGO_PKG_VERSION")));
        // Without TLS, a proxy of the environment would read the key.
        let client = if settings.base_url.scheme() == "http" { client.no_proxy() } else { client };
        let mut endpoint = settings.base_url.clone();
        endpoint.set_path(&format!("{}/v1/messages", settings.base_url.path().trim_end_matches('/')));
        let (model, max_retries) = (settings.model.clone(), settings.max_retries);
        Ok(Some(Self { client: client.build()?, endpoint, key, model, max_retries }))
    }

    async fn send(&self, body: &[u8]) -> Result<Answer, Failure> {
        let mut key = HeaderValue::from_str(self.key.expose()).map_err(|_| {
            Failure::last(AskError::Misconfigured("ANTHROPIC_API_KEY cannot be sent in a header".to_owned()))
        })?;
        key.set_sensitive(true);
        let response = self
            .client
            .post(self.endpoint.clone())
            .header(HeaderName::from_static("x-api-key"), key)
            .header(HeaderName::from_static("anthropic-version"), API_VERSION)
            .header(CONTENT_TYPE, "application/json")
            .body(body.to_vec())
            .send()
            .await
            .map_err(|error| Failure::of_transport(&error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_bounded(response).await?;
        if status.is_success() {
            wire::answer(&self.model, &body, request_id(&headers))
                .map_err(|reason| Failure::last(AskError::Failed(reason)))
        } else {
            Err(Failure::of_status(status.as_u16(), &headers, &body, &self.model))
        }
    }

    /// An error as it may be shown and stored.
    fn without_key(&self, error: AskError) -> AskError {
        let clean = |text: String| text.replace(self.key.expose(), "***");
        match error {
            AskError::Busy { reason, rest, for_all } => AskError::Busy { reason: clean(reason), rest, for_all },
            AskError::Misconfigured(reason) => AskError::Misconfigured(clean(reason)),
            AskError::Rejected(reason) => AskError::Rejected(clean(reason)),
            AskError::Failed(reason) => AskError::Failed(clean(reason)),
        }
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
        Arc::new(Self { model: model.to_owned(), ..self.clone() })
    }

    fn estimate_micros(&self, prompt: &Prompt) -> i64 {
        estimate_micros(&self.model, prompt)
    }

    fn origin(&self) -> String {
        self.endpoint.origin().ascii_serialization()
    }

    async fn ask(&self, prompt: &Prompt) -> Result<Answer, AskError> {
        let body = wire::request(&self.model, prompt)
            .map_err(|reason| AskError::Rejected(format!("the prompt's response schema is not JSON: {reason}")))?;
        let mut attempt = 0;
        loop {
            let failure = match self.send(&body).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            if !failure.may_repeat || attempt >= self.max_retries {
                return Err(self.without_key(failure.error));
            }
            let Some(pause) = backoff(attempt, failure.retry_after) else {
                return Err(self.without_key(failure.error));
            };
            attempt += 1;
            metrics::counter!("liner_model_retries_total").increment(1);
            tracing::debug!(attempt, ?pause, "the model is asked again: {}", self.without_key(failure.error));
            tokio::time::sleep(pause).await;
        }
    }
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("request-id").and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn read_bounded(mut response: reqwest::Response) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| Failure::of_transport(&error))? {
        if body.len() + chunk.len() > MAX_RESPONSE {
            let reason = format!("the provider's response is longer than {MAX_RESPONSE} bytes");
            return Err(Failure::last(AskError::Failed(reason)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
