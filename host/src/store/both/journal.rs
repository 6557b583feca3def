//! The journal of model calls: writing a call down by itself, and looking things up.

use super::super::{Backend, Connection, Row};
use crate::store::journalled::{Frame, rest_of};
use crate::store::{BatchId, CallIntent, ModelUse, StoreError, Used};
use sqlx::{FromRow as _, Row as _};

/// Columns, added up over the shards.
macro_rules! sums {
    ($($column:literal),+) => {
        concat!($(", cast(sum(", $column, ") as bigint) as ", $column),+)
    };
}

/// Writes a call down, with what is set aside for it and the provider's batch it is in or waits for, if it is to be asked
/// so. Once written, the same again changes nothing.
pub(in super::super) async fn insert_call(
    tx: &mut Connection,
    call: &CallIntent,
    reserved_micros: i64,
    provider_batch: Option<&str>,
) -> Result<(), StoreError> {
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
             prompt_digest, provider, model, reserved_micros, provider_batch, sent_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, (select ms from clock))
         on conflict do nothing",
    )
    .bind(call.id.as_str())
    .bind(call.batch.as_str())
    .bind(call.root.as_str())
    .bind(&call.strategy)
    .bind(&call.strategy_digest)
    .bind(i64::from(call.round))
    .bind(&call.prompt.tag)
    .bind(&frame.digest)
    .bind(rest_of(&call.prompt)?)
    .bind(&call.prompt_digest)
    .bind(&call.provider)
    .bind(&call.model)
    .bind(reserved_micros)
    .bind(provider_batch)
    .execute(tx)
    .await?;
    Ok(())
}

impl Backend {
    pub(super) async fn count_lost_calls(&self) -> Result<i64, StoreError> {
        let lost = "select count(*) from model_call where lost_at is not null";
        Ok(sqlx::query_scalar(lost).fetch_one(self.readers()).await?)
    }

    pub(super) async fn was_settled(&self, batch: &BatchId) -> Result<bool, StoreError> {
        let settled = "select count(*) from extraction_batch where id = $1 and state = 'settled'";
        Ok(sqlx::query_scalar::<_, i64>(settled).bind(batch.as_str()).fetch_one(self.readers()).await? > 0)
    }

    pub(super) async fn read_model_use(&self, since_day: Option<i64>) -> Result<Vec<ModelUse>, StoreError> {
        let rows = sqlx::query(concat!(
            "select day, provider, model, strategy",
            sums!(
                "calls",
                "failed",
                "batched",
                "refused",
                "truncated",
                "unpriced",
                "retries",
                "tokens_in",
                "tokens_cached",
                "tokens_written",
                "tokens_out",
                "cost_micros",
                "latency_ms"
            ),
            " from model_use where day >= $1 group by 1, 2, 3, 4 order by day desc, provider, model, strategy"
        ))
        .bind(since_day.unwrap_or(0))
        .fetch_all(self.readers())
        .await?;
        let read = |row: &Row| {
            Ok(ModelUse {
                day: row.try_get("day")?,
                provider: row.try_get("provider")?,
                model: row.try_get("model")?,
                strategy: row.try_get("strategy")?,
                used: Used::from_row(row)?,
            })
        };
        rows.iter().map(read).collect()
    }
}
