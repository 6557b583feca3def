//! A worker in the test's own process: the real database and the real components, and a model that does what the test
//! says.

use async_trait::async_trait;
use liner::config::WorkerSettings;
use liner::model::{Answer, AskError, Failure, Gateway, ModelProvider};
use liner::music::{Estimate, Field, Headroom, Prompt, Reply, Stop, Track, TrackKey, Usage};
use liner::rollout::{Installed, Place, Rollout, Upload, Why};
use liner::store::{Cause, NewLink, SqliteStore, Store};
use liner::strategy::cache::Cache;
use liner::strategy::limits::Limits;
use liner::strategy::runtime::Runtime;
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

    fn estimate(&self, _: &Prompt) -> Estimate {
        Estimate { tokens_in: 200, tokens_out: 40, cost_micros: Some(20) }
    }

    fn origin(&self) -> String {
        "nowhere".to_owned()
    }

    async fn send(&self, prompt: &Prompt) -> Result<Answer, Failure> {
        let before = {
            let mut prompts = self.prompts.lock().unwrap();
            prompts.push(prompt.clone());
            self.models.lock().unwrap().push(self.model.clone());
            prompts.len() - 1
        };
        self.gate.acquire().await.unwrap().forget();
        let text = (self.script)(before, prompt).map_err(Failure::last)?;
        Ok(Answer {
            reply: Reply { text, stop: Stop::Complete, model: self.model.clone() },
            request_id: None,
            usage: Usage { tokens_in: 100, tokens_out: 10, cost_micros: Some(15), ..Usage::default() },
            headroom: Headroom::default(),
        })
    }
}

/// The engine of all workers of a test's process, and its cache, so that each component is compiled once.
fn engine() -> (Runtime, Cache) {
    static ENGINE: OnceLock<(Runtime, Cache, tempfile::TempDir)> = OnceLock::new();
    let start = || {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().join("compiled"));
        (Runtime::new(Limits::default(), 2).unwrap(), cache, folder)
    };
    let (runtime, cache, _) = ENGINE.get_or_init(start);
    // Each has its own troubles, as each has its own host.
    (runtime.clone().bypassing_after(3), cache.clone())
}

/// Which strategies a store runs, from the tests' own engine.
pub async fn rollout(store: &Arc<dyn Store>) -> Rollout {
    let (runtime, cache) = engine();
    Rollout::open(store.clone(), runtime, cache).await.unwrap()
}

async fn worker(store: &Arc<dyn Store>, settings: WorkerSettings, model: Option<ScriptedModel>) -> Worker {
    let required = match &model {
        Some(_) => vec![Field::Title, Field::Artist, Field::Genres],
        None => vec![Field::Title, Field::Artist],
    };
    let gateway = model.map_or_else(|| Gateway::absent("no key"), |model| Gateway::to(Arc::new(model)));
    let rollout = rollout(store).await;
    let context = Context::new(store.clone(), rollout, gateway, required, settings);
    Worker::new(context, "a test".to_owned(), None).await.unwrap()
}

/// A worker with all it works with.
pub struct Fixture {
    /// The worker, not started.
    pub worker: Worker,
    /// Its database.
    pub store: Arc<dyn Store>,
    /// The database's folder.
    pub folder: tempfile::TempDir,
}

impl Fixture {
    /// A worker with a model, or without.
    pub async fn new(settings: WorkerSettings, model: Option<ScriptedModel>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&folder.path().join("liner.db")).await.unwrap());
        let worker = worker(&store, settings, model).await;
        Self { worker, store, folder }
    }

    /// A worker with the hostile strategy alone, behaving until it was admitted, and then as its configuration says. It
    /// passed its probation.
    pub async fn hostile(settings: WorkerSettings, model: Option<ScriptedModel>, config: &str) -> Self {
        let fixture = Self::new(settings, model).await;
        let rollout = fixture.rollout();
        let why = Why::host(Cause::Install);
        let bundled: Vec<_> = rollout.active().strategies.iter().map(|strategy| strategy.digest().clone()).collect();
        fixture.install(crate::HOSTILE, &format!("later: {config}"), Place::Active(None)).await;
        for digest in bundled {
            rollout.retire(&digest, &why).await.unwrap();
        }
        rollout.active().strategies[0].health().keep();
        fixture
    }

    /// Which strategies run.
    #[must_use]
    pub fn rollout(&self) -> &Rollout {
        &self.worker.context().rollout
    }

    /// Installs a component.
    pub async fn install(&self, component: &[u8], config: &str, place: Place) -> Installed {
        let upload = Upload {
            bytes: component.to_vec(),
            source: "a test".into(),
            config: Some(config.to_owned()),
            allow_wasi: false,
            place,
        };
        self.rollout().install(upload, &Why::host(Cause::Install)).await.unwrap()
    }

    /// Another worker on a database.
    pub async fn worker(store: &Arc<dyn Store>, settings: WorkerSettings, model: Option<ScriptedModel>) -> Worker {
        worker(store, settings, model).await
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
