//! Webhooks: who hears of what happens here, whether it gets there, and a test for each.

pub mod add;
pub mod change;
pub mod one;

use super::failure::Failure;
use super::frame::{Frame, Here, Tone, Visit, tag};
use super::{link, written};
use crate::api::Api;
use crate::api::webhooks::{Endpoint, endpoints};
use axum::extract::State;
use maud::{Markup, html};
use std::sync::Arc;

/// All of them, and a form for another.
pub async fn page(State(api): State<Arc<Api>>, visit: Visit) -> Result<Markup, Failure> {
    let endpoints = endpoints(&api).await?;
    let frame = Frame::of(&api, visit, Here::Webhooks).await;
    Ok(frame.page(
        "Webhooks",
        &html! {
            h1 { "Webhooks" }
            p.lead {
                "Who is told when a batch is done, a track failed for good, strategies were swapped or rolled back, a budget is "
                "spent, or the worker was paused. Messages are signed, and sent for a day until they arrive."
            }
            section #webhooks data-live aria-label="Webhooks" {
                @if endpoints.is_empty() { p.nothing { "Nobody is told of anything." } }
                ul.rows { @for endpoint in &endpoints { (row(&frame, endpoint)) } }
            }
            (frame.sign_in_instead())
            (frame.control(&add::form()))
        },
    ))
}

fn row(frame: &Frame, endpoint: &Endpoint) -> Markup {
    let path = path_of(&endpoint.id);
    html! {
        li {
            div.what {
                p { a href=(path) { strong { (endpoint.url) } } " " (standing(endpoint)) }
                p.quiet { (hears_of(endpoint)) }
                @if let Some(reason) = reason(endpoint) { p.why { (reason) } }
                p.quiet { (owed(endpoint)) }
            }
            div.actions { (test(frame, endpoint)) }
        }
    }
}

/// The page of an endpoint.
fn path_of(id: &str) -> String {
    link::within(&["webhooks", id])
}

/// Where the form for one of its changes is sent.
fn change_of(id: &str, change: &str) -> String {
    link::within(&["webhooks", id, change])
}

/// Whether it gets what it is owed.
fn standing(endpoint: &Endpoint) -> Markup {
    if !endpoint.is_enabled {
        return tag(Tone::Bad, "disabled");
    }
    match (&endpoint.failing_since, &endpoint.rests_until, &endpoint.last_attempt) {
        (Some(_), ..) => tag(Tone::Bad, "failing"),
        (None, Some(_), _) => tag(Tone::Wary, "wants to be left alone"),
        (None, None, Some(_)) => tag(Tone::Good, "delivered"),
        (None, None, None) => tag(Tone::Plain, "nothing sent yet"),
    }
}

fn hears_of(endpoint: &Endpoint) -> String {
    match &endpoint.events {
        Some(events) => format!("Hears of {}", events.join(", ")),
        None => "Hears of everything".to_owned(),
    }
}

/// Why it does not get what it is owed.
pub fn reason(endpoint: &Endpoint) -> Option<&str> {
    let last = endpoint.last_attempt.as_ref().filter(|_| endpoint.failing_since.is_some());
    endpoint.disabled_reason.as_deref().or_else(|| last.and_then(|last| last.error.as_deref()))
}

fn owed(endpoint: &Endpoint) -> Markup {
    html! {
        (written::counted(endpoint.owed, "message is owed", "messages are owed"))
        @if let Some(since) = endpoint.owed_since { ", the oldest of " (written::since(since)) }
        @if let Some(until) = endpoint.rests_until { ", sent again " (written::since(until)) }
        @if let Some(at) = endpoint.last_attempt.as_ref().and_then(|last| last.at) { ", tried last " (written::since(at)) }
    }
}

fn test(frame: &Frame, endpoint: &Endpoint) -> Markup {
    frame.control(&html! {
        form method="post" action=(change_of(&endpoint.id, "test")) {
            button aria-label={ "Send a test to " (endpoint.url) } { "Send a test" }
        }
    })
}
