//! The journal of model calls: a prompt is written before it is sent, its reply before anything reads it.

use super::{SqliteStore, json};
use crate::store::{BatchId, CallAnswer, CallId, CallIntent, JournalledReply, StoreError};
use sqlx::Row;

impl SqliteStore {
    pub(super) async fn write_intent(&self, call: &CallIntent) -> Result<(), StoreError> {
        sqlx::query(
            "insert into model_call (id, batch_id, root_id, strategy, strategy_digest, round, tag, prompt, prompt_digest,
                 provider, model, sent_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(call.id.as_str())
        .bind(call.batch.as_str())
        .bind(call.root.as_str())
        .bind(&call.strategy)
        .bind(&call.strategy_digest)
        .bind(call.round)
        .bind(&call.prompt.tag)
        .bind(json(&call.prompt)?)
        .bind(&call.prompt_digest)
        .bind(&call.provider)
        .bind(&call.model)
        .bind(self.now())
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    pub(super) async fn write_answer(&self, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError> {
        match answer {
            CallAnswer::Reply { reply, request_id, usage, latency_ms } => {
                sqlx::query(
                    "update model_call set answered_at = $1, reply = $2, stop = $3, answered_by = $4, request_id = $5,
                         tokens_in = $6, tokens_cached = $7, tokens_out = $8, cost_micros = $9, latency_ms = $10
                     where id = $11",
                )
                .bind(self.now())
                .bind(&reply.text)
                .bind(reply.stop.name())
                .bind(&reply.model)
                .bind(request_id)
                .bind(usage.tokens_in)
                .bind(usage.tokens_cached)
                .bind(usage.tokens_out)
                .bind(usage.cost_micros)
                .bind(latency_ms)
                .bind(call.as_str())
                .execute(&self.writer)
                .await?;
            }
            CallAnswer::Error(error) => {
                sqlx::query("update model_call set answered_at = $1, error = $2 where id = $3")
                    .bind(self.now())
                    .bind(error)
                    .bind(call.as_str())
                    .execute(&self.writer)
                    .await?;
            }
        }
        Ok(())
    }

    pub(super) async fn find_reply(
        &self,
        prompt_digest: &str,
        root: &BatchId,
        read: &[CallId],
    ) -> Result<Option<JournalledReply>, StoreError> {
        let row = sqlx::query(
            "select id, reply, stop, answered_by from model_call
             where prompt_digest = $1 and answered_at is not null and error is null
                 and (root_id = $2 or interpreted_at is null or decided_all)
                 and id not in (select value from json_each($3))
             order by root_id = $2 desc, answered_at limit 1",
        )
        .bind(prompt_digest)
        .bind(root.as_str())
        .bind(json(&read.iter().map(CallId::as_str).collect::<Vec<_>>())?)
        .fetch_optional(&self.readers)
        .await?;
        row.map(|row| {
            let stop: String = row.try_get("stop")?;
            Ok(JournalledReply::new(row.try_get("id")?, row.try_get("reply")?, &stop, row.try_get("answered_by")?))
        })
        .transpose()
    }
}
