//! `liner serve`: the worker and the control API, until a signal.

use super::signals::Signals;
use super::{open, output, systemd};
use crate::api::{Api, router, server};
use crate::config::{Config, ConfigError};
use crate::ingest::fetch::shown_url;
use crate::ingest::sample;
use crate::model::Route;
use crate::notify::{Notifier, SettingsWebhook};
use crate::store::{LibraryQuery, Store, WebhookState};
use crate::telemetry::{self, Figures};
use crate::worker::{GRACE, Worker};
use anyhow::Context;
use clap::Args;
use futures_util::FutureExt;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long open connections may finish after the worker has.
const HTTP_GRACE: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner serve\n  DATABASE_URL=postgres://liner@db.internal/liner liner serve")]
pub struct Serve {
    /// On the first start, queue some sixty well-known links
    #[arg(long)]
    sample: bool,
}

impl Serve {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        config.check_served_address()?;
        telemetry::log_to_stderr(&config.log, config.log_format)?;
        let figures = Figures::collect()?;
        server::allow_open_files();
        let listener = listen(config.address)?;
        let address = listener.local_addr()?;
        let (worker, store, _home) = open::worker(config).await?;
        if self.sample {
            queue_sample(store.as_ref()).await?;
        }
        let notifier = notifier(config, &store).await?;
        let mut signals = Signals::listen()?;
        // A service goes on without whoever read this.
        let _ = output::line(&banner(config, &worker, store.as_ref(), address).await?);
        if config.worker.enabled {
            worker.start()?;
        }
        let (rollout, folder) = (worker.context().rollout.clone(), config.data_dir.join("plugins"));
        let watching = tokio::spawn(async move { rollout.watch(folder).await });
        let telling = tell(notifier.clone());
        let (stop, stopped) = oneshot::channel::<()>();
        let api = Api::new(worker.clone(), notifier, config, figures);
        let (app, http) = (router(api.clone()), config.http.clone());
        let serving = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            server::serve(listener, app, &http, stopped).await;
        });
        systemd::ready();
        let reporting = tokio::spawn(systemd::report(worker.clone()));
        let signal = signals.next().await;
        reporting.abort();
        tracing::info!(
            "{signal}: batches in flight may finish within {} s; a second signal ends at once",
            GRACE.as_secs()
        );
        signals.end_at_once_on_another();
        watching.abort();
        api.announce_stop();
        systemd::while_stopping(async {
            tokio::join!(worker.shut_down(GRACE), tokio::time::sleep(config.http.shutdown_delay));
            telling.end().await;
            api.end_streams();
            drop(stop);
            if tokio::time::timeout(HTTP_GRACE, serving).await.is_err() {
                tracing::warn!("connections were still open at the end");
            }
            store.close().await;
        })
        .await;
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    server::listen(address)
        .with_context(|| format!("cannot listen on {address}; is another program there? Set PORT or HOST"))
}

/// Who tells others; those that the settings name are among them from now on.
async fn notifier(config: &Config, store: &Arc<dyn Store>) -> anyhow::Result<Arc<Notifier>> {
    let notifier = Notifier::new(store.clone(), &config.notify).context("the client for webhooks cannot start")?;
    if let Some(webhook) = &config.notify.webhook {
        notifier.check(&webhook.url).map_err(|fault| ConfigError::Value {
            name: "WEBHOOK_URL".to_owned(),
            value: shown_url(&webhook.url),
            allowed: format!("what is public, or in WEBHOOK_ALLOW ({fault})"),
        })?;
    }
    match config.notify.webhook.as_ref().map(SettingsWebhook::endpoint) {
        Some(endpoint) => store.set_webhook(&endpoint).await?,
        None if store.unset_webhook().await? => tracing::warn!(
            "WEBHOOK_URL is not set here, and messages are not sent any more to the endpoint that it named before; \
             `liner webhooks enable settings` sends to it again"
        ),
        None => {}
    }
    Ok(Arc::new(notifier))
}

