//! The journal of model calls: a prompt is written before it is sent, its reply before anything reads it.

use super::SqliteStore;
use super::both::journal::insert_call;
use super::both::provider;
use super::group::{Write, Written, mixed_up};
use crate::store::journalled::answered;
use crate::store::json::json;
use crate::store::{Admission, BatchId, CallAnswer, CallId, CallIntent, JournalledReply, Limits, Rate, StoreError};
use sqlx::{Row as _, SqliteConnection};

impl SqliteStore {
    pub(super) async fn find_reply(
        &self,
        prompt_digest: &str,
        root: &BatchId,
        read: &[CallId],
        reuse_ms: i64,
    ) -> Result<Option<JournalledReply>, StoreError> {
        let read: Vec<&str> = read.iter().map(CallId::as_str).collect();
        let row = sqlx::query(
            "select id, reply, stop, answered_by from model_call
             where prompt_digest = $1 and answered_at is not null and error is null
                 and (root_id = $2
                     or (interpreted_at is null or decided_all) and answered_at >= (select ms from clock) - $4)
                 and id not in (select value from json_each($3))
             order by root_id = $2 desc, answered_at limit 1",
        )
        .bind(prompt_digest)
        .bind(root.as_str())
        .bind(json(&read)?)
        .bind(reuse_ms)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| {
            let stop: String = row.try_get("stop")?;
            Ok(JournalledReply::new(row.try_get("id")?, row.try_get("reply")?, &stop, row.try_get("answered_by")?))
        })
        .transpose()
    }

    pub(super) async fn write_intent(&self, call: &CallIntent, limits: &Limits) -> Result<Admission, StoreError> {
        match self.group.put(Write::Intent(Box::new(call.clone()), *limits)).await? {
            Written::Admitted(admission) => Ok(admission),
            _ => Err(mixed_up()),
        }
    }

    pub(super) async fn write_answer(&self, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError> {
        match self.group.put(Write::Answer(call.clone(), Box::new(answer.clone()))).await? {
            Written::Answered => Ok(()),
            _ => Err(mixed_up()),
        }
    }
}

pub async fn insert_intent(
    tx: &mut SqliteConnection,
    call: &CallIntent,
    limits: &Limits,
) -> Result<Admission, StoreError> {
    if limits.is_some() {
        let is_known: bool = sqlx::query_scalar("select count(*) > 0 from model_call where id = $1")
            .bind(call.id.as_str())
            .fetch_one(&mut *tx)
            .await?;
        if is_known {
            return Ok(Admission::Admitted);
        }
        let admission = provider::admit(tx, &call.provider, call.reserve, limits).await?;
        if admission != Admission::Admitted {
            return Ok(admission);
        }
    }
    let reserved = if limits.is_some() { call.reserve.cost_micros.unwrap_or(0) } else { 0 };
    insert_call(tx, call, reserved, None).await?;
    Ok(Admission::Admitted)
}

/// A call that was answered, as it is booked.
#[derive(sqlx::FromRow)]
struct Booked {
    provider: String,
    reserved: i64,
    spent: i64,
}

/// Writes an answer, books what it cost and counts it. What was set aside for a call that was given up for lost was booked
/// as spent: its late answer books the difference.
pub async fn insert_answer(tx: &mut SqliteConnection, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError> {
    let answer = answered(answer);
    let booked: Option<Booked> = sqlx::query_as(
        "update model_call set answered_at = (select ms from clock), reply = $1, stop = $2, answered_by = $3,
             request_id = $4, tokens_in = $5, tokens_cached = $6, tokens_written = $7, tokens_out = $8, cost_micros = $9,
             latency_ms = $10, error = $11, retries = $12
         where id = $13 and answered_at is null returning provider,
             iif(lost_at is null and ifnull(provider_batch, '-') <> '', reserved_micros, 0) as reserved, iif(lost_at is null, 0, reserved_micros) as spent",
    )
    .bind(answer.reply)
    .bind(answer.stop)
    .bind(answer.answered_by)
    .bind(answer.request_id)
    .bind(answer.tokens_in)
    .bind(answer.tokens_cached)
    .bind(answer.tokens_written)
    .bind(answer.tokens_out)
    .bind(answer.cost_micros)
    .bind(answer.latency_ms)
    .bind(answer.error)
    .bind(answer.retries)
    .bind(call.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(Booked { provider, reserved, spent }) = booked else { return Ok(()) };
    let cost = answer.cost_micros.unwrap_or(if answer.is_cost_unknown { reserved + spent } else { 0 }) - spent;
    if reserved != 0 || cost != 0 {
        provider::book(tx, &provider, reserved, cost).await?;
    }
    if let Some(rate) = answer.rate {
        correct_rate(tx, &provider, rate).await?;
    }
    count_use(tx, call).await
}

/// Corrects the buckets by what an answer needed and by what the provider says is left.
async fn correct_rate(tx: &mut SqliteConnection, provider: &str, rate: Rate) -> Result<(), StoreError> {
    // What is left to ask of the provider says nothing about a bucket where it is not said.
    #[allow(clippy::cast_precision_loss)]
    let left = |left: Option<i64>| left.map_or(1e15, |left| left as f64);
    #[allow(clippy::cast_precision_loss)]
    let (returned_in, returned_out) = (rate.returned_in as f64, rate.returned_out as f64);
    sqlx::query(
        "update provider_budget set requests = case when requests < $2 then requests else $2 end,
             tokens_in = case when tokens_in + $3 < $4 then tokens_in + $3 else $4 end,
             tokens_out = case when tokens_out + $5 < $6 then tokens_out + $5 else $6 end
         where provider = $1",
    )
    .bind(provider)
    .bind(left(rate.headroom.requests))
    .bind(returned_in)
    .bind(left(rate.headroom.tokens_in))
    .bind(returned_out)
    .bind(left(rate.headroom.tokens_out))
    .execute(tx)
    .await?;
    Ok(())
}

async fn count_use(tx: &mut SqliteConnection, call: &CallId) -> Result<(), StoreError> {
    sqlx::query(
        "insert into model_use
         select answered_at / 86400000, provider, model, strategy, 0, 1, error is not null,
             error is null and provider_batch is not null, ifnull(stop = 'refused', 0), ifnull(stop = 'truncated', 0),
             error is null and cost_micros is null, retries, ifnull(tokens_in, 0), ifnull(tokens_cached, 0),
             ifnull(tokens_written, 0), ifnull(tokens_out, 0),
             ifnull(cost_micros, 0), ifnull(latency_ms, 0)
         from model_call where id = $1
         on conflict do update set calls = calls + 1, failed = failed + excluded.failed,
             batched = batched + excluded.batched, refused = refused + excluded.refused,
             truncated = truncated + excluded.truncated, unpriced = unpriced + excluded.unpriced,
             retries = retries + excluded.retries, tokens_in = tokens_in + excluded.tokens_in,
             tokens_cached = tokens_cached + excluded.tokens_cached,
             tokens_written = tokens_written + excluded.tokens_written, tokens_out = tokens_out + excluded.tokens_out,
             cost_micros = cost_micros + excluded.cost_micros, latency_ms = latency_ms + excluded.latency_ms",
    )
    .bind(call.as_str())
    .execute(tx)
    .await?;
    Ok(())
}
