//! Settling: fenced by the lease, in one statement for all batches that settle at one moment. Library rows, queue rows,
//! the journal's marks and the batches change together or not at all.

use super::PostgresStore;
use super::line::Line;
use crate::store::gather::WriteGroup;
use crate::store::settling::{BACKOFF_MS, Change, MAX_BACKOFF_MS, REFUND_MAX_AGE_MS, Settling};
use crate::store::{MAX_ATTEMPTS, StoreError};
use async_trait::async_trait;
use sqlx::PgConnection;
use std::collections::HashSet;

/// A failed attempt rests 30 s · 2^n, at most an hour; the fifth is the last. What is given back costs no attempt. An
/// operator's corrections stand: a corrected field keeps its value. What is not music keeps what it had.
///
/// No part joins another but by a key of a table: the planner does not know how long the lists are.
const SETTLE: &str = "
    with held as materialized (
        update extraction_batch b set succeeded = f.succeeded, failed = f.failed, cost_micros = f.cost_micros,
            state = case when f.finish then 'settled' else 'leased' end, finished_at = case when f.finish then c.ms end
        from unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[])
            as f(id, succeeded, failed, cost_micros, finish), clock c
        where b.id = f.id and b.state = 'leased'
        returning b.id, b.size
    ), fence as materialized (
        select array_agg(h.size order by f.n) as size
        from unnest($1::text[]) with ordinality as f(id, n) left join held h on h.id = f.id
    ), moves as materialized (
        select m.*, q.retry_count, c.ms, v.burnt, v.burnt and q.retry_count >= $23 as last, f.size[m.fence] as size
        from unnest($6::integer[], $7::text[], $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::text[],
                $13::float8[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[],
                $21::float8[], $22::text[], $27::text[], $28::text[], $29::text[])
                as m(fence, batch, id, kind, error, rest_ms, waiting, jitter, status, title, artist, album, genres,
                    release_date, music_type, confidence, origins, strategy, digest, model)
            join music_ai_queue q on q.id = m.id and q.batch_id = m.batch and q.status = 'processing', clock c, fence f,
            lateral (select m.kind = 'failed' or (m.kind = 'refunded' and q.queued_at < c.ms - $24) as burnt) as v
        where f.size[m.fence] is not null
    ), written as (
        update music_library l set
            processing_status = e.status,
            title = case when e.is_music and position('\"title\"' in l.corrected_fields) = 0 then e.title else l.title end,
            artist = case when e.is_music and position('\"artist\"' in l.corrected_fields) = 0 then e.artist else l.artist end,
            album = case when e.is_music and position('\"album\"' in l.corrected_fields) = 0 then e.album else l.album end,
            genres = case when e.is_music and position('\"genres\"' in l.corrected_fields) = 0 then e.genres::text[] else l.genres end,
            release_date = case when e.is_music and position('\"release_date\"' in l.corrected_fields) = 0 then e.release_date else l.release_date end,
            music_type = case when e.is_music and position('\"music_type\"' in l.corrected_fields) = 0 then e.music_type else l.music_type end,
            confidence_score = case when e.is_music then e.confidence else l.confidence_score end,
            origins = case when e.is_music then e.origins else l.origins end,
            strategy = e.strategy, strategy_digest = e.digest, model = e.model, updated_by = e.digest,
            ai_processed_at = e.ms, updated_at = e.ms
        from (select *, status = 'ai_completed' as is_music from moves where status is not null) as e
        where l.id = e.id
    ), failed as (
        update music_library l set processing_status = 'failed', updated_at = v.ms from moves v where v.last and l.id = v.id
    ), moved as (
        update music_ai_queue q set
            status = case when v.kind = 'completed' then 'completed' when v.last then 'failed' else 'pending' end,
            processed_at = case when v.kind = 'completed' or v.last then v.ms else q.processed_at end,
            not_before = case
                when v.kind in ('completed', 'waits') or v.last then null
                when v.burnt then v.ms + (least($25 * (1::bigint << (v.retry_count - 1)::integer), $26) * v.jitter)::bigint
                when v.rest_ms > 0 then v.ms + v.rest_ms end,
            waiting_for = v.waiting,
            retry_count = case when v.kind in ('refunded', 'halved', 'waits', 'returned') and not v.burnt
                then greatest(v.retry_count - 1, 0) else v.retry_count end,
            max_batch = case when v.kind = 'halved' then greatest(v.size / 2, 1) else q.max_batch end,
            error_message = case when v.kind = 'returned' then q.error_message else v.error end,
            batch_id = null
        from moves v where q.id = v.id and q.batch_id = v.batch and q.status = 'processing'
    ), interpreted as (
        update model_call m set interpreted_at = coalesce(m.interpreted_at, c.ms), decided_all = i.decided_all
        from unnest($30::text[], $31::boolean[]) as i(id, decided_all), clock c where m.id = i.id
    )
    select id from held";

/// Settlements of several batches.
pub struct Settlements(pub Line);

/// The batches' columns.
#[derive(Default)]
struct Fences<'a> {
    id: Vec<&'a str>,
    succeeded: Vec<i64>,
    failed: Vec<i64>,
    cost_micros: Vec<i64>,
    finish: Vec<bool>,
}

