//! Channels: a sync on demand, and what became of the last one. A channel is a Farcaster channel's id, or the URL of a feed
//! in percent signs.

use super::openapi::refusals::{BadGateway, Conflict, NotFound};
use super::problem::Problem;
use super::request::{Json as Body, Nothing, Params, Path};
use super::{Answer, Api, time};
use crate::crawl::{SyncError, Synced, Syncer};
use crate::ingest::channels::Channel;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;
use utoipa::ToSchema;

/// What a path calls a channel.
const CHANNEL: &str = "A Farcaster channel's id, or the URL of a feed in percent signs";
/// How long a caller waits for a sync, which goes on after that.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a sync brought.
#[derive(Serialize, ToSchema)]
#[schema(as = Synced)]
pub struct Triggered {
    success: bool,
    channel: String,
    posts: u64,
    links: u64,
    queued: u64,
    /// Links that were there already.
    known: u64,
    /// Whether there is more, which the next sync goes on with.
    is_behind: bool,
}

impl Triggered {
    /// What it brought from a channel.
    #[must_use]
    pub fn of(channel: &Channel, synced: &Synced) -> Self {
        Self {
            success: true,
            channel: channel.to_string(),
            posts: synced.posts,
            links: synced.links,
            queued: synced.queued,
            known: synced.links - synced.queued,
            is_behind: synced.is_behind,
        }
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = SyncGoesOn)]
struct GoesOn {
    success: bool,
    channel: String,
    message: String,
}

/// Syncs a channel: reads its new posts and queues the music in them.
///
/// Answers when that is done, or after a minute with 202 that it goes on.
#[utoipa::path(
    post,
    path = "/api/sync/trigger/{channel}",
    operation_id = "syncChannel",
    tag = "Channels",
    params(("channel" = String, Path, description = CHANNEL, pattern = r"^/?[A-Za-z0-9-]{1,40}$|^https?://", example = "music")),
    request_body = Nothing,
    responses(
        (status = 200, description = "It is synced", body = Triggered),
        (status = 202, description = "It goes on", body = GoesOn),
        Conflict,
        BadGateway,
    ),
)]
pub async fn trigger(
    State(api): State<Arc<Api>>,
    Path(channel): Path<String>,
    _: Params<Nothing>,
    _: Body<Nothing>,
) -> Result<Response, Problem> {
    let channel = named(&channel)?;
    let lack = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "this host syncs no channels");
    let syncer = api.worker.context().channels.clone().ok_or_else(lack)?;
    // Who does not wait any longer does not end it.
    let mut syncing = tokio::spawn(sync(syncer, api.clone(), channel.clone()).in_current_span());
    let Ok(synced) = tokio::time::timeout(PATIENCE, &mut syncing).await else {
        let message = format!("it goes on; GET /api/sync/status/{} says how far it is", in_path(&channel));
        let goes_on = GoesOn { success: true, channel: channel.to_string(), message };
        return Ok((StatusCode::ACCEPTED, Json(goes_on)).into_response());
    };
    let broken = |_| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the sync failed inside; the log says more");
    let synced = synced.map_err(broken)??;
    Ok(Json(Triggered::of(&channel, &synced)).into_response())
}

async fn sync(syncer: Arc<Syncer>, api: Arc<Api>, channel: Channel) -> Result<Synced, SyncError> {
    syncer.sync(&channel, &|| api.worker.wake()).await
}

#[derive(Serialize, ToSchema)]
#[schema(as = ChannelStatus)]
pub struct Status {
    channel: String,
    last_sync_at: Option<Timestamp>,
    /// When the newest post was made that is known with all before it.
    last_cast_at: Option<Timestamp>,
    /// Whether the last sync succeeded.
    ok: bool,
    error: Option<String>,
    posts: i64,
    links: i64,
    is_running: bool,
    is_behind: bool,
}

/// What became of a channel's last sync.
#[utoipa::path(
    get,
    path = "/api/sync/status/{channel}",
    operation_id = "channelStatus",
    tag = "Channels",
    params(("channel" = String, Path, description = CHANNEL, pattern = r"^/?[A-Za-z0-9-]{1,40}$|^https?://", example = "music")),
    responses((status = 200, description = "Its last sync", body = Status), NotFound),
)]
pub async fn status(State(api): State<Arc<Api>>, Path(channel): Path<String>, _: Params<Nothing>) -> Answer<Status> {
    let channel = named(&channel)?;
    let state = api.store().channel(&channel.to_string()).await?.ok_or_else(|| {
        let trigger = format!("POST /api/sync/trigger/{} syncs it", in_path(&channel));
        Problem::not_found(format!("channel {channel} was never synced; {trigger}"))
    })?;
    Ok(Json(Status {
        channel: state.channel,
        last_sync_at: state.last_sync_at.and_then(time),
        last_cast_at: state.last_cast_at.and_then(time),
        ok: state.ok,
        error: state.error,
        posts: state.posts,
        links: state.links,
        is_running: state.is_running,
        is_behind: state.is_behind,
    }))
}

fn named(text: &str) -> Result<Channel, Problem> {
    text.parse().map_err(|error: crate::ingest::channels::ChannelError| Problem::bad_request(error.to_string()))
}

/// A channel's name as a segment of a path.
fn in_path(channel: &Channel) -> String {
    url::form_urlencoded::byte_serialize(channel.to_string().as_bytes()).collect()
}

impl From<SyncError> for Problem {
    fn from(error: SyncError) -> Self {
        let status = match &error {
            SyncError::NoKey(_) | SyncError::Running(_) | SyncError::Lost(_) => StatusCode::CONFLICT,
            SyncError::Feed(error) if error.wait().is_some() => StatusCode::SERVICE_UNAVAILABLE,
            SyncError::Feed(_) => StatusCode::BAD_GATEWAY,
            SyncError::Store(error) => return error.clone().into(),
        };
        Self::new(status, error.to_string())
    }
}
