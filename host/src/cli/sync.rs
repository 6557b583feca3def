//! `liner sync`: a channel's new posts into the queue.

use super::{open, output};
use crate::api::Triggered;
use crate::config::Config;
use crate::ingest::channels::Channel;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner sync music\n  liner sync https://example.org/feed.xml")]
pub struct Sync {
    /// A Farcaster channel's id, such as music, or the URL of an RSS, Atom or JSON feed
    channel: Channel,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Sync {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let synced = open::syncer(config, &store)?.sync(&self.channel, &|| ()).await;
        store.close().await;
        let synced = synced?;
        if self.json {
            output::json(&Triggered::of(&self.channel, &synced))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::line(&format!(
            "{} new posts with {} links: {} queued, {} known before{}",
            synced.posts,
            synced.links,
            synced.queued,
            synced.links - synced.queued,
            if synced.is_behind { "; there are more, which the next sync goes on with" } else { "" }
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
