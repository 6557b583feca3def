//! Leases that are renewed, and batches whose lease has ended: they are taken over with the tracks they were shown.

use super::super::{Backend, Connection, track_from};
use super::outbox::tracks_failed;
use super::provider;
use crate::music::Track;
use crate::store::json::json;
use crate::store::{BatchId, Claim, HostId, LEASE_MS, Lease, MAX_ATTEMPTS, StoreError, Stray};
use sqlx::Row as _;

/// A batch that was lost.
struct Lost {
    id: String,
    /// Whether taking it over is no attempt more: the host had claimed it and never knew, or answers are there.
    is_free: bool,
    /// Whether answers are there.
    is_answered: bool,
    root: String,
    revision: i64,
    /// Its rows, in order: a JSON array.
    rows: String,
}

impl Backend {
    pub(super) async fn renew_lease(&self, batch: &BatchId) -> Result<(), StoreError> {
        let renewed = sqlx::query(
            "update extraction_batch set lease_until = (select ms from clock) + $1 where id = $2 and state = 'leased'",
        )
        .bind(LEASE_MS)
        .bind(batch.as_str())
        .execute(self.writer())
        .await?;
        if renewed.rows_affected() == 0 { Err(StoreError::Fenced(batch.to_string())) } else { Ok(()) }
    }

    pub(super) async fn take_over(
        &self,
        host: &HostId,
        held: &[BatchId],
        stray: Stray,
    ) -> Result<Option<Claim>, StoreError> {
        let held: Vec<[&str; 1]> = held.iter().map(|batch| [batch.as_str()]).collect();
        let held = json(&held)?;
        let mut tx = self.begin().await?;
        let paused = "select count(*) from worker_control where paused_at is not null";
        if sqlx::query_scalar::<_, i64>(paused).fetch_one(&mut *tx).await? > 0 {
            return Ok(None);
        }
        while let Some(lost) = lose(&mut tx, host, &held, stray).await? {
            book_lost_calls(&mut tx, &lost.id).await?;
            if !lost.is_free {
                fail_exhausted(&mut tx, &lost).await?;
            }
            let batch = BatchId::new();
            let adopted = adopt_rows(&mut tx, &lost, &batch).await?;
            if adopted.is_empty() {
                continue;
            }
            insert_successor(&mut tx, &batch, &lost, host).await?;
            let (rows, tracks): (Vec<i64>, Vec<Track>) =
                shown(&mut tx, batch.as_str(), &lost.rows).await?.into_iter().unzip();
            tx.commit().await?;
            let open = rows.iter().map(|row| adopted.contains(row)).collect();
            return Ok(Some(Claim {
                lease: Lease { batch, rows: rows.into() },
                root: BatchId::from_text(lost.root),
                tracks,
                open,
                full: true,
                recovered: true,
                resumed: lost.is_answered,
                revision: lost.revision,
            }));
        }
        tx.commit().await?;
        Ok(None)
    }
}

