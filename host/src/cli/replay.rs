//! `liner replay`: a strategy over the journal, without a network.

use super::plugin::compare;
use super::{open, output};
use crate::config::Config;
use crate::rollout::{Comparison, Place, Upload, Why};
use crate::store::{Cause, HostId};
use crate::worker::replay;
use anyhow::Context;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liner replay --strategy bandcamp.wasm\n  liner replay --strategy bandcamp.wasm --since 2026-11-01 --apply"
)]
pub struct Replay {
    #[command(flatten)]
    strategy: open::Strategy,
    /// Only what was worked on since then: a date (2026-11-01) or a time (2026-11-01T12:00:00Z)
    #[arg(long)]
    since: Option<String>,
    /// The most tracks
    #[arg(long, default_value_t = 10_000)]
    limit: usize,
    /// Settle the improvements
    #[arg(long)]
    apply: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Replay {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let component = self.strategy.read()?.context("say which strategy: --strategy FILE")?;
        let since = self.since.as_deref().map_or(Ok(0), since)?;
        let store = open::store(config).await?;
        let rollout = open::rollout(config, &store).await?;
        let open::Component { source, bytes, config: terms, allow_wasi } = component;
        let upload = Upload { bytes, source, config: terms, allow_wasi, place: Place::Staged };
        let strategies = rollout.aside(upload.clone()).await?;
        let replay = replay::Replay {
            store: store.as_ref(),
            runtime: rollout.runtime(),
            strategies: &strategies,
            required: &config.required_fields,
        };
        let replayed = replay.run(since, self.limit).await?;
        let comparison = Comparison::of(&replayed.compared);
        let applied = if self.apply {
            // Entries name the component they come from, so it is kept.
            let by = std::env::var("USER").unwrap_or_else(|_| "command line".to_owned());
            rollout.install(upload, &Why { cause: Cause::Replay, by, reason: None }).await?;
            let host = HostId::new();
            let revision = rollout.active().revision;
            Some(replay::apply(store.as_ref(), &host, revision, &replayed.improvements).await?)
        } else {
            None
        };
        store.close().await;
        if self.json {
            output::json(&serde_json::json!({
                "batches": replayed.batches, "improvements": replayed.improvements.len(), "applied": applied,
                "comparison": comparison,
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        output::line(&format!("{} batches replayed; `active` is what the library says now", replayed.batches))?;
        compare::show(&comparison)?;
        output::line(&match applied {
            Some(applied) => format!("{applied} improvements settled"),
            None => format!("{} tracks would be improved; --apply settles them", replayed.improvements.len()),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

fn since(text: &str) -> anyhow::Result<i64> {
    let time = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse());
    let time = time.with_context(|| format!("--since is {text:?}; allowed: 2026-11-01 or 2026-11-01T12:00:00Z"))?;
    Ok(time.as_millisecond())
}
