//! Messages on their way: claimed by whoever sends them, settled by that claim, given up after a day.

use super::super::{Backend, Connection, Row};
use super::outbox::note_event;
use crate::store::json::json;
use crate::store::{
    Attempt, DELIVERIES_KEPT, DELIVERY_LEASE_MS, EventKind, GONE_MS, Next, Owed, StoreError, WebhookId,
};
use sqlx::Row as _;
use std::time::Duration;

/// What an endpoint answers that is gone.
const GONE: u16 = 410;
/// Messages that are given up at once.
const STEP: i64 = 1_000;

pub(super) async fn claim(store: &Backend, endpoint: &WebhookId, most: u32) -> Result<Vec<Owed>, StoreError> {
    let claim = uuid::Uuid::now_v7().to_string();
    let rows = sqlx::query(concat!(
        "with due as materialized (
             select id from webhook_outbox where endpoint_id = $1 and next_at <= (select ms from clock)
             order by next_at, id limit $2",
        skip_locked!(),
        ")
         update webhook_outbox set claim = $3, attempts = attempts + 1, next_at = (select ms from clock) + $4
         where id in (select id from due) returning id, event_id, type, data, at, attempts"
    ))
    .bind(endpoint.as_str())
    .bind(i64::from(most))
    .bind(&claim)
    .bind(DELIVERY_LEASE_MS)
    .fetch_all(store.writer())
    .await?;
    rows.iter().map(|row| owed_from(row, endpoint, &claim)).collect()
}

fn owed_from(row: &Row, endpoint: &WebhookId, claim: &str) -> Result<Owed, StoreError> {
    Ok(Owed {
        row: row.try_get("id")?,
        claim: claim.to_owned(),
        endpoint: endpoint.clone(),
        event_id: row.try_get("event_id")?,
        kind: row.try_get("type")?,
        data: row.try_get("data")?,
        at: row.try_get("at")?,
        attempt: row.try_get("attempts")?,
    })
}

pub(super) async fn settle(store: &Backend, attempts: &[Attempt]) -> Result<Vec<WebhookId>, StoreError> {
    let mut disabled = Vec::new();
    let mut tx = store.begin().await?;
    for attempt in attempts {
        // The log says what was sent, whoever it is that settles it.
        if !is_kept(&mut tx, &attempt.owed.endpoint).await? {
            continue;
        }
        note(&mut tx, attempt).await?;
        // Whoever took the message over knows better how its endpoint is.
        if !settle_message(&mut tx, attempt).await? {
            continue;
        }
        if attempt.next == Next::Delivered {
            works(&mut tx, &attempt.owed.endpoint).await?;
        } else if fails(&mut tx, attempt).await? {
            disabled.push(attempt.owed.endpoint.clone());
        }
        if attempt.next == Next::GivenUp {
            note_given_up(&mut tx, attempt.owed.endpoint.as_str()).await?;
        }
    }
    tx.commit().await?;
    Ok(disabled)
}

/// An endpoint may have been removed meanwhile. It is held so that attempts that are settled at once do not wait for one
/// another in a circle.
async fn is_kept(tx: &mut Connection, endpoint: &WebhookId) -> Result<bool, StoreError> {
    let held: Option<String> =
        sqlx::query_scalar(concat!("select id from webhook_endpoint where id = $1", for_update!()))
            .bind(endpoint.as_str())
            .fetch_optional(tx)
            .await?;
    Ok(held.is_some())
}

/// Whether the attempt's claim still held the message.
async fn settle_message(tx: &mut Connection, attempt: &Attempt) -> Result<bool, StoreError> {
    let (row, claim) = (attempt.owed.row, &attempt.owed.claim);
    let settled = match attempt.next {
        Next::Again(ms) => sqlx::query(
            "update webhook_outbox set claim = null, next_at = (select ms from clock) + $3 where id = $1 and claim = $2",
        )
        .bind(row)
        .bind(claim)
        .bind(ms),
        Next::Delivered | Next::GivenUp | Next::Never => {
            sqlx::query("delete from webhook_outbox where id = $1 and claim = $2").bind(row).bind(claim)
        }
    };
    Ok(settled.execute(tx).await?.rows_affected() > 0)
}

