//! A path and a query are text: UTF-8 once it is decoded, without NUL, which no database takes as a character.

use super::super::problem::Problem;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use percent_encoding::percent_decode_str;

/// Refuses what is none.
pub async fn readable(request: Request, next: Next) -> Response {
    for (what, part) in [("path", Some(request.uri().path())), ("query", request.uri().query())] {
        if !part.is_none_or(is_text) {
            let detail = format!("the {what} is no text: decoded, it is not UTF-8 or holds a NUL");
            return Problem::bad_request(detail).into_response();
        }
    }
    next.run(request).await
}

fn is_text(part: &str) -> bool {
    percent_decode_str(part).decode_utf8().is_ok_and(|text| !text.contains('\0'))
}

#[cfg(test)]
mod tests {
    use super::is_text;

    #[test]
    fn only_text_is_text() {
        assert!(is_text("/a%20b/%C3%A9?x=%") && is_text(""));
        for part in ["/%ff", "/%C3", "/a%00b", "x=%ed%a0%80"] {
            assert!(!is_text(part), "{part}");
        }
    }
}
