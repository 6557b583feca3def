//! The library: pages of it, one entry with its history, an operator's correction.

use super::problem::Problem;
use super::request::{Json as Body, Nothing, Params};
use super::{Answer, Api, limit, time};
use crate::music::TrackKey;
use crate::store::{Correction, LibraryChange, LibraryEntry, LibraryQuery};
use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// States a page of the library may be restricted to.
pub(super) const STATES: [&str; 6] = ["pending", "og_fetched", "ai_processing", "ai_completed", "no_music", "failed"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    limit: Option<u32>,
    cursor: Option<String>,
    search: Option<String>,
    status: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    items: Vec<Entry>,
    next_cursor: Option<String>,
}

/// An entry with its times as text.
#[derive(Serialize)]
pub struct Entry {
    #[serde(flatten)]
    entry: LibraryEntry,
    ai_processed_at: Option<Timestamp>,
    updated_at: Option<Timestamp>,
}

impl From<LibraryEntry> for Entry {
    fn from(entry: LibraryEntry) -> Self {
        Self { ai_processed_at: entry.ai_processed_at.and_then(time), updated_at: time(entry.updated_at), entry }
    }
}

/// A page of the library, newest first.
pub async fn list(State(api): State<Arc<Api>>, Params(params): Params<ListParams>) -> Answer<Page> {
    let limit = limit(params.limit)?;
    if let Some(status) = params.status.as_deref().filter(|status| !STATES.contains(status)) {
        return Err(Problem::bad_request(format!("status is {status:?}; allowed: {}", STATES.join(", "))));
    }
    let before = params.cursor.as_deref().map(|cursor| {
        cursor
            .parse()
            .map_err(|_| Problem::bad_request(format!("cursor is {cursor:?}; allowed: a nextCursor of this list")))
    });
    let query = LibraryQuery { search: params.search, status: params.status, before: before.transpose()?, limit };
    let entries = api.store().library(&query).await?;
    let full = entries.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
    let next_cursor = entries.last().filter(|_| full).map(|last| last.mark.to_string());
    Ok(Json(Page { items: entries.into_iter().map(Entry::from).collect(), next_cursor }))
}

#[derive(Serialize)]
pub struct Detail {
    #[serde(flatten)]
    entry: Entry,
    history: Vec<Change>,
}

#[derive(Serialize)]
struct Change {
    #[serde(flatten)]
    change: LibraryChange,
    at: Option<Timestamp>,
}

/// One entry with what its fields were before.
pub async fn entry(
    State(api): State<Arc<Api>>,
    Path(path): Path<(String, String)>,
    _: Params<Nothing>,
) -> Answer<Detail> {
    Ok(Json(detail(&api, key(path)).await?))
}

/// An operator's correction; a corrected field is not overwritten by an extraction any more.
pub async fn correct(
    State(api): State<Arc<Api>>,
    Path(path): Path<(String, String)>,
    _: Params<Nothing>,
    Body(correction): Body<Correction>,
) -> Answer<Detail> {
    let key = key(path);
    write(&api, &key, correction).await?;
    Ok(Json(detail(&api, key).await?))
}

pub(super) async fn write(api: &Api, key: &TrackKey, correction: Correction) -> Result<(), Problem> {
    let correction = correction.tidied();
    correction.check().map_err(Problem::bad_request)?;
    api.store().correct(key, &correction).await?.ok_or_else(|| missing(key))?;
    Ok(())
}

async fn detail(api: &Api, key: TrackKey) -> Result<Detail, Problem> {
    let (entry, changes) = api.store().library_entry(&key).await?.ok_or_else(|| missing(&key))?;
    let history = changes.into_iter().map(|change| Change { at: time(change.at), change }).collect();
    Ok(Detail { entry: entry.into(), history })
}

pub(super) fn key((platform, platform_id): (String, String)) -> TrackKey {
    TrackKey { platform_name: crate::music::Platform::canonical(&platform), platform_id }
}

pub(super) fn missing(key: &TrackKey) -> Problem {
    Problem::not_found(format!("the library has no entry {key}"))
}
