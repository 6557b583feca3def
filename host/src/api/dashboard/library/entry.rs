//! One entry: what it says, who said so, how it came to that, and an operator's correction.

use super::history;
use super::written_as::{cover, state_tag};
use crate::api::dashboard::failed::retry_one;
use crate::api::dashboard::failure::Failure;
use crate::api::dashboard::frame::{Frame, Here, Visit, saying};
use crate::api::dashboard::link::{self, given};
use crate::api::dashboard::written;
use crate::api::problem::Problem;
use crate::api::{Api, library};
use crate::music::{MusicType, TrackKey};
use crate::store::{Correction, LibraryEntry};
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// The page of an entry.
pub async fn page(
    State(api): State<Arc<Api>>,
    visit: Visit,
    Path(named): Path<library::Named>,
) -> Result<Markup, Failure> {
    shown(&api, visit, &library::key(named), None).await
}

/// A correction as the form sends it: every field, changed or not.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(default)]
pub struct Corrected {
    title: Option<String>,
    artist: Option<String>,
    album: Option<String>,
    genres: Option<String>,
    release_date: Option<String>,
    music_type: Option<String>,
}

impl Corrected {
    /// What differs from the entry. What was emptied stays as it is.
    fn of(self, entry: &LibraryEntry) -> Result<Correction, Problem> {
        let changed = |sent: Option<String>, is: Option<&str>| given(sent).filter(|sent| Some(sent.as_str()) != is);
        let music_type = changed(self.music_type, entry.music_type.as_deref());
        let genres = changed(self.genres, Some(&entry.genres.join(", ")));
        let known = |name: &String| MusicType::from_name(name);
        Ok(Correction {
            title: changed(self.title, entry.title.as_deref()),
            artist: changed(self.artist, entry.artist.as_deref()),
            album: changed(self.album, entry.album.as_deref()),
            genres: genres.map(|genres| genres.split(',').filter_map(|genre| given(Some(genre.to_owned()))).collect()),
            release_date: changed(self.release_date, entry.release_date.as_deref()),
            music_type: match &music_type {
                Some(name) => {
                    Some(known(name).ok_or_else(|| Problem::bad_request(format!("{name:?} is no kind of release")))?)
                }
                None => None,
            },
        })
    }
}

/// Writes a correction down. What cannot be is shown again with the reason.
pub async fn correct(
    State(api): State<Arc<Api>>,
    visit: Visit,
    Path(named): Path<library::Named>,
    form: Result<Form<Corrected>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(sent) = form?;
    let key = library::key(named);
    let (entry, _) = api.store().library_entry(&key).await?.ok_or_else(|| library::missing(&key))?;
    let there = link::entry(&key);
    let correction = match sent.clone().of(&entry) {
        Ok(correction) if correction == Correction::default() => {
            return Ok(Redirect::to(&saying(&there, "unchanged", None)).into_response());
        }
        Ok(correction) => library::write(&api, &key, correction).await,
        Err(problem) => Err(problem),
    };
    match correction {
        Ok(()) => Ok(Redirect::to(&saying(&there, "corrected", None)).into_response()),
        Err(problem) if problem.status() == StatusCode::BAD_REQUEST => {
            let page = shown(&api, visit, &key, Some((problem.sentence(), &sent))).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(problem) => Err(problem.into()),
    }
}

async fn shown(
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
            (frame.control(&form(&entry, refused)))
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

fn form(entry: &LibraryEntry, refused: Option<(&str, &Corrected)>) -> Markup {
    let genres = entry.genres.join(", ");
    let sent = refused.map(|(_, sent)| sent);
    let value = |of: fn(&Corrected) -> &Option<String>, is: Option<&str>| {
        sent.and_then(|sent| of(sent).clone()).or_else(|| is.map(str::to_owned))
    };
    let fields = [
        ("title", "Title", value(|sent| &sent.title, entry.title.as_deref()), ""),
        ("artist", "Artist", value(|sent| &sent.artist, entry.artist.as_deref()), ""),
        ("album", "Album", value(|sent| &sent.album, entry.album.as_deref()), ""),
        ("genres", "Genres", value(|sent| &sent.genres, Some(&genres)), "At most three, with commas between them"),
        (
            "release_date",
            "Release date",
            value(|sent| &sent.release_date, entry.release_date.as_deref()),
            "YYYY, YYYY-MM or YYYY-MM-DD",
        ),
    ];
    let kind = value(|sent| &sent.music_type, entry.music_type.as_deref());
    html! {
        details.sheet #correct open[refused.is_some()] {
            summary { "Correct this entry" }
            @if let Some((reason, _)) = refused { p.need.bad role="alert" { "Not corrected: " (reason) } }
            form.fields method="post" action=(link::entry(&entry.key)) {
                @for (name, label, value, hint) in &fields {
                    label for={ "correct-" (name) } { (label) }
                    input id={ "correct-" (name) } name=(name) value=[value] maxlength="1000" autocomplete="off"
                        aria-describedby=[(!hint.is_empty()).then(|| format!("hint-{name}"))];
                    @if !hint.is_empty() { p.quiet id={ "hint-" (name) } { (hint) } }
                }
                label for="correct-music_type" { "Kind" }
                select #correct-music_type name="music_type" {
                    option value="" { "not known" }
                    @for name in ["song", "album", "playlist", "artist"] { option value=(name) selected[kind.as_deref() == Some(name)] { (name) } }
                }
                p.quiet { "No later extraction overwrites what you change here. A field cannot be emptied." }
                div.actions { button.main { "Correct" } }
            }
        }
    }
}
