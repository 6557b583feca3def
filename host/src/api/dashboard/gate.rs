//! Who may see a page, and what a browser may do with it.

use super::failure::Failure;
use super::sign_in;
use crate::api::manners::Peer;
use crate::api::{Api, auth};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
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

/// What pages say to the browser otherwise than every answer does: they have files, pictures and forms, and the referrer
/// policy leaves forms their origin.
pub async fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
