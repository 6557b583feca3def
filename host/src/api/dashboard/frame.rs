//! What every page has around its content: where one is, whether it works, and what was just done.

use super::{assets, link, written};
use crate::api::auth::Caller;
use crate::api::{Api, model};
use crate::notify::stream::STREAM_EVENTS;
use crate::store::{QueueCounts, StoreError};
use crate::worker::Status;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;
use std::convert::Infallible;

/// How bad something is. The word is its class; the sign before it says the same without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// It works.
    Good,
    /// Nothing to worry about, or nothing known.
    Plain,
    /// Somebody should look.
    Wary,
    /// Something does not work.
    Bad,
}

impl Tone {
    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Plain => "plain",
            Self::Wary => "wary",
            Self::Bad => "bad",
        }
    }
}

/// A word with how bad it is.
pub fn tag(tone: Tone, text: &str) -> Markup {
    html! { span class={ "tag " (tone.class()) } { (text) } }
}

/// A page of the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Here {
    Overview,
    Failed,
    Library,
    Strategies,
    Model,
    Webhooks,
    Events,
}

const MENU: [(Here, &str, &str); 7] = [
    (Here::Overview, "/", "Overview"),
    (Here::Failed, "/failed", "Failed"),
    (Here::Library, "/library", "Library"),
    (Here::Strategies, "/strategies", "Strategies"),
    (Here::Model, "/model", "Model"),
    (Here::Webhooks, "/webhooks", "Webhooks"),
    (Here::Events, "/events", "Events"),
];

/// What a form did, as its answer's address says it.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Said {
    said: Option<String>,
    n: Option<u32>,
}

/// Who asks, for which page, and what was just done.
pub struct Visit {
    caller: Caller,
    path: String,
    said: Option<String>,
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let Query(said) = Query::<Said>::try_from_uri(&parts.uri).unwrap_or_default();
        Ok(Self {
            caller: parts.extensions.get().copied().unwrap_or(Caller::Reader),
            path: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            said: said.said.and_then(|done| sentence(&done, i64::from(said.n.unwrap_or(0)))),
        })
    }
}

/// What was done, in a sentence. Only what is known here is said: an address may come from anybody.
fn sentence(done: &str, n: i64) -> Option<String> {
    let sentence = match done {
        "paused" => "Paused: no host takes a track until it is resumed.",
        "resumed" => "Resumed.",
        "run" if n == 0 => "The run found nothing to do.",
        "run" => return Some(format!("The run is done: {}.", written::counted(n, "track", "tracks"))),
        "running" => "The run goes on.",
        "draining" => "The host takes nothing more. What it works on it finishes.",
        "undrained" => "The host takes tracks again.",
        "retried" => return Some(format!("{} queued again.", written::counted(n, "track is", "tracks are"))),
        "pages" => return Some(format!("{} read again.", written::counted(n, "page is", "pages are"))),
        "asked-again" => "The model is asked again.",
        "corrected" => "Corrected. No later extraction overwrites what you corrected.",
        "unchanged" => "Nothing was changed: every field said what it says already.",
        "installed" => "The component was admitted.",
        "changed" => "The strategies were changed.",
        "rolled-back" => "Rolled back.",
        "tested" => "The test was delivered.",
        "test-failed" => "The test was not delivered: the newest delivery says why.",
        "enabled" => "It is sent to again.",
        "resent" => "The message is sent again.",
        "forgotten" => "The webhook is removed.",
        _ => return None,
    };
    Some(sentence.to_owned())
}

/// The address of a page that says what was done.
pub fn saying(path: &str, done: &str, n: Option<u64>) -> String {
    let n = n.map(|n| n.to_string());
    link::with_query(path, &[("said", Some(done)), ("n", n.as_deref())])
}

