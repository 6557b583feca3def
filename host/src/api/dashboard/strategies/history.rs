//! Who changed what, when and why.

use crate::api::dashboard::written;
use crate::store::Revision;
use crate::strategy::lineup::Lineup;
use maud::{Markup, html};

pub fn section(revisions: &[Revision]) -> Markup {
    html! {
        section #revisions data-live aria-labelledby="revisions-title" {
            h2 #revisions-title { "Changes" }
            div.scroll tabindex="0" role="region" aria-labelledby="revisions-title" {
                table {
                    caption.unseen { "Revisions of the strategies, the newest first" }
                    thead { tr {
                        th scope="col" { "Revision" }
                        th scope="col" { "When" }
                        th scope="col" { "What" }
                        th scope="col" { "By" }
                        th scope="col" { "Strategies" }
                        th scope="col" { "Why" }
                    } }
                    tbody { @for revision in revisions { tr {
                        th scope="row" { (revision.revision) }
                        td { (written::ago(revision.at)) }
                        td { (revision.cause) }
                        td { (revision.by) }
                        td { (lineup(revision)) }
                        td { @if let Some(reason) = &revision.reason { (reason) } }
                    } } }
                }
            }
        }
    }
}

/// The strategies of a revision in their order.
pub fn lineup(revision: &Revision) -> String {
    let lineup = Lineup::from_json(&revision.entries).unwrap_or_default();
    let active: Vec<&str> = lineup.active.iter().map(|entry| entry.name.as_str()).collect();
    let trials = lineup.candidates.iter().map(|trial| format!(", {} as {}", trial.entry.name, trial.role.name()));
    format!("{}{}", active.join(" → "), trials.collect::<String>())
}
