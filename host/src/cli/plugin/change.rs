//! The changes: install, activate, shadow, canary, promote, config, rollback, retire.

use crate::cli::{open, output};
use crate::config::Config;
use crate::rollout::{Place, Rollout, Upload, Why};
use crate::store::Store;
use crate::strategy::Pipeline;
use crate::strategy::lineup::Role;
use anyhow::Context;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
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
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

impl Install {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let place = match (self.staged, self.shadow, self.canary) {
            (true, _, _) => Place::Staged,
            (_, true, _) => Place::Trial(Role::Shadow { budget_micros: micros(self.budget) }, self.position),
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
        let installed = rollout.install(upload, &why("install", self.reason)).await?;
        let plugin = installed.plugin;
        output::line(&format!("{} {} is {}", plugin.name, plugin.version, plugin.digest))?;
        told(&rollout.active(), store).await
    }
}

#[derive(Debug, Args)]
pub struct Activate {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// Where it goes, counted from 0
    #[arg(long)]
    position: Option<usize>,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

impl Activate {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        put(config, &self.plugin, Place::Active(self.position), why("activate", self.reason)).await
    }
}

#[derive(Debug, Args)]
pub struct Shadow {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// What its own questions may cost, in dollars
    #[arg(long, default_value_t = 0.0, value_name = "USD")]
    budget: f64,
    /// Where it would stand, counted from 0
    #[arg(long)]
    position: Option<usize>,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

impl Shadow {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let role = Role::Shadow { budget_micros: micros(self.budget) };
        put(config, &self.plugin, Place::Trial(role, self.position), why("shadow", self.reason)).await
    }
}

#[derive(Debug, Args)]
pub struct Canary {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// Of a hundred tracks, how many
    percent: u8,
    /// Where it would stand, counted from 0
    #[arg(long)]
    position: Option<usize>,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

impl Canary {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let role = Role::Canary { percent: self.percent };
        put(config, &self.plugin, Place::Trial(role, self.position), why("canary", self.reason)).await
    }
}

#[derive(Debug, Args)]
pub struct Promote {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

impl Promote {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (rollout, store) = opened(config).await?;
        let digest = rollout.find(&self.plugin).await?;
        let pipeline = rollout.promote(&digest, &why("promote", self.reason)).await?;
        told(&pipeline, store).await
    }
}

#[derive(Debug, Args)]
pub struct Configure {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// The configuration, as a rule JSON; its own default without it
    value: Option<String>,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

impl Configure {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (rollout, store) = opened(config).await?;
        let digest = rollout.find(&self.plugin).await?;
        let pipeline = rollout.configure(&digest, self.value.as_deref(), &why("config", self.reason)).await?;
        told(&pipeline, store).await
    }
}

#[derive(Debug, Args)]
pub struct Rollback {
    /// The revision to return to; the one before without it
    revision: Option<i64>,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

impl Rollback {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (rollout, store) = opened(config).await?;
        let pipeline = rollout.rollback(self.revision, &why("rollback", self.reason)).await?;
        told(&pipeline, store).await
    }
}

#[derive(Debug, Args)]
pub struct Retire {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// Why, for the history
    #[arg(long)]
    reason: Option<String>,
}

impl Retire {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (rollout, store) = opened(config).await?;
        let digest = rollout.find(&self.plugin).await?;
        let pipeline = rollout.retire(&digest, &why("retire", self.reason)).await?;
        told(&pipeline, store).await
    }
}

async fn put(config: &Config, plugin: &str, place: Place, why: Why) -> anyhow::Result<ExitCode> {
    let (rollout, store) = opened(config).await?;
    let digest = rollout.find(plugin).await?;
    let pipeline = rollout.place(&digest, place, &why).await?;
    told(&pipeline, store).await
}

async fn opened(config: &Config) -> anyhow::Result<(Rollout, Arc<dyn Store>)> {
    let store = open::store(config).await?;
    Ok((open::rollout(config, &store).await?, store))
}

async fn told(pipeline: &Pipeline, store: Arc<dyn Store>) -> anyhow::Result<ExitCode> {
    store.close().await;
    output::line(&format!("revision {}: {}", pipeline.revision, pipeline.summary()))?;
    for trial in &pipeline.trials {
        output::line(&format!("{} {:?}", trial.candidate.role.name(), trial.strategy))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn why(cause: &'static str, reason: Option<String>) -> Why {
    let by = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
    Why { cause, by, reason }
}

#[allow(clippy::cast_possible_truncation)]
fn micros(usd: f64) -> i64 {
    (usd.clamp(0.0, 10_000.0) * 1e6).round() as i64
}
