//! The way to the model: whom to ask, how much may be asked, and whether it is worth asking now.

use super::{AskError, ModelProvider};
use crate::music::Prompt;
use crate::store::Limits;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a misconfigured provider is left alone before it is tried again.
const BLOCK: Duration = Duration::from_secs(600);

/// Why nobody is asked for a while, and until when.
#[derive(Debug, Clone)]
struct Rest {
    reason: String,
    until: Instant,
}

impl Rest {
    fn of(reason: &str, rest: Duration) -> Self {
        Self { reason: reason.to_owned(), until: Instant::now() + rest }
    }

    fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// The configured provider, and whether it is worth asking.
pub struct Gateway {
    provider: Result<Arc<dyn ModelProvider>, String>,
    limits: Limits,
    /// It will not answer before something is changed.
    blocked: Mutex<Option<Rest>>,
    /// It asked one of the hosts to leave it alone.
    resting: Mutex<Option<Rest>>,
}

impl Gateway {
    /// A way to a provider.
    #[must_use]
    pub fn to(provider: Arc<dyn ModelProvider>) -> Self {
        Self::new(Ok(provider), Limits::default())
    }

    /// No way, and why.
    #[must_use]
    pub fn absent(reason: impl Into<String>) -> Self {
        Self::new(Err(reason.into()), Limits::default())
    }

    fn new(provider: Result<Arc<dyn ModelProvider>, String>, limits: Limits) -> Self {
        Self { provider, limits, blocked: Mutex::default(), resting: Mutex::default() }
    }

    /// The same way, with limits that all hosts keep together.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same provider with another model.
    #[must_use]
    pub fn with_model(&self, model: &str) -> Self {
        let provider = self.provider.as_ref().map(|provider| provider.with_model(model)).map_err(Clone::clone);
        Self { resting: Mutex::new(lock(&self.resting).clone()), ..Self::new(provider, self.limits) }
    }

    /// The provider, whether or not it is worth asking.
    #[must_use]
    pub fn configured(&self) -> Option<&Arc<dyn ModelProvider>> {
        self.provider.as_ref().ok()
    }

    /// What the hosts together may ask of it.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The provider to ask.
    ///
    /// # Errors
    /// Why none is asked.
    pub fn provider(&self) -> Result<&Arc<dyn ModelProvider>, String> {
        let provider = self.provider.as_ref().map_err(Clone::clone)?;
        lock(&self.blocked).as_ref().map_or(Ok(provider), |rest| Err(rest.reason.clone()))
    }

    /// Sends a prompt, unless the provider wants to be left alone.
    ///
    /// # Errors
    /// [`AskError`].
    pub async fn ask(&self, prompt: &Prompt) -> Result<super::Answer, AskError> {
        if let Some((reason, rest)) = self.resting() {
            return Err(AskError::Busy { reason, rest, for_all: false });
        }
        self.provider().map_err(AskError::Misconfigured)?.ask(prompt).await
    }

    /// Why the provider is left alone for a while, and for how long yet.
    #[must_use]
    pub fn resting(&self) -> Option<(String, Duration)> {
        let mut resting = lock(&self.resting);
        resting.take_if(|rest| rest.left().is_zero());
        resting.as_ref().map(|rest| (rest.reason.clone(), rest.left()))
    }

    /// Leaves the provider alone for a while.
    pub fn rest(&self, reason: &str, rest: Duration) {
        *lock(&self.resting) = Some(Rest::of(reason, rest));
    }

    /// Leaves the provider alone no more.
    pub fn end_rest(&self) {
        lock(&self.resting).take();
    }

    /// Leaves the provider alone: it will not answer before something is changed.
    pub fn block(&self, reason: &str) {
        *lock(&self.blocked) = Some(Rest::of(reason, BLOCK));
    }

    /// Tries the provider again; why it was blocked, if it was.
    pub fn unblock(&self) -> Option<String> {
        lock(&self.blocked).take().map(|rest| rest.reason)
    }

    /// As [`Gateway::unblock`], if it was blocked long enough.
    pub fn unblock_expired(&self) -> Option<String> {
        lock(&self.blocked).take_if(|rest| rest.left().is_zero()).map(|rest| rest.reason)
    }
}

fn lock(rest: &Mutex<Option<Rest>>) -> std::sync::MutexGuard<'_, Option<Rest>> {
    rest.lock().unwrap_or_else(PoisonError::into_inner)
}
