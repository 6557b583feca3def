//! Pages that are to be read, and the servers they are on.

use super::super::{Backend, Connection, Row};
use super::queue::named;
use crate::music::{Page, TrackKey, Validators};
use crate::store::json::json;
use crate::store::{
    BatchId, PAGE_LEASE_MS, PAGE_STALE_MS, PAGE_UNREAD_MS, PageClaim, PageOutcome, PageStore, StoreError, UnreadPage,
};
use async_trait::async_trait;
use sqlx::Row as _;
use std::time::Duration;

#[async_trait]
impl PageStore for Backend {
    async fn claim_pages(
        &self,
        most: u32,
        interval: Duration,
        even_paused: bool,
    ) -> Result<Vec<PageClaim>, StoreError> {
        self.within(self.claim_due_pages(most, interval, even_paused)).await
    }

    async fn settle_page(
        &self,
        claim: &PageClaim,
        outcome: &PageOutcome,
        rest: Option<Duration>,
    ) -> Result<bool, StoreError> {
        self.within(self.write_page(claim, outcome, rest)).await
    }

    async fn next_page(&self) -> Result<Option<i64>, StoreError> {
        self.within(async {
            let next = "select min(next_at) - (select ms from clock) from page_origin where next_at is not null";
            Ok(sqlx::query_scalar(next).fetch_one(self.readers()).await?)
        })
        .await
    }

    async fn unread_pages(&self, limit: u32) -> Result<Vec<UnreadPage>, StoreError> {
        self.within(async {
            let rows = sqlx::query(
                "select l.platform_name, l.platform_id, l.url, p.failure, p.attempts, p.tried_at, p.due_at
                 from page_fetch p join music_library l on l.id = p.track_id
                 where p.failure is not null order by p.tried_at desc limit $1",
            )
            .bind(i64::from(limit))
            .fetch_all(self.readers())
            .await?;
            rows.iter().map(unread_from).collect()
        })
        .await
    }

