//! `liner migrate`: brings the database up to date; every command does it too when it opens one.

use super::{open, output};
use crate::config::Config;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Migrate {}

impl Migrate {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        open::store(config).await?.close().await;
        output::line(&format!("{} is up to date", config.database))?;
        Ok(ExitCode::SUCCESS)
    }
}
