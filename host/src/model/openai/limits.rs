//! What a response's headers say may yet be asked: `x-ratelimit-{remaining,reset}-{requests,tokens}`.

use crate::model::http::header;
use crate::music::Headroom;
use reqwest::header::HeaderMap;
use std::time::Duration;

const KINDS: [&str; 2] = ["requests", "tokens"];

/// What may yet be asked. The limit on tokens is on those of both directions, and counts as one on what is sent.
pub fn headroom(headers: &HeaderMap) -> Headroom {
    let [requests, tokens_in] = KINDS.map(|kind| remaining(headers, kind));
    let used_up = KINDS.iter().filter(|kind| remaining(headers, kind) == Some(0));
    let used_up_for = used_up.filter_map(|kind| reset(headers, kind)).max();
    Headroom { requests, tokens_in, tokens_out: None, used_up_for }
}

/// How long a refused request has to wait, where the headers say: until what is used up is not, else until all of it is
/// there again.
pub fn wait(headers: &HeaderMap) -> Option<Duration> {
    let all = || KINDS.iter().filter_map(|kind| reset(headers, kind)).max();
    headroom(headers).used_up_for.or_else(all).filter(|wait| !wait.is_zero())
}

fn remaining(headers: &HeaderMap, kind: &str) -> Option<i64> {
    header(headers, &format!("x-ratelimit-remaining-{kind}"))?.trim().parse().ok()
}

fn reset(headers: &HeaderMap, kind: &str) -> Option<Duration> {
    duration(header(headers, &format!("x-ratelimit-reset-{kind}"))?.trim())
}

/// A duration in numbers with units: `6ms`, `12s`, `6m0s`, `1h2m3.5s`.
fn duration(text: &str) -> Option<Duration> {
    let (mut seconds, mut rest) = (0.0, text);
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit() && c != '.')?);
        let (unit, after) = after.split_at(after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len()));
        seconds += number.parse::<f64>().ok()? * unit_seconds(unit)?;
        rest = after;
    }
    if text.is_empty() { None } else { Duration::try_from_secs_f64(seconds).ok() }
}

fn unit_seconds(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1e-9,
        "us" | "µs" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderName;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&str, &str)| {
            (format!("x-ratelimit-{name}").parse::<HeaderName>().unwrap(), value.parse().unwrap())
        };
        pairs.iter().map(header).collect()
    }

    #[test]
    fn a_duration_is_numbers_with_units() {
        let parsed = |text| duration(text).map(|duration| duration.as_millis());
        for (text, millis) in
            [("6ms", 6), ("12s", 12_000), ("6m0s", 360_000), ("1h2m3s", 3_723_000), ("2m59.5s", 179_500), ("0s", 0)]
        {
            assert_eq!(parsed(text), Some(millis), "{text}");
        }
        for no_duration in ["", "12", "s", "1.2.3s", "5 minutes", "-3s", "2026-11-01T00:00:00Z", "1y"] {
            assert_eq!(parsed(no_duration), None, "{no_duration}");
        }
    }

    #[test]
    fn a_rate_that_is_used_up_is_known_before_it_is_refused() {
        let used_up = headroom(&headers(&[
            ("remaining-requests", "40"),
            ("reset-requests", "1h"),
            ("remaining-tokens", "0"),
            ("reset-tokens", "1m30s"),
        ]));
        assert_eq!((used_up.requests, used_up.tokens_in, used_up.tokens_out), (Some(40), Some(0), None));
        assert_eq!(used_up.used_up_for, Some(Duration::from_secs(90)), "the requests are not used up");
        assert_eq!(headroom(&HeaderMap::new()), Headroom::default());
    }

    #[test]
    fn a_refused_request_waits_for_what_is_used_up_else_for_all() {
        let tokens = [("remaining-tokens", "0"), ("reset-tokens", "5s"), ("reset-requests", "8s")];
        assert_eq!(wait(&headers(&tokens)), Some(Duration::from_secs(5)));
        let none_used_up = [("remaining-tokens", "12"), ("reset-tokens", "5s"), ("reset-requests", "6ms")];
        assert_eq!(wait(&headers(&none_used_up)), Some(Duration::from_secs(5)));
        assert_eq!(wait(&headers(&[("reset-tokens", "0s")])), None);
    }
}
