//! The budget, which is one for all providers: what is left of it, and that it is spent, which is told once a limit and day.

use super::super::Connection;
use super::outbox::{note_event, tell};
use super::provider::spending;
use crate::money::usd;
use crate::store::{Admission, EventKind, EventType, Left, Limits, News, Spending, StoreError};
use crate::time::timestamp;
use serde_json::json;

const DAY_MS: i64 = 86_400_000;

/// A budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Budget {
    /// Of a UTC day.
    Daily,
    /// Of all days.
    Total,
}

impl Budget {
    const fn name(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Total => "total",
        }
    }

    const fn setting(self) -> &'static str {
        match self {
            Self::Daily => "AI_DAILY_BUDGET_USD",
            Self::Total => "AI_TOTAL_BUDGET_USD",
        }
    }

    const fn limit(self, limits: &Limits) -> i64 {
        match self {
            Self::Daily => limits.daily_micros,
            Self::Total => limits.total_micros,
        }
    }

    /// What was spent of it, and in how many milliseconds there is more of it by itself.
    const fn spent(self, spending: &Spending) -> (i64, Option<i64>) {
        match self {
            Self::Daily => (spending.today_micros, Some(spending.day_left_ms)),
            Self::Total => (spending.total_micros, None),
        }
    }
}

pub(super) async fn left_of_budget(tx: &mut Connection, limits: &Limits) -> Result<Left, StoreError> {
    Ok(spending(tx).await?.left_of(limits))
}

/// Whether so much more would be too much. Whoever asks holds the books.
pub(super) async fn over_budget(
    tx: &mut Connection,
    cost: i64,
    limits: &Limits,
) -> Result<Option<Admission>, StoreError> {
    if !limits.has_budget() {
        return Ok(None);
    }
    let left = left_of_budget(tx, limits).await?;
    let budget = if left.total.is_some_and(|left| cost > left) {
        Budget::Total
    } else if left.today.is_some_and(|left| cost > left) {
        Budget::Daily
    } else {
        return Ok(None);
    };
    let (ms, reason) = spent(tx, budget, limits).await?;
    Ok(Some(Admission::Spent { ms, reason }))
}

/// For how many milliseconds a budget is spent and why, which is told where that is news. Whoever asks holds the books.
pub(super) async fn spent(
    tx: &mut Connection,
    budget: Budget,
    limits: &Limits,
) -> Result<(Option<i64>, String), StoreError> {
    let spending = spending(tx).await?;
    let (spent_micros, left_ms) = budget.spent(&spending);
    let limit = budget.limit(limits);
    let reason = format!("the budget is spent: {} is {}", budget.setting(), usd(limit));
    let day = left_ms.map_or(0, |_| spending.day);
    if is_news(tx, budget, limit, day).await? {
        note_event(tx, EventKind::BudgetReached, budget.setting(), &reason).await?;
        let data = json!({
            "budget": budget.name(), "limit_usd": usd(limit), "spent_usd": usd(spent_micros),
            "reserved_usd": usd(spending.reserved_micros), "until": left_ms.and_then(|_| timestamp((day + 1) * DAY_MS)),
        });
        tell(tx, &News { of: EventType::BudgetReached, data }).await?;
    }
    Ok((left_ms, reason))
}

async fn is_news(tx: &mut Connection, budget: Budget, limit: i64, day: i64) -> Result<bool, StoreError> {
    let noted = sqlx::query(
        "insert into budget_notice (budget, limit_micros, day)
         select $1, $2, cast($3 as bigint) where not exists (
             select 1 from budget_notice where budget = $1 and limit_micros = $2 and day >= $3)
         on conflict (budget, limit_micros) do update set day = excluded.day",
    )
    .bind(budget.name())
    .bind(limit)
    .bind(day)
    .execute(tx)
    .await?;
    Ok(noted.rows_affected() > 0)
}
