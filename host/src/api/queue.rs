//! The queue: its counts, what failed, and new links.

use super::openapi::refusals::{RequestTimeout, TooLarge};
use super::openapi::rows::Row;
use super::problem::{Problem, Single};
use super::request::{Json as Body, Nothing, Params, broken_off};
use super::{Answer, Api, batches, limit, time};
use crate::ingest::{RawRow, RowError, Splitter, Unknown, parse};
use crate::music::{Platform, TrackKey};
use crate::store::{Enqueued, FailedQuery, FailedTrack, NewLink, NextDue, QueueCounts, Store, StoreError};
use crate::worker::percent;
use axum::Json;
use axum::body::Body as Stream;
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Rows that are written together.
const ROWS_PER_WRITE: usize = 5_000;
/// The same in bytes: long rows take no more memory than short ones.
const BYTES_PER_WRITE: usize = 4 << 20;
/// The most rows whose result is listed one by one; all are counted.
const LISTED: usize = 1_000;

/// How many tracks are in each state, and what waits for what.
#[derive(Serialize, ToSchema)]
pub struct QueueStatus {
    queue: Counts,
    percentages: Percentages,
    /// How many of the pending wait, and for what.
    waiting: BTreeMap<String, Wait>,
    /// When the next track is due that waits after a failure.
    #[serde(rename = "nextRetryAt")]
    next_retry_at: Option<Timestamp>,
    /// What is with providers' batches; the tracks are among those that are being processed.
    #[serde(rename = "atProviders", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    at_providers: Option<batches::Summary>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QueueCounts)]
struct Counts {
    pending: i64,
    processing: i64,
    completed: i64,
    failed: i64,
    total: i64,
}

/// Shares of the total in percent, with one decimal.
#[derive(Serialize, ToSchema)]
#[schema(as = QueuePercentages)]
struct Percentages {
    completed: String,
    failed: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QueueWait)]
struct Wait {
    count: i64,
    reason: String,
}

/// What the status is made of.
#[derive(Clone)]
pub struct QueueState {
    counts: QueueCounts,
    at_providers: Option<batches::Summary>,
    next_due: NextDue,
}

async fn state(store: &dyn Store) -> Result<QueueState, StoreError> {
    Ok(QueueState {
        counts: store.counts().await?,
        at_providers: batches::summary(store).await?,
        next_due: store.next_due().await?,
    })
}

/// How many tracks are in each state, and what waits for what.
#[utoipa::path(
    get,
    path = "/api/music-ai/status",
    operation_id = "queueStatus",
    tag = "Queue",
    responses((status = 200, description = "The queue's counts", body = QueueStatus)),
)]
pub async fn status(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<QueueStatus> {
    let state = api.queue_state.read(|| state(api.store())).await?;
    Ok(Json(QueueStatus::of(state, api.lack_of_model())))
}

impl QueueStatus {
    /// Reads it from a store.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn read(store: &dyn Store, lack_of_model: Option<String>) -> Result<Self, StoreError> {
        Ok(Self::of(state(store).await?, lack_of_model))
    }

    fn of(state: QueueState, lack_of_model: Option<String>) -> Self {
        let QueueState { counts, at_providers, next_due } = state;
        let share = |n: i64| percent(u64::try_from(n).unwrap_or(0), u64::try_from(counts.total()).unwrap_or(0));
        let waiting = counts.waiting.iter().map(|(cause, count)| {
            let reason = waiting_reason(cause, lack_of_model.clone());
            (cause.clone(), Wait { count: *count, reason })
        });
        Self {
            waiting: waiting.collect(),
            at_providers,
            percentages: Percentages { completed: share(counts.completed), failed: share(counts.failed) },
            next_retry_at: next_due.backoff_at.and_then(time),
            queue: Counts {
                pending: counts.pending,
                processing: counts.processing,
                completed: counts.completed,
                failed: counts.failed,
                total: counts.total(),
            },
        }
    }
}

