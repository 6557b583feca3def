//! The operator's switch, and the hosts.

use super::super::{Backend, Row};
use crate::store::{Host, HostId, NewHost, Pause, StoreError};
use sqlx::Row as _;

impl Backend {
    pub(super) async fn read_pause(&self) -> Result<Option<Pause>, StoreError> {
        let row = sqlx::query("select paused_at, paused_by, reason from worker_control where paused_at is not null")
            .fetch_optional(self.readers())
            .await?;
        row.map(|row| {
            Ok(Pause { at: row.try_get("paused_at")?, by: row.try_get("paused_by")?, reason: row.try_get("reason")? })
        })
        .transpose()
    }

    pub(super) async fn write_pause(&self, by: &str, reason: Option<&str>) -> Result<(), StoreError> {
        sqlx::query(
            "update worker_control set paused_at = (select ms from clock), paused_by = $1, reason = $2
             where paused_at is null",
        )
        .bind(by)
        .bind(reason)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    pub(super) async fn lift_pause(&self) -> Result<(), StoreError> {
        sqlx::query("update worker_control set paused_at = null, paused_by = null, reason = null")
            .execute(self.writer())
            .await?;
        Ok(())
    }

    pub(in super::super) async fn register(&self, host: &NewHost) -> Result<(), StoreError> {
        sqlx::query(
            "insert into host (id, name, version, started_at, seen_at)
             values ($1, $2, $3, (select ms from clock), (select ms from clock))",
        )
        .bind(host.id.as_str())
        .bind(&host.name)
        .bind(env!("CARGO_PKG_VERSION"))
        .execute(self.writer())
        .await?;
        Ok(())
    }

    pub(super) async fn write_beat(&self, host: &HostId, in_flight: usize) -> Result<bool, StoreError> {
        let draining_at: Option<Option<i64>> = sqlx::query_scalar(
            "update host set seen_at = (select ms from clock), in_flight = $2 where id = $1 returning draining_at",
        )
        .bind(host.as_str())
        .bind(i64::try_from(in_flight).unwrap_or(i64::MAX))
        .fetch_optional(self.writer())
        .await?;
        Ok(draining_at.flatten().is_some())
    }

    pub(super) async fn write_leave(&self, host: &HostId) -> Result<(), StoreError> {
        sqlx::query(
            "update host set seen_at = (select ms from clock), stopped_at = (select ms from clock), in_flight = 0
             where id = $1",
        )
        .bind(host.as_str())
        .execute(self.writer())
        .await?;
        Ok(())
    }

    pub(super) async fn read_hosts(&self) -> Result<Vec<Host>, StoreError> {
        let rows = sqlx::query(
            "select id, name, version, started_at, seen_at, in_flight, draining_at, stopped_at,
                 (select ms from clock) - seen_at as silent_ms
             from host order by started_at desc, id desc limit 1000",
        )
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(host_from).collect()
    }

    pub(super) async fn write_drain(&self, host: &HostId, is_to: bool) -> Result<bool, StoreError> {
        let drained = sqlx::query(
            "update host set draining_at = case when $2 then coalesce(draining_at, (select ms from clock)) end
             where id = $1",
        )
        .bind(host.as_str())
        .bind(is_to)
        .execute(self.writer())
        .await?;
        Ok(drained.rows_affected() > 0)
    }
}

fn host_from(row: &Row) -> Result<Host, StoreError> {
    Ok(Host {
        id: HostId::from_text(row.try_get("id")?),
        name: row.try_get("name")?,
        version: row.try_get("version")?,
        started_at: row.try_get("started_at")?,
        seen_at: row.try_get("seen_at")?,
        in_flight: row.try_get("in_flight")?,
        draining_at: row.try_get("draining_at")?,
        stopped_at: row.try_get("stopped_at")?,
        silent_ms: row.try_get("silent_ms")?,
    })
}
