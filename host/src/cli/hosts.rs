//! `liner hosts`: who works on the database; with `--drain`, one that is to take nothing more.

use super::{open, output};
use crate::config::Config;
use crate::store::HostId;
use anyhow::ensure;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Hosts {
    /// Let a host take nothing more; what it works on it finishes
    #[arg(long, value_name = "ID", conflicts_with = "undrain")]
    drain: Option<String>,
    /// Let a host take tracks again
    #[arg(long, value_name = "ID")]
    undrain: Option<String>,
    /// Print a line of JSON a host
    #[arg(long)]
    json: bool,
}

impl Hosts {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let is_to = self.drain.is_some();
        if let Some(id) = self.drain.or(self.undrain) {
            let known = store.drain(&HostId::from_text(id.clone()), is_to).await?;
            store.close().await;
            ensure!(known, "there is no host {id}; `liner hosts` lists them");
            let does = if is_to { "takes nothing more" } else { "takes tracks again" };
            output::line(&format!("{id} {does}, as soon as it hears of it: within a second"))?;
            return Ok(ExitCode::SUCCESS);
        }
        let hosts = store.hosts().await?;
        store.close().await;
        let at = |ms: i64| jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string()).unwrap_or_default();
        if self.json {
            for host in hosts {
                output::json(&serde_json::json!({
                    "id": host.id.as_str(), "name": host.name, "version": host.version, "state": host.state(),
                    "batchesInFlight": host.in_flight, "startedAt": at(host.started_at), "seenAt": at(host.seen_at),
                }))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        output::table(
            ["host", "name", "version", "state", "in flight", "seen"],
            hosts.into_iter().map(|host| {
                let state = host.state().to_owned();
                [host.id.to_string(), host.name, host.version, state, host.in_flight.to_string(), at(host.seen_at)]
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
