//! The changes: install, activate, shadow, canary, promote, config, rollback, retire.

use crate::cli::{open, output};
use crate::config::Config;
use crate::digest::Digest;
use crate::money::micros;
use crate::rollout::{Place, Rollout, Upload, Why};
use crate::store::{Cause, Store};
use crate::strategy::Pipeline;
use crate::strategy::lineup::Role;
use anyhow::Context;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What every change is told.
#[derive(Debug, Args)]
struct Change {
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Change {
    fn why(&self, cause: Cause) -> Why {
        let by = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
        Why { cause, by, reason: self.reason.clone() }
    }

    /// Says what is active after it.
    fn told(&self, pipeline: &Pipeline, plugin: Option<&Digest>) -> anyhow::Result<ExitCode> {
        let (revision, summary) = (pipeline.revision, pipeline.summary());
        if self.json {
            output::json(&Changed { success: true, revision, pipeline: summary, plugin })?;
            return Ok(ExitCode::SUCCESS);
        }
        output::line(&format!("revision {revision}: {summary}"))?;
        for trial in &pipeline.trials {
            output::line(&format!("{} {:?}", trial.candidate.role.name(), trial.strategy))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What is active after a change, under the names of the API.
#[derive(Serialize)]
struct Changed<'a> {
    success: bool,
    revision: i64,
    pipeline: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'a Digest>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liner plugin install bandcamp.wasm --shadow\n  liner plugin install bandcamp.wasm --reason 'reads Bandcamp'"
)]
pub struct Install {
    /// A component, or a core module as cargo leaves it
    file: PathBuf,
    /// Keep it, and use it later
    #[arg(long, group = "place")]
    staged: bool,
    /// Let it see what the active ones see, and settle nothing
    #[arg(long, group = "place")]
    shadow: bool,
    /// Let it settle so many of a hundred tracks
    #[arg(long, group = "place", value_name = "PERCENT")]
    canary: Option<u8>,
    /// What a shadow's own questions may cost, in dollars
    #[arg(long, default_value_t = 0.0, value_name = "USD")]
    budget: f64,
    /// Where it goes, counted from 0; in the place of the one of its name, or first without it
    #[arg(long)]
    position: Option<usize>,
    /// Its configuration, as a rule JSON; its own default without it
    #[arg(long)]
    config: Option<String>,
    /// Let it import WASI, of which it gets an empty one
    #[arg(long)]
    allow_wasi: bool,
    #[command(flatten)]
    change: Change,
}

impl Install {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let place = match (self.staged, self.shadow, self.canary) {
            (true, _, _) => Place::Staged,
            (_, true, _) => Place::Trial(Role::Shadow { budget_micros: budget(self.budget) }, self.position),
            (_, _, Some(percent)) => Place::Trial(Role::Canary { percent }, self.position),
            _ => Place::Active(self.position),
        };
        let (rollout, store) = opened(config).await?;
        let upload = Upload {
            bytes,
            source: self.file.display().to_string(),
            config: self.config,
            allow_wasi: self.allow_wasi,
            place,
        };
        let installed = rollout.install(upload, &self.change.why(Cause::Install)).await?;
        store.close().await;
        let plugin = installed.plugin;
        if !self.change.json {
            output::line(&format!("{} {} is {}", plugin.name, plugin.version, plugin.digest))?;
        }
        self.change.told(&rollout.active(), Some(&plugin.digest))
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin activate bandcamp-py")]
pub struct Activate {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// Where it goes, counted from 0
    #[arg(long)]
    position: Option<usize>,
    #[command(flatten)]
    change: Change,
}

impl Activate {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        put(config, &self.plugin, Place::Active(self.position), Cause::Activate, &self.change).await
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin shadow bandcamp-py --budget 0.50")]
pub struct Shadow {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// What its own questions may cost, in dollars
    #[arg(long, default_value_t = 0.0, value_name = "USD")]
    budget: f64,
    /// Where it would stand, counted from 0
    #[arg(long)]
    position: Option<usize>,
    #[command(flatten)]
    change: Change,
}

impl Shadow {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let role = Role::Shadow { budget_micros: budget(self.budget) };
        put(config, &self.plugin, Place::Trial(role, self.position), Cause::Shadow, &self.change).await
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin canary bandcamp-py 10")]
pub struct Canary {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// Of a hundred tracks, how many
    percent: u8,
    /// Where it would stand, counted from 0
    #[arg(long)]
    position: Option<usize>,
    #[command(flatten)]
    change: Change,
}

impl Canary {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let role = Role::Canary { percent: self.percent };
        put(config, &self.plugin, Place::Trial(role, self.position), Cause::Canary, &self.change).await
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin promote bandcamp-py --reason 'more decided, nothing lost'")]
pub struct Promote {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    #[command(flatten)]
    change: Change,
}

impl Promote {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (rollout, store) = opened(config).await?;
        let digest = rollout.find(&self.plugin).await?;
        let pipeline = rollout.promote(&digest, &self.change.why(Cause::Promote)).await?;
        store.close().await;
        self.change.told(&pipeline, Some(&digest))
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin config llm '{\"max_genres\": 2}'")]
pub struct Configure {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// The configuration, as a rule JSON; its own default without it
    value: Option<String>,
    #[command(flatten)]
    change: Change,
}

impl Configure {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (rollout, store) = opened(config).await?;
        let digest = rollout.find(&self.plugin).await?;
        let pipeline = rollout.configure(&digest, self.value.as_deref(), &self.change.why(Cause::Config)).await?;
        store.close().await;
        self.change.told(&pipeline, Some(&digest))
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin rollback\n  liner plugin rollback 12")]
pub struct Rollback {
    /// The revision to return to; the one before without it
    revision: Option<i64>,
    #[command(flatten)]
    change: Change,
}

impl Rollback {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (rollout, store) = opened(config).await?;
        let pipeline = rollout.rollback(self.revision, &self.change.why(Cause::Rollback)).await?;
        store.close().await;
        self.change.told(&pipeline, None)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin retire bandcamp-py")]
pub struct Retire {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    #[command(flatten)]
    change: Change,
}

impl Retire {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (rollout, store) = opened(config).await?;
        let digest = rollout.find(&self.plugin).await?;
        let pipeline = rollout.retire(&digest, &self.change.why(Cause::Retire)).await?;
        store.close().await;
        self.change.told(&pipeline, Some(&digest))
    }
}

async fn put(config: &Config, plugin: &str, place: Place, cause: Cause, change: &Change) -> anyhow::Result<ExitCode> {
    let (rollout, store) = opened(config).await?;
    let digest = rollout.find(plugin).await?;
    let pipeline = rollout.place(&digest, place, &change.why(cause)).await?;
    store.close().await;
    change.told(&pipeline, Some(&digest))
}

async fn opened(config: &Config) -> anyhow::Result<(Rollout, Arc<dyn Store>)> {
    let store = open::store(config).await?;
    Ok((open::rollout(config, &store).await?, store))
}

fn budget(usd: f64) -> i64 {
    micros(usd.clamp(0.0, 10_000.0))
}
