//! What an entry's fields were before.

use crate::api::dashboard::written;
use crate::store::LibraryChange;
use maud::{Markup, html};

pub fn section(changes: &[LibraryChange]) -> Markup {
    html! {
        section #history data-live aria-labelledby="history-title" {
            h2 #history-title { "History" }
            @if changes.is_empty() { p.nothing { "No field was replaced since it was first filled." } } @else {
                div.scroll tabindex="0" role="region" aria-labelledby="history-title" {
                    table {
                        caption.unseen { "Values that were replaced, the newest first" }
                        thead { tr {
                            th scope="col" { "When" }
                            th scope="col" { "Field" }
                            th scope="col" { "Was" }
                            th scope="col" { "Became" }
                            th scope="col" { "By" }
                        } }
                        tbody { @for change in changes.iter().rev() { tr {
                            td { (written::ago(change.at)) }
                            th scope="row" { (change.field.replace('_', " ")) }
                            td { (value(change.old.as_deref())) }
                            td { (value(change.new.as_deref())) }
                            td { (by(&change.by)) }
                        } } }
                    }
                }
            }
        }
    }
}

fn value(text: Option<&str>) -> Markup {
    html! { @match text { Some(text) => (text), None => span.quiet { "nothing" } } }
}

/// An operator, or a strategy by its digest.
fn by(by: &str) -> Markup {
    match by {
        "operator" => html! { "an operator" },
        digest => {
            html! { a href=(crate::api::dashboard::link::within(&["strategies", digest])) { "strategy " code { (digest.get(..12).unwrap_or(digest)) } } }
        }
    }
}