/// Why tracks wait, in words.
#[must_use]
pub fn waiting_reason(cause: &str, lack_of_model: Option<String>) -> String {
    match cause {
        "page" => "the link came without its page's title, and its page is yet to be read or cannot be had (GET \
                   /api/music-ai/pages says why); sending it again with og_title lets it go on"
            .to_owned(),
        "provider" => {
            format!("a model is needed: {}", lack_of_model.as_deref().unwrap_or("it is asked at the next run"))
        }
        "strategy" => "a strategy that kept failing is left alone for a while; GET /api/plugins says which".to_owned(),
        _ => "the budget is spent".to_owned(),
    }
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FailedParams {
    /// The most items; 50 without it.
    #[param(minimum = 1, maximum = 100, example = 10)]
    limit: Option<u32>,
    /// The `nextCursor` of the former page.
    #[param(pattern = r"^[0-9]{1,18}\.[0-9]{1,18}$")]
    cursor: Option<String>,
    /// Words that page title, reason, link or identifier contain.
    #[param(example = "declined")]
    search: Option<String>,
    /// Only tracks of this platform, in any spelling.
    #[param(example = "youtube")]
    platform: Option<String>,
}

impl FailedParams {
    fn query(self) -> Result<FailedQuery, Problem> {
        let before = self.cursor.as_deref().map(|cursor| {
            let wrong = |_| Problem::bad_request(format!("cursor is {cursor:?}; allowed: a nextCursor of this list"));
            cursor.parse().map_err(wrong)
        });
        let platform = self.platform.as_deref().map(Platform::canonical);
        Ok(FailedQuery { search: self.search, platform, before: before.transpose()?, limit: limit(self.limit)? })
    }
}

#[derive(Serialize, ToSchema)]
#[schema(as = FailedTracks)]
pub struct Failed {
    count: usize,
    items: Vec<FailedItem>,
    #[serde(rename = "nextCursor")]
    next_cursor: Option<String>,
}

/// A track that failed for good.
#[derive(Serialize, ToSchema)]
#[schema(as = FailedTrack)]
pub struct FailedItem {
    #[serde(flatten)]
    key: TrackKey,
    url: Option<String>,
    og_title: Option<String>,
    error_message: Option<String>,
    retry_count: i64,
    failed_at: Option<Timestamp>,
}

impl From<FailedTrack> for FailedItem {
    fn from(track: FailedTrack) -> Self {
        Self {
            key: track.key,
            url: track.url,
            og_title: track.og_title,
            error_message: track.error_message,
            retry_count: track.retry_count,
            failed_at: track.processed_at.and_then(time),
        }
    }
}

/// The failed tracks, newest first, and why they failed.
#[utoipa::path(
    get,
    path = "/api/music-ai/failed",
    operation_id = "failedTracks",
    tag = "Queue",
    params(FailedParams),
    responses((status = 200, description = "The newest failed tracks", body = Failed)),
)]
pub async fn failed(State(api): State<Arc<Api>>, Params(params): Params<FailedParams>) -> Answer<Failed> {
    let query = params.query()?;
    let failed = api.store().failed(&query).await?;
    let next_cursor = next_failed(&query, &failed);
    let items: Vec<FailedItem> = failed.into_iter().map(FailedItem::from).collect();
    Ok(Json(Failed { count: items.len(), items, next_cursor }))
}

/// Where the list goes on after a full page.
pub(super) fn next_failed(query: &FailedQuery, failed: &[FailedTrack]) -> Option<String> {
    let is_full = failed.len() >= usize::try_from(query.limit).unwrap_or(usize::MAX);
    failed.last().filter(|_| is_full).map(|last| last.mark.to_string())
}

#[derive(Deserialize, Default, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"items": [{"platform_name": "youtube", "platform_id": "dQw4w9WgXcQ"}]}))]
pub struct RetryRequest {
    /// All without it.
    pub(super) items: Option<Vec<TrackKey>>,
}

/// How many are tried again.
#[derive(Serialize, ToSchema)]
pub struct Retried {
    success: bool,
    /// How many are tried again.
    retried: u64,
}

impl Retried {
    /// So many.
    #[must_use]
    pub const fn of(retried: u64) -> Self {
        Self { success: true, retried }
    }
}

/// Queues failed tracks again: all, or those named.
#[utoipa::path(
    post,
    path = "/api/music-ai/failed/retry",
    operation_id = "retryFailed",
    tag = "Queue",
    request_body = RetryRequest,
    responses((status = 200, description = "They are queued", body = Retried)),
)]
pub async fn retry(
    State(api): State<Arc<Api>>,
    _: Params<Nothing>,
    Body(request): Body<RetryRequest>,
) -> Answer<Retried> {
    Ok(Json(Retried::of(retry_tracks(&api, request.items.as_deref()).await?)))
}

pub(super) async fn retry_tracks(api: &Api, keys: Option<&[TrackKey]>) -> Result<u64, Problem> {
    let retried = api.store().retry_failed(keys).await?;
    api.worker.wake();
    Ok(retried)
}

/// Tracks that are queued again at a time.
const RETRIED_AT_ONCE: u32 = 500;

/// Queues every failed track again that a search and a platform let through, the newest first. One that fails again meanwhile
/// is newer, and not tried a second time.
pub(super) async fn retry_matching(
    api: &Api,
    search: Option<String>,
    platform: Option<String>,
) -> Result<u64, Problem> {
    let mut query = FailedQuery { search, platform, before: None, limit: RETRIED_AT_ONCE };
    let mut retried = 0;
    loop {
        let failed = api.store().failed(&query).await?;
        let Some(last) = failed.last() else { break };
        query.before = Some(last.mark);
        let keys: Vec<TrackKey> = failed.into_iter().map(|track| track.key).collect();
        retried += api.store().retry_failed(Some(&keys)).await?;
    }
    api.worker.wake();
    Ok(retried)
}

