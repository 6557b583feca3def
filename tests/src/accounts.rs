//! A run's accounts: what was queued, what became of it, how often it was asked, and what is true at the end.

use crate::{Database, Host, Kind, StubModel};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

/// Tracks of a run, in batches of five, four of them in flight.
pub const TRACKS: usize = 60;

/// A database whose library notes every time that a track is written, and a model that notes every question.
pub struct Accounts {
    /// The database.
    pub database: Database,
    /// The model.
    pub model: StubModel,
}

impl Accounts {
    /// Accounts on a database of a kind; none where it is not installed.
    pub async fn open(kind: Kind, model: StubModel) -> Option<Self> {
        let database = Database::new(kind).await?;
        database.log_writes().await;
        Some(Self { database, model })
    }

    /// A host in the database's own folder.
    pub async fn host(&self, more: &[(&str, &str)]) -> Host {
        self.host_in(self.database.folder.path(), more).await
    }

    /// A host in a folder of its own.
    pub async fn host_in(&self, folder: &Path, more: &[(&str, &str)]) -> Host {
        let mut settings = vec![
            ("DATABASE_URL", self.database.url.as_str()),
            ("AI_WORKER_BATCH_SIZE", "5"),
            // Its prefix is too short to be cached, so that the first question does not go alone.
            ("AI_MODEL", "claude-haiku-4-5"),
            ("RUST_LOG", "liner=warn"),
        ];
        settings.extend(more);
        Host::asking(folder, &self.model, &settings).await
    }

    /// How often each question was put.
    #[must_use]
    pub fn asked(&self) -> BTreeMap<String, usize> {
        let mut asked = BTreeMap::new();
        for exchange in self.model.exchanges() {
            *asked.entry(exchange.body["messages"][0]["content"].to_string()).or_default() += 1;
        }
        asked
    }

    /// Questions that were sent, and whose answer nobody wrote down.
    pub async fn unanswered(&self) -> i64 {
        self.database.number("select count(*) from model_call where answered_at is null").await.unwrap()
    }

    /// What must be true when all is done, whatever happened before, and however many questions were lost.
    ///
    /// # Panics
    /// When it is not.
    pub async fn balance(&self, host: &Host, lost: i64) {
        let queue = host.drained().await;
        assert_eq!(
            (&queue["completed"], &queue["failed"], &queue["total"]),
            (&json!(TRACKS), &json!(0), &json!(TRACKS))
        );
        let number = |sql: &'static str| async move { self.database.number(sql).await.unwrap() };
        let tracks = i64::try_from(TRACKS).unwrap();
        assert_eq!(number("select count(*) from music_library where processing_status = 'ai_completed'").await, tracks);
        assert_eq!(number("select count(*) from write_log").await, tracks, "no track is written twice");
        assert_eq!(number("select count(distinct id) from write_log").await, tracks);
        assert_eq!(number("select count(*) from extraction_batch where state = 'leased'").await, 0);
        let repeated: usize = self.asked().values().map(|times| times - 1).sum();
        assert!(repeated <= usize::try_from(lost).unwrap(), "{repeated} questions were repeated, {lost} were lost");
        // A connection that was cut while nobody used it is noticed by who uses it next.
        let read = || async { Some(host.get("/metrics").await).filter(|answer| answer.status == 200) };
        let metrics = crate::eventually("metrics", read).await.text;
        assert!(metrics.contains(&format!("liner_journal_lost_calls {lost}\n")), "{lost} lost\n{metrics}");
        assert_eq!(host.get("/api/model").await.json["lostCalls"], lost);
    }
}
