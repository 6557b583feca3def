//! What the hosts together may ask of a provider: one row, changed in the transactions that journal questions and answers.
//!
//! The rate is a token bucket that holds as much as flows in within five seconds, one request at least; those of model
//! tokens hold a minute's, as providers' do. An answer returns what it did not need, and lowers them to what the provider says
//! is left.

use super::super::{Backend, Connection};
use super::budget::{Budget, left_of_budget, over_budget};
use crate::music::Estimate;
use crate::store::{Admission, Limits, ProviderUse, Spending, StoreError};
use sqlx::Row as _;

/// How long requests may be saved up, in seconds.
const REQUEST_BURST: f64 = 5.0;
/// How long tokens may be.
const TOKEN_BURST: f64 = 60.0;

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

    pub(super) async fn read_spending(&self) -> Result<Spending, StoreError> {
        spending(&mut *self.readers().acquire().await?).await
    }
}

pub(super) async fn spending(connection: &mut Connection) -> Result<Spending, StoreError> {
    let sums = sqlx::query_as(
        "select cast(coalesce(sum(b.reserved_micros), 0) as bigint) as reserved_micros,
             cast(coalesce(sum(case when b.day = c.ms / 86400000 then b.today_micros else 0 end), 0) as bigint)
                 as today_micros,
             cast(coalesce(sum(b.total_micros), 0) as bigint) as total_micros,
             c.ms / 86400000 as day, 86400000 - c.ms % 86400000 as day_left_ms
         from clock c left join provider_budget b on true group by c.ms",
    );
    Ok(sums.fetch_one(connection).await?)
}

/// Makes a provider's row, with what was spent on it before anybody set a limit. The bucket begins full.
async fn begin_books(tx: &mut Connection, provider: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into provider_budget (provider, requests, tokens_in, tokens_out, requests_at, today_micros, total_micros, day)
         select $1, 1000000, 1000000000000, 1000000000000, c.ms,
             (select cast(coalesce(sum(cost_micros), 0) as bigint) from model_use
              where provider = $1 and day = c.ms / 86400000),
             (select cast(coalesce(sum(cost_micros), 0) as bigint) from model_use where provider = $1), c.ms / 86400000
         from clock c where not exists (select 1 from provider_budget where provider = $1)
         on conflict (provider) do nothing",
    )
    .bind(provider)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes a request out of the buckets and sets aside what it may cost, or says why not. Whoever asks holds the row until
