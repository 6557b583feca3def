//! The part of OpenAI's Chat Completions that others speak too.

use super::http::{Client, KeyHeader};
use super::{Answer, AskError, Failure, ModelProvider, OpenAiDialect, Price, Prices, RouteSettings};
use crate::music::{Estimate, Prompt};
use async_trait::async_trait;
use std::sync::Arc;

/// A Chat Completions API at one origin.
#[derive(Clone)]
pub struct OpenAi {
    client: Client,
    dialect: OpenAiDialect,
    model: String,
    prices: Prices,
}

impl OpenAi {
    /// A provider.
    ///
    /// # Errors
    /// When the TLS library cannot start.
    pub fn new(settings: &RouteSettings, dialect: OpenAiDialect) -> Result<Self, reqwest::Error> {
        let client = Client::new(settings, KeyHeader::Bearer)?;
        Ok(Self { client, dialect, model: settings.model.clone(), prices: settings.prices.clone() })
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

    fn estimate(&self, prompt: &Prompt) -> Estimate {
        self.prices.estimate(&self.model, prompt)
    }

    async fn send(&self, _prompt: &Prompt) -> Result<Answer, Failure> {
        Err(Failure::last(AskError::misconfigured(format!("{:?} is not spoken yet", self.dialect))))
    }
}
