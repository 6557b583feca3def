//! One endpoint with its delivery log.

use super::{change_of, hears_of, owed, path_of, reason, standing, test};
use crate::api::Api;
use crate::api::dashboard::ask::Ask;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Frame, Here, Tone, Visit, tag};
use crate::api::dashboard::{link, written};
use crate::api::problem::Problem;
use crate::api::webhooks::{Endpoint, LoggedAttempt, endpoints};
use crate::store::WebhookId;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Attempts of a page.
const SHOWN: u32 = 50;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LogPage {
    before: Option<i64>,
}

/// The page.
pub async fn page(
    State(api): State<Arc<Api>>,
    visit: Visit,
    Path(id): Path<String>,
    asked: Result<Query<LogPage>, QueryRejection>,
) -> Result<Markup, Failure> {
    let Query(LogPage { before }) = asked.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let endpoint = endpoints(&api).await?.into_iter().find(|endpoint| endpoint.id == id);
    let endpoint = endpoint.ok_or_else(|| Problem::not_found(format!("there is no webhook {id}")))?;
    let log = api.store().deliveries(&WebhookId::from_text(id), before, SHOWN).await?;
    let log: Vec<LoggedAttempt> = log.into_iter().map(LoggedAttempt::from).collect();
    let frame = Frame::of(&api, visit, Here::Webhooks).await;
    Ok(frame.page(
        &endpoint.url,
        &html! {
            p.quiet { a href="/webhooks" { "Webhooks" } " / " code { (endpoint.id) } }
            h1 { (endpoint.url) }
            section.sheet #webhook data-live aria-label="Its standing" {
                p { (standing(&endpoint)) }
                @if let Some(reason) = reason(&endpoint) { p.need.bad { (reason) } }
                p { (hears_of(&endpoint)) "." }
                p.quiet { (owed(&endpoint)) }
                div.actions { (test(&frame, &endpoint)) (changes(&frame, &endpoint)) }
                (frame.sign_in_instead())
            }
            section #deliveries data-live aria-labelledby="deliveries-title" {
                h2 #deliveries-title { "Deliveries" }
                @if log.is_empty() { p.nothing { "Nothing was sent yet." } }
                ul.rows { @for attempt in &log { (row(&frame, &endpoint, attempt)) } }
                (older(&endpoint, before, &log))
            }
        },
    ))
}

fn changes(frame: &Frame, endpoint: &Endpoint) -> Markup {
    let [enable, remove] = ["enable", "remove"].map(|change| change_of(&endpoint.id, change));
    let renewed = path_of(&endpoint.id);
    let renew = Ask {
        label: "New secret",
        of: "",
        question: "Messages are signed with a new secret, which is shown once. For a day they are signed with the former one too.",
        action: &renewed,
        does: "Make a new secret",
        is_grave: false,
    };
    let forget = Ask {
        label: "Remove",
        of: "",
        question: "It hears of nothing more. What it is still owed is dropped, and its log with it.",
        action: &remove,
        does: "Remove this webhook",
        is_grave: true,
    };
    html! {
        @if !endpoint.is_enabled || endpoint.rests_until.is_some() { (frame.button(&enable, "Send to it again", true)) }
        @if WebhookId::from_text(endpoint.id.clone()) != WebhookId::of_settings() { (renew.once(frame)) (forget.once(frame)) }
    }
}

fn row(frame: &Frame, endpoint: &Endpoint, attempt: &LoggedAttempt) -> Markup {
    let tone = match attempt.outcome.as_str() {
        "delivered" => Tone::Good,
        "failed" => Tone::Wary,
        _ => Tone::Bad,
    };
    html! {
        li {
            div.what {
                p { (tag(tone, &attempt.outcome.replace('_', " "))) " " strong { (attempt.r#type) } }
                @if let Some(error) = &attempt.error { p.why { (error) } }
                p.quiet {
                    code { (attempt.event_id) } ", attempt " (attempt.attempt)
                    @if let Some(at) = attempt.at { ", " (written::since(at)) }
                    ", took " (written::duration(attempt.duration_ms))
                    @if let Some(status) = attempt.status { ", answered " (status) }
                    @if let Some(next) = attempt.next_at.filter(|next| *next > Timestamp::now()) { ", again " (written::since(next)) }
                }
            }
            div.actions { (frame.control(&resend(endpoint, attempt))) }
        }
    }
}

fn resend(endpoint: &Endpoint, attempt: &LoggedAttempt) -> Markup {
    html! {
        form method="post" action=(change_of(&endpoint.id, "deliveries")) {
            input type="hidden" name="delivery" value=(attempt.id);
            button aria-label={ "Send " (attempt.event_id) " again" } { "Send again" }
        }
    }
}

fn older(endpoint: &Endpoint, before: Option<i64>, log: &[LoggedAttempt]) -> Markup {
    let path = path_of(&endpoint.id);
    let last = log.last().filter(|_| log.len() == SHOWN as usize).map(|attempt| attempt.id.to_string());
    html! {
        nav.paging aria-label="More deliveries" {
            @if before.is_some() { a.button href=(path) { "The newest" } }
            @if last.is_some() { a.button href=(link::with_query(&path, &[("before", last.as_deref())])) rel="next" { "Older" } }
        }
    }
}
