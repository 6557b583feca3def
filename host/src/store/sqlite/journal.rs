//! The journal of model calls: a prompt is written before it is sent, its reply before anything reads it.

use super::SqliteStore;
use super::both::provider;
use super::group::{Write, Written, mixed_up};
use crate::store::journalled::{Frame, answered, rest_of};
use crate::store::json::json;
use crate::store::{Admission, BatchId, CallAnswer, CallId, CallIntent, JournalledReply, Limits, StoreError};
use sqlx::{Row as _, SqliteConnection};

impl SqliteStore {
    pub(super) async fn find_reply(
        &self,
        prompt_digest: &str,
        root: &BatchId,
        read: &[CallId],
    ) -> Result<Option<JournalledReply>, StoreError> {
        let read: Vec<&str> = read.iter().map(CallId::as_str).collect();
        let row = sqlx::query(
            "select id, reply, stop, answered_by from model_call
             where prompt_digest = $1 and answered_at is not null and error is null
                 and (root_id = $2 or interpreted_at is null or decided_all)
                 and id not in (select value from json_each($3))
             order by root_id = $2 desc, answered_at limit 1",
        )
        .bind(prompt_digest)
        .bind(root.as_str())
        .bind(json(&read)?)
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
        let admission = provider::admit(tx, &call.provider, call.reserved_micros, limits).await?;
        if admission != Admission::Admitted {
            return Ok(admission);
        }
    }
    let frame = Frame::of(&call.prompt);
    sqlx::query(
        "insert into prompt_frame (digest, system, response_schema) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(&frame.digest)
    .bind(frame.system)
    .bind(frame.response_schema)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "insert into model_call (id, batch_id, root_id, strategy, strategy_digest, round, tag, frame, prompt,
             prompt_digest, provider, model, reserved_micros, sent_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, (select ms from clock)) on conflict do nothing",
    )
    .bind(call.id.as_str())
    .bind(call.batch.as_str())
    .bind(call.root.as_str())
    .bind(&call.strategy)
    .bind(&call.strategy_digest)
    .bind(call.round)
    .bind(&call.prompt.tag)
    .bind(&frame.digest)
    .bind(rest_of(&call.prompt)?)
    .bind(&call.prompt_digest)
    .bind(&call.provider)
    .bind(&call.model)
    .bind(if limits.is_some() { call.reserved_micros } else { 0 })
    .execute(tx)
    .await?;
    Ok(Admission::Admitted)
}

/// Writes an answer, and books what it cost. What was set aside for a call that was given up for lost was booked as spent:
/// its late answer books the difference.
pub async fn insert_answer(tx: &mut SqliteConnection, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError> {
    let answer = answered(answer);
    let booked: Option<(String, i64, i64)> = sqlx::query_as(
        "update model_call set answered_at = (select ms from clock), reply = $1, stop = $2, answered_by = $3,
             request_id = $4, tokens_in = $5, tokens_cached = $6, tokens_out = $7, cost_micros = $8, latency_ms = $9,
             error = $10
         where id = $11 and answered_at is null returning provider,
             iif(lost_at is null, reserved_micros, 0), iif(lost_at is null, 0, reserved_micros)",
    )
    .bind(answer.reply)
    .bind(answer.stop)
    .bind(answer.answered_by)
    .bind(answer.request_id)
    .bind(answer.tokens_in)
    .bind(answer.tokens_cached)
    .bind(answer.tokens_out)
    .bind(answer.cost_micros)
    .bind(answer.latency_ms)
    .bind(answer.error)
    .bind(call.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let Some((provider, reserved, spent)) = booked else { return Ok(()) };
    let cost = answer.cost_micros.unwrap_or(0) - spent;
    if reserved != 0 || cost != 0 {
        provider::book(tx, &provider, reserved, cost).await?;
    }
    Ok(())
}
