//! Hearing of what other hosts wrote: the database tells those that listen, and is asked once a second besides, as what is
//! told may be lost with a connection or never come through a pooler.

use super::PostgresStore;
use crate::store::StoreError;
use sqlx::postgres::PgListener;
use std::time::Duration;

/// How often the database is asked.
const LOOK: Duration = Duration::from_secs(1);
/// What is told within this time is one change: links that come in by the thousand are looked at together.
const TOGETHER: Duration = Duration::from_millis(25);

/// What can be seen of everything that others write.
type Seen = (i64, i64, Option<i64>, Option<i64>, i64);

/// The listener, and what was seen last.
#[derive(Debug, Default)]
pub struct Watch {
    listener: Option<PgListener>,
    seen: Option<Seen>,
    stopped: bool,
}

impl Watch {
    /// Listens no more.
    pub fn stop(&mut self) {
        self.listener = None;
        self.stopped = true;
    }
}

impl PostgresStore {
    pub(super) async fn wait_for_change(&self) -> Result<(), StoreError> {
        loop {
            let mut watch = self.watch.lock().await;
            if watch.stopped {
                return Err(sqlx::Error::PoolClosed.into());
            }
            if watch.listener.is_none() {
                watch.listener = self.listen().await;
            }
            if let Some(listener) = &mut watch.listener {
                match tokio::time::timeout(LOOK, listener.try_recv()).await {
                    Ok(Ok(told)) => {
                        if told.is_none() {
                            // The connection was lost, and with it what was told meanwhile.
                            watch.seen = None;
                        }
                        tokio::time::sleep(TOGETHER).await;
                        if let Some(listener) = &mut watch.listener {
                            while listener.next_buffered().is_some() {}
                        }
                        watch.seen = Some(self.within(self.look()).await?);
                        return Ok(());
                    }
                    Ok(Err(error)) => {
                        watch.listener = None;
                        return Err(error.into());
                    }
                    Err(_) => {}
                }
            } else {
                tokio::time::sleep(LOOK).await;
            }
            let looked = self.within(self.look()).await;
            if looked.is_err() {
                // A connection that hangs tells nothing, and does not say so.
                watch.listener = None;
            }
            let now = looked?;
            if watch.seen.replace(now) != Some(now) {
                return Ok(());
            }
        }
    }

    async fn listen(&self) -> Option<PgListener> {
        let mut listener = self.within(async { Ok(PgListener::connect_with(&self.pool).await?) }).await.ok()?;
        self.within(async { Ok(listener.listen("liner").await?) }).await.ok()?;
        Some(listener)
    }

    async fn look(&self) -> Result<Seen, StoreError> {
        Ok(sqlx::query_as(
            "select coalesce((select max(revision) from pipeline), 0), coalesce((select max(id) from music_library), 0),
                 (select paused_at from worker_control), (select cast(sum(blocked_until) as bigint) from provider_budget),
                 (select count(draining_at) from host where stopped_at is null)",
        )
        .fetch_one(&self.pool)
        .await?)
    }
}
