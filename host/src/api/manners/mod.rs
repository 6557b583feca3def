//! What every answer has and every request keeps to, whichever route it is of.

mod caching;
mod concurrency;
mod headers;
mod identity;
mod pace;
mod peer;
mod text;

pub use caching::revalidate;
pub use concurrency::Concurrency;
pub use pace::TooSlow;
pub use peer::{Connected, Peer};

use super::Api;
use super::problem::Problem;
use crate::config::HttpSettings;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_NONE_MATCH, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Duration;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};
use tower_http::cors::CorsLayer;

/// The longest that a request may take, but for those that say otherwise.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Answers that fit into one packet are not worth compressing.
const WORTH_COMPRESSING: u16 = 1_024;
/// How long a browser remembers what another origin may do.
const CORS_AGE: Duration = Duration::from_secs(3_600);

/// Gives manners to all routes.
pub fn dressed(routes: Router<Arc<Api>>, settings: &HttpSettings) -> Router<Arc<Api>> {
    let compression = CompressionLayer::new()
        // The least memory a stream, as there may be many.
        .quality(CompressionLevel::Fastest)
        .compress_when(DefaultPredicate::new().and(SizeAbove::new(WORTH_COMPRESSING)));
    let routes = routes
        .layer(from_fn(text::readable))
        .layer(from_fn_with_state(settings.patience, pace::pace))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(compression)
        .layer(from_fn(uncompressed_unless_read));
    let routes = match cors(settings) {
        Some(cors) => routes.layer(cors),
        None => routes,
    };
    let trusted: Arc<[_]> = settings.trusted_proxies.as_slice().into();
    routes
        .layer(from_fn(headers::dress))
        .layer(from_fn_with_state(trusted, peer::know))
        .layer(from_fn(identity::identify))
}

fn panicked(_panic: Box<dyn std::any::Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the request failed inside; the log says more").into_response()
}

/// How long a compressed answer is tells something of what is in it. What an answer to a change holds, a secret that was
/// made for one, may be told nothing of.
async fn uncompressed_unless_read(mut request: Request, next: Next) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    next.run(request).await
}

/// What pages of other origins may do, where some are named. They send no cookies: a page of another origin has the token,
/// or reads what everybody may.
fn cors(settings: &HttpSettings) -> Option<CorsLayer> {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    if settings.cors_origins.is_empty() {
        return None;
    }
    let layer = CorsLayer::new()
        .allow_origin(settings.cors_origins.clone())
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([
            AUTHORIZATION,
            CONTENT_TYPE,
            IF_NONE_MATCH,
            REQUEST_ID,
            HeaderName::from_static("last-event-id"),
        ])
        .expose_headers([ETAG, RETRY_AFTER, WWW_AUTHENTICATE, REQUEST_ID])
        .max_age(CORS_AGE);
    Some(layer)
}

/// Ends a request that takes too long. What it changed before stays changed.
pub async fn in_time(request: Request, next: Next) -> Response {
    tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("this took longer than {} s; the database may be busy", REQUEST_TIMEOUT.as_secs());
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(1).into_response()
    })
}

/// Answers in turn what is answered quickly.
pub async fn in_turn(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    api.answers.answer(request, next).await
}

/// Takes uploads in turn.
pub async fn upload_in_turn(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    api.uploads.answer(request, next).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::handler::Handler;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_takes_too_long_is_ended_and_told_when_to_come_again() {
        let ends_after = async |time: Duration| {
            let handler = move || tokio::time::sleep(time);
            handler.layer(from_fn(in_time)).call(Request::new(Body::empty()), ()).await
        };
        assert_eq!(ends_after(REQUEST_TIMEOUT - Duration::from_secs(1)).await.status(), StatusCode::OK);
        let ended = ends_after(REQUEST_TIMEOUT + Duration::from_secs(1)).await;
        assert_eq!(ended.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(ended.headers()[RETRY_AFTER], "1");
    }
}
