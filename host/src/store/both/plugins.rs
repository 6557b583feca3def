//! Plugins, revisions of the pipeline, candidates' outcomes and events.

use super::super::{Backend, Row};
use super::outbox::{note_event, tell};
use super::recovery::shown;
use crate::digest::Digest;
use crate::music::TrackKey;
use crate::store::json::{from_json, json};
use crate::store::{
    BatchId, Compared, Event, EventKind, NewRevision, Plugin, PluginFile, PluginStore, Revision, SettledBatch,
    StoreError,
};
use async_trait::async_trait;
use serde::Serialize;
use sqlx::Row as _;

/// Outcomes of a candidate that are kept.
const COMPARED_KEPT: i64 = 50_000;

/// What a candidate said, as the statement reads it.
#[derive(Serialize)]
struct ComparedRow<'a> {
    platform_name: &'a str,
    platform_id: &'a str,
    candidate: String,
    active: String,
    cost_micros: i64,
    time_us: i64,
}

#[async_trait]
impl PluginStore for Backend {
    async fn keep_plugin(&self, plugin: &Plugin, bytes: &[u8]) -> Result<(), StoreError> {
        sqlx::query(
            "insert into plugin (digest, name, version, contract, summary, asks_model, size, bytes, first_seen_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, (select ms from clock)) on conflict (digest) do nothing",
        )
        .bind(plugin.digest.as_str())
        .bind(&plugin.name)
        .bind(&plugin.version)
        .bind(&plugin.contract)
        .bind(&plugin.summary)
        .bind(plugin.asks_model)
        .bind(i64::try_from(bytes.len()).unwrap_or(i64::MAX))
        .bind(bytes)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    async fn plugins(&self) -> Result<Vec<Plugin>, StoreError> {
        let rows = sqlx::query(concat!(
            "select digest, name, version, contract, summary, asks_model, size, first_seen_at from plugin
             order by first_seen_at desc, ",
            arrival!(),
            " desc"
        ))
        .fetch_all(self.readers())
        .await?;
        rows.iter().map(plugin_from).collect()
    }

    async fn plugin_bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(sqlx::query_scalar("select bytes from plugin where digest = $1")
            .bind(digest.as_str())
            .fetch_optional(self.readers())
            .await?)
    }

    async fn record_pipeline(&self, expected: Option<i64>, new: &NewRevision) -> Result<Option<i64>, StoreError> {
        let mut tx = self.begin().await?;
        let recorded: Option<i64> = sqlx::query_scalar(
            "insert into pipeline (revision, entries, parent, cause, by, reason, at)
             select coalesce(max(revision), 0) + 1, $1, $2, $3, $4, $5, (select ms from clock) from pipeline
             having max(revision) is not distinct from $6 on conflict (revision) do nothing returning revision",
        )
        .bind(&new.entries)
        .bind(new.parent)
        .bind(new.cause.name())
        .bind(&new.by)
        .bind(&new.reason)
        .bind(expected)
        .fetch_optional(&mut *tx)
        .await?;
        if let (Some(revision), Some(news)) = (recorded, &new.news) {
            tell(&mut tx, &news.with("revision", revision)).await?;
        }
        tx.commit().await?;
        Ok(recorded)
    }

    async fn pipeline(&self, revision: Option<i64>) -> Result<Option<Revision>, StoreError> {
        let row =
            sqlx::query("select * from pipeline where revision = coalesce($1, (select max(revision) from pipeline))")
                .bind(revision)
                .fetch_optional(self.readers())
                .await?;
        row.as_ref().map(revision_from).transpose()
    }

    async fn pipelines(&self, limit: u32) -> Result<Vec<Revision>, StoreError> {
        let rows = sqlx::query("select * from pipeline order by revision desc limit $1")
            .bind(i64::from(limit))
            .fetch_all(self.readers())
            .await?;
        rows.iter().map(revision_from).collect()
    }

    async fn prove_pipeline(&self, revision: i64) -> Result<(), StoreError> {
        sqlx::query("update pipeline set proven_at = (select ms from clock) where revision = $1 and proven_at is null")
            .bind(revision)
            .execute(self.writer())
            .await?;
        Ok(())
    }

