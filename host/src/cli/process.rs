//! `liner process`: works off what is due, once.

use super::signals::Signals;
use super::{open, output};
use crate::api::Processed;
use crate::config::Config;
use crate::store::Settled;
use crate::worker::{GRACE, Manual};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner process --limit 100\n  liner process --model claude-haiku-4-5 --json")]
pub struct Process {
    /// The most tracks
    #[arg(long)]
    limit: Option<u32>,
    /// Another model than AI_MODEL
    #[arg(long)]
    model: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Process {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let (worker, store, _home) = open::worker(config).await?;
        let counts = store.counts().await?;
        let due = counts.pending - counts.waiting.values().sum::<i64>();
        let due = u64::try_from(due).unwrap_or(0).min(self.limit.map_or(u64::MAX, u64::from));
        let bar = bar(due);
        let manual = Manual { limit: self.limit, model: self.model.as_deref() };
        let on_batch = |settled: Settled| bar.inc(settled.succeeded + settled.failed + settled.returned);
        let mut run = std::pin::pin!(worker.process(manual, &on_batch));
        let mut signals = Signals::listen()?;
        let report = tokio::select! {
            report = &mut run => report?,
            signal = signals.next() => {
                output::warning(&format!("{signal}: batches in flight may finish; a second signal ends at once"));
                signals.end_at_once_on_another();
                let (report, ()) = tokio::join!(run, worker.shut_down(GRACE));
                report?
            }
        };
        worker.shut_down(GRACE).await;
        bar.finish_and_clear();
        let counts = store.counts().await?;
        store.close().await;
        let settled = report.settled;
        let is_whole = settled.failed == 0 && report.errors.is_empty();
        if self.json {
            output::json(&Processed::from(report))?;
        } else {
            output::line(&format!(
                "{} completed, {} failed, {} returned to the queue; {} pending",
                settled.succeeded, settled.failed, settled.returned, counts.pending
            ))?;
            for (cause, n) in &counts.waiting {
                let lack = worker.context().gateway.available().err();
                output::line(&format!("{n} wait: {}", crate::api::waiting_reason(cause, lack)))?;
            }
            report.errors.iter().for_each(|error| output::error(error));
        }
        Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// A bar with what is left of the time.
fn bar(length: u64) -> ProgressBar {
    let bar = output::progress(Some(length));
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} tracks, {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar
}