    async fn retry_pages(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError> {
        let keys = keys.map(json).transpose()?;
        self.within(self.want_again(keys)).await
    }
}

impl Backend {
    async fn claim_due_pages(
        &self,
        most: u32,
        interval: Duration,
        even_paused: bool,
    ) -> Result<Vec<PageClaim>, StoreError> {
        // Nothing is locked where nothing is due.
        let due: i64 = sqlx::query_scalar(
            "select count(*) from (select 1 from page_origin where next_at <= (select ms from clock) limit 1) as due
             where $1 or exists (select 1 from worker_control where paused_at is null)",
        )
        .bind(even_paused)
        .fetch_one(self.readers())
        .await?;
        if due == 0 || most == 0 {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        let hosts: Vec<String> = sqlx::query_scalar(concat!(
            "select host from page_origin where next_at <= (select ms from clock) order by next_at limit $1",
            skip_locked!()
        ))
        .bind(i64::from(most))
        .fetch_all(&mut *tx)
        .await?;
        let claim = BatchId::new();
        let hosts = json(&hosts.iter().map(|host| [host]).collect::<Vec<_>>())?;
        sqlx::query(concat!(
            "update page_fetch set claim = $1, due_at = (select ms from clock) + $2
             from (
                 select (select p.track_id from page_fetch p where p.host = value ->> 0 and p.due_at <= c.ms
                         order by p.priority desc, p.due_at limit 1) as id
                 from clock c, ",
            each!("$3"),
            ") as next where page_fetch.track_id = next.id"
        ))
        .bind(claim.as_str())
        .bind(PAGE_LEASE_MS)
        .bind(&hosts)
        .execute(&mut *tx)
        .await?;
        let rows = sqlx::query(concat!(
            "select p.track_id, l.platform_name, l.platform_id, l.url, l.shared_text, p.etag, p.last_modified, p.attempts
             from page_fetch p join music_library l on l.id = p.track_id
             where p.claim = $1 and p.host in (select value ->> 0 from ",
            each!("$2"),
            ") and p.due_at is not null"
        ))
        .bind(claim.as_str())
        .bind(&hosts)
        .fetch_all(&mut *tx)
        .await?;
        rest(&mut tx, &hosts, interval).await?;
        tx.commit().await?;
        rows.iter().map(|row| claim_from(row, &claim)).collect()
    }

    async fn write_page(
        &self,
        claim: &PageClaim,
        outcome: &PageOutcome,
        rest_for: Option<Duration>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let held: Option<String> = sqlx::query_scalar(concat!(
            "select host from page_fetch where track_id = $1 and claim = $2",
            for_update!()
        ))
        .bind(claim.row)
        .bind(claim.claim.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(host) = held else { return Ok(false) };
        match outcome {
            PageOutcome::Read { page, validators } => {
                write_library(&mut tx, claim.row, page).await?;
                write_read(&mut tx, claim.row, Some(validators)).await?;
                go_on(&mut tx, claim.row, true, None).await?;
            }
            PageOutcome::Unchanged => {
                write_read(&mut tx, claim.row, None).await?;
                go_on(&mut tx, claim.row, true, None).await?;
            }
            PageOutcome::Unread { failure, again, counts, goes_on } => {
                write_unread(&mut tx, claim.row, failure, *again, *counts).await?;
                go_on(&mut tx, claim.row, *goes_on, Some(failure)).await?;
            }
            PageOutcome::Returned => {
                let returned =
                    "update page_fetch set due_at = (select ms from clock), claim = null where track_id = $1";
                sqlx::query(returned).bind(claim.row).execute(&mut *tx).await?;
            }
        }
        rest(&mut tx, &json(&[[host]])?, rest_for.unwrap_or_default()).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn want_again(&self, keys: Option<String>) -> Result<u64, StoreError> {
        let mut tx = self.begin().await?;
        let wanted: Vec<i64> = sqlx::query_scalar(concat!(
            "update page_fetch set due_at = (select ms from clock), attempts = 0
             where failure is not null and track_id in (select id from music_library where ",
            named!(),
            ") returning track_id"
        ))
        .bind(keys)
        .fetch_all(&mut *tx)
        .await?;
        if !wanted.is_empty() {
            let wanted = json(&wanted)?;
            sqlx::query(concat!(
                "update music_ai_queue set waiting_for = 'page' where status = 'pending' and id in ",
                numbers!("$1")
            ))
            .bind(&wanted)
            .execute(&mut *tx)
            .await?;
            want_of_hosts(&mut tx, &wanted).await?;
        }
        tx.commit().await?;
        Ok(u64::try_from(wanted.len()).unwrap_or(u64::MAX))
    }
}

/// Lets the pages of links be read: of those that wait for theirs, and of those that were shared again long after theirs was
/// read, or tried. Takes a JSON array of row numbers.
pub(in super::super) async fn want(tx: &mut Connection, rows: &str) -> Result<(), StoreError> {
    let wanted = sqlx::query(concat!(
        "insert into page_fetch (track_id, host, priority, due_at)
         select l.id, ",
        host_of!("l.url"),
        ", coalesce(q.priority, 0), (select ms from clock)
         from music_library l
         left join music_ai_queue q on q.id = l.id
         left join page_fetch p on p.track_id = l.id
         where l.id in ",
        numbers!("$1"),
        " and l.url like 'http%://%/%' and case
                 when p.track_id is null then q.waiting_for = 'page'
                 when p.due_at is not null then true
                 when p.failure is null then p.tried_at < (select ms from clock) - $2
                 else p.tried_at < (select ms from clock) - $3 end
         order by l.id
         on conflict (track_id) do update set priority = excluded.priority,
             attempts = case when page_fetch.due_at is null then 0 else page_fetch.attempts end,
             due_at = coalesce(page_fetch.due_at, excluded.due_at)"
    ))
    .bind(rows)
    .bind(PAGE_STALE_MS)
    .bind(PAGE_UNREAD_MS)
    .execute(&mut *tx)
    .await?;
    if wanted.rows_affected() > 0 {
        want_of_hosts(tx, rows).await?;
    }
    Ok(())
}

/// A server has a page that is due, however long it rests yet.
async fn want_of_hosts(tx: &mut Connection, rows: &str) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "insert into page_origin (host, next_at)
         select host, min(due_at) from page_fetch where due_at is not null and track_id in ",
        numbers!("$1"),
        " group by host order by host
         on conflict (host) do update set next_at = case
             when excluded.next_at < page_origin.rests_until then page_origin.rests_until else excluded.next_at end
         where page_origin.next_at is null or page_origin.next_at > excluded.next_at"
    ))
    .bind(rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// Servers rest, at least as long as they did, and come again when a page of theirs is due.
async fn rest(tx: &mut Connection, hosts: &str, interval: Duration) -> Result<(), StoreError> {
    let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
    sqlx::query(concat!(
        "update page_origin set rests_until = (select ms from clock) + $2
         where rests_until < (select ms from clock) + $2 and host in (select value ->> 0 from ",
        each!("$1"),
        ")"
    ))
    .bind(hosts)
    .bind(interval)
    .execute(&mut *tx)
    .await?;
    sqlx::query(concat!(
        "update page_origin set next_at = (
             select case when min(p.due_at) < rests_until then rests_until else min(p.due_at) end
             from page_fetch p where p.host = page_origin.host and p.due_at is not null)
         where host in (select value ->> 0 from ",
        each!("$1"),
        ")"
    ))
    .bind(hosts)
    .execute(tx)
    .await?;
    Ok(())
}

/// What the page says is taken over where it says something.
async fn write_library(tx: &mut Connection, row: i64, page: &Page) -> Result<(), StoreError> {
    let metadata = json(&page.metadata)?;
    sqlx::query(
        "update music_library set og_title = coalesce($1, og_title), og_artist = coalesce($2, og_artist),
             og_description = coalesce($3, og_description), og_image_url = coalesce($4, og_image_url),
             og_metadata = case when $5 = '{}' then og_metadata else $5 end, og_fetched_at = (select ms from clock),
             processing_status = case when processing_status = 'pending' then 'og_fetched' else processing_status end,
             updated_at = (select ms from clock)
         where id = $6",
    )
    .bind(&page.og_title)
    .bind(&page.og_artist)
    .bind(&page.og_description)
    .bind(&page.og_image_url)
    .bind(metadata)
    .bind(row)
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_read(tx: &mut Connection, row: i64, validators: Option<&Validators>) -> Result<(), StoreError> {
    sqlx::query(
        "update page_fetch set due_at = null, claim = null, attempts = 0, failure = null,
             etag = case when $1 then $2 else etag end, last_modified = case when $1 then $3 else last_modified end,
             tried_at = (select ms from clock)
         where track_id = $4",
    )
    .bind(validators.is_some())
    .bind(validators.and_then(|validators| validators.etag.as_deref()))
    .bind(validators.and_then(|validators| validators.last_modified.as_deref()))
    .bind(row)
    .execute(tx)
    .await?;
    Ok(())
}

async fn write_unread(
    tx: &mut Connection,
    row: i64,
    failure: &str,
    again: Option<Duration>,
    counts: bool,
) -> Result<(), StoreError> {
    sqlx::query(
        "update page_fetch set due_at = (select ms from clock) + $1, claim = null, attempts = attempts + $2,
             failure = $3, tried_at = (select ms from clock)
         where track_id = $4",
    )
    .bind(again.map(|again| i64::try_from(again.as_millis()).unwrap_or(i64::MAX)))
    .bind(i64::from(counts))
    .bind(failure)
    .bind(row)
    .execute(tx)
    .await?;
    Ok(())
}

/// A track that waits for its page goes on, or says why it does not.
async fn go_on(tx: &mut Connection, row: i64, goes_on: bool, failure: Option<&str>) -> Result<(), StoreError> {
    sqlx::query(
        "update music_ai_queue set error_message = $1, waiting_for = case when $2 then null else waiting_for end
         where id = $3 and status = 'pending' and waiting_for = 'page'",
    )
    .bind(failure.map(|failure| format!("its page cannot be had: {failure}")))
    .bind(goes_on)
    .bind(row)
    .execute(tx)
    .await?;
    Ok(())
}

fn claim_from(row: &Row, claim: &BatchId) -> Result<PageClaim, StoreError> {
    let attempts: i64 = row.try_get("attempts")?;
    Ok(PageClaim {
        claim: claim.clone(),
        row: row.try_get("track_id")?,
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        url: row.try_get("url")?,
        shared_text: row.try_get("shared_text")?,
        validators: Validators { etag: row.try_get("etag")?, last_modified: row.try_get("last_modified")? },
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
    })
}

fn unread_from(row: &Row) -> Result<UnreadPage, StoreError> {
    Ok(UnreadPage {
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        url: row.try_get("url")?,
        failure: row.try_get("failure")?,
        attempts: row.try_get("attempts")?,
        tried_at: row.try_get("tried_at")?,
        due_at: row.try_get("due_at")?,
    })
}