    async fn plugin_files(&self) -> Result<Vec<PluginFile>, StoreError> {
        let rows = sqlx::query("select folder, file, digest, component, name, former from plugin_file")
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(PluginFile {
                    folder: row.try_get("folder")?,
                    file: row.try_get("file")?,
                    digest: Digest::from_hex(row.try_get("digest")?),
                    component: row.try_get::<Option<String>, _>("component")?.map(Digest::from_hex),
                    name: row.try_get("name")?,
                    former: row.try_get("former")?,
                })
            })
            .collect()
    }

    async fn keep_plugin_file(&self, file: &PluginFile) -> Result<(), StoreError> {
        sqlx::query(
            "insert into plugin_file (folder, file, digest, component, name, former) values ($1, $2, $3, $4, $5, $6)
             on conflict (folder, file) do update set digest = excluded.digest, component = excluded.component, name = excluded.name,
                 former = excluded.former",
        )
        .bind(&file.folder)
        .bind(&file.file)
        .bind(file.digest.as_str())
        .bind(file.component.as_ref().map(Digest::as_str))
        .bind(&file.name)
        .bind(&file.former)
        .execute(self.writer())
        .await?;
        Ok(())
    }

    async fn forget_plugin_file(&self, folder: &str, file: &str) -> Result<(), StoreError> {
        sqlx::query("delete from plugin_file where folder = $1 and file = $2")
            .bind(folder)
            .bind(file)
            .execute(self.writer())
            .await?;
        Ok(())
    }

    async fn keep_compared(&self, digest: &Digest, batch: &BatchId, tracks: &[Compared]) -> Result<(), StoreError> {
        let rows = tracks
            .iter()
            .map(|track| {
                Ok(ComparedRow {
                    platform_name: &track.key.platform_name,
                    platform_id: &track.key.platform_id,
                    candidate: json(&track.candidate)?,
                    active: json(&track.active)?,
                    cost_micros: track.cost_micros,
                    time_us: track.time_us,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let mut tx = self.begin().await?;
        sqlx::query(concat!(
            "insert into shadow_outcome (digest, batch_id, platform_name, platform_id, candidate, active, cost_micros,
                 time_us, at)
             select $1, $2, value ->> 'platform_name', value ->> 'platform_id', value ->> 'candidate',
                 value ->> 'active', cast(value ->> 'cost_micros' as bigint), cast(value ->> 'time_us' as bigint),
                 (select ms from clock) from ",
            each!("$3"),
            " order by at"
        ))
        .bind(digest.as_str())
        .bind(batch.as_str())
        .bind(json(&rows)?)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "delete from shadow_outcome where digest = $1 and id <=
                 (select id from shadow_outcome where digest = $1 order by id desc limit 1 offset $2)",
        )
        .bind(digest.as_str())
        .bind(COMPARED_KEPT)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn compared(&self, digest: &Digest, limit: u32) -> Result<Vec<Compared>, StoreError> {
        let rows = sqlx::query(
            "select platform_name, platform_id, candidate, active, cost_micros, time_us from shadow_outcome
             where digest = $1 order by id desc limit $2",
        )
        .bind(digest.as_str())
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await?;
        rows.iter()
            .map(|row| {
                let (candidate, active): (String, String) = (row.try_get("candidate")?, row.try_get("active")?);
                Ok(Compared {
                    key: TrackKey {
                        platform_name: row.try_get("platform_name")?,
                        platform_id: row.try_get("platform_id")?,
                    },
                    candidate: from_json(&candidate)?,
                    active: from_json(&active)?,
                    cost_micros: row.try_get("cost_micros")?,
                    time_us: row.try_get("time_us")?,
                })
            })
            .collect()
    }

    async fn candidate_cost(&self, digest: &Digest) -> Result<i64, StoreError> {
        Ok(sqlx::query_scalar(
            "select cast(coalesce(sum(cost_micros), 0) as bigint) from shadow_outcome where digest = $1",
        )
        .bind(digest.as_str())
        .fetch_one(self.readers())
        .await?)
    }

    async fn record_event(&self, kind: EventKind, subject: &str, text: &str) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        note_event(&mut tx, kind, subject, text).await?;
        Ok(tx.commit().await?)
    }

    async fn events(&self, limit: u32) -> Result<Vec<Event>, StoreError> {
        let rows = sqlx::query("select at, kind, subject, text from event order by id desc limit $1")
            .bind(i64::from(limit))
            .fetch_all(self.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(Event {
                    at: row.try_get("at")?,
                    kind: row.try_get("kind")?,
                    subject: row.try_get("subject")?,
                    text: row.try_get("text")?,
                })
            })
            .collect()
    }

    async fn settled_batches(
        &self,
        since: i64,
        before: Option<&BatchId>,
        limit: u32,
    ) -> Result<Vec<SettledBatch>, StoreError> {
        let batches: Vec<(String, String, String)> = sqlx::query_as(concat!(
            "select id, root_id, ",
            rows!("track_ids"),
            " from extraction_batch
             where state = 'settled' and finished_at >= $1 and ($2 is null or id < $2) order by id desc limit $3"
        ))
        .bind(since)
        .bind(before.map(BatchId::as_str))
        .bind(i64::from(limit))
        .fetch_all(self.readers())
        .await?;
        let mut connection = self.readers().acquire().await?;
        let mut settled = Vec::with_capacity(batches.len());
        for (id, root, rows) in batches {
            let tracks = shown(&mut connection, &id, &rows).await?.into_iter().map(|(_, track)| track).collect();
            settled.push(SettledBatch { id: BatchId::from_text(id), root: BatchId::from_text(root), tracks });
        }
        Ok(settled)
    }

    async fn models_asked(&self) -> Result<Vec<String>, StoreError> {
        Ok(sqlx::query_scalar(
            "select model from model_call where answered_at is not null and error is null group by model",
        )
        .fetch_all(self.readers())
        .await?)
    }
}

fn plugin_from(row: &Row) -> Result<Plugin, StoreError> {
    Ok(Plugin {
        digest: Digest::from_hex(row.try_get("digest")?),
        name: row.try_get("name")?,
        version: row.try_get("version")?,
        contract: row.try_get("contract")?,
        summary: row.try_get("summary")?,
        asks_model: row.try_get("asks_model")?,
        size: row.try_get("size")?,
        first_seen_at: row.try_get("first_seen_at")?,
    })
}

fn revision_from(row: &Row) -> Result<Revision, StoreError> {
    Ok(Revision {
        revision: row.try_get("revision")?,
        entries: row.try_get("entries")?,
        parent: row.try_get("parent")?,
        cause: row.try_get("cause")?,
        by: row.try_get("by")?,
        reason: row.try_get("reason")?,
        at: row.try_get("at")?,
        proven_at: row.try_get("proven_at")?,
    })
}
