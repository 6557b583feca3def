//! `liner status`: the queue and the operator's switch, from the database.

use super::{open, output};
use crate::config::Config;
use crate::worker::percent;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Status {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let (counts, pause) = (store.counts().await?, store.paused().await?);
        store.close().await;
        let lack = config.model.absent.clone();
        if self.json {
            output::json(&serde_json::json!({
                "queue": {
                    "pending": counts.pending, "processing": counts.processing, "completed": counts.completed,
                    "failed": counts.failed, "total": counts.total(),
                },
                "waiting": counts.waiting, "isPaused": pause.is_some(), "modelMissing": lack,
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let whole = u64::try_from(counts.total()).unwrap_or(0);
        let row = |name: &str, n: i64| {
            [name.to_owned(), n.to_string(), format!("{} %", percent(u64::try_from(n).unwrap_or(0), whole))]
        };
        output::table(
            ["state", "tracks", "share"],
            [
                row("pending", counts.pending),
                row("processing", counts.processing),
                row("completed", counts.completed),
                row("failed", counts.failed),
            ],
        )?;
        for (cause, n) in &counts.waiting {
            output::line(&format!("{n} of the pending wait: {}", crate::api::waiting_reason(cause, lack.clone())))?;
        }
        if let Some(pause) = pause {
            let since = jiff::Timestamp::from_millisecond(pause.at)?;
            let by = pause.by.unwrap_or_else(|| "someone".to_owned());
            let reason = pause.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            output::line(&format!("paused since {since} by {by}{reason}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