/// The batch whose lease ended first, or will.
async fn lose(tx: &mut Connection, host: &HostId, held: &str, stray: Stray) -> Result<Option<Lost>, StoreError> {
    let lost = sqlx::query(concat!(
        "update extraction_batch set state = case when state = 'answered' then 'released' else 'lost' end,
             finished_at = (select ms from clock)
         where id = (select id from extraction_batch
                     where finished_at is null and state <> 'submitted'
                         and (host_id = $2 or state = 'answered' or $3 and lease_until < (select ms from clock))
                         and id not in (select value ->> 0 from ",
        each!("$1"),
        ") order by lease_until limit 1",
        skip_locked!(),
        ") returning id, host_id = $2 as is_own, state = 'released' as is_answered, root_id, pipeline_revision, ",
        rows!("track_ids"),
        " as track_rows"
    ))
    .bind(held)
    .bind(host.as_str())
    .bind(stray == Stray::Any)
    .fetch_optional(tx)
    .await?;
    lost.map(|lost| {
        Ok(Lost {
            id: lost.try_get("id")?,
            is_free: lost.try_get("is_own")? || lost.try_get("is_answered")?,
            is_answered: lost.try_get("is_answered")?,
            root: lost.try_get("root_id")?,
            revision: lost.try_get("pipeline_revision")?,
            rows: lost.try_get("track_rows")?,
        })
    })
    .transpose()
}

impl Backend {
    pub(super) async fn end_calls(&self, batch: &BatchId) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        book_lost_calls(&mut tx, batch.as_str()).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Calls whose answer the lost host did not write down: they may have been paid, so what was set aside is spent.
async fn book_lost_calls(tx: &mut Connection, lost: &str) -> Result<(), StoreError> {
    let calls: Vec<(String, i64)> = sqlx::query_as(
        "update model_call set lost_at = (select ms from clock)
         where batch_id = $1 and answered_at is null and lost_at is null and provider_batch is null returning provider, reserved_micros",
    )
    .bind(lost)
    .fetch_all(&mut *tx)
    .await?;
    metrics::counter!("liner_model_calls_lost_total").increment(u64::try_from(calls.len()).unwrap_or(0));
    for (provider, reserved) in calls.into_iter().filter(|(_, reserved)| *reserved > 0) {
        provider::book(tx, &provider, reserved, reserved).await?;
    }
    Ok(())
}

/// Why a track failed that was being worked on whenever its host stopped.
macro_rules! stopped {
    () => {
        "'the host stopped without a word each time it worked on this track'"
    };
}

/// Tracks of a lost batch that have no attempt left.
async fn fail_exhausted(tx: &mut Connection, lost: &Lost) -> Result<(), StoreError> {
    sqlx::query(tracks_failed!(concat!(
        "(select id, batch_id as batch, ",
        stopped!(),
        " as reason, retry_count as attempts from music_ai_queue where id in ",
        numbers!("$1"),
        " and batch_id = $2 and status = 'processing' and retry_count >= $3) f"
    )))
    .bind(&lost.rows)
    .bind(&lost.id)
    .bind(MAX_ATTEMPTS)
    .execute(&mut *tx)
    .await?;
    sqlx::query(concat!(
        "update music_library set processing_status = 'failed', updated_at = (select ms from clock)
         where id in (select id from music_ai_queue where id in ",
        numbers!("$1"),
        " and batch_id = $2 and status = 'processing' and retry_count >= $3)"
    ))
    .bind(&lost.rows)
    .bind(&lost.id)
    .bind(MAX_ATTEMPTS)
    .execute(&mut *tx)
    .await?;
    sqlx::query(concat!(
        "update music_ai_queue set status = 'failed', batch_id = null, processed_at = (select ms from clock),
             error_message = ",
        stopped!(),
        " where id in ",
        numbers!("$1"),
        " and batch_id = $2 and status = 'processing' and retry_count >= $3"
    ))
    .bind(&lost.rows)
    .bind(&lost.id)
    .bind(MAX_ATTEMPTS)
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves what a lost batch holds to its successor, an attempt each if it was another host's; returns the rows moved.
async fn adopt_rows(tx: &mut Connection, lost: &Lost, batch: &BatchId) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar(concat!(
        "update music_ai_queue set batch_id = $1, processing_started_at = (select ms from clock),
             retry_count = retry_count + $4
         where id in ",
        numbers!("$2"),
        " and batch_id = $3 and status = 'processing' returning id"
    ))
    .bind(batch.as_str())
    .bind(&lost.rows)
    .bind(&lost.id)
    .bind(i64::from(!lost.is_free))
    .fetch_all(tx)
    .await?)
}

async fn insert_successor(tx: &mut Connection, batch: &BatchId, lost: &Lost, host: &HostId) -> Result<(), StoreError> {
    sqlx::query(
        "insert into extraction_batch (id, root_id, host_id, state, lease_until, size, pipeline_revision, track_ids,
             former_page, created_at)
         select $1, root_id, $2, 'leased', c.ms + $3, size, pipeline_revision, track_ids, former_page, c.ms
         from extraction_batch, clock c where id = $4",
    )
    .bind(batch.as_str())
    .bind(host.as_str())
    .bind(LEASE_MS)
    .bind(&lost.id)
    .execute(tx)
    .await?;
    Ok(())
}

/// What a batch's strategies were shown of its tracks when it was claimed first, in their order.
pub(super) async fn shown(
    connection: &mut Connection,
    batch: &str,
    rows: &str,
) -> Result<Vec<(i64, Track)>, StoreError> {
    let rows = sqlx::query(concat!(
        "select l.id, l.platform_name, l.platform_id,
             case when f.id is null then l.url else f.url end as url,
             case when f.id is null then l.og_title else f.og_title end as og_title,
             case when f.id is null then l.og_artist else f.og_artist end as og_artist,
             case when f.id is null then l.og_description else f.og_description end as og_description,
             case when f.id is null then l.og_metadata else f.og_metadata end as og_metadata,
             case when f.id is null then l.shared_text else f.shared_text end as shared_text
         from extraction_batch b cross join ",
        each!("$2"),
        " join music_library l on l.id = cast(cast(value as text) as bigint)
         left join former_page f on f.id = (select min(id) from former_page where track_id = l.id and id > b.former_page)
         where b.id = $1 order by at"
    ))
    .bind(batch)
    .bind(rows)
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((row.try_get("id")?, track_from(row)?))).collect()
}
