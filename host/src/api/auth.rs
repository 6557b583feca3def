//! Who may do what. With a token, callers send it as a bearer; without one the host listens on loopback only, and
//! changes are refused to web pages of other origins.

use super::Api;
use super::problem::Problem;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Lets a request through that may be made.
pub async fn authorise(State(api): State<Arc<Api>>, request: Request, next: Next) -> Response {
    let reads = reads(request.method());
    let refused = match &api.admin_token {
        Some(_) if reads && api.public_read => None,
        Some(token) => match bearer(request.headers()) {
            Some(sent) if token.matches(sent) => None,
            Some(_) => Some("the bearer token is not the one of LINER_ADMIN_TOKEN"),
            None => Some("this needs the header `Authorization: Bearer …` with the value of LINER_ADMIN_TOKEN"),
        },
        None => return without_token(request, reads, next).await,
    };
    match refused {
        None => next.run(request).await,
        Some(reason) => {
            let mut response = Problem::new(StatusCode::UNAUTHORIZED, reason).into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
    }
}

/// A page in a browser on this machine must neither change anything here nor, by a name that resolves to loopback, read.
async fn without_token(request: Request, reads: bool, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    if !host.is_none_or(is_loopback) {
        let reason = "without LINER_ADMIN_TOKEN, requests must name localhost or a loopback address as their host";
        return Problem::new(StatusCode::FORBIDDEN, reason).into_response();
    }
    let foreign = origin.is_some_and(|origin| !is_loopback(origin.split_once("://").map_or(origin, |(_, host)| host)));
    if foreign && !reads {
        let reason = "without LINER_ADMIN_TOKEN, web pages of other origins may change nothing";
        return Problem::new(StatusCode::FORBIDDEN, reason).into_response();
    }
    next.run(request).await
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
