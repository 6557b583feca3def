//! When a request is sent again: the policy of the providers' own clients, in one place.
//!
//! `x-should-retry` decides where a provider sends it; else 408, 409, 5xx and connections that were not made. The pause is as
//! long as `retry-after-ms` or `retry-after` asks, else 0.5 s · 2^n up to 8 s less a random quarter. A request whose answer
//! did not come in time may have been billed, and is not repeated. A provider that has too much to do (429, 529) is left
//! alone by all hosts, and not asked again where the question is.

use super::{Answer, AskError, ModelProvider};
use crate::music::Prompt;
use reqwest::header::HeaderMap;
use std::time::Duration;
use tokio::time::Instant;

/// The longest a request waits where it is; past that its tracks go back to the queue for so long.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// The longest that a provider is left alone because it asked for that: a client's cap that no provider comes near.
const LONGEST_REST: Duration = Duration::from_secs(4_294_967);

/// A failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it means when it is the last.
    pub error: AskError,
    /// Whether the same request may be sent again.
    pub may_repeat: bool,
    /// How long the provider asks to wait.
    pub retry_after: Option<Duration>,
    /// Whether there may have been an answer, and a bill for it.
    pub perhaps_paid: bool,
}

impl Failure {
    /// A failure that another attempt would not mend.
    #[must_use]
    pub const fn last(error: AskError) -> Self {
        Self { error, may_repeat: false, retry_after: None, perhaps_paid: false }
    }

    /// A failure that came after the request was received, or may have: nobody knows what it cost.
    #[must_use]
    pub const fn perhaps_paid(error: AskError) -> Self {
        Self { error, may_repeat: false, retry_after: None, perhaps_paid: true }
    }

    /// What a response's error means, and what its status and headers say about another attempt.
    pub(super) fn of_response(error: AskError, status: u16, headers: &HeaderMap) -> Self {
        let by_status = matches!(status, 408 | 409 | 429) || status >= 500;
        let may_repeat = should_retry(headers).unwrap_or(by_status) && !matches!(error, AskError::Operator { .. });
        Self { error, may_repeat, retry_after: retry_after(headers), perhaps_paid: false }
    }
}

impl Failure {
    /// What it means when it is the last: a provider that fails and says for how long is left alone for so long.
    fn last_word(self) -> AskError {
        match (self.error, self.retry_after) {
            (AskError::Backoff(reason), Some(rest)) if rest > LONGEST_PAUSE => {
                AskError::RetryAfter { reason, rest, for_all: false }
            }
            (error, _) => error,
        }
    }
}

/// How often, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// How often one request is sent again; 0 turns it off.
    pub retries: u32,
    /// When whoever asks stops waiting.
    pub deadline: Option<Instant>,
}

/// What came of a prompt, and how often it was sent again for that.
pub struct Sent {
    /// The answer.
    pub answer: Result<Answer, AskError>,
    /// Repetitions.
    pub retries: u32,
    /// Whether something may have been paid although there is no answer.
    pub perhaps_paid: bool,
}

impl Sent {
    /// Nothing was.
    pub const fn nothing(error: AskError) -> Self {
        Self { answer: Err(error), retries: 0, perhaps_paid: false }
    }
}

/// Sends a prompt, again where that is safe, polite and not too late.
/// `is_ready` says whether the provider may still be asked: it may have wanted to be left alone meanwhile.
pub async fn send(
    provider: &dyn ModelProvider,
    prompt: &Prompt,
    policy: Policy,
    is_ready: impl Fn() -> bool + Send + Sync,
) -> Sent {
    let (mut retries, mut perhaps_paid) = (0, false);
    loop {
        let failure = match provider.send(prompt).await {
            Ok(answer) => return Sent { answer: Ok(answer), retries, perhaps_paid },
            Err(failure) => failure,
        };
        // What the provider wants for a while, all hosts heed; the question goes back to the queue.
        let is_for_all = matches!(failure.error, AskError::RetryAfter { for_all: true, .. });
        let may_repeat = failure.may_repeat && !is_for_all && retries < policy.retries;
        let pause = pause(retries, failure.retry_after).filter(|pause| may_repeat && is_in_time(policy, *pause));
        perhaps_paid |= failure.perhaps_paid;
        let Some(pause) = pause else { return Sent { answer: Err(failure.last_word()), retries, perhaps_paid } };
        retries += 1;
        tracing::debug!(attempt = retries, ?pause, "the model is asked again: {}", failure.error);
        tokio::time::sleep(pause).await;
        if !is_ready() {
            return Sent { answer: Err(failure.last_word()), retries: retries - 1, perhaps_paid };
        }
    }
}

