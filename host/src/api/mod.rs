//! The control API. Reading is for everyone who may read, changing for the operator.

mod auth;
mod batches;
mod dashboard;
mod docs;
mod events;
mod health;
mod hosts;
mod library;
mod manners;
mod metrics;
mod model;
mod openapi;
mod pages;
mod plugins;
mod problem;
mod queue;
mod request;
mod routes;
pub mod server;
mod session;
mod sign_ins;
mod sync;
mod throughput;
mod together;
mod traffic;
mod transport;
mod webhooks;
mod worker;

pub use hosts::HostState;
pub use library::{Entry, STATES};
pub use openapi::document;
pub use pages::Item as UnreadItem;
pub use queue::{FailedItem, QueueStatus, Retried, waiting_reason};
pub use sync::Triggered;
pub use webhooks::{
    Added as WebhookAdded, Endpoint as WebhookEndpoint, LoggedAttempt as WebhookAttempt, Tested as WebhookTested,
    shown as shown_webhook,
};
pub use worker::Processed;

use crate::config::{Config, HttpSettings};
use crate::notify::Notifier;
use crate::notify::stream::Feed;
use crate::secret::Secret;
use crate::store::{Store, StoreError};
use crate::telemetry::Figures;
use crate::time::timestamp as time;
use crate::worker::{Worker, WorkerError};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use manners::{Concurrency, dressed};
use problem::Problem;
use routes::Groups;
use sign_ins::SignIns;
use std::path::PathBuf;
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
    notifier: Arc<Notifier>,
    admin_token: Option<Secret>,
    public_read: bool,
    http: HttpSettings,
    figures: Figures,
    /// Where the host's files are.
    data_dir: PathBuf,
    size: metrics::Size,
    feed: Feed,
    sign_ins: SignIns,
    answers: Concurrency,
    uploads: Concurrency,
    queue_state: Together<Result<queue::QueueState, StoreError>>,
    worker_status: Together<Result<crate::worker::Status, StoreError>>,
    reachable: health::Reachable,
    stopping: AtomicBool,
}

impl Api {
    /// An API to a worker, and to who tells others.
    #[must_use]
    pub fn new(worker: Worker, notifier: Arc<Notifier>, config: &Config, figures: Figures) -> Arc<Self> {
        let feed = Feed::new(worker.context().store.clone(), config.http.streams);
        Arc::new(Self {
            worker,
            notifier,
            admin_token: config.admin_token.clone(),
            public_read: config.public_read,
            http: config.http.clone(),
            figures,
            data_dir: config.data_dir.clone(),
            size: metrics::Size::default(),
            feed,
            sign_ins: SignIns::default(),
            answers: Concurrency::of(ANSWERS),
            uploads: Concurrency::of(UPLOADS),
            queue_state: Together::default(),
            worker_status: Together::default(),
            reachable: health::Reachable::default(),
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
    let Groups { kept, quick, long, uploads, open } = routes::groups();
    let quick =
        quick.merge(kept).layer(from_fn_with_state(api.clone(), manners::in_turn)).layer(from_fn(manners::in_time));
    let uploads =
        uploads.layer(DefaultBodyLimit::disable()).layer(from_fn_with_state(api.clone(), manners::upload_in_turn));
    let routes = Router::from(quick.merge(long).merge(uploads))
        .layer(from_fn_with_state(api.clone(), auth::authorise))
        .merge(Router::from(open))
        .merge(dashboard::router(&api))
        .fallback(|| async { Problem::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path knows another method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY));
    dressed(routes, &api.http).layer(from_fn(traffic::count)).with_state(api)
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
