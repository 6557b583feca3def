//! Settling: fenced by the lease, in one statement for all batches that settle at one moment. Library rows, queue rows,
//! the journal's marks and the batches change together or not at all.

use super::PostgresStore;
use super::both::outbox::{batches_completed, tracks_failed};
use super::line::Line;
use crate::failpoint::{self, Failpoint};
use crate::store::gather::WriteGroup;
use crate::store::settling::{BACKOFF_MS, Change, MAX_BACKOFF_MS, REFUND_MAX_AGE_MS, Settling, rounds};
use crate::store::{MAX_ATTEMPTS, StoreError};
use async_trait::async_trait;
use sqlx::PgConnection;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether an attempt counts: it failed, or it is too old to be given back.
macro_rules! burnt {
    () => {
        "(m.kind = 'failed' or (m.kind = 'refunded' and q.queued_at < c.ms - $15))"
    };
}

/// Whether it was the last one.
macro_rules! last {
    () => {
        concat!("(", burnt!(), " and q.retry_count >= $14)")
    };
}

/// Whether somebody hears of anything.
macro_rules! is_heard {
    () => {
        "exists (select 1 from webhook_endpoint where disabled_at is null)"
    };
}

/// A failed attempt rests 30 s · 2^n, at most an hour; the fifth is the last. What is given back costs no attempt. An
/// operator's corrections stand: a corrected field keeps its value. What is not music keeps what it had.
///
/// No part joins another but by a key of a table: the planner does not know how long the lists are.
///
/// There are two such statements, one that tells and one that costs nothing more than settling does. That one holds no batch
/// when somebody hears, and says so, and nothing is written then.
macro_rules! settle {
    ($($unless:expr)?; $($told:expr),*) => {
        concat!(
    "with held as materialized (
        update extraction_batch b set succeeded = f.succeeded, failed = f.failed, cost_micros = f.cost_micros,
            state = case when f.finish then 'settled' else 'leased' end, finished_at = case when f.finish then c.ms end
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[])
            as f(id, succeeded, failed, cost_micros, finish), clock c
        where b.id = f.id and b.state = 'leased'", $(" and not ", $unless,)? "
        returning b.id, b.host_id, b.size, b.pipeline_revision, b.succeeded, b.failed, b.cost_micros, b.created_at,
            b.finished_at
    ), fence as materialized (
        select array_agg(h.size order by f.n) as size
        from unnest($1::text[]) with ordinality as f(id, n) left join held h on h.id = f.id
    ), moved as (
        update music_ai_queue q set
            status = case when m.kind = 'completed' then 'completed' when ",
    last!(),
    " then 'failed' else 'pending' end,
            processed_at = case when m.kind = 'completed' or ",
    last!(),
    " then c.ms else q.processed_at end,
            not_before = case
                when m.kind in ('completed', 'waits') or ",
    last!(),
    " then null
                when ",
    burnt!(),
    " then c.ms + (least($16 * (1::bigint << (q.retry_count - 1)::integer), $17) * m.jitter)::bigint
                when m.rest_ms > 0 then c.ms + m.rest_ms end,
            waiting_for = m.waiting,
            retry_count = case when m.kind in ('refunded', 'halved', 'waits', 'returned') and not ",
    burnt!(),
    "
                then greatest(q.retry_count - 1, 0) else q.retry_count end,
            max_batch = case when m.kind = 'halved' then greatest(f.size[m.fence] / 2, 1) else q.max_batch end,
            error_message = case when m.kind = 'returned' then q.error_message else m.error end,
            batch_id = null
        from unnest($6::integer[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::text[],
                $13::float8[]) as m(fence, batch, id, kind, error, rest_ms, waiting, jitter), clock c, fence f
        where q.id = m.id and q.batch_id = m.batch and f.size[m.fence] is not null
        returning q.id, q.status, q.retry_count as attempts, m.batch, m.error as reason
    ), failed as (
        update music_library l set processing_status = 'failed', updated_at = c.ms
        from moved m, clock c where m.status = 'failed' and l.id = m.id
    ), written as (
        update music_library l set
            processing_status = e.status,
            title = case when v.is_music and (l.corrected_fields = '[]' or position('\"title\"' in l.corrected_fields) = 0) then e.title else l.title end,
            artist = case when v.is_music and (l.corrected_fields = '[]' or position('\"artist\"' in l.corrected_fields) = 0) then e.artist else l.artist end,
            album = case when v.is_music and (l.corrected_fields = '[]' or position('\"album\"' in l.corrected_fields) = 0) then e.album else l.album end,
            genres = case when v.is_music and (l.corrected_fields = '[]' or position('\"genres\"' in l.corrected_fields) = 0) then e.genres::text[] else l.genres end,
            release_date = case when v.is_music and (l.corrected_fields = '[]' or position('\"release_date\"' in l.corrected_fields) = 0) then e.release_date else l.release_date end,
            music_type = case when v.is_music and (l.corrected_fields = '[]' or position('\"music_type\"' in l.corrected_fields) = 0) then e.music_type else l.music_type end,
            confidence_score = case when v.is_music then e.confidence else l.confidence_score end,
            origins = case when v.is_music then e.origins else l.origins end,
            strategy = e.strategy, strategy_digest = e.digest, model = e.model, updated_by = e.digest,
            ai_processed_at = c.ms, updated_at = c.ms
        from unnest($18::integer[], $19::text[], $20::bigint[], $21::text[], $22::text[], $23::text[], $24::text[],
                $25::text[], $26::text[], $27::text[], $28::float8[], $29::text[], $30::text[], $31::text[], $32::text[])
                as e(fence, batch, id, status, title, artist, album, genres, release_date, music_type, confidence,
                    origins, strategy, digest, model)
            join music_ai_queue q on q.id = e.id and q.batch_id = e.batch,
            clock c, fence f, lateral (select e.status = 'ai_completed' as is_music) as v
        where l.id = e.id and f.size[e.fence] is not null
    ), interpreted as (
        update model_call m set interpreted_at = coalesce(m.interpreted_at, c.ms), decided_all = i.decided_all
        from unnest($33::integer[], $34::text[], $35::boolean[]) as i(fence, id, decided_all), clock c, fence f
        where m.id = i.id and f.size[i.fence] is not null
    )", $($told,)* "
    select array(select id from held), ", is_heard!()
        )
    };
}

