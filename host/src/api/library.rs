//! The library: pages of it, one entry with its history, an operator's correction.

use super::openapi::refusals::NotFound;
use super::problem::Problem;
use super::request::{Json as Body, Nothing, Params, Path};
use super::{Answer, Api, limit, time};
use crate::music::{Platform, TrackKey};
use crate::store::{Correction, LibraryChange, LibraryEntry, LibraryQuery};
use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// States a page of the library may be restricted to.
pub const STATES: [&str; 6] = ["pending", "og_fetched", "ai_processing", "ai_completed", "no_music", "failed"];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListParams {
    /// The most entries; 50 without it.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u32>,
    /// The `nextCursor` of the former page.
    #[param(pattern = "^[0-9]{1,18}$")]
    cursor: Option<String>,
    /// Words that title, artist or page title contain.
    #[param(example = "astley")]
    search: Option<String>,
    /// Only entries of this state.
    #[param(pattern = "^(pending|og_fetched|ai_processing|ai_completed|no_music|failed)$", example = "ai_completed")]
    status: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LibraryPage)]
pub struct Page {
    items: Vec<Entry>,
    /// Where the next page begins; null when this is the last.
    next_cursor: Option<String>,
}

/// An entry with its times as text.
#[derive(Serialize, ToSchema)]
#[schema(as = LibraryEntry)]
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
#[utoipa::path(
    get,
    path = "/api/music-ai/library",
    operation_id = "library",
    tag = "Library",
    params(ListParams),
    responses((status = 200, description = "A page of entries", body = Page)),
)]
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

/// Which entry.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct Named {
    /// In any spelling: `youtube`, `Apple Music`.
    #[param(example = "youtube")]
    platform: String,
    /// The platform's own identifier, slashes and all.
    #[param(example = "dQw4w9WgXcQ")]
    id: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LibraryDetail)]
pub struct Detail {
    #[serde(flatten)]
    entry: Entry,
    history: Vec<Change>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LibraryChange)]
struct Change {
    #[serde(flatten)]
    change: LibraryChange,
    at: Option<Timestamp>,
}

/// One entry with what its fields were before.
#[utoipa::path(
    get,
    path = "/api/music-ai/library/{platform}/{*id}",
    operation_id = "libraryEntry",
    tag = "Library",
    params(Named),
    responses((status = 200, description = "The entry with its history", body = Detail), NotFound),
)]
pub async fn entry(State(api): State<Arc<Api>>, Path(named): Path<Named>, _: Params<Nothing>) -> Answer<Detail> {
    Ok(Json(detail(&api, key(named)).await?))
}

/// An operator's correction; a corrected field is not overwritten by an extraction any more.
#[utoipa::path(
    patch,
    path = "/api/music-ai/library/{platform}/{*id}",
    operation_id = "correctEntry",
    tag = "Library",
    params(Named),
    request_body = Correction,
    responses((status = 200, description = "The entry as it is now", body = Detail), NotFound),
)]
pub async fn correct(
    State(api): State<Arc<Api>>,
    Path(named): Path<Named>,
    _: Params<Nothing>,
    Body(correction): Body<Correction>,
) -> Answer<Detail> {
    let key = key(named);
    write(&api, &key, correction).await?;
    Ok(Json(detail(&api, key).await?))
}

pub(super) async fn write(api: &Api, key: &TrackKey, correction: Correction) -> Result<(), Problem> {
    // Tidying would cut what is too long, and nobody would be told.
    correction.check().map_err(Problem::bad_request)?;
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

pub(super) fn key(named: Named) -> TrackKey {
    TrackKey { platform_name: Platform::canonical(&named.platform), platform_id: named.id }
}

pub(super) fn missing(key: &TrackKey) -> Problem {
    let meant = Platform::meant(&key.platform_name);
    let question = meant.map_or_else(String::new, |platform| format!("; did you mean {}?", platform.name()));
    Problem::not_found(format!("the library has no entry {key}{question}"))
}
