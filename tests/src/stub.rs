//! A model on a local port that speaks the Messages API.

use crate::answers::message_about;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing::post};
use serde_json::Value;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A request that the stub received.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Value,
}

type Script = dyn Fn(usize, &Value) -> Response + Send + Sync;

struct Shared {
    exchanges: Mutex<Vec<Exchange>>,
    gate: Semaphore,
    script: Box<Script>,
    delay: Duration,
}

/// A model on a local port.
pub struct StubModel {
    shared: Arc<Shared>,
    /// Where it listens: the value of `ANTHROPIC_BASE_URL`.
    pub url: String,
}

impl StubModel {
    /// A model that answers every question well, at once.
    pub async fn willing() -> Self {
        Self::with_script(|_, request| Json(message_about(request)).into_response()).await
    }

    /// A model that answers by a script, which is told how many requests came before.
    pub async fn with_script(script: impl Fn(usize, &Value) -> Response + Send + Sync + 'static) -> Self {
        Self::start(Semaphore::MAX_PERMITS, Box::new(script), Duration::ZERO).await
    }

    /// A model that answers well, and takes its time.
    pub async fn slow(delay: Duration) -> Self {
        Self::slow_with_script(delay, |_, request| Json(message_about(request)).into_response()).await
    }

    /// As [`StubModel::with_script`], but it takes its time.
    pub async fn slow_with_script(
        delay: Duration,
        script: impl Fn(usize, &Value) -> Response + Send + Sync + 'static,
    ) -> Self {
        Self::start(Semaphore::MAX_PERMITS, Box::new(script), delay).await
    }

    /// A model that answers well, but only as many requests as it is allowed to.
    pub async fn gated(allowed: usize) -> Self {
        let script = |_: usize, request: &Value| Json(message_about(request)).into_response();
        Self::start(allowed, Box::new(script), Duration::ZERO).await
    }

    async fn start(allowed: usize, script: Box<Script>, delay: Duration) -> Self {
        let shared = Arc::new(Shared { exchanges: Mutex::default(), gate: Semaphore::new(allowed), script, delay });
        let app = Router::new().route("/v1/messages", post(answer)).with_state(shared.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { shared, url }
    }

    /// Lets so many more requests be answered.
    pub fn allow(&self, more: usize) {
        self.shared.gate.add_permits(more);
    }

    /// What was received so far.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.shared.exchanges.lock().unwrap().clone()
    }
}

/// As at a real provider, a question is answered, and paid for, also when the caller has hung up meanwhile.
async fn answer(State(shared): State<Arc<Shared>>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    tokio::spawn(answer_to_the_end(shared, headers, body)).await.unwrap()
}

async fn answer_to_the_end(shared: Arc<Shared>, headers: HeaderMap, body: Value) -> Response {
    let before = {
        let mut exchanges = shared.exchanges.lock().unwrap();
        exchanges.push(Exchange { headers, body: body.clone() });
        exchanges.len() - 1
    };
    tokio::time::sleep(shared.delay).await;
    match shared.gate.acquire().await {
        Ok(permit) => permit.forget(),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
    (shared.script)(before, &body)
}