/// Writes an attempt into the log.
pub(super) async fn note(tx: &mut Connection, attempt: &Attempt) -> Result<(), StoreError> {
    let again_ms = if let Next::Again(ms) = attempt.next { Some(ms) } else { None };
    let owed = &attempt.owed;
    sqlx::query(
        "insert into webhook_delivery (event_id, endpoint_id, type, data, event_at, attempt, at, outcome, status, error,
             duration_ms, next_at)
         select $1, $2, $3, $4, $5, $6, c.ms - $10, $7, $8, $9, $10, c.ms + $11 from clock c",
    )
    .bind(&owed.event_id)
    .bind(owed.endpoint.as_str())
    .bind(&owed.kind)
    .bind(&owed.data)
    .bind(owed.at)
    .bind(owed.attempt)
    .bind(attempt.next.outcome())
    .bind(attempt.status.map(i64::from))
    .bind(&attempt.error)
    .bind(attempt.duration_ms)
    .bind(again_ms)
    .execute(tx)
    .await?;
    Ok(())
}

async fn works(tx: &mut Connection, endpoint: &WebhookId) -> Result<(), StoreError> {
    sqlx::query(
        "update webhook_endpoint set failing_since = null, gone_since = null, gave_up_at = null
         where id = $1 and (failing_since is not null or gave_up_at is not null)",
    )
    .bind(endpoint.as_str())
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that an attempt failed; whether its endpoint has been gone for so long that nothing is sent to it any more. Only an
/// answer says that it is not gone.
async fn fails(tx: &mut Connection, attempt: &Attempt) -> Result<bool, StoreError> {
    let is_gone = attempt.status == Some(GONE);
    sqlx::query(
        "update webhook_endpoint set failing_since = coalesce(failing_since, c.ms),
             gone_since = case when $2 then coalesce(gone_since, c.ms) when $3 then null else gone_since end,
             rests_until = case when rests_until < c.ms + $4 then c.ms + $4 else rests_until end
         from clock c where webhook_endpoint.id = $1",
    )
    .bind(attempt.owed.endpoint.as_str())
    .bind(is_gone)
    .bind(attempt.status.is_some())
    .bind(attempt.rest_ms.unwrap_or(0))
    .execute(&mut *tx)
    .await?;
    if !is_gone {
        return Ok(false);
    }
    let disabled = sqlx::query(
        "update webhook_endpoint set disabled_at = (select ms from clock), disabled_reason = 'it answers 410 Gone'
         where id = $1 and disabled_at is null and gone_since <= (select ms from clock) - $2",
    )
    .bind(attempt.owed.endpoint.as_str())
    .bind(GONE_MS)
    .execute(&mut *tx)
    .await?;
    if disabled.rows_affected() == 0 {
        return Ok(false);
    }
    let text = "it answers 410 Gone, and nothing is sent to it until it is enabled again";
    note_event(tx, EventKind::WebhookDisabled, attempt.owed.endpoint.as_str(), text).await?;
    Ok(true)
}

/// Owes the message of an attempt as if it had just happened. It is a new row: those with the lowest numbers are owed for
/// longest. What is being sent just now is sent a second time, under the same id.
pub(super) async fn owe_again(store: &Backend, delivery: i64) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let sent: Option<(String, String)> =
        sqlx::query_as("select endpoint_id, event_id from webhook_delivery where id = $1")
            .bind(delivery)
            .fetch_optional(&mut *tx)
            .await?;
    let Some((endpoint, event)) = sent else { return Ok(false) };
    if !is_kept(&mut tx, &WebhookId::from_text(endpoint.clone())).await? {
        return Ok(false);
    }
    sqlx::query("delete from webhook_outbox where endpoint_id = $1 and event_id = $2")
        .bind(endpoint)
        .bind(event)
        .execute(&mut *tx)
        .await?;
    let owed = sqlx::query(
        "insert into webhook_outbox (event_id, endpoint_id, type, data, at, owed_at, next_at)
         select d.event_id, d.endpoint_id, d.type, d.data, d.event_at, c.ms, c.ms
         from webhook_delivery d, clock c where d.id = $1",
    )
    .bind(delivery)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(owed.rows_affected() > 0)
}

