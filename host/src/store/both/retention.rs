//! Pruning: every table is walked in the order of its key, a page at a time, from its oldest row to the first that is too
//! young. So age needs no index of its own: identifiers and numbers are given out in the order of time.
//!
//! A page is looked at first and deleted from after, so that the looking holds nobody up. What nobody may read when it is
//! looked at, nobody may read later: a batch that is claimed meanwhile reads what is newer.

use super::super::Backend;
use crate::store::json::json;
use crate::store::{Aging, Place, Pruned, StoreError};
use std::time::Duration;

/// Rows that one step deletes at most: the limit that the statements name.
const DELETED: usize = 1_000;

/// What is older than the age.
macro_rules! since {
    () => {
        "(select ms - cast($2 as bigint) from clock)"
    };
}

/// Whether a batch, or a call of it, is of no work that is under way, and none of its tracks is queued.
macro_rules! is_over {
    ($track_ids:literal) => {
        concat!(
            "looked.root_id not in (select root_id from extraction_batch where finished_at is null)
             and not exists (select 1 from ",
            unfolded!($track_ids),
            " join music_ai_queue q on q.id = of.value where q.status in ('pending', 'processing'))"
        )
    };
}

/// The statements of a table: one that looks at a page and returns the keys of the rows to delete, and the page's last key
/// if the walk goes on after it; and one that deletes rows that are still as old.
macro_rules! aging {
    ($table:literal by $key:literal, $looked:literal at a time, $columns:literal,
     old: ($($old:expr),+), unread: ($($unread:expr),+), on: ($($on:expr),+)) => {
        Statements {
            look: concat!(
                "with looked as materialized (
                     select id, ", $columns, " from ", $table, " where id > cast(cast($1 as text) as ", $key, ")
                     order by id limit ", $looked, "
                 ), tail as (
                     select * from looked order by id desc limit 1
                 )
                 select cast(id as text), true from (
                     select id from looked where ", $($old,)+ " and ", $($unread,)+ " order by id limit 1000) as due
                 union all select cast(id as text), false from tail where ", $($on),+
            ),
            delete: concat!(
                "delete from ", $table, " where id in (
                     select id from ", $table, " where id in (select cast(value ->> 0 as ", $key, ") from ", each!("$1"),
                ") and ", $($old,)+ skip_locked!(), ")"
            ),
        }
    };
}

struct Statements {
    look: &'static str,
    delete: &'static str,
}

const fn statements(of: Aging) -> Statements {
    match of {
        Aging::Calls => aging!("model_call" by "text", 500 at a time, "sent_at, batch_id, root_id",
            old: ("sent_at < ", since!()),
            unread: ("not exists (select 1 from extraction_batch b where b.id = looked.batch_id and not (",
                is_over!("b.track_ids"), "))"),
            on: ("sent_at < ", since!())),
        Aging::Batches => {
            aging!("extraction_batch" by "text", 500 at a time, "created_at, finished_at, root_id, track_ids",
            old: ("created_at < ", since!(), " and finished_at is not null"),
            unread: (is_over!("looked.track_ids")),
            on: ("created_at < ", since!()))
        }
        Aging::Pages => aging!("former_page" by "bigint", 1000 at a time, "until",
            old: ("until < ", since!()),
            unread: ("not exists (select 1 from extraction_batch where finished_at is null and former_page < looked.id)"),
            on: ("until < ", since!())),
        Aging::Queue => aging!("music_ai_queue" by "bigint", 10000 at a time, "status, processed_at",
            old: ("status = 'completed' and processed_at < ", since!()),
            unread: ("true"),
            on: ("(select created_at from music_library where id = tail.id) < ", since!())),
        Aging::Outcomes => aging!("shadow_outcome" by "bigint", 1000 at a time, "at",
            old: ("at < ", since!()), unread: ("true"), on: ("at < ", since!())),
        Aging::Submissions => aging!("provider_batch" by "text", 1000 at a time, "ended_at, intended_at",
            old: ("ended_at < ", since!()), unread: ("true"), on: ("intended_at < ", since!())),
        Aging::Events => aging!("event" by "bigint", 1000 at a time, "at",
            old: ("at < ", since!()), unread: ("true"), on: ("at < ", since!())),
        Aging::Deliveries => aging!("webhook_delivery" by "bigint", 1000 at a time, "at",
            old: ("at < ", since!()), unread: ("true"), on: ("at < ", since!())),
        // Charts show a week: minutes are kept for eight days at least, however early everything else is pruned.
        Aging::Minutes => aging!("batch_minute" by "bigint", 1000 at a time, "batches",
            old: ("id * 60000 < ", since!(), " and id * 60000 < (select ms from clock) - 691200000"), unread: ("true"),
            on: ("id * 60000 < ", since!())),
        Aging::Hosts => aging!("host" by "text", 1000 at a time, "seen_at, started_at",
            old: ("seen_at < ", since!()),
            unread: ("id not in (select host_id from extraction_batch where finished_at is null)"),
            on: ("started_at < ", since!())),
    }
}

impl Backend {
    pub(super) async fn prune_page(&self, age: Duration, place: &Place) -> Result<Pruned, StoreError> {
        let statements = statements(place.of);
        let age = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
        let looked: Vec<(String, bool)> =
            sqlx::query_as(statements.look).bind(&place.after).bind(age).fetch_all(self.readers()).await?;
        let (due, tail): (Vec<_>, Vec<_>) = looked.into_iter().partition(|(_, is_due)| *is_due);
        let due: Vec<[String; 1]> = due.into_iter().map(|(key, _)| [key]).collect();
        // A page with more rows to delete than one step takes is looked at again from there.
        let reached = if due.len() < DELETED {
            tail.into_iter().next().map(|(key, _)| key)
        } else {
            due.last().map(|[key]| key.clone())
        };
        let rows = if due.is_empty() {
            0
        } else {
            sqlx::query(statements.delete).bind(json(&due)?).bind(age).execute(self.writer()).await?.rows_affected()
        };
        let next = reached.map_or_else(|| place.next_table(), |key| Some(place.after(key)));
        Ok(Pruned { rows, next })
    }
}
