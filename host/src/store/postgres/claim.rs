//! Claiming: which tracks batches take, and their leases, in one short transaction. Rows are locked first and joined
//! after: a join under the lock is done again for every row that others have and that is passed over.

use super::both::queue::replace_pruned;
use super::{PostgresStore, track_from};
use crate::music::TrackKey;
use crate::store::batches::{Due, Row, batches_of};
use crate::store::json::json;
use crate::store::{BatchId, Claim, HostId, LEASE_MS, Lease, Priorities, StoreError, Want};
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Due rows, locked: most by rank, some by age alone, each with the largest batch that it may be in. Limits are written
/// out: with `limit $1` the planner guesses a tenth of the table.
fn due_rows(want: &Want) -> String {
    let (fits, aged, Priorities { least, most }) = (want.tracks(), want.aged, want.priorities);
    // All of them are the whole index, which the planner need not be told.
    let wanted = if want.priorities == Priorities::ALL {
        String::new()
    } else {
        format!(" and priority between {least} and {most}")
    };
    let by_rank = format!(
        "select id, max_batch, false as by_age from music_ai_queue where due{wanted} order by priority desc, queued_at, id
         limit {fits} for update skip locked"
    );
    if aged == 0 {
        return by_rank;
    }
    format!(
        "with by_rank as materialized (
             {by_rank}
         ), oldest as materialized (
             select q.id from generate_series({least}, {most}) as level, lateral (
                 select id, queued_at from music_ai_queue where due and priority = level
                 order by queued_at, id limit {aged}) as q
             order by q.queued_at, q.id limit {aged}
         ), by_age as materialized (
             select id, max_batch, true from music_ai_queue where due and id in (select id from oldest)
             order by queued_at, id for update skip locked
         )
         select * from by_rank union all select * from by_age"
    )
}

impl PostgresStore {
    pub(super) async fn claim_due(&self, want: &Want) -> Result<Vec<Claim>, StoreError> {
        self.claims.run(async |connection| claim(connection, want).await).await
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
        let rows: Vec<i64> = sqlx::query_scalar(concat!(
            "select q.id from ",
            each!("$1"),
            " join music_library l on l.platform_name = each_one.value ->> 'platform_name'
                 and l.platform_id = each_one.value ->> 'platform_id'
             join music_ai_queue q on q.id = l.id
             where q.status in ('pending', 'completed', 'failed') order by each_one.at for update of q skip locked"
        ))
        .bind(&keys)
        .fetch_all(&mut *tx)
        .await?;
        if rows.is_empty() {
            return Ok(None);
        }
        let claim = take(&mut tx, host, vec![rows], revision, false).await?.pop();
        tx.commit().await?;
        Ok(claim)
    }
}

async fn claim(connection: &mut PgConnection, want: &Want) -> Result<Vec<Claim>, StoreError> {
    let mut tx = connection.begin().await?;
    // Rows whose backoff has ended are due again, some at a time: a claim is short however many there are.
    let open: i64 = sqlx::query_scalar(
        "with returned as (
             update music_ai_queue set not_before = null where id in (
                 select id from music_ai_queue where not_before is not null and not_before <= (select ms from clock)
                 order by not_before limit 2000 for update skip locked)
         )
         select count(*) from worker_control where $1 or paused_at is null",
    )
    .bind(want.even_paused)
    .fetch_one(&mut *tx)
    .await?;
    if open == 0 {
        // A transaction that is only dropped ends when its connection is used next, and holds its rows until then.
        tx.rollback().await?;
        return Ok(Vec::new());
    }
    let rows: Vec<(i64, i64, bool)> = sqlx::query_as(AssertSqlSafe(due_rows(want))).fetch_all(&mut *tx).await?;
    let row = |(id, max_batch, _): &(i64, i64, bool)| -> Row { (*id, u32::try_from(*max_batch).unwrap_or(1)) };
    let of = |by_age: bool| rows.iter().filter(|(.., aged)| *aged == by_age).map(row).collect();
    let (batches, full) = batches_of(&Due { by_rank: of(false), by_age: of(true) }, want.size, want.batches);
    if batches.is_empty() {
        tx.commit().await?;
        return Ok(Vec::new());
    }
    let claims = take(&mut tx, &want.host, batches, want.revision, full).await?;
    tx.commit().await?;
    Ok(claims)
}

/// Makes rows that are locked batches; an attempt each.
async fn take(
    tx: &mut PgConnection,
    host: &HostId,
    batches: Vec<Vec<i64>>,
    revision: i64,
    full: bool,
) -> Result<Vec<Claim>, StoreError> {
    let ids: Vec<BatchId> = batches.iter().map(|_| BatchId::new()).collect();
    let (mut places, mut batch_of): (Vec<i64>, Vec<&str>) = (Vec::new(), Vec::new());
    let (mut from, mut to): (Vec<i32>, Vec<i32>) = (Vec::new(), Vec::new());
    for (id, rows) in ids.iter().zip(&batches) {
        from.push(i32::try_from(places.len()).unwrap_or(i32::MAX) + 1);
        places.extend(rows);
        batch_of.extend(rows.iter().map(|_| id.as_str()));
        to.push(i32::try_from(places.len()).unwrap_or(i32::MAX));
    }
    let rows = sqlx::query(
        "with claimed as (
             update music_ai_queue q set status = 'processing', batch_id = t.batch, waiting_for = null,
                 not_before = null, processing_started_at = c.ms, retry_count = q.retry_count + 1
             from unnest($1::bigint[], $2::text[]) as t(id, batch), clock c where q.id = t.id
         ), leased as (
             insert into extraction_batch (id, root_id, host_id, state, lease_until, size, pipeline_revision, track_ids,
                 former_page, created_at)
             select b.id, b.id, $6, 'leased', c.ms + $8, b.until - b.since + 1, $7, ($1::bigint[])[b.since:b.until],
                 (select coalesce(max(id), 0) from former_page), c.ms
             from unnest($3::text[], $4::integer[], $5::integer[]) as b(id, since, until), clock c
         )
         select l.platform_name, l.platform_id, l.url, l.og_title, l.og_artist, l.og_description, l.og_metadata,
             l.shared_text
         from unnest($1::bigint[]) with ordinality as t(id, n) join music_library l on l.id = t.id order by t.n",
    )
    .bind(&places)
    .bind(&batch_of)
    .bind(ids.iter().map(BatchId::as_str).collect::<Vec<_>>())
    .bind(&from)
    .bind(&to)
    .bind(host.as_str())
    .bind(revision)
    .bind(LEASE_MS)
    .fetch_all(tx)
    .await?;
    let mut tracks = rows.iter().map(track_from);
    let mut claims = Vec::with_capacity(batches.len());
    for (batch, rows) in ids.into_iter().zip(batches) {
        let tracks = tracks.by_ref().take(rows.len()).collect::<Result<Vec<_>, _>>()?;
        let (root, open) = (batch.clone(), vec![true; tracks.len()]);
        let lease = Lease { batch, rows: rows.into() };
        claims.push(Claim { lease, root, open, tracks, full, recovered: false, resumed: false, revision });
    }
    Ok(claims)
}
