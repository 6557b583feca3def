//! What needs somebody, in sentences, with what to do beside them. The worst comes first.

use super::Seen;
use crate::api::dashboard::ask::Ask;
use crate::api::dashboard::frame::{Frame, Tone};
use crate::api::dashboard::{failed, link, webhooks, written};
use crate::store::Waiting;
use crate::worker::Status;
use maud::{Markup, html};

/// Tracks of an hour from which on a share of them says something.
const TELLING: i64 = 20;
/// A share of successes below which somebody should look, in per cent.
const LOW: f64 = 80.0;

/// Something that needs somebody.
pub struct Need {
    /// How bad it is.
    pub tone: Tone,
    text: Markup,
    action: Markup,
}

impl Need {
    /// The sentence and what to do.
    pub fn shown(&self) -> Markup {
        html! { div class={ "need " (self.tone.class()) } { p { (self.text) } div.actions { (self.action) } } }
    }
}

/// Everything that needs somebody.
pub fn needs(frame: &Frame, status: &Status, seen: &Seen) -> Vec<Need> {
    let all = [
        worker(frame, status, seen),
        model(frame, seen),
        budget(seen),
        strategies(seen),
        failures(frame, seen),
        success(seen),
        pages(seen),
        hosts(seen),
        webhooks(seen),
    ];
    let mut needs: Vec<Need> = all.into_iter().flatten().collect();
    needs.sort_by_key(|need| std::cmp::Reverse(need.tone));
    needs
}

fn worker(frame: &Frame, status: &Status, seen: &Seen) -> Option<Need> {
    let need = |tone, text, action| Some(Need { tone, text, action });
    if !status.enabled {
        let run = frame.button("/worker/run", "Run once", true);
        return need(
            Tone::Wary,
            html! { "The worker of this host is disabled (" code { "AI_WORKER_ENABLED" } "). It works when it is told to." },
            run,
        );
    }
    if !status.running {
        return need(Tone::Bad, html! { "The worker of this host has stopped. Start the host again." }, html! {});
    }
    if let Some(pause) = &status.paused {
        let text = html! {
            "Everything is paused since " (written::ago(pause.at))
            @if let Some(by) = &pause.by { " by " (by) }
            @if let Some(reason) = &pause.reason { ": " q { (reason) } }
            ". " (written::counted(seen.counts.pending, "track waits", "tracks wait")) "."
        };
        return need(Tone::Wary, text, frame.button("/worker/resume", "Resume", true));
    }
    None
}

/// That no model can be asked matters as soon as a track needs one.
fn model(frame: &Frame, seen: &Seen) -> Option<Need> {
    let waiting = seen.counts.waiting.get(Waiting::Provider.name()).copied().unwrap_or(0);
    let first = seen.model.routes.first();
    let text = match (&seen.model.reason, first) {
        (Some(reason), _) => html! { "No model can be asked: " (reason) "." },
        (None, Some(route)) if route.standing.state != "ready" => html! {
            (route.model) " of " (route.provider) " is not asked"
            @if let Some(reason) = &route.standing.reason { ": " (reason) }
            "."
            @if let Some(until) = route.standing.until { " It is asked again " (written::since(until)) "." }
        },
        _ => return None,
    };
    let is_answered =
        seen.model.reason.is_none() && seen.model.routes.iter().any(|route| route.standing.state == "ready");
    let tone = match (is_answered, waiting) {
        (true, _) => Tone::Wary,
        (false, 0) if seen.model.routes.is_empty() => Tone::Plain,
        _ => Tone::Bad,
    };
    let text = html! {
        (text)
        @if is_answered { " The next one in line is asked instead." }
        @if waiting > 0 { " " (written::counted(waiting, "track waits", "tracks wait")) " for it." }
    };
    let action = html! {
        (frame.button("/model/retry", "Try again now", tone == Tone::Bad))
        a.button href="/model" { "See the model" }
    };
    Some(Need { tone, text, action })
}

