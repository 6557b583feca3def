//! The queue: how many tracks are in each state, how fast they go, and what the others wait for.

use super::Seen;
use crate::api::dashboard::written;
use crate::api::{Api, queue};
use crate::store::QueueCounts;
use crate::worker::Status;
use maud::{Markup, html};

pub fn section(api: &Api, status: &Status, seen: &Seen) -> Markup {
    let counts = &seen.counts;
    let states = [
        ("pending", "Pending", counts.pending),
        ("processing", "Processing", counts.processing),
        ("completed", "Completed", counts.completed),
        ("failed", "Failed", counts.failed),
    ];
    html! {
        section.sheet #queue data-live aria-labelledby="queue-title" {
            header { h2 #queue-title { "Queue" } p.quiet { (written::counted(counts.total(), "track", "tracks")) } }
            (bar(&states, counts.total()))
            table.figures {
                caption.unseen { "Tracks by status" }
                thead { tr { th scope="col" { "Status" } th.n scope="col" { "Tracks" } th.n scope="col" { "Share" } } }
                tbody {
                    @for (class, name, n) in &states {
                        tr {
                            th scope="row" { span class={ "key " (class) } aria-hidden="true" {} (name) }
                            td.n { @if *class == "failed" && *n > 0 { a href="/failed" { (written::count(*n)) } } @else { (written::count(*n)) } }
                            td.n { (share(*n, counts.total())) }
                        }
                    }
                }
            }
            p { (outlook(status, seen)) }
            (waiting(api, counts))
        }
    }
}

fn share(n: i64, of: i64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let share = if of > 0 { n as f64 * 100.0 / of as f64 } else { 0.0 };
    written::percent(share)
}

/// The shares side by side; the table says the same.
fn bar(states: &[(&str, &str, i64)], total: i64) -> Markup {
    let mut at = 0;
    let mut part = |n: i64| {
        // Thousandths of the width; whatever there is one of can be seen.
        let width = if n > 0 { (n * 1_000 / total.max(1)).max(4) } else { 0 };
        let from = at;
        at += width;
        (from, width)
    };
    let parts: Vec<(&str, (i64, i64))> = states.iter().map(|(class, _, n)| (*class, part(*n))).collect();
    html! {
        svg.shares viewBox=(format!("0 0 {} 10", at.max(1))) preserveAspectRatio="none" aria-hidden="true" {
            @for (class, (x, width)) in &parts { rect class=(class) x=(x) y="0" width=(width) height="10" {} }
        }
    }
}

/// How fast it goes, and when nothing that is due will be left.
fn outlook(status: &Status, seen: &Seen) -> Markup {
    let waiting: i64 = seen.counts.waiting.values().sum();
    let due = (seen.counts.pending - waiting).max(0) + seen.counts.processing;
    #[allow(clippy::cast_precision_loss)]
    let left = seen.rate.map(|rate| due as f64 * 3_600.0 / rate);
    let is_away =
        !seen.model.routes.is_empty() && seen.model.routes.iter().all(|route| route.standing.state != "ready");
    let a_minute = seen.rate.map(|rate| format!("{:.1}", rate / 60.0));
    html! {
        @match (a_minute, left) {
            (Some(a_minute), Some(left)) if due > 0 => {
                strong { (a_minute) " tracks a minute" } " over the last ten minutes: at that rate, what is due is done in about "
                strong { (written::rough(left)) } @if is_away { ", once the model is there again" } "."
            }
            (Some(a_minute), _) => { strong { (a_minute) " tracks a minute" } " over the last ten minutes. Nothing is due." }
            (None, _) if due == 0 => "Nothing is due.",
            (None, _) if status.paused.is_some() => "Nothing was done in the last ten minutes, as everything is paused.",
            (None, _) => "Nothing was done in the last ten minutes.",
        }
        @if let Some(at) = seen.due.backoff_at { " The next retry is " (written::ago(at)) "." }
    }
}

fn waiting(api: &Api, counts: &QueueCounts) -> Markup {
    if counts.waiting.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Waiting" }
        dl.facts {
            @for (cause, n) in &counts.waiting {
                dt { (written::count(*n)) " for " (cause_name(cause)) }
                dd { (queue::waiting_reason(cause, api.lack_of_model())) }
            }
        }
    }
}

fn cause_name(cause: &str) -> &str {
    match cause {
        "page" => "their page",
        "provider" => "a model",
        "budget" => "money",
        "strategy" => "a strategy",
        other => other,
    }
}