/// Settles while nobody hears.
const SETTLE: &str = settle!(is_heard!(););

/// Settles, and owes messages of it.
const SETTLE_AND_TELL: &str = settle!(;
    ", told_of_tracks as (",
    tracks_failed!("(select * from moved where status = 'failed') f"),
    "), told_of_batches as (",
    batches_completed!("held b"),
    ")"
);

/// Settlements of several batches.
pub struct Settlements {
    line: Line,
    /// Whether somebody heard when a batch was settled last.
    is_heard: AtomicBool,
}

impl Settlements {
    /// Settlements on a line.
    pub const fn new(line: Line) -> Self {
        Self { line, is_heard: AtomicBool::new(false) }
    }
}

/// The batches' columns.
#[derive(Default)]
struct Fences<'a> {
    id: Vec<&'a str>,
    succeeded: Vec<i64>,
    failed: Vec<i64>,
    cost_micros: Vec<i64>,
    finish: Vec<bool>,
}

/// What becomes of rows of the queue.
#[derive(Default)]
struct Moves<'a> {
    fence: Vec<i32>,
    batch: Vec<&'a str>,
    row: Vec<i64>,
    kind: Vec<&'static str>,
    error: Vec<Option<&'a str>>,
    rest_ms: Vec<i64>,
    waiting: Vec<Option<&'static str>>,
    jitter: Vec<f64>,
}

/// What goes into the library.
#[derive(Default)]
struct Entries<'a> {
    fence: Vec<i32>,
    batch: Vec<&'a str>,
    row: Vec<i64>,
    status: Vec<&'static str>,
    title: Vec<Option<&'a str>>,
    artist: Vec<Option<&'a str>>,
    album: Vec<Option<&'a str>>,
    genres: Vec<Option<String>>,
    release_date: Vec<Option<&'a str>>,
    music_type: Vec<Option<&'static str>>,
    confidence: Vec<Option<f64>>,
    origins: Vec<Option<String>>,
    strategy: Vec<&'a str>,
    digest: Vec<&'a str>,
    model: Vec<Option<&'a str>>,
}

/// Calls that were read.
#[derive(Default)]
struct Calls<'a> {
    fence: Vec<i32>,
    id: Vec<&'a str>,
    decided_all: Vec<bool>,
}

#[derive(Default)]
struct Columns<'a> {
    fences: Fences<'a>,
    moves: Moves<'a>,
    entries: Entries<'a>,
    calls: Calls<'a>,
}

impl PostgresStore {
    pub(super) async fn settle_fenced(&self, settling: Settling) -> Result<(), StoreError> {
        self.settlements.put(settling).await
    }
}

#[async_trait]
impl WriteGroup for Settlements {
    type Item = Settling;
    type Done = ();

    async fn write(&self, items: &[Settling]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let mut settled = Vec::with_capacity(items.len());
        for round in rounds(items) {
            settled.extend(self.write_round(round).await?);
        }
        Ok(settled)
    }
}

impl Settlements {
    async fn write_round(&self, items: &[Settling]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let columns = Columns::of(items)?;
        // One statement is one transaction: it is committed as it is executed.
        failpoint::pass(Failpoint::BeforeCommit);
        let held = self.line.run(async |connection| self.write_heard(connection, &columns).await).await?;
        let held: HashSet<&str> = held.iter().map(String::as_str).collect();
        let fenced = |item: &Settling| match held.contains(item.batch()) {
            true => Ok(()),
            false => Err(StoreError::Fenced(item.batch().to_owned())),
        };
        Ok(items.iter().map(fenced).collect())
    }

