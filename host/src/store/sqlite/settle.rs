//! Settling: one transaction, fenced by the lease. Library rows, queue rows, the journal's marks and the batch change
//! together or not at all.

use super::{SqliteStore, json};
use crate::music::Origin;
use crate::store::{BatchId, MAX_ATTEMPTS, Settled, Settlement, StoreError, Verdict, Waiting};
use serde::Serialize;
use sqlx::SqliteConnection;
use std::collections::BTreeMap;

/// The first backoff; it doubles with every attempt.
const BACKOFF_MS: i64 = 30_000;
/// The longest backoff.
const MAX_BACKOFF_MS: i64 = 3_600_000;
/// Attempts of a track that is older than this are no longer given back, so that none goes round for ever.
const REFUND_MAX_AGE_MS: i64 = 7 * 24 * 3_600_000;

/// A verdict as the statements read it.
#[derive(Serialize, Default)]
struct Row<'a> {
    at: u32,
    kind: &'static str,
    error: Option<&'a str>,
    rest_ms: i64,
    waiting: Option<&'static str>,
    /// What the backoff is multiplied by, 0.8 to 1.2, so that a failed batch does not come back as one.
    jitter: f64,
    title: Option<&'a str>,
    artist: Option<&'a str>,
    album: Option<&'a str>,
    genres: Option<String>,
    release_date: Option<&'a str>,
    music_type: Option<&'static str>,
    confidence: Option<f64>,
    origins: Option<String>,
    strategy: Option<&'a str>,
    digest: Option<&'a str>,
    model: Option<&'a str>,
}

impl SqliteStore {
    pub(super) async fn settle_fenced(
        &self,
        batch: &BatchId,
        settlement: &Settlement,
        finish: bool,
    ) -> Result<Settled, StoreError> {
        let now = self.now();
        let settled = count(settlement);
        let rows = json(&rows(settlement)?)?;
        let mut tx = self.write().await?;
        fence(&mut tx, batch, settlement, settled, finish.then_some(now)).await?;
        if !settlement.verdicts.is_empty() {
            write_library(&mut tx, batch, &rows, now).await?;
            write_queue(&mut tx, batch, &rows, now).await?;
        }
        if !settlement.interpreted.is_empty() {
            mark_interpreted(&mut tx, settlement, now).await?;
        }
        let left = if finish { return_open(&mut tx, batch).await? } else { 0 };
        tx.commit().await?;
        Ok(Settled { returned: settled.returned + left, ..settled })
    }
}

fn count(settlement: &Settlement) -> Settled {
    let mut settled = Settled::default();
    for (_, verdict) in &settlement.verdicts {
        match verdict {
            Verdict::Completed(..) | Verdict::NoMusic(..) => settled.succeeded += 1,
            Verdict::Failed(_) => settled.failed += 1,
            Verdict::Refunded { .. } | Verdict::Halved { .. } | Verdict::Waits(..) => settled.returned += 1,
        }
    }
    settled
}

fn rows(settlement: &Settlement) -> Result<Vec<Row<'_>>, StoreError> {
    settlement.verdicts.iter().map(|(at, verdict)| row(*at, verdict)).collect()
}

fn row(at: u32, verdict: &Verdict) -> Result<Row<'_>, StoreError> {
    let row = Row { at, jitter: 1.0, ..Row::default() };
    Ok(match verdict {
        Verdict::Completed(entry, by) => {
            let origins: BTreeMap<&str, Origin> =
                entry.origins.iter().map(|(field, origin)| (field.as_str(), *origin)).collect();
            Row {
                kind: "completed",
                title: Some(&entry.title),
                artist: entry.artist.as_deref(),
                album: entry.album.as_deref(),
                genres: Some(json(&entry.genres)?),
                release_date: entry.release_date.as_deref(),
                music_type: Some(entry.music_type.name()),
                confidence: Some(entry.confidence),
                origins: Some(json(&origins)?),
                strategy: Some(&by.strategy),
                digest: Some(&by.digest),
                model: by.model.as_deref(),
                ..row
            }
        }
        Verdict::NoMusic(reason, by) => Row {
            kind: "no_music",
            error: Some(reason),
            strategy: Some(&by.strategy),
            digest: Some(&by.digest),
            model: by.model.as_deref(),
            ..row
        },
        Verdict::Failed(reason) => {
            Row { kind: "failed", error: Some(reason), jitter: rand::random_range(0.8..1.2), ..row }
        }
        Verdict::Refunded { reason, rest_ms } => {
            Row { kind: "refunded", error: Some(reason), rest_ms: *rest_ms, ..row }
        }
        Verdict::Halved { reason, rest_ms } => Row { kind: "halved", error: Some(reason), rest_ms: *rest_ms, ..row },
        Verdict::Waits(cause, reason) => {
            Row { kind: "waits", error: Some(reason), waiting: Some(waiting_name(*cause)), ..row }
        }
    })
}

