//! Noticing what other processes wrote: SQLite changes a connection's `data_version` when another connection has written.
//! The writer is the only one of this process that writes, so it is the one that is asked.

use super::SqliteStore;
use crate::store::StoreError;
use std::time::Duration;

/// How often it is asked.
const LOOK: Duration = Duration::from_secs(1);

/// The writer's `data_version` when it was last asked for.
#[derive(Debug)]
pub struct Watch(i64);

impl SqliteStore {
    pub(super) async fn wait_for_change(&self) -> Result<(), StoreError> {
        let mut watch = self.watch.lock().await;
        loop {
            let version = self.data_version().await?;
            let before = watch.replace(Watch(version));
            if before.is_some_and(|Watch(before)| before != version) {
                return Ok(());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn data_version(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar("pragma data_version").fetch_one(&self.writer).await?)
    }
}
