//! Answers that are not sent again to who has them.

use crate::digest::Digest;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The longest answer that is looked at.
const MOST: u64 = 4 << 20;

/// Tags what is read, so that who asks again with the tag hears that nothing changed. The tag is a weak one: compressed or
/// not, it is the same answer.
pub async fn revalidate(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let is_short = response.body().size_hint().exact().is_some_and(|length| length <= MOST);
    if !reads || response.status() != StatusCode::OK || !is_short {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let Ok(tag) = HeaderValue::from_str(&format!("W/\"{}\"", Digest::of(&bytes).as_str())) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    head.headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-cache"));
    let is_known = known.is_some_and(|known| names(&known, &tag));
    head.headers.insert(ETAG, tag);
    if is_known {
        unsay(&mut head.headers);
        // As with the answer that it stands for, which may be compressed.
        head.headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        head.status = StatusCode::NOT_MODIFIED;
        return Response::from_parts(head, Body::empty());
    }
    Response::from_parts(head, Body::from(bytes))
}

fn unsay(headers: &mut HeaderMap) {
    headers.remove(CONTENT_TYPE);
    headers.remove(CONTENT_LENGTH);
}

/// Whether a list of tags names one, or anything.
fn names(list: &HeaderValue, tag: &HeaderValue) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let (Ok(list), Ok(tag)) = (list.to_str(), tag.to_str()) else { return false };
    list.trim() == "*" || list.split(',').any(|one| opaque(one) == opaque(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_weak_or_not() {
        let tag = HeaderValue::from_static("W/\"ab\"");
        for list in ["W/\"ab\"", "\"ab\"", "\"x\", W/\"ab\"", "*"] {
            assert!(names(&HeaderValue::from_static(list), &tag), "{list}");
        }
        for list in ["", "W/\"a\"", "ab"] {
            assert!(!names(&HeaderValue::from_static(list), &tag), "{list}");
        }
    }
}
