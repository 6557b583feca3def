//! `liner webhooks`: who hears of what happens here; add, remove, test, enable one, or look at its log.

use super::table::Column;
use super::{open, output};
use crate::api::{WebhookAdded, WebhookAttempt, WebhookEndpoint, WebhookTested, shown_webhook};
use crate::config::Config;
use crate::notify::{self, Notifier, event_types};
use crate::store::{Attempt, Delivery, MOST_WEBHOOKS, NewWebhook, Next, Store, WebhookId, WebhookState};
use crate::time::timestamp;
use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use std::process::ExitCode;
use std::sync::Arc;
use url::Url;

#[derive(Debug, Args)]
pub struct Webhooks {
    #[command(subcommand)]
    action: Option<Action>,
    /// Print a line of JSON an endpoint or an attempt; of a change one document
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Show the endpoints: what happens without an action
    #[command(after_help = "Examples:
  liner webhooks list")]
    List,
    /// Add an endpoint, and show its secret where that is made here
    #[command(after_help = "Examples:
  liner webhooks add https://example.org/hook
  liner webhooks add https://example.org/hook --events track.failed,budget.reached")]
    Add {
        /// Where messages go
        url: Url,
        /// What they are signed with: whsec_ and 24 to 64 bytes in base64; one is made without it
        #[arg(long)]
        secret: Option<String>,
        /// What it hears of, with commas; everything without it
        #[arg(long, value_name = "TYPES", value_delimiter = ',')]
        events: Option<Vec<String>>,
    },
    /// Forget an endpoint with all that it is owed
    #[command(after_help = "Examples:
  liner webhooks remove ID")]
    Remove {
        /// Its id
        id: String,
    },
    /// Send a test, now
    #[command(after_help = "Examples:
  liner webhooks test ID")]
    Test {
        /// Its id
        id: String,
    },
    /// Send to an endpoint again that was disabled
    #[command(after_help = "Examples:
  liner webhooks enable ID")]
    Enable {
        /// Its id
        id: String,
    },
    /// Show what came of sending, newest first
    #[command(after_help = "Examples:
  liner webhooks deliveries ID --limit 10")]
    Deliveries {
        /// The endpoint's id
        id: String,
        /// The most to show
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

impl Webhooks {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let done = act(self.action.unwrap_or(Action::List), config, &store, self.json).await;
        store.close().await;
        done
    }
}

async fn act(action: Action, config: &Config, store: &Arc<dyn Store>, json: bool) -> anyhow::Result<ExitCode> {
    let notifier = || Notifier::new(store.clone(), &config.notify).context("the client for webhooks cannot start");
    match action {
        Action::List => list(store.webhooks().await?, json)?,
        Action::Add { url, secret, events } => {
            notifier()?.check(&url).with_context(|| format!("{url} is refused; WEBHOOK_ALLOW lists exceptions"))?;
            add(store.as_ref(), url, secret, events, json).await?;
        }
        Action::Remove { id } => {
            ensure!(
                config.notify.webhook.is_none() || id != WebhookId::of_settings().as_str(),
                "it is the one of WEBHOOK_URL; remove it from the settings"
            );
            ensure!(store.remove_webhook(&WebhookId::from_text(id.clone())).await?, unknown(&id));
            output::done(json, &format!("{id} hears of nothing more"))?;
        }
        Action::Enable { id } => {
            ensure!(store.enable_webhook(&WebhookId::from_text(id.clone())).await?, unknown(&id));
            output::done(json, &format!("messages are sent to {id}, by a running host within a second"))?;
        }
        Action::Deliveries { id, limit } => {
            let id = WebhookId::from_text(id);
            ensure!(store.webhook(&id).await?.is_some(), unknown(id.as_str()));
            log(store.deliveries(&id, None, limit).await?, json)?;
        }
        Action::Test { id } => {
            let webhook = store.webhook(&WebhookId::from_text(id.clone())).await?.with_context(|| unknown(&id))?;
            return tested(notifier()?.test(webhook).await?, json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn tested(tried: Attempt, json: bool) -> anyhow::Result<ExitCode> {
    let is_delivered = tried.next == Next::Delivered;
    if json {
        output::json(&WebhookTested::from(tried))?;
    } else if is_delivered {
        let status = tried.status.map(|status| format!(" with {status}")).unwrap_or_default();
        output::line(&format!("delivered{status} in {} ms", tried.duration_ms))?;
    } else {
        output::line(&format!("not delivered: {}", tried.error.unwrap_or_default()))?;
    }
    Ok(if is_delivered { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn unknown(id: &str) -> String {
    format!("there is no webhook {id}; `liner webhooks` lists them")
}

async fn add(
    store: &dyn Store,
    url: Url,
    secret: Option<String>,
    events: Option<Vec<String>>,
    json: bool,
) -> anyhow::Result<()> {
    let events = events.map(|names| event_types(names.iter().map(String::as_str))).transpose()?;
    let (secret, told) = notify::secret(secret.as_deref())?;
    let id = WebhookId::new();
    let (url, text) = (url.to_string(), secret.text().clone());
    let kept =
        store.keep_webhook(&NewWebhook { id: id.clone(), url, events, secret: text, former_secret: None }).await?;
    ensure!(kept, "there are {MOST_WEBHOOKS} webhooks; remove one before");
    let message = format!("{id} hears of what happens; `liner webhooks test {id}` sends a test");
    if json {
        return output::json(&WebhookAdded::of(&id, told, message));
    }
    output::line(&message)?;
    told.map_or(Ok(()), |secret| output::line(&format!("its secret, which is not shown again: {secret}")))
}

fn at(ms: i64) -> String {
    timestamp(ms).map(|at| at.to_string()).unwrap_or_default()
}

fn list(states: Vec<WebhookState>, json: bool) -> anyhow::Result<()> {
    let outcome = |last: &Option<Delivery>| last.as_ref().map(|last| last.outcome.clone()).unwrap_or_default();
    if json {
        return states.into_iter().try_for_each(|state| output::json(&WebhookEndpoint::from(state)));
    }
    if states.is_empty() {
        return output::line("nobody is told of anything; `liner webhooks add URL` adds one");
    }
    output::table(
        [
            Column::exact("webhook"),
            Column::text("state"),
            Column::number("owed"),
            Column::exact("last").spare(3),
            Column::text("events").spare(2),
            Column::text("url").spare(1),
        ],
        states.into_iter().map(|WebhookState { webhook, owed, last, .. }| {
            let state = match (&webhook.disabled, webhook.failing_since) {
                (Some((_, reason)), _) => format!("disabled: {reason}"),
                (None, Some(since)) => format!("failing since {}", at(since)),
                (None, None) => "enabled".to_owned(),
            };
            let events = webhook.events.map_or_else(|| "all".to_owned(), |events| events.join(","));
            let url = shown_webhook(&webhook.url);
            [webhook.id.to_string(), state, owed.to_string(), outcome(&last), events, url]
        }),
    )
}

fn log(deliveries: Vec<Delivery>, json: bool) -> anyhow::Result<()> {
    if json {
        return deliveries.into_iter().try_for_each(|delivery| output::json(&WebhookAttempt::from(delivery)));
    }
    if deliveries.is_empty() {
        return output::line("nothing was sent to it yet");
    }
    output::table(
        [
            Column::exact("at"),
            Column::exact("type"),
            Column::exact("message").spare(3),
            Column::number("attempt").spare(2),
            Column::exact("outcome"),
            Column::number("ms").spare(4),
            Column::text("why"),
            Column::exact("next").spare(1),
        ],
        deliveries.into_iter().map(|delivery| {
            let Delivery { event_id, kind, attempt, outcome, error, duration_ms, next_at, .. } = delivery;
            let (attempt, ms) = (attempt.to_string(), duration_ms.to_string());
            let (why, next) = (error.unwrap_or_default(), next_at.map(at).unwrap_or_default());
            [at(delivery.at), kind, event_id, attempt, outcome, ms, why, next]
        }),
    )
}
