//! `GET /api/events`: what happens, as server-sent events.

use super::Api;
use super::openapi::refusals::Unavailable;
use super::problem::Problem;
use super::request::{Nothing, Params};
use crate::notify::stream::{NotTold, Reader};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use serde::Serialize;
use std::convert::Infallible;
use std::sync::Arc;
use utoipa::ToSchema;

/// When somebody comes back who was not told, in seconds.
const COME_BACK: u64 = 10;

/// One event of the stream, field by field.
#[derive(Serialize, ToSchema)]
#[schema(as = StreamEvent)]
pub struct Told {
    /// Its name.
    #[schema(example = "queue")]
    event: String,
    /// JSON, of its own form for each name.
    #[schema(example = "{\"pending\": 3}")]
    data: String,
    /// What `Last-Event-ID` may name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    id: Option<String>,
}

/// What happens, as it does: batches, changes of strategies, failures, the switch, the queue's counts.
///
/// Server-sent events named `batch`, `failure`, `swap`, `rollback`, `refusal`, `kept`, `bypassed`, `recovered`,
/// `budget-reached`, `webhook-disabled`, `webhook-enabled`, `webhook-gave-up`, `pause`, `resume` and `queue`; their data is
/// JSON. A reader first hears whether the worker is paused, and the queue's counts. One that comes back with
/// `Last-Event-ID`, as browsers do by themselves, hears what it missed, or `reset` where that is not known any more.
#[utoipa::path(
    get,
    path = "/api/events",
    operation_id = "events",
    tag = "Worker",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of what was heard last")),
    responses(
        (status = 200, description = "What happens, without an end", body = Told, content_type = "text/event-stream"),
        Unavailable,
    ),
)]
pub async fn stream(State(api): State<Arc<Api>>, headers: HeaderMap, _: Params<Nothing>) -> Result<Response, Problem> {
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
