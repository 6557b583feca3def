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
    ) -> Result<Option<JournalledReply>, StoreError> {
        let read = read.iter().map(CallId::as_str).collect::<Vec<_>>().join(",");
        let lookup = Lookup { prompt_digest: prompt_digest.to_owned(), root: root.to_string(), read };
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
        let rows = self
            .0
            .run(async |connection| {
                let found = sqlx::query(
                    "select w.n, f.id, f.reply, f.stop, f.answered_by
                     from unnest($1::text[], $2::text[], $3::text[]) with ordinality as w(digest, root, read, n),
                         lateral (
                             select id, reply, stop, answered_by from model_call m
                             where prompt_digest = w.digest and answered_at is not null and error is null
                                 and (root_id = w.root or interpreted_at is null or decided_all)
                                 and m.id <> all (string_to_array(w.read, ','))
                             order by root_id = w.root desc, answered_at limit 1) as f",
                );
                Ok(found.bind(&digests).bind(&roots).bind(&read).fetch_all(connection).await?)
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
        let admission = provider::admit(&mut tx, &call.provider, call.reserved_micros, limits).await?;
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
    .bind(calls.iter().map(|call| if is_reserved { call.reserved_micros } else { 0 }).collect::<Vec<_>>())
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

/// Writes answers, and books what they cost where something is booked. What was set aside for a call that was given up
/// for lost was booked as spent: its late answer books the difference.
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
                 $8::bigint[], $9::bigint[], $10::bigint[], $11::text[])
                 as a(id, reply, stop, answered_by, request_id, tokens_in, tokens_cached, tokens_out, cost_micros,
                     latency_ms, error)
         ), answered as (
             update model_call m set answered_at = c.ms, reply = a.reply, stop = a.stop, answered_by = a.answered_by,
                 request_id = a.request_id, tokens_in = a.tokens_in, tokens_cached = a.tokens_cached,
                 tokens_out = a.tokens_out, cost_micros = a.cost_micros, latency_ms = a.latency_ms, error = a.error
             from given a, clock c where m.id = a.id and m.answered_at is null
             returning m.provider, case when m.lost_at is null then m.reserved_micros else 0 end as reserved,
                 coalesce(a.cost_micros, 0) - case when m.lost_at is null then 0 else m.reserved_micros end as cost
         )
         update provider_budget b set reserved_micros = b.reserved_micros - s.reserved,
             total_micros = b.total_micros + s.cost,
             today_micros = s.cost + case when b.day = c.ms / 86400000 then b.today_micros else 0 end,
             day = c.ms / 86400000
         from (select provider, sum(reserved)::bigint as reserved, sum(cost)::bigint as cost from answered group by 1) as s,
             clock c
         where b.provider = s.provider and (s.reserved <> 0 or s.cost <> 0)",
    )
    .bind(ids)
    .bind(column(answers, |a| a.reply))
    .bind(column(answers, |a| a.stop))
    .bind(column(answers, |a| a.answered_by))
    .bind(column(answers, |a| a.request_id))
    .bind(column(answers, |a| a.tokens_in))
    .bind(column(answers, |a| a.tokens_cached))
    .bind(column(answers, |a| a.tokens_out))
    .bind(column(answers, |a| a.cost_micros))
    .bind(column(answers, |a| a.latency_ms))
    .bind(column(answers, |a| a.error))
    .execute(connection)
    .await?;
    Ok(())
}
