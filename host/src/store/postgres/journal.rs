//! The journal of model calls: a prompt is written before it is sent, its reply before anything reads it.

use super::PostgresStore;
use super::both::provider;
use super::line::Line;
use crate::store::gather::WriteGroup;
use crate::store::journalled::{Answered, Frame, answered, rest_of};
use crate::store::{Admission, BatchId, CallAnswer, CallId, CallIntent, JournalledReply, Limits, StoreError};
use async_trait::async_trait;
use sqlx::{Connection, PgConnection, Row as _};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// Looks replies up.
pub struct Lookups(pub Line);

/// A prompt whose reply is looked for.
pub struct Lookup {
    prompt_digest: String,
    root: String,
    /// Calls, with commas: a list of lists cannot be unnested by rows.
    read: String,
    reuse_ms: i64,
}

/// Writes questions.
pub struct Intents {
    line: Line,
    /// Frames that were written.
    known: Mutex<HashSet<String>>,
}

/// Writes answers.
pub struct Answers(pub Line);

impl PostgresStore {
    pub(super) async fn find_reply(
        &self,
        prompt_digest: &str,
        root: &BatchId,
        read: &[CallId],
        reuse_ms: i64,
    ) -> Result<Option<JournalledReply>, StoreError> {
        let read = read.iter().map(CallId::as_str).collect::<Vec<_>>().join(",");
        let lookup = Lookup { prompt_digest: prompt_digest.to_owned(), root: root.to_string(), read, reuse_ms };
        self.lookups.put(lookup).await
    }

    pub(super) async fn write_intent(&self, call: &CallIntent, limits: &Limits) -> Result<Admission, StoreError> {
        self.intents.put((call.clone(), *limits)).await
    }

    pub(super) async fn write_answer(&self, call: &CallId, answer: &CallAnswer) -> Result<(), StoreError> {
        self.answers.put((call.clone(), answer.clone())).await
    }
}

#[async_trait]
impl WriteGroup for Lookups {
    type Item = Lookup;
    type Done = Option<JournalledReply>;

    async fn write(&self, items: &[Lookup]) -> Result<Vec<Result<Self::Done, StoreError>>, StoreError> {
        let column = |of: fn(&Lookup) -> &str| items.iter().map(of).collect::<Vec<_>>();
        let (digests, roots, read) =
            (column(|item| &item.prompt_digest), column(|item| &item.root), column(|item| &item.read));
        let ages: Vec<i64> = items.iter().map(|item| item.reuse_ms).collect();
        let rows = self
            .0
            .run(async |connection| {
                let found = sqlx::query(
                    "select w.n, f.id, f.reply, f.stop, f.answered_by
                     from clock c, unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
                         with ordinality as w(digest, root, read, reuse_ms, n),
                         lateral (
                             select id, reply, stop, answered_by from model_call m
                             where prompt_digest = w.digest and answered_at is not null and error is null
                                 and (root_id = w.root
                                     or (interpreted_at is null or decided_all) and answered_at >= c.ms - w.reuse_ms)
                                 and m.id <> all (string_to_array(w.read, ','))
                             order by root_id = w.root desc, answered_at limit 1) as f",
                );
                Ok(found.bind(&digests).bind(&roots).bind(&read).bind(&ages).fetch_all(connection).await?)
            })
            .await?;
        let mut found: Vec<Option<JournalledReply>> = items.iter().map(|_| None).collect();
        for row in &rows {
            let (n, stop): (i64, String) = (row.try_get("n")?, row.try_get("stop")?);
            if let Some(place) = usize::try_from(n - 1).ok().and_then(|n| found.get_mut(n)) {
                *place = Some(JournalledReply::new(
                    row.try_get("id")?,
                    row.try_get("reply")?,
                    &stop,
                    row.try_get("answered_by")?,
                ));
            }
        }
        Ok(found.into_iter().map(Ok).collect())
    }
}

impl Intents {
    /// Questions on a line.
    pub fn new(line: Line) -> Self {
        Self { line, known: Mutex::default() }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what prompts have in common, where that is new.
    async fn keep_frames(
        &self,
        connection: &mut PgConnection,
        calls: &[&CallIntent],
    ) -> Result<Vec<String>, StoreError> {
        let mut digests = Vec::with_capacity(calls.len());
        for call in calls {
            let frame = Frame::of(&call.prompt);
            if !self.known().contains(&frame.digest) {
                sqlx::query(
                    "insert into prompt_frame (digest, system, response_schema) values ($1, $2, $3)
                     on conflict (digest) do nothing",
                )
                .bind(&frame.digest)
                .bind(frame.system)
                .bind(frame.response_schema)
                .execute(&mut *connection)
                .await?;
                self.known().insert(frame.digest.clone());
            }
            digests.push(frame.digest);
        }
        Ok(digests)
    }
}

#[async_trait]
impl WriteGroup for Intents {
    type Item = (CallIntent, Limits);
    type Done = Admission;

