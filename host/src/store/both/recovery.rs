//! Leases that are renewed, and batches whose lease has ended: they are taken over with the tracks they were shown.

use super::super::{Backend, Connection};
use super::provider;
use crate::store::json::{from_json, json};
use crate::store::{BatchId, Claim, HostId, LEASE_MS, Lease, MAX_ATTEMPTS, StoreError};
use sqlx::Row as _;

/// A batch that was lost.
struct Lost {
    id: String,
    root: String,
    revision: i64,
    /// What its strategies were shown: a JSON array.
    tracks: String,
    /// Its rows, in the same order: a JSON array. A row that is gone is null.
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

    pub(super) async fn take_over(&self, host: &HostId, held: &[BatchId]) -> Result<Option<Claim>, StoreError> {
        let held: Vec<[&str; 1]> = held.iter().map(|batch| [batch.as_str()]).collect();
        let held = json(&held)?;
        let mut tx = self.begin().await?;
        let paused = "select count(*) from worker_control where paused_at is not null";
        if sqlx::query_scalar::<_, i64>(paused).fetch_one(&mut *tx).await? > 0 {
            return Ok(None);
        }
        while let Some(lost) = lose(&mut tx, &held).await? {
            book_lost_calls(&mut tx, &lost.id).await?;
            fail_exhausted(&mut tx, &lost).await?;
            let batch = BatchId::new();
            let adopted = adopt_rows(&mut tx, &lost, &batch).await?;
            if adopted.is_empty() {
                continue;
            }
            insert_successor(&mut tx, &batch, &lost, host).await?;
            tx.commit().await?;
            let rows: Vec<Option<i64>> = from_json(&lost.rows)?;
            let open = rows.iter().map(|row| row.is_some_and(|row| adopted.contains(&row))).collect();
            // No row has number 0.
            let rows = rows.into_iter().map(Option::unwrap_or_default).collect();
            return Ok(Some(Claim {
                lease: Lease { batch, rows },
                root: BatchId::from_text(lost.root),
                tracks: from_json(&lost.tracks)?,
                open,
                full: true,
                recovered: true,
                revision: lost.revision,
            }));
        }
        tx.commit().await?;
        Ok(None)
    }
}

/// The batch whose lease ended first.
async fn lose(tx: &mut Connection, held: &str) -> Result<Option<Lost>, StoreError> {
    let lost = sqlx::query(concat!(
        "update extraction_batch set state = 'lost', finished_at = (select ms from clock)
         where id = (select id from extraction_batch
                     where state = 'leased' and lease_until < (select ms from clock)
                         and id not in (select value ->> 0 from ",
        each!("$1"),
        ") order by lease_until limit 1",
        skip_locked!(),
        ") returning id, root_id, pipeline_revision, tracks, ",
        rows!("track_ids"),
        " as track_rows"
    ))
    .bind(held)
    .fetch_optional(tx)
    .await?;
    lost.map(|lost| {
        Ok(Lost {
            id: lost.try_get("id")?,
            root: lost.try_get("root_id")?,
            revision: lost.try_get("pipeline_revision")?,
            tracks: lost.try_get("tracks")?,
            rows: lost.try_get("track_rows")?,
        })
    })
    .transpose()
}

/// Calls whose answer the lost host did not write down: they may have been paid, so what was set aside is spent.
async fn book_lost_calls(tx: &mut Connection, lost: &str) -> Result<(), StoreError> {
    let calls: Vec<(String, i64)> = sqlx::query_as(
        "update model_call set lost_at = (select ms from clock)
         where batch_id = $1 and answered_at is null and lost_at is null returning provider, reserved_micros",
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

/// Tracks of a lost batch that have no attempt left.
async fn fail_exhausted(tx: &mut Connection, lost: &Lost) -> Result<(), StoreError> {
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
             error_message = 'the host stopped without a word each time it worked on this track'
         where id in ",
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

/// Moves what a lost batch holds to its successor, an attempt each; returns the rows moved.
async fn adopt_rows(tx: &mut Connection, lost: &Lost, batch: &BatchId) -> Result<Vec<i64>, StoreError> {
    Ok(sqlx::query_scalar(concat!(
        "update music_ai_queue set batch_id = $1, processing_started_at = (select ms from clock),
             retry_count = retry_count + 1
         where id in ",
        numbers!("$2"),
        " and batch_id = $3 and status = 'processing' returning id"
    ))
    .bind(batch.as_str())
    .bind(&lost.rows)
    .bind(&lost.id)
    .fetch_all(tx)
    .await?)
}

async fn insert_successor(tx: &mut Connection, batch: &BatchId, lost: &Lost, host: &HostId) -> Result<(), StoreError> {
    sqlx::query(
        "insert into extraction_batch (id, root_id, host_id, state, lease_until, size, pipeline_revision, track_ids,
             tracks, created_at)
         select $1, root_id, $2, 'leased', c.ms + $3, size, pipeline_revision, track_ids, tracks, c.ms
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
