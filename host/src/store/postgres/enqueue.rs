//! New links: one statement for thousands of them.

use super::PostgresStore;
use super::both::pages;
use super::line::Line;
use crate::store::incoming::{Incoming, List};
use crate::store::json::json;
use crate::store::{Enqueued, NewLink, StoreError};
use futures_util::{StreamExt, TryStreamExt, stream};
use sqlx::{Connection, PgConnection};

/// Links of one statement.
const LINKS_PER_STATEMENT: usize = 5_000;
/// How often a statement is tried that waited for another one in a circle.
const ATTEMPTS: usize = 3;

impl PostgresStore {
    /// Statements run two by two. Numbers are given out before, so that they follow the order of the links.
    pub(super) async fn enqueue_links(&self, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError> {
        let (chunks, lines) = (links.chunks(LINKS_PER_STATEMENT), self.enqueues.iter().cycle());
        let mut writing = Vec::with_capacity(chunks.len());
        for (chunk, line) in chunks.zip(lines) {
            let list = List::of(chunk);
            let ids = line.run(async |connection| numbers(connection, list.rows.len()).await).await?;
            writing.push(enqueue_list(line, list, ids));
        }
        let results: Vec<Vec<Enqueued>> = stream::iter(writing).buffered(self.enqueues.len()).try_collect().await?;
        Ok(results.concat())
    }
}

/// The same within a transaction that writes something else besides.
pub(super) async fn enqueue_within(tx: &mut PgConnection, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError> {
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let list = List::of(links);
    let ids = numbers(tx, list.rows.len()).await?;
    let known = enqueue(tx, &list.rows, &ids).await?;
    Ok(list.results(&known))
}

/// A link that was known before.
#[derive(sqlx::FromRow)]
struct Shared {
    id: i64,
    /// Its place among the rows that came.
    place: i64,
    shares: i64,
    priority: i16,
    has_metadata: bool,
}

async fn numbers(connection: &mut PgConnection, count: usize) -> Result<Vec<i64>, StoreError> {
    let numbers = "select array_agg(nextval('music_library_id_seq')) from generate_series(1, $1)";
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    Ok(sqlx::query_scalar(numbers).bind(count).fetch_one(connection).await?)
}

async fn enqueue_list(line: &Line, list: List<'_>, ids: Vec<i64>) -> Result<Vec<Enqueued>, StoreError> {
    let mut attempt = 1;
    loop {
        match line.run(async |connection| enqueue(connection, &list.rows, &ids).await).await {
            Err(error) if error.is_deadlock() && attempt < ATTEMPTS => attempt += 1,
            written => return Ok(list.results(&written?)),
        }
    }
}

/// Rows are written in the order of their keys, so that senders of the same links wait for one another and not in a circle.
/// Returns which of the rows were known before. A new row has the number that it was given here.
async fn enqueue(connection: &mut PgConnection, rows: &[Incoming<'_>], ids: &[i64]) -> Result<Vec<i64>, StoreError> {
    fn column<'a, T>(rows: &'a [Incoming<'a>], of: impl Fn(&'a Incoming<'a>) -> T) -> Vec<T> {
        rows.iter().map(of).collect()
    }
    let mut tx = connection.begin().await?;
    let shared: Vec<Shared> = sqlx::query_as(
        "with given as materialized (
             select g.*, case when g.has_metadata then c.ms end as fetched_at, c.ms
             from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                     $9::text[], $10::boolean[], $11::bigint[], $12::smallint[], $13::bigint[]) with ordinality
                 as g(platform_name, platform_id, url, og_title, og_artist, og_description, og_image_url, og_metadata,
                     shared_text, has_metadata, shares, priority, id, n), clock c
         ), library as materialized (
             insert into music_library as l (id, platform_name, platform_id, url, og_title, og_artist, og_description,
                 og_image_url, og_metadata, shared_text, og_fetched_at, processing_status, share_count, created_at,
                 updated_at)
             select id, platform_name, platform_id, url, og_title, og_artist, og_description, og_image_url, og_metadata,
                 shared_text, fetched_at, case when has_metadata then 'og_fetched' else 'pending' end, shares, ms, ms
             from given order by platform_name collate \"C\", platform_id collate \"C\"
             on conflict (platform_name, platform_id) do update set
                 share_count = l.share_count + excluded.share_count,
                 url = coalesce(l.url, excluded.url),
                 og_title = coalesce(l.og_title, excluded.og_title),
                 og_artist = coalesce(l.og_artist, excluded.og_artist),
                 og_description = coalesce(l.og_description, excluded.og_description),
                 og_image_url = coalesce(l.og_image_url, excluded.og_image_url),
                 og_metadata = case when l.og_metadata = '{}' then excluded.og_metadata else l.og_metadata end,
                 og_fetched_at = coalesce(l.og_fetched_at, excluded.og_fetched_at),
                 shared_text = coalesce(l.shared_text, excluded.shared_text),
                 updated_at = excluded.updated_at
             returning l.id, l.platform_name, l.platform_id
         ), entered as materialized (
             select g.*, l.id is not null as is_new from given g left join library l on l.id = g.id
         ), shared as materialized (
             select l.id, e.n, e.shares, e.priority, e.has_metadata from entered e
             join library l on l.platform_name = e.platform_name and l.platform_id = e.platform_id where not e.is_new
         ), queued as (
             insert into music_ai_queue (id, platform_name, platform_id, priority, queued_at, waiting_for)
             select id, platform_name, platform_id, priority, ms, case when has_metadata then null else 'page' end
             from entered where is_new order by n
         )
         select id, n - 1 as place, shares, priority, has_metadata from shared",
    )
    .bind(column(rows, |row| row.key.platform_name.as_str()))
    .bind(column(rows, |row| row.key.platform_id.as_str()))
    .bind(column(rows, |row| row.url))
    .bind(column(rows, |row| row.og_title))
    .bind(column(rows, |row| row.og_artist))
    .bind(column(rows, |row| row.og_description))
    .bind(column(rows, |row| row.og_image_url))
    .bind(column(rows, |row| row.og_metadata))
    .bind(column(rows, |row| row.shared_text))
    .bind(column(rows, |row| row.has_metadata))
    .bind(column(rows, |row| row.shares))
    .bind(column(rows, |row| i16::from(row.priority)))
    .bind(ids)
    .fetch_all(&mut *tx)
    .await?;
    if !shared.is_empty() {
        raise(&mut tx, &shared).await?;
    }
    if !shared.is_empty() || rows.iter().any(|row| !row.has_metadata) {
        let known = shared.iter().map(|shared| shared.id);
        pages::want(&mut tx, &json(&ids.iter().copied().chain(known).collect::<Vec<_>>())?).await?;
    }
    tx.commit().await?;
    Ok(shared.iter().map(|shared| shared.place).collect())
}

/// What is shared again goes first, and no longer waits for its page if that came along. A statement of its own sees what
/// another sender queued while this one waited for it; the one before does not.
async fn raise(tx: &mut PgConnection, shared: &[Shared]) -> Result<(), StoreError> {
    sqlx::query(
        "update music_ai_queue q set priority = least(10, greatest(q.priority + s.shares, s.priority)),
             waiting_for = case when q.waiting_for = 'page' and s.has_metadata then null else q.waiting_for end
         from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::boolean[])
             as s(id, shares, priority, has_metadata)
         where q.id = s.id",
    )
    .bind(shared.iter().map(|shared| shared.id).collect::<Vec<_>>())
    .bind(shared.iter().map(|shared| shared.shares).collect::<Vec<_>>())
    .bind(shared.iter().map(|shared| shared.priority).collect::<Vec<_>>())
    .bind(shared.iter().map(|shared| shared.has_metadata).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}
