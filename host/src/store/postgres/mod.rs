//! PostgreSQL: any number of hosts on one database. Time is the database's; a claim skips what others are claiming; what
//! one host changes is told to the others.
//!
//! What a worker does often is one statement and one round trip: a claim, a question, an answer, a settlement. Each has a
//! connection of its own ([`line::Line`]) and takes along what other batches want at the same moment
//! ([`gather`](super::gather)). Everything else shares a small pool.

/// A JSON array as rows of `at` and `value`.
macro_rules! each {
    ($array:literal) => {
        concat!(
            "(select at - 1 as at, value from json_array_elements(",
            $array,
            "::json) with ordinality as e(value, at)) as each_one"
        )
    };
}

/// Genres as a JSON array.
macro_rules! genres {
    ($column:literal) => {
        concat!("array_to_json(", $column, ")::text")
    };
}

/// A JSON array as genres.
macro_rules! genres_of {
    ($array:literal) => {
        concat!("array(select json_array_elements_text(", $array, "::json))")
    };
}

/// That there are none.
macro_rules! no_genres {
    () => {
        "genres = '{}' "
    };
}

/// Row numbers as a JSON array.
macro_rules! rows {
    ($column:literal) => {
        concat!("array_to_json(", $column, ")::text")
    };
}

/// The numbers of a JSON array, to look for.
macro_rules! numbers {
    ($array:literal) => {
        concat!(
            "(select value::bigint from json_array_elements_text(",
            $array,
            "::json) as value where value is not null)"
        )
    };
}

/// A column of row numbers, as rows of `value`.
macro_rules! unfolded {
    ($numbers:literal) => {
        concat!("unnest(", $numbers, ") as of(value)")
    };
}

/// Which of two rows of a table came later.
macro_rules! arrival {
    () => {
        "place"
    };
}

/// Two columns of every row, as one JSON array of pairs.
macro_rules! gathered {
    ($one:literal, $other:literal) => {
        concat!("coalesce(json_agg(json_build_array(", $one, ", ", $other, "))::text, '[]')")
    };
}

/// A JSON object, as text.
macro_rules! object {
    ($($member:literal),+) => {
        concat!("json_build_object(", $($member,)+ ")::text")
    };
}

/// Rows that are about to be changed are held.
macro_rules! for_update {
    () => {
        " for update"
    };
    ($row:literal) => {
        concat!(" for update of ", $row)
    };
}

/// Rows that others hold are left to them.
macro_rules! skip_locked {
    () => {
        " for update skip locked"
    };
}

#[path = "../both/mod.rs"]
#[allow(clippy::duplicate_mod, reason = "it is compiled for each database")]
mod both;
mod change;
mod claim;
mod enqueue;
mod inspect;
mod journal;
mod line;
mod open;
mod settle;

pub use inspect::inspect;

pub(super) use open::{bring_up_to_date, connect};

use super::address::Terms;
use super::gather::Gather;
use super::{Load, PoolLoad, StoreError};
use crate::music::{Track, TrackKey};
use line::{Breaks, Line};
use sqlx::postgres::PgPool;
use sqlx::{Postgres, Transaction};
use std::sync::Arc;
use tokio::sync::Mutex;

/// The store of this module, for what is written in the same words for both.
type Backend = PostgresStore;
type Row = sqlx::postgres::PgRow;
type Connection = sqlx::PgConnection;

/// The store on a PostgreSQL server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
    breaks: Breaks,
    terms: Terms,
    name: Arc<str>,
    claims: Arc<Line>,
    /// Two, as one server process is as slow as one processor.
    enqueues: Arc<[Line; 2]>,
    lookups: Gather<journal::Lookups>,
    intents: Gather<journal::Intents>,
    answers: Gather<journal::Answers>,
    settlements: Gather<settle::Settlements>,
    watch: Arc<Mutex<change::Watch>>,
}

impl PostgresStore {
    const IS_SHARED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    const fn readers(&self) -> &PgPool {
        &self.pool
    }

    const fn writer(&self) -> &PgPool {
        &self.pool
    }

    fn present_load(&self) -> Load {
        let gathered =
            [self.lookups.waiting(), self.intents.waiting(), self.answers.waiting(), self.settlements.waiting()];
        Load { pools: vec![PoolLoad::of("pool", &self.pool)], waiting: gathered.iter().sum() }
    }

    async fn read_size(&self) -> Result<u64, StoreError> {
        let size: i64 = sqlx::query_scalar("select pg_database_size(current_database())").fetch_one(&self.pool).await?;
        Ok(u64::try_from(size).unwrap_or(0))
    }

    async fn begin(&self) -> Result<Transaction<'_, Postgres>, StoreError> {
        Ok(self.pool.begin().await?)
    }

    /// A server that does not answer is one that is gone. The connection that waits for it is closed when it is given back.
    async fn within<T>(&self, answer: impl Future<Output = Result<T, StoreError>> + Send) -> Result<T, StoreError> {
        let patience = self.terms.connect_timeout + self.terms.statement_timeout;
        let silent = |patience| StoreError::silent(&self.name, patience);
        let answer = tokio::time::timeout(patience, answer).await.unwrap_or_else(|_| Err(silent(patience)));
        self.breaks.note(&answer);
        match answer {
            Err(StoreError::Database(error)) if matches!(*error, sqlx::Error::PoolTimedOut) => {
                Err(silent(self.terms.connect_timeout))
            }
            answer => answer,
        }
    }
}

/// The columns of [`Track`].
fn track_from(row: &Row) -> Result<Track, StoreError> {
    use sqlx::Row as _;
    Ok(Track {
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        url: row.try_get("url")?,
        og_title: row.try_get("og_title")?,
        og_artist: row.try_get("og_artist")?,
        og_description: row.try_get("og_description")?,
        og_metadata: row.try_get("og_metadata")?,
        shared_text: row.try_get("shared_text")?,
    })
}
