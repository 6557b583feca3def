//! The queue's ways back, and its counts.

use super::super::{Backend, Connection, Row, track_from};
use crate::music::{Field, Track, TrackKey};
use crate::store::json::json;
use crate::store::{FailedTrack, NextDue, QueueCounts, StoreError, Waiting};
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

impl Backend {
    /// In steps: a statement may take only so long, and on a file it keeps others from writing.
    pub(super) async fn end_waiting(&self, cause: Waiting) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            let ended = sqlx::query(
                "update music_ai_queue set waiting_for = null, error_message = null
                 where status = 'pending' and id in (
                     select id from music_ai_queue
                     where status = 'pending' and waiting_for is not null and waiting_for = $1 limit 5000)",
            )
            .bind(cause.name())
            .execute(self.writer())
            .await?
            .rows_affected();
            all += ended;
            if ended == 0 {
                return Ok(all);
            }
        }
    }

    pub(super) async fn requeue_failed(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError> {
        let keys = keys.map(json).transpose()?;
        let mut tx = self.begin().await?;
        sqlx::query(concat!(
            "update music_library set processing_status = 'pending'
             where id in (select id from music_ai_queue where status = 'failed' and ",
            named!(),
            ")"
        ))
        .bind(&keys)
        .execute(&mut *tx)
        .await?;
        let requeued = sqlx::query(concat!(
            "update music_ai_queue set status = 'pending', retry_count = 0, not_before = null, max_batch = 100,
                 processed_at = null, error_message = null, queued_at = (select ms from clock)
             where status = 'failed' and ",
            named!()
        ))
        .bind(&keys)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(requeued.rows_affected())
    }

    /// Completed entries whose place in the queue was pruned since get a new one.
    pub(super) async fn requeue_incomplete(&self, field: Field) -> Result<u64, StoreError> {
        let requeued = sqlx::query(concat!(
            "insert into music_ai_queue (id, platform_name, platform_id, queued_at)
             select id, platform_name, platform_id, (select ms from clock) from music_library
             where processing_status = 'ai_completed' and case $1
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

    pub(super) async fn read_failed(&self, limit: u32) -> Result<Vec<FailedTrack>, StoreError> {
        let rows = sqlx::query(
            "select q.platform_name, q.platform_id, l.url, l.og_title, q.error_message, q.retry_count, q.processed_at
             from music_ai_queue q join music_library l on l.id = q.id
             where q.failed_at is not null order by q.failed_at desc limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(failed_from).collect()
    }

    pub(super) async fn read_next_due(&self) -> Result<NextDue, StoreError> {
        let row = sqlx::query(
            "select (select min(not_before) from music_ai_queue where status = 'pending' and not_before is not null)
                 as backoff_at,
                 (select min(lease_until) from extraction_batch where state = 'leased') as lease_at,
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
