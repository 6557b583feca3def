//! Settling: fenced by the lease. Library rows, queue rows, the journal's marks and the batch change together or not at
//! all.

use super::SqliteStore;
use super::both::outbox::{batches_completed, tracks_failed};
use super::group::{Write, Written, mixed_up};
use crate::store::json::json;
use crate::store::settling::{BACKOFF_MS, Change, Entry, MAX_BACKOFF_MS, Move, REFUND_MAX_AGE_MS, Settling};
use crate::store::{MAX_ATTEMPTS, StoreError};
use serde::Serialize;
use sqlx::SqliteConnection;
use std::collections::HashSet;

/// Whether an attempt counts: it failed, or it is too old to be given back.
macro_rules! burnt {
    () => {
        "(m.value ->> 'kind' = 'failed' or (m.value ->> 'kind' = 'refunded' and p.queued_at < c.ms - $2))"
    };
}

/// Rows `p` of the queue whose last attempt is about to fail, and what is said of them.
macro_rules! about_to_fail {
    () => {
        concat!(
            " from clock c, json_each($1) m
              join music_ai_queue p on p.id = m.value ->> 'row' and p.batch_id = m.value ->> 'batch'
              where p.status = 'processing' and p.retry_count >= $3 and ",
            burnt!()
        )
    };
}

/// The batch as the fence reads it.
#[derive(Serialize)]
struct Fence<'a> {
    id: &'a str,
    succeeded: u64,
    failed: u64,
    cost_micros: i64,
    finish: bool,
}

/// A row of a batch, and what becomes of it.
#[derive(Serialize)]
struct Of<'a, T> {
    row: i64,
    batch: &'a str,
    #[serde(flatten)]
    what: T,
}

/// What the statements read.
#[derive(Default)]
struct Lists<'a> {
    moves: Vec<Of<'a, Move<'a>>>,
    entries: Vec<Of<'a, Entry<'a>>>,
    calls: Vec<(&'a str, bool)>,
    /// Whether an attempt may have been the last one.
    burns: bool,
}

impl SqliteStore {
    pub(super) async fn settle_fenced(&self, settling: Settling) -> Result<(), StoreError> {
        match self.group.put(Write::Settle(settling)).await? {
            Written::Settled => Ok(()),
            _ => Err(mixed_up()),
        }
    }
}

/// Settles what several batches want settled; returns which of them held their lease.
pub async fn settle_all(tx: &mut SqliteConnection, all: &[&Settling]) -> Result<Vec<bool>, StoreError> {
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let Fenced { held, is_heard } = fence(tx, all).await?;
    let mut lists = Lists::default();
    for settling in all.iter().filter(|settling| held.contains(settling.batch())) {
        settling.changes()?.into_iter().for_each(|change| lists.add(change));
        lists.calls.extend(settling.calls());
    }
    if !lists.entries.is_empty() {
        write_library(tx, &json(&lists.entries)?).await?;
    }
    if !lists.moves.is_empty() {
        let moves = json(&lists.moves)?;
        if lists.burns {
            if is_heard {
                tell_of_failures(tx, &moves).await?;
            }
            fail_entries(tx, &moves).await?;
        }
        write_queue(tx, &moves).await?;
    }
    if !lists.calls.is_empty() {
        mark_interpreted(tx, &json(&lists.calls)?).await?;
    }
    if is_heard {
        tell_of_batches(tx, &json(&held)?).await?;
    }
    Ok(all.iter().map(|settling| held.contains(settling.batch())).collect())
}

impl<'a> Fence<'a> {
    fn of(settling: &'a Settling) -> Self {
        let so_far = settling.so_far();
        Self {
            id: settling.batch(),
            succeeded: so_far.succeeded,
            failed: so_far.failed,
            cost_micros: settling.settlement.cost_micros,
            finish: settling.finish,
        }
    }
}

impl<'a> Lists<'a> {
    fn add(&mut self, Change { row, batch, moved, entry }: Change<'a>) {
        self.burns |= matches!(moved.kind, "failed" | "refunded");
        self.moves.push(Of { row, batch, what: moved });
        self.entries.extend(entry.map(|what| Of { row, batch, what }));
    }
}

/// The batches that hold their lease.
struct Fenced {
    held: HashSet<String>,
    /// Whether somebody hears of what becomes of them.
    is_heard: bool,
}

/// Nothing of a batch is written but by the claim that holds its lease.
async fn fence(tx: &mut SqliteConnection, all: &[&Settling]) -> Result<Fenced, StoreError> {
    let fences: Vec<Fence<'_>> = all.iter().map(|settling| Fence::of(settling)).collect();
    let held: Vec<(String, bool)> = sqlx::query_as(
        "update extraction_batch set succeeded = f.value ->> 'succeeded', failed = f.value ->> 'failed',
             cost_micros = f.value ->> 'cost_micros', state = iif(f.value ->> 'finish', 'settled', 'leased'),
             finished_at = iif(f.value ->> 'finish', (select ms from clock), null)
         from json_each($1) as f
         where extraction_batch.id = f.value ->> 'id' and state = 'leased'
         returning extraction_batch.id, exists (select 1 from webhook_endpoint where disabled_at is null)",
    )
    .bind(json(&fences)?)
    .fetch_all(tx)
    .await?;
    Ok(Fenced { is_heard: held.iter().any(|(_, is_heard)| *is_heard), held: held.into_iter().map(|(id, _)| id).collect() })
}

async fn tell_of_batches(tx: &mut SqliteConnection, held: &str) -> Result<(), StoreError> {
    sqlx::query(batches_completed!("json_each($1) h join extraction_batch b on b.id = h.value")).bind(held).execute(tx).await?;
    Ok(())
}

