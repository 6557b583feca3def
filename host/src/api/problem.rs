//! Errors as callers see them: `application/problem+json`, with the sentence in `error` too.

use crate::store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// An error of the API.
#[derive(Debug, Serialize)]
pub struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: String,
    error: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    errors: Option<Box<serde_json::Value>>,
    /// Of the header `Retry-After`.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    /// An error of a status, in a sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let title = status.canonical_reason().unwrap_or("Error");
        let error = detail.clone();
        Self { kind: "about:blank", title, status: status.as_u16(), detail, error, errors: None, retry_after: None }
    }

    /// The caller sent what cannot be used.
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// There is no such thing.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// Says in how many seconds another try may end otherwise.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds the single errors that make up this one.
    #[must_use]
    pub fn with_errors(mut self, errors: serde_json::Value) -> Self {
        self.errors = Some(Box::new(errors));
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = self.retry_after;
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!("a request failed: {error}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    }
}
