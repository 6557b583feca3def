//! Sessions of browsers. Who signs in with the admin token is given a cookie that says until when it holds, and a keyed
//! digest of that: any host with the same token believes it, none keeps it, and another token ends them all.
//!
//! A browser sends its cookies whoever made it ask. So what a cookie allows changes something only when the browser says
//! that the page that asks is one of ours.

use crate::digest::hex;
use crate::secret::Secret;
use axum::http::{HeaderMap, HeaderValue, header};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// The cookie.
const NAME: &str = "liner_session";
/// How long a session holds, in seconds: a shift.
const HOLDS: i64 = 12 * 3_600;

/// The cookie of a session that begins now. Only where the browser says that it came over TLS does it keep it for TLS.
pub fn begun(token: &Secret, headers: &HeaderMap) -> Option<HeaderValue> {
    let until = Timestamp::now().as_second() + HOLDS;
    let is_secure = text(headers, &header::ORIGIN).is_some_and(|origin| origin.starts_with("https://"));
    let secure = if is_secure { "; Secure" } else { "" };
    let value = format!("{until}.{}", seal(token, until)?);
    let cookie = format!("{NAME}={value}; Path=/; Max-Age={HOLDS}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// What takes the cookie away.
pub const fn ended() -> HeaderValue {
    HeaderValue::from_static("liner_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict")
}

/// Whether a request has the cookie of a session that holds.
pub fn is_held(token: &Secret, headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
    let mut values = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| {
        let (name, value) = cookie.trim().split_once('=')?;
        (name == NAME).then_some(value)
    });
    values.any(|value| holds(token, value, Timestamp::now().as_second()))
}

fn holds(token: &Secret, value: &str, now: i64) -> bool {
    let Some((until, sealed)) = value.split_once('.') else { return false };
    let Some(until) = until.parse().ok().filter(|until| now < *until) else { return false };
    seal(token, until).is_some_and(|seal| Secret::new(seal).matches(sealed))
}

/// What only somebody with the token can say of a time.
fn seal(token: &Secret, until: i64) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(token.expose().as_bytes()).ok()?;
    mac.update(format!("liner session until {until}").as_bytes());
    Some(hex(&mac.finalize().into_bytes()))
}

/// Whether a page of this host makes the browser ask: it says so itself, or names the host as its origin. Who says
/// neither is no browser of today.
pub fn is_of_this_host(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text(headers, &header::ORIGIN).and_then(|origin| origin.split_once("://"));
    let host = text(headers, &header::HOST);
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_session_holds_until_its_end_for_its_own_token_and_as_it_was_given() {
        let (token, other) =
            (Secret::new("a-token-of-some-length".into()), Secret::new("another-token-of-some".into()));
        let value = format!("1000.{}", seal(&token, 1_000).unwrap());
        assert!(holds(&token, &value, 999));
        assert!(!holds(&token, &value, 1_000), "it has ended");
        assert!(!holds(&other, &value, 999), "the token was changed");
        for spoilt in
            [value.replacen("1000", "2000", 1), value[..20].into(), "1000.".into(), "1000".into(), String::new()]
        {
            assert!(!holds(&token, &spoilt, 999), "{spoilt}");
        }
        assert!(!value.contains(token.expose()));
    }

    #[test]
    fn its_cookie_is_found_among_others_and_kept_for_tls_where_it_came_over_tls() {
        let token = Secret::new("a-token-of-some-length".into());
        let cookie = begun(&token, &headers(&[("origin", "http://localhost:4201")])).unwrap();
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"), "{cookie}");
        let sent = format!("theme=dark; {}; other=1", cookie.split_once(';').unwrap().0);
        let mut request = HeaderMap::new();
        request.insert(header::COOKIE, HeaderValue::from_str(&sent).unwrap());
        assert!(is_held(&token, &request));
        assert!(!is_held(&token, &headers(&[("cookie", "liner_session=; x=1")])));
        let cookie = begun(&token, &headers(&[("origin", "https://liner.example")])).unwrap();
        assert!(cookie.to_str().unwrap().ends_with("; Secure"));
    }

    #[test]
    fn only_a_page_of_this_host_is_of_this_host() {
        for (is, pairs) in [
            (true, &[("host", "liner.example"), ("origin", "https://liner.example")][..]),
            (true, &[("host", "inner:4201"), ("origin", "https://liner.example"), ("sec-fetch-site", "same-origin")]),
            (false, &[("host", "liner.example"), ("origin", "https://liner.example"), ("sec-fetch-site", "same-site")]),
            (false, &[("host", "liner.example:4201"), ("origin", "https://liner.example:4202")]),
            (false, &[("host", "liner.example"), ("origin", "null")]),
            (false, &[("host", "liner.example"), ("sec-fetch-site", "none")]),
            (false, &[("host", "liner.example")]),
        ] {
            assert_eq!(is_of_this_host(&headers(pairs)), is, "{pairs:?}");
        }
    }
}
