//! The library's entries, newest first.

use super::written_as::{cover, state_name, state_tag};
use crate::api::Api;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Frame, Here, Visit};
use crate::api::dashboard::link::{self, given};
use crate::api::dashboard::written;
use crate::api::library::STATES;
use crate::api::problem::Problem;
use crate::store::{LibraryEntry, LibraryQuery};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Entries of a page.
const SHOWN: u32 = 50;

#[derive(Deserialize, Default)]
#[serde(default)]
pub struct LibraryPage {
    search: Option<String>,
    status: Option<String>,
    cursor: Option<i64>,
}

/// A page of them.
pub async fn page(
    State(api): State<Arc<Api>>,
    visit: Visit,
    asked: Result<Query<LibraryPage>, QueryRejection>,
) -> Result<Markup, Failure> {
    let Query(asked) = asked.map_err(|rejection| Problem::bad_request(rejection.body_text()))?;
    let status = given(asked.status).filter(|status| STATES.contains(&status.as_str()));
    let query = LibraryQuery { search: given(asked.search), status, before: asked.cursor, limit: SHOWN };
    let entries = api.store().library(&query).await?;
    let is_full = entries.len() >= usize::try_from(SHOWN).unwrap_or(usize::MAX);
    let next = entries.last().filter(|_| is_full).map(|last| last.mark.to_string());
    let frame = Frame::of(&api, visit, Here::Library).await;
    Ok(frame.page(
        "Library",
        &html! {
            h1 { "Library" }
            (filter(&query))
            section #library data-live aria-label="Entries" {
                @if entries.is_empty() { p.nothing { (nothing(&query)) } }
                ul.rows { @for entry in &entries { (row(entry)) } }
                (more(&query, next.as_deref()))
            }
        },
    ))
}

const fn nothing(query: &LibraryQuery) -> &'static str {
    if query.search.is_some() || query.status.is_some() {
        "No entry is like that."
    } else {
        "The library is empty. Queue a link: POST /api/music-ai/queue, or liner enqueue."
    }
}

fn filter(query: &LibraryQuery) -> Markup {
    html! {
        form.filter method="get" action="/library" role="search" {
            div { label for="search" { "Title, artist or page title" } input #search type="search" name="search" value=[&query.search]; }
            div {
                label for="status" { "State" }
                select #status name="status" {
                    option value="" { "Any" }
                    @for state in STATES { option value=(state) selected[query.status.as_deref() == Some(state)] { (state_name(state)) } }
                }
            }
            button { "Search" }
            @if query.search.is_some() || query.status.is_some() { a.button href="/library" { "Show all" } }
        }
    }
}

fn row(entry: &LibraryEntry) -> Markup {
    let title = entry.title.as_deref().or(entry.og_title.as_deref()).or(entry.url.as_deref()).unwrap_or("no title");
    let beside = [entry.album.as_deref(), entry.release_date.as_deref(), entry.music_type.as_deref()];
    let genres = (!entry.genres.is_empty()).then(|| entry.genres.join(", "));
    let beside: Vec<&str> = beside.into_iter().chain([genres.as_deref()]).flatten().collect();
    html! {
        li.covered {
            (cover(entry, 56))
            div.what {
                p {
                    a href=(link::entry(&entry.key)) { strong { (title) } }
                    @if let Some(artist) = &entry.artist { " by " (artist) }
                    " " (state_tag(&entry.processing_status))
                }
                @if !beside.is_empty() { p { (beside.join(" · ")) } }
                p.quiet {
                    (entry.key.platform_name) ", " (written::counted(entry.share_count, "share", "shares"))
                    @if let Some(confidence) = entry.confidence_score { ", confidence " (written::percent(confidence * 100.0)) }
                    ", changed " (written::ago(entry.updated_at))
                }
            }
        }
    }
}

fn more(query: &LibraryQuery, next: Option<&str>) -> Markup {
    let to = |cursor| {
        let query = [("search", query.search.as_deref()), ("status", query.status.as_deref()), ("cursor", cursor)];
        link::with_query("/library", &query)
    };
    html! {
        nav.paging aria-label="More entries" {
            @if query.before.is_some() { a.button href=(to(None)) { "The newest" } }
            @if next.is_some() { a.button href=(to(next)) rel="next" { "Older" } }
        }
    }
}
