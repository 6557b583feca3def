//! Every request has an id: the caller's, or one of ours. The answer and every line of the log about it have it too.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that a caller may give.
const MOST: usize = 128;

/// Gives it one.
pub async fn identify(request: Request, next: Next) -> Response {
    let id = request.headers().get(&REQUEST_ID).filter(|id| is_sane(id)).cloned().or_else(made);
    // As grave as can be, so that a filter that lets an error through lets its id through.
    let span = tracing::error_span!("request", request_id = id.as_ref().and_then(|id| id.to_str().ok()));
    let mut response = next.run(request).instrument(span).await;
    if let Some(id) = id {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// Whether an id can stand in a line of a log, and be looked for there.
fn is_sane(id: &HeaderValue) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:/+=@".contains(byte);
    (1..=MOST).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
}

fn made() -> Option<HeaderValue> {
    HeaderValue::from_str(&Uuid::now_v7().to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        for id in ["1", "0198-ab_c.d:e/f+g=h@i", &"x".repeat(MOST)] {
            assert!(is_sane(&HeaderValue::from_str(id).unwrap()), "{id}");
        }
        for id in ["", "a b", "a\"b", "{}", "é", &"x".repeat(MOST + 1)] {
            assert!(!is_sane(&HeaderValue::from_bytes(id.as_bytes()).unwrap()), "{id}");
        }
    }
}
