//! Errors, in the envelope of the API that was asked.

use super::Wire;
use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An error that is written in the envelope of whichever API was asked.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub(super) status: u16,
    kind: String,
    message: String,
    param: Option<&'static str>,
    code: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
}

impl Refusal {
    /// An error of a status with the Messages API's name for it, such as 529 and `overloaded_error`.
    #[must_use]
    pub fn new(status: u16, kind: &str, message: &str) -> Self {
        let (kind, message) = (kind.to_owned(), message.to_owned());
        Self { status, kind, message, param: None, code: None, headers: Vec::new() }
    }

    /// An error of a status as the real API words it.
    #[must_use]
    pub fn of_status(status: u16) -> Self {
        let (kind, message) = match status {
            401 => ("authentication_error", "invalid x-api-key"),
            402 => ("billing_error", "Your credit balance is too low"),
            403 => ("permission_error", "Your API key does not have permission to use the specified resource."),
            404 => ("not_found_error", "Not found"),
            409 => ("conflict_error", "Conflict"),
            413 => ("request_too_large", "Request exceeds the maximum size"),
            429 => ("rate_limit_error", "Rate limited"),
            504 => ("timeout_error", "Request timed out"),
            529 => ("overloaded_error", "Overloaded"),
            400..=499 => ("invalid_request_error", "Invalid request"),
            _ => ("api_error", "Internal server error"),
        };
        Self::new(status, kind, message)
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With the seconds after which to ask again.
    #[must_use]
    pub fn retry_after(self, seconds: u32) -> Self {
        self.header("retry-after", &seconds.to_string())
    }

    pub(super) fn invalid(message: &str) -> Self {
        Self::new(400, "invalid_request_error", message).header("x-should-retry", "false")
    }

    pub(super) fn not_found(message: &str) -> Self {
        Self::new(404, "not_found_error", message).header("x-should-retry", "false")
    }

    /// With what OpenAI says more.
    pub(super) fn openai(self, param: Option<&'static str>, code: &'static str) -> Self {
        Self { param, code: Some(code), ..self }
    }

    pub(super) fn envelope(&self, wire: Wire, request_id: &str) -> Value {
        match wire {
            Wire::Anthropic => json!({
                "type": "error", "error": {"type": self.kind, "message": self.message}, "request_id": request_id
            }),
            Wire::OpenAi => openai_envelope(self.status, &self.message, self.param, self.code),
        }
    }

    pub(super) fn into_envelope(self, wire: Wire, request_id: &str) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap();
        let mut response = (status, Json(self.envelope(wire, request_id))).into_response();
        // Only the Messages API says whether to ask again.
        for (name, value) in
            self.headers.iter().filter(|(name, _)| wire == Wire::Anthropic || *name != "x-should-retry")
        {
            response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value).unwrap());
        }
        response
    }
}

/// Written out once the API that was asked and the request's id are known.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = StatusCode::from_u16(self.status).unwrap().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn openai_envelope(status: u16, message: &str, param: Option<&str>, code: Option<&str>) -> Value {
    let (kind, usual) = match status {
        429 => ("requests", Some("rate_limit_exceeded")),
        500.. => ("server_error", None),
        _ => ("invalid_request_error", None),
    };
    json!({"error": {"message": message, "type": kind, "param": param, "code": code.or(usual)}})
}

/// An error of the Messages API in OpenAI's envelope; anything else stays what it is.
pub(super) fn translated(status: u16, envelope: Value) -> Value {
    match envelope["error"]["message"].as_str() {
        Some(message) if envelope["type"] == "error" => openai_envelope(status, message, None, None),
        _ => envelope,
    }
}