pub(super) async fn give_back(store: &Backend, owed: &[Owed]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    for owed in owed {
        sqlx::query(
            "update webhook_outbox set claim = null, next_at = (select ms from clock), attempts = attempts - 1
             where id = $1 and claim = $2",
        )
        .bind(owed.row)
        .bind(&owed.claim)
        .execute(&mut *tx)
        .await?;
    }
    Ok(tx.commit().await?)
}

/// The oldest have the lowest numbers. What is being sent is left to whoever sends it.
pub(super) async fn give_up(store: &Backend, age: Duration) -> Result<u64, StoreError> {
    let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
    let mut tx = store.begin().await?;
    let old: Vec<(i64, String)> = sqlx::query_as(concat!(
        "select id, endpoint_id from webhook_outbox
         where id in (select id from webhook_outbox order by id limit $2)
             and owed_at < (select ms from clock) - $1 and (claim is null or next_at <= (select ms from clock))
         order by id",
        skip_locked!()
    ))
    .bind(age)
    .bind(STEP)
    .fetch_all(&mut *tx)
    .await?;
    if !old.is_empty() {
        let rows: Vec<[i64; 1]> = old.iter().map(|(row, _)| [*row]).collect();
        forget(&mut tx, &json(&rows)?).await?;
        let mut endpoints: Vec<&String> = old.iter().map(|(_, endpoint)| endpoint).collect();
        endpoints.sort_unstable();
        endpoints.dedup();
        for endpoint in endpoints {
            note_given_up(&mut tx, endpoint).await?;
        }
    }
    trim(&mut tx).await?;
    tx.commit().await?;
    Ok(u64::try_from(old.len()).unwrap_or(u64::MAX))
}

async fn forget(tx: &mut Connection, rows: &str) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "insert into webhook_delivery (event_id, endpoint_id, type, data, event_at, attempt, at, outcome, error, duration_ms)
         select event_id, endpoint_id, type, data, o.at, attempts, c.ms, 'given_up', 'not delivered within a day', 0
         from clock c, webhook_outbox o where id in (select cast(value ->> 0 as bigint) from ",
        each!("$1"),
        ") order by id"
    ))
    .bind(rows)
    .execute(&mut *tx)
    .await?;
    sqlx::query(concat!(
        "delete from webhook_outbox where id in (select cast(value ->> 0 as bigint) from ",
        each!("$1"),
        ")"
    ))
    .bind(rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// That messages are given up is told once, until one is delivered again.
async fn note_given_up(tx: &mut Connection, endpoint: &str) -> Result<(), StoreError> {
    let first = sqlx::query(
        "update webhook_endpoint set gave_up_at = (select ms from clock) where id = $1 and gave_up_at is null",
    )
    .bind(endpoint)
    .execute(&mut *tx)
    .await?;
    if first.rows_affected() > 0 {
        let text = "a message was not delivered within a day and is given up, as those after it are until it answers";
        note_event(tx, EventKind::WebhookGaveUp, endpoint, text).await?;
    }
    Ok(())
}

/// Forgets the oldest of the log.
async fn trim(tx: &mut Connection) -> Result<(), StoreError> {
    let endpoints: Vec<String> = sqlx::query_scalar("select id from webhook_endpoint").fetch_all(&mut *tx).await?;
    for endpoint in endpoints {
        sqlx::query(
            "delete from webhook_delivery where endpoint_id = $1 and id <= (
                 select id from webhook_delivery where endpoint_id = $1 order by id desc limit 1 offset $2)",
        )
        .bind(endpoint)
        .bind(DELIVERIES_KEPT)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
