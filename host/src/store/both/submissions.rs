//! Provider's batches, in the words of both databases.

use super::super::{Backend, Connection, Row};
use super::journal::insert_call;
use super::{budget, provider};
use crate::music::Prompt;
use crate::store::json::{from_json, json};
use crate::store::{
    BatchId, CallId, CallIntent, Gathered, Gathering, HostId, Lease, MAX_LEFT_OVER, Parked, Request, StoreError,
    Submission, SubmissionStore,
};
use async_trait::async_trait;
use serde::Deserialize;
use sqlx::Row as _;

/// The lease's end of a batch that waits for a provider: behind those of all others.
const NEVER: i64 = 9_000_000_000_000_000;
/// The lease's end of one whose answers are there: before those of all others.
const ANSWERED: i64 = -1;

/// The columns of [`Submission`].
macro_rules! submission {
    () => {
        "id, provider, model, requests, state, provider_id, intended_at, submitted_at, expires_at, ended_at, looks, answered,
         unanswered, estimate_micros, (select ms from clock) - intended_at as age_ms,
         (select ms from clock) - attempted_at as attempted_ms"
    };
}

/// What a prompt says besides its frame.
#[derive(Deserialize)]
struct Rest {
    tag: String,
    indexes: Vec<u32>,
    user: String,
    max_output_tokens: u32,
}

#[async_trait]
impl SubmissionStore for Backend {
    async fn park(&self, lease: &Lease, calls: &[CallIntent]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        for call in calls {
            insert_call(&mut tx, call, call.reserve.cost_micros.unwrap_or(0), Some("")).await?;
        }
        // A question that was with a provider may have been answered meanwhile.
        let parked = sqlx::query(
            "update extraction_batch set
                 state = case when with_provider.n > 0 then 'submitted' else 'answered' end,
                 lease_until = case when with_provider.n > 0 then $2 else $3 end
             from (select count(*) as n from model_call
                   where root_id = (select root_id from extraction_batch where id = $1)
                       and provider_batch is not null and answered_at is null) as with_provider
             where id = $1 and state = 'leased'",
        )
        .bind(lease.batch.as_str())
        .bind(NEVER)
        .bind(ANSWERED)
        .execute(&mut *tx)
        .await?;
        if parked.rows_affected() == 0 && !is_parked(&mut tx, lease).await? {
            return Err(StoreError::Fenced(lease.batch.to_string()));
        }
        Ok(tx.commit().await?)
    }

    async fn is_with_provider(&self, root: &BatchId, prompt_digest: &str) -> Result<bool, StoreError> {
        let found: i64 = sqlx::query_scalar(
            "select count(*) from model_call
             where root_id = $1 and prompt_digest = $2 and provider_batch is not null and answered_at is null",
        )
        .bind(root.as_str())
        .bind(prompt_digest)
        .fetch_one(self.readers())
        .await?;
        Ok(found > 0)
    }

