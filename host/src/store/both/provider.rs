//! What the hosts together may ask of a provider: one row, changed in the transactions that journal questions and answers.
//!
//! The rate is a token bucket that holds as much as flows in within five seconds, one request at least.

use super::super::{Backend, Connection};
use crate::store::{Admission, Limits, ProviderUse, StoreError};
use sqlx::Row as _;

/// Milliseconds of a UTC day.
const DAY_MS: i64 = 86_400_000;
/// How long the rate may be saved up, in seconds.
const BURST_SECONDS: f64 = 5.0;

impl Backend {
    pub(super) async fn write_block(&self, provider: &str, ms: i64, reason: &str) -> Result<(), StoreError> {
        // The longer of two wishes counts.
        let mut tx = self.begin().await?;
        begin_books(&mut tx, provider).await?;
        sqlx::query(
            "update provider_budget set blocked_until = (select ms from clock) + $2, blocked_reason = $3
             where provider = $1 and coalesce(blocked_until, 0) < (select ms from clock) + $2",
        )
        .bind(provider)
        .bind(ms)
        .bind(reason)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn lift_block(&self, provider: &str) -> Result<(), StoreError> {
        sqlx::query(
            "update provider_budget set blocked_until = null, blocked_reason = null
             where provider = $1 and blocked_until is not null",
        )
        .bind(provider)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    pub(super) async fn read_use(&self, provider: &str) -> Result<ProviderUse, StoreError> {
        let row = sqlx::query(
            "select b.blocked_until, b.blocked_reason, coalesce(b.blocked_until, 0) - c.ms as blocked_ms,
                 b.reserved_micros, case when b.day = c.ms / 86400000 then b.today_micros else 0 end as today_micros,
                 b.total_micros
             from provider_budget b, clock c where b.provider = $1",
        )
        .bind(provider)
        .fetch_optional(self.readers())
        .await?;
        let Some(row) = row else { return Ok(ProviderUse::default()) };
        let blocked_ms = row.try_get::<i64, _>("blocked_ms")?.max(0);
        let blocked = |known: Option<i64>| known.filter(|_| blocked_ms > 0);
        Ok(ProviderUse {
            blocked_until: blocked(row.try_get("blocked_until")?),
            blocked_ms,
            blocked_reason: row.try_get::<Option<String>, _>("blocked_reason")?.filter(|_| blocked_ms > 0),
            reserved_micros: row.try_get("reserved_micros")?,
            today_micros: row.try_get("today_micros")?,
            total_micros: row.try_get("total_micros")?,
        })
    }
}

/// Makes a provider's row, with what the journal says was spent on it before anybody set a limit. The bucket begins full.
async fn begin_books(tx: &mut Connection, provider: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into provider_budget (provider, requests, requests_at, today_micros, total_micros, day)
         select $1, 1000000, c.ms,
             (select cast(coalesce(sum(cost_micros), 0) as bigint) from model_call
              where provider = $1 and answered_at >= c.ms - c.ms % 86400000),
             (select cast(coalesce(sum(cost_micros), 0) as bigint) from model_call where provider = $1), c.ms / 86400000
         from clock c where not exists (select 1 from provider_budget where provider = $1)
         on conflict (provider) do nothing",
    )
    .bind(provider)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes one request out of the bucket and sets aside what it may cost, or says why not. Whoever asks holds the row until
/// its transaction ends.
pub(in super::super) async fn admit(
    tx: &mut Connection,
    provider: &str,
    reserved_micros: i64,
    limits: &Limits,
) -> Result<Admission, StoreError> {
    begin_books(tx, provider).await?;
    let row = sqlx::query(concat!(
        "select b.requests, c.ms - b.requests_at as passed, coalesce(b.blocked_until, 0) - c.ms as blocked_ms,
             b.blocked_reason, b.reserved_micros, b.total_micros, c.ms % 86400000 as of_day,
             case when b.day = c.ms / 86400000 then b.today_micros else 0 end as today_micros
         from provider_budget b, clock c where b.provider = $1",
        for_update!("b")
    ))
    .bind(provider)
    .fetch_one(&mut *tx)
    .await?;
    let blocked_ms: i64 = row.try_get("blocked_ms")?;
    if blocked_ms > 0 {
        let reason: Option<String> = row.try_get("blocked_reason")?;
        return Ok(Admission::Rest { ms: blocked_ms, reason: reason.unwrap_or_default() });
    }
    let needed = row.try_get::<i64, _>("reserved_micros")? + reserved_micros;
    if limits.total_micros > 0 && row.try_get::<i64, _>("total_micros")? + needed > limits.total_micros {
        return Ok(Admission::Spent { ms: None, reason: spent("AI_TOTAL_BUDGET_USD", limits.total_micros) });
    }
    if limits.daily_micros > 0 && row.try_get::<i64, _>("today_micros")? + needed > limits.daily_micros {
        let ms = DAY_MS - row.try_get::<i64, _>("of_day")?;
        return Ok(Admission::Spent { ms: Some(ms), reason: spent("AI_DAILY_BUDGET_USD", limits.daily_micros) });
    }
    let held = match take_one(limits, row.try_get("requests")?, row.try_get("passed")?) {
        Ok(held) => held,
        Err(ms) => {
            let reason = format!("AI_REQUESTS_PER_MINUTE is {}", limits.requests_per_minute);
            return Ok(Admission::Rest { ms, reason });
        }
    };
    sqlx::query(
        "update provider_budget set requests = $2, requests_at = (select ms from clock),
             reserved_micros = reserved_micros + $3
         where provider = $1",
    )
    .bind(provider)
    .bind(held)
    .bind(reserved_micros)
    .execute(tx)
    .await?;
    Ok(Admission::Admitted)
}

/// Books calls that ended: what was set aside is free, what they cost is spent.
pub(in super::super) async fn book(
    tx: &mut Connection,
    provider: &str,
    reserved_micros: i64,
    cost_micros: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "update provider_budget set reserved_micros = reserved_micros - $2, total_micros = total_micros + $3,
             today_micros = $3 + case when day = (select ms from clock) / 86400000 then today_micros else 0 end,
             day = (select ms from clock) / 86400000
         where provider = $1",
    )
    .bind(provider)
    .bind(reserved_micros)
    .bind(cost_micros)
    .execute(tx)
    .await?;
    Ok(())
}

fn spent(setting: &str, micros: i64) -> String {
    #[allow(clippy::cast_precision_loss)]
    let dollars = micros as f64 / 1e6;
    format!("the budget is spent: {setting} is {dollars}")
}

fn capacity(limits: &Limits) -> f64 {
    (f64::from(limits.requests_per_minute) / 60.0 * BURST_SECONDS).max(1.0)
}

/// What is left in the bucket after one request, or in how many milliseconds there is one.
fn take_one(limits: &Limits, held: f64, passed_ms: i64) -> Result<f64, i64> {
    if limits.requests_per_minute == 0 {
        return Ok(held);
    }
    let per_ms = f64::from(limits.requests_per_minute) / 60_000.0;
    #[allow(clippy::cast_precision_loss)]
    let now = (held + passed_ms.max(0) as f64 * per_ms).min(capacity(limits));
    // A millionth more or less is a matter of arithmetic.
    #[allow(clippy::cast_possible_truncation)]
    if now >= 1.0 - 1e-6 { Ok(now - 1.0) } else { Err(((1.0 - now) / per_ms - 1e-6).ceil() as i64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_rate_and_a_short_burst() {
        let limits = Limits { requests_per_minute: 60, ..Limits::default() };
        let (mut held, mut sent) = (capacity(&limits), 0);
        while let Ok(left) = take_one(&limits, held, 0) {
            (held, sent) = (left, sent + 1);
        }
        assert_eq!((sent, take_one(&limits, held, 0)), (5, Err(1_000)));
        assert_eq!(take_one(&limits, held, 999), Err(1));
        assert_eq!(take_one(&limits, held, 60_000), Ok(4.0), "it does not save up more than its burst");
    }
}
