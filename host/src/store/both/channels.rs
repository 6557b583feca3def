//! Channels that posts are read from.

use super::super::{Backend, Connection, Row, enqueue};
use crate::store::channels::parts;
use crate::store::json::json;
use crate::store::{
    Begun, ChannelClaim, ChannelState, ChannelStore, Enqueued, LATE_POST_MS, NewLink, NewPost, SYNC_LEASE_MS,
    StoreError, TakenPosts,
};
use async_trait::async_trait;
use sqlx::Row as _;
use std::collections::HashSet;
use std::time::Duration;

/// How often a part of a page is taken whose transaction waited for another one in a circle.
const ATTEMPTS: usize = 3;

#[async_trait]
impl ChannelStore for Backend {
    async fn begin_sync(&self, channel: &str, rest: Option<Duration>) -> Result<Begun, StoreError> {
        let rest = rest.map(|rest| i64::try_from(rest.as_millis()).unwrap_or(i64::MAX));
        self.within(self.claim_channel(channel, rest)).await
    }

    async fn take_posts(
        &self,
        claim: &mut ChannelClaim,
        posts: &[NewPost],
        cursor: Option<&str>,
    ) -> Result<Option<TakenPosts>, StoreError> {
        // Where whoever comes next begins if not all of it is taken: the newest page has no place of its own.
        let here = claim.cursor.clone().unwrap_or_default();
        let mut taken = TakenPosts::default();
        for (after, part) in parts(posts).into_iter().enumerate().rev() {
            let cursor = if after == 0 { cursor } else { Some(here.as_str()) };
            let Some(more) = self.take_part(claim, part, cursor).await? else { return Ok(None) };
            taken.posts += more.posts;
            taken.links += more.links;
            taken.queued += more.queued;
        }
        Ok(Some(taken))
    }

    async fn caught_up(&self, claim: &mut ChannelClaim) -> Result<bool, StoreError> {
        let Some(mark) = self.within(self.move_mark(claim)).await? else { return Ok(false) };
        (claim.mark, claim.cursor) = (mark, None);
        Ok(true)
    }

    async fn end_sync(&self, claim: &ChannelClaim, error: Option<&str>) -> Result<(), StoreError> {
        self.within(async {
            sqlx::query(
                "update channel_sync set busy_until = 0, last_sync_at = (select ms from clock), ok = $1, error = $2
                 where channel = $3 and busy_until = $4",
            )
            .bind(error.is_none())
            .bind(error)
            .bind(&claim.channel)
            .bind(claim.until)
            .execute(self.writer())
            .await?;
            Ok(())
        })
        .await
    }

    async fn leave_sync(&self, claim: &ChannelClaim) -> Result<(), StoreError> {
        self.within(async {
            sqlx::query("update channel_sync set busy_until = 0 where channel = $1 and busy_until = $2")
                .bind(&claim.channel)
                .bind(claim.until)
                .execute(self.writer())
                .await?;
            Ok(())
        })
        .await
    }

    async fn channel(&self, channel: &str) -> Result<Option<ChannelState>, StoreError> {
        self.within(async {
            let row = sqlx::query(
                "select channel, last_sync_at, last_cast_at, ok, error, posts, links,
                     busy_until > (select ms from clock) as is_running, cursor is not null as is_behind
                 from channel_sync where channel = $1",
            )
            .bind(channel)
            .fetch_optional(self.readers())
            .await?;
            row.as_ref().map(state_from).transpose()
        })
        .await
    }
}

impl Backend {
    async fn claim_channel(&self, channel: &str, rest: Option<i64>) -> Result<Begun, StoreError> {
        // Whether it is due is asked often, and mostly it is not: nothing is locked then.
        if let Some(begun) = self.lack_of_channel(channel, rest).await? {
            return Ok(begun);
        }
        let mut tx = self.begin().await?;
        sqlx::query("insert into channel_sync (channel) values ($1) on conflict (channel) do nothing")
            .bind(channel)
            .execute(&mut *tx)
            .await?;
        let row = sqlx::query(
            "update channel_sync set busy_until = (select ms from clock) + $1
             where channel = $2 and busy_until <= (select ms from clock)
                 and (not $3 or last_sync_at is null or last_sync_at <= (select ms from clock) - $4)
             returning busy_until, last_cast_at, cursor, (select ms from clock) as now",
        )
        .bind(SYNC_LEASE_MS)
        .bind(channel)
        .bind(rest.is_some())
        .bind(rest.unwrap_or(0))
        .fetch_optional(&mut *tx)
        .await?;
        tx.commit().await?;
        let Some(row) = row else { return Ok(Begun::Running) };
        Ok(Begun::Claimed(ChannelClaim {
            channel: channel.to_owned(),
            now: row.try_get("now")?,
            mark: row.try_get("last_cast_at")?,
            cursor: row.try_get("cursor")?,
            until: row.try_get("busy_until")?,
        }))
    }

