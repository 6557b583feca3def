//! Claiming: which tracks a batch takes, its lease, and taking over the batch of a host that is gone.

use super::{LEASE_MS, SqliteStore, from_json, is_paused, json, track_from};
use crate::music::{Track, TrackKey};
use crate::store::{BatchId, Claim, HostId, MAX_ATTEMPTS, StoreError};
use sqlx::{Row, SqliteConnection};

/// One in this many rows of a claim is taken by age alone, so that low priorities do not starve.
const AGED_SHARE: u32 = 10;

/// A row that could be claimed.
struct Due {
    rowid: i64,
    max_batch: i64,
}

impl SqliteStore {
    pub(super) async fn claim_due(
        &self,
        host: &HostId,
        size: u32,
        revision: i64,
        even_paused: bool,
    ) -> Result<Option<Claim>, StoreError> {
        let now = self.now();
        let mut tx = self.write().await?;
        if !even_paused && is_paused(&mut tx).await? {
            return Ok(None);
        }
        sqlx::query(
            "update music_ai_queue set not_before = null
             where status = 'pending' and not_before is not null and not_before <= $1",
        )
        .bind(now)
        .execute(&mut *tx)
        .await?;
        let due = due_rows(&mut tx, size).await?;
        let found = due.len();
        let rows = fit(due, size);
        if rows.is_empty() {
            tx.commit().await?;
            return Ok(None);
        }
        let full = found >= usize::try_from(size).unwrap_or(usize::MAX) || rows.len() < found;
        let claim = take_rows(&mut tx, host, &rows, revision, full, now).await?;
        tx.commit().await?;
        Ok(Some(claim))
    }

    pub(super) async fn claim_named(
        &self,
        host: &HostId,
        keys: &[TrackKey],
        revision: i64,
    ) -> Result<Option<Claim>, StoreError> {
        let now = self.now();
        let mut tx = self.write().await?;
        let rows: Vec<i64> = sqlx::query_scalar(
            "select q.rowid from json_each($1) named
             join music_ai_queue q on q.platform_name = named.value ->> 'platform_name'
                 and q.platform_id = named.value ->> 'platform_id'
             where q.status in ('pending', 'completed', 'failed') order by named.key",
        )
        .bind(json(keys)?)
        .fetch_all(&mut *tx)
        .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let claim = take_rows(&mut tx, host, &rows, revision, false, now).await?;
        tx.commit().await?;
        Ok(Some(claim))
    }
    pub(super) async fn take_over(&self, host: &HostId) -> Result<Option<Claim>, StoreError> {
        let now = self.now();
        let mut tx = self.write().await?;
        if is_paused(&mut tx).await? {
            return Ok(None);
        }
        loop {
            let lost = sqlx::query(
                "update extraction_batch set state = 'lost', finished_at = $1
                 where id = (select id from extraction_batch where state = 'leased' and lease_until < $1
                             order by lease_until limit 1)
                 returning id, root_id, tracks, pipeline_revision",
            )
            .bind(now)
            .fetch_optional(&mut *tx)
            .await?;
            let Some(lost) = lost else {
                tx.commit().await?;
                return Ok(None);
            };
            let lost_id: String = lost.try_get("id")?;
            fail_exhausted(&mut tx, &lost_id, now).await?;
            let id = BatchId::new();
            let open = adopt_rows(&mut tx, &lost_id, &id, now).await?;
            if open.is_empty() {
                continue;
            }
            let root = BatchId::from_text(lost.try_get("root_id")?);
            let text: String = lost.try_get("tracks")?;
            let tracks: Vec<Track> = from_json(&text)?;
            let revision = lost.try_get("pipeline_revision")?;
            insert_batch(&mut tx, &id, &root, host, now, revision, &text, open.len()).await?;
            tx.commit().await?;
            let open = (0i64..).take(tracks.len()).map(|index| open.contains(&index)).collect();
            return Ok(Some(Claim { id, root, tracks, open, full: true, recovered: true, revision }));
        }
    }

    pub(super) async fn end_leases(&self, host: &HostId) -> Result<u64, StoreError> {
        let ended = sqlx::query("update extraction_batch set lease_until = 0 where state = 'leased' and host_id <> $1")
            .bind(host.as_str())
            .execute(&self.writer)
            .await?;
        Ok(ended.rows_affected())
    }

    pub(super) async fn renew_lease(&self, batch: &BatchId) -> Result<(), StoreError> {
        let renewed = sqlx::query("update extraction_batch set lease_until = $1 where id = $2 and state = 'leased'")
            .bind(self.now() + LEASE_MS)
            .bind(batch.as_str())
            .execute(&self.writer)
            .await?;
        if renewed.rows_affected() == 0 { Err(StoreError::Fenced(batch.to_string())) } else { Ok(()) }
    }
}

