//! `liner pages`: which pages cannot be had and why; with `--retry`, try them again.

use super::table::Column;
use super::{open, output};
use crate::api::{Retried, UnreadItem};
use crate::config::Config;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner pages\n  liner pages --retry")]
pub struct Pages {
    /// Try all of them again
    #[arg(long)]
    retry: bool,
    /// The most to show
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Print a line of JSON a page; with --retry one document
    #[arg(long)]
    json: bool,
}

impl Pages {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        if self.retry {
            let retried = store.retry_pages(None).await?;
            store.close().await;
            if self.json {
                output::json(&Retried::of(retried))?;
            } else {
                output::line(&format!("{retried} are read again"))?;
            }
            return Ok(ExitCode::SUCCESS);
        }
        let unread = store.unread_pages(self.limit).await?;
        store.close().await;
        if self.json {
            let mut items = unread.into_iter().map(UnreadItem::from);
            return items.try_for_each(|item| output::json(&item)).map(|()| ExitCode::SUCCESS);
        }
        if unread.is_empty() {
            output::line("every page that was wanted could be had")?;
            return Ok(ExitCode::SUCCESS);
        }
        output::table(
            // Why begins with the link.
            [Column::exact("track"), Column::number("tries"), Column::text("why")],
            unread.into_iter().map(|page| [page.key.to_string(), page.attempts.to_string(), page.failure]),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