    async fn parked(&self) -> Result<Vec<Parked>, StoreError> {
        let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
            "select provider, model, count(*), (select ms from clock) - max(sent_at) from model_call
             where provider_batch = '' and answered_at is null group by provider, model order by provider, model",
        )
        .fetch_all(self.readers())
        .await?;
        let parked = |(provider, model, calls, newest_ms)| Parked { provider, model, calls, newest_ms };
        Ok(rows.into_iter().map(parked).collect())
    }

    async fn give_up_parked(
        &self,
        provider: &str,
        model: &str,
        waited_ms: i64,
        reason: &str,
    ) -> Result<u64, StoreError> {
        let given_up = sqlx::query(
            "update model_call set answered_at = (select ms from clock), error = $4
             where provider_batch = '' and answered_at is null and provider = $1 and model = $2
                 and sent_at <= (select ms from clock) - $3",
        )
        .bind(provider)
        .bind(model)
        .bind(waited_ms)
        .bind(reason)
        .execute(self.writer())
        .await?;
        Ok(given_up.rows_affected())
    }

    async fn models_of(&self, root: &BatchId) -> Result<Vec<String>, StoreError> {
        let models = "select distinct model from model_call where root_id = $1 and provider_batch is not null";
        Ok(sqlx::query_scalar(models).bind(root.as_str()).fetch_all(self.readers()).await?)
    }

    async fn gather(&self, gathering: &Gathering<'_>) -> Result<Gathered, StoreError> {
        let mut tx = self.begin().await?;
        let mut calls = waiting_calls(&mut tx, gathering).await?;
        if calls.is_empty() {
            return Ok(Gathered::Nothing);
        }
        let (provider, limits) = (gathering.provider, gathering.limits);
        if limits.has_budget() {
            let (left, least) = provider::left_for_batch(&mut tx, provider, limits).await?;
            cut(&mut calls, left, |call| call.reserved);
            if calls.is_empty() {
                let (ms, reason) = budget::spent(&mut tx, least, limits).await?;
                tx.commit().await?;
                return Ok(Gathered::Spent { ms, reason });
            }
        }
        let reserved: i64 = calls.iter().map(|call| call.reserved).sum();
        if limits.is_some() {
            provider::set_aside(&mut tx, provider, reserved).await?;
        }
        let submission = insert_submission(&mut tx, gathering, calls.len(), reserved).await?;
        let named: Vec<[&str; 1]> = calls.iter().map(|call| [call.id.as_str()]).collect();
        sqlx::query(concat!(
            "update model_call set provider_batch = $2, sent_at = (select ms from clock),
                 reserved_micros = case when $3 then reserved_micros else 0 end
             where id in (select value ->> 0 from ",
            each!("$1"),
            ")"
        ))
        .bind(json(&named)?)
        .bind(&submission.id)
        .bind(limits.is_some())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(Gathered::Intended(Box::new(submission)))
    }

    async fn requests_of(&self, submission: &str) -> Result<Vec<Request>, StoreError> {
        let rows = sqlx::query(
            "select m.id, m.root_id, m.prompt, f.system, f.response_schema
             from model_call m join prompt_frame f on f.digest = m.frame
             where m.provider_batch = $1 and m.answered_at is null order by m.id",
        )
        .bind(submission)
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(request).collect()
    }

    async fn attempt(&self, submission: &str, host: &HostId, hold_ms: i64) -> Result<bool, StoreError> {
        let held = sqlx::query(
            "update provider_batch set attempted_at = (select ms from clock), held_until = (select ms from clock) + $3
             where id = $1 and host_id = $2 and state = 'intended'",
        )
        .bind(submission)
        .bind(host.as_str())
        .bind(hold_ms)
        .execute(self.writer())
        .await?;
        Ok(held.rows_affected() > 0)
    }

    async fn submitted(
        &self,
        submission: &str,
        provider_id: &str,
        expires_at: Option<i64>,
    ) -> Result<bool, StoreError> {
        let noted = sqlx::query(
            "update provider_batch set state = 'submitted', provider_id = $2, expires_at = $3,
                 submitted_at = (select ms from clock), looks = 0, look_at = (select ms from clock), held_until = 0
             where id = $1 and (state = 'intended' or provider_id = $2)",
        )
        .bind(submission)
        .bind(provider_id)
        .bind(expires_at)
        .execute(self.writer())
        .await?;
        Ok(noted.rows_affected() > 0)
    }

    async fn withdraw(&self, submission: &str, host: &HostId) -> Result<bool, StoreError> {
        let mut tx = self.begin().await?;
        let forgotten = sqlx::query("delete from provider_batch where id = $1 and host_id = $2 and state = 'intended'")
            .bind(submission)
            .bind(host.as_str())
            .execute(&mut *tx)
            .await?;
        if forgotten.rows_affected() == 0 {
            return Ok(false);
        }
        let calls: Vec<(String, i64)> = sqlx::query_as(
            "update model_call set provider_batch = '' where provider_batch = $1 and answered_at is null
             returning provider, reserved_micros",
        )
        .bind(submission)
        .fetch_all(&mut *tx)
        .await?;
        free(&mut tx, &calls).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn tend(&self, host: &HostId, hold_ms: i64) -> Result<Option<Submission>, StoreError> {
        let due = "select count(*) from provider_batch where state <> 'ended' and look_at <= (select ms from clock)";
        if sqlx::query_scalar::<_, i64>(due).fetch_one(self.readers()).await? == 0 {
            return Ok(None);
        }
        let row = sqlx::query(concat!(
            "update provider_batch set host_id = $1, held_until = (select ms from clock) + $2, looks = looks + 1
             where id = (select id from provider_batch p
                 where state <> 'ended' and look_at <= (select ms from clock)
                     and (host_id = $1 or held_until < (select ms from clock) or exists (
                         select 1 from host h where h.id = p.host_id and h.stopped_at is not null))
                 order by look_at limit 1",
            skip_locked!(),
            ") returning ",
            submission!()
        ))
        .bind(host.as_str())
        .bind(hold_ms)
        .fetch_optional(self.writer())
        .await?;
        row.as_ref().map(submission_from).transpose()
    }

    async fn look_again(&self, submission: &str, ms: i64, progress: (i64, i64)) -> Result<(), StoreError> {
        sqlx::query(
            "update provider_batch set look_at = (select ms from clock) + $2, held_until = 0, answered = $3,
                 unanswered = $4
             where id = $1 and state <> 'ended'",
        )
        .bind(submission)
        .bind(ms)
        .bind(progress.0)
        .bind(progress.1)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    async fn leave_over(&self, submission: &str, calls: &[CallId]) -> Result<Vec<CallId>, StoreError> {
        let named: Vec<[&str; 1]> = calls.iter().map(|call| [call.as_str()]).collect();
        let named = json(&named)?;
        let mut tx = self.begin().await?;
        let freed: Vec<(String, i64)> = sqlx::query_as(concat!(
            "update model_call set provider_batch = '', left_over = left_over + 1, sent_at = (select ms from clock)
             where id in (select value ->> 0 from ",
            each!("$1"),
            ") and answered_at is null and provider_batch = $3 and left_over < $2 returning provider, reserved_micros"
        ))
        .bind(&named)
        .bind(MAX_LEFT_OVER)
        .bind(submission)
        .fetch_all(&mut *tx)
        .await?;
        free(&mut tx, &freed).await?;
        tx.commit().await?;
        let rest: Vec<String> = sqlx::query_scalar(concat!(
            "select id from model_call where id in (select value ->> 0 from ",
            each!("$1"),
            ") and answered_at is null and provider_batch = $2"
        ))
        .bind(&named)
        .bind(submission)
        .fetch_all(self.readers())
        .await?;
        Ok(rest.into_iter().map(CallId::from_text).collect())
    }

    async fn end_submission(&self, submission: &str, answered: i64, unanswered: i64) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        sqlx::query(
            "update extraction_batch set state = 'answered', lease_until = $2
             where state = 'submitted' and root_id in (select root_id from model_call where provider_batch = $1)",
        )
        .bind(submission)
        .bind(ANSWERED)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "update provider_batch set state = 'ended', ended_at = (select ms from clock), answered = $2, unanswered = $3
             where id = $1",
        )
        .bind(submission)
        .bind(answered)
        .bind(unanswered)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn wake_answered(&self) -> Result<u64, StoreError> {
        let woken = sqlx::query(
            "update extraction_batch set state = 'answered', lease_until = $1
             where state = 'submitted' and not exists (
                 select 1 from model_call m where m.root_id = extraction_batch.root_id and m.provider_batch is not null
                     and m.answered_at is null)",
        )
        .bind(ANSWERED)
        .execute(self.writer())
        .await?;
        Ok(woken.rows_affected())
    }

    async fn submissions(&self, most: u32) -> Result<Vec<Submission>, StoreError> {
        let rows = sqlx::query(concat!(
            "select ",
            submission!(),
            " from provider_batch where state <> 'ended'
                 or id in (select id from provider_batch where state = 'ended' order by id desc limit $1)
             order by id desc"
        ))
        .bind(i64::from(most))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(submission_from).collect()
    }
}

/// Whether a batch waits for a provider's already: its host did not hear that it was written down.
async fn is_parked(tx: &mut Connection, lease: &Lease) -> Result<bool, StoreError> {
    let parked = "select count(*) from extraction_batch where id = $1 and state in ('submitted', 'answered')";
    Ok(sqlx::query_scalar::<_, i64>(parked).bind(lease.batch.as_str()).fetch_one(tx).await? > 0)
}

/// A question that waits.
struct WaitingCall {
    id: String,
    bytes: i64,
    reserved: i64,
}

/// As many as a batch may hold, the first ones first.
async fn waiting_calls(tx: &mut Connection, gathering: &Gathering<'_>) -> Result<Vec<WaitingCall>, StoreError> {
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(concat!(
        "select m.id, cast(octet_length(m.prompt) + octet_length(f.system) + coalesce(octet_length(f.response_schema), 0) as bigint),
             m.reserved_micros
         from model_call m join prompt_frame f on f.digest = m.frame
         where m.provider_batch = '' and m.answered_at is null and m.provider = $1 and m.model = $2
         order by m.id limit $3",
        for_update!("m"),
        skip_locked!()
    ))
    .bind(gathering.provider)
    .bind(gathering.model)
    .bind(i64::try_from(gathering.most_requests).unwrap_or(i64::MAX))
    .fetch_all(tx)
    .await?;
    let mut calls: Vec<_> = rows.into_iter().map(|(id, bytes, reserved)| WaitingCall { id, bytes, reserved }).collect();
    cut(&mut calls, gathering.most_bytes, |call| call.bytes);
    Ok(calls)
}

/// Keeps the first ones, as long as their sum stays within a bound.
fn cut(calls: &mut Vec<WaitingCall>, bound: i64, of: impl Fn(&WaitingCall) -> i64) {
    let mut sum = 0i64;
    let fits = calls.iter().take_while(|call| {
        sum = sum.saturating_add(of(call));
        sum <= bound
    });
    let fits = fits.count();
    calls.truncate(fits);
}

async fn insert_submission(
    tx: &mut Connection,
    gathering: &Gathering<'_>,
    requests: usize,
    reserved: i64,
) -> Result<Submission, StoreError> {
    // Of a UUIDv7: 48 bits of time, and enough of chance that no two of an account are alike.
    let id: String = uuid::Uuid::now_v7().simple().to_string().chars().take(24).collect();
    let row = sqlx::query(concat!(
        "insert into provider_batch (id, provider, model, requests, state, intended_at, host_id, held_until, look_at,
             estimate_micros)
         select $1, $2, $3, $4, 'intended', c.ms, $5, c.ms + $6, c.ms, case when $7 > 0 then $7 end from clock c where true
         returning ",
        submission!()
    ))
    .bind(id)
    .bind(gathering.provider)
    .bind(gathering.model)
    .bind(i64::try_from(requests).unwrap_or(i64::MAX))
    .bind(gathering.host.as_str())
    .bind(gathering.hold_ms)
    .bind(reserved)
    .fetch_one(tx)
    .await?;
    submission_from(&row)
}

/// What was set aside for calls is free again.
async fn free(tx: &mut Connection, calls: &[(String, i64)]) -> Result<(), StoreError> {
    let providers: std::collections::BTreeSet<&str> = calls.iter().map(|(provider, _)| provider.as_str()).collect();
    for provider in providers {
        let reserved: i64 = calls.iter().filter(|(other, _)| other == provider).map(|(_, reserved)| reserved).sum();
        if reserved > 0 {
            provider::book(tx, provider, reserved, 0).await?;
        }
    }
    Ok(())
}

fn request(row: &Row) -> Result<Request, StoreError> {
    let Rest { tag, indexes, user, max_output_tokens } = from_json(&row.try_get::<String, _>("prompt")?)?;
    let (system, response_schema) = (row.try_get("system")?, row.try_get("response_schema")?);
    Ok(Request {
        call: CallId::from_text(row.try_get("id")?),
        root: BatchId::from_text(row.try_get("root_id")?),
        prompt: Prompt { tag, indexes, system, user, response_schema, max_output_tokens },
    })
}

fn submission_from(row: &Row) -> Result<Submission, StoreError> {
    Ok(Submission {
        id: row.try_get("id")?,
        provider: row.try_get("provider")?,
        model: row.try_get("model")?,
        requests: row.try_get("requests")?,
        state: row.try_get("state")?,
        provider_id: row.try_get("provider_id")?,
        intended_at: row.try_get("intended_at")?,
        submitted_at: row.try_get("submitted_at")?,
        expires_at: row.try_get("expires_at")?,
        ended_at: row.try_get("ended_at")?,
        looks: row.try_get("looks")?,
        answered: row.try_get("answered")?,
        unanswered: row.try_get("unanswered")?,
        estimate_micros: row.try_get("estimate_micros")?,
        age_ms: row.try_get("age_ms")?,
        attempted_ms: row.try_get("attempted_ms")?,
    })
}
