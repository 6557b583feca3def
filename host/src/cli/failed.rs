//! `liner failed`: what failed and why; with `--retry`, queue it again.

use super::{open, output};
use crate::config::Config;
use crate::store::FailedQuery;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Failed {
    /// Queue all of them again, with all their attempts
    #[arg(long)]
    retry: bool,
    /// The most to show
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Print a line of JSON a track
    #[arg(long)]
    json: bool,
}

impl Failed {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        if self.retry {
            let retried = store.retry_failed(None).await?;
            store.close().await;
            output::line(&format!("{retried} queued again"))?;
            return Ok(ExitCode::SUCCESS);
        }
        let failed = store.failed(&FailedQuery { limit: self.limit, ..FailedQuery::default() }).await?;
        store.close().await;
        if self.json {
            for track in failed {
                output::json(&serde_json::json!({
                    "platform_name": track.key.platform_name, "platform_id": track.key.platform_id, "url": track.url,
                    "og_title": track.og_title, "error_message": track.error_message, "retry_count": track.retry_count,
                }))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        if failed.is_empty() {
            output::line("nothing failed")?;
            return Ok(ExitCode::SUCCESS);
        }
        output::table(
            ["track", "page title", "attempts", "why"],
            failed.into_iter().map(|track| {
                let (title, why) = (track.og_title.unwrap_or_default(), track.error_message.unwrap_or_default());
                [track.key.to_string(), title, track.retry_count.to_string(), why]
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
