//! A worker in the test's own process: the real database and the real components, and a model that does what the test
//! says.

use async_trait::async_trait;
use liner::config::WorkerSettings;
use liner::model::{Answer, AskError, Gateway, ModelProvider};
use liner::music::{Field, Prompt, Reply, Stop, Track, TrackKey, Usage};
use liner::store::{NewLink, SqliteStore, Store};
use liner::strategy::cache::Cache;
use liner::strategy::limits::Limits;
use liner::strategy::registry::Registry;
use liner::strategy::runtime::Runtime;
use liner::strategy::{Pipeline, bundled};
use liner::worker::{Context, Worker};
use serde_json::json;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;

type Script = dyn Fn(usize, &Prompt) -> Result<String, AskError> + Send + Sync;

/// A model that answers by a script.
#[derive(Clone)]
pub struct ScriptedModel {
    prompts: Arc<Mutex<Vec<Prompt>>>,
    models: Arc<Mutex<Vec<String>>>,
    gate: Arc<Semaphore>,
    script: Arc<Script>,
    model: String,
}

impl ScriptedModel {
    /// A model that answers by a script, which is told how many prompts came before.
    pub fn new(script: impl Fn(usize, &Prompt) -> Result<String, AskError> + Send + Sync + 'static) -> Self {
        Self {
            prompts: Arc::default(),
            models: Arc::default(),
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            script: Arc::new(script),
            model: "claude-haiku-5-5".to_owned(),
        }
    }

    /// A model that answers everything well.
    #[must_use]
    pub fn willing() -> Self {
        Self::new(|_, prompt| Ok(Self::good_answer(prompt)))
    }

    /// The same, but only as many prompts as it is allowed to.
    #[must_use]
    pub fn gated(self) -> Self {
        Self { gate: Arc::new(Semaphore::new(0)), ..self }
    }

    /// Lets so many more prompts be answered.
    pub fn allow(&self, more: usize) {
        self.gate.add_permits(more);
    }

    /// A good answer about every track of a prompt.
    #[must_use]
    pub fn good_answer(prompt: &Prompt) -> String {
        let items: Vec<_> = prompt.indexes.iter().map(|index| crate::item(&format!("t{index}"))).collect();
        json!({ "items": items }).to_string()
    }

    /// The prompts so far.
    #[must_use]
    pub fn prompts(&self) -> Vec<Prompt> {
        self.prompts.lock().unwrap().clone()
    }

    /// The models asked so far.
    #[must_use]
    pub fn models(&self) -> Vec<String> {
        self.models.lock().unwrap().clone()
    }
}

#[async_trait]
impl ModelProvider for ScriptedModel {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn with_model(&self, model: &str) -> Arc<dyn ModelProvider> {
        Arc::new(Self { model: model.to_owned(), ..self.clone() })
    }

    fn origin(&self) -> String {
        "nowhere".to_owned()
    }

    async fn ask(&self, prompt: &Prompt) -> Result<Answer, AskError> {
        let before = {
            let mut prompts = self.prompts.lock().unwrap();
            prompts.push(prompt.clone());
            self.models.lock().unwrap().push(self.model.clone());
            prompts.len() - 1
        };
        self.gate.acquire().await.unwrap().forget();
        let text = (self.script)(before, prompt)?;
        Ok(Answer {
            reply: Reply { text, stop: Stop::Complete, model: self.model.clone() },
            request_id: None,
            usage: Usage { tokens_in: 100, tokens_cached: 0, tokens_out: 10, cost_micros: Some(15) },
        })
    }
}

/// The bundled strategies, compiled once.
fn bundled() -> (Runtime, Pipeline) {
    static BUNDLED: OnceLock<(Runtime, Pipeline)> = OnceLock::new();
    let compile = || {
        let runtime = Runtime::new(Limits::default(), 2).unwrap();
        let pipeline = bundled::pipeline(&runtime, &Cache::none()).unwrap();
        (runtime, pipeline)
    };
    BUNDLED.get_or_init(compile).clone()
}

async fn worker(
    store: &SqliteStore,
    settings: WorkerSettings,
    model: Option<ScriptedModel>,
    pipeline: Pipeline,
) -> Worker {
    let required = match &model {
        Some(_) => vec![Field::Title, Field::Artist, Field::Genres],
        None => vec![Field::Title, Field::Artist],
    };
    let gateway = model.map_or_else(|| Gateway::absent("no key"), |model| Gateway::to(Arc::new(model)));
    let (store, runtime) = (Arc::new(store.clone()), bundled().0);
    let context = Context::new(store, runtime, Registry::new(pipeline), gateway, required, settings);
    Worker::new(context).await.unwrap()
}

/// A worker with all it works with.
pub struct Fixture {
    /// The worker, not started.
    pub worker: Worker,
    /// Its database.
    pub store: SqliteStore,
    /// The database's folder.
    pub folder: tempfile::TempDir,
}

impl Fixture {
    /// A worker with a model, or without.
    pub async fn new(settings: WorkerSettings, model: Option<ScriptedModel>) -> Self {
        Self::with_pipeline(settings, model, |_| bundled().1).await
    }

    /// A worker with strategies of the test's own.
    pub async fn with_pipeline(
        settings: WorkerSettings,
        model: Option<ScriptedModel>,
        pipeline: impl FnOnce(&Runtime) -> Pipeline,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("liner.db")).await.unwrap();
        let pipeline = pipeline(&bundled().0);
        let worker = worker(&store, settings, model, pipeline).await;
        Self { worker, store, folder }
    }

    /// Another worker on a database.
    pub async fn worker(store: &SqliteStore, settings: WorkerSettings, model: Option<ScriptedModel>) -> Worker {
        worker(store, settings, model, bundled().1).await
    }

    /// Queues tracks that no rule can decide.
    pub async fn enqueue(&self, from: usize, to: usize) {
        self.store.enqueue(&links(from, to)).await.unwrap();
        self.worker.wake();
    }

    /// Waits until so many tracks are completed.
    pub async fn completed(&self, n: i64) {
        crate::eventually(&format!("{n} tracks are completed"), || async {
            (self.store.counts().await.unwrap().completed >= n).then_some(())
        })
        .await;
    }
}

/// Tracks that no rule can decide.
#[must_use]
pub fn links(from: usize, to: usize) -> Vec<NewLink> {
    let link = |n: usize| NewLink {
        track: Track {
            key: TrackKey { platform_name: "youtube".into(), platform_id: format!("id{n}") },
            url: None,
            og_title: Some(format!("untitled upload {n}")),
            og_artist: None,
            og_description: None,
            og_metadata: "{}".into(),
            shared_text: None,
        },
        og_image_url: None,
        priority: 0,
    };
    (from..to).map(link).collect()
}

/// Settings of a worker that looks at the queue only when it is woken.
#[must_use]
pub fn settings() -> WorkerSettings {
    WorkerSettings { interval: Duration::from_secs(3_600), run_on_start: false, ..WorkerSettings::default() }
}
