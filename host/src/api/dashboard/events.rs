//! What happened that an operator would want to know.

use super::failure::Failure;
use super::frame::{Frame, Here, Tone, Visit, tag};
use super::written;
use crate::api::Api;
use crate::store::Event;
use axum::extract::State;
use maud::{Markup, html};
use std::sync::Arc;

/// Events of a page.
const SHOWN: u32 = 100;

/// The newest events.
pub async fn page(State(api): State<Arc<Api>>, visit: Visit) -> Result<Markup, Failure> {
    let events = api.store().events(SHOWN).await?;
    let frame = Frame::of(&api, visit, Here::Events).await;
    Ok(frame.page(
        "Events",
        &html! {
            h1 { "Events" }
            p.lead { "Swaps, refusals, strategies that were taken back or left alone. The newest " (SHOWN) "." }
            section #events data-live aria-label="Events" { (list(&events)) }
        },
    ))
}

/// Events, newest first.
pub fn list(events: &[Event]) -> Markup {
    html! {
        @if events.is_empty() { p.nothing { "Nothing happened yet that you would have to know of." } }
        ul.rows {
            @for event in events {
                li {
                    div.what {
                        p { (tag(tone(&event.kind), &event.kind.replace('_', " "))) " " strong { (event.subject) } }
                        p { (event.text) }
                        p.quiet { (written::ago(event.at)) }
                    }
                }
            }
        }
    }
}

fn tone(kind: &str) -> Tone {
    match kind {
        "recovered" => Tone::Good,
        "refused" | "rejected" => Tone::Bad,
        "bypassed" | "kept" | "rollback" => Tone::Wary,
        _ => Tone::Plain,
    }
}
