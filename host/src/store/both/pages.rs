//! Pages that are to be read, and the sites they are on.
//!
//! Rows are locked in the order in which links are queued: library, queue, page, site. A claim has a site and waits for
//! nothing.

use super::super::{Backend, Connection, Row};
use super::queue::named;
use crate::music::{Page, TrackKey, Validators, site};
use crate::store::json::{from_json, json};
use crate::store::{
    BatchId, PAGE_LEASE_MS, PAGE_STALE_MS, PAGE_UNREAD_MS, PageClaim, PageOutcome, PageStore, SiteState, StoreError,
    UnreadPage,
};
use async_trait::async_trait;
use serde::Serialize;
use sqlx::Row as _;
use std::time::Duration;

/// Rows of one step of a change that may concern all.
const STEP: i64 = 5_000;
/// How often a statement is tried that waited for another one in a circle.
const ATTEMPTS: usize = 3;

#[async_trait]
impl PageStore for Backend {
    async fn want_waiting_pages(&self) -> Result<u64, StoreError> {
        let (mut wanted, mut after) = (0, 0);
        while let Some(step) = self.within(self.want_some_waiting(after)).await? {
            (wanted, after) = (wanted + step.wanted, step.last);
        }
        Ok(wanted)
    }

    async fn claim_pages(
        &self,
        most: u32,
        interval: Duration,
        even_paused: bool,
    ) -> Result<Vec<PageClaim>, StoreError> {
        self.within(self.claim_due_pages(most, interval, even_paused)).await
    }

    async fn settle_page(&self, claim: &PageClaim, outcome: &PageOutcome, site: SiteState) -> Result<bool, StoreError> {
        let mut attempt = 1;
        loop {
            match self.within(self.write_page(claim, outcome, site)).await {
                Err(error) if error.is_deadlock() && attempt < ATTEMPTS => attempt += 1,
                settled => return settled,
            }
        }
    }

    async fn return_pages(&self, claims: &[PageClaim]) -> Result<(), StoreError> {
        let claims: Vec<_> = claims.iter().map(|claim| (claim.row, claim.claim.as_str())).collect();
        self.within(self.give_back(json(&claims)?)).await
    }

