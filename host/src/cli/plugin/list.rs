//! `liner plugin list`: the strategies of a database.

use crate::cli::{open, output};
use crate::config::Config;
use crate::store::Plugin;
use crate::strategy::lineup::{Lineup, Role};
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl List {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        // So that a database that no host has opened yet shows what would run.
        let rollout = open::rollout(config, &store).await?;
        let plugins = store.plugins().await?;
        store.close().await;
        let lineup = &rollout.active().lineup;
        if self.json {
            for plugin in &plugins {
                output::json(&serde_json::json!({
                    "name": plugin.name, "version": plugin.version, "digest": plugin.digest, "state": state(lineup, plugin),
                    "contract": plugin.contract, "size": plugin.size, "summary": plugin.summary,
                }))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        output::table(
            ["name", "version", "digest", "state", "bytes", "what it does"],
            plugins.into_iter().map(|plugin| {
                let state = state(lineup, &plugin);
                let digest = plugin.digest.short().to_owned();
                [plugin.name, plugin.version, digest, state, plugin.size.to_string(), plugin.summary]
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

fn state(lineup: &Lineup, plugin: &Plugin) -> String {
    if let Some(position) = lineup.active.iter().position(|entry| entry.digest == plugin.digest) {
        return format!("active {position}");
    }
    match lineup.candidate(&plugin.digest).map(|candidate| candidate.role) {
        Some(Role::Canary { percent }) => format!("canary {percent} %"),
        Some(Role::Shadow { .. }) => "shadow".to_owned(),
        None => "staged".to_owned(),
    }
}
