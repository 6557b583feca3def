//! What a request may hold: known query parameters and known body fields, or 400 with the name of the other.

use super::manners::TooSlow;
use super::problem::Problem;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, FailedToBufferBody};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::error::Error;

/// No parameters, and no fields.
#[derive(serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// What a path names.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let named = axum::extract::Path::from_request_parts(parts, state).await;
        let axum::extract::Path(named) = named
            .map_err(|error| Problem::new(error.status(), format!("the path names nothing: {}", cause(&error))))?;
        Ok(Self(named))
    }
}

/// Query parameters.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        let Query(params) =
            Query::try_from_uri(&parts.uri).map_err(|error| Problem::bad_request(cause(&error).to_string()))?;
        Ok(Self(params))
    }
}

/// A JSON body; an empty one stands for `{}`.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = Bytes::from_request(request, state).await.map_err(|error| unread(&error))?;
        let text: &[u8] = if bytes.iter().all(u8::is_ascii_whitespace) { b"{}" } else { &bytes };
        // Fields would be read from a list too, one after the other.
        if text.trim_ascii_start().first() != Some(&b'{') {
            return Err(Problem::bad_request("the body is not what is wanted here: it is no JSON object"));
        }
        let body = serde_json::from_slice(text)
            .map_err(|error| Problem::bad_request(format!("the body is not what is wanted here: {error}")))?;
        Ok(Self(body))
    }
}

fn unread(error: &BytesRejection) -> Problem {
    match error {
        BytesRejection::FailedToBufferBody(FailedToBufferBody::LengthLimitError(_)) => {
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is longer than {} bytes", super::MAX_BODY))
        }
        error => broken_off(error, ""),
    }
}

/// Why a body ended before its end, and what that means; 408 where it came too slowly.
pub fn broken_off(error: &(dyn Error + 'static), consequence: &str) -> Problem {
    match too_slow(error) {
        Some(slow) => Problem::new(StatusCode::REQUEST_TIMEOUT, format!("{slow}{consequence}")),
        None => Problem::bad_request(format!("the body could not be read to its end{consequence}")),
    }
}

fn too_slow<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TooSlow> {
    error.downcast_ref().or_else(|| error.source().and_then(too_slow))
}

/// The innermost error: "unknown field `x`, expected `limit`" instead of what failed around it.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    error.source().map_or(error, cause)
}