/// Others being told, until that is ended.
struct Telling {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn tell(notifier: Arc<Notifier>) -> Telling {
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(async move { notifier.run(stopped.map(drop)).await });
    Telling { stop, task }
}

impl Telling {
    async fn end(self) {
        drop(self.stop);
        if let Err(error) = self.task.await {
            tracing::error!("telling others ended badly");
            tracing::debug!("telling others ended badly: {error}");
        }
    }
}

async fn queue_sample(store: &dyn Store) -> anyhow::Result<()> {
    // Places in the queue are pruned; the library is not.
    let newest = LibraryQuery { limit: 1, ..LibraryQuery::default() };
    if store.library(&newest).await?.is_empty() {
        let links = sample::links();
        store.enqueue(&links).await?;
        tracing::info!(links = links.len(), "queued the sample");
    }
    Ok(())
}

async fn banner(config: &Config, worker: &Worker, store: &dyn Store, address: SocketAddr) -> anyhow::Result<String> {
    let context = worker.context();
    let settings = &config.worker;
    let state = match (settings.enabled, store.paused().await?) {
        (false, _) => "disabled (AI_WORKER_ENABLED); POST /api/music-ai/process runs by hand".to_owned(),
        (true, Some(_)) => "paused; POST /api/music-ai/worker/resume lifts it".to_owned(),
        (true, None) => "running".to_owned(),
    };
    let asked = |route: &Route| {
        let provider = route.provider();
        format!("{} {} at {}", provider.name(), provider.model(), provider.origin())
    };
    let provider = match context.gateway.available() {
        Ok(()) => context.gateway.routes().iter().map(asked).collect::<Vec<_>>().join(", else "),
        Err(reason) => format!("none: {reason}; rules decide what they can, the rest waits"),
    };
    let counts = store.counts().await?;
    let fields: Vec<&str> = context.required.iter().map(|field| field.name()).collect();
    Ok(format!(
        "liner {version}\n\
         \n\
         address    http://{address}\n\
         endpoints  GET  /api/music-ai/status  /api/music-ai/worker/status  /api/music-ai/library  /metrics\n\
         \x20          POST /api/music-ai/queue   /api/music-ai/worker/pause  /api/music-ai/worker/resume  /api/music-ai/process\n\
         worker     {state}\n\
         interval   {interval} ms, {batch} tracks a batch, {concurrency} batches in flight\n\
         database   {database} ({pending} pending, {completed} completed, {failed} failed)\n\
         pipeline   revision {revision}: {pipeline}\n\
         plugins    {plugins} (a strategy dropped there takes over; GET /api/plugins)\n\
         provider   {provider}\n\
         required   {fields}\n\
         pages      {pages}\n\
         channels   {channels}\n\
         webhooks   {webhooks}\n",
        version = env!("CARGO_PKG_VERSION"),
        interval = settings.interval.as_millis(),
        batch = settings.batch_size,
        concurrency = settings.concurrency,
        database = store.description(),
        pending = counts.pending,
        completed = counts.completed,
        failed = counts.failed,
        revision = context.rollout.active().revision,
        pipeline = context.rollout.active().summary(),
        plugins = config.data_dir.join("plugins").display(),
        fields = fields.join(", "),
        pages = pages(config),
        channels = channels(config),
        webhooks = webhooks(&store.webhooks().await?),
    ))
}

fn pages(config: &Config) -> String {
    let settings = &config.fetch;
    if !settings.enabled {
        return "not read (LINER_FETCH); a link without a title waits for one".to_owned();
    }
    let contact = settings.contact.as_ref().map_or(String::new(), |contact| format!(", as {contact}"));
    format!("{} at once, {} ms between two of a site{contact}", settings.concurrency, settings.interval.as_millis())
}

fn webhooks(states: &[WebhookState]) -> String {
    let disabled = states.iter().filter(|state| state.webhook.disabled.is_some()).count();
    match (states.len(), disabled) {
        (0, _) => "none; WEBHOOK_URL names one, and liner webhooks add adds others".to_owned(),
        (all, 0) => format!("{all}; liner webhooks lists them"),
        (all, disabled) => format!("{all}, of which {disabled} are disabled; liner webhooks lists them"),
    }
}

fn channels(config: &Config) -> String {
    let settings = &config.sync;
    match settings.interval {
        Some(interval) if !settings.channels.is_empty() => {
            let names: Vec<String> = settings.channels.iter().map(ToString::to_string).collect();
            format!("{}, every {} s", names.join(", "), interval.as_secs())
        }
        _ => "none by itself; POST /api/sync/trigger/CHANNEL".to_owned(),
    }
}
