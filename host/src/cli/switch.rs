//! `liner pause` and `liner resume`: the operator's switch, in the database.

use super::{open, output};
use crate::config::Config;
use crate::store::Waiting;
use clap::Args;
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner pause --reason 'the provider is down'")]
pub struct Pause {
    /// Why, for whoever finds it paused
    #[arg(long)]
    reason: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Pause {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let by = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
        store.pause(&by, self.reason.as_deref()).await?;
        store.close().await;
        let text = "paused; batches in flight finish, and nothing is claimed until `liner resume`";
        switched(self.json, "Worker paused", text)
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner resume")]
pub struct Resume {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Resume {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        store.resume().await?;
        if config.model.absent.is_none() {
            store.release_waiting(Waiting::Provider).await?;
        }
        store.close().await;
        switched(self.json, "Worker resumed", "resumed; a running host goes on within a second")
    }
}

fn switched(is_json: bool, message: &str, text: &str) -> anyhow::Result<ExitCode> {
    if is_json {
        output::json(&json!({"success": true, "message": message}))?;
    } else {
        output::line(text)?;
    }
    Ok(ExitCode::SUCCESS)
}
