//! `GET /api/events`: what happens, as server-sent events.

use super::Api;
use super::problem::Problem;
use super::request::{Nothing, Params};
use crate::notify::stream::{NotTold, Reader};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use std::convert::Infallible;
use std::sync::Arc;

/// When somebody comes back who was not told, in seconds.
const COME_BACK: u64 = 10;

/// Tells what happens from now on; after `Last-Event-ID`, which browsers send by themselves, what happened since.
pub async fn stream(
    State(api): State<Arc<Api>>,
    headers: HeaderMap,
    _: Params<Nothing>,
) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default());
    let reader = api.feed.read(last).await?;
    let head = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        // A proxy that gathers an answer before it passes it on would pass on nothing.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((head, Body::from_stream(unfold(reader, next))).into_response())
}

async fn next(mut reader: Reader) -> Option<(Result<Bytes, Infallible>, Reader)> {
    reader.next().await.map(|told| (Ok(told), reader))
}

impl From<NotTold> for Problem {
    fn from(error: NotTold) -> Self {
        match error {
            NotTold::Store(error) => error.into(),
            NotTold::Full(_) | NotTold::Stopping => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()).retry_after(COME_BACK)
            }
        }
    }
}
