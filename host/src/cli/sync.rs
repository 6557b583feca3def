//! `liner sync`: a channel's new posts into the queue.

use super::{open, output};
use crate::config::Config;
use crate::ingest::channels::Channel;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
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
            output::json(&serde_json::json!({
                "channel": self.channel.to_string(), "posts": synced.posts, "links": synced.links,
                "queued": synced.queued, "known": synced.links - synced.queued, "is_behind": synced.is_behind,
            }))?;
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