pub(super) const fn waiting_name(cause: Waiting) -> &'static str {
    match cause {
        Waiting::Page => "page",
        Waiting::Provider => "provider",
        Waiting::Budget => "budget",
        Waiting::Strategy => "strategy",
    }
}

/// Nothing of a batch is written but by the claim that holds its lease.
async fn fence(
    tx: &mut SqliteConnection,
    batch: &BatchId,
    settlement: &Settlement,
    settled: Settled,
    finished_at: Option<i64>,
) -> Result<(), StoreError> {
    let held = sqlx::query(
        "update extraction_batch set succeeded = succeeded + $1, failed = failed + $2, cost_micros = cost_micros + $3,
             state = iif($4 is null, 'leased', 'settled'), finished_at = $4
         where id = $5 and state = 'leased'",
    )
    .bind(i64::try_from(settled.succeeded).unwrap_or(i64::MAX))
    .bind(i64::try_from(settled.failed).unwrap_or(i64::MAX))
    .bind(settlement.cost_micros)
    .bind(finished_at)
    .bind(batch.as_str())
    .execute(tx)
    .await?;
    if held.rows_affected() == 0 { Err(StoreError::Fenced(batch.to_string())) } else { Ok(()) }
}

/// An operator's corrections stand: a corrected field keeps its value.
async fn write_library(tx: &mut SqliteConnection, batch: &BatchId, rows: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update music_library set
             processing_status = case v.kind
                 when 'completed' then 'ai_completed'
                 when 'no_music' then 'no_music'
                 else iif(v.burnt and v.retry_count >= $4, 'failed', 'pending') end,
             title = iif(v.kind = 'completed' and not instr(corrected_fields, '\"title\"'), v.title, music_library.title),
             artist = iif(v.kind = 'completed' and not instr(corrected_fields, '\"artist\"'), v.artist, music_library.artist),
             album = iif(v.kind = 'completed' and not instr(corrected_fields, '\"album\"'), v.album, music_library.album),
             genres = iif(v.kind = 'completed' and not instr(corrected_fields, '\"genres\"'), v.genres, music_library.genres),
             release_date = iif(v.kind = 'completed' and not instr(corrected_fields, '\"release_date\"'), v.release_date, music_library.release_date),
             music_type = iif(v.kind = 'completed' and not instr(corrected_fields, '\"music_type\"'), v.music_type, music_library.music_type),
             confidence_score = iif(v.kind = 'completed', v.confidence, confidence_score),
             origins = iif(v.kind = 'completed', v.origins, music_library.origins),
             strategy = ifnull(v.strategy, music_library.strategy),
             strategy_digest = ifnull(v.digest, strategy_digest),
             model = iif(v.strategy is null, music_library.model, v.model),
             ai_processed_at = iif(v.strategy is null, ai_processed_at, $3),
             updated_by = ifnull(v.digest, updated_by),
             updated_at = $3
         from (
             select q.platform_name, q.platform_id, q.retry_count,
                 r.value ->> 'kind' as kind, r.value ->> 'title' as title, r.value ->> 'artist' as artist,
                 r.value ->> 'album' as album, r.value ->> 'genres' as genres, r.value ->> 'release_date' as release_date,
                 r.value ->> 'music_type' as music_type, r.value ->> 'confidence' as confidence,
                 r.value ->> 'origins' as origins, r.value ->> 'strategy' as strategy, r.value ->> 'digest' as digest,
                 r.value ->> 'model' as model,
                 r.value ->> 'kind' = 'failed' or (r.value ->> 'kind' = 'refunded' and q.queued_at < $5) as burnt
             from music_ai_queue q join json_each($1) r on r.value ->> 'at' = q.batch_index
             where q.batch_id = $2 and q.status = 'processing'
         ) as v
         where music_library.platform_name = v.platform_name and music_library.platform_id = v.platform_id",
    )
    .bind(rows)
    .bind(batch.as_str())
    .bind(now)
    .bind(MAX_ATTEMPTS)
    .bind(now - REFUND_MAX_AGE_MS)
    .execute(tx)
    .await?;
    Ok(())
}

