//! Who may do what. With a token, programs send it as a bearer and browsers have a session; without one the host listens on
//! loopback only, and changes are refused to web pages of other origins.

use super::manners::Peer;
use super::problem::Problem;
use super::sign_ins::NotSignedIn;
use super::{Api, session};
use crate::secret::Secret;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Somebody who may change things.
    Operator,
    /// Somebody who may look.
    Reader,
}

/// Why a request may not be made.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// 401 where a token would help, 429 where too many were wrong, else 403.
    pub status: StatusCode,
    /// In a sentence.
    pub reason: Cow<'static, str>,
    /// In how many seconds another try may end otherwise.
    retry_after: Option<u64>,
}

impl Refusal {
    const fn unauthorised(reason: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, reason: Cow::Borrowed(reason), retry_after: None }
    }

    const fn forbidden(reason: &'static str) -> Self {
        Self { status: StatusCode::FORBIDDEN, reason: Cow::Borrowed(reason), retry_after: None }
    }

    /// Too many wrong tokens came; another may be tried after a while.
    pub fn too_many(wait: Duration) -> Self {
        let seconds = wait.as_secs() + 1;
        let reason =
            format!("too many wrong tokens came from there, or in all; another may be tried in {seconds} s").into();
        Self { status: StatusCode::TOO_MANY_REQUESTS, reason, retry_after: Some(seconds) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = Problem::new(self.status, self.reason);
        let problem = match self.retry_after {
            Some(seconds) => problem.retry_after(seconds),
            None => problem,
        };
        let mut response = problem.into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Lets a request through that may be made.
pub async fn authorise(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let peer = Peer::of(&request);
    match admit(&api, peer, request.method(), request.headers()) {
        Ok(_) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Who asks, if it may.
///
/// # Errors
/// Why it may not.
pub fn admit(api: &Api, peer: Peer, method: &Method, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let reads = reads(method);
    let Some(token) = &api.admin_token else { return without_token(headers, reads) };
    let Some(sent) = bearer(headers) else { return without_bearer(api, token, headers, reads) };
    match api.sign_ins.attempt(peer.0, || token.matches(sent)) {
        Ok(()) => Ok(Caller::Operator),
        Err(_) if reads && api.public_read => Ok(Caller::Reader),
        Err(NotSignedIn::Wrong) => Err(Refusal::unauthorised("the bearer token is not the one of LINER_ADMIN_TOKEN")),
        Err(NotSignedIn::Wait(wait)) => Err(Refusal::too_many(wait)),
    }
}

fn without_bearer(api: &Api, token: &Secret, headers: &HeaderMap, reads: bool) -> Result<Caller, Refusal> {
    if session::is_held(token, headers) {
        if reads || session::is_of_this_host(headers) {
            return Ok(Caller::Operator);
        }
        return Err(Refusal::forbidden("a session changes something only from a page of this host"));
    }
    if reads && api.public_read {
        return Ok(Caller::Reader);
    }
    let reason = "this needs the header `Authorization: Bearer …` with the value of LINER_ADMIN_TOKEN";
    Err(Refusal::unauthorised(reason))
}

/// A page in a browser on this machine must neither change anything here nor, by a name that resolves to loopback, read.
/// Another program's page is one of another origin too, though it comes from this machine; who is no browser names none.
fn without_token(headers: &HeaderMap, reads: bool) -> Result<Caller, Refusal> {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    if !host.is_none_or(is_loopback) {
        return Err(Refusal::forbidden(
            "without LINER_ADMIN_TOKEN, requests must name localhost or a loopback address as their host",
        ));
    }
    let by_a_page = headers.contains_key(header::ORIGIN) || headers.contains_key("sec-fetch-site");
    if !reads && by_a_page && !session::is_of_this_host(headers) {
        return Err(Refusal::forbidden("without LINER_ADMIN_TOKEN, web pages of other origins may change nothing"));
    }
    Ok(Caller::Operator)
}

/// Whether a method only reads.
pub const fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether `host` or `host:port` is this machine to itself.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(name, _)| name),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_loopback_names_are_this_machine() {
        for host in ["localhost", "localhost:4201", "127.0.0.1:4201", "[::1]:4201", "127.0.0.1"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["evil.example", "evil.example:4201", "localhost.evil.example", "10.0.0.1:4201", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
