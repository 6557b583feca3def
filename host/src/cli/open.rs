//! What most commands begin with: the database, the strategies, the model.

use super::home::Home;
use crate::config::Config;
use crate::crawl::{PageReader, Syncer};
use crate::ingest::fetch::{Client, Fetch};
use crate::model::{Anthropic, Api, Gateway, ModelProvider, OpenAi, RouteSettings};
use crate::rollout::Rollout;
use crate::store::{self, Store, StoreError};
use crate::strategy::admission::{Terms, admit};
use crate::strategy::cache::Cache;
use crate::strategy::compiler::Compiler;
use crate::strategy::limits::Limits;
use crate::strategy::runtime::Runtime;
use crate::strategy::{self, bundled};
use crate::telemetry::Traces;
use crate::worker::{Context, Worker};
use anyhow::Context as _;
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a worker waits for a database that cannot be reached at its start.
const PATIENCE: Duration = Duration::from_secs(30);
/// The pause between attempts.
const PAUSE: Duration = Duration::from_secs(1);

/// The database.
pub async fn store(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    store::open(&config.database, &config.database_terms).await
}

/// The database, waited for if it cannot be reached yet: services are started in any order.
async fn store_patiently(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match store(config).await {
            Err(error) if error.may_pass() && Instant::now() < deadline => {
                tracing::warn!("{error}; trying again");
                tokio::time::sleep(PAUSE).await;
            }
            opened => return opened,
        }
    }
}

/// The engine. Making it starts a thread.
pub fn runtime(config: &Config) -> anyhow::Result<Runtime> {
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let runtime = Runtime::new(Limits::default(), threads).map_err(anyhow::Error::from);
    Ok(runtime.context("this machine cannot run compiled WebAssembly")?.bypassing_after(config.bypass_after))
}

/// Compiled strategies, and the process that compiles them.
pub fn cache(config: &Config) -> Cache {
    Cache::open(config.data_dir.join("compiled")).compiling_with(Compiler::this_program())
}

/// A component on the command line, in the place of the one of its name, or first.
#[derive(Debug, Clone, Args)]
pub struct Strategy {
    /// A component to use, in the place of the one of its name, or first
    #[arg(long = "strategy", value_name = "FILE")]
    file: Option<PathBuf>,
    /// That component's configuration; its own default without it
    #[arg(long = "strategy-config", value_name = "TEXT", requires = "file")]
    config: Option<String>,
    /// Let that component import WASI, of which it gets an empty one
    #[arg(long, requires = "file")]
    allow_wasi: bool,
}

/// A component that was read.
#[derive(Debug, Clone)]
pub struct Component {
    /// The file it was read from.
    pub source: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its configuration.
    pub config: Option<String>,
    /// Whether it may import WASI.
    pub allow_wasi: bool,
}

impl Strategy {
    /// Reads the file, where one was given.
    pub fn read(self) -> anyhow::Result<Option<Component>> {
        let Some(file) = self.file else { return Ok(None) };
        let source = file.display().to_string();
        let bytes = std::fs::read(&file).with_context(|| format!("cannot read {source}"))?;
        Ok(Some(Component { source, bytes, config: self.config, allow_wasi: self.allow_wasi }))
    }
}

/// The engine, and the bundled strategies in it, without a database; with another one in its place if one is given.
pub async fn bundled(
    config: &Config,
    candidate: Option<Component>,
) -> anyhow::Result<(Runtime, Vec<Arc<strategy::Strategy>>)> {
    let (runtime, cache) = (runtime(config)?, cache(config));
    // Compiling them would hold up other tasks.
    tokio::task::spawn_blocking(move || {
        let pipeline = bundled::pipeline(&runtime, &cache).context("a bundled strategy was not admitted")?;
        let mut strategies = pipeline.strategies;
        if let Some(Component { source, bytes, config, allow_wasi }) = candidate {
            let terms = Terms { config: config.as_deref(), allow_wasi };
            let candidate = admit(&runtime, &cache, &bytes, terms).with_context(|| format!("{source} is refused"))?;
            let name = &candidate.description().name;
            let place = strategies.iter_mut().find(|strategy| strategy.description().name == *name);
            match place {
                Some(place) => *place = candidate,
                None => strategies.insert(0, candidate),
            }
        }
        Ok((runtime, strategies))
    })
    .await?
}

/// The strategies of a database.
pub async fn rollout(config: &Config, store: &Arc<dyn Store>) -> anyhow::Result<Rollout> {
    Ok(Rollout::open(store.clone(), runtime(config)?, cache(config)).await?)
}

/// The way to the model, or the reason why there is none.
pub fn gateway(config: &Config) -> anyhow::Result<Gateway> {
    let settings = &config.model;
    if let Some(absent) = &settings.absent {
        return Ok(Gateway::absent(absent));
    }
    let routes = settings.routes.iter().map(provider).collect::<Result<_, _>>();
    Ok(Gateway::through(routes.context("the HTTP client cannot start")?)
        .within(settings.limits)
        .retrying(settings.max_retries)
        .reusing(settings.reuse)
        .batching(settings.batches)
        .at_once(settings.concurrency))
}

fn provider(route: &RouteSettings) -> Result<Arc<dyn ModelProvider>, reqwest::Error> {
    Ok(match &route.api {
        Api::Anthropic { version } => Arc::new(Anthropic::new(route, version)?),
        Api::OpenAi(dialect) => Arc::new(OpenAi::new(route, dialect.clone())?),
    })
}

/// Who syncs channels.
pub fn syncer(config: &Config, store: &Arc<dyn Store>) -> anyhow::Result<Syncer> {
    Ok(Syncer::new(store.clone(), client(config)?, config.sync.clone()))
}

/// Who reads from servers of strangers.
fn client(config: &Config) -> anyhow::Result<Arc<dyn Fetch>> {
    Ok(Arc::new(Client::new(&config.fetch).context("the client that reads pages cannot start")?))
}

/// A worker that is not started, on a database that it is registered with.
pub async fn worker(config: &Config) -> anyhow::Result<(Worker, Arc<dyn Store>, Home)> {
    let store = store_patiently(config).await?;
    let context = Context::new(
        store.clone(),
        rollout(config, &store).await?,
        gateway(config)?,
        config.required_fields.clone(),
        config.worker,
    );
    let traces = Traces::start(&config.traces, context.host.as_str())?;
    let context = context.tracing(traces);
    // One client, as it is that which minds its manners.
    let client = client(config)?;
    let context = context.on_terms(&config.database_terms);
    let context = context.syncing(Syncer::new(store.clone(), client.clone(), config.sync.clone()));
    let pages = config.fetch.enabled.then(|| PageReader::new(store.clone(), client, config.fetch.clone()));
    let context = pages.into_iter().fold(context, Context::reading);
    let home = Home::open(&config.data_dir, &context.host);
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let served = config.address.port();
    let name = if served == 0 { format!("{machine} {}", std::process::id()) } else { format!("{machine}:{served}") };
    let worker = Worker::new(context, name, home.predecessor.clone()).await?;
    Ok((worker, store, home))
}
