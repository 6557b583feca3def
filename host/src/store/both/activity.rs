//! What happened lately: the newest of each, read along an index from its end.

use super::super::{Backend, Row};
use crate::music::TrackKey;
use crate::store::timing::{Operation, timed};
use crate::store::{Activity, ActivityStore, BatchId, EndedBatch, Event, Failure, HostId, Since, StoreError};
use async_trait::async_trait;
use sqlx::Row as _;

#[async_trait]
impl ActivityStore for Backend {
    async fn activity(&self, since: &Since, limit: u32) -> Result<Activity, StoreError> {
        timed(
            Operation::Read,
            self.within(async {
                Ok(Activity {
                    now: sqlx::query_scalar("select ms from clock").fetch_one(self.readers()).await?,
                    events: self.events_after(since.event, limit).await?,
                    batches: self.batches_settled(since.at, limit).await?,
                    failures: self.failures_since(since.at, limit).await?,
                })
            }),
        )
        .await
    }
}

impl Backend {
    async fn events_after(&self, number: i64, limit: u32) -> Result<Vec<(i64, Event)>, StoreError> {
        let rows = sqlx::query("select id, at, kind, subject, text from event where id > $1 order by id desc limit $2")
            .bind(number)
            .bind(i64::from(limit))
            .fetch_all(self.readers())
            .await?;
        rows.iter().rev().map(event_from).collect()
    }

    async fn batches_settled(&self, at: i64, limit: u32) -> Result<Vec<EndedBatch>, StoreError> {
        let rows = sqlx::query(
            "select id, host_id, size, succeeded, failed, cost_micros, created_at, finished_at from extraction_batch
             where state = 'settled' and finished_at >= $1 order by finished_at desc limit $2",
        )
        .bind(at)
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await?;
        rows.iter().rev().map(batch_from).collect()
    }

    async fn failures_since(&self, at: i64, limit: u32) -> Result<Vec<Failure>, StoreError> {
        let rows = sqlx::query(
            "select id, platform_name, platform_id, error_message, retry_count, failed_at from music_ai_queue
             where failed_at is not null and failed_at >= $1 order by failed_at desc limit $2",
        )
        .bind(at)
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await?;
        rows.iter().rev().map(failure_from).collect()
    }
}

fn event_from(row: &Row) -> Result<(i64, Event), StoreError> {
    let event = Event {
        at: row.try_get("at")?,
        kind: row.try_get("kind")?,
        subject: row.try_get("subject")?,
        text: row.try_get("text")?,
    };
    Ok((row.try_get("id")?, event))
}

fn batch_from(row: &Row) -> Result<EndedBatch, StoreError> {
    Ok(EndedBatch {
        id: BatchId::from_text(row.try_get("id")?),
        host: HostId::from_text(row.try_get("host_id")?),
        size: row.try_get("size")?,
        succeeded: row.try_get("succeeded")?,
        failed: row.try_get("failed")?,
        cost_micros: row.try_get("cost_micros")?,
        created_at: row.try_get("created_at")?,
        finished_at: row.try_get("finished_at")?,
    })
}

fn failure_from(row: &Row) -> Result<Failure, StoreError> {
    Ok(Failure {
        row: row.try_get("id")?,
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        reason: row.try_get("error_message")?,
        attempts: row.try_get("retry_count")?,
        at: row.try_get("failed_at")?,
    })
}
