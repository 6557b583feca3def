//! The way to the model, or the reason why there is none.

use super::ModelProvider;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a misconfigured provider is left alone before it is tried again.
const BLOCK: Duration = Duration::from_secs(600);

/// The configured provider, and whether it is worth asking.
pub struct Gateway {
    provider: Result<Arc<dyn ModelProvider>, String>,
    blocked: Mutex<Option<(String, Instant)>>,
}

impl Gateway {
    /// A way to a provider.
    #[must_use]
    pub fn to(provider: Arc<dyn ModelProvider>) -> Self {
        Self { provider: Ok(provider), blocked: Mutex::new(None) }
    }

    /// No way, and why.
    #[must_use]
    pub fn absent(reason: impl Into<String>) -> Self {
        Self { provider: Err(reason.into()), blocked: Mutex::new(None) }
    }

    /// The same provider with another model.
    #[must_use]
    pub fn with_model(&self, model: &str) -> Self {
        let provider = self.provider.as_ref().map(|provider| provider.with_model(model)).map_err(Clone::clone);
        Self { provider, blocked: Mutex::new(None) }
    }

    /// The provider, whether or not it is worth asking.
    #[must_use]
    pub fn configured(&self) -> Option<&Arc<dyn ModelProvider>> {
        self.provider.as_ref().ok()
    }

    /// The provider to ask.
    ///
    /// # Errors
    /// Why none is asked.
    pub fn provider(&self) -> Result<&Arc<dyn ModelProvider>, String> {
        let provider = self.provider.as_ref().map_err(Clone::clone)?;
        self.lock().as_ref().map_or(Ok(provider), |(reason, _)| Err(reason.clone()))
    }

    /// Leaves the provider alone: it will not answer before something is changed.
    pub fn block(&self, reason: &str) {
        *self.lock() = Some((reason.to_owned(), Instant::now() + BLOCK));
    }

    /// Tries the provider again; whether it was blocked.
    pub fn unblock(&self) -> bool {
        self.lock().take().is_some()
    }

    /// As [`Gateway::unblock`], if it was blocked long enough.
    pub fn unblock_expired(&self) -> bool {
        self.lock().take_if(|(_, until)| *until <= Instant::now()).is_some()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(String, Instant)>> {
        self.blocked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
