//! What an error means, of those who speak Chat Completions: the shapes differ, and what they say.

use super::dialect::Refused;
use super::limits;
use crate::model::http::shorten;
use crate::model::retry::retry_after;
use crate::model::{AskError, Failure};
use reqwest::header::HeaderMap;
use serde_json::Value;
use std::time::Duration;

/// How long a provider is left alone that is over a limit and names no time.
const REST: Duration = Duration::from_secs(10);
/// How long one that has too much to do, or loads its model.
const OVERLOADED_REST: Duration = Duration::from_secs(10);
/// How long an account whose money is spent.
const SPENT_REST: Duration = Duration::from_secs(3_600);

/// What a server says of an error.
#[derive(Debug, Clone, Default)]
pub struct Detail {
    /// In words, on one line.
    pub said: String,
    /// The kind of error.
    pub kind: Option<String>,
    /// Its code.
    pub code: Option<String>,
    /// The parameter that is at fault.
    pub param: Option<String>,
}

impl Detail {
    /// Of a body in any of the known shapes, or of any text.
    pub fn of(body: &[u8]) -> Self {
        let of_text = || Self { said: shorten(&String::from_utf8_lossy(body)), ..Self::default() };
        serde_json::from_slice(body).ok().and_then(|body| Self::of_json(&body)).unwrap_or_else(of_text)
    }

    /// `{error: {message, …}}` is OpenAI's, `{error: "…"}` Ollama's own, `{message, …}` vLLM's, `{detail: …}` that of
    /// servers made with FastAPI.
    fn of_json(body: &Value) -> Option<Self> {
        let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
        if let Some(said) = error.as_str() {
            return Some(Self { said: shorten(said), ..Self::default() });
        }
        let text = |name: &str| match error.get(name)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        let said = text("message").or_else(|| error.get("detail").map(detail))?;
        Some(Self { said: shorten(&said), kind: text("type"), code: text("code"), param: text("param") })
    }

    fn is_spent(&self) -> bool {
        let spent = |name: &str| matches!(name, "insufficient_quota" | "billing_hard_limit_reached");
        self.code.as_deref().is_some_and(spent) || self.kind.as_deref().is_some_and(spent)
    }

    /// More than the model's context holds, or than it answers at once.
    fn is_too_long(&self) -> bool {
        let said = self.said.to_lowercase();
        self.code.as_deref() == Some("context_length_exceeded")
            || ["context length", "context size", "context window", "supports at most", "too many tokens"]
                .iter()
                .any(|words| said.contains(words))
    }

    fn is_about_model(&self) -> bool {
        self.code.as_deref() == Some("model_not_found") || self.said.to_lowercase().contains("model")
    }
}

/// A text, or what a validation found where.
fn detail(detail: &Value) -> String {
    let Value::Array(found) = detail else {
        return detail.as_str().map_or_else(|| detail.to_string(), str::to_owned);
    };
    let each = found.iter().map(|one| {
        let said = one.get("msg").and_then(Value::as_str).unwrap_or_default();
        let place = one.get("loc").and_then(Value::as_array).into_iter().flatten();
        let place: Vec<String> =
            place.map(|name| name.as_str().map_or_else(|| name.to_string(), str::to_owned)).collect();
        format!("{}: {said}", place.join("."))
    });
    each.collect::<Vec<_>>().join("; ")
}

/// What a response of another status than 200 means.
pub fn failure(status: u16, headers: &HeaderMap, body: &[u8], model: &str) -> Failure {
    let wait = retry_after(headers).or_else(|| limits::wait(headers).filter(|_| status == 429));
    let error = meaning(status, &Detail::of(body), "", wait, model);
    Failure { retry_after: wait, ..Failure::of_response(error, status, headers) }
}

/// What the error of one request of a batch means.
pub fn of_result(status: u16, body: &Value, model: &str) -> AskError {
    let of_text = || Detail { said: shorten(&body.to_string()), ..Detail::default() };
    meaning(status, &Detail::of_json(body).unwrap_or_else(of_text), " in a batch", None, model)
}

