//! What every request passes: it is counted, its key is checked, and its response gets an id.

use super::refusal::Refusal;
use super::{Shared, Wire};
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A request as hooks see it.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The method and the route, such as `POST /v1/messages/batches` or `GET /v1/batches/{id}`.
    pub route: String,
    /// The path itself.
    pub path: String,
    /// How many visits of this route came before.
    pub earlier: usize,
}

/// The connection ends without a response.
#[derive(Clone)]
struct HangUp;

/// A response that is none: the connection ends.
#[must_use]
pub fn hang_up() -> Response {
    let mut response = Response::new(Body::empty());
    response.extensions_mut().insert(HangUp);
    response
}

#[derive(Default)]
pub(super) struct Visits {
    by_route: Mutex<HashMap<String, usize>>,
    numbers: AtomicUsize,
}

impl Visits {
    pub(super) fn count(&self, route: &str) -> usize {
        self.by_route.lock().unwrap().get(route).copied().unwrap_or_default()
    }

    pub(super) fn next(&self) -> usize {
        self.numbers.fetch_add(1, Ordering::SeqCst)
    }

    fn note(&self, request: &Request) -> Visit {
        let path = request.uri().path().to_owned();
        let matched = request.extensions().get::<MatchedPath>().map_or(path.as_str(), MatchedPath::as_str);
        let route = format!("{} {matched}", request.method());
        let mut by_route = self.by_route.lock().unwrap();
        let visits = by_route.entry(route.clone()).or_default();
        *visits += 1;
        Visit { route, path, earlier: *visits - 1 }
    }
}

impl Wire {
    /// Both APIs have `/v1/models`; only one is versioned by a header.
    fn of(path: &str, headers: &HeaderMap) -> Self {
        let shared = path.starts_with("/v1/models") && headers.contains_key("anthropic-version");
        if shared || path.starts_with("/v1/messages") { Self::Anthropic } else { Self::OpenAi }
    }

    const fn id_header(self) -> HeaderName {
        match self {
            Self::Anthropic => HeaderName::from_static("request-id"),
            Self::OpenAi => HeaderName::from_static("x-request-id"),
        }
    }
}

pub(super) async fn receive(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let visit = shared.visits.note(&request);
    let wire = Wire::of(&visit.path, request.headers());
    let request_id = format!("req_{:024}", shared.next());
    let refused = wrong_key(shared.behaviour.key.as_deref(), request.headers());
    let mut response = match refused.or_else(|| (shared.behaviour.before)(&visit)) {
        Some(instead) => instead,
        None => {
            request.extensions_mut().insert(wire);
            let done = next.run(request).await;
            (shared.behaviour.after)(&visit).unwrap_or(done)
        }
    };
    if response.extensions().get::<HangUp>().is_some() {
        // Ends the connection's task, quietly: no hook is told of it.
        resume_unwind(Box::new("hung up"));
    }
    if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
        response = refusal.into_envelope(wire, &request_id);
    }
    let headers = response.headers_mut();
    headers.entry(wire.id_header()).or_insert(HeaderValue::from_str(&request_id).unwrap());
    headers.extend(shared.headers.lock().unwrap().clone());
    response
}

fn wrong_key(key: Option<&str>, headers: &HeaderMap) -> Option<Response> {
    let key = key?;
    let sent = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = sent("authorization").and_then(|value| value.strip_prefix("Bearer "));
    let message = match sent("x-api-key").or(bearer) {
        Some(sent) if sent == key => return None,
        Some(_) => "invalid x-api-key",
        None => "x-api-key header is required",
    };
    let refusal = Refusal::new(401, "authentication_error", message).header("x-should-retry", "false");
    Some(refusal.openai(None, "invalid_api_key").into_response())
}
