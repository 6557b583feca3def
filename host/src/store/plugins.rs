//! What a store keeps of plugins: their bytes, the revisions of the pipeline, what candidates said, and events.

use super::{BatchId, Cause, Event, EventKind, News, StoreError};
use crate::digest::Digest;
use crate::music::{Extraction, Track, TrackKey};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A component with what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plugin {
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The contract's version it was built for.
    pub contract: String,
    /// One line for people.
    pub summary: String,
    /// Whether it may ask a model.
    pub asks_model: bool,
    /// Bytes.
    pub size: i64,
    /// When it first came; set by the store.
    pub first_seen_at: i64,
}

/// A revision of the pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its number.
    pub revision: i64,
    /// The lineup, as JSON.
    pub entries: String,
    /// What a rollback from here returns to.
    pub parent: Option<i64>,
    /// The name of its [`Cause`].
    pub cause: String,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: i64,
    /// When its strategies had passed their probation.
    pub proven_at: Option<i64>,
}

/// A revision about to be recorded.
#[derive(Debug, Clone)]
pub struct NewRevision {
    /// The lineup, as JSON.
    pub entries: String,
    /// What a rollback from here returns to.
    pub parent: Option<i64>,
    /// What makes it.
    pub cause: Cause,
    /// Who.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// What webhooks are told of it, to which its number is added.
    pub news: Option<News>,
}

/// A file of a plugins folder that was handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginFile {
    /// Whose folder; no name where there is but one.
    pub folder: String,
    /// Its name in the folder.
    pub file: String,
    /// Of its content and its configuration.
    pub digest: Digest,
    /// The component that it became, when it was admitted.
    pub component: Option<Digest>,
    /// The strategy's name, when it was admitted.
    pub name: Option<String>,
    /// What was active under that name before the file came: an entry as JSON.
    pub former: Option<String>,
}

/// What was said about a track, by a candidate or by the active strategies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Said {
    /// An entry.
    Extracted {
        /// The entry.
        entry: Extraction,
    },
    /// It is not music.
    NoMusic,
    /// Nothing, with the reason.
    Undecided {
        /// Why.
        reason: String,
    },
    /// It was to ask a model, and nobody answered.
    Unanswered,
}

/// What a candidate and the active strategies made of a track.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The track.
    pub key: TrackKey,
    /// The candidate's.
    pub candidate: Said,
    /// The active ones'.
    pub active: Said,
    /// What the candidate's own questions about its batch cost, in millionths of a dollar; on the batch's first track.
    pub cost_micros: i64,
    /// Its share of the candidate's time, in microseconds.
    pub time_us: i64,
}

/// A batch that was settled, for replay.
#[derive(Debug, Clone)]
pub struct SettledBatch {
    /// The batch.
    pub id: BatchId,
    /// The first claim of its work; the journal finds its replies by it.
    pub root: BatchId,
    /// What its strategies were shown.
    pub tracks: Vec<Track>,
}

/// What the host asks of its database about plugins. Every method is one short transaction.
#[async_trait]
pub trait PluginStore: Send + Sync {
    /// Keeps a component; one that is known already stays as it is.
    async fn keep_plugin(&self, plugin: &Plugin, bytes: &[u8]) -> Result<(), StoreError>;

    /// All components, newest first.
    async fn plugins(&self) -> Result<Vec<Plugin>, StoreError>;

    /// A component's bytes.
    async fn plugin_bytes(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError>;

    /// Records a revision if the newest one is still the expected one; returns its number, or none when another came first.
    async fn record_pipeline(&self, expected: Option<i64>, new: &NewRevision) -> Result<Option<i64>, StoreError>;

    /// A revision, or the newest.
    async fn pipeline(&self, revision: Option<i64>) -> Result<Option<Revision>, StoreError>;

    /// Revisions, newest first.
    async fn pipelines(&self, limit: u32) -> Result<Vec<Revision>, StoreError>;

    /// Notes that a revision's strategies passed their probation.
    async fn prove_pipeline(&self, revision: i64) -> Result<(), StoreError>;

    /// The files that were handled, of all folders.
    async fn plugin_files(&self) -> Result<Vec<PluginFile>, StoreError>;

    /// Notes that a file was handled.
    async fn keep_plugin_file(&self, file: &PluginFile) -> Result<(), StoreError>;

    /// Forgets a file that is gone.
    async fn forget_plugin_file(&self, folder: &str, file: &str) -> Result<(), StoreError>;

    /// Keeps what a candidate said about a batch.
    async fn keep_compared(&self, digest: &Digest, batch: &BatchId, tracks: &[Compared]) -> Result<(), StoreError>;

    /// What a candidate said, newest first.
    async fn compared(&self, digest: &Digest, limit: u32) -> Result<Vec<Compared>, StoreError>;

    /// What a candidate's own questions have cost, in millionths of a dollar.
    async fn candidate_cost(&self, digest: &Digest) -> Result<i64, StoreError>;

    /// Notes an event, and forgets the oldest beyond some thousands.
    async fn record_event(&self, kind: EventKind, subject: &str, text: &str) -> Result<(), StoreError>;

    /// Events, newest first.
    async fn events(&self, limit: u32) -> Result<Vec<Event>, StoreError>;

    /// Batches that were settled since a time, newest first, older than a mark.
    async fn settled_batches(
        &self,
        since: i64,
        before: Option<&BatchId>,
        limit: u32,
    ) -> Result<Vec<SettledBatch>, StoreError>;

    /// The models that have answered prompts.
    async fn models_asked(&self) -> Result<Vec<String>, StoreError>;
}
