//! Signing in and out.

use super::failure::Failure;
use super::{frame, link};
use crate::api::manners::Peer;
use crate::api::sign_ins::NotSignedIn;
use crate::api::{Api, session};
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct SignIn {
    token: String,
    /// Where to go on.
    next: Option<String>,
}

/// The page that asks for the token, and goes on to another.
pub fn path_for(next: Option<&Uri>) -> String {
    let next = next.and_then(Uri::path_and_query).map(ToString::to_string).filter(|next| next != "/");
    link::with_query("/sign-in", &[("next", next.as_deref())])
}

/// Asks for the token.
pub async fn page(State(api): State<Arc<Api>>, query: axum::extract::Query<SignIn>) -> Response {
    match api.admin_token {
        Some(_) => form(query.next.as_deref(), None).into_response(),
        None => Redirect::to("/").into_response(),
    }
}

/// Begins a session.
pub async fn sign_in(
    State(api): State<Arc<Api>>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    given: Result<Form<SignIn>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(SignIn { token: sent, next }) = given?;
    let Some(token) = &api.admin_token else { return Ok(Redirect::to("/").into_response()) };
    let Extension(peer) = peer.unwrap_or(Extension(Peer::NOWHERE));
    if !session::is_of_this_host(&headers) {
        return Err(Failure::new(StatusCode::FORBIDDEN, "only a page of this host signs in to it"));
    }
    if let Err(not) = api.sign_ins.attempt(peer.0, || token.matches(sent.trim())) {
        return Ok(not_signed_in(next.as_deref(), not));
    }
    let to = Redirect::to(next.as_deref().filter(|next| is_local(next)).unwrap_or("/"));
    Ok(match session::begun(token, &headers) {
        Some(cookie) => ([(header::SET_COOKIE, cookie)], to).into_response(),
        None => to.into_response(),
    })
}

fn not_signed_in(next: Option<&str>, why: NotSignedIn) -> Response {
    match why {
        NotSignedIn::Wrong => {
            let wrong = "This is not the value of LINER_ADMIN_TOKEN.";
            (StatusCode::UNAUTHORIZED, form(next, Some(wrong))).into_response()
        }
        NotSignedIn::Wait(wait) => {
            let seconds = wait.as_secs() + 1;
            let wrong =
                format!("Too many wrong tokens came from there, or in all. Another may be tried in {seconds} s.");
            let later = [(header::RETRY_AFTER, seconds.to_string())];
            (StatusCode::TOO_MANY_REQUESTS, later, form(next, Some(&wrong))).into_response()
        }
    }
}

/// Ends a session in this browser.
pub async fn sign_out(headers: HeaderMap) -> Result<Response, Failure> {
    if !session::is_of_this_host(&headers) {
        return Err(Failure::new(StatusCode::FORBIDDEN, "only a page of this host signs out of it"));
    }
    Ok(([(header::SET_COOKIE, session::ended())], Redirect::to("/sign-in")).into_response())
}

/// A path of this host: what browsers take for another host begins with two slashes of either kind; and what has control
/// characters no header holds.
fn is_local(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains(|c: char| c == '\\' || c.is_control())
}

fn form(next: Option<&str>, wrong: Option<&str>) -> Markup {
    let title = if wrong.is_some() { "Not signed in" } else { "Sign in" };
    frame::bare(
        title,
        &html! {
            h1 { "Sign in" }
            @if let Some(wrong) = wrong {
                p #wrong .need.bad role="alert" { (wrong) }
            }
            form.sheet.fields method="post" action="/sign-in" {
                label for="token" { "Admin token" }
                input #token type="password" name="token" required autofocus autocomplete="current-password"
                    aria-describedby=(if wrong.is_some() { "wrong hint" } else { "hint" }) aria-invalid=[wrong.map(|_| "true")];
                p #hint .quiet { "The value of " code { "LINER_ADMIN_TOKEN" } " of this host. A session holds for twelve hours." }
                @if let Some(next) = next { input type="hidden" name="next" value=(next); }
                div.actions { button.main { "Sign in" } }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn one_goes_on_within_this_host() {
        assert!(is_local("/failed?search=x"));
        for path in
            ["//evil.example", "/\\evil.example", "https://evil.example", "", "/\t/evil.example", "/\u{1}", "/\u{7f}"]
        {
            assert!(!is_local(path), "{path}");
        }
    }
}
