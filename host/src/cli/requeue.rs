//! `liner requeue --missing FIELD`: completed entries that lack a field go through the strategies again.

use super::{open, output};
use crate::config::Config;
use crate::music::Field;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Requeue {
    /// title, artist, album, genres or release_date
    #[arg(long, value_name = "FIELD", value_parser = field)]
    missing: Field,
}

fn field(name: &str) -> Result<Field, String> {
    let names: Vec<&str> = Field::ALL.iter().map(|field| field.name()).collect();
    Field::from_name(name).ok_or_else(|| format!("allowed: {}", names.join(", ")))
}

impl Requeue {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let requeued = store.requeue_missing(self.missing).await?;
        store.close().await;
        output::line(&format!("{requeued} queued again"))?;
        if requeued > 0 && !config.required_fields.contains(&self.missing) {
            eprintln!(
                "liner: {} is not in LINER_REQUIRED_FIELDS, so strategies that settle title and artist are not asked for it",
                self.missing.name()
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
