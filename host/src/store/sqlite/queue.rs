//! The queue's ways in and back: new links, released waiting rows, retried failures, and its counts.

use super::settle::waiting_name;
use super::{SqliteStore, json, track_from};
use crate::music::{Field, Track, TrackKey};
use crate::store::{Enqueued, FailedTrack, NewLink, QueueCounts, StoreError, Waiting};
use sqlx::{Row, SqliteConnection};

/// Links of one transaction: the writer is not held longer than some 20 ms.
const LINKS_PER_TRANSACTION: usize = 1_000;

impl SqliteStore {
    pub(super) async fn enqueue_links(&self, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError> {
        let mut results = Vec::with_capacity(links.len());
        for chunk in links.chunks(LINKS_PER_TRANSACTION) {
            let now = self.now();
            let mut tx = self.write().await?;
            for link in chunk {
                results.push(enqueue_one(&mut tx, link, now).await?);
            }
            tx.commit().await?;
        }
        Ok(results)
    }

    pub(super) async fn end_waiting(&self, cause: Waiting) -> Result<u64, StoreError> {
        let ended = sqlx::query(
            "update music_ai_queue set waiting_for = null, error_message = null
             where status = 'pending' and waiting_for is not null and waiting_for = $1",
        )
        .bind(waiting_name(cause))
        .execute(&self.writer)
        .await?;
        Ok(ended.rows_affected())
    }

    pub(super) async fn requeue_failed(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError> {
        let named = keys.map(json).transpose()?;
        let mut tx = self.write().await?;
        sqlx::query(
            "update music_library set processing_status = 'pending'
             where processing_status = 'failed' and ($1 is null or (platform_name, platform_id) in
                 (select value ->> 'platform_name', value ->> 'platform_id' from json_each($1)))",
        )
        .bind(&named)
        .execute(&mut *tx)
        .await?;
        let requeued = sqlx::query(
            "update music_ai_queue set status = 'pending', retry_count = 0, not_before = null, max_batch = 100,
                 processed_at = null, error_message = null, queued_at = $2
             where status = 'failed' and ($1 is null or (platform_name, platform_id) in
                 (select value ->> 'platform_name', value ->> 'platform_id' from json_each($1)))",
        )
        .bind(&named)
        .bind(self.now())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(requeued.rows_affected())
    }

    pub(super) async fn requeue_incomplete(&self, field: Field) -> Result<u64, StoreError> {
        let requeued = sqlx::query(
            "update music_ai_queue set status = 'pending', retry_count = 0, not_before = null, processed_at = null,
                 queued_at = $2
             where status = 'completed' and (platform_name, platform_id) in (
                 select platform_name, platform_id from music_library
                 where processing_status = 'ai_completed' and case $1
                     when 'title' then title is null
                     when 'artist' then artist is null and music_type in ('song', 'album')
                     when 'album' then album is null and music_type = 'song'
                     when 'genres' then genres = '[]'
                     when 'release_date' then release_date is null and music_type in ('song', 'album')
                     else 0 end)",
        )
        .bind(field.name())
        .bind(self.now())
        .execute(&self.writer)
        .await?;
        Ok(requeued.rows_affected())
    }

    pub(super) async fn read_counts(&self) -> Result<QueueCounts, StoreError> {
        let rows =
            sqlx::query("select status, waiting_for, n from queue_count where n > 0").fetch_all(&self.readers).await?;
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
            if !waiting.is_empty() {
                *counts.waiting.entry(waiting).or_default() += n;
            }
        }
        Ok(counts)
    }

    pub(super) async fn read_failed(&self, limit: u32) -> Result<Vec<FailedTrack>, StoreError> {
        let rows = sqlx::query(
            "select platform_name, platform_id, l.url, l.og_title, q.error_message, q.retry_count, q.processed_at
             from music_ai_queue q join music_library l using (platform_name, platform_id)
             where q.status = 'failed' order by q.processed_at desc limit $1",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(FailedTrack {
                    key: TrackKey {
                        platform_name: row.try_get("platform_name")?,
                        platform_id: row.try_get("platform_id")?,
                    },
                    url: row.try_get("url")?,
                    og_title: row.try_get("og_title")?,
                    error_message: row.try_get("error_message")?,
                    retry_count: row.try_get("retry_count")?,
                    processed_at: row.try_get("processed_at")?,
                })
            })
            .collect()
    }

    pub(super) async fn read_next_due(&self) -> Result<Option<i64>, StoreError> {
        Ok(sqlx::query_scalar(
            "select min(not_before) from music_ai_queue where status = 'pending' and not_before is not null",
        )
        .fetch_one(&self.readers)
        .await?)
    }

    pub(super) async fn read_tracks(&self, keys: &[TrackKey]) -> Result<Vec<Track>, StoreError> {
        let rows = sqlx::query(
            "select platform_name, platform_id, url, og_title, og_artist, og_description, og_metadata, shared_text
             from music_library where (platform_name, platform_id) in
                 (select value ->> 'platform_name', value ->> 'platform_id' from json_each($1))",
        )
        .bind(json(&keys)?)
        .fetch_all(&self.readers)
        .await?;
        rows.iter().map(track_from).collect()
    }
}

async fn enqueue_one(tx: &mut SqliteConnection, link: &NewLink, now: i64) -> Result<Enqueued, StoreError> {
    let track = &link.track;
    let has_metadata = track.has_metadata();
    let shares: i64 = sqlx::query_scalar(
        "insert into music_library (platform_name, platform_id, url, og_title, og_artist, og_description, og_image_url,
             og_metadata, og_fetched_at, shared_text, processing_status, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, iif($9 is null, 'pending', 'og_fetched'), $11, $11)
         on conflict do update set
             share_count = share_count + 1,
             url = ifnull(url, excluded.url),
             og_title = ifnull(og_title, excluded.og_title),
             og_artist = ifnull(og_artist, excluded.og_artist),
             og_description = ifnull(og_description, excluded.og_description),
             og_image_url = ifnull(og_image_url, excluded.og_image_url),
             og_metadata = iif(og_metadata = '{}', excluded.og_metadata, og_metadata),
             og_fetched_at = ifnull(og_fetched_at, excluded.og_fetched_at),
             shared_text = ifnull(shared_text, excluded.shared_text),
             updated_at = excluded.updated_at
         returning share_count",
    )
    .bind(&track.key.platform_name)
    .bind(&track.key.platform_id)
    .bind(&track.url)
    .bind(&track.og_title)
    .bind(&track.og_artist)
    .bind(&track.og_description)
    .bind(&link.og_image_url)
    .bind(&track.og_metadata)
    .bind(has_metadata.then_some(now))
    .bind(&track.shared_text)
    .bind(now)
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query(
        "insert into music_ai_queue (platform_name, platform_id, priority, queued_at, waiting_for)
         values ($1, $2, $3, $4, iif($5, null, 'page'))
         on conflict do update set
             priority = min(10, max(priority + 1, excluded.priority)),
             waiting_for = iif(waiting_for = 'page' and $5, null, waiting_for)",
    )
    .bind(&track.key.platform_name)
    .bind(&track.key.platform_id)
    .bind(link.priority.min(10))
    .bind(now)
    .bind(has_metadata)
    .execute(tx)
    .await?;
    Ok(if shares == 1 { Enqueued::Queued } else { Enqueued::Known })
}
