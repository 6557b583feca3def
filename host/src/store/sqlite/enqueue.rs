//! New links: in transactions of thousands, a few statements each.

use super::SqliteStore;
use super::both::pages;
use crate::store::incoming::{Columns, Incoming, List};
use crate::store::json::{from_json, json};
use crate::store::{Enqueued, NewLink, StoreError};
use sqlx::SqliteConnection;

/// Links of one transaction: the writer is not held longer than some 60 ms.
const LINKS_PER_TRANSACTION: usize = 5_000;

impl SqliteStore {
    pub(super) async fn enqueue_links(&self, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError> {
        let mut results = Vec::with_capacity(links.len());
        for chunk in links.chunks(LINKS_PER_TRANSACTION) {
            let list = List::of(chunk);
            let mut tx = self.begin().await?;
            let known = enqueue(&mut tx, &list.rows).await?;
            tx.commit().await?;
            results.extend(list.results(&known));
        }
        Ok(results)
    }
}

/// The same within a transaction that writes something else besides.
pub(super) async fn enqueue_within(tx: &mut SqliteConnection, links: &[NewLink]) -> Result<Vec<Enqueued>, StoreError> {
    if links.is_empty() {
        return Ok(Vec::new());
    }
    let list = List::of(links);
    let known = enqueue(tx, &list.rows).await?;
    Ok(list.results(&known))
}

/// Returns which of the rows were known before.
async fn enqueue(tx: &mut SqliteConnection, rows: &[Incoming<'_>]) -> Result<Vec<i64>, StoreError> {
    let columns = json(&rows.iter().map(Columns::from).collect::<Vec<_>>())?;
    let newest: i64 = sqlx::query_scalar("select ifnull(max(id), 0) from music_library").fetch_one(&mut *tx).await?;
    write_library(tx, &columns).await?;
    // What is new has a number that was not there before.
    let queued = sqlx::query(
        "insert into music_ai_queue (id, platform_name, platform_id, queued_at, waiting_for)
         select id, platform_name, platform_id, created_at, iif(og_fetched_at is null, 'page', null)
         from music_library where id > $1 order by id",
    )
    .bind(newest)
    .execute(&mut *tx)
    .await?;
    let all_new = usize::try_from(queued.rows_affected()).is_ok_and(|queued| queued == rows.len());
    let known = if all_new { Vec::new() } else { raise_known(tx, &columns, newest).await? };
    let urgent: Vec<(&str, &str, u8)> = rows
        .iter()
        .filter(|row| row.priority > 0)
        .map(|row| (row.key.platform_name.as_str(), row.key.platform_id.as_str(), row.priority))
        .collect();
    if !urgent.is_empty() {
        raise_urgent(tx, &json(&urgent)?).await?;
    }
    if !known.is_empty() || rows.iter().any(|row| !row.has_metadata) {
        let rows = numbers(tx, &columns).await?;
        pages::want(tx, &rows).await?;
    }
    Ok(known)
}

async fn write_library(tx: &mut SqliteConnection, columns: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into music_library (platform_name, platform_id, url, og_title, og_artist, og_description, og_image_url,
             og_metadata, shared_text, og_fetched_at, processing_status, share_count, created_at, updated_at)
         select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
             value ->> 8, iif(value ->> 9, c.ms, null), iif(value ->> 9, 'og_fetched', 'pending'), value ->> 10, c.ms, c.ms
         from (select ms from clock limit 1) c, json_each($1) where true
         on conflict do update set
             share_count = share_count + excluded.share_count,
             url = ifnull(url, excluded.url),
             og_title = ifnull(og_title, excluded.og_title),
             og_artist = ifnull(og_artist, excluded.og_artist),
             og_description = ifnull(og_description, excluded.og_description),
             og_image_url = ifnull(og_image_url, excluded.og_image_url),
             og_metadata = iif(og_metadata = '{}', excluded.og_metadata, og_metadata),
             og_fetched_at = ifnull(og_fetched_at, excluded.og_fetched_at),
             shared_text = ifnull(shared_text, excluded.shared_text),
             updated_at = excluded.updated_at",
    )
    .bind(columns)
    .execute(tx)
    .await?;
    Ok(())
}

/// The numbers of the rows, as a JSON array.
async fn numbers(tx: &mut SqliteConnection, columns: &str) -> Result<String, StoreError> {
    let numbers = sqlx::query_scalar(
        "select json_group_array(l.id) from json_each($1) j
         join music_library l on l.platform_name = j.value ->> 0 and l.platform_id = j.value ->> 1",
    );
    Ok(numbers.bind(columns).fetch_one(tx).await?)
}

/// A link that is shared again is more urgent, and goes on if it waited for its page's metadata and has it now.
async fn raise_known(tx: &mut SqliteConnection, columns: &str, newest: i64) -> Result<Vec<i64>, StoreError> {
    sqlx::query(
        "update music_ai_queue set priority = min(10, priority + v.shares),
             waiting_for = iif(waiting_for = 'page' and v.has_metadata, null, waiting_for)
         from (select l.id, j.value ->> 9 as has_metadata, j.value ->> 10 as shares from json_each($1) j
               join music_library l on l.platform_name = j.value ->> 0 and l.platform_id = j.value ->> 1
               where l.id <= $2) as v
         where music_ai_queue.id = v.id",
    )
    .bind(columns)
    .bind(newest)
    .execute(&mut *tx)
    .await?;
    let known: String = sqlx::query_scalar(
        "select json_group_array(j.key) from json_each($1) j
         join music_library l on l.platform_name = j.value ->> 0 and l.platform_id = j.value ->> 1
         where l.id <= $2",
    )
    .bind(columns)
    .bind(newest)
    .fetch_one(tx)
    .await?;
    from_json(&known)
}

async fn raise_urgent(tx: &mut SqliteConnection, urgent: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update music_ai_queue set priority = v.priority
         from (select l.id, j.value ->> 2 as priority from json_each($1) j
               join music_library l on l.platform_name = j.value ->> 0 and l.platform_id = j.value ->> 1) as v
         where music_ai_queue.id = v.id and music_ai_queue.priority < v.priority",
    )
    .bind(urgent)
    .execute(tx)
    .await?;
    Ok(())
}
