//! One strategy: what it is, how it is doing, and what can be done with it.

use super::reason;
use crate::api::dashboard::ask::Ask;
use crate::api::dashboard::frame::{Frame, Tone, tag};
use crate::api::dashboard::{link, written};
use crate::api::plugins::shown::{FiguresShown, PluginState};
use crate::strategy::health::PROBATION_CALLS;
use maud::{Markup, html};

/// A strategy that is used.
pub fn card(frame: &Frame, plugin: &PluginState) -> Markup {
    html! {
        li.sheet {
            header {
                h3 { a href=(link::within(&["strategies", &plugin.digest])) { (plugin.name) } " " span.quiet { (plugin.version) } }
                p { (place(plugin)) " " (standing(plugin)) }
            }
            p { (plugin.summary) }
            @if let Some(trouble) = &plugin.trouble { p.need.bad { (trouble) } }
            (facts(plugin))
            div.actions { (changes(frame, plugin)) }
        }
    }
}

/// One that is not used.
pub fn row(frame: &Frame, plugin: &PluginState) -> Markup {
    html! {
        li {
            div.what {
                p { a href=(link::within(&["strategies", &plugin.digest])) { strong { (plugin.name) } } " " (plugin.version) " " code { (short(&plugin.digest)) } }
                p.quiet {
                    (plugin.summary) " "
                    @if let Some(at) = plugin.first_seen_at { "First seen " (written::since(at)) "." }
                }
            }
            div.actions { (changes(frame, plugin)) }
        }
    }
}

/// Where it stands.
pub fn place(plugin: &PluginState) -> Markup {
    match (plugin.state, plugin.position, plugin.percent) {
        ("active", Some(position), _) => tag(Tone::Good, &format!("active, number {}", position + 1)),
        ("canary", _, Some(percent)) => tag(Tone::Wary, &format!("canary, {percent} % of the tracks")),
        ("shadow", ..) => tag(Tone::Plain, "shadow"),
        (state, ..) => tag(Tone::Plain, state),
    }
}

/// Whether it is trusted.
pub fn standing(plugin: &PluginState) -> Markup {
    match plugin.standing {
        Some("probation") => {
            let calls = plugin.figures.as_ref().map_or(0, |figures| figures.calls);
            tag(Tone::Wary, &format!("on probation, {} of {PROBATION_CALLS} calls", calls.min(PROBATION_CALLS.into())))
        }
        Some("trusted") => tag(Tone::Good, "trusted"),
        Some("failed") => tag(Tone::Bad, "failed its probation"),
        Some("bypassed") => tag(Tone::Bad, "left alone"),
        Some(other) => tag(Tone::Plain, other),
        None => html! {},
    }
}

/// The beginning of a digest.
pub fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// What it is and what it did.
pub fn facts(plugin: &PluginState) -> Markup {
    html! {
        dl.facts {
            dt { "Digest" }
            dd { code title=(plugin.digest) { (short(&plugin.digest)) } ", " (written::bytes(plugin.size)) ", contract " (plugin.contract) }
            @if let Some(figures) = &plugin.figures { (figures_of(figures)) }
            dt { "Became active" }
            dd { (written::counted(i64::try_from(plugin.swaps).unwrap_or(i64::MAX), "time", "times")) @if plugin.asks_model { ", may ask a model" } @if plugin.allow_wasi { ", may import WASI" } }
        }
    }
}

fn figures_of(figures: &FiguresShown) -> Markup {
    let average = u64::try_from(figures.time_ms).unwrap_or(u64::MAX).checked_div(figures.calls);
    let faults: Vec<String> =
        figures.faults.iter().map(|(fault, n)| format!("{} {fault}", written::count(*n))).collect();
    html! {
        dt { "Calls" }
        dd {
            (written::count(figures.calls))
            @if let Some(average) = average { ", " (average) " ms on average, longest " (figures.longest_ms) " ms" }
        }
        dt { "Tracks" }
        dd { (written::count(figures.decided)) " decided, " (written::count(figures.asked)) " asked about, " (written::count(figures.passed_on)) " passed on" }
        @if !faults.is_empty() || figures.dropped > 0 {
            dt { "Faults" }
            dd { (faults.join(", ")) @if figures.dropped > 0 { " " (written::count(figures.dropped)) " decisions dropped" } }
        }
    }
}

fn changes(frame: &Frame, plugin: &PluginState) -> Markup {
    let name = format!("{} {}", plugin.name, plugin.version);
    let change = |label: &str, does: &str, question: &str, to: &str, is_grave: bool, more: Markup| {
        let action = link::within(&["strategies", &plugin.digest, to]);
        let ask = Ask { label, of: &name, question, action: &action, does, is_grave };
        ask.with(frame, &html! { (more) (reason(&format!("{to}-{}", short(&plugin.digest)))) })
    };
    let percent_id = format!("percent-{}", short(&plugin.digest));
    let percent = html! {
        label for=(percent_id) { "Share of the tracks, in per cent" }
        input id=(percent_id) name="percent" type="number" min="1" max="99" value="10" required;
    };
    let activate = || {
        let question = format!(
            "{name} decides from the next batch on, in place of the active one of its name, or first. It is on probation for {PROBATION_CALLS} calls."
        );
        change("Activate", "Activate it", &question, "activate", false, html! {})
    };
    let retire = || {
        let question = format!(
            "{name} is taken out of the pipeline from the next batch on. It stays known, and can be activated again."
        );
        change("Retire", "Retire it", &question, "retire", true, html! {})
    };
    let promote = || {
        change("Promote", "Promote it", &format!("{name} becomes active for every track."), "promote", false, html! {})
    };
    html! {
        @match plugin.state {
            "active" => (retire()),
            "shadow" | "canary" => {
                a.button href=(link::within(&["strategies", &plugin.digest])) { "Compare" }
                (promote())
                (retire())
            }
            _ => {
                (activate())
                (change("Shadow", "Let it shadow", &format!("{name} sees every batch and settles nothing."), "shadow", false, html! {}))
                (change("Canary", "Let it be the canary", &format!("{name} settles a share of the tracks, always the same ones."), "canary", false, percent))
            }
        }
    }
}
