//! What is told of what happens, in the transaction in which it does: messages that webhooks are owed, and events that
//! operators see. Nothing is written while nobody wants to hear of it.
//!
//! A message about a batch or a track has its id from the batch's, so that the same is never owed twice.

use super::super::Connection;
use crate::store::{EventKind, News, StoreError};

/// Events that are kept.
const EVENTS_KEPT: i64 = 5_000;

/// That batches `b` were completed.
macro_rules! batches_completed {
    ($batches:literal) => {
        concat!(
            "insert into webhook_outbox (event_id, endpoint_id, type, data, at, owed_at, next_at)
             select 'msg_' || b.id, e.id, 'batch.completed', ",
            object!(
                "'batch', b.id, 'host', b.host_id, 'host_name', (select name from host where id = b.host_id),
                 'revision', b.pipeline_revision, 'tracks', b.size, 'succeeded', b.succeeded, 'failed', b.failed,
                 'cost_usd', cast(b.cost_micros as double precision) / 1000000,
                 'duration_ms', b.finished_at - b.created_at"
            ),
            ", b.finished_at, b.finished_at, b.finished_at from ",
            $batches,
            ", webhook_endpoint e where b.finished_at is not null and e.disabled_at is null
                 and (e.events is null or e.events like '%\"batch.completed\"%')
             on conflict do nothing"
        )
    };
}

/// That tracks `f` failed for good, of which are known the number, the batch, the reason and the attempts.
macro_rules! tracks_failed {
    ($tracks:expr) => {
        concat!(
            "insert into webhook_outbox (event_id, endpoint_id, type, data, at, owed_at, next_at)
             select 'msg_' || f.batch || '_' || f.id, e.id, 'track.failed', ",
            object!(
                "'platform_name', l.platform_name, 'platform_id', l.platform_id, 'url', l.url, 'reason', f.reason,
                 'attempts', f.attempts, 'batch', f.batch"
            ),
            ", c.ms, c.ms, c.ms from clock c, ",
            $tracks,
            " join music_library l on l.id = f.id, webhook_endpoint e where e.disabled_at is null
                 and (e.events is null or e.events like '%\"track.failed\"%')
             on conflict do nothing"
        )
    };
}

pub(in super::super) use {batches_completed, tracks_failed};

/// Owes a message to every endpoint that hears of its type.
pub(in super::super) async fn tell(tx: &mut Connection, news: &News) -> Result<(), StoreError> {
    sqlx::query(
        "insert into webhook_outbox (event_id, endpoint_id, type, data, at, owed_at, next_at)
         select $1, e.id, $2, $3, c.ms, c.ms, c.ms from clock c, webhook_endpoint e
         where e.disabled_at is null and (e.events is null or e.events like '%\"' || $2 || '\"%')",
    )
    .bind(format!("msg_{}", uuid::Uuid::now_v7()))
    .bind(news.of.name())
    .bind(news.data.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes an event, and forgets the oldest beyond some thousands.
pub(in super::super) async fn note_event(
    tx: &mut Connection,
    kind: EventKind,
    subject: &str,
    text: &str,
) -> Result<(), StoreError> {
    sqlx::query("insert into event (at, kind, subject, text) values ((select ms from clock), $1, $2, $3)")
        .bind(kind.name())
        .bind(subject)
        .bind(text)
        .execute(&mut *tx)
        .await?;
    sqlx::query("delete from event where id <= (select max(id) from event) - $1").bind(EVENTS_KEPT).execute(tx).await?;
    Ok(())
}
