//! What an error of the Messages API means.

use crate::model::http::shorten;
use crate::model::retry::retry_after;
use crate::model::{AskError, Failure};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use std::time::Duration;

/// How long a provider is left alone that has too much to do and names no time: mostly that is soon over.
const OVERLOADED_REST: Duration = Duration::from_secs(5);
/// How long it is when the account's rate is reached: a good part of what flows in a minute.
const LIMITED_REST: Duration = Duration::from_secs(10);
/// How long an account is left alone whose spend limit is reached.
const SPENT_REST: Duration = Duration::from_secs(3_600);

/// The envelope of an error. In results of batches, third parties leave the outer one out.
#[derive(Deserialize)]
pub struct Envelope {
    error: Detail,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Option<Code>,
}

#[derive(Deserialize)]
struct Code {
    #[serde(default)]
    error_code: Option<String>,
}

/// Whether an error is one of the Messages API, and not of a server that knows no such path.
pub fn is_envelope(body: &[u8]) -> bool {
    detail(body).is_some_and(|detail| !detail.kind.is_empty())
}

fn detail(body: &[u8]) -> Option<Detail> {
    serde_json::from_slice::<Envelope>(body).ok().map(|body| body.error)
}

/// What an error's body says, on one line.
pub fn said(body: &[u8]) -> String {
    detail(body).map_or_else(|| shorten(&String::from_utf8_lossy(body)), |detail| shorten(&detail.message))
}

/// What a response of another status than 200 means.
pub fn failure(status: u16, headers: &HeaderMap, body: &[u8], model: &str) -> Failure {
    let (detail, said) = (detail(body), said(body));
    let kind = detail.as_ref().map_or("", |detail| &detail.kind);
    let code = detail.as_ref().and_then(|detail| detail.details.as_ref()?.error_code.as_deref());
    let space = if kind.is_empty() { "" } else { " " };
    let reason = format!("the provider answered {status}{space}{kind}: {said}");
    let error = meaning(status, code, &said, reason, retry_after(headers), model);
    Failure::of_response(error, status, headers)
}

/// What the error of one request of a batch means. It has no status but its kind's.
pub fn of_result(error: &serde_json::Value, model: &str) -> AskError {
    let inner = error.get("error").filter(|inner| inner.is_object()).unwrap_or(error);
    let text = |name: &str| inner.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
    let code = inner.pointer("/details/error_code").and_then(serde_json::Value::as_str);
    let (kind, said) = (text("type"), shorten(text("message")));
    let reason = format!("the provider answered {kind} in a batch: {said}");
    meaning(status_of(kind), code, &said, reason, None, model)
}

/// The status that a kind of error comes with.
fn status_of(kind: &str) -> u16 {
    match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "conflict_error" => 409,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}

fn meaning(
    status: u16,
    code: Option<&str>,
    said: &str,
    reason: String,
    retry_after: Option<Duration>,
    model: &str,
) -> AskError {
    let of_account = |reason, rest| AskError::Operator { reason, rest, for_all: true };
    if is_spent(status, code, said) {
        return of_account(format!("{reason}; raise the limit, or wait"), SPENT_REST);
    }
    match status {
        300..=399 => AskError::misconfigured(format!(
            "{reason}; it redirects, and the key goes to ANTHROPIC_BASE_URL only: set that to where the API is"
        )),
        401 | 403 => AskError::misconfigured(format!("{reason}; check ANTHROPIC_API_KEY")),
        402 => of_account(format!("{reason}; check the account's billing"), AskError::MISCONFIGURED_REST),
        404 => AskError::misconfigured(format!(
            "{reason}; there is no model {model:?} there (retired models answer 404): set AI_MODEL, for example to claude-haiku-5-5"
        )),
        400 if code == Some("organization_on_hold") || said.contains("on hold") => {
            of_account(reason, AskError::MISCONFIGURED_REST)
        }
        429 => AskError::RetryAfter { reason, rest: retry_after.unwrap_or(LIMITED_REST), for_all: true },
        529 => AskError::RetryAfter { reason, rest: retry_after.unwrap_or(OVERLOADED_REST), for_all: true },
        400 if is_beyond_model(said) => {
            AskError::misconfigured(format!("{reason}; set AI_MODEL to a model that can do what it is asked"))
        }
        400 if is_too_long(said) => AskError::Split(reason),
        413 => AskError::Split(reason),
        400 | 405 | 422 => AskError::Final(reason),
        _ => AskError::Backoff(reason),
    }
}

/// A spend limit; the provider sends no `retry-after` with it, and asking again is useless until the month ends or
/// someone raises it.
fn is_spent(status: u16, code: Option<&str>, said: &str) -> bool {
    let limit = matches!(code, Some("enforced_spend_limit_reached" | "contract_spend_limit_reached"));
    let words = said.contains("API usage limits") || said.contains("credit balance is too low");
    (status == 429 && limit) || (matches!(status, 400 | 429) && words)
}

