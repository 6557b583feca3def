//! The operator's switch, and the running host.

use super::SqliteStore;
use crate::store::{HostId, Pause, StoreError};
use sqlx::Row;
use std::sync::atomic::Ordering;

impl SqliteStore {
    pub(super) async fn read_pause(&self) -> Result<Option<Pause>, StoreError> {
        let row = sqlx::query("select paused_at, paused_by, reason from worker_control where paused_at is not null")
            .fetch_optional(&self.readers)
            .await?;
        row.map(|row| {
            Ok(Pause { at: row.try_get("paused_at")?, by: row.try_get("paused_by")?, reason: row.try_get("reason")? })
        })
        .transpose()
    }

    pub(super) async fn write_pause(&self, by: &str, reason: Option<&str>) -> Result<(), StoreError> {
        sqlx::query("update worker_control set paused_at = $1, paused_by = $2, reason = $3 where paused_at is null")
            .bind(self.now())
            .bind(by)
            .bind(reason)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    pub(super) async fn lift_pause(&self) -> Result<(), StoreError> {
        sqlx::query("update worker_control set paused_at = null, paused_by = null, reason = null")
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    /// SQLite changes a connection's `data_version` when another connection has written; the writer is the only one of
    /// this process that writes.
    pub(super) async fn read_data_version(&self) -> Result<bool, StoreError> {
        let version: i64 = sqlx::query_scalar("pragma data_version").fetch_one(&self.writer).await?;
        let before = self.data_version.swap(version, Ordering::Relaxed);
        Ok(before != version)
    }

    pub(super) async fn write_host(&self, host: &HostId) -> Result<(), StoreError> {
        sqlx::query(
            "insert into host (id, started_at, seen_at, version) values ($1, $2, $2, $3)
             on conflict do update set seen_at = excluded.seen_at",
        )
        .bind(host.as_str())
        .bind(self.now())
        .bind(env!("CARGO_PKG_VERSION"))
        .execute(&self.writer)
        .await?;
        Ok(())
    }
}
