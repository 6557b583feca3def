//! One provider of the gateway, and whether it is worth asking now.

use super::breaker::{Breaker, State};
use super::retry::{self, Policy, Sent};
use super::{AskError, ModelProvider, figures};
use crate::music::Prompt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

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

/// A provider, and what it said about being asked.
pub struct Route {
    provider: Arc<dyn ModelProvider>,
    /// It will not answer before something is changed.
    blocked: Mutex<Option<Rest>>,
    /// It asked one of the hosts to leave it alone.
    resting: Mutex<Option<Rest>>,
    /// What all hosts were last said to leave it alone for.
    shared: Mutex<Option<Rest>>,
    breaker: Breaker,
    /// What it last failed with, until it answers.
    failure: Mutex<Option<String>>,
}

impl Route {
    /// A provider that said nothing yet.
    #[must_use]
    pub fn to(provider: Arc<dyn ModelProvider>) -> Self {
        let (blocked, resting, shared, breaker, failure) = Default::default();
        Self { provider, blocked, resting, shared, breaker, failure }
    }

    /// The same provider with another model; what it asked of one holds for the other.
    #[must_use]
    pub fn with_model(&self, model: &str) -> Self {
        let resting = Mutex::new(lock(&self.resting).clone());
        Self { resting, ..Self::to(self.provider.with_model(model)) }
    }

    /// Whom.
    #[must_use]
    pub fn provider(&self) -> &dyn ModelProvider {
        &*self.provider
    }

    /// The same provider with a model, for what was meant for that one.
    #[must_use]
    pub fn provider_of(&self, model: &str) -> Arc<dyn ModelProvider> {
        if self.provider.model() == model { self.provider.clone() } else { self.provider.with_model(model) }
    }

    /// Whether it may be asked now.
    ///
    /// # Errors
    /// Why not, and for how long.
    pub fn ready(&self) -> Result<(), AskError> {
        if let Some((reason, rest)) = self.blocked() {
            return Err(AskError::Operator { reason, rest, for_all: false });
        }
        match (self.resting(), self.breaker.ready()) {
            (Some((reason, rest)), _) => Err(AskError::RetryAfter { reason, rest, for_all: false }),
            (None, Err(rest)) => Err(self.is_open(rest)),
            (None, Ok(())) => Ok(()),
        }
    }

    /// Sends a prompt, if it may be asked now; notes what its answer says about asking it again.
    pub async fn ask(&self, prompt: &Prompt, policy: Policy) -> Sent {
        if let Err(error) = self.ready() {
            return Sent::nothing(error);
        }
        let passage = match self.breaker.admit() {
            Ok(passage) => passage,
            Err(rest) => return Sent::nothing(self.is_open(rest)),
        };
        let sent = retry::send(self.provider(), prompt, policy, || self.ready().is_ok()).await;
        match &sent.answer {
            // That it has too much to do says neither.
            Err(AskError::RetryAfter { for_all: true, .. }) => drop(passage),
            Err(AskError::RetryAfter { for_all: false, reason, .. } | AskError::Backoff(reason)) => {
                passage.failed();
                *lock(&self.failure) = Some(reason.clone());
                self.count_opened();
            }
            Ok(_) | Err(_) => {
                passage.answered();
                lock(&self.failure).take();
            }
        }
        self.note(&sent.answer);
        sent
    }

    fn count_opened(&self) {
        if matches!(self.breaker.state(), State::Open(_)) {
            let labels = figures::labels(self.provider.name(), self.provider.model());
            metrics::counter!("liner_model_breaker_opened_total", &labels).increment(1);
        }
    }

    fn note(&self, answer: &Result<super::Answer, AskError>) {
        match answer {
            Err(AskError::Operator { reason, rest, .. }) => {
                tracing::error!(provider = self.provider.name(), "the model is not asked for {rest:?}: {reason}");
                self.block(reason, *rest);
            }
            Err(AskError::RetryAfter { reason, rest, for_all: true }) => self.rest(reason, *rest),
            Ok(answer) => {
                if let Some(rest) = answer.headroom.used_up_for {
                    self.rest("the provider's rate limit is used up", rest);
                }
            }
            Err(_) => {}
        }
    }

    fn is_open(&self, rest: Duration) -> AskError {
        let reason = format!("{} kept failing, and is left alone for a while", self.provider.name());
        AskError::RetryAfter { reason, rest, for_all: false }
    }

    /// What its circuit is doing.
    #[must_use]
    pub fn circuit(&self) -> State {
        self.breaker.state()
    }

    /// What it last failed with, while it has not answered since.
    #[must_use]
    pub fn failure(&self) -> Option<String> {
        lock(&self.failure).clone()
    }

    /// Why it is left alone for a while, and for how long yet.
    #[must_use]
    pub fn resting(&self) -> Option<(String, Duration)> {
        let mut resting = lock(&self.resting);
        resting.take_if(|rest| rest.left().is_zero());
        resting.as_ref().map(|rest| (rest.reason.clone(), rest.left()))
    }

    /// Leaves it alone for a while: the longer of two wishes counts.
    pub fn rest(&self, reason: &str, rest: Duration) {
        let mut resting = lock(&self.resting);
        if resting.as_ref().is_none_or(|known| known.left() < rest) {
            *resting = Some(Rest::of(reason, rest));
        }
    }

    /// Leaves it alone no more.
    pub fn end_rest(&self) {
        lock(&self.resting).take();
    }

    /// As long as all hosts leave it alone: what they ended is over here too, but not what only this host heard.
    pub fn rest_with_others(&self, wish: Option<(&str, Duration)>) {
        let mut shared = lock(&self.shared);
        match wish {
            Some((reason, rest)) => {
                *shared = Some(Rest::of(reason, rest));
                drop(shared);
                self.rest(reason, rest);
            }
            None => {
                let ended = shared.take().map(|rest| rest.reason);
                let mut resting = lock(&self.resting);
                resting.take_if(|rest| ended.as_ref() == Some(&rest.reason));
            }
        }
    }

    /// Why it will not answer before something is changed, and when it is tried again all the same.
    #[must_use]
    pub fn blocked(&self) -> Option<(String, Duration)> {
        let left = |rest: &Rest| Some((rest.reason.clone(), rest.left())).filter(|(_, left)| !left.is_zero());
        lock(&self.blocked).as_ref().and_then(left)
    }

    /// Leaves it alone: it will not answer before something is changed.
    pub fn block(&self, reason: &str, rest: Duration) {
        *lock(&self.blocked) = Some(Rest::of(reason, rest));
    }

    /// Tries it again; why it was blocked, if it was.
    pub fn unblock(&self) -> Option<String> {
        self.breaker.close();
        lock(&self.blocked).take().map(|rest| rest.reason)
    }

    /// As [`Route::unblock`], if it was blocked long enough.
    pub fn unblock_expired(&self) -> Option<String> {
        lock(&self.blocked).take_if(|rest| rest.left().is_zero()).map(|rest| rest.reason)
    }
}

fn lock<T>(said: &Mutex<Option<T>>) -> MutexGuard<'_, Option<T>> {
    said.lock().unwrap_or_else(PoisonError::into_inner)
}
