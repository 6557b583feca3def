//! Claiming: which tracks a batch takes, its lease, and taking over the batch of a host that is gone.

use super::SqliteStore;
use super::both::queue::replace_pruned;
use super::group::{Write, Written, mixed_up};
use crate::music::{Track, TrackKey};
use crate::store::batches::{Due, batches_of};
use crate::store::json::{from_json, json};
use crate::store::{BatchId, Claim, HostId, LEASE_MS, Lease, StoreError, Want};
use serde::Serialize;
use sqlx::SqliteConnection;

/// A batch about to be written.
#[derive(Serialize)]
struct NewBatch<'a> {
    id: &'a str,
    root: &'a str,
    /// Queue rows, in order.
    rows: &'a [i64],
}

impl SqliteStore {
    pub(super) async fn claim_due(&self, want: &Want) -> Result<Vec<Claim>, StoreError> {
        match self.group.put(Write::Claim(want.clone())).await? {
            Written::Claimed(claims) => Ok(claims),
            _ => Err(mixed_up()),
        }
    }

    pub(super) async fn claim_named(
        &self,
        host: &HostId,
        keys: &[TrackKey],
        revision: i64,
    ) -> Result<Option<Claim>, StoreError> {
        let keys = json(keys)?;
        let mut tx = self.begin().await?;
        replace_pruned(&mut tx, &keys).await?;
        let rows: Vec<i64> = sqlx::query_scalar(
            "select q.id from json_each($1) named
             join music_library l on l.platform_name = named.value ->> 'platform_name'
                 and l.platform_id = named.value ->> 'platform_id'
             join music_ai_queue q on q.id = l.id
             where q.status in ('pending', 'completed', 'failed') order by named.key",
        )
        .bind(&keys)
        .fetch_all(&mut *tx)
        .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let claim = take(&mut tx, host, &[rows], revision, false).await?.pop();
        tx.commit().await?;
        Ok(claim)
    }
}

pub async fn claim(tx: &mut SqliteConnection, want: &Want) -> Result<Vec<Claim>, StoreError> {
    if !want.even_paused && is_paused(tx).await? {
        return Ok(Vec::new());
    }
    sqlx::query(
        "update music_ai_queue set not_before = null
         where id in (
             select id from music_ai_queue
             where status = 'pending' and not_before is not null and not_before <= (select ms from clock)
             order by not_before limit 2000)",
    )
    .execute(&mut *tx)
    .await?;
    let found: String = sqlx::query_scalar(
        "select json_object(
             'by_rank', (select json_group_array(json_array(id, max_batch)) from (
                 select id, max_batch from music_ai_queue where due and priority between $3 and $4
                 order by priority desc, queued_at limit $1)),
             'by_age', (select json_group_array(json_array(id, max_batch)) from (
                 select id, max_batch, queued_at from (
                     select value as level from json_each('[10,9,8,7,6,5,4,3,2,1,0]')
                     where value between $3 and $4) as levels
                 join music_ai_queue on id in (
                     select id from music_ai_queue where due and priority = level order by queued_at limit $2)
                 order by queued_at, id limit $2)))",
    )
    .bind(want.tracks())
    .bind(want.aged)
    .bind(want.priorities.least)
    .bind(want.priorities.most)
    .fetch_one(&mut *tx)
    .await?;
    let due: Due = from_json(&found)?;
    let (batches, full) = batches_of(&due, want.size, want.batches);
    if batches.is_empty() { Ok(Vec::new()) } else { take(tx, &want.host, &batches, want.revision, full).await }
}

/// Makes rows batches; an attempt each.
async fn take(
    tx: &mut SqliteConnection,
    host: &HostId,
    batches: &[Vec<i64>],
    revision: i64,
    full: bool,
) -> Result<Vec<Claim>, StoreError> {
    let ids: Vec<BatchId> = batches.iter().map(|_| BatchId::new()).collect();
    let new = ids.iter().zip(batches).map(|(id, rows)| NewBatch { id: id.as_str(), root: id.as_str(), rows });
    let new = json(&new.collect::<Vec<_>>())?;
    sqlx::query(
        "update music_ai_queue set status = 'processing', batch_id = taken.batch, waiting_for = null, not_before = null,
             processing_started_at = (select ms from clock), retry_count = retry_count + 1
         from (select b.value ->> 'id' as batch, r.value as row from json_each($1) b, json_each(b.value, '$.rows') r)
             as taken
         where music_ai_queue.id = taken.row",
    )
    .bind(&new)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into extraction_batch (id, root_id, host_id, state, lease_until, size, pipeline_revision, track_ids,
             former_page, created_at)
         select b.value ->> 'id', b.value ->> 'root', $2, 'leased', (select ms from clock) + $3,
             json_array_length(b.value, '$.rows'), $4, b.value -> '$.rows',
             (select ifnull(max(id), 0) from former_page), (select ms from clock)
         from json_each($1) b",
    )
    .bind(&new)
    .bind(host.as_str())
    .bind(LEASE_MS)
    .bind(revision)
    .execute(&mut *tx)
    .await?;
    let tracks: String = sqlx::query_scalar(
        "select json_group_array((
             select json_group_array(json_object(
                  'platform_name', l.platform_name, 'platform_id', l.platform_id, 'url', l.url, 'og_title', l.og_title,
                  'og_artist', l.og_artist, 'og_description', l.og_description, 'og_metadata', l.og_metadata,
                  'shared_text', l.shared_text) order by r.key)
             from json_each(b.value, '$.rows') r join music_library l on l.id = r.value) order by b.key)
         from json_each($1) b",
    )
    .bind(&new)
    .fetch_one(tx)
    .await?;
    let tracks: Vec<Vec<Track>> = from_json(&tracks)?;
    let claim = |((batch, rows), tracks): ((BatchId, &Vec<i64>), Vec<Track>)| {
        let (root, open) = (batch.clone(), vec![true; tracks.len()]);
        let lease = Lease { batch, rows: rows.as_slice().into() };
        Claim { lease, root, open, tracks, full, recovered: false, resumed: false, revision }
    };
    Ok(ids.into_iter().zip(batches).zip(tracks).map(claim).collect())
}

pub async fn is_paused(connection: &mut SqliteConnection) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar("select paused_at is not null from worker_control").fetch_one(connection).await?)
}
