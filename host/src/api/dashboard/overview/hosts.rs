//! The hosts on the database.

use crate::api::Api;
use crate::api::dashboard::ask::Ask;
use crate::api::dashboard::frame::{Frame, Tone, tag};
use crate::api::dashboard::{link, written};
use crate::store::Host;
use maud::{Markup, html};

/// Hosts that are shown; those that are gone come last.
const SHOWN: usize = 60;

pub fn section(api: &Api, frame: &Frame, hosts: &[Host]) -> Markup {
    let mut hosts: Vec<&Host> = hosts.iter().collect();
    hosts.sort_by_key(|host| matches!(host.state(), "stopped" | "gone"));
    let works = |host: &&&Host| matches!(host.state(), "running" | "draining");
    let working = hosts.iter().filter(works).count();
    let gone = hosts.len() - working;
    html! {
        section #hosts data-live aria-labelledby="hosts-title" {
            header {
                h2 #hosts-title { "Hosts" }
                p.quiet { (working) " working" @if gone > 0 { ", " (gone) " gone" } }
            }
            ul.rows {
                @for host in hosts.iter().take(working.max(3)).take(SHOWN) { (row(api, frame, host)) }
            }
        }
    }
}

fn row(api: &Api, frame: &Frame, host: &Host) -> Markup {
    let tone = match host.state() {
        "running" => Tone::Good,
        "draining" => Tone::Wary,
        "gone" => Tone::Bad,
        _ => Tone::Plain,
    };
    html! {
        li {
            div.what {
                p { strong { (host.name) } " " (tag(tone, host.state())) @if host.id == api.worker.context().host { " " span.quiet { "this one" } } }
                p.quiet {
                    "liner " (host.version) ", " (written::counted(host.in_flight, "batch", "batches")) " in flight, started "
                    (written::ago(host.started_at)) ", heard of " (written::ago(host.seen_at))
                }
            }
            div.actions { (control(frame, host)) }
        }
    }
}

fn control(frame: &Frame, host: &Host) -> Markup {
    let action = link::within(&["hosts", host.id.as_str(), "drain"]);
    let drain = Ask {
        label: "Drain",
        of: &host.name,
        question: "This host finishes what it works on and takes nothing more, until it is told to or starts again. The others go on.",
        action: &action,
        does: "Drain this host",
        is_grave: false,
    };
    match host.state() {
        "running" => drain.with(frame, &html! { input type="hidden" name="drain" value="true"; }),
        "draining" => frame.control(&html! {
            form method="post" action=(action) {
                input type="hidden" name="drain" value="false";
                button { "Take tracks again" }
            }
        }),
        _ => html! {},
    }
}
