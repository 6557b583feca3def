//! The control API. Reading is for everyone who may read, changing for the operator.

mod auth;
mod batches;
mod events;
mod health;
mod hosts;
mod library;
mod manners;
mod model;
mod pages;
mod plugins;
mod problem;
mod queue;
mod request;
pub mod server;
mod sign_ins;
mod sync;
mod together;
mod transport;
mod worker;

pub use queue::waiting_reason;

use crate::config::{Config, HttpSettings};
use crate::notify::stream::Feed;
use crate::secret::Secret;
use crate::store::{Store, StoreError};
use crate::worker::{Worker, WorkerError};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post, put};
use manners::{Concurrency, dressed};
use metrics_exporter_prometheus::PrometheusHandle;
use problem::Problem;
use sign_ins::SignIns;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use together::Together;

/// The most bytes of a body, but for links, which are streamed.
const MAX_BODY: usize = 256 << 10;
/// Requests that are answered at once.
const ANSWERS: usize = 256;
/// Uploads that are taken at once; each holds some megabytes.
const UPLOADS: usize = 16;

/// What requests are answered with.
pub struct Api {
    worker: Worker,
    admin_token: Option<Secret>,
    public_read: bool,
    http: HttpSettings,
    figures: PrometheusHandle,
    feed: Feed,
    sign_ins: SignIns,
    answers: Concurrency,
    uploads: Concurrency,
    queue_state: Together<Result<queue::QueueState, StoreError>>,
    worker_status: Together<Result<crate::worker::Status, StoreError>>,
    stopping: AtomicBool,
}

impl Api {
    /// An API to a worker.
    #[must_use]
    pub fn new(worker: Worker, config: &Config, figures: PrometheusHandle) -> Arc<Self> {
        let feed = Feed::new(worker.context().store.clone(), config.http.streams);
        Arc::new(Self {
            worker,
            admin_token: config.admin_token.clone(),
            public_read: config.public_read,
            http: config.http.clone(),
            figures,
            feed,
            sign_ins: SignIns::default(),
            answers: Concurrency::of(ANSWERS),
            uploads: Concurrency::of(UPLOADS),
            queue_state: Together::default(),
            worker_status: Together::default(),
            stopping: AtomicBool::new(false),
        })
    }

    /// Says from now on that this host is not ready: whoever sends requests here is to send them elsewhere.
    pub fn announce_stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Ends what would not end by itself.
    pub fn end_streams(&self) {
        self.feed.stop();
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
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
    let library = Router::new()
        .route("/api/music-ai/library", get(library::list))
        .route("/api/music-ai/library/{platform}/{*id}", get(library::entry).patch(library::correct))
        .layer(from_fn(manners::revalidate));
    let quick = Router::new()
        .route("/api/music-ai/worker/status", get(worker::status))
        .route("/api/music-ai/worker/pause", post(worker::pause))
        .route("/api/music-ai/worker/resume", post(worker::resume))
        .route("/api/music-ai/status", get(queue::status))
        .route("/api/music-ai/failed", get(queue::failed))
        .route("/api/music-ai/failed/retry", post(queue::retry))
        .route("/api/music-ai/pages", get(pages::list))
        .route("/api/music-ai/pages/retry", post(pages::retry))
        .route("/api/music-ai/health", get(health::health))
        .merge(library)
        .route("/api/hosts", get(hosts::list))
        .route("/api/hosts/{id}/drain", post(hosts::drain))
        .route("/api/model", get(model::state))
        .route("/api/model/use", get(model::used))
        .route("/api/sync/status/{channel}", get(sync::status))
        .route("/metrics", get(health::metrics))
        .layer(from_fn_with_state(api.clone(), manners::in_turn))
        .layer(from_fn(manners::in_time));
    let long = Router::new()
        .route("/api/music-ai/process", post(worker::process))
        .route("/api/sync/trigger/{channel}", post(sync::trigger))
        .route("/api/events", get(events::stream));
    let uploads = Router::new()
        .route("/api/music-ai/queue", post(queue::enqueue))
        .route("/api/plugins", post(plugins::upload))
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(api.clone(), manners::upload_in_turn));
    let plugins = Router::new()
        .route("/api/plugins", get(plugins::list))
        .route("/api/plugins/history", get(plugins::history))
        .route("/api/plugins/events", get(plugins::events))
        .route("/api/plugins/rollback", post(plugins::rollback))
        .route("/api/plugins/{plugin}", get(plugins::one).delete(plugins::retire))
        .route("/api/plugins/{plugin}/activate", post(plugins::activate))
        .route("/api/plugins/{plugin}/shadow", post(plugins::shadow))
        .route("/api/plugins/{plugin}/canary", post(plugins::canary))
        .route("/api/plugins/{plugin}/promote", post(plugins::promote))
        .route("/api/plugins/{plugin}/config", put(plugins::configure))
        .route("/api/plugins/{plugin}/comparison", get(plugins::comparison));
    let probes = Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready));
    let routes = quick
        .merge(long)
        .merge(uploads)
        .merge(plugins)
        .layer(from_fn_with_state(api.clone(), auth::authorise))
        .merge(probes)
        .fallback(|| async { Problem::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path knows another method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY));
    dressed(routes, &api.http).with_state(api)
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

impl From<WorkerError> for Problem {
    fn from(error: WorkerError) -> Self {
        match error {
            WorkerError::Store(error) => error.into(),
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
