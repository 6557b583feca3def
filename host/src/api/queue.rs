//! The queue: its counts, what failed, and new links.

use super::problem::Problem;
use super::request::{Json as Body, Nothing, Params, broken_off};
use super::{Answer, Api, batches, limit, time};
use crate::ingest::{RawRow, RowError, Splitter, Unknown, parse};
use crate::music::TrackKey;
use crate::store::{Enqueued, NewLink, NextDue, QueueCounts, Store, StoreError};
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

/// Rows that are written together.
const ROWS_PER_WRITE: usize = 5_000;
/// The same in bytes: long rows take no more memory than short ones.
const BYTES_PER_WRITE: usize = 4 << 20;
/// The most rows whose result is listed one by one; all are counted.
const LISTED: usize = 1_000;

#[derive(Serialize)]
pub struct QueueStatus {
    queue: Counts,
    percentages: Percentages,
    /// How many of the pending wait, and for what.
    waiting: BTreeMap<String, Wait>,
    #[serde(rename = "nextRetryAt")]
    next_retry_at: Option<Timestamp>,
    /// What is with providers' batches; the tracks are among those that are being processed.
    #[serde(rename = "atProviders", skip_serializing_if = "Option::is_none")]
    at_providers: Option<batches::Summary>,
}

#[derive(Serialize)]
struct Counts {
    pending: i64,
    processing: i64,
    completed: i64,
    failed: i64,
    total: i64,
}

#[derive(Serialize)]
struct Percentages {
    completed: String,
    failed: String,
}

#[derive(Serialize)]
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

/// How many tracks are in each state.
pub async fn status(State(api): State<Arc<Api>>, _: Params<Nothing>) -> Answer<QueueStatus> {
    let QueueState { counts, at_providers, next_due } = api.queue_state.read(|| state(api.store())).await?;
    let share = |n: i64| percent(u64::try_from(n).unwrap_or(0), u64::try_from(counts.total()).unwrap_or(0));
    let waiting = counts.waiting.iter().map(|(cause, count)| {
        let reason = waiting_reason(cause, api.lack_of_model());
        (cause.clone(), Wait { count: *count, reason })
    });
    Ok(Json(QueueStatus {
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
    }))
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FailedParams {
    limit: Option<u32>,
}

#[derive(Serialize)]
pub struct Failed {
    count: usize,
    items: Vec<FailedItem>,
}

#[derive(Serialize)]
struct FailedItem {
    #[serde(flatten)]
    key: TrackKey,
    url: Option<String>,
    og_title: Option<String>,
    error_message: Option<String>,
    retry_count: i64,
    failed_at: Option<Timestamp>,
}

/// The failed tracks, newest first.
pub async fn failed(State(api): State<Arc<Api>>, Params(params): Params<FailedParams>) -> Answer<Failed> {
    let failed = api.store().failed(limit(params.limit)?).await?;
    let item = |track: crate::store::FailedTrack| FailedItem {
        key: track.key,
        url: track.url,
        og_title: track.og_title,
        error_message: track.error_message,
        retry_count: track.retry_count,
        failed_at: track.processed_at.and_then(time),
    };
    let items: Vec<FailedItem> = failed.into_iter().map(item).collect();
    Ok(Json(Failed { count: items.len(), items }))
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct RetryRequest {
    pub(super) items: Option<Vec<TrackKey>>,
}

#[derive(Serialize)]
pub struct Retried {
    success: bool,
    retried: u64,
}

impl Retried {
    pub(super) const fn of(retried: u64) -> Self {
        Self { success: true, retried }
    }
}

/// Queues failed tracks again: all, or those named.
pub async fn retry(
    State(api): State<Arc<Api>>,
    _: Params<Nothing>,
    Body(request): Body<RetryRequest>,
) -> Answer<Retried> {
    let retried = api.store().retry_failed(request.items.as_deref()).await?;
    api.worker.wake();
    Ok(Json(Retried::of(retried)))
}

/// What became of the rows of a request.
#[derive(Serialize, Default)]
pub struct Intake {
    success: bool,
    queued: u64,
    known: u64,
    rejected: u64,
    /// The first rows one by one.
    items: Vec<IntakeItem>,
    /// The first rows that were rejected.
    errors: Vec<RowError>,
    /// Whether there were more than are listed.
    truncated: bool,
}

#[derive(Serialize)]
struct IntakeItem {
    line: u64,
    status: Enqueued,
    #[serde(flatten)]
    key: TrackKey,
}

/// Queues links: a JSON array, or a row a line; streamed, so of any size.
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
        let errors = serde_json::to_value(&self.errors).unwrap_or_default();
        Err(Problem::new(status, format!("no row could be used; {first}")).with_errors(errors))
    }
}
