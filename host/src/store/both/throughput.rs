//! What batches did, minute by minute.

use super::super::Backend;
use crate::store::timing::{Operation, timed};
use crate::store::{StoreError, Stretch, Throughput, ThroughputStore};
use async_trait::async_trait;

const MINUTE_MS: i64 = 60_000;
/// How long after its end a minute is summed up: what was settled in it is written by then.
const SETTLED_MS: i64 = 60_000;
/// Minutes before the newest row that are looked at again: a settlement that took long is of the minute in which it began.
const LOOKED_AT_AGAIN: i64 = 10;
/// The most minutes of one statement.
const STEP: i64 = 1_440;

/// The figures of a batch, as those of a minute.
macro_rules! of_a_batch {
    () => {
        "case when state = 'settled' then 1 else 0 end as batches, succeeded, failed,
         case when state = 'settled' then finished_at - created_at else 0 end as duration_ms,
         case when state = 'settled' then finished_at - created_at else 0 end as longest_ms, cost_micros"
    };
}

/// The figures of some rows together.
macro_rules! summed {
    () => {
        "cast(sum(batches) as bigint) as batches, cast(sum(succeeded) as bigint) as succeeded,
         cast(sum(failed) as bigint) as failed, cast(sum(duration_ms) as bigint) as duration_ms,
         cast(max(longest_ms) as bigint) as longest_ms, cast(sum(cost_micros) as bigint) as cost_micros"
    };
}

#[async_trait]
impl ThroughputStore for Backend {
    async fn sum_up_minutes(&self) -> Result<(), StoreError> {
        let (now, newest) = timed(Operation::Read, self.within(self.read_newest_minute())).await?;
        let until = (now - SETTLED_MS).div_euclid(MINUTE_MS);
        if newest.is_some_and(|newest| newest + 1 >= until) {
            return Ok(());
        }
        let mut from = newest.map_or(0, |newest| newest - LOOKED_AT_AGAIN);
        while let Some(first) =
            timed(Operation::Read, self.within(self.first_ended(from))).await?.filter(|first| *first < until)
        {
            let step = until.min(first + STEP);
            timed(Operation::Write, self.within(self.write_minutes(first, step))).await?;
            from = step;
        }
        Ok(())
    }

    async fn throughput(&self, stretch: i64, stretches: i64) -> Result<Throughput, StoreError> {
        let (now, newest) = timed(Operation::Read, self.within(self.read_newest_minute())).await?;
        let first = (now.div_euclid(MINUTE_MS * stretch) - stretches + 1) * stretch;
        let open = newest.map_or(first, |newest| first.max(newest + 1));
        let stretches = timed(Operation::Read, self.within(self.read_stretches(stretch, first, open))).await?;
        Ok(Throughput { now, stretches })
    }
}

impl Backend {
    /// The time, and the newest minute that was summed up.
    async fn read_newest_minute(&self) -> Result<(i64, Option<i64>), StoreError> {
        let newest = "select (select ms from clock), (select max(id) from batch_minute)";
        Ok(sqlx::query_as(newest).fetch_one(self.readers()).await?)
    }

    /// The first minute from one on in which a batch ended.
    async fn first_ended(&self, from: i64) -> Result<Option<i64>, StoreError> {
        let first = "select min(finished_at) / 60000 from extraction_batch where finished_at >= $1";
        Ok(sqlx::query_scalar(first).bind(from * MINUTE_MS).fetch_one(self.readers()).await?)
    }

    async fn write_minutes(&self, from: i64, until: i64) -> Result<(), StoreError> {
        sqlx::query(concat!(
            "insert into batch_minute (id, batches, succeeded, failed, duration_ms, longest_ms, cost_micros)
             select id, ",
            summed!(),
            " from (select finished_at / 60000 as id, ",
            of_a_batch!(),
            "       from extraction_batch where finished_at >= $1 and finished_at < $2) as ended
             where true group by id order by id
             on conflict (id) do update set batches = excluded.batches, succeeded = excluded.succeeded,
                 failed = excluded.failed, duration_ms = excluded.duration_ms, longest_ms = excluded.longest_ms,
                 cost_micros = excluded.cost_micros
             where excluded.batches + excluded.succeeded + excluded.failed
                 > batch_minute.batches + batch_minute.succeeded + batch_minute.failed"
        ))
        .bind(from * MINUTE_MS)
        .bind(until * MINUTE_MS)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    /// Stretches from one minute on; those from another on are not summed up yet.
    async fn read_stretches(&self, stretch: i64, first: i64, open: i64) -> Result<Vec<Stretch>, StoreError> {
        let stretches = sqlx::query_as(concat!(
            "select cast(id / $1 * $1 * 60000 as bigint) as began_at, ",
            summed!(),
            " from (select id, batches, succeeded, failed, duration_ms, longest_ms, cost_micros from batch_minute
                    where id >= $2 and id < $3
                    union all select finished_at / 60000, ",
            of_a_batch!(),
            "       from extraction_batch where finished_at >= $4) as done
             group by 1 order by 1"
        ))
        .bind(stretch)
        .bind(first)
        .bind(open)
        .bind(open * MINUTE_MS)
        .fetch_all(self.readers())
        .await?;
        Ok(stretches)
    }
}