/// Of tracks that are about to fail for the last time.
async fn tell_of_failures(tx: &mut SqliteConnection, moves: &str) -> Result<(), StoreError> {
    sqlx::query(tracks_failed!(concat!(
        "(select p.id, p.batch_id as batch, m.value ->> 'error' as reason, p.retry_count as attempts",
        about_to_fail!(),
        ") f"
    )))
    .bind(moves)
    .bind(REFUND_MAX_AGE_MS)
    .bind(MAX_ATTEMPTS)
    .execute(tx)
    .await?;
    Ok(())
}

/// An operator's corrections stand: a corrected field keeps its value. What is not music keeps what it had.
async fn write_library(tx: &mut SqliteConnection, entries: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update music_library set
             processing_status = v.status,
             title = iif(v.is_music and not instr(corrected_fields, '\"title\"'), v.title, music_library.title),
             artist = iif(v.is_music and not instr(corrected_fields, '\"artist\"'), v.artist, music_library.artist),
             album = iif(v.is_music and not instr(corrected_fields, '\"album\"'), v.album, music_library.album),
             genres = iif(v.is_music and not instr(corrected_fields, '\"genres\"'), v.genres, music_library.genres),
             release_date = iif(v.is_music and not instr(corrected_fields, '\"release_date\"'), v.release_date, music_library.release_date),
             music_type = iif(v.is_music and not instr(corrected_fields, '\"music_type\"'), v.music_type, music_library.music_type),
             confidence_score = iif(v.is_music, v.confidence, confidence_score),
             origins = iif(v.is_music, v.origins, music_library.origins),
             strategy = v.strategy, strategy_digest = v.digest, model = v.model, updated_by = v.digest,
             ai_processed_at = (select ms from clock), updated_at = (select ms from clock)
         from (
             select e.value ->> 'row' as id, e.value ->> 'status' as status,
                 e.value ->> 'status' = 'ai_completed' as is_music, e.value ->> 'title' as title,
                 e.value ->> 'artist' as artist, e.value ->> 'album' as album, e.value -> 'genres' as genres,
                 e.value ->> 'release_date' as release_date, e.value ->> 'music_type' as music_type,
                 e.value ->> 'confidence' as confidence, e.value ->> 'origins' as origins,
                 e.value ->> 'strategy' as strategy, e.value ->> 'digest' as digest, e.value ->> 'model' as model
             from json_each($1) e
             join music_ai_queue q on q.id = e.value ->> 'row' and q.batch_id = e.value ->> 'batch'
             where q.status = 'processing'
         ) as v
         where music_library.id = v.id",
    )
    .bind(entries)
    .execute(tx)
    .await?;
    Ok(())
}

/// A failed attempt rests 30 s · 2^n, at most an hour; the fifth is the last. What is given back costs no attempt.
async fn write_queue(tx: &mut SqliteConnection, moves: &str) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "update music_ai_queue as q set
             status = case
                 when v.kind = 'completed' then 'completed'
                 when v.burnt and q.retry_count >= $3 then 'failed'
                 else 'pending' end,
             processed_at = iif(v.kind = 'completed' or (v.burnt and q.retry_count >= $3), v.now, processed_at),
             not_before = case
                 when v.kind in ('completed', 'waits') or (v.burnt and q.retry_count >= $3) then null
                 when v.burnt then v.now + cast(min($4 * (1 << (q.retry_count - 1)), $5) * v.jitter as integer)
                 when v.rest_ms > 0 then v.now + v.rest_ms
                 else null end,
             waiting_for = v.waiting,
             retry_count = iif(v.kind in ('refunded', 'halved', 'waits', 'returned') and not v.burnt,
                 max(q.retry_count - 1, 0), q.retry_count),
             max_batch = iif(v.kind = 'halved', max(v.size / 2, 1), q.max_batch),
             error_message = iif(v.kind = 'returned', q.error_message, v.error),
             batch_id = null
         from (
             select p.id as row, b.size, c.ms as now, m.value ->> 'kind' as kind, m.value ->> 'error' as error,
                 m.value ->> 'rest_ms' as rest_ms, m.value ->> 'waiting' as waiting, m.value ->> 'jitter' as jitter,
                 ",
        burnt!(),
        " as burnt
             from clock c, json_each($1) m
             join music_ai_queue p on p.id = m.value ->> 'row' and p.batch_id = m.value ->> 'batch'
             join extraction_batch b on b.id = p.batch_id
             where p.status = 'processing'
         ) as v
         where q.id = v.row"
    ))
    .bind(moves)
    .bind(REFUND_MAX_AGE_MS)
    .bind(MAX_ATTEMPTS)
    .bind(BACKOFF_MS)
    .bind(MAX_BACKOFF_MS)
    .execute(tx)
    .await?;
    Ok(())
}

/// Entries of tracks that are about to fail for the last time.
async fn fail_entries(tx: &mut SqliteConnection, moves: &str) -> Result<(), StoreError> {
    sqlx::query(concat!(
        "update music_library set processing_status = 'failed', updated_at = (select ms from clock)
         where id in (select p.id",
        about_to_fail!(),
        ")"
    ))
    .bind(moves)
    .bind(REFUND_MAX_AGE_MS)
    .bind(MAX_ATTEMPTS)
    .execute(tx)
    .await?;
    Ok(())
}

async fn mark_interpreted(tx: &mut SqliteConnection, calls: &str) -> Result<(), StoreError> {
    sqlx::query(
        "update model_call set interpreted_at = ifnull(interpreted_at, (select ms from clock)),
             decided_all = c.value ->> 1
         from json_each($1) as c where model_call.id = c.value ->> 0",
    )
    .bind(calls)
    .execute(tx)
    .await?;
    Ok(())
}
