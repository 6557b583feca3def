//! A model on a local port that speaks Anthropic's Messages API and an OpenAI-compatible one, with their batches.
//!
//! What it was sent, the batches and the files live here and outlast every host that is killed meanwhile. One script
//! answers all questions, live or in a batch, in messages of the Messages API; for the other API they are translated.

mod answering;
mod anthropic;
mod batch;
mod behaviour;
mod chat;
mod files;
mod message_batches;
mod models;
mod openai_batches;
mod refusal;
#[cfg(test)]
mod tests;
mod usage;
mod visits;

pub use batch::{Batch, BatchRequest};
pub use behaviour::{Behaviour, Fate};
pub use refusal::Refusal;
pub use visits::{Visit, hang_up};

use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, middleware};
use serde_json::Value;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

/// The most bytes of a request: Anthropic's limit for a batch, the larger of the two.
const LONGEST_REQUEST: usize = 256 << 20;

/// A question that the stub received outside of batches.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Value,
}

/// The API that a request is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Anthropic,
    OpenAi,
}

struct Shared {
    behaviour: Behaviour,
    gate: Semaphore,
    exchanges: Mutex<Vec<Exchange>>,
    /// Questions so far, live and in batches.
    asked: AtomicUsize,
    cache: usage::PromptCache,
    visits: visits::Visits,
    headers: Mutex<HeaderMap>,
    ledger: batch::Ledger,
    files: files::Files,
}

impl Shared {
    /// The next number of an id.
    fn next(&self) -> usize {
        self.visits.next()
    }

    fn count_question(&self) -> usize {
        self.asked.fetch_add(1, Ordering::SeqCst)
    }
}

/// A model on a local port.
pub struct StubModel {
    shared: Arc<Shared>,
    /// Where it listens: the value of `ANTHROPIC_BASE_URL`, and without `/v1` that of an OpenAI-compatible base.
    pub url: String,
}

impl StubModel {
    /// A model that answers every question well, at once.
    pub async fn willing() -> Self {
        Self::behaving(Behaviour::with_fixed_usage()).await
    }

    /// A model that answers by a script, which is told how many requests came before.
    pub async fn with_script(script: impl Fn(usize, &Value) -> Response + Send + Sync + 'static) -> Self {
        Self::behaving(Behaviour::with_fixed_usage().script(script)).await
    }

    /// A model that answers well, and takes its time.
    pub async fn slow(delay: Duration) -> Self {
        Self::behaving(Behaviour::with_fixed_usage().delay(delay)).await
    }

    /// As [`StubModel::with_script`], but it takes its time.
    pub async fn slow_with_script(
        delay: Duration,
        script: impl Fn(usize, &Value) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self::behaving(Behaviour::with_fixed_usage().script(script).delay(delay)).await
    }

    /// A model that answers well, but only as many requests as it is allowed to.
    pub async fn gated(allowed: usize) -> Self {
        Self::behaving(Behaviour::with_fixed_usage().allowed(allowed)).await
    }

    /// A model that behaves as told, on any free port.
    pub async fn behaving(behaviour: Behaviour) -> Self {
        Self::listening(TcpListener::bind("127.0.0.1:0").await.unwrap(), behaviour)
    }

    /// The same, on a port that is open already.
    pub fn listening(listener: TcpListener, behaviour: Behaviour) -> Self {
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            gate: Semaphore::new(behaviour.allowed),
            behaviour,
            exchanges: Mutex::default(),
            asked: AtomicUsize::new(0),
            cache: usage::PromptCache::default(),
            visits: visits::Visits::default(),
            headers: Mutex::default(),
            ledger: batch::Ledger::default(),
            files: files::Files::default(),
        });
        tokio::spawn(axum::serve(listener, app(shared.clone())).into_future());
        Self { shared, url }
    }

    /// Lets so many more requests be answered.
    pub fn allow(&self, more: usize) {
        self.shared.gate.add_permits(more);
    }

    /// What was received so far, apart from batches.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.exchanges.lock().unwrap().clone()
    }

    /// The headers that every response carries from now on: rate limits, for example.
    pub fn set_headers(&self, headers: HeaderMap) {
        *self.shared.headers.lock().unwrap() = headers;
    }

    /// The batches that were created, in that order, whether or not the caller learned of it.
    #[must_use]
    pub fn batches(&self) -> Vec<Batch> {
        self.shared.ledger.all()
    }

    /// Ends every batch that has not ended.
    pub async fn end_batches(&self) {
        batch::end_all(&self.shared, batch::Ending::Answered).await;
    }

    /// Lets every batch that has not ended expire as a whole.
    pub async fn expire_batches(&self) {
        batch::end_all(&self.shared, batch::Ending::Expired).await;
    }

    /// How often a route was visited, such as `GET /v1/messages/batches/{id}`.
    #[must_use]
    pub fn visits(&self, route: &str) -> usize {
        self.shared.visits.count(route)
    }
}

#[expect(clippy::disallowed_methods, reason = "nobody describes a stub")]
fn app(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/v1/messages", post(anthropic::message))
        .route("/v1/messages/count_tokens", post(anthropic::count_tokens))
        .route("/v1/messages/batches", post(message_batches::create).get(message_batches::list))
        .route("/v1/messages/batches/{id}", get(message_batches::retrieve))
        .route("/v1/messages/batches/{id}/cancel", post(message_batches::cancel))
        .route("/v1/messages/batches/{id}/results", get(message_batches::results))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::retrieve))
        .route("/v1/chat/completions", post(chat::completion))
        .route("/v1/files", post(files::upload))
        .route("/v1/files/{id}", get(files::retrieve))
        .route("/v1/files/{id}/content", get(files::content))
        .route("/v1/batches", post(openai_batches::create).get(openai_batches::list))
        .route("/v1/batches/{id}", get(openai_batches::retrieve))
        .route("/v1/batches/{id}/cancel", post(openai_batches::cancel))
        .layer(middleware::from_fn_with_state(shared.clone(), visits::receive))
        .layer(DefaultBodyLimit::max(LONGEST_REQUEST))
        .with_state(shared)
}
