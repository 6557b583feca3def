//! Who may see a page, and what a browser may do with it.

use super::failure::Failure;
use super::sign_in;
use crate::api::manners::Peer;
use crate::api::{Api, auth};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use std::sync::Arc;

/// Nothing but what this host serves: no script or style within a page, so that a text that got through as markup could
/// do nothing. Covers come from whoever has them, over TLS.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https:; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Lets a request through with who asks; who would have to sign in is asked to.
pub async fn admit(State(api): State<Arc<Api>>, mut request: Request, next: Next) -> Response {
    match auth::admit(&api, Peer::of(&request), request.method(), request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) if refusal.status == StatusCode::UNAUTHORIZED => {
            let is_seen = *request.method() == Method::GET;
            Redirect::to(&sign_in::path_for(is_seen.then(|| request.uri()))).into_response()
        }
        Err(refusal) => Failure::new(refusal.status, refusal.reason).into_response(),
    }
}

/// What every answer says to the browser. Its referrer policy leaves forms their origin.
pub async fn guarded(response: Response) -> Response {
    let mut response = response;
    let headers = response.headers_mut();
    set(headers, header::CONTENT_SECURITY_POLICY, POLICY);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(headers, header::X_FRAME_OPTIONS, "DENY");
    set(headers, header::REFERRER_POLICY, "same-origin");
    set(headers, HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    if !headers.contains_key(header::CACHE_CONTROL) {
        set(headers, header::CACHE_CONTROL, "no-store");
    }
    response
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
