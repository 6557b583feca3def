//! `liner failed`: what failed and why; with `--retry`, queue it again.

use super::table::Column;
use super::{open, output};
use crate::api::{FailedItem, Retried};
use crate::config::Config;
use crate::store::FailedQuery;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner failed\n  liner failed --retry")]
pub struct Failed {
    /// Queue all of them again, with all their attempts
    #[arg(long)]
    retry: bool,
    /// The most to show
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Print a line of JSON a track; with --retry one document
    #[arg(long)]
    json: bool,
}

impl Failed {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        if self.retry {
            let retried = store.retry_failed(None).await?;
            store.close().await;
            if self.json {
                output::json(&Retried::of(retried))?;
            } else {
                output::line(&format!("{retried} queued again"))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let failed = store.failed(&FailedQuery { limit: self.limit, ..FailedQuery::default() }).await?;
        store.close().await;
        if self.json {
            let mut items = failed.into_iter().map(FailedItem::from);
            return items.try_for_each(|item| output::json(&item)).map(|()| ExitCode::SUCCESS);
        }
        if failed.is_empty() {
            output::line("nothing failed")?;
            return Ok(ExitCode::SUCCESS);
        }
        output::table(
            [
                Column::exact("track"),
                Column::text("page title").spare(2),
                Column::number("attempts").spare(1),
                Column::text("why"),
            ],
            failed.into_iter().map(|track| {
                let (title, why) = (track.og_title.unwrap_or_default(), track.error_message.unwrap_or_default());
                [track.key.to_string(), title, track.retry_count.to_string(), why]
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