    async fn write(&self, items: &[Self::Item]) -> Result<Vec<Result<Admission, StoreError>>, StoreError> {
        let free: Vec<&CallIntent> =
            items.iter().filter(|(_, limits)| !limits.is_some()).map(|(call, _)| call).collect();
        let mut admissions = Vec::with_capacity(items.len());
        self.line
            .run(async |connection| {
                if !free.is_empty() {
                    let frames = self.keep_frames(connection, &free).await?;
                    insert_intents(connection, &free, &frames, false).await?;
                }
                for (call, limits) in items {
                    admissions.push(Ok(match limits.is_some() {
                        true => self.admit(connection, call, limits).await?,
                        false => Admission::Admitted,
                    }));
                }
                Ok(())
            })
            .await?;
        Ok(admissions)
    }
}

impl Intents {
    async fn admit(
        &self,
        connection: &mut PgConnection,
        call: &CallIntent,
        limits: &Limits,
    ) -> Result<Admission, StoreError> {
        let frames = self.keep_frames(connection, &[call]).await?;
        let mut tx = connection.begin().await?;
        let known = "select count(*) from model_call where id = $1";
        let known: i64 = sqlx::query_scalar(known).bind(call.id.as_str()).fetch_one(&mut *tx).await?;
        if known > 0 {
            tx.rollback().await?;
            return Ok(Admission::Admitted);
        }
        let admission = provider::admit(&mut tx, &call.provider, call.reserve, limits).await?;
        if admission == Admission::Admitted {
            insert_intents(&mut tx, &[call], &frames, true).await?;
        }
        tx.commit().await?;
        Ok(admission)
    }
}

async fn insert_intents(
    connection: &mut PgConnection,
    calls: &[&CallIntent],
    frames: &[String],
    is_reserved: bool,
) -> Result<(), StoreError> {
    let texts = |of: fn(&CallIntent) -> &str| calls.iter().map(|call| of(call)).collect::<Vec<_>>();
    let prompts = calls.iter().map(|call| rest_of(&call.prompt)).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(
        "insert into model_call (id, batch_id, root_id, strategy, strategy_digest, round, tag, frame, prompt,
             prompt_digest, provider, model, reserved_micros, sent_at)
         select i.*, c.ms from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
             $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[]) as i, clock c
         on conflict (id) do nothing",
    )
    .bind(texts(|call| call.id.as_str()))
    .bind(texts(|call| call.batch.as_str()))
    .bind(texts(|call| call.root.as_str()))
    .bind(texts(|call| &call.strategy))
    .bind(texts(|call| &call.strategy_digest))
    .bind(calls.iter().map(|call| i64::from(call.round)).collect::<Vec<_>>())
    .bind(texts(|call| &call.prompt.tag))
    .bind(frames)
    .bind(prompts)
    .bind(texts(|call| &call.prompt_digest))
    .bind(texts(|call| &call.provider))
    .bind(texts(|call| &call.model))
    .bind(
        calls
            .iter()
            .map(|call| if is_reserved { call.reserve.cost_micros.unwrap_or(0) } else { 0 })
            .collect::<Vec<_>>(),
    )
    .execute(connection)
    .await?;
    Ok(())
}

#[async_trait]
impl WriteGroup for Answers {
    type Item = (CallId, CallAnswer);
    type Done = ();

    async fn write(&self, items: &[Self::Item]) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let ids: Vec<&str> = items.iter().map(|(call, _)| call.as_str()).collect();
        let answers: Vec<Answered<'_>> = items.iter().map(|(_, answer)| answered(answer)).collect();
        self.0.run(async |connection| insert_answers(connection, &ids, &answers).await).await?;
        Ok(items.iter().map(|_| Ok(())).collect())
    }
}