    async fn next_page(&self) -> Result<Option<i64>, StoreError> {
        self.within(async {
            let next = "select min(next_at) - (select ms from clock) from page_site where next_at is not null";
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

    /// In steps, along the pages' numbers: a statement may take only so long, and on a file it keeps others from writing.
    async fn retry_pages(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError> {
        let keys = keys.map(json).transpose()?;
        let (mut retried, mut after) = (0, 0);
        while let Some(step) = self.within(self.want_some_again(keys.as_deref(), after)).await? {
            (retried, after) = (retried + step.wanted, step.last);
        }
        Ok(retried)
    }
}

/// A step of a walk.
struct Step {
    wanted: u64,
    /// Where the next one begins.
    last: i64,
}

/// A page that is to be read.
#[derive(Serialize)]
struct Wanted {
    row: i64,
    site: String,
}

impl Backend {
    async fn want_some_waiting(&self, after: i64) -> Result<Option<Step>, StoreError> {
        let waiting: Vec<i64> = sqlx::query_scalar(
            "select q.id from music_ai_queue q
             where q.waiting_for = 'page' and q.waiting_for is not null and q.status = 'pending' and q.id > $1
                 and not exists (select 1 from page_fetch p where p.track_id = q.id)
             order by q.id limit $2",
        )
        .bind(after)
        .bind(STEP)
        .fetch_all(self.readers())
        .await?;
        let Some(last) = waiting.last().copied() else { return Ok(None) };
        let mut tx = self.begin().await?;
        let wanted = want(&mut tx, &json(&waiting)?).await?;
        tx.commit().await?;
        Ok(Some(Step { wanted, last }))
    }

    async fn claim_due_pages(
        &self,
        most: u32,
        interval: Duration,
        even_paused: bool,
    ) -> Result<Vec<PageClaim>, StoreError> {
        // Nothing is locked where nothing is due.
        let due: i64 = sqlx::query_scalar(
            "select count(*) from (select 1 from page_site where next_at <= (select ms from clock) limit 1) as due
             where $1 or exists (select 1 from worker_control where paused_at is null)",
        )
        .bind(even_paused)
        .fetch_one(self.readers())
        .await?;
        if due == 0 || most == 0 {
            return Ok(Vec::new());
        }
        let mut tx = self.begin().await?;
        let sites: Vec<String> = sqlx::query_scalar(concat!(
            "select site from page_site where next_at <= (select ms from clock) order by next_at limit $1",
            skip_locked!()
        ))
        .bind(i64::from(most))
        .fetch_all(&mut *tx)
        .await?;
        let claim = BatchId::new();
        let sites = json(&sites.iter().map(|site| [site]).collect::<Vec<_>>())?;
        let claimed: Vec<i64> = sqlx::query_scalar(concat!(
            "with next as materialized (
                 select (select p.track_id from page_fetch p where p.site = value ->> 0 and p.due_at <= c.ms
                         order by p.priority desc, p.due_at limit 1",
            skip_locked!(),
            ") as id from clock c, ",
            each!("$3"),
            ")
             update page_fetch set claim = $1, due_at = (select ms from clock) + $2
             where track_id in (select id from next) returning track_id"
        ))
        .bind(claim.as_str())
        .bind(PAGE_LEASE_MS)
        .bind(&sites)
        .fetch_all(&mut *tx)
        .await?;
        let rows = sqlx::query(concat!(
            "select p.track_id, l.platform_name, l.platform_id, l.url, l.shared_text, p.etag, p.last_modified,
                 p.attempts, p.postponed, coalesce((select ms from clock) - s.away_since, 0) as site_away
             from page_fetch p join music_library l on l.id = p.track_id join page_site s on s.site = p.site
             where p.track_id in ",
            numbers!("$1")
        ))
        .bind(json(&claimed)?)
        .fetch_all(&mut *tx)
        .await?;
        rest(&mut tx, &sites, interval).await?;
        tx.commit().await?;
        rows.iter().map(|row| claim_from(row, &claim)).collect()
    }

    async fn write_page(&self, claim: &PageClaim, outcome: &PageOutcome, state: SiteState) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let site: Option<String> = sqlx::query_scalar(concat!(
            "select p.site from music_library l join page_fetch p on p.track_id = l.id
             where l.id = $1 and p.claim = $2",
            for_update!("l")
        ))
        .bind(claim.row)
        .bind(claim.claim.as_str())
        .fetch_optional(&mut *tx)
        .await?;
        let Some(site) = site else { return Ok(false) };
        let held = match outcome {
            PageOutcome::Read { page, validators } => {
                write_library(&mut tx, claim.row, page).await?;
                go_on(&mut tx, claim.row, true, None).await?;
                write_read(&mut tx, claim, Some(validators)).await?
            }
            PageOutcome::Unchanged => {
                go_on(&mut tx, claim.row, true, None).await?;
                write_read(&mut tx, claim, None).await?
            }
            PageOutcome::Unread { failure, again, counts, goes_on } => {
                go_on(&mut tx, claim.row, *goes_on, Some(failure)).await?;
                write_unread(&mut tx, claim, failure, *again, *counts).await?
            }
        };
        // It was claimed by another meanwhile.
        if !held {
            return Ok(false);
        }
        let sites = json(&[[site]])?;
        write_state(&mut tx, &sites, state).await?;
        let rest_for = if let SiteState::Away(rest_for) = state { rest_for } else { Duration::ZERO };
        rest(&mut tx, &sites, rest_for).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn give_back(&self, claims: String) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        let rows: Vec<i64> = sqlx::query_scalar(concat!(
            "update page_fetch set due_at = (select ms from clock), claim = null
             where (track_id, claim) in (select cast(value ->> 0 as bigint), value ->> 1 from ",
            each!("$1"),
            ") returning track_id"
        ))
        .bind(claims)
        .fetch_all(&mut *tx)
        .await?;
        want_of_sites(&mut tx, &json(&rows)?).await?;
        Ok(tx.commit().await?)
    }

    async fn want_some_again(&self, keys: Option<&str>, after: i64) -> Result<Option<Step>, StoreError> {
        let unread: Vec<i64> = sqlx::query_scalar(concat!(
            "select track_id from page_fetch where failure is not null and claim is null and track_id > $2
                 and ($1 is null or track_id in (select id from music_library where ",
            named!(),
            ")) order by track_id limit $3"
        ))
        .bind(keys)
        .bind(after)
        .bind(STEP)
        .fetch_all(self.readers())
        .await?;
        let Some(last) = unread.last().copied() else { return Ok(None) };
        let unread = json(&unread)?;
        let mut tx = self.begin().await?;
        sqlx::query(concat!(
            "update music_ai_queue set waiting_for = 'page' where status = 'pending' and id in ",
            numbers!("$1")
        ))
        .bind(&unread)
        .execute(&mut *tx)
        .await?;
        let wanted = sqlx::query(concat!(
            "update page_fetch set due_at = (select ms from clock), attempts = 0, postponed = 0
             where failure is not null and claim is null and track_id in ",
            numbers!("$1")
        ))
        .bind(&unread)
        .execute(&mut *tx)
        .await?;
        want_of_sites(&mut tx, &unread).await?;
        tx.commit().await?;
        Ok(Some(Step { wanted: wanted.rows_affected(), last }))
    }
}

/// Lets the pages of links be read: of those that wait for theirs, and of those that were shared again long after theirs was
/// read, or tried. Takes a JSON array of row numbers; returns how many that are.
pub(in super::super) async fn want(tx: &mut Connection, rows: &str) -> Result<u64, StoreError> {
    let links: String = sqlx::query_scalar(concat!(
        "select ",
        gathered!("l.id", "l.url"),
        " from music_library l
         left join music_ai_queue q on q.id = l.id
         left join page_fetch p on p.track_id = l.id
         where l.id in ",
        numbers!("$1"),
        " and l.url is not null and case
             when p.track_id is null then q.waiting_for = 'page'
             when p.due_at is not null then p.priority < q.priority
             when p.failure is null then p.tried_at < (select ms from clock) - $2
             else p.tried_at < (select ms from clock) - $3 end"
    ))
    .bind(rows)
    .bind(PAGE_STALE_MS)
    .bind(PAGE_UNREAD_MS)
    .fetch_one(&mut *tx)
    .await?;
    let links: Vec<(i64, String)> = from_json(&links)?;
    let site = |(row, link): (i64, String)| Some(Wanted { row, site: site(&link.parse().ok()?)?.to_owned() });
    let mut wanted: Vec<Wanted> = links.into_iter().filter_map(site).collect();
    if wanted.is_empty() {
        return Ok(0);
    }
    wanted.sort_unstable_by_key(|page| page.row);
    sqlx::query(concat!(
        "insert into page_fetch (track_id, site, priority, due_at)
         select cast(value ->> 'row' as bigint), value ->> 'site', coalesce(q.priority, 0), (select ms from clock)
         from ",
        each!("$1"),
        " left join music_ai_queue q on q.id = cast(value ->> 'row' as bigint) where true order by 1
         on conflict (track_id) do update set priority = excluded.priority,
             attempts = case when page_fetch.due_at is null then 0 else page_fetch.attempts end,
             postponed = case when page_fetch.due_at is null then 0 else page_fetch.postponed end,
             due_at = coalesce(page_fetch.due_at, excluded.due_at)"
    ))
    .bind(json(&wanted)?)
    .execute(&mut *tx)
    .await?;
    want_of_sites(tx, &json(&wanted.iter().map(|page| page.row).collect::<Vec<_>>())?).await?;
    Ok(u64::try_from(wanted.len()).unwrap_or(u64::MAX))
}

/// A site has a page that is due, however long it rests yet.
async fn want_of_sites(tx: &mut Connection, rows: &str) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "insert into page_site (site, next_at)
         select site, min(due_at) from page_fetch where due_at is not null and track_id in ",
        numbers!("$1"),
        " group by site order by site
         on conflict (site) do update set next_at = case
             when excluded.next_at < page_site.rests_until then page_site.rests_until else excluded.next_at end
         where page_site.next_at is null or page_site.next_at > excluded.next_at"
    ))
    .bind(rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// Since when nothing could be had from a site.
async fn write_state(tx: &mut Connection, sites: &str, state: SiteState) -> Result<(), StoreError> {
    let is_away = match state {
        SiteState::Answers => false,
        SiteState::Away(_) => true,
        SiteState::Unknown => return Ok(()),
    };
    sqlx::query(concat!(
        "update page_site set away_since = case when $2 then coalesce(away_since, (select ms from clock)) end
         where site in (select value ->> 0 from ",
        each!("$1"),
        ")"
    ))
    .bind(sites)
    .bind(is_away)
    .execute(tx)
    .await?;
    Ok(())
}

/// Sites rest, at least as long as they did, and come again when a page of theirs is due.
async fn rest(tx: &mut Connection, sites: &str, interval: Duration) -> Result<(), StoreError> {
    let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX);
    sqlx::query(concat!(
        "update page_site set rests_until = (select ms from clock) + $2
         where rests_until < (select ms from clock) + $2 and site in (select value ->> 0 from ",
        each!("$1"),
        ")"
    ))
    .bind(sites)
    .bind(interval)
    .execute(&mut *tx)
    .await?;
    sqlx::query(concat!(
        "update page_site set next_at = (
             select case when min(p.due_at) < rests_until then rests_until else min(p.due_at) end
             from page_fetch p where p.site = page_site.site and p.due_at is not null)
         where site in (select value ->> 0 from ",
        each!("$1"),
        ")"
    ))
    .bind(sites)
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

/// Whether the claim held it.
async fn write_read(
    tx: &mut Connection,
    claim: &PageClaim,
    validators: Option<&Validators>,
) -> Result<bool, StoreError> {
    let written = sqlx::query(
        "update page_fetch set due_at = null, claim = null, attempts = 0, postponed = 0, failure = null,
             etag = case when $1 then $2 else etag end, last_modified = case when $1 then $3 else last_modified end,
             tried_at = (select ms from clock)
         where track_id = $4 and claim = $5",
    )
    .bind(validators.is_some())
    .bind(validators.and_then(|validators| validators.etag.as_deref()))
    .bind(validators.and_then(|validators| validators.last_modified.as_deref()))
    .bind(claim.row)
    .bind(claim.claim.as_str())
    .execute(tx)
    .await?;
    Ok(written.rows_affected() > 0)
}

/// Whether the claim held it.
async fn write_unread(
    tx: &mut Connection,
    claim: &PageClaim,
    failure: &str,
    again: Option<Duration>,
    counts: bool,
) -> Result<bool, StoreError> {
    let written = sqlx::query(
        "update page_fetch set due_at = (select ms from clock) + $1, claim = null, attempts = attempts + $2,
             postponed = postponed + 1 - $2, failure = $3, tried_at = (select ms from clock)
         where track_id = $4 and claim = $5",
    )
    .bind(again.map(|again| i64::try_from(again.as_millis()).unwrap_or(i64::MAX)))
    .bind(i64::from(counts))
    .bind(failure)
    .bind(claim.row)
    .bind(claim.claim.as_str())
    .execute(tx)
    .await?;
    Ok(written.rows_affected() > 0)
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
    let number = |column: &str| -> Result<i64, StoreError> { Ok(row.try_get(column)?) };
    let count = |column: &str| Ok::<u32, StoreError>(u32::try_from(number(column)?).unwrap_or(u32::MAX));
    Ok(PageClaim {
        claim: claim.clone(),
        row: row.try_get("track_id")?,
        key: TrackKey { platform_name: row.try_get("platform_name")?, platform_id: row.try_get("platform_id")? },
        url: row.try_get("url")?,
        shared_text: row.try_get("shared_text")?,
        validators: Validators { etag: row.try_get("etag")?, last_modified: row.try_get("last_modified")? },
        attempts: count("attempts")?,
        postponed: count("postponed")?,
        site_away: Duration::from_millis(u64::try_from(number("site_away")?).unwrap_or(0)),
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