fn budget(seen: &Seen) -> Option<Need> {
    let budget = &seen.model.budget;
    budget.is_spent.then(|| Need {
        tone: Tone::Wary,
        text: html! {
            "The budget is spent. "
            @match budget.spent_until {
                Some(until) => { "There is more " (written::since(until)) "." }
                None => { "Raise " code { "AI_TOTAL_BUDGET_USD" } " to go on." }
            }
        },
        action: html! { a.button href="/model" { "See what it went to" } },
    })
}

fn strategies(seen: &Seen) -> Option<Need> {
    let plugin = seen.plugins.iter().find(|plugin| plugin.trouble.is_some())?;
    Some(Need {
        tone: Tone::Bad,
        text: html! {
            "Strategy " strong { (plugin.name) } " keeps failing"
            @if let Some(trouble) = &plugin.trouble { ": " (trouble) }
            "."
        },
        action: html! { a.button href=(link::within(&["strategies", &plugin.digest])) { "See the strategy" } },
    })
}

fn failures(frame: &Frame, seen: &Seen) -> Option<Need> {
    let failed = seen.counts.failed;
    let retry = Ask {
        label: "Retry all",
        of: "failed tracks",
        question: "Every failed track is queued again, with all its attempts. If what made them fail is still there, they fail again, and what is asked is paid again.",
        action: "/failed/retry",
        does: "Retry all of them",
        is_grave: false,
    };
    (failed > 0).then(|| Need {
        tone: Tone::Wary,
        text: html! { (written::counted(failed, "track has", "tracks have")) " failed for good, after five attempts." },
        action: html! { a.button href="/failed" { "See why" } (retry.with(frame, &failed::every())) },
    })
}

fn success(seen: &Seen) -> Option<Need> {
    let rate = seen.hour.success_rate().filter(|rate| *rate < LOW && seen.hour.tracks() >= TELLING)?;
    Some(Need {
        tone: Tone::Bad,
        text: html! {
            "Only " (written::percent(rate)) " of the attempts of the last hour succeeded, of "
            (written::counted(seen.hour.tracks(), "attempt", "attempts")) "."
        },
        action: html! { a.button href="#charts" { "See when" } },
    })
}

fn pages(seen: &Seen) -> Option<Need> {
    let waiting = *seen.counts.waiting.get(Waiting::Page.name())?;
    Some(Need {
        tone: Tone::Plain,
        text: html! { (written::counted(waiting, "link waits for its page", "links wait for their pages")) " to be read." },
        action: html! { a.button href="/pages" { "See which cannot be had" } },
    })
}

fn hosts(seen: &Seen) -> Option<Need> {
    let gone = seen.hosts.iter().find(|host| host.state() == "gone" && host.in_flight > 0)?;
    Some(Need {
        tone: Tone::Plain,
        text: html! {
            "Host " strong { (gone.name) } " was last heard of " (written::ago(gone.seen_at))
            ". What it was working on is taken over by the others."
        },
        action: html! { a.button href="#hosts" { "See the hosts" } },
    })
}

fn webhooks(seen: &Seen) -> Option<Need> {
    let mut untold = seen.webhooks.iter().filter(|endpoint| !endpoint.is_enabled || endpoint.failing_since.is_some());
    let endpoint = untold.next()?;
    let more = untold.count();
    Some(Need {
        tone: Tone::Wary,
        text: html! {
            strong { (endpoint.url) } @if more > 0 { " and " (more) " more" }
            @if endpoint.is_enabled { " cannot be told what happens here" } @else { " is not told any more what happens here" }
            @if let Some(reason) = webhooks::reason(endpoint) { ": " (reason) }
            ". " (written::counted(endpoint.owed, "message waits", "messages wait")) "."
        },
        action: html! { a.button href=(link::within(&["webhooks", &endpoint.id])) { "See the webhook" } },
    })
}
