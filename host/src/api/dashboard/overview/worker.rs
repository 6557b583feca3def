//! What the worker does, and the operator's switch.

use crate::api::Api;
use crate::api::dashboard::ask::Ask;
use crate::api::dashboard::frame::{Frame, Tone, tag};
use crate::api::dashboard::written;
use crate::worker::Status;
use maud::{Markup, html};

pub fn section(api: &Api, frame: &Frame, status: &Status) -> Markup {
    let settings = api.worker.context().settings;
    html! {
        section.sheet #worker data-live aria-labelledby="worker-title" {
            header { h2 #worker-title { "Worker" } (doing(status)) }
            dl.facts {
                dt { "In flight" }
                dd { (status.in_flight) " of " (settings.concurrency) " batches, on this host" }
                dt { "Last look" }
                dd { @match status.last_run_at { Some(at) => (written::since(at)), None => "none yet" } }
                dt { "Next look" }
                dd {
                    @match status.next_run_at {
                        Some(at) => { (written::since(at)) ", or as soon as links come" }
                        None => "when it is resumed or told to run"
                    }
                }
                dt { "Since it started" }
                dd {
                    (written::counted(i64::try_from(status.totals.processed).unwrap_or(i64::MAX), "attempt", "attempts"))
                    ", " (status.totals.success_rate()) " % succeeded"
                    @if status.totals.panics > 0 { ", " (status.totals.panics) " panics (the log says more)" }
                }
            }
            div.actions { (controls(frame, status)) }
        }
    }
}

fn doing(status: &Status) -> Markup {
    match status {
        Status { paused: Some(_), .. } => tag(Tone::Wary, "Paused"),
        Status { running: false, .. } => tag(Tone::Wary, "Off"),
        Status { draining: true, .. } => tag(Tone::Wary, "Draining"),
        Status { processing: true, .. } => tag(Tone::Good, "Working"),
        _ => tag(Tone::Good, "Idle"),
    }
}

fn controls(frame: &Frame, status: &Status) -> Markup {
    let pause = Ask {
        label: "Pause",
        of: "all hosts",
        question: "Every host on this database takes nothing more until it is resumed. Batches in flight are finished.",
        action: "/worker/pause",
        does: "Pause all hosts",
        is_grave: false,
    };
    let reason = html! {
        label for="pause-reason" { "Why (optional)" }
        input #pause-reason name="reason" maxlength="200" autocomplete="off";
    };
    html! {
        @if status.running && status.paused.is_none() { (pause.with(frame, &reason)) }
        @if status.running && status.paused.is_some() { (frame.button("/worker/resume", "Resume", true)) }
        (frame.button("/worker/run", "Run now", false))
    }
}