/// Makes rows a batch; an attempt each.
async fn take_rows(
    tx: &mut SqliteConnection,
    host: &HostId,
    rows: &[i64],
    revision: i64,
    full: bool,
    now: i64,
) -> Result<Claim, StoreError> {
    let id = BatchId::new();
    // The position in the batch is the position in the list.
    sqlx::query(
        "update music_ai_queue set status = 'processing', batch_id = $1, batch_index = taken.key, waiting_for = null,
             not_before = null, processing_started_at = $2, retry_count = retry_count + 1
         from (select key, value from json_each($3)) as taken where music_ai_queue.rowid = taken.value",
    )
    .bind(id.as_str())
    .bind(now)
    .bind(json(rows)?)
    .execute(&mut *tx)
    .await?;
    let tracks = tracks_of(tx, &id).await?;
    sqlx::query(
        "update music_library set processing_status = 'ai_processing'
         where rowid in (select l.rowid from music_ai_queue q join music_library l using (platform_name, platform_id)
                         where q.batch_id = $1 and q.status = 'processing')",
    )
    .bind(id.as_str())
    .execute(&mut *tx)
    .await?;
    insert_batch(tx, &id, &id, host, now, revision, &json(&tracks)?, tracks.len()).await?;
    let open = vec![true; tracks.len()];
    Ok(Claim { root: id.clone(), id, open, tracks, full, recovered: false, revision })
}

/// Most rows by priority and age, one in [`AGED_SHARE`] by age alone; what both shares name counts once.
async fn due_rows(tx: &mut SqliteConnection, size: u32) -> Result<Vec<Due>, StoreError> {
    let by_priority = sqlx::query(
        "select rowid, max_batch from music_ai_queue
         where status = 'pending' and waiting_for is null and not_before is null
         order by priority desc, queued_at limit $1",
    )
    .bind(size)
    .fetch_all(&mut *tx)
    .await?;
    let by_age = sqlx::query(
        "select rowid, max_batch from music_ai_queue
         where status = 'pending' and waiting_for is null and not_before is null
         order by queued_at limit $1",
    )
    .bind(size / AGED_SHARE)
    .fetch_all(tx)
    .await?;
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let first = size - by_age.len();
    let (preferred, rest) = by_priority.split_at_checked(first).unwrap_or((by_priority.as_slice(), &[]));
    let mut due: Vec<Due> = Vec::with_capacity(size);
    for row in preferred.iter().chain(&by_age).chain(rest) {
        let row = Due { rowid: row.try_get("rowid")?, max_batch: row.try_get("max_batch")? };
        if due.len() < size && due.iter().all(|known| known.rowid != row.rowid) {
            due.push(row);
        }
    }
    Ok(due)
}

/// The rows a batch may take: no more than the smallest `max_batch` among them.
fn fit(due: Vec<Due>, size: u32) -> Vec<i64> {
    let mut rows = Vec::new();
    let mut most = i64::from(size);
    for row in due {
        let next = i64::try_from(rows.len()).unwrap_or(i64::MAX) + 1;
        if next <= most.min(row.max_batch) {
            most = most.min(row.max_batch);
            rows.push(row.rowid);
        }
    }
    rows
}

async fn tracks_of(tx: &mut SqliteConnection, batch: &BatchId) -> Result<Vec<Track>, StoreError> {
    let rows = sqlx::query(
        "select platform_name, platform_id, l.url, l.og_title, l.og_artist, l.og_description, l.og_metadata, l.shared_text
         from music_ai_queue q join music_library l using (platform_name, platform_id)
         where q.batch_id = $1 and q.status = 'processing' order by q.batch_index",
    )
    .bind(batch.as_str())
    .fetch_all(tx)
    .await?;
    rows.iter().map(track_from).collect()
}

#[allow(clippy::too_many_arguments)]
async fn insert_batch(
    tx: &mut SqliteConnection,
    id: &BatchId,
    root: &BatchId,
    host: &HostId,
    now: i64,
    revision: i64,
    tracks: &str,
    size: usize,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into extraction_batch (id, root_id, host_id, state, lease_until, size, pipeline_revision, tracks, created_at)
         values ($1, $2, $3, 'leased', $4, $5, $6, $7, $8)",
    )
    .bind(id.as_str())
    .bind(root.as_str())
    .bind(host.as_str())
    .bind(now + LEASE_MS)
    .bind(i64::try_from(size).unwrap_or(i64::MAX))
    .bind(revision)
    .bind(tracks)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Tracks of a lost batch that have no attempt left.
async fn fail_exhausted(tx: &mut SqliteConnection, lost: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update music_library set processing_status = 'failed'
         where rowid in (select l.rowid from music_ai_queue q join music_library l using (platform_name, platform_id)
                         where q.batch_id = $1 and q.status = 'processing' and q.retry_count >= $2)",
    )
    .bind(lost)
    .bind(MAX_ATTEMPTS)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "update music_ai_queue set status = 'failed', batch_id = null, batch_index = null, processed_at = $1,
             error_message = 'the host stopped without a word each time it worked on this track'
         where batch_id = $2 and status = 'processing' and retry_count >= $3",
    )
    .bind(now)
    .bind(lost)
    .bind(MAX_ATTEMPTS)
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves what a lost batch holds to its successor, an attempt each; returns the positions moved.
async fn adopt_rows(tx: &mut SqliteConnection, lost: &str, id: &BatchId, now: i64) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query_scalar(
        "update music_ai_queue set batch_id = $1, processing_started_at = $2, retry_count = retry_count + 1
         where batch_id = $3 and status = 'processing' returning batch_index",
    )
    .bind(id.as_str())
    .bind(now)
    .bind(lost)
    .fetch_all(tx)
    .await?;
    Ok(rows)
}
