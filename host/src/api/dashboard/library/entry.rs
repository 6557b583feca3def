//! One entry: what it says, who said so, how it came to that, and an operator's correction.

use super::correction::{self, Corrected};
use super::history;
use super::written_as::{cover, state_tag};
use crate::api::dashboard::failed::retry_one;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Frame, Here, Visit};
use crate::api::dashboard::{link, written};
use crate::api::{Api, library};
use crate::music::TrackKey;
use crate::store::LibraryEntry;
use axum::extract::{Path, State};
use maud::{Markup, html};
use std::sync::Arc;

/// The page of an entry.
pub async fn page(
    State(api): State<Arc<Api>>,
    visit: Visit,
    Path(named): Path<library::Named>,
) -> Result<Markup, Failure> {
    shown(&api, visit, &library::key(named), None).await
}

/// The page, with a correction that was refused and why.
pub async fn shown(
    api: &Api,
    visit: Visit,
    key: &TrackKey,
    refused: Option<(&str, &Corrected)>,
) -> Result<Markup, Failure> {
    let (entry, changes) = api.store().library_entry(key).await?.ok_or_else(|| library::missing(key))?;
    let frame = Frame::of(api, visit, Here::Library).await;
    let title = entry.title.as_deref().or(entry.og_title.as_deref()).unwrap_or("An entry without a title");
    Ok(frame.page(
        title,
        &html! {
            p.quiet { a href="/library" { "Library" } " / " (entry.key.platform_name) }
            div.entry {
                (cover(&entry, 220))
                div {
                    h1 { (title) }
                    div #entry data-live {
                        @if let Some(artist) = &entry.artist { p.lead { "by " (artist) } }
                        p { (state_tag(&entry.processing_status)) " " (links(&entry)) }
                        (trouble(&frame, &entry, title))
                    }
                }
            }
            section.sheet #fields data-live aria-labelledby="fields-title" {
                h2 #fields-title { "What it says, and where that is from" }
                (fields(&entry))
                (origin(&entry))
                (frame.sign_in_instead())
            }
            (frame.control(&correction::form(&entry, refused)))
            (history::section(&changes))
        },
    ))
}

fn links(entry: &LibraryEntry) -> Markup {
    html! {
        @if let Some(url) = entry.url.as_deref().and_then(link::outward) {
            a href=(url) rel="noreferrer noopener" target="_blank" { "Open the link" }
        }
        span.quiet { " " (entry.key.platform_name) " " code { (entry.key.platform_id) } ", " (written::counted(entry.share_count, "share", "shares")) }
    }
}

/// Why it is not done.
fn trouble(frame: &Frame, entry: &LibraryEntry, title: &str) -> Markup {
    let is_failed = entry.processing_status == "failed";
    html! {
        @if let Some(reason) = &entry.error_message {
            div class=(if is_failed { "need bad" } else { "need wary" }) {
                p {
                    @if is_failed { "It failed after " (written::counted(entry.retry_count, "attempt", "attempts")) ": " }
                    @else if let Some(cause) = &entry.waiting_for { "It waits for its " (cause) ": " }
                    @else { "The last attempt failed, and another follows: " }
                    (reason)
                }
                @if is_failed { div.actions { (frame.control(&retry_one("/failed/retry", &entry.key, title))) } }
            }
        }
    }
}

fn fields(entry: &LibraryEntry) -> Markup {
    let genres = (!entry.genres.is_empty()).then(|| entry.genres.join(", "));
    let fields = [
        ("title", "Title", entry.title.as_deref()),
        ("artist", "Artist", entry.artist.as_deref()),
        ("album", "Album", entry.album.as_deref()),
        ("genres", "Genres", genres.as_deref()),
        ("release_date", "Release date", entry.release_date.as_deref()),
        ("music_type", "Kind", entry.music_type.as_deref()),
    ];
    html! {
        table.fields {
            caption.unseen { "Fields" }
            thead { tr { th scope="col" { "Field" } th scope="col" { "Value" } th scope="col" { "From" } } }
            tbody { @for (field, name, value) in fields { tr {
                th scope="row" { (name) }
                td { @match value { Some(value) => (value), None => span.quiet { "not known" } } }
                td { @match entry.origins.get(field) { Some(origin) if value.is_some() => (origin_name(origin)), _ => "" } }
            } } }
        }
    }
}

fn origin_name(origin: &str) -> &str {
    match origin {
        "page" => "the page",
        "text" => "the page's text",
        "rules" => "rules",
        "model" => "a model",
        "operator" => "an operator",
        other => other,
    }
}

/// Who said so, and what there was to go by.
fn origin(entry: &LibraryEntry) -> Markup {
    html! {
        dl.facts {
            @if let Some(title) = &entry.og_title { dt { "Page title" } dd { (title) } }
            @if let Some(artist) = &entry.og_artist { dt { "Uploader" } dd { (artist) } }
            @if let Some(strategy) = &entry.strategy {
                dt { "Decided by" }
                dd {
                    @match &entry.strategy_digest {
                        Some(digest) => a href=(link::within(&["strategies", digest])) { (strategy) },
                        None => (strategy)
                    }
                    @if let Some(model) = &entry.model { ", which asked " (model) }
                    @if let Some(at) = entry.ai_processed_at { ", " (written::ago(at)) }
                }
            }
            @if let Some(confidence) = entry.confidence_score { dt { "Confidence" } dd { (written::percent(confidence * 100.0)) } }
        }
    }
}
