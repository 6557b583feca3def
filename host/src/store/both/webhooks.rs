//! Endpoints and their log.

use super::super::{Backend, Row};
use super::outbox::note_event;
use super::{deliveries, settings};
use crate::secret::Secret;
use crate::store::json::{from_json, json};
use crate::store::timing::{Operation, timed};
use crate::store::{
    Attempt, Delivery, EventKind, EventType, FORMER_SECRET_MS, MOST_WEBHOOKS, NewWebhook, OWED_COUNTED, Outbox, Owed,
    StoreError, Webhook, WebhookId, WebhookState, WebhookStore,
};
use async_trait::async_trait;
use sqlx::Row as _;
use std::time::Duration;

/// Messages that are sent at once to an endpoint that is enabled again; those behind them when it is their time.
const HURRIED: i64 = 10_000;

/// The columns of an endpoint, and whether its former secret still signs.
macro_rules! endpoints {
    ($where:literal) => {
        concat!(
            "select e.id, e.url, e.events, e.secret,
                 case when coalesce(e.former_until, c.ms) >= c.ms then e.former_secret end as former_secret,
                 e.created_at, e.disabled_at, e.disabled_reason, e.rests_until, e.failing_since
             from webhook_endpoint e, clock c ",
            $where
        )
    };
}

/// The columns of an attempt.
macro_rules! attempts {
    ($where:literal) => {
        concat!(
            "select id, event_id, type, attempt, at, outcome, status, error, duration_ms, next_at from webhook_delivery ",
            $where
        )
    };
}

#[async_trait]
impl WebhookStore for Backend {
    async fn keep_webhook(&self, webhook: &NewWebhook) -> Result<bool, StoreError> {
        let kept = sqlx::query(
            "insert into webhook_endpoint (id, url, events, secret, former_secret, created_at)
             select $1, $2, $3, $4, $5, c.ms from clock c where (select count(*) from webhook_endpoint) < $6",
        )
        .bind(webhook.id.as_str())
        .bind(&webhook.url)
        .bind(events(webhook)?)
        .bind(webhook.secret.expose())
        .bind(webhook.former_secret.as_ref().map(Secret::expose))
        .bind(MOST_WEBHOOKS)
        .execute(self.writer());
        timed(Operation::Write, self.within(async { Ok(kept.await?.rows_affected() > 0) })).await
    }

    async fn set_webhook(&self, webhook: &NewWebhook) -> Result<(), StoreError> {
        timed(Operation::Write, self.within(settings::set(self, webhook))).await
    }

    async fn unset_webhook(&self) -> Result<bool, StoreError> {
        timed(Operation::Write, self.within(settings::unset(self))).await
    }

    async fn webhooks(&self) -> Result<Vec<WebhookState>, StoreError> {
        timed(Operation::Read, self.within(self.read_webhooks())).await
    }

    async fn webhook(&self, id: &WebhookId) -> Result<Option<Webhook>, StoreError> {
        let row = sqlx::query(endpoints!("where e.id = $1")).bind(id.as_str()).fetch_optional(self.readers());
        timed(Operation::Read, self.within(async { row.await?.as_ref().map(webhook_from).transpose() })).await
    }

    async fn remove_webhook(&self, id: &WebhookId) -> Result<bool, StoreError> {
        let removed =
            sqlx::query("delete from webhook_endpoint where id = $1").bind(id.as_str()).execute(self.writer());
        timed(Operation::Write, self.within(async { Ok(removed.await?.rows_affected() > 0) })).await
    }

    async fn enable_webhook(&self, id: &WebhookId) -> Result<bool, StoreError> {
        timed(Operation::Write, self.within(self.enable(id))).await
    }

    async fn renew_secret(&self, id: &WebhookId, secret: &Secret) -> Result<bool, StoreError> {
        let renewed = sqlx::query(
            "update webhook_endpoint set former_secret = secret, former_until = (select ms from clock) + $3, secret = $2
             where id = $1",
        )
        .bind(id.as_str())
        .bind(secret.expose())
        .bind(FORMER_SECRET_MS)
        .execute(self.writer());
        timed(Operation::Write, self.within(async { Ok(renewed.await?.rows_affected() > 0) })).await
    }

    async fn due_webhooks(&self) -> Result<Vec<Webhook>, StoreError> {
        let rows = sqlx::query(endpoints!(
            "where e.disabled_at is null and e.rests_until <= c.ms and exists (
                 select 1 from webhook_outbox o where o.endpoint_id = e.id and o.next_at <= c.ms)
             order by e.id"
        ))
        .fetch_all(self.readers());
        timed(Operation::Read, self.within(async { rows.await?.iter().map(webhook_from).collect() })).await
    }

    async fn claim_owed(&self, endpoint: &WebhookId, most: u32) -> Result<Vec<Owed>, StoreError> {
        timed(Operation::Notify, self.within(deliveries::claim(self, endpoint, most))).await
    }

    async fn settle_attempts(&self, attempts: &[Attempt]) -> Result<Vec<WebhookId>, StoreError> {
        timed(Operation::Notify, self.within(deliveries::settle(self, attempts))).await
    }

    async fn return_owed(&self, owed: &[Owed]) -> Result<(), StoreError> {
        timed(Operation::Notify, self.within(deliveries::give_back(self, owed))).await
    }

    async fn note_delivery(&self, attempt: &Attempt) -> Result<(), StoreError> {
        timed(
            Operation::Write,
            self.within(async {
                let mut tx = self.begin().await?;
                deliveries::note(&mut tx, attempt).await?;
                Ok(tx.commit().await?)
            }),
        )
        .await
    }

    async fn give_up_owed(&self, age: Duration) -> Result<u64, StoreError> {
        timed(Operation::Prune, self.within(deliveries::give_up(self, age))).await
    }

    async fn deliveries(
        &self,
        endpoint: &WebhookId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(attempts!("where endpoint_id = $1 and id < $2 order by id desc limit $3"))
            .bind(endpoint.as_str())
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .fetch_all(self.readers());
        timed(Operation::Read, self.within(async { rows.await?.iter().map(delivery_from).collect() })).await
    }

    async fn owe_again(&self, delivery: i64) -> Result<bool, StoreError> {
        timed(Operation::Write, self.within(deliveries::owe_again(self, delivery))).await
    }

    async fn outbox(&self) -> Result<Outbox, StoreError> {
        timed(Operation::Read, self.within(self.read_outbox())).await
    }
}