    /// Why a channel may not be claimed, if that is so.
    async fn lack_of_channel(&self, channel: &str, rest: Option<i64>) -> Result<Option<Begun>, StoreError> {
        let row = sqlx::query(
            "select busy_until > (select ms from clock) as is_running,
                 last_sync_at is not null and last_sync_at > (select ms from clock) - $2 as has_rested
             from channel_sync where channel = $1",
        )
        .bind(channel)
        .bind(rest.unwrap_or(0))
        .fetch_optional(self.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        if row.try_get("is_running")? {
            return Ok(Some(Begun::Running));
        }
        let has_rested: bool = row.try_get("has_rested")?;
        Ok((rest.is_some() && has_rested).then_some(Begun::Rested))
    }

    async fn take_part(
        &self,
        claim: &mut ChannelClaim,
        posts: &[NewPost],
        cursor: Option<&str>,
    ) -> Result<Option<TakenPosts>, StoreError> {
        let mut attempt = 1;
        let written = loop {
            match self.within(self.write_posts(claim, posts, cursor)).await {
                Err(error) if error.is_deadlock() && attempt < ATTEMPTS => attempt += 1,
                written => break written?,
            }
        };
        let Some((taken, until)) = written else { return Ok(None) };
        (claim.until, claim.cursor) = (until, cursor.map(str::to_owned));
        Ok(Some(taken))
    }

    /// Returns besides until when the claim holds now; nothing when it was lost.
    async fn write_posts(
        &self,
        claim: &ChannelClaim,
        posts: &[NewPost],
        cursor: Option<&str>,
    ) -> Result<Option<(TakenPosts, i64)>, StoreError> {
        let mut tx = self.begin().await?;
        let newest = posts.iter().map(|post| post.at).max();
        let Some(until) = hold(&mut tx, claim, cursor, newest).await? else { return Ok(None) };
        let oldest = claim.mark.map_or(i64::MIN, |mark| mark - LATE_POST_MS);
        let mut ids = HashSet::new();
        let recent = posts.iter().filter(|post| post.at > oldest && ids.insert(post.id.as_str()));
        let recent: Vec<&NewPost> = recent.collect();
        let known = remember(&mut tx, &claim.channel, &recent).await?;
        let fresh: Vec<&NewPost> = recent.into_iter().filter(|post| !known.contains(&post.id)).collect();
        // The oldest was there first.
        let links: Vec<NewLink> = fresh.iter().rev().flat_map(|post| post.links.iter().cloned()).collect();
        let queued = enqueue::enqueue_within(&mut tx, &links).await?;
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        let taken = TakenPosts {
            posts: count(fresh.len()),
            links: count(links.len()),
            queued: count(queued.iter().filter(|result| **result == Enqueued::Queued).count()),
        };
        sqlx::query("update channel_sync set posts = posts + $1, links = links + $2 where channel = $3")
            .bind(i64::try_from(taken.posts).unwrap_or(i64::MAX))
            .bind(i64::try_from(taken.links).unwrap_or(i64::MAX))
            .bind(&claim.channel)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Some((taken, until)))
    }

    async fn move_mark(&self, claim: &ChannelClaim) -> Result<Option<Option<i64>>, StoreError> {
        let mut tx = self.begin().await?;
        let moved: Option<Option<i64>> = sqlx::query_scalar(
            "update channel_sync set last_cast_at = case
                     when newest_at is null or newest_at < last_cast_at then last_cast_at else newest_at end,
                 newest_at = null, cursor = null
             where channel = $1 and busy_until = $2 returning last_cast_at",
        )
        .bind(&claim.channel)
        .bind(claim.until)
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(Some(mark)) = moved {
            sqlx::query("delete from channel_post where channel = $1 and at <= $2")
                .bind(&claim.channel)
                .bind(mark - LATE_POST_MS)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(moved)
    }
}

/// Extends a claim that still holds, and notes how far it has come.
async fn hold(
    tx: &mut Connection,
    claim: &ChannelClaim,
    cursor: Option<&str>,
    newest: Option<i64>,
) -> Result<Option<i64>, StoreError> {
    let held = sqlx::query_scalar(
        "update channel_sync set busy_until = (select ms from clock) + $1, cursor = $2,
             newest_at = case when newest_at is null or newest_at < $3 then $3 else newest_at end
         where channel = $4 and busy_until = $5 returning busy_until",
    )
    .bind(SYNC_LEASE_MS)
    .bind(cursor)
    .bind(newest)
    .bind(&claim.channel)
    .bind(claim.until)
    .fetch_optional(tx)
    .await?;
    Ok(held)
}

/// Returns those that were known before. One without a date of its own is as young as it was last seen.
async fn remember(tx: &mut Connection, channel: &str, posts: &[&NewPost]) -> Result<HashSet<String>, StoreError> {
    let posts = json(&posts.iter().map(|post| (&post.id, post.at)).collect::<Vec<_>>())?;
    let known: Vec<String> = sqlx::query_scalar(concat!(
        "select post from channel_post where channel = $1 and post in (select value ->> 0 from ",
        each!("$2"),
        ")"
    ))
    .bind(channel)
    .bind(&posts)
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query(concat!(
        "insert into channel_post (channel, post, at) select $1, value ->> 0, cast(value ->> 1 as bigint) from ",
        each!("$2"),
        " where true on conflict (channel, post) do update set at = excluded.at where channel_post.at < excluded.at"
    ))
    .bind(channel)
    .bind(&posts)
    .execute(tx)
    .await?;
    Ok(known.into_iter().collect())
}

fn state_from(row: &Row) -> Result<ChannelState, StoreError> {
    Ok(ChannelState {
        channel: row.try_get("channel")?,
        last_sync_at: row.try_get("last_sync_at")?,
        last_cast_at: row.try_get("last_cast_at")?,
        ok: row.try_get("ok")?,
        error: row.try_get("error")?,
        posts: row.try_get("posts")?,
        links: row.try_get("links")?,
        is_running: row.try_get("is_running")?,
        is_behind: row.try_get("is_behind")?,
    })
}