fn meaning(status: u16, detail: &Detail, place: &str, wait: Option<Duration>, model: &str) -> AskError {
    let of_account = |reason, rest| AskError::Operator { reason, rest, for_all: true };
    let busy = |reason, rest: Duration| AskError::RetryAfter { reason, rest: wait.unwrap_or(rest), for_all: true };
    let kind = detail.code.as_ref().or(detail.kind.as_ref()).map_or_else(String::new, |kind| format!(" {kind}"));
    let reason = format!("the provider answered {status}{kind}{place}: {}", detail.said);
    if let (400 | 422, Some(refused)) = (status, Refused::by(detail)) {
        return AskError::misconfigured(format!("{reason}; set {}", refused.setting()));
    }
    match status {
        300..=399 => AskError::misconfigured(format!(
            "{reason}; it redirects, and the key goes to OPENAI_BASE_URL only: set that to where the API is"
        )),
        401 | 403 => AskError::misconfigured(format!("{reason}; check OPENAI_API_KEY")),
        402 => of_account(format!("{reason}; check the account's billing"), AskError::MISCONFIGURED_REST),
        404 if detail.is_about_model() => {
            AskError::misconfigured(format!("{reason}; there is no model {model:?} there: set AI_MODEL"))
        }
        404 => AskError::misconfigured(format!(
            "{reason}; there is no Chat Completions API there, or no model {model:?}: check OPENAI_BASE_URL, which mostly ends in /v1, and AI_MODEL"
        )),
        429 if detail.is_spent() => of_account(format!("{reason}; add credit or raise the limit"), SPENT_REST),
        429 => busy(reason, REST),
        503 | 529 => busy(reason, OVERLOADED_REST),
        413 => AskError::Split(reason),
        400 | 422 if detail.is_too_long() => AskError::Split(reason),
        // The model's failure to write what it was bound to, at Groq: another attempt may succeed.
        400 if detail.code.as_deref() == Some("json_validate_failed") => AskError::Backoff(reason),
        400 | 405 | 422 => AskError::Final(reason),
        _ => AskError::Backoff(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};
    use serde_json::json;

    fn answered(status: u16, headers: &[(&'static str, &'static str)], body: &Value) -> Failure {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        failure(status, &headers, body.to_string().as_bytes(), "acme-1")
    }

    fn coded(status: u16, code: &str, message: &str) -> AskError {
        answered(status, &[], &json!({"error": {"message": message, "type": "invalid_request_error", "code": code}}))
            .error
    }

    #[test]
    fn an_error_is_read_in_every_shape_that_servers_give_it() {
        let said = |body: Value| Detail::of(body.to_string().as_bytes()).said;
        assert_eq!(said(json!({"error": {"message": "Slow down", "code": null}})), "Slow down");
        assert_eq!(said(json!({"error": "no such thing"})), "no such thing");
        assert_eq!(said(json!({"object": "error", "message": "too long", "code": 400})), "too long");
        assert_eq!(said(json!({"detail": "Not Found"})), "Not Found");
        let found = json!({"detail": [{"loc": ["body", "messages", 0], "msg": "Field required", "type": "missing"}]});
        assert_eq!(said(found), "body.messages.0: Field required");
        assert_eq!(Detail::of(b"no healthy\n upstream").said, "no healthy upstream");
        assert_eq!(Detail::of(b"{\"message\":\"x\",\"code\":404}").code.as_deref(), Some("404"));
    }

    #[test]
    fn a_rate_limit_is_obeyed_by_all_for_as_long_as_it_says() {
        let body = json!({"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}});
        let rest = |headers: &[(&'static str, &'static str)]| {
            let failure = answered(429, headers, &body);
            let AskError::RetryAfter { rest, for_all: true, .. } = failure.error else { panic!("{failure:?}") };
            assert!(failure.may_repeat);
            (rest.as_secs(), failure.retry_after.map(|rest| rest.as_secs()))
        };
        assert_eq!(rest(&[("retry-after", "7"), ("x-ratelimit-reset-tokens", "9s")]), (7, Some(7)));
        assert_eq!(rest(&[("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "9s")]), (9, Some(9)));
        assert_eq!(rest(&[]), (10, None));
    }

    #[test]
    fn money_that_is_spent_waits_for_the_operator() {
        let spent = [
            coded(429, "insufficient_quota", "You exceeded your current quota"),
            coded(429, "billing_hard_limit_reached", "Billing hard limit has been reached"),
            answered(429, &[], &json!({"error": {"message": "No.", "type": "insufficient_quota"}})).error,
            answered(402, &[], &json!({"error": "Insufficient credits"})).error,
        ];
        for error in spent {
            assert!(matches!(error, AskError::Operator { for_all: true, .. }), "{error:?}");
        }
        let failure = answered(
            429,
            &[("x-should-retry", "true")],
            &json!({"error": {"code": "insufficient_quota", "message": ""}}),
        );
        assert!(!failure.may_repeat);
    }

    #[test]
    fn what_the_operator_has_to_mend_is_named() {
        let reason = |status, body: Value| {
            let error = answered(status, &[], &body).error;
            let AskError::Operator { reason, for_all: false, .. } = error else { panic!("{error:?}") };
            reason
        };
        assert!(reason(401, json!({"error": {"message": "Incorrect API key"}})).contains("OPENAI_API_KEY"));
        assert!(reason(403, json!({"error": "forbidden"})).contains("OPENAI_API_KEY"));
        assert!(reason(308, json!("")).contains("OPENAI_BASE_URL"));
        for unknown in [
            json!({"error": {"message": "It does not exist.", "code": "model_not_found"}}),
            json!({"error": {"message": "model \"acme-1\" not found, try pulling it first", "type": "api_error"}}),
            json!({"object": "error", "message": "The model `acme-1` does not exist.", "code": 404}),
        ] {
            let reason = reason(404, unknown);
            assert!(reason.contains("AI_MODEL") && reason.contains("acme-1"), "{reason}");
            assert!(!reason.contains("OPENAI_BASE_URL"), "{reason}");
        }
        for elsewhere in [json!({"detail": "Not Found"}), json!("404 page not found")] {
            let reason = reason(404, elsewhere);
            assert!(reason.contains("OPENAI_BASE_URL") && reason.contains("AI_MODEL"), "{reason}");
        }
    }

    #[test]
    fn a_field_that_the_operator_chose_and_the_server_does_not_know_is_not_the_tracks_fault() {
        for (said, setting) in [
            ("'max_tokens' is not supported with this model", "OPENAI_MAX_TOKENS_FIELD"),
            ("'response_format' of type 'json_schema' is not supported", "OPENAI_RESPONSE_FORMAT"),
            ("reasoning_effort: unsupported value 'tiny'", "OPENAI_REASONING_EFFORT"),
        ] {
            let error = answered(400, &[], &json!({"error": {"message": said}})).error;
            assert!(matches!(&error, AskError::Operator { reason, .. } if reason.contains(setting)), "{error:?}");
        }
    }

    #[test]
    fn errors_are_told_apart() {
        let kind = |status, message: &str| answered(status, &[], &json!({"error": {"message": message}})).error.kind();
        assert_eq!(coded(400, "context_length_exceeded", "no").kind(), "too_large");
        assert_eq!(kind(400, "This model's maximum context length is 4096 tokens"), "too_large");
        assert_eq!(kind(400, "the request exceeds the available context size"), "too_large");
        assert_eq!(kind(413, "Payload too large"), "too_large");
        assert_eq!(kind(400, "Invalid schema for response_format 'reply'"), "rejected");
        assert_eq!(kind(422, "messages: field required"), "rejected");
        assert_eq!(coded(400, "json_validate_failed", "Failed to generate JSON").kind(), "failed");
        for status in [408, 409, 500, 502, 504] {
            assert_eq!(kind(status, "sorry"), "failed", "{status}");
        }
        assert_eq!(kind(503, "the model is loading"), "busy");
    }

    #[test]
    fn a_server_that_is_overloaded_is_left_alone_for_a_short_while_or_as_long_as_it_asks() {
        let rest = |headers: &[(&'static str, &'static str)]| match answered(503, headers, &json!("")).error {
            AskError::RetryAfter { rest, for_all: true, .. } => rest,
            other => panic!("{other:?}"),
        };
        assert_eq!(rest(&[]), OVERLOADED_REST);
        assert_eq!(rest(&[("retry-after", "90")]), Duration::from_secs(90));
    }

    #[test]
    fn an_error_in_a_batch_means_what_it_means_elsewhere() {
        let body = json!({"error": {"message": "Slow down", "code": "rate_limit_exceeded"}});
        let meant = of_result(429, &body, "acme-1");
        assert!(meant.kind() == "busy" && meant.to_string().contains("in a batch: Slow down"), "{meant:?}");
        assert_eq!(of_result(500, &Value::Null, "acme-1").kind(), "failed");
    }

    #[test]
    fn a_page_instead_of_an_error_is_shortened_to_a_line() {
        let page = format!("<html>\n{}", "x".repeat(5_000));
        let failure = failure(502, &HeaderMap::new(), page.as_bytes(), "m");
        let AskError::Backoff(reason) = failure.error else { panic!("{:?}", failure.error) };
        assert!(reason.len() < 400 && !reason.contains('\n'), "{reason}");
    }
}