impl Backend {
    async fn read_outbox(&self) -> Result<Outbox, StoreError> {
        let (rows, oldest_ms): (i64, i64) = sqlx::query_as(
            "select (select count(*) from (select 1 as one from webhook_outbox limit $1) as counted),
                 coalesce((select c.ms - owed_at from webhook_outbox order by id limit 1), 0) from clock c",
        )
        .bind(OWED_COUNTED)
        .fetch_one(self.readers())
        .await?;
        Ok(Outbox { rows, oldest_ms })
    }

    async fn read_webhooks(&self) -> Result<Vec<WebhookState>, StoreError> {
        let mut connection = self.readers().acquire().await?;
        let rows = sqlx::query(endpoints!("order by e.created_at, e.id")).fetch_all(&mut *connection).await?;
        let mut states = Vec::with_capacity(rows.len());
        for row in &rows {
            let webhook = webhook_from(row)?;
            let (owed, owed_since): (i64, Option<i64>) = sqlx::query_as(
                "select count(*), min(owed_at) from (
                     select owed_at from webhook_outbox where endpoint_id = $1 order by id limit $2) as counted",
            )
            .bind(webhook.id.as_str())
            .bind(OWED_COUNTED)
            .fetch_one(&mut *connection)
            .await?;
            let last = sqlx::query(attempts!("where endpoint_id = $1 order by id desc limit 1"))
                .bind(webhook.id.as_str())
                .fetch_optional(&mut *connection)
                .await?;
            let last = last.as_ref().map(delivery_from).transpose()?;
            states.push(WebhookState { webhook, owed, owed_since, last });
        }
        Ok(states)
    }

    async fn enable(&self, id: &WebhookId) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let was_disabled: Option<bool> = sqlx::query_scalar(concat!(
            "select disabled_at is not null from webhook_endpoint where id = $1",
            for_update!()
        ))
        .bind(id.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(was_disabled) = was_disabled else { return Ok(false) };
        sqlx::query(
            "update webhook_endpoint set disabled_at = null, disabled_reason = null, gone_since = null, rests_until = 0
             where id = $1",
        )
        .bind(id.as_str())
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "update webhook_outbox set next_at = (select ms from clock) where claim is null and id in (
                 select id from webhook_outbox where endpoint_id = $1 and next_at > (select ms from clock)
                 order by next_at limit $2)",
        )
        .bind(id.as_str())
        .bind(HURRIED)
        .execute(&mut *tx)
        .await?;
        if was_disabled {
            note_event(&mut tx, EventKind::WebhookEnabled, id.as_str(), "messages are sent to it again").await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// What it hears of, as it is kept.
pub(super) fn events(webhook: &NewWebhook) -> Result<Option<String>, StoreError> {
    let names = |events: &Vec<EventType>| json(&events.iter().map(|event| event.name()).collect::<Vec<_>>());
    webhook.events.as_ref().map(names).transpose()
}

fn webhook_from(row: &Row) -> Result<Webhook, StoreError> {
    let events: Option<String> = row.try_get("events")?;
    let secrets = [Some(row.try_get("secret")?), row.try_get("former_secret")?];
    let disabled_at: Option<i64> = row.try_get("disabled_at")?;
    let disabled_reason: Option<String> = row.try_get("disabled_reason")?;
    Ok(Webhook {
        id: WebhookId::from_text(row.try_get("id")?),
        url: row.try_get("url")?,
        events: events.as_deref().map(from_json).transpose()?,
        secrets: secrets.into_iter().flatten().map(Secret::new).collect(),
        created_at: row.try_get("created_at")?,
        disabled: disabled_at.map(|at| (at, disabled_reason.unwrap_or_default())),
        rests_until: row.try_get("rests_until")?,
        failing_since: row.try_get("failing_since")?,
    })
}

fn delivery_from(row: &Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        id: row.try_get("id")?,
        event_id: row.try_get("event_id")?,
        kind: row.try_get("type")?,
        attempt: row.try_get("attempt")?,
        at: row.try_get("at")?,
        outcome: row.try_get("outcome")?,
        status: row.try_get("status")?,
        error: row.try_get("error")?,
        duration_ms: row.try_get("duration_ms")?,
        next_at: row.try_get("next_at")?,
    })
}