/// its transaction ends. The budget is one for all providers.
pub(in super::super) async fn admit(
    tx: &mut Connection,
    provider: &str,
    reserve: Estimate,
    limits: &Limits,
) -> Result<Admission, StoreError> {
    begin_books(tx, provider).await?;
    if limits.has_budget() {
        hold_books(tx).await?;
    }
    let row = sqlx::query(concat!(
        "select b.requests, b.tokens_in, b.tokens_out, c.ms - b.requests_at as passed,
             coalesce(b.blocked_until, 0) - c.ms as blocked_ms, b.blocked_reason
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
    let cost = reserve.cost_micros.unwrap_or(0);
    if let Some(spent) = over_budget(tx, cost, limits).await? {
        return Ok(spent);
    }
    let held = Buckets {
        requests: row.try_get("requests")?,
        tokens_in: row.try_get("tokens_in")?,
        tokens_out: row.try_get("tokens_out")?,
    };
    let held = match held.take(limits, reserve, row.try_get("passed")?) {
        Ok(held) => held,
        Err((ms, setting)) => return Ok(Admission::Rest { ms, reason: format!("{setting} is reached") }),
    };
    sqlx::query(
        "update provider_budget set requests = $2, tokens_in = $3, tokens_out = $4,
             requests_at = (select ms from clock), reserved_micros = reserved_micros + $5
         where provider = $1",
    )
    .bind(provider)
    .bind(held.requests)
    .bind(held.tokens_in)
    .bind(held.tokens_out)
    .bind(cost)
    .execute(tx)
    .await?;
    Ok(Admission::Admitted)
}

/// Holds the books of all providers until the transaction ends, always in the same order: the budget is one.
async fn hold_books(tx: &mut Connection) -> Result<(), StoreError> {
    sqlx::query(concat!("select provider from provider_budget order by provider", for_update!())).fetch_all(tx).await?;
    Ok(())
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

/// What is left for a batch of questions, in millionths of a dollar, and of which budget that is what is left.
pub(super) async fn left_for_batch(
    tx: &mut Connection,
    provider: &str,
    limits: &Limits,
) -> Result<(i64, Budget), StoreError> {
    begin_books(tx, provider).await?;
    hold_books(tx).await?;
    let left = left_of_budget(tx, limits).await?;
    let (today, total) = (left.today.unwrap_or(i64::MAX), left.total.unwrap_or(i64::MAX));
    let least = if total <= today { Budget::Total } else { Budget::Daily };
    Ok((today.min(total), least))
}

/// Sets aside what a batch of questions may cost.
pub(super) async fn set_aside(tx: &mut Connection, provider: &str, micros: i64) -> Result<(), StoreError> {
    begin_books(tx, provider).await?;
    sqlx::query("update provider_budget set reserved_micros = reserved_micros + $2 where provider = $1")
        .bind(provider)
        .bind(micros)
        .execute(tx)
        .await?;
    Ok(())
}

/// What may be asked now.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Buckets {
    requests: f64,
    tokens_in: f64,
    tokens_out: f64,
}

impl Buckets {
    /// What is left after a request, or in how many milliseconds it may be sent, and which setting says so.
    fn take(self, limits: &Limits, reserve: Estimate, passed_ms: i64) -> Result<Self, (i64, &'static str)> {
        let flow = |rate, burst, held, need| take(rate, burst, held, need, passed_ms);
        let (requests, tokens_in, tokens_out) =
            (limits.requests_per_minute, limits.input_tokens_per_minute, limits.output_tokens_per_minute);
        #[allow(clippy::cast_precision_loss)]
        let (need_in, need_out) = (reserve.tokens_in as f64, reserve.tokens_out as f64);
        Ok(Self {
            requests: flow(requests, REQUEST_BURST, self.requests, 1.0).map_err(|ms| (ms, "AI_REQUESTS_PER_MINUTE"))?,
            tokens_in: flow(tokens_in, TOKEN_BURST, self.tokens_in, need_in)
                .map_err(|ms| (ms, "AI_INPUT_TOKENS_PER_MINUTE"))?,
            tokens_out: flow(tokens_out, TOKEN_BURST, self.tokens_out, need_out)
                .map_err(|ms| (ms, "AI_OUTPUT_TOKENS_PER_MINUTE"))?,
        })
    }
}

/// What is left in a bucket, or in how many milliseconds there is enough. What needs more than it ever holds goes when it is
/// full, and leaves a debt.
fn take(per_minute: u32, burst_seconds: f64, held: f64, need: f64, passed_ms: i64) -> Result<f64, i64> {
    if per_minute == 0 {
        return Ok(held);
    }
    let per_ms = f64::from(per_minute) / 60_000.0;
    let capacity = (per_ms * 1_000.0 * burst_seconds).max(1.0);
    #[allow(clippy::cast_precision_loss)]
    let now = (held + passed_ms.max(0) as f64 * per_ms).min(capacity);
    let enough = need.min(capacity);
    // A millionth more or less is a matter of arithmetic.
    #[allow(clippy::cast_possible_truncation)]
    if now >= enough - 1e-6 { Ok(now - need) } else { Err(((enough - now) / per_ms - 1e-6).ceil() as i64) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_gives_its_rate_and_a_short_burst() {
        let one = |held, passed| take(60, REQUEST_BURST, held, 1.0, passed);
        let (mut held, mut sent) = (1e6, 0);
        while let Ok(left) = one(held, 0) {
            (held, sent) = (left, sent + 1);
        }
        assert_eq!((sent, one(held, 0)), (5, Err(1_000)));
        assert_eq!(one(held, 999), Err(1));
        assert_eq!(one(held, 60_000), Ok(4.0), "it does not save up more than its burst");
    }

    #[test]
    fn a_prompt_larger_than_a_minute_of_tokens_goes_when_the_bucket_is_full_and_leaves_a_debt() {
        let tokens = |held, need, passed| take(6_000, TOKEN_BURST, held, need, passed);
        assert_eq!(tokens(1e12, 9_000.0, 0), Ok(-3_000.0));
        assert_eq!(tokens(-3_000.0, 1_000.0, 0), Err(40_000));
        assert_eq!(tokens(-3_000.0, 1_000.0, 40_000), Ok(0.0));
    }

    #[test]
    fn the_setting_that_is_reached_is_named() {
        let limits = Limits { output_tokens_per_minute: 600, ..Limits::default() };
        let held = Buckets { requests: 0.0, tokens_in: 0.0, tokens_out: 100.0 };
        let reserve = Estimate { tokens_out: 400, ..Estimate::default() };
        assert_eq!(held.take(&limits, reserve, 0), Err((30_000, "AI_OUTPUT_TOKENS_PER_MINUTE")));
    }
}
