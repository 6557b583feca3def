//! What most commands begin with: the database, the strategies, the model.

use crate::config::Config;
use crate::model::{Anthropic, Gateway};
use crate::store::{SqliteStore, Store, StoreError, WorkerLock};
use crate::strategy::Pipeline;
use crate::strategy::bundled;
use crate::strategy::cache::Cache;
use crate::strategy::limits::Limits;
use crate::strategy::registry::Registry;
use crate::strategy::runtime::Runtime;
use crate::worker::{Context, Worker};
use anyhow::Context as _;
use std::sync::Arc;

/// The database.
pub async fn store(config: &Config) -> Result<SqliteStore, StoreError> {
    SqliteStore::open(&config.database).await
}

/// The engine, and the strategies in it. Compiling them would hold up other tasks, and WASI blocks.
pub async fn strategies(config: &Config) -> anyhow::Result<(Runtime, Pipeline)> {
    let config = config.clone();
    tokio::task::spawn_blocking(move || admit(&config)).await?
}

fn admit(config: &Config) -> anyhow::Result<(Runtime, Pipeline)> {
    let limits = Limits { wasi: config.allow_wasi, ..Limits::default() };
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = Runtime::new(limits, threads)
        .map_err(anyhow::Error::from)
        .context("this machine cannot run compiled WebAssembly")?;
    let cache = Cache::open(config.data_dir.join("compiled"));
    let pipeline = bundled::pipeline(&runtime, &cache).context("a bundled strategy was not admitted")?;
    Ok((runtime, pipeline))
}

/// The way to the model, or the reason why there is none.
pub fn gateway(config: &Config) -> anyhow::Result<Gateway> {
    let provider = Anthropic::new(&config.model).context("the HTTP client cannot start")?;
    Ok(match (provider, config.model.absent) {
        (Some(provider), _) => Gateway::to(Arc::new(provider)),
        (None, absent) => Gateway::absent(absent.unwrap_or("no model is configured")),
    })
}

/// A worker that is not started, and the lock that makes it the only one on its database.
pub async fn worker(config: &Config) -> anyhow::Result<(Worker, SqliteStore, WorkerLock)> {
    let (runtime, mut pipeline) = strategies(config).await?;
    let store = store(config).await?;
    let lock = SqliteStore::lock_for_worker(&config.database)?;
    let entries: Vec<_> = pipeline
        .strategies
        .iter()
        .map(|strategy| {
            serde_json::json!({"name": strategy.description().name, "digest": strategy.digest(), "config": strategy.config()})
        })
        .collect();
    let entries = serde_json::to_string(&entries)?;
    pipeline.revision = store.record_pipeline(&entries, "start", "host").await?;
    let context = Context::new(
        Arc::new(store.clone()),
        runtime,
        Registry::new(pipeline),
        gateway(config)?,
        config.required_fields.clone(),
        config.worker,
    );
    Ok((Worker::new(context).await?, store, lock))
}
