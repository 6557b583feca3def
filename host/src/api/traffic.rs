//! Counting requests, by the route they matched and never by their path: a path is whatever a caller writes.

use axum::body::{Body, HttpBody};
use axum::extract::{MatchedPath, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt;
use std::time::Instant;

/// The route of what matched none.
const NONE: &str = "none";

/// A request that is not answered yet; one whose caller went away is over too.
struct InFlight;

impl InFlight {
    fn begin() -> Self {
        metrics::gauge!("liner_http_requests_in_flight").increment(1.0);
        Self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!("liner_http_requests_in_flight").decrement(1.0);
    }
}

/// Counts a request, its time and its bytes.
pub async fn count(request: Request, next: Next) -> Response {
    let _in_flight = InFlight::begin();
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or(NONE.to_owned(), |path| path.as_str().to_owned());
    let method = method(request.method());
    let received = metrics::counter!("liner_http_request_body_bytes_total", "route" => route.clone());
    let sent = metrics::counter!("liner_http_response_body_bytes_total", "route" => route.clone());
    let response = next.run(request.map(|body| counted(body, received))).await;
    let status = class(response.status());
    metrics::histogram!("liner_http_request_seconds", "route" => route.clone(), "method" => method)
        .record(started.elapsed().as_secs_f64());
    metrics::counter!("liner_http_requests_total", "route" => route, "method" => method, "status" => status)
        .increment(1);
    response.map(|body| counted(body, sent))
}

/// A body whose bytes are counted. One whose length is known keeps it: a wrapped one would be sent in chunks.
fn counted(body: Body, bytes: metrics::Counter) -> Body {
    if let Some(length) = body.size_hint().exact() {
        bytes.increment(length);
        return body;
    }
    let add = move |frame: &Result<_, _>| {
        if let Ok(frame) = frame {
            bytes.increment(length_of(frame));
        }
    };
    Body::from_stream(body.into_data_stream().inspect(add))
}

fn length_of(frame: &impl AsRef<[u8]>) -> u64 {
    u64::try_from(frame.as_ref().len()).unwrap_or(u64::MAX)
}

/// The method as a label: a caller may make one up.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

const fn class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}
