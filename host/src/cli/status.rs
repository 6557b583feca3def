//! `liner status`: the queue and the operator's switch, from the database.

use super::table::Column;
use super::{open, output};
use crate::api::QueueStatus;
use crate::config::Config;
use crate::store::Pause;
use crate::time::timestamp;
use crate::worker::percent;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner status\n  liner status --json")]
pub struct Status {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The queue as the API shows it, with the switch under the names of the worker's status.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    #[serde(flatten)]
    queue: QueueStatus,
    is_paused: bool,
    paused_at: Option<Timestamp>,
    paused_by: Option<String>,
    pause_reason: Option<String>,
}

impl Shown {
    fn of(queue: QueueStatus, pause: Option<Pause>) -> Self {
        Self {
            queue,
            is_paused: pause.is_some(),
            paused_at: pause.as_ref().and_then(|pause| timestamp(pause.at)),
            paused_by: pause.as_ref().and_then(|pause| pause.by.clone()),
            pause_reason: pause.and_then(|pause| pause.reason),
        }
    }
}

impl Status {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let lack = config.model.absent.clone();
        if self.json {
            let queue = QueueStatus::read(store.as_ref(), lack).await?;
            let pause = store.paused().await?;
            store.close().await;
            output::json(&Shown::of(queue, pause))?;
            return Ok(ExitCode::SUCCESS);
        }
        let (counts, pause) = (store.counts().await?, store.paused().await?);
        store.close().await;
        let whole = u64::try_from(counts.total()).unwrap_or(0);
        let row = |name: &str, n: i64| {
            [name.to_owned(), n.to_string(), format!("{} %", percent(u64::try_from(n).unwrap_or(0), whole))]
        };
        output::table(
            [Column::exact("state"), Column::number("tracks"), Column::number("share")],
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
            let since = Timestamp::from_millisecond(pause.at)?;
            let by = pause.by.unwrap_or_else(|| "someone".to_owned());
            let reason = pause.reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            output::line(&format!("paused since {since} by {by}{reason}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
