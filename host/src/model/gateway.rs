//! The way to a model: whom to ask, in which order, how much may be asked, and how many at once.

use super::retry::{Policy, Sent};
use super::{AskError, BatchSettings, ModelProvider, Route};
use crate::music::{Limits, Prompt};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// The configured providers, in order: who comes later is asked when those before cannot answer.
pub struct Gateway {
    routes: Vec<Route>,
    /// Why there is none, where there is none.
    absent: String,
    limits: Limits,
    retries: u32,
    reuse: Option<Duration>,
    batches: BatchSettings,
    most: usize,
    calls: Semaphore,
}

impl Gateway {
    /// A way to a provider.
    #[must_use]
    pub fn to(provider: Arc<dyn ModelProvider>) -> Self {
        Self::through(vec![provider])
    }

    /// A way to several, the first one first.
    #[must_use]
    pub fn through(providers: Vec<Arc<dyn ModelProvider>>) -> Self {
        Self {
            routes: providers.into_iter().map(Route::to).collect(),
            absent: "no model is configured".to_owned(),
            limits: Limits::default(),
            retries: 2,
            reuse: Some(Duration::from_secs(30 * 86_400)),
            batches: BatchSettings::default(),
            most: Semaphore::MAX_PERMITS,
            calls: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }

    /// No way, and why.
    #[must_use]
    pub fn absent(reason: impl Into<String>) -> Self {
        Self { absent: reason.into(), ..Self::through(Vec::new()) }
    }

    /// The same way, with limits that all hosts keep together.
    #[must_use]
    pub fn within(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same way, sending a request again so often at most.
    #[must_use]
    pub fn retrying(self, retries: u32) -> Self {
        Self { retries, ..self }
    }

    /// The same way, using journalled replies of other batches for so long; never without a time.
    #[must_use]
    pub fn reusing(self, reuse: Option<Duration>) -> Self {
        Self { reuse, ..self }
    }

    /// The same way, with backlogs that go out as provider's batches.
    #[must_use]
    pub fn batching(self, batches: BatchSettings) -> Self {
        Self { batches, ..self }
    }

    /// The same way, with so many calls at once at most.
    #[must_use]
    pub fn at_once(self, most: usize) -> Self {
        Self { most, calls: Semaphore::new(most), ..self }
    }

    /// The first provider with another model, and nobody in its place: whoever names a model wants that one.
    #[must_use]
    pub fn with_model(&self, model: &str) -> Self {
        Self {
            routes: self.routes.first().map(|route| route.with_model(model)).into_iter().collect(),
            absent: self.absent.clone(),
            limits: self.limits,
            retries: self.retries,
            reuse: self.reuse,
            batches: BatchSettings::default(),
            most: self.most,
            calls: Semaphore::new(self.most),
        }
    }

    /// The providers, the first one first.
    #[must_use]
    pub fn routes(&self) -> &[Route] {
        &self.routes
    }

    /// The models that are asked, in their order.
    #[must_use]
    pub fn models(&self) -> Vec<String> {
        self.routes.iter().map(|route| route.provider().model().to_owned()).collect()
    }

    /// The first provider, whether or not it is worth asking.
    #[must_use]
    pub fn configured(&self) -> Option<&dyn ModelProvider> {
        self.routes.first().map(Route::provider)
    }

    /// The way to a provider of a name and a model, or at least of that name.
    #[must_use]
    pub fn route_to(&self, name: &str, model: &str) -> Option<&Route> {
        let mut named = self.routes.iter().filter(|route| route.provider().name() == name);
        named.clone().find(|route| route.provider().model() == model).or_else(|| named.next())
    }

    /// What the hosts together may ask.
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How old a journalled reply may be that another batch uses; none is used without.
    #[must_use]
    pub const fn reuse(&self) -> Option<Duration> {
        self.reuse
    }

    /// What goes out as provider's batches.
    #[must_use]
    pub const fn batches(&self) -> &BatchSettings {
        &self.batches
    }

    /// The way that provider's batches go, if there is one now.
    #[must_use]
    pub fn batch_route(&self) -> Option<&Route> {
        let has_batches = |route: &&Route| route.provider().batches().is_some() && self.lack(route).is_none();
        self.routes.first().filter(has_batches).filter(|route| route.ready().is_ok())
    }

    /// Why nobody can answer before someone changes something.
    ///
    /// # Errors
    /// The reason.
    pub fn available(&self) -> Result<(), String> {
        let mut reason = None;
        for route in &self.routes {
            match (self.lack(route), route.blocked()) {
                (None, None) => return Ok(()),
                (lack, blocked) => reason = reason.or(lack).or(blocked.map(|(reason, _)| reason)),
            }
        }
        Err(reason.unwrap_or_else(|| self.absent.clone()))
    }

    /// Why a provider is not asked whatever it says: a budget cannot be kept where nobody knows what a call costs.
    #[must_use]
    pub fn lack(&self, route: &Route) -> Option<String> {
        let provider = route.provider();
        let is_limited = self.limits.daily_micros > 0 || self.limits.total_micros > 0;
        (is_limited && provider.estimate(&Prompt::default()).cost_micros.is_none()).then(|| {
            format!(
                "a budget is set, and the price of {} is not known: set AI_PRICES, for example to {}=0.10/0.50",
                provider.model(),
                provider.model()
            )
        })
    }

    /// Sends a prompt on a route, when there is room for another call.
    pub async fn ask(&self, route: &Route, prompt: &Prompt, deadline: Option<Instant>) -> Sent {
        if let Some(reason) = self.lack(route) {
            return Sent::nothing(AskError::misconfigured(reason));
        }
        // Whoever waits for its turn takes nobody's room, and looks again afterwards whether the provider may be asked.
        let turn = route.provider().turn(prompt).await;
        // The semaphore is never closed.
        let room = self.calls.acquire().await.ok();
        let sent = route.ask(prompt, Policy { retries: self.retries, deadline }).await;
        drop(room);
        if let Some(turn) = turn {
            turn.leave(sent.answer.is_ok());
        }
        sent
    }

    /// Calls under way.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.most.saturating_sub(self.calls.available_permits())
    }

    /// Why all providers are left alone for a while, and for how long yet.
    #[must_use]
    pub fn resting(&self) -> Option<(String, Duration)> {
        let rests: Option<Vec<_>> = self.routes.iter().map(Route::resting).collect();
        rests?.into_iter().min_by_key(|(_, rest)| *rest)
    }

    /// Gives the first provider up again, when tracks that wait for it could not be let go on.
    pub fn block(&self, reason: &str) {
        if let Some(route) = self.routes.first() {
            route.block(reason, AskError::MISCONFIGURED_REST);
        }
    }

    /// Tries those again that were given up; why one was blocked, if any was.
    pub fn unblock(&self) -> Option<String> {
        self.routes.iter().filter_map(Route::unblock).last()
    }

    /// As [`Gateway::unblock`], those that were blocked long enough.
    pub fn unblock_expired(&self) -> Option<String> {
        self.routes.iter().filter_map(Route::unblock_expired).last()
    }
}
