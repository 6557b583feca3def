//! The control API. Reading is for everyone who may read, changing for the operator.

mod auth;
mod batches;
mod docs;
mod health;
mod hosts;
mod library;
mod model;
mod openapi;
mod pages;
mod plugins;
mod problem;
mod queue;
mod request;
mod routes;
mod sync;
mod worker;

pub use openapi::document;
pub use queue::waiting_reason;

use crate::config::Config;
use crate::secret::Secret;
use crate::store::{Store, StoreError};
use crate::worker::Worker;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use metrics_exporter_prometheus::PrometheusHandle;
use problem::Problem;
use routes::Groups;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// The most bytes of a body, but for links, which are streamed.
const MAX_BODY: usize = 256 << 10;
/// The longest a request may take, but for links and for manual runs.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// What requests are answered with.
pub struct Api {
    worker: Worker,
    admin_token: Option<Secret>,
    public_read: bool,
    figures: PrometheusHandle,
}

impl Api {
    /// An API to a worker.
    #[must_use]
    pub fn new(worker: Worker, config: &Config, figures: PrometheusHandle) -> Arc<Self> {
        let (admin_token, public_read) = (config.admin_token.clone(), config.public_read);
        Arc::new(Self { worker, admin_token, public_read, figures })
    }

    fn store(&self) -> &dyn Store {
        self.worker.context().store.as_ref()
    }

    /// Why no model is asked, if none is.
    fn lack_of_model(&self) -> Option<String> {
        self.worker.context().gateway.available().err()
    }
}

/// All paths.
pub fn router(api: Arc<Api>) -> Router {
    let Groups { quick, long, uploads, open } = routes::groups();
    let quick = quick.layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIMEOUT));
    let uploads = uploads.layer(DefaultBodyLimit::disable());
    Router::from(quick.merge(long).merge(uploads))
        .layer(from_fn_with_state(api.clone(), auth::authorise))
        .merge(Router::from(open))
        .fallback(|| async { Problem::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path knows another method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(CatchPanicLayer::custom(|_panic| -> Response {
            tracing::error!("a request panicked");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the request failed inside; the log says more")
                .into_response()
        }))
        .with_state(api)
}

/// A time of the store as people and programs read it: RFC 3339, UTC.
fn time(unix_ms: i64) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(unix_ms).ok()
}

/// Reads a state that a database error would make useless.
type Answer<T> = Result<axum::Json<T>, Problem>;

/// A limit of a list, 1 to 100.
fn limit(given: Option<u32>) -> Result<u32, Problem> {
    match given.unwrap_or(50) {
        limit @ 1..=100 => Ok(limit),
        other => Err(Problem::bad_request(format!("limit is {other}; allowed: 1 to 100"))),
    }
}

impl From<crate::worker::WorkerError> for Problem {
    fn from(error: crate::worker::WorkerError) -> Self {
        match error {
            crate::worker::WorkerError::Store(error) => error.into(),
            other => Self::bad_request(other.to_string()),
        }
    }
}

/// How long a probe waits for the database.
const PING_TIMEOUT: Duration = Duration::from_secs(2);

/// Whether the database answers, for the probes.
async fn ping(api: &Api) -> Result<(), StoreError> {
    let pong = tokio::time::timeout(PING_TIMEOUT, api.store().ping()).await;
    pong.unwrap_or_else(|_| {
        Err(StoreError::Unreachable {
            address: api.store().description(),
            reason: format!("it did not answer within {} s", PING_TIMEOUT.as_secs()),
        })
    })
}
