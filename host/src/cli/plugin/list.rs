//! `liner plugin list`: the strategies of a database.

use crate::cli::table::Column;
use crate::cli::{open, output};
use crate::config::Config;
use crate::store::Plugin;
use crate::strategy::lineup::{Lineup, Role};
use crate::time::timestamp;
use clap::Args;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin list\n  liner plugin list --json")]
pub struct List {
    /// Print a line of JSON a strategy
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
            let lines = plugins.iter().map(|plugin| line(lineup, plugin));
            return lines.into_iter().try_for_each(|line| output::json(&line)).map(|()| ExitCode::SUCCESS);
        }
        output::table(
            [
                Column::exact("name"),
                Column::exact("version"),
                Column::exact("digest").spare(1),
                Column::exact("state"),
                Column::number("bytes").spare(3),
                Column::text("what it does").spare(2),
            ],
            plugins.into_iter().map(|plugin| {
                let state = state(lineup, &plugin);
                let digest = plugin.digest.short().to_owned();
                [plugin.name, plugin.version, digest, state, plugin.size.to_string(), plugin.summary]
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What the API says of a plugin, but for what only a host knows: how it is doing.
fn line(lineup: &Lineup, plugin: &Plugin) -> Value {
    let position = lineup.active.iter().position(|entry| entry.digest == plugin.digest);
    let role = lineup.candidate(&plugin.digest).map(|candidate| candidate.role);
    let percent = role.and_then(|role| match role {
        Role::Canary { percent } => Some(percent),
        Role::Shadow { .. } => None,
    });
    let entry = lineup.entries().find(|entry| entry.digest == plugin.digest);
    json!({
        "name": plugin.name, "version": plugin.version, "digest": plugin.digest, "contract": plugin.contract,
        "summary": plugin.summary, "asks_model": plugin.asks_model, "size": plugin.size,
        "first_seen_at": timestamp(plugin.first_seen_at),
        "state": position.map_or_else(|| role.map_or("staged", |role| role.name()), |_| "active"),
        "position": position, "percent": percent, "allow_wasi": entry.is_some_and(|entry| entry.allow_wasi),
    })
}

/// The same in a word or two.
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
