//! The first page: whether it works, what it costs, and what to do.

mod cost;
mod hosts;
mod needs;
mod queue;
mod worker;

use super::failure::Failure;
use super::frame::{Frame, Here, Tone, Visit};
use super::{charts, events};
use crate::api::model::{self, Model};
use crate::api::plugins::shown::{self, PluginState};
use crate::api::problem::Problem;
use crate::api::request::Params;
use crate::api::webhooks::{Endpoint, endpoints};
use crate::api::{Api, problem};
use crate::store::{Event, Host, NextDue, QueueCounts, StoreError, Stretch};
use crate::throughput::{Span, rate_an_hour};
use crate::worker::Status;
use axum::extract::State;
use maud::{Markup, html};
use needs::needs;
use serde::Deserialize;
use std::sync::Arc;

/// Events that are shown here; there is a page of more.
const EVENTS: u32 = 6;

#[derive(Deserialize)]
pub struct OverviewParams {
    #[serde(default)]
    span: Span,
}

/// What was seen at one moment.
struct Seen {
    counts: QueueCounts,
    due: NextDue,
    model: Model,
    plugins: Vec<PluginState>,
    hosts: Vec<Host>,
    events: Vec<Event>,
    stretches: Vec<Stretch>,
    hour: Stretch,
    rate: Option<f64>,
    webhooks: Vec<Endpoint>,
}

impl Seen {
    async fn now(api: &Api, counts: QueueCounts, span: Span) -> Result<Self, Problem> {
        let store = api.store();
        let stretches = span.read(store).await?;
        let hour = if span == Span::Hour { stretches.clone() } else { Span::Hour.read(store).await? };
        Ok(Self {
            counts,
            due: store.next_due().await?,
            model: model::current(api).await?,
            plugins: shown::states(api).await?,
            hosts: store.hosts().await?,
            events: store.events(EVENTS).await?,
            rate: rate_an_hour(store).await?,
            hour: Stretch::together(&hour),
            webhooks: endpoints(api).await?,
            stretches,
        })
    }
}

/// The page. With a database that cannot be read it says so, and shows what is known without.
pub async fn page(
    State(api): State<Arc<Api>>,
    visit: Visit,
    params: Result<Params<OverviewParams>, problem::Problem>,
) -> Result<Markup, Failure> {
    let Params(OverviewParams { span }) = params?;
    let frame = Frame::of(&api, visit, Here::Overview).await;
    let status = frame.status.as_ref().map_err(StoreError::clone)?;
    let seen = match &frame.counts {
        Some(counts) if status.outage.is_none() => Seen::now(&api, counts.clone(), span).await,
        _ => Err(away(status)),
    };
    let content = match &seen {
        Ok(seen) => whole(&api, &frame, status, seen, span),
        Err(problem) => html! {
            h1 { "Overview" }
            section #needs data-live aria-label="What needs you" {
                p.need.bad { "The database cannot be read: " (problem.sentence()) ". Hosts wait for it and go on by themselves; no attempt is burnt." }
            }
        },
    };
    Ok(frame.page("Overview", &content))
}

fn away(status: &Status) -> Problem {
    let reason = status.outage.as_ref().map(|outage| outage.reason.clone());
    let reason = reason.unwrap_or_else(|| "the queue could not be counted".to_owned());
    Problem::new(axum::http::StatusCode::SERVICE_UNAVAILABLE, reason)
}

fn whole(api: &Api, frame: &Frame, status: &Status, seen: &Seen, span: Span) -> Markup {
    let needs = needs(frame, status, seen);
    let worst = needs.iter().map(|need| need.tone).max();
    html! {
        h1 { "Overview" }
        section #needs data-live aria-labelledby="needs-title" {
            h2 #needs-title .unseen { "What needs you" }
            @if worst.is_none_or(|worst| worst <= Tone::Plain) {
                p.need.good { "Everything works. There is nothing for you to do." }
            }
            @for need in &needs { (need.shown()) }
        }
        (frame.sign_in_instead())
        div.pair {
            div.stack { (worker::section(api, frame, status)) (cost::section(seen)) }
            (queue::section(api, status, seen))
        }
        (charts::section(span, &seen.stretches))
        (hosts::section(api, frame, &seen.hosts))
        section #events data-live aria-labelledby="events-title" {
            header { h2 #events-title { "Recent events" } a href="/events" { "All events" } }
            (events::list(&seen.events))
        }
    }
}
