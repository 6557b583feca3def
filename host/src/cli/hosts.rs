//! `liner hosts`: who works on the database; with `--drain`, one that is to take nothing more.

use super::table::Column;
use super::{open, output};
use crate::api::HostState;
use crate::config::Config;
use crate::store::HostId;
use crate::time::timestamp;
use anyhow::ensure;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner hosts\n  liner hosts --drain 01993b2e-5c3f-7d11-9a54-6f0d2f3c9b77")]
pub struct Hosts {
    /// Let a host take nothing more; what it works on it finishes
    #[arg(long, value_name = "ID", conflicts_with = "undrain")]
    drain: Option<String>,
    /// Let a host take tracks again
    #[arg(long, value_name = "ID")]
    undrain: Option<String>,
    /// Print a line of JSON a host; with --drain or --undrain one document
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
            let message = format!("{id} {does}, as soon as it hears of it: within a second");
            output::done(self.json, &message)?;
            return Ok(ExitCode::SUCCESS);
        }
        let hosts = store.hosts().await?;
        store.close().await;
        if self.json {
            let mut hosts = hosts.into_iter().map(|host| HostState::of(host, None));
            return hosts.try_for_each(|host| output::json(&host)).map(|()| ExitCode::SUCCESS);
        }
        let at = |ms: i64| timestamp(ms).map(|at| format!("{at:.0}")).unwrap_or_default();
        output::table(
            [
                Column::exact("host"),
                Column::text("name").spare(1),
                Column::exact("version").spare(3),
                Column::exact("state"),
                Column::number("in flight").spare(2),
                Column::exact("seen").spare(4),
            ],
            hosts.into_iter().map(|host| {
                let state = host.state().to_owned();
                [host.id.to_string(), host.name, host.version, state, host.in_flight.to_string(), at(host.seen_at)]
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
