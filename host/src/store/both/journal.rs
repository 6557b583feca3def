//! Looking things up in the journal of model calls.

use super::super::Backend;
use crate::store::{BatchId, StoreError};

impl Backend {
    pub(super) async fn count_lost_calls(&self) -> Result<i64, StoreError> {
        let lost = "select count(*) from model_call where lost_at is not null";
        Ok(sqlx::query_scalar(lost).fetch_one(self.readers()).await?)
    }

    pub(super) async fn was_settled(&self, batch: &BatchId) -> Result<bool, StoreError> {
        let settled = "select count(*) from extraction_batch where id = $1 and state = 'settled'";
        Ok(sqlx::query_scalar::<_, i64>(settled).bind(batch.as_str()).fetch_one(self.readers()).await? > 0)
    }
}