/// What becomes of rows: where they are in the queue, and for those that are settled for good their library entry.
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
    status: Vec<Option<&'static str>>,
    title: Vec<Option<&'a str>>,
    artist: Vec<Option<&'a str>>,
    album: Vec<Option<&'a str>>,
    genres: Vec<Option<String>>,
    release_date: Vec<Option<&'a str>>,
    music_type: Vec<Option<&'static str>>,
    confidence: Vec<Option<f64>>,
    origins: Vec<Option<String>>,
    strategy: Vec<Option<&'a str>>,
    digest: Vec<Option<&'a str>>,
    model: Vec<Option<&'a str>>,
}

#[derive(Default)]
struct Columns<'a> {
    fences: Fences<'a>,
    moves: Moves<'a>,
    calls: (Vec<&'a str>, Vec<bool>),
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
        let columns = Columns::of(items)?;
        let held: Vec<String> = self.0.run(async |connection| columns.write(connection).await).await?;
        let held: HashSet<&str> = held.iter().map(String::as_str).collect();
        let fenced = |item: &Settling| match held.contains(item.batch()) {
            true => Ok(()),
            false => Err(StoreError::Fenced(item.batch().to_owned())),
        };
        Ok(items.iter().map(fenced).collect())
    }
}

impl<'a> Columns<'a> {
    fn of(items: &'a [Settling]) -> Result<Self, StoreError> {
        let mut columns = Self::default();
        for (fence, item) in (1i32..).zip(items) {
            columns.fences.push(item);
            item.changes()?.into_iter().for_each(|change| columns.moves.push(fence, change));
            let (ids, decided): (Vec<&str>, Vec<bool>) = item.calls().unzip();
            columns.calls.0.extend(ids);
            columns.calls.1.extend(decided);
        }
        Ok(columns)
    }

    async fn write(&self, connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
        let Self { fences, moves, calls } = self;
        Ok(sqlx::query_scalar(SETTLE)
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
            .bind(&moves.status)
            .bind(&moves.title)
            .bind(&moves.artist)
            .bind(&moves.album)
            .bind(&moves.genres)
            .bind(&moves.release_date)
            .bind(&moves.music_type)
            .bind(&moves.confidence)
            .bind(&moves.origins)
            .bind(MAX_ATTEMPTS)
            .bind(REFUND_MAX_AGE_MS)
            .bind(BACKOFF_MS)
            .bind(MAX_BACKOFF_MS)
            .bind(&moves.strategy)
            .bind(&moves.digest)
            .bind(&moves.model)
            .bind(&calls.0)
            .bind(&calls.1)
            .fetch_all(connection)
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

impl<'a> Moves<'a> {
    fn push(&mut self, fence: i32, Change { row, batch, moved, entry }: Change<'a>) {
        self.fence.push(fence);
        self.batch.push(batch);
        self.row.push(row);
        self.kind.push(moved.kind);
        self.error.push(moved.error);
        self.rest_ms.push(moved.rest_ms);
        self.waiting.push(moved.waiting);
        self.jitter.push(moved.jitter);
        let entry = entry.as_ref();
        self.status.push(entry.map(|entry| entry.status));
        self.title.push(entry.and_then(|entry| entry.title));
        self.artist.push(entry.and_then(|entry| entry.artist));
        self.album.push(entry.and_then(|entry| entry.album));
        self.genres.push(entry.and_then(|entry| entry.genres).map(array));
        self.release_date.push(entry.and_then(|entry| entry.release_date));
        self.music_type.push(entry.and_then(|entry| entry.music_type));
        self.confidence.push(entry.and_then(|entry| entry.confidence));
        self.origins.push(entry.and_then(|entry| entry.origins.clone()));
        self.strategy.push(entry.map(|entry| entry.strategy));
        self.digest.push(entry.map(|entry| entry.digest));
        self.model.push(entry.and_then(|entry| entry.model));
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
