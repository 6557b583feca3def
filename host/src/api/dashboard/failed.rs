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
                    div.actions { (retry_these(&frame, &query)) (retry_all(&frame, total)) }
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

/// What the filter lets through is tried again, as long as something does.
fn retry_these(frame: &Frame, query: &FailedQuery) -> Markup {
    if query.search.is_none() && query.platform.is_none() {
        return html! {};
    }
    let ask = Ask {
        label: "Retry these",
        of: "",
        question: "Every failed track that the filter lets through is queued again, on this page and on later ones. What is asked is paid again.",
        action: "/failed/retry",
        does: "Retry these",
        is_grave: false,
    };
    let hidden = |name: &str, value: &Option<String>| html! { input type="hidden" name=(name) value=[value]; };
    ask.with(
        frame,
        &html! {
            input type="hidden" name="which" value="these";
            (hidden("search", &query.search))
            (hidden("platform", &query.platform))
        },
    )
}

/// A form's field that says that all are meant.
pub fn every() -> Markup {
    html! { input type="hidden" name="which" value="all"; }
}

fn retry_all(frame: &Frame, total: i64) -> Markup {
    let question = format!(
        "{} queued again, with all their attempts. If what made them fail is still there, they fail again, and what is asked is paid again.",
        written::counted(total, "track is", "tracks are")
    );
    let ask = Ask {
        label: "Retry all",
        of: "failed tracks",
        question: &question,
        action: "/failed/retry",
        does: "Retry all of them",
        is_grave: false,
    };
    if total > 0 {
        ask.with(frame, &every())
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

/// Which are meant. Half a name is no name, and nothing is not everything.
#[derive(Deserialize, Default)]
#[serde(default)]
pub struct Meant {
    platform_name: Option<String>,
    platform_id: Option<String>,
    which: Option<String>,
    search: Option<String>,
    platform: Option<String>,
}

/// One track, those that are like that, or all.
pub enum Which {
    One(TrackKey),
    These { search: Option<String>, platform: Option<String> },
    All,
}

impl Meant {
    /// Which, if it is said.
    pub fn which(self) -> Result<Which, Problem> {
        match (self.platform_name, self.platform_id, self.which.as_deref()) {
            (Some(platform_name), Some(platform_id), None) => Ok(Which::One(TrackKey { platform_name, platform_id })),
            (None, None, Some("these")) => {
                Ok(Which::These { search: given(self.search), platform: given(self.platform) })
            }
            (None, None, Some("all")) => Ok(Which::All),
            _ => Err(Problem::bad_request(
                "which are meant? Name a track by platform_name and platform_id, or say which=all",
            )),
        }
    }
}

/// Queues some again.
pub async fn retry(State(api): State<Arc<Api>>, form: Result<Form<Meant>, FormRejection>) -> Result<Redirect, Failure> {
    let Form(meant) = form?;
    let retried = match meant.which()? {
        Which::One(key) => queue::retry_tracks(&api, Some(&[key])).await?,
        Which::These { search, platform } => queue::retry_matching(&api, search, platform).await?,
        Which::All => queue::retry_tracks(&api, None).await?,
    };
    Ok(Redirect::to(&saying("/failed", "retried", Some(retried))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_name_or_none_is_not_all_of_them() {
        let named = |name: Option<&str>, id: Option<&str>, which: Option<&str>| {
            let of = |text: Option<&str>| text.map(str::to_owned);
            Meant { platform_name: of(name), platform_id: of(id), which: of(which), ..Meant::default() }.which()
        };
        for (name, id, which) in [
            (None, None, None),
            (Some("youtube"), None, None),
            (None, Some("a"), None),
            (Some("youtube"), None, Some("all")),
            (Some("youtube"), Some("a"), Some("all")),
            (None, None, Some("some")),
        ] {
            assert!(named(name, id, which).is_err(), "{name:?} {id:?} {which:?}");
        }
        assert!(matches!(named(Some("youtube"), Some("a"), None), Ok(Which::One(_))));
        assert!(matches!(named(None, None, Some("all")), Ok(Which::All)));
    }
}