fn is_in_time(policy: Policy, pause: Duration) -> bool {
    policy.deadline.is_none_or(|deadline| Instant::now() + pause < deadline)
}

/// The pause before the next attempt; `None` when that is too long to wait here.
fn pause(attempt: u32, retry_after: Option<Duration>) -> Option<Duration> {
    match retry_after {
        Some(pause) => (pause <= LONGEST_PAUSE).then_some(pause),
        None => {
            let longest = (0.5 * f64::from(2u32.saturating_pow(attempt))).min(8.0);
            Some(Duration::from_secs_f64(longest * rand::random_range(0.75..=1.0)))
        }
    }
}

/// How long a response asks to wait, in milliseconds, in seconds or until a date.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let positive = |seconds: f64| {
        let rest = (seconds > 0.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_REST));
        rest.map(|rest| rest.min(LONGEST_REST))
    };
    if let Some(ms) = text("retry-after-ms").and_then(|ms| ms.trim().parse::<f64>().ok()) {
        return positive(ms / 1_000.0);
    }
    let value = text("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return positive(seconds);
    }
    let until = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    until.duration_since(jiff::Timestamp::now()).try_into().ok()
}

fn should_retry(headers: &HeaderMap) -> Option<bool> {
    headers.get("x-should-retry")?.to_str().ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(header).collect()
    }

    #[test]
    fn a_provider_says_how_long_in_milliseconds_in_seconds_or_by_a_date() {
        let asked = |pairs: &[(&'static str, &str)]| retry_after(&headers(pairs));
        assert_eq!(asked(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(Duration::from_millis(250)));
        assert_eq!(asked(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(asked(&[("retry-after", "1.5")]), Some(Duration::from_millis(1_500)));
        assert_eq!(asked(&[("retry-after", "1e300")]), Some(LONGEST_REST));
        for nothing in ["0", "-3", "soon", ""] {
            assert_eq!(asked(&[("retry-after", nothing)]), None, "{nothing}");
        }
        let date = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC) + jiff::Span::new().seconds(90);
        let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let left = asked(&[("retry-after", &date)]).unwrap();
        assert!((85..=90).contains(&left.as_secs()), "{left:?}");
    }

    #[test]
    fn a_pause_grows_and_stays_below_eight_seconds() {
        for (attempt, longest) in [(0, 0.5), (1, 1.0), (2, 2.0), (9, 8.0)] {
            let pause = pause(attempt, None).unwrap().as_secs_f64();
            assert!((longest * 0.75..=longest).contains(&pause), "{attempt}: {pause}");
        }
        assert_eq!(pause(0, Some(Duration::from_secs(7))), Some(Duration::from_secs(7)));
        assert_eq!(pause(0, Some(Duration::from_secs(60))), None, "a minute is waited for in the queue");
    }

    #[test]
    fn what_the_provider_says_about_another_attempt_wins_over_the_status() {
        let failure = |status, pairs: &[(&'static str, &str)]| {
            Failure::of_response(AskError::Backoff(String::new()), status, &headers(pairs)).may_repeat
        };
        for status in [408, 409, 429, 500, 503, 504, 529] {
            assert!(failure(status, &[]), "{status}");
            assert!(!failure(status, &[("x-should-retry", "false")]), "{status}");
        }
        for status in [400, 401, 404, 413, 422] {
            assert!(!failure(status, &[]), "{status}");
            assert!(failure(status, &[("x-should-retry", "true")]), "{status}");
        }
    }

    #[test]
    fn what_an_operator_has_to_mend_is_not_asked_again() {
        let error = AskError::misconfigured("the limit is reached".to_owned());
        assert!(!Failure::of_response(error, 429, &headers(&[("x-should-retry", "true")])).may_repeat);
    }
}
