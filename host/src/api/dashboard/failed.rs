//! Tracks that failed for good: which and why, and another try for one or for all of them.

use super::ask::Ask;
use super::failure::Failure;
use super::frame::{Frame, Here, Visit, saying};
use super::link::{self, given};
use super::written;
use crate::api::problem::Problem;
use crate::api::{Api, queue};
use crate::music::{Platform, TrackKey};
use crate::store::{FailedQuery, FailedTrack};
use axum::Form;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::response::Redirect;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Tracks of a page.
const SHOWN: u32 = 50;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct FailedPage {
    search: Option<String>,
    platform: Option<String>,
    cursor: Option<String>,
}

/// A page of them.
pub async fn page(
    State(api): State<Arc<Api>>,
    visit: Visit,
    asked: Result<Query<FailedPage>, QueryRejection>,
) -> Result<Markup, Failure> {
    let Query(asked) = asked.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let (search, platform) = (given(asked.search), given(asked.platform));
    let before = given(asked.cursor).map(|cursor| cursor.parse());
    let before = before.transpose().map_err(|_| Problem::bad_request("there is no such page of failed tracks"))?;
    let query = FailedQuery { search, platform, before, limit: SHOWN };
    let failed = api.store().failed(&query).await?;
    let next = queue::next_failed(&query, &failed);
    let total = api.store().counts().await?.failed;
    let frame = Frame::of(&api, visit, Here::Failed).await;
    Ok(frame.page(
        "Failed tracks",
        &html! {
            h1 { "Failed tracks" }
            p.lead {
                "A track that failed five times is not tried again by itself. "
                a href="/pages" { "Pages that cannot be had" } " are another matter."
            }
            (filter(&query))
            section #failed data-live aria-label="Failed tracks" {
                header {
                    p.quiet { (written::counted(total, "track has failed", "tracks have failed")) " in all" }
                    div.actions { (retry_all(&frame, total)) }
                }
                (frame.sign_in_instead())
                @if failed.is_empty() { p.nothing { @if total == 0 { "Nothing failed." } @else { "No failed track is like that." } } }
                ul.rows { @for track in &failed { (row(&frame, track)) } }
                (more(&query, next.as_deref()))
            }
        },
    ))
}

fn filter(query: &FailedQuery) -> Markup {
    html! {
        form.filter method="get" action="/failed" role="search" {
            div { label for="search" { "Title, reason or link" } input #search type="search" name="search" value=[&query.search]; }
            div {
                label for="platform" { "Platform" }
                select #platform name="platform" {
                    option value="" { "Any" }
                    @for name in Platform::names() { option value=(name) selected[query.platform.as_deref() == Some(name)] { (name) } }
                }
            }
            button { "Filter" }
            @if query.search.is_some() || query.platform.is_some() { a.button href="/failed" { "Show all" } }
        }
    }
}

fn retry_all(frame: &Frame, total: i64) -> Markup {
    let question = format!(
        "{} queued again, with all their attempts. If what made them fail is still there, they fail again, and what is asked is paid again.",
        written::counted(total, "track is", "tracks are")
    );
    let ask = Ask {
        label: "Retry all",
        question: &question,
        action: "/failed/retry",
        does: "Retry all of them",
        is_grave: false,
    };
    if total > 0 {
        ask.once(frame)
    } else {
        html! {}
    }
}

fn row(frame: &Frame, track: &FailedTrack) -> Markup {
    let title = track.og_title.as_deref().unwrap_or("no title");
    html! {
        li {
            div.what {
                p { a href=(link::entry(&track.key)) { strong { (title) } } }
                p.why { (track.error_message.as_deref().unwrap_or("nothing is known of why")) }
                p.quiet {
                    (track.key.platform_name) " " code { (track.key.platform_id) } ", "
                    (written::counted(track.retry_count, "attempt", "attempts"))
                    @if let Some(at) = track.processed_at { ", failed " (written::ago(at)) }
                    @if let Some(url) = track.url.as_deref().and_then(link::outward) {
                        ", " a href=(url) rel="noreferrer noopener" target="_blank" { "open the link" }
                    }
                }
            }
            div.actions { (frame.control(&retry_one("/failed/retry", &track.key, title))) }
        }
    }
}

/// A form that tries one track again.
pub fn retry_one(action: &str, key: &TrackKey, title: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            input type="hidden" name="platform_name" value=(key.platform_name);
            input type="hidden" name="platform_id" value=(key.platform_id);
            button aria-label=(format!("Retry {title}")) { "Retry" }
        }
    }
}

fn more(query: &FailedQuery, next: Option<&str>) -> Markup {
    let to = |cursor| {
        let query = [("search", query.search.as_deref()), ("platform", query.platform.as_deref()), ("cursor", cursor)];
        link::with_query("/failed", &query)
    };
    html! {
        nav.paging aria-label="More failed tracks" {
            @if query.before.is_some() { a.button href=(to(None)) { "The newest" } }
            @if next.is_some() { a.button href=(to(next)) rel="next" { "Older" } }
        }
    }
}

/// A track that is named; all of them where none is.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Named {
    platform_name: Option<String>,
    platform_id: Option<String>,
}

impl Named {
    /// The track.
    pub fn key(self) -> Option<TrackKey> {
        Some(TrackKey { platform_name: self.platform_name?, platform_id: self.platform_id? })
    }
}

/// Queues one again, or all.
pub async fn retry(State(api): State<Arc<Api>>, form: Result<Form<Named>, FormRejection>) -> Result<Redirect, Failure> {
    let Form(named) = form?;
    let key = named.key();
    let retried = queue::retry_tracks(&api, key.as_ref().map(std::slice::from_ref)).await?;
    Ok(Redirect::to(&saying("/failed", "retried", Some(retried))))
}
