//! Errors as callers see them: `application/problem+json`, with the sentence in `error` too.

use crate::ingest::RowError;
use crate::store::StoreError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// An error of the API.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says of what kind it is.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    #[schema(example = "Bad Request")]
    title: &'static str,
    #[schema(example = 400)]
    status: u16,
    /// What failed, on which input, and what to do.
    #[schema(example = "limit is 0; allowed: 1 to 100")]
    detail: String,
    /// The same as `detail`.
    #[schema(example = "limit is 0; allowed: 1 to 100")]
    error: String,
    /// The single errors that make up this one, where there are such.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    errors: Option<Vec<Single>>,
    /// Of the header `Retry-After`.
    #[serde(skip)]
    retry_after: Option<u32>,
}

/// One of the errors that make up a problem.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ProblemPart)]
pub enum Single {
    /// A row that cannot be used.
    Row(RowError),
    /// The step of admission at which a component was refused.
    Step {
        #[schema(example = "imports")]
        step: &'static str,
    },
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
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(u32::try_from(seconds).unwrap_or(u32::MAX));
        self
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What is wrong, in a sentence.
    pub fn sentence(&self) -> &str {
        &self.detail
    }

    /// Adds the single errors that make up this one.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<Single>) -> Self {
        self.errors = Some(errors);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
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
