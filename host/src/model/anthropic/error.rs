//! What an error of the Messages API means, and when the request may be sent again.

use crate::model::AskError;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use std::time::Duration;

/// The longest a request waits where it is; past that its tracks go back to the queue for so long.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// How long a provider is left alone that names no time.
const REST: Duration = Duration::from_secs(30);
/// How long an account is left alone whose spend limit is reached.
const SPENT_REST: Duration = Duration::from_secs(3_600);

/// A failed attempt.
#[derive(Debug)]
pub struct Failure {
    /// What it means when it is the last.
    pub error: AskError,
    /// Whether the same request may be sent again.
    pub may_repeat: bool,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
}

#[derive(Deserialize)]
struct Body {
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

impl Failure {
    /// A failure that another attempt would not mend.
    pub fn last(error: AskError) -> Self {
        Self { error, may_repeat: false, retry_after: None }
    }

    /// A request without a response. One that never left may be sent again; one that timed out may have been answered
    /// and billed, and is not.
    pub fn of_transport(error: &reqwest::Error) -> Self {
        let mut reason = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            reason = format!("{reason}: {inner}");
            cause = inner.source();
        }
        let reason = shorten(&reason);
        if error.is_connect() {
            let reason = format!("the provider cannot be reached: {reason}");
            return Self {
                error: AskError::Busy { reason, rest: REST, for_all: false },
                may_repeat: true,
                retry_after: None,
            };
        }
        let reason = if error.is_timeout() {
            format!("the provider did not answer in time (AI_TIMEOUT_MS): {reason}")
        } else {
            format!("the exchange with the provider broke off: {reason}")
        };
        Self::last(AskError::Failed(reason))
    }

    /// A response of another status than 200.
    pub fn of_status(status: u16, headers: &HeaderMap, body: &[u8], model: &str) -> Self {
        let detail = serde_json::from_slice::<Body>(body).ok().map(|body| body.error);
        let said =
            detail.as_ref().map_or_else(|| shorten(&String::from_utf8_lossy(body)), |detail| shorten(&detail.message));
        let kind = detail.as_ref().map_or_else(String::new, |detail| format!(" {}", detail.kind));
        let reason = format!("the provider answered {status}{kind}: {said}");
        let retry_after = retry_after(headers);
        let code = detail.as_ref().and_then(|detail| detail.details.as_ref()?.error_code.as_deref());
        if is_spent(status, code, &said) {
            return Self::last(AskError::Busy { reason, rest: SPENT_REST, for_all: true });
        }
        let error = match status {
            300..=399 => AskError::Misconfigured(format!(
                "{reason}; it redirects, and the key goes to ANTHROPIC_BASE_URL only: set that to where the API is"
            )),
            401 | 403 => AskError::Misconfigured(format!("{reason}; check ANTHROPIC_API_KEY")),
            402 => AskError::Misconfigured(format!("{reason}; check the account's billing")),
            404 => AskError::Misconfigured(format!(
                "{reason}; there is no model {model:?} there (retired models answer 404): set AI_MODEL, for example to claude-haiku-5-5"
            )),
            400 if said.contains("organization") && said.contains("hold") => AskError::Misconfigured(reason),
            429 | 529 => AskError::Busy { reason, rest: retry_after.unwrap_or(REST), for_all: true },
            400 | 413 | 422 => AskError::Rejected(reason),
            _ => AskError::Failed(reason),
        };
        let by_status = matches!(status, 408 | 409 | 429) || status >= 500;
        Self { error, may_repeat: should_retry(headers).unwrap_or(by_status), retry_after }
    }
}

/// A spend limit; the provider sends no `retry-after` with it, and asking again is useless until the month ends or
/// someone raises it.
fn is_spent(status: u16, code: Option<&str>, said: &str) -> bool {
    let limit = matches!(code, Some("enforced_spend_limit_reached" | "contract_spend_limit_reached"));
    let words = said.contains("API usage limits") || said.contains("credit balance is too low");
    (status == 429 && limit) || (status == 400 && words)
}

