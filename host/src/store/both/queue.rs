//! The queue's ways back, and its counts.

use super::super::{Backend, Connection, Row, track_from};
use super::library::containing;
use crate::music::{Field, Track, TrackKey};
use crate::store::json::json;
use crate::store::{FailedMark, FailedQuery, FailedTrack, NextDue, QueueCounts, StoreError, Waiting};
use sqlx::Row as _;

/// Those of the queue's rows that a list of keys names; all of them without a list.
macro_rules! named {
    () => {
        concat!(
            "($1 is null or (platform_name, platform_id) in
                 (select value ->> 'platform_name', value ->> 'platform_id' from ",
            each!("$1"),
            "))"
        )
    };
}

pub(super) use named;

/// How long the track has waited that is due longest.
pub(in super::super) const OLDEST_DUE: &str =
    "with level (priority) as (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9), (10))
     select (select ms from clock) - min((
         select queued_at from music_ai_queue where due and priority = level.priority order by queued_at limit 1))
     from level";

/// Rows of one step of a change that may concern all.
const STEP: u64 = 5_000;

/// A page of the failed, newest first, sought in their index by its bound.
pub(in super::super) const FAILED: &str =
    "select q.id, q.failed_at, q.platform_name, q.platform_id, l.url, l.og_title, q.error_message, q.retry_count,
         q.processed_at
     from music_ai_queue q join music_library l on l.id = q.id
     where q.failed_at is not null
         and ($1 is null or lower(l.og_title) like lower($1) escape '\\'
             or lower(q.error_message) like lower($1) escape '\\' or lower(l.url) like lower($1) escape '\\'
             or lower(q.platform_id) like lower($1) escape '\\')
         and ($2 is null or q.platform_name = $2)
         and q.failed_at <= $3 and (q.failed_at < $3 or q.id < $4)
     order by q.failed_at desc, q.id desc limit $5";

impl Backend {
    /// In steps: a statement may take only so long, and on a file it keeps others from writing.
    pub(super) async fn end_waiting(&self, cause: Waiting) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let ended = self.within(self.end_some_waiting(cause)).await?;
            all += ended;
            // Not until there is none: what goes on may come back to wait at once.
            if ended < STEP {
                return Ok(all);
            }
        }
    }

    async fn end_some_waiting(&self, cause: Waiting) -> Result<u64, StoreError> {
        let ended = sqlx::query(
            "update music_ai_queue set waiting_for = null, error_message = null
             where status = 'pending' and id in (
                 select id from music_ai_queue
                 where status = 'pending' and waiting_for is not null and waiting_for = $1 limit $2)",
        )
        .bind(cause.name())
        .bind(i64::try_from(STEP).unwrap_or(i64::MAX))
        .execute(self.writer())
        .await?;
        Ok(ended.rows_affected())
    }

    /// In steps, as [`Backend::end_waiting`].
    pub(super) async fn requeue_failed(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError> {
        let keys = keys.map(json).transpose()?;
        let mut all = 0;
        loop {
            let requeued = self.within(self.requeue_some_failed(keys.as_deref())).await?;
            all += requeued;
            if requeued < STEP {
                return Ok(all);
            }
        }
    }

    async fn requeue_some_failed(&self, keys: Option<&str>) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let requeued: Vec<i64> = sqlx::query_scalar(concat!(
            "update music_ai_queue set status = 'pending', retry_count = 0, not_before = null, max_batch = 100,
                 processed_at = null, error_message = null, queued_at = (select ms from clock)
             where status = 'failed' and id in (
                 select id from music_ai_queue where failed_at is not null and ",
            named!(),
            " order by failed_at limit $2)
             returning id"
        ))
        .bind(keys)
        .bind(i64::try_from(STEP).unwrap_or(i64::MAX))
        .fetch_all(&mut *tx)
        .await?;
        sqlx::query(concat!(
            "update music_library set processing_status = 'pending'
             where id in (select cast(value ->> 0 as bigint) from ",
            each!("$1"),
            ")"
        ))
        .bind(json(&requeued.iter().map(|id| [id]).collect::<Vec<_>>())?)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(u64::try_from(requeued.len()).unwrap_or(u64::MAX))
    }

    /// Completed entries whose place in the queue was pruned since get a new one. In steps, as [`Backend::end_waiting`],
    /// along the library's numbers.
    pub(super) async fn requeue_incomplete(&self, field: Field) -> Result<u64, StoreError> {
        let (mut all, mut after) = (0, 0);
        loop {
            let Some(last) = self.within(self.end_of_page(after)).await? else { return Ok(all) };
            all += self.within(self.requeue_some_incomplete(field, after, last)).await?;
            after = last;
        }
    }

    async fn end_of_page(&self, after: i64) -> Result<Option<i64>, StoreError> {
        let page = "select max(id) from (select id from music_library where id > $1 order by id limit 10000) as page";
        Ok(sqlx::query_scalar(page).bind(after).fetch_one(self.readers()).await?)
    }

    async fn requeue_some_incomplete(&self, field: Field, after: i64, last: i64) -> Result<u64, StoreError> {
        let requeued = sqlx::query(concat!(
            "insert into music_ai_queue (id, platform_name, platform_id, queued_at)
             select id, platform_name, platform_id, (select ms from clock) from music_library
             where id > $2 and id <= $3 and processing_status = 'ai_completed' and case $1
                 when 'title' then title is null
                 when 'artist' then artist is null and music_type in ('song', 'album')
                 when 'album' then album is null and music_type = 'song'
                 when 'genres' then ",
            no_genres!(),
            "    when 'release_date' then release_date is null and music_type in ('song', 'album')
                 else false end
             on conflict (id) do update set status = 'pending', retry_count = 0, not_before = null, processed_at = null,
                 queued_at = excluded.queued_at
             where music_ai_queue.status = 'completed'"
        ))
        .bind(field.name())
        .bind(after)
        .bind(last)
        .execute(self.writer())
        .await?;
        Ok(requeued.rows_affected())
    }

    pub(super) async fn read_counts(&self) -> Result<QueueCounts, StoreError> {
        let rows = sqlx::query(
            "select status, waiting_for, cast(sum(n) as bigint) as n from queue_count group by status, waiting_for",
        )
        .fetch_all(self.readers())
        .await?;
        let mut counts = QueueCounts::default();
        for row in &rows {
            let (status, waiting, n): (String, String, i64) =
                (row.try_get("status")?, row.try_get("waiting_for")?, row.try_get("n")?);
            match status.as_str() {
                "pending" => counts.pending += n,
                "processing" => counts.processing += n,
                "completed" => counts.completed += n,
                "failed" => counts.failed += n,
                other => return Err(StoreError::Corrupt(format!("a queue row of status {other:?}"))),
            }
            if !waiting.is_empty() && n > 0 {
                *counts.waiting.entry(waiting).or_default() += n;
            }
        }
        Ok(counts)
    }

    /// One step along the claim's index for each of the eleven priorities.
    pub(super) async fn read_oldest_due(&self) -> Result<Option<i64>, StoreError> {
        Ok(sqlx::query_scalar(OLDEST_DUE).fetch_one(self.readers()).await?)
    }

    pub(super) async fn read_failed(&self, query: &FailedQuery) -> Result<Vec<FailedTrack>, StoreError> {
        let before = query.before.unwrap_or(FailedMark { at: i64::MAX, row: i64::MAX });
        let rows = sqlx::query(FAILED)
            .bind(query.search.as_deref().map(containing))
            .bind(&query.platform)
            .bind(before.at)
            .bind(before.row)
            .bind(i64::from(query.limit))
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(failed_from).collect()
    }

    pub(super) async fn read_next_due(&self) -> Result<NextDue, StoreError> {
        let row = sqlx::query(
            "select (select min(not_before) from music_ai_queue where status = 'pending' and not_before is not null)
                 as backoff_at,
                 (select min(lease_until) from extraction_batch
                     where finished_at is null and state <> 'submitted') as lease_at,
                 (select ms from clock) as now",
        )
        .fetch_one(self.readers())
        .await?;
        let (backoff_at, lease_at): (Option<i64>, Option<i64>) = (row.try_get("backoff_at")?, row.try_get("lease_at")?);
        let now: i64 = row.try_get("now")?;
        let next = backoff_at.into_iter().chain(lease_at).min();
        Ok(NextDue { backoff_at, in_ms: next.map(|next| next - now) })
    }

    pub(super) async fn read_tracks(&self, keys: &[TrackKey]) -> Result<Vec<Track>, StoreError> {
        let rows = sqlx::query(concat!(
            "select platform_name, platform_id, url, og_title, og_artist, og_description, og_metadata, shared_text
             from music_library where ",
            named!()
        ))
        .bind(Some(json(keys)?))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(track_from).collect()
    }
}

fn failed_from(row: &Row) -> Result<FailedTrack, StoreError> {
    Ok(FailedTrack {
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        url: row.try_get("url")?,
        og_title: row.try_get("og_title")?,
        error_message: row.try_get("error_message")?,
        retry_count: row.try_get("retry_count")?,
        processed_at: row.try_get("processed_at")?,
        mark: FailedMark { at: row.try_get("failed_at")?, row: row.try_get("id")? },
    })
}

/// Gives completed entries of a list of keys a place in the queue again, where it was pruned since.
pub(in super::super) async fn replace_pruned(tx: &mut Connection, keys: &str) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "insert into music_ai_queue (id, platform_name, platform_id, status, queued_at, processed_at)
         select id, platform_name, platform_id, 'completed', (select ms from clock), ai_processed_at from music_library
         where processing_status in ('ai_completed', 'no_music') and ",
        named!(),
        " on conflict (id) do nothing"
    ))
    .bind(Some(keys))
    .execute(tx)
    .await?;
    Ok(())
}
