//! `liner doctor`: everything that a host needs is looked at, and where something is wrong it says what to do. It is for the
//! moment when nothing works: no check needs another one to pass, each ends within its time and none can take the others
//! along, nothing is written, no table is made or changed, and no question to a model is paid for.

mod address;
mod database;
mod finding;
mod folders;
mod host;
mod machine;
mod network;
mod provider;
mod settings;
mod strategies;

use super::{Config, ExitCode, output};
use clap::Args;
use finding::{Finding, Level};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use settings::Seen;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  liner doctor
  liner doctor --json --timeout 20

Exit code 1 when a check fails; a warning is none.")]
pub struct Doctor {
    /// How many seconds each check may take
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

/// What is printed for programs.
#[derive(Serialize)]
struct Report {
    /// Whether nothing failed.
    success: bool,
    checks: Vec<Finding>,
}

impl Doctor {
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let Seen { findings, config } = settings::read();
        let is_coloured = output::is_coloured();
        let mut checks = Vec::new();
        self.take_in(findings, &mut checks, is_coloured)?;
        // All are looked at at once, and shown in their order.
        let under_way = config.map_or_else(Vec::new, |config| self.begin(&Arc::new(config)));
        for (name, check) in under_way {
            // A check that broke is a fault of ours, and no reason not to hear of the others.
            let findings = check.await.unwrap_or_else(|_| vec![Finding::broken(name)]);
            self.take_in(findings, &mut checks, is_coloured)?;
        }
        let count = |level: Level| checks.iter().filter(|finding| finding.level == level).count();
        let (failed, warned) = (count(Level::Fail), count(Level::Warn));
        if self.json {
            output::json(&Report { success: failed == 0, checks })?;
        } else {
            output::line(&sum(failed, warned))?;
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn take_in(&self, findings: Vec<Finding>, into: &mut Vec<Finding>, is_coloured: bool) -> anyhow::Result<()> {
        for finding in findings {
            if !self.json {
                output::styled(&finding.shown(is_coloured))?;
            }
            into.push(finding);
        }
        Ok(())
    }

    fn begin(&self, config: &Arc<Config>) -> Vec<(&'static str, JoinHandle<Vec<Finding>>)> {
        let patience = Duration::from_secs(self.timeout);
        let config = || config.clone();
        let check = |name, look: BoxFuture<'static, Vec<Finding>>| (name, bounded(name, patience, look));
        let mut begun = vec![
            check("address", address::look(config()).boxed()),
            check("folders", on_a_thread("folders", config(), folders::look).boxed()),
            check("disk", on_a_thread("disk", config(), machine::disk).boxed()),
            check("files", on_a_thread("files", config(), machine::files).boxed()),
            check("database", database::look(config()).boxed()),
            // Each of them has its own time.
            ("strategies", tokio::spawn(strategies::look(config(), patience))),
        ];
        let routes = 0..config().model.routes.len().max(1);
        begun.extend(routes.map(|route| check("provider", provider::look(config(), route).boxed())));
        begun.extend([
            check("pages", network::look(config()).boxed()),
            check("webhook", network::webhook(config()).boxed()),
            check("host", host::look(config()).boxed()),
        ]);
        begun
    }
}

/// A check that ends within its time, whatever it looks at.
fn bounded(
    name: &'static str,
    patience: Duration,
    look: impl Future<Output = Vec<Finding>> + Send + 'static,
) -> JoinHandle<Vec<Finding>> {
    tokio::spawn(async move {
        let looked = tokio::time::timeout(patience, look).await;
        looked.unwrap_or_else(|_| vec![Finding::unending(name, patience)])
    })
}

/// What blocks, a folder on a server that is away for example, blocks a thread of its own.
async fn on_a_thread(name: &'static str, config: Arc<Config>, look: fn(&Config) -> Vec<Finding>) -> Vec<Finding> {
    let looked = tokio::task::spawn_blocking(move || look(&config)).await;
    looked.unwrap_or_else(|_| vec![Finding::broken(name)])
}

fn sum(failed: usize, warned: usize) -> String {
    let many = |n: usize, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    match (failed, warned) {
        (0, 0) => "everything is well".to_owned(),
        (0, warned) => format!("nothing failed; {}", many(warned, "warning")),
        (failed, warned) => format!("{} failed; {}", many(failed, "check"), many(warned, "warning")),
    }
}
