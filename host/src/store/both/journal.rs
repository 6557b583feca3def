//! Looking things up in the journal of model calls.

use super::super::{Backend, Row};
use crate::store::{BatchId, ModelUse, StoreError, Used};
use sqlx::{FromRow as _, Row as _};

/// Columns, added up over the shards.
macro_rules! sums {
    ($($column:literal),+) => {
        concat!($(", cast(sum(", $column, ") as bigint) as ", $column),+)
    };
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