/// What this model does not do it does for no track.
fn is_beyond_model(said: &str) -> bool {
    said.starts_with("This model does not support")
}

/// More than the model's context holds.
fn is_too_long(said: &str) -> bool {
    ["prompt is too long", "context limit", "context window", "too many tokens"]
        .iter()
        .any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn answered(status: u16, headers: &[(&'static str, &'static str)], kind: &str, message: &str) -> Failure {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let body = serde_json::json!({"type": "error", "error": {"type": kind, "message": message}}).to_string();
        failure(status, &headers, body.as_bytes(), "claude-3-5-haiku-20241022")
    }

    #[test]
    fn a_rate_limit_is_obeyed_by_all_and_not_the_tracks_fault() {
        let failure = answered(429, &[("retry-after", "7")], "rate_limit_error", "Rate limited");
        assert!(failure.may_repeat);
        let seven = Duration::from_secs(7);
        assert_eq!(failure.retry_after, Some(seven));
        assert!(matches!(failure.error, AskError::RetryAfter { rest, for_all: true, .. } if rest == seven));
    }

    #[test]
    fn a_spend_limit_waits_for_the_operator_whatever_its_status() {
        let code = |code: &str| {
            format!(r#"{{"error":{{"type":"rate_limit_error","message":"no","details":{{"error_code":"{code}"}}}}}}"#)
        };
        let by_code = |name: &str| failure(429, &HeaderMap::new(), code(name).as_bytes(), "m");
        let words = "You have reached your specified API usage limits. You will regain access on 2026-12-01.";
        for failure in [
            by_code("enforced_spend_limit_reached"),
            by_code("contract_spend_limit_reached"),
            answered(400, &[], "invalid_request_error", words),
            answered(400, &[], "invalid_request_error", "Your credit balance is too low to access the API."),
            answered(402, &[], "billing_error", "linked organization"),
            answered(400, &[], "invalid_request_error", "This organization is on hold"),
        ] {
            assert!(!failure.may_repeat, "{failure:?}");
            assert!(matches!(failure.error, AskError::Operator { for_all: true, .. }), "{failure:?}");
        }
        assert!(matches!(by_code("ramp_limit_exceeded").error, AskError::RetryAfter { .. }));
    }

    #[test]
    fn a_retired_model_is_named_in_words() {
        let failure =
            answered(404, &[("x-should-retry", "false")], "not_found_error", "model: claude-3-5-haiku-20241022");
        let AskError::Operator { reason, .. } = failure.error else { panic!("{:?}", failure.error) };
        assert!(reason.contains("AI_MODEL") && reason.contains("claude-3-5-haiku-20241022"), "{reason}");
    }

    #[test]
    fn errors_are_told_apart() {
        let kind = |status, kind, message| answered(status, &[], kind, message).error.kind();
        assert_eq!(kind(401, "authentication_error", "invalid x-api-key"), "misconfigured");
        assert_eq!(kind(307, "", ""), "misconfigured");
        assert_eq!(kind(400, "invalid_request_error", "schema is too complex"), "rejected");
        let effort = "This model does not support the effort parameter.";
        assert_eq!(kind(400, "invalid_request_error", effort), "misconfigured", "it is so for every track");
        assert_eq!(kind(400, "invalid_request_error", "prompt is too long: 1200000 tokens > 1000000"), "too_large");
        assert_eq!(kind(413, "request_too_large", "Request exceeds the maximum size"), "too_large");
        assert_eq!(kind(409, "conflict_error", "conflict"), "failed");
        assert_eq!(kind(504, "timeout_error", "timeout"), "failed");
        assert_eq!(kind(529, "overloaded_error", "Overloaded"), "busy");
        let broken = answered(500, &[("x-should-retry", "false")], "api_error", "Internal server error");
        assert!(matches!(broken.error, AskError::Backoff(_)) && !broken.may_repeat);
    }

    #[test]
    fn an_error_in_a_batch_means_what_it_means_elsewhere_flat_or_wrapped() {
        let flat = serde_json::json!({"type": "overloaded_error", "message": "Overloaded"});
        let wrapped = serde_json::json!({"type": "error", "error": flat, "request_id": "req_1"});
        for error in [flat, wrapped] {
            let meant = of_result(&error, "m");
            assert!(meant.kind() == "busy" && meant.to_string().contains("Overloaded"), "{meant:?}");
        }
    }

    #[test]
    fn a_page_instead_of_an_error_is_shortened_to_a_line() {
        let page = format!("<html>\n{}", "x".repeat(5_000));
        let failure = failure(502, &HeaderMap::new(), page.as_bytes(), "m");
        let AskError::Backoff(reason) = failure.error else { panic!("{:?}", failure.error) };
        assert!(reason.len() < 400 && !reason.contains('\n'), "{reason}");
    }
}