/// A failed attempt rests 30 s · 2^n, at most an hour; the fifth is the last. What is given back costs no attempt.
async fn write_queue(tx: &mut SqliteConnection, batch: &BatchId, rows: &str, now: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update music_ai_queue as q set
             status = case
                 when v.kind in ('completed', 'no_music') then 'completed'
                 when v.burnt and q.retry_count >= $5 then 'failed'
                 else 'pending' end,
             processed_at = iif(v.kind in ('completed', 'no_music') or (v.burnt and q.retry_count >= $5), $3, processed_at),
             not_before = case
                 when v.kind in ('completed', 'no_music', 'waits') or (v.burnt and q.retry_count >= $5) then null
                 when v.burnt then $3 + cast(min($6 * (1 << (q.retry_count - 1)), $7) * v.jitter as integer)
                 when v.rest_ms > 0 then $3 + v.rest_ms
                 else null end,
             waiting_for = v.waiting,
             retry_count = iif(v.kind in ('refunded', 'halved', 'waits') and not v.burnt, max(q.retry_count - 1, 0), q.retry_count),
             max_batch = iif(v.kind = 'halved', max(v.size / 2, 1), q.max_batch),
             error_message = v.error,
             batch_id = null,
             batch_index = null
         from (
             select p.rowid as queue_row, b.size,
                 r.value ->> 'kind' as kind, r.value ->> 'error' as error, r.value ->> 'rest_ms' as rest_ms,
                 r.value ->> 'waiting' as waiting, r.value ->> 'jitter' as jitter,
                 r.value ->> 'kind' = 'failed' or (r.value ->> 'kind' = 'refunded' and p.queued_at < $4) as burnt
             from music_ai_queue p
             join json_each($1) r on r.value ->> 'at' = p.batch_index
             join extraction_batch b on b.id = p.batch_id
             where p.batch_id = $2 and p.status = 'processing'
         ) as v
         where q.rowid = v.queue_row",
    )
    .bind(rows)
    .bind(batch.as_str())
    .bind(now)
    .bind(now - REFUND_MAX_AGE_MS)
    .bind(MAX_ATTEMPTS)
    .bind(BACKOFF_MS)
    .bind(MAX_BACKOFF_MS)
    .execute(tx)
    .await?;
    Ok(())
}

async fn mark_interpreted(tx: &mut SqliteConnection, settlement: &Settlement, now: i64) -> Result<(), StoreError> {
    let calls: Vec<(&str, bool)> = settlement.interpreted.iter().map(|(id, all)| (id.as_str(), *all)).collect();
    sqlx::query(
        "update model_call set interpreted_at = ifnull(interpreted_at, $1), decided_all = c.value ->> 1
         from json_each($2) as c where model_call.id = c.value ->> 0",
    )
    .bind(now)
    .bind(json(&calls)?)
    .execute(tx)
    .await?;
    Ok(())
}

/// What a finished batch still holds goes back as if it had not been claimed.
async fn return_open(tx: &mut SqliteConnection, batch: &BatchId) -> Result<u64, StoreError> {
    sqlx::query(
        "update music_library set processing_status = 'pending'
         where rowid in (select l.rowid from music_ai_queue q join music_library l using (platform_name, platform_id)
                         where q.batch_id = $1 and q.status = 'processing')",
    )
    .bind(batch.as_str())
    .execute(&mut *tx)
    .await?;
    let returned = sqlx::query(
        "update music_ai_queue set status = 'pending', batch_id = null, batch_index = null,
             retry_count = max(retry_count - 1, 0)
         where batch_id = $1 and status = 'processing'",
    )
    .bind(batch.as_str())
    .execute(tx)
    .await?;
    Ok(returned.rows_affected())
}