/// What is around a page.
pub struct Frame {
    /// Who looks.
    pub caller: Caller,
    /// The page.
    pub path: String,
    /// What the worker does, as far as that could be read.
    pub status: Result<Status, StoreError>,
    /// The queue's counts, if they could be read.
    pub counts: Option<QueueCounts>,
    here: Here,
    said: Option<String>,
    state: (Tone, &'static str),
    host: String,
    has_token: bool,
}

impl Frame {
    /// Whether it works is part of it, so that it can be made whatever does not.
    pub async fn of(api: &Api, visit: Visit, here: Here) -> Self {
        let status = api.worker_status.read(|| api.worker.status()).await;
        let counts = match &status {
            Ok(status) if status.outage.is_none() => api.store().counts().await.ok(),
            _ => None,
        };
        Self {
            state: status.as_ref().map_or_else(|_| (Tone::Bad, "Database fails"), |status| state(api, status)),
            caller: visit.caller,
            path: visit.path,
            said: visit.said,
            status,
            counts,
            here,
            host: api.worker.context().host.to_string(),
            has_token: api.admin_token.is_some(),
        }
    }

    /// A whole page.
    pub fn page(&self, title: &str, content: &Markup) -> Markup {
        shell(
            title,
            &html! {
                header.bar {
                    (brand())
                    nav #menu aria-label="Pages" data-live { ul { @for item in &MENU { (self.item(item)) } } }
                    div.standing {
                        p #state role="status" data-live { (tag(self.state.0, self.state.1)) }
                        p #live .quiet aria-live="polite" data-told=(STREAM_EVENTS.join(" ")) hidden {}
                        (self.sign_out())
                    }
                }
                main #main tabindex="-1" {
                    @if let Some(said) = &self.said { p #said .need.good role="status" { (said) } }
                    (content)
                }
                footer {
                    p { "liner " (env!("CARGO_PKG_VERSION")) " · host " code { (self.host) } }
                    noscript { p { "Without a script, times are UTC and this page shows what was so when it was loaded." } }
                }
                dialog #dialog aria-labelledby="dialog-question" {}
            },
        )
    }

    fn item(&self, (page, path, name): &(Here, &str, &str)) -> Markup {
        let failed = self.counts.as_ref().map_or(0, |counts| counts.failed);
        html! {
            li {
                a href=(path) aria-current=[(*page == self.here).then_some("page")] {
                    (name)
                    @if *page == Here::Failed && failed > 0 {
                        " " span.count { (written::count(failed)) span.unseen { " tracks" } }
                    }
                }
            }
        }
    }

    fn sign_out(&self) -> Markup {
        match (self.caller, self.has_token) {
            (_, false) => html! {},
            (Caller::Operator, true) => html! {
                form method="post" action="/sign-out" { button.link { "Sign out" } }
            },
            (Caller::Reader, true) => html! {
                a href=(link::with_query("/sign-in", &[("next", Some(&self.path))])) { "Sign in" }
            },
        }
    }
}

fn state(api: &Api, status: &Status) -> (Tone, &'static str) {
    match status {
        Status { outage: Some(_), .. } => (Tone::Bad, "Database away"),
        Status { enabled: false, .. } => (Tone::Wary, "Worker disabled"),
        Status { running: false, .. } => (Tone::Bad, "Worker stopped"),
        Status { paused: Some(_), .. } => (Tone::Wary, "Paused"),
        Status { draining: true, .. } => (Tone::Wary, "Draining"),
        _ if model::is_asked(&api.worker.context().gateway) == Some(false) => (Tone::Bad, "Running, model away"),
        _ => (Tone::Good, "Running"),
    }
}

/// A page with nothing around it: for whoever is not signed in, and for what failed.
pub fn bare(title: &str, content: &Markup) -> Markup {
    shell(
        title,
        &html! {
            header.bar { (brand()) }
            main #main .narrow tabindex="-1" { (content) }
        },
    )
}

fn brand() -> Markup {
    html! { a.brand href="/" { img src=(assets::ICON.path()) alt="" width="24" height="24"; "liner" } }
}

fn shell(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) " · liner" }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                link rel="icon" type="image/svg+xml" href=(assets::ICON.path());
                link rel="stylesheet" href=(assets::STYLE.path());
                script src=(assets::SCRIPT.path()) defer {}
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                (body)
            }
        }
    }
}