/// The pause before the next attempt: as long as asked, else 0.5 s · 2^n up to 8 s less a random quarter (the policy of
/// Anthropic's own clients). `None` when that is too long to wait here.
pub fn backoff(attempt: u32, retry_after: Option<Duration>) -> Option<Duration> {
    match retry_after {
        Some(pause) => (pause <= LONGEST_PAUSE).then_some(pause),
        None => {
            let longest = (0.5 * f64::from(2u32.saturating_pow(attempt))).min(8.0);
            Some(Duration::from_secs_f64(longest * rand::random_range(0.75..=1.0)))
        }
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let positive = |seconds: f64| (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).ok()).flatten();
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.parse::<f64>().ok()) {
        return positive(ms / 1_000.0);
    }
    let value = text("retry-after")?;
    if let Ok(seconds) = value.parse::<f64>() {
        return positive(seconds);
    }
    let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    until.duration_since(jiff::Timestamp::now()).try_into().ok()
}

fn should_retry(headers: &HeaderMap) -> Option<bool> {
    headers.get("x-should-retry")?.to_str().ok()?.parse().ok()
}

/// A text of one line and at most 300 characters.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 300 { line } else { format!("{}…", line.chars().take(300).collect::<String>()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn failure(status: u16, headers: &[(&'static str, &'static str)], kind: &str, message: &str) -> Failure {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let body = serde_json::json!({"type": "error", "error": {"type": kind, "message": message}}).to_string();
        Failure::of_status(status, &headers, body.as_bytes(), "claude-3-5-haiku-20241022")
    }

    #[test]
    fn a_rate_limit_is_obeyed_and_not_the_tracks_fault() {
        let failure = failure(429, &[("retry-after", "7")], "rate_limit_error", "Rate limited");
        assert!(failure.may_repeat);
        assert_eq!(backoff(0, failure.retry_after), Some(Duration::from_secs(7)));
        assert!(matches!(failure.error, AskError::Busy { rest, .. } if rest == Duration::from_secs(7)));
        assert_eq!(backoff(0, Some(Duration::from_secs(60))), None, "a minute is waited for in the queue");
    }

    #[test]
    fn a_spend_limit_is_not_asked_again() {
        let body = br#"{"error":{"type":"rate_limit_error","message":"You have reached your API usage limits","details":{"error_code":"enforced_spend_limit_reached"}}}"#;
        let failure = Failure::of_status(429, &HeaderMap::new(), body, "m");
        assert!(!failure.may_repeat);
        assert!(matches!(failure.error, AskError::Busy { rest, .. } if rest == SPENT_REST));
    }

    #[test]
    fn a_retired_model_is_named_in_words() {
        let failure =
            failure(404, &[("x-should-retry", "false")], "not_found_error", "model: claude-3-5-haiku-20241022");
        let AskError::Misconfigured(reason) = failure.error else { panic!("{:?}", failure.error) };
        assert!(reason.contains("AI_MODEL") && reason.contains("claude-3-5-haiku-20241022"), "{reason}");
    }

    #[test]
    fn errors_are_told_apart() {
        assert!(matches!(
            failure(401, &[], "authentication_error", "invalid x-api-key").error,
            AskError::Misconfigured(_)
        ));
        assert!(matches!(failure(307, &[], "", "").error, AskError::Misconfigured(_)));
        let rejected = failure(400, &[], "invalid_request_error", "schema is too complex");
        assert!(matches!(rejected.error, AskError::Rejected(_)) && !rejected.may_repeat);
        let overloaded = failure(529, &[], "overloaded_error", "Overloaded");
        assert!(matches!(overloaded.error, AskError::Busy { .. }) && overloaded.may_repeat);
        let broken = failure(500, &[("x-should-retry", "false")], "api_error", "Internal server error");
        assert!(matches!(broken.error, AskError::Failed(_)) && !broken.may_repeat);
    }

    #[test]
    fn a_page_instead_of_an_error_is_shortened_to_a_line() {
        let page = format!("<html>\n{}", "x".repeat(5_000));
        let failure = Failure::of_status(502, &HeaderMap::new(), page.as_bytes(), "m");
        let AskError::Failed(reason) = failure.error else { panic!("{:?}", failure.error) };
        assert!(reason.len() < 400 && !reason.contains('\n'), "{reason}");
    }

    #[test]
    fn a_pause_grows_and_stays_below_eight_seconds() {
        for (attempt, longest) in [(0, 0.5), (1, 1.0), (2, 2.0), (9, 8.0)] {
            let pause = backoff(attempt, None).unwrap().as_secs_f64();
            assert!((longest * 0.75..=longest).contains(&pause), "{attempt}: {pause}");
        }
    }
}
