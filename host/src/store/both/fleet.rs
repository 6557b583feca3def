//! The operator's switch, and the hosts.

use super::super::{Backend, Row};
use super::outbox::{note_event, tell};
use crate::store::{EventKind, EventType, Host, HostId, NewHost, News, Pause, StoreError};
use crate::time::timestamp;
use serde_json::json;
use sqlx::Row as _;

impl Backend {
    pub(super) async fn read_pause(&self) -> Result<Option<Pause>, StoreError> {
        let row = sqlx::query("select paused_at, paused_by, reason from worker_control where paused_at is not null")
            .fetch_optional(self.readers())
            .await?;
        row.as_ref().map(pause_from).transpose()
    }

    pub(super) async fn write_pause(&self, by: &str, reason: Option<&str>) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let paused_at: Option<i64> = sqlx::query_scalar(
            "update worker_control set paused_at = (select ms from clock), paused_by = $1, reason = $2
             where paused_at is null returning paused_at",
        )
        .bind(by)
        .bind(reason)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(at) = paused_at {
            let because = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            note_event(&mut tx, EventKind::WorkerPaused, "worker", &format!("paused by {by}{because}")).await?;
            let data = json!({"paused_at": timestamp(at), "by": by, "reason": reason});
            tell(&mut tx, &News { of: EventType::WorkerPaused, data }).await?;
        }
        Ok(tx.commit().await?)
    }

    pub(super) async fn lift_pause(&self) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let row = sqlx::query(concat!(
            "select paused_at, paused_by, reason from worker_control where paused_at is not null",
            for_update!()
        ))
        .fetch_optional(&mut *tx)
        .await?;
        let Some(pause) = row.as_ref().map(pause_from).transpose()? else { return Ok(()) };
        sqlx::query("update worker_control set paused_at = null, paused_by = null, reason = null")
            .execute(&mut *tx)
            .await?;
        note_event(&mut tx, EventKind::WorkerResumed, "worker", "the pause was lifted").await?;
        let data = json!({"paused_at": timestamp(pause.at), "paused_by": pause.by, "reason": pause.reason});
        tell(&mut tx, &News { of: EventType::WorkerResumed, data }).await?;
        Ok(tx.commit().await?)
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

fn pause_from(row: &Row) -> Result<Pause, StoreError> {
    Ok(Pause { at: row.try_get("paused_at")?, by: row.try_get("paused_by")?, reason: row.try_get("reason")? })
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
