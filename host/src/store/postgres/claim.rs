//! Claiming: which tracks batches take, and their leases, in one statement.

use super::PostgresStore;
use crate::music::{Track, TrackKey};
use crate::store::json::{from_json, json};
use crate::store::{BatchId, Claim, HostId, LEASE_MS, Lease, StoreError, Want};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};
use std::collections::HashMap;

/// Picks rows and puts them into batches, as [`batches_of`](crate::store::batches::batches_of) does. Limits are written
/// out: with `limit $1` the planner guesses a tenth of the table. Rows are locked first and joined after.
fn pick(want: &Want) -> String {
    let (size, most, fits, aged) = (want.size, want.batches, want.tracks(), want.aged);
    format!(
        "with open as materialized (
             select 1 from worker_control where $4 or paused_at is null
         ), by_rank as materialized (
             select id, max_batch, priority, queued_at from music_ai_queue where due and exists (select from open)
             order by priority desc, queued_at, id limit {fits} for update skip locked
         ), oldest as materialized (
             select q.id from generate_series(0, 10) as level, lateral (
                 select id, queued_at from music_ai_queue where due and priority = level and exists (select from open)
                 order by queued_at, id limit {aged}) as q
             order by q.queued_at, q.id limit {aged}
         ), by_age as materialized (
             select id, max_batch, queued_at from music_ai_queue where due and id in (select id from oldest)
             for update skip locked
         ), picked as (
             select id, least(max_batch, {size}) as bound, row_number() over (order by min(place)) as rank from (
                 select id, max_batch, case when place <= {fits} - (select count(*) from by_age) then place
                     else 2 * {fits} + place end as place
                 from (select *, row_number() over (order by priority desc, queued_at, id) as place from by_rank) as ranked
                 union all
                 select id, max_batch, {fits} + row_number() over (order by queued_at, id) from by_age) as places
             group by id, max_batch order by min(place) limit {fits}
         ), placed as (
             select id, bound, rank, row_number() over (partition by bound order by rank) - 1 as place from picked
         ), numbered as (
             select id, place % bound as at, dense_rank() over (order by first) as batch
             from (select *, min(rank) over (partition by bound, place / bound) as first from placed) as firsts
         ), taken as materialized (
             select n.id, n.at, ($3::text[])[n.batch] as batch from numbered n where n.batch <= {most}
         ), more as (
             select (select count(*) from by_rank) >= {fits} or coalesce((select max(batch) from numbered), 0) > {most} as is_full
         ), "
    )
}

/// Picks the rows that a list of keys names, but for those that are being worked on.
const PICK_NAMED: &str = concat!(
    "with named as materialized (
         select q.id, each_one.at from ",
    each!("$4"),
    " join music_library l on l.platform_name = each_one.value ->> 'platform_name'
             and l.platform_id = each_one.value ->> 'platform_id'
         join music_ai_queue q on q.id = l.id
         where q.status in ('pending', 'completed', 'failed') for update of q skip locked
     ), taken as materialized (
         select id, row_number() over (order by at) - 1 as at, ($3::text[])[1] as batch from named
     ), more as (
         select false as is_full
     ), "
);

/// Makes the rows that were picked batches; an attempt each.
const TAKE: &str = "claimed as (
         update music_ai_queue q set status = 'processing', batch_id = t.batch, waiting_for = null, not_before = null,
             processing_started_at = c.ms, retry_count = q.retry_count + 1
         from taken t, clock c where q.id = t.id
     )
     insert into extraction_batch (id, root_id, host_id, state, lease_until, size, pipeline_revision, track_ids, tracks,
         created_at)
     select t.batch, t.batch, $1, 'leased', c.ms + 45000, count(*), $2, array_agg(t.id order by t.at),
         json_agg(json_build_object(
             'platform_name', l.platform_name, 'platform_id', l.platform_id, 'url', l.url, 'og_title', l.og_title,
             'og_artist', l.og_artist, 'og_description', l.og_description, 'og_metadata', l.og_metadata,
             'shared_text', l.shared_text) order by t.at)::text, c.ms
     from taken t join music_library l on l.id = t.id, clock c group by t.batch, c.ms
     returning id, track_ids, tracks, (select is_full from more) as is_full";

impl PostgresStore {
    pub(super) async fn claim_due(&self, want: &Want) -> Result<Vec<Claim>, StoreError> {
        let ids: Vec<BatchId> = (0..want.batches).map(|_| BatchId::new()).collect();
        let written = self.claims.run(async |connection| write(connection, want, &ids).await).await?;
        claims(ids, &written, want.revision)
    }

    pub(super) async fn claim_named(
        &self,
        host: &HostId,
        keys: &[TrackKey],
        revision: i64,
    ) -> Result<Option<Claim>, StoreError> {
        let ids = vec![BatchId::new()];
        let written = sqlx::query(AssertSqlSafe(format!("{PICK_NAMED}{TAKE}")))
            .bind(host.as_str())
            .bind(revision)
            .bind(texts(&ids))
            .bind(json(keys)?)
            .fetch_all(&self.pool)
            .await?;
        Ok(claims(ids, &written, revision)?.pop())
    }
}

async fn write(connection: &mut PgConnection, want: &Want, ids: &[BatchId]) -> Result<Vec<PgRow>, StoreError> {
    // Rows whose backoff has ended are due again. Apart, as one statement does not see what another part of it changed.
    sqlx::query(
        "update music_ai_queue set not_before = null where id in (
             select id from music_ai_queue where not_before is not null and not_before <= (select ms from clock)
             for update skip locked)",
    )
    .execute(&mut *connection)
    .await?;
    Ok(sqlx::query(AssertSqlSafe(format!("{}{TAKE}", pick(want))))
        .bind(want.host.as_str())
        .bind(want.revision)
        .bind(texts(ids))
        .bind(want.even_paused)
        .fetch_all(connection)
        .await?)
}

fn texts(ids: &[BatchId]) -> Vec<&str> {
    ids.iter().map(BatchId::as_str).collect()
}

fn claims(ids: Vec<BatchId>, written: &[PgRow], revision: i64) -> Result<Vec<Claim>, StoreError> {
    let mut batches: HashMap<String, &PgRow> = HashMap::with_capacity(written.len());
    for row in written {
        batches.insert(row.try_get("id")?, row);
    }
    let claim = |batch: BatchId| {
        let row = batches.get(batch.as_str())?;
        Some(claim_of(batch, row, revision))
    };
    ids.into_iter().filter_map(claim).collect()
}

fn claim_of(batch: BatchId, row: &PgRow, revision: i64) -> Result<Claim, StoreError> {
    let tracks: Vec<Track> = from_json(&row.try_get::<String, _>("tracks")?)?;
    let (root, open) = (batch.clone(), vec![true; tracks.len()]);
    let lease = Lease { batch, rows: row.try_get::<Vec<i64>, _>("track_ids")?.into() };
    Ok(Claim { lease, root, open, tracks, full: row.try_get("is_full")?, recovered: false, revision })
}

// The statement says it in words.
const _: () = assert!(LEASE_MS == 45_000);
