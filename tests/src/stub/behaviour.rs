//! What a stub is told to do.

use super::visits::Visit;
use crate::answers::message_about;
use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::Semaphore;

type Script = dyn Fn(usize, &Value) -> Response + Send + Sync;
type Hook = dyn Fn(&Visit) -> Option<Response> + Send + Sync;
type Expiry = dyn Fn(&str) -> bool + Send + Sync;

/// What a stub is told to do. By default it answers every question well and at once, counts tokens from what it is sent,
/// and ends a batch when it is looked at for the second time.
pub struct Behaviour {
    pub(super) script: Box<Script>,
    pub(super) delay: Duration,
    pub(super) allowed: usize,
    pub(super) counts: bool,
    pub(super) key: Option<String>,
    pub(super) checks: bool,
    pub(super) reasons: bool,
    pub(super) ends_after: Option<usize>,
    pub(super) expires: Box<Expiry>,
    pub(super) before: Box<Hook>,
    pub(super) after: Box<Hook>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            script: Box::new(|_, request| Json(message_about(request)).into_response()),
            delay: Duration::ZERO,
            allowed: Semaphore::MAX_PERMITS,
            counts: true,
            key: None,
            checks: false,
            reasons: false,
            ends_after: Some(2),
            expires: Box::new(|_| false),
            before: Box::new(|_| None),
            after: Box::new(|_| None),
        }
    }
}

impl Behaviour {
    /// Usage, ids and models in messages stay as the script writes them.
    #[must_use]
    pub fn with_fixed_usage() -> Self {
        Self { counts: false, ..Self::default() }
    }

    /// Answers by a script, which is told how many questions came before. It answers with a message of the Messages API,
    /// a [`Refusal`](super::Refusal), or whatever else.
    #[must_use]
    pub fn script(self, script: impl Fn(usize, &Value) -> Response + Send + Sync + 'static) -> Self {
        Self { script: Box::new(script), ..self }
    }

    /// Takes so long for every question outside of batches.
    #[must_use]
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// Answers only so many questions outside of batches, until [`allow`](super::StubModel::allow) lets more through.
    #[must_use]
    pub fn allowed(self, allowed: usize) -> Self {
        Self { allowed, ..self }
    }

    /// Refuses requests without this key.
    #[must_use]
    pub fn key(self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self }
    }

    /// Refuses the questions that the real APIs refuse: of unknown models, without `max_tokens`, with a temperature.
    #[must_use]
    pub fn checking(self) -> Self {
        Self { checks: true, ..self }
    }

    /// Is one of OpenAI's reasoning models: refuses `max_tokens` and `temperature`, and bills tokens it reasoned with.
    #[must_use]
    pub fn reasoning(self) -> Self {
        Self { reasons: true, ..self }
    }

    /// Ends a batch when it is looked at for the n-th time.
    #[must_use]
    pub fn ending_at_poll(self, n: usize) -> Self {
        Self { ends_after: Some(n), ..self }
    }

    /// Ends batches only by [`end_batches`](super::StubModel::end_batches).
    #[must_use]
    pub fn ending_when_told(self) -> Self {
        Self { ends_after: None, ..self }
    }

    /// Lets these requests of batches expire, by their `custom_id`.
    #[must_use]
    pub fn expiring(self, expires: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        Self { expires: Box::new(expires), ..self }
    }

    /// Answers some visits at once, and nothing else happens.
    #[must_use]
    pub fn instead(self, hook: impl Fn(&Visit) -> Option<Response> + Send + Sync + 'static) -> Self {
        Self { before: Box::new(hook), ..self }
    }

    /// Lets everything happen that a visit asks for, but answers this: the visitor's answer is lost.
    #[must_use]
    pub fn afterwards(self, hook: impl Fn(&Visit) -> Option<Response> + Send + Sync + 'static) -> Self {
        Self { after: Box::new(hook), ..self }
    }
}
