//! `liner pause` and `liner resume`: the operator's switch, in the database.

use super::{open, output};
use crate::config::Config;
use crate::store::Waiting;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Pause {
    /// Why, for whoever finds it paused
    #[arg(long)]
    reason: Option<String>,
}

impl Pause {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let by = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
        store.pause(&by, self.reason.as_deref()).await?;
        store.close().await;
        output::line("paused; batches in flight finish, and nothing is claimed until `liner resume`")?;
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Args)]
pub struct Resume {}

impl Resume {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        store.resume().await?;
        if config.model.absent.is_none() {
            store.release_waiting(Waiting::Provider).await?;
        }
        store.close().await;
        output::line("resumed; a running host goes on within a second")?;
        Ok(ExitCode::SUCCESS)
    }
}
