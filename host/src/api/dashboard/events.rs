//! What happened that an operator would want to know.

use super::failure::Failure;
use super::frame::{Frame, Here, Tone, Visit, tag};
use super::written;
use crate::api::Api;
use crate::store::{Event, EventKind};
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
                        p { (tag(tone(&event.kind), &for_people(&event.kind))) " " strong { (event.subject) } }
                        p { (event.text) }
                        p.quiet { (written::ago(event.at)) }
                    }
                }
            }
        }
    }
}

fn for_people(kind: &str) -> String {
    kind.replace(['-', '_'], " ")
}

fn tone(kind: &str) -> Tone {
    match EventKind::from_name(kind) {
        Some(EventKind::Recovered | EventKind::WebhookEnabled) => Tone::Good,
        Some(EventKind::Refused | EventKind::Rejected | EventKind::WebhookDisabled) => Tone::Bad,
        Some(EventKind::Changed(cause)) if cause.is_rollback() => Tone::Wary,
        Some(EventKind::Bypassed | EventKind::Kept | EventKind::BudgetReached | EventKind::WebhookGaveUp) => Tone::Wary,
        Some(EventKind::Changed(_) | EventKind::WorkerPaused | EventKind::WorkerResumed) | None => Tone::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Cause;

    #[test]
    fn kinds_are_written_for_people() {
        assert_eq!(for_people(EventKind::WebhookGaveUp.name()), "webhook gave up");
    }

    #[test]
    fn what_the_host_took_back_is_shown_as_what_somebody_took_back() {
        for cause in [Cause::Rollback, Cause::AutomaticRollback] {
            assert!(matches!(tone(cause.name()), Tone::Wary));
        }
        assert!(matches!(tone("of-tomorrow"), Tone::Plain));
    }
}