/// Writes answers, books what they cost where something is booked, and counts them. What was set aside for a call that was
/// given up for lost was booked as spent: its late answer books the difference.
async fn insert_answers(
    connection: &mut PgConnection,
    ids: &[&str],
    answers: &[Answered<'_>],
) -> Result<(), StoreError> {
    fn column<'a, T>(answers: &'a [Answered<'a>], of: impl Fn(&'a Answered<'a>) -> T) -> Vec<T> {
        answers.iter().map(of).collect()
    }
    sqlx::query(
        "with given as (
             select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
                 $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::bigint[], $14::bigint[],
                 $15::bigint[], $16::bigint[], $17::bigint[], $18::bigint[], $19::boolean[], $20::boolean[])
                 as a(id, reply, stop, answered_by, request_id, tokens_in, tokens_cached, tokens_written, tokens_out,
                     cost_micros, latency_ms, error, retries, returned_in, returned_out, left_requests, left_in, left_out,
                     has_rate, is_cost_unknown)
         ), answered as (
             update model_call m set answered_at = c.ms, reply = a.reply, stop = a.stop, answered_by = a.answered_by,
                 request_id = a.request_id, tokens_in = a.tokens_in, tokens_cached = a.tokens_cached,
                 tokens_written = a.tokens_written, tokens_out = a.tokens_out, cost_micros = a.cost_micros,
                 latency_ms = a.latency_ms, error = a.error, retries = a.retries
             from given a, clock c where m.id = a.id and m.answered_at is null
             returning m.*, case when m.lost_at is null and coalesce(m.provider_batch, '-') <> '' then m.reserved_micros else 0 end
                     as reserved,
                 coalesce(a.cost_micros, case when a.is_cost_unknown then m.reserved_micros else 0 end) - case when m.lost_at is null then 0 else m.reserved_micros end as cost,
                 a.has_rate, a.returned_in, a.returned_out, a.left_requests, a.left_in, a.left_out
         ), counted as (
             insert into model_use as u
             select answered_at / 86400000, provider, model, strategy, pg_backend_pid() % 16, count(*),
                 count(*) filter (where error is not null),
                 count(*) filter (where error is null and provider_batch is not null),
                 count(*) filter (where stop = 'refused'), count(*) filter (where stop = 'truncated'),
                 count(*) filter (where error is null and cost_micros is null), sum(retries),
                 coalesce(sum(tokens_in), 0), coalesce(sum(tokens_cached), 0), coalesce(sum(tokens_written), 0),
                 coalesce(sum(tokens_out), 0), coalesce(sum(cost_micros), 0), coalesce(sum(latency_ms), 0)
             from answered group by 1, 2, 3, 4 order by 1, 2, 3, 4
             on conflict (day, provider, model, strategy, shard) do update set calls = u.calls + excluded.calls,
                 failed = u.failed + excluded.failed, batched = u.batched + excluded.batched,
                 refused = u.refused + excluded.refused, truncated = u.truncated + excluded.truncated,
                 unpriced = u.unpriced + excluded.unpriced, retries = u.retries + excluded.retries,
                 tokens_in = u.tokens_in + excluded.tokens_in, tokens_cached = u.tokens_cached + excluded.tokens_cached,
                 tokens_written = u.tokens_written + excluded.tokens_written,
                 tokens_out = u.tokens_out + excluded.tokens_out, cost_micros = u.cost_micros + excluded.cost_micros,
                 latency_ms = u.latency_ms + excluded.latency_ms
         )
         update provider_budget b set reserved_micros = b.reserved_micros - s.reserved,
             total_micros = b.total_micros + s.cost,
             today_micros = s.cost + case when b.day = c.ms / 86400000 then b.today_micros else 0 end,
             day = c.ms / 86400000, requests = least(b.requests, s.left_requests),
             tokens_in = least(b.tokens_in + s.returned_in, s.left_in),
             tokens_out = least(b.tokens_out + s.returned_out, s.left_out)
         from (select provider, sum(reserved)::bigint as reserved, sum(cost)::bigint as cost, bool_or(has_rate) as has_rate,
                   sum(returned_in)::double precision as returned_in, sum(returned_out)::double precision as returned_out,
                   min(left_requests) as left_requests, min(left_in) as left_in, min(left_out) as left_out
               from answered group by 1) as s, clock c
         where b.provider = s.provider and (s.reserved <> 0 or s.cost <> 0 or s.has_rate)",
    )
    .bind(ids)
    .bind(column(answers, |a| a.reply))
    .bind(column(answers, |a| a.stop))
    .bind(column(answers, |a| a.answered_by))
    .bind(column(answers, |a| a.request_id))
    .bind(column(answers, |a| a.tokens_in))
    .bind(column(answers, |a| a.tokens_cached))
    .bind(column(answers, |a| a.tokens_written))
    .bind(column(answers, |a| a.tokens_out))
    .bind(column(answers, |a| a.cost_micros))
    .bind(column(answers, |a| a.latency_ms))
    .bind(column(answers, |a| a.error))
    .bind(column(answers, |a| a.retries))
    .bind(column(answers, |a| a.rate.map_or(0, |rate| rate.returned_in)))
    .bind(column(answers, |a| a.rate.map_or(0, |rate| rate.returned_out)))
    .bind(column(answers, |a| a.rate.and_then(|rate| rate.headroom.requests)))
    .bind(column(answers, |a| a.rate.and_then(|rate| rate.headroom.tokens_in)))
    .bind(column(answers, |a| a.rate.and_then(|rate| rate.headroom.tokens_out)))
    .bind(column(answers, |a| a.rate.is_some()))
    .bind(column(answers, |a| a.is_cost_unknown))
    .execute(connection)
    .await?;
    Ok(())
}
