//! The endpoint that the settings name. It is disabled and not forgotten where a host's settings name none: that host may be
//! one that somebody starts to look, and what the endpoint is owed is another's.

use super::super::Backend;
use super::outbox::note_event;
use super::webhooks::events;
use crate::secret::Secret;
use crate::store::{EventKind, NewWebhook, StoreError, WebhookId};

/// Why it is disabled then.
const UNNAMED: &str = "a host was started without WEBHOOK_URL";

pub(super) async fn set(store: &Backend, webhook: &NewWebhook) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let named_again = sqlx::query(
        "update webhook_endpoint set disabled_at = null, disabled_reason = null where id = $1 and disabled_reason = $2",
    )
    .bind(webhook.id.as_str())
    .bind(UNNAMED)
    .execute(&mut *tx)
    .await?;
    if named_again.rows_affected() > 0 {
        let text = "WEBHOOK_URL names it again, and messages are sent to it";
        note_event(&mut tx, EventKind::WebhookEnabled, webhook.id.as_str(), text).await?;
    }
    sqlx::query(
        "insert into webhook_endpoint as e (id, url, events, secret, former_secret, created_at)
         select $1, $2, $3, $4, $5, c.ms from clock c where true
         on conflict (id) do update set url = excluded.url, events = excluded.events, secret = excluded.secret,
             former_secret = excluded.former_secret, former_until = null,
             disabled_at = case when e.url = excluded.url then e.disabled_at end,
             disabled_reason = case when e.url = excluded.url then e.disabled_reason end,
             rests_until = case when e.url = excluded.url then e.rests_until else 0 end,
             failing_since = case when e.url = excluded.url then e.failing_since end,
             gone_since = case when e.url = excluded.url then e.gone_since end,
             gave_up_at = case when e.url = excluded.url then e.gave_up_at end",
    )
    .bind(webhook.id.as_str())
    .bind(&webhook.url)
    .bind(events(webhook)?)
    .bind(webhook.secret.expose())
    .bind(webhook.former_secret.as_ref().map(Secret::expose))
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

pub(super) async fn unset(store: &Backend) -> Result<bool, StoreError> {
    let (mut tx, id) = (store.begin().await?, WebhookId::of_settings());
    let disabled = sqlx::query(
        "update webhook_endpoint set disabled_at = (select ms from clock), disabled_reason = $2
         where id = $1 and disabled_at is null",
    )
    .bind(id.as_str())
    .bind(UNNAMED)
    .execute(&mut *tx)
    .await?;
    let is_disabled = disabled.rows_affected() > 0;
    if is_disabled {
        let text = "a host was started without WEBHOOK_URL, and nothing is sent to it until one is started with it or it \
                    is enabled";
        note_event(&mut tx, EventKind::WebhookDisabled, id.as_str(), text).await?;
    }
    tx.commit().await?;
    Ok(is_disabled)
}
