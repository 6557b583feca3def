//! A candidate beside the active strategies.

use crate::api::dashboard::{link, written};
use crate::rollout::{Comparison, Disagreement, Side};
use crate::store::Said;
use maud::{Markup, html};

/// Disagreements that are shown.
const SHOWN: usize = 20;

pub fn section(comparison: &Comparison) -> Markup {
    html! {
        section #comparison data-live aria-labelledby="comparison-title" {
            h2 #comparison-title { "Beside the active strategies" }
            @if comparison.tracks == 0 { p.nothing { "Nothing was compared yet. As a shadow it sees every batch and settles nothing." } } @else {
                p {
                    (written::counted(i64::try_from(comparison.tracks).unwrap_or(i64::MAX), "track", "tracks")) " that both saw; they differ on "
                    strong { (written::count(comparison.disagreed)) } ". Its own questions cost "
                    (written::dollars(comparison.cost_micros)) ", its time " (comparison.time_us_per_track) " µs a track."
                }
                div.pair { (sides(comparison)) (fields(comparison)) }
                (disagreements(&comparison.disagreements))
            }
        }
    }
}

fn sides(comparison: &Comparison) -> Markup {
    let row = |name: &str, of: &dyn Fn(&Side) -> String| {
        html! {
            tr { th scope="row" { (name) } td.n { (of(&comparison.candidate)) } td.n { (of(&comparison.active)) } }
        }
    };
    html! {
        table.figures.sheet {
            caption { "What each did" }
            thead { tr { th scope="col" { "Tracks" } th.n scope="col" { "This one" } th.n scope="col" { "Active" } } }
            tbody {
                (row("Decided", &|side| written::count(side.decided)))
                (row("Undecided", &|side| written::count(side.undecided)))
                (row("Asked, unanswered", &|side| written::count(side.unanswered)))
                (row("Mean confidence", &|side| side.confidence.map_or_else(|| "–".to_owned(), |c| written::percent(c * 100.0))))
            }
        }
    }
}

fn fields(comparison: &Comparison) -> Markup {
    #[allow(clippy::cast_precision_loss)]
    let share = |agreed: u64, of: u64| {
        if of == 0 { "–".to_owned() } else { written::percent(agreed as f64 * 100.0 / of as f64) }
    };
    html! {
        table.figures.sheet {
            caption { "Agreement, where both gave an entry" }
            thead { tr { th scope="col" { "Field" } th.n scope="col" { "Agreed" } th.n scope="col" { "Share" } } }
            tbody { @for field in &comparison.fields { tr {
                th scope="row" { (field.field.replace('_', " ")) }
                td.n { (written::count(field.agreed)) " of " (written::count(field.compared)) }
                td.n { (share(field.agreed, field.compared)) }
            } } }
        }
    }
}

fn disagreements(all: &[Disagreement]) -> Markup {
    html! {
        @if !all.is_empty() {
            h3 { "Where they differ" }
            div.scroll tabindex="0" role="region" aria-label="Where they differ" {
                table {
                    caption.unseen { "The newest tracks of which the two said different things" }
                    thead { tr { th scope="col" { "Track" } th scope="col" { "This one" } th scope="col" { "Active" } } }
                    tbody { @for one in all.iter().take(SHOWN) { tr {
                        th scope="row" { a href=(link::entry(&one.key)) { (one.key) } }
                        td { (said(&one.candidate, &one.fields)) }
                        td { (said(&one.active, &one.fields)) }
                    } } }
                }
            }
        }
    }
}

/// The fields that differ; or that there is nothing to differ in.
fn said(said: &Said, fields: &[&str]) -> Markup {
    match said {
        Said::NoMusic => html! { "no music" },
        Said::Undecided { reason } => html! { "undecided: " (reason) },
        Said::Unanswered => html! { "asked, and nobody answered" },
        Said::Extracted { entry } if fields.is_empty() => html! { (entry.title) },
        Said::Extracted { entry } => {
            let entry = serde_json::to_value(entry).unwrap_or_default();
            let of = |field: &str| match entry.get(field) {
                Some(serde_json::Value::String(text)) => text.clone(),
                None | Some(serde_json::Value::Null) => "nothing".to_owned(),
                Some(other) => other.to_string(),
            };
            html! { @for field in fields { p { span.quiet { (field.replace('_', " ")) } " " (of(field)) } } }
        }
    }
}