/// What became of the rows of a request.
#[derive(Serialize, Default, ToSchema)]
pub struct Intake {
    /// Whether every row was good.
    success: bool,
    queued: u64,
    /// Links that were there already; their priority was raised.
    known: u64,
    rejected: u64,
    /// The first rows one by one.
    items: Vec<IntakeItem>,
    /// The first rows that were rejected.
    errors: Vec<RowError>,
    /// Whether there were more than are listed.
    truncated: bool,
}

#[derive(Serialize, ToSchema)]
struct IntakeItem {
    /// Where its row begins, from 1.
    line: u64,
    status: Enqueued,
    #[serde(flatten)]
    key: TrackKey,
}

/// Queues links: a JSON array, a link or an object a line, or CSV with a header.
///
/// The body is streamed and may be of any size; a row has at most 64 KiB. The form is told from its first bytes, whatever the content
/// type says. Good rows are kept beside bad ones; the same link again raises its priority.
#[utoipa::path(
    post,
    path = "/api/music-ai/queue",
    operation_id = "enqueue",
    tag = "Queue",
    request_body(content(
        (Vec<Row> = "application/json", example = json!([
            "https://youtu.be/dQw4w9WgXcQ",
            {"url": "https://www.youtube.com/watch?v=abcdefghijk", "og_title": "Ada Lane - Harbour (Official Video)", "og_artist": "Ada Lane"},
        ])),
        (String = "application/x-ndjson", example = "{\"url\": \"https://youtu.be/dQw4w9WgXcQ\", \"priority\": 5}\n"),
        (String = "text/csv", example = "url,og_title\nhttps://youtu.be/dQw4w9WgXcQ,Rick Astley - Never Gonna Give You Up\n"),
        (String = "text/plain", example = "https://youtu.be/dQw4w9WgXcQ\n"),
    )),
    responses(
        (status = 200, description = "At least one row was good; what became of each", body = Intake),
        RequestTimeout,
        TooLarge,
    ),
)]
pub async fn enqueue(State(api): State<Arc<Api>>, _: Params<Nothing>, body: Stream) -> Answer<Intake> {
    let (mut splitter, mut intake, mut rows, mut bytes) = (Splitter::new(), Intake::default(), Vec::new(), 0);
    let mut stream = body.into_data_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                intake.take_in(&api, rows).await?;
                return Err(broken_off(&error, "; the whole rows that came before are queued"));
            }
        };
        bytes += chunk.len();
        rows.extend(splitter.push(&chunk));
        if rows.len() >= ROWS_PER_WRITE || bytes >= BYTES_PER_WRITE {
            intake.take_in(&api, std::mem::take(&mut rows)).await?;
            bytes = 0;
        }
    }
    rows.extend(splitter.finish());
    intake.take_in(&api, rows).await?;
    intake.answer()
}

impl Intake {
    async fn take_in(&mut self, api: &Api, rows: Vec<RawRow>) -> Result<(), Problem> {
        let (mut lines, mut links): (Vec<u64>, Vec<NewLink>) = (Vec::new(), Vec::new());
        for row in rows {
            let line = row.line;
            match parse(row, Unknown::Refuse) {
                Ok(link) => {
                    lines.push(line);
                    links.push(link);
                }
                Err(error) => self.reject(error),
            }
        }
        if links.is_empty() {
            return Ok(());
        }
        let results = api.store().enqueue(&links).await?;
        api.worker.wake();
        for ((line, link), status) in lines.into_iter().zip(links).zip(results) {
            match status {
                Enqueued::Queued => self.queued += 1,
                Enqueued::Known => self.known += 1,
            }
            if self.items.len() < LISTED {
                self.items.push(IntakeItem { line, status, key: link.track.key });
            } else {
                self.truncated = true;
            }
        }
        Ok(())
    }

    fn reject(&mut self, error: RowError) {
        self.rejected += 1;
        if self.errors.len() < LISTED {
            self.errors.push(error);
        } else {
            self.truncated = true;
        }
    }

    /// The counts, unless no row was good.
    fn answer(mut self) -> Answer<Self> {
        if self.queued + self.known > 0 {
            self.success = self.rejected == 0;
            return Ok(Json(self));
        }
        let Some(first) = self.errors.first() else {
            return Err(Problem::bad_request(
                "the body holds no link; send a JSON array, or a link or JSON object a line",
            ));
        };
        let status = if first.is_too_long() { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::BAD_REQUEST };
        let problem = Problem::new(status, format!("no row could be used; {first}"));
        Err(problem.with_errors(self.errors.into_iter().map(Single::Row).collect()))
    }
}