    /// Writes by the one statement or the other; returns the batches that held their lease.
    async fn write_heard(
        &self,
        connection: &mut PgConnection,
        columns: &Columns<'_>,
    ) -> Result<Vec<String>, StoreError> {
        if !self.is_heard.load(Ordering::Relaxed) {
            let (held, is_heard) = columns.write(SETTLE, connection).await?;
            if !is_heard {
                return Ok(held);
            }
        }
        let (held, is_heard) = columns.write(SETTLE_AND_TELL, connection).await?;
        self.is_heard.store(is_heard, Ordering::Relaxed);
        Ok(held)
    }
}

impl<'a> Columns<'a> {
    fn of(items: &'a [Settling]) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for (fence, item) in (1i32..).zip(items) {
            columns.fences.push(item);
            item.changes()?.into_iter().for_each(|change| columns.push(fence, change));
            for (id, decided_all) in item.calls() {
                columns.calls.fence.push(fence);
                columns.calls.id.push(id);
                columns.calls.decided_all.push(decided_all);
            }
        }
        Ok(columns)
    }

    fn push(&mut self, fence: i32, Change { row, batch, moved, entry }: Change<'a>) {
        let moves = &mut self.moves;
        moves.fence.push(fence);
        moves.batch.push(batch);
        moves.row.push(row);
        moves.kind.push(moved.kind);
        moves.error.push(moved.error);
        moves.rest_ms.push(moved.rest_ms);
        moves.waiting.push(moved.waiting);
        moves.jitter.push(moved.jitter);
        let Some(entry) = entry else { return };
        let entries = &mut self.entries;
        entries.fence.push(fence);
        entries.batch.push(batch);
        entries.row.push(row);
        entries.status.push(entry.status);
        entries.title.push(entry.title);
        entries.artist.push(entry.artist);
        entries.album.push(entry.album);
        entries.genres.push(entry.genres.map(array));
        entries.release_date.push(entry.release_date);
        entries.music_type.push(entry.music_type);
        entries.confidence.push(entry.confidence);
        entries.origins.push(entry.origins);
        entries.strategy.push(entry.strategy);
        entries.digest.push(entry.digest);
        entries.model.push(entry.model);
    }

    /// Returns the batches that held their lease, and whether somebody hears.
    async fn write(
        &self,
        statement: &'static str,
        connection: &mut PgConnection,
    ) -> Result<(Vec<String>, bool), StoreError> {
        let Self { fences, moves, entries, calls } = self;
        Ok(sqlx::query_as(statement)
            .bind(&fences.id)
            .bind(&fences.succeeded)
            .bind(&fences.failed)
            .bind(&fences.cost_micros)
            .bind(&fences.finish)
            .bind(&moves.fence)
            .bind(&moves.batch)
            .bind(&moves.row)
            .bind(&moves.kind)
            .bind(&moves.error)
            .bind(&moves.rest_ms)
            .bind(&moves.waiting)
            .bind(&moves.jitter)
            .bind(MAX_ATTEMPTS)
            .bind(REFUND_MAX_AGE_MS)
            .bind(BACKOFF_MS)
            .bind(MAX_BACKOFF_MS)
            .bind(&entries.fence)
            .bind(&entries.batch)
            .bind(&entries.row)
            .bind(&entries.status)
            .bind(&entries.title)
            .bind(&entries.artist)
            .bind(&entries.album)
            .bind(&entries.genres)
            .bind(&entries.release_date)
            .bind(&entries.music_type)
            .bind(&entries.confidence)
            .bind(&entries.origins)
            .bind(&entries.strategy)
            .bind(&entries.digest)
            .bind(&entries.model)
            .bind(&calls.fence)
            .bind(&calls.id)
            .bind(&calls.decided_all)
            .fetch_one(connection)
            .await?)
    }
}

impl<'a> Fences<'a> {
    fn push(&mut self, item: &'a Settling) {
        let so_far = item.so_far();
        self.id.push(item.batch());
        self.succeeded.push(i64::try_from(so_far.succeeded).unwrap_or(i64::MAX));
        self.failed.push(i64::try_from(so_far.failed).unwrap_or(i64::MAX));
        self.cost_micros.push(item.settlement.cost_micros);
        self.finish.push(item.finish);
    }
}

/// Genres as the literal of an array: a list of lists cannot be unnested by rows.
fn array(genres: &[String]) -> String {
    let quoted = |genre: &String| format!("\"{}\"", genre.replace('\\', "\\\\").replace('"', "\\\""));
    format!("{{{}}}", genres.iter().map(quoted).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::array;

    #[test]
    fn genres_become_an_array_literal() {
        assert_eq!(array(&["folk".into(), "a \"b\" \\ {c}, d".into()]), r#"{"folk","a \"b\" \\ {c}, d"}"#);
        assert_eq!(array(&[]), "{}");
    }
}
