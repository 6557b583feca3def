//! `liner config`: the effective settings, secrets masked.

use super::output;
use super::table::Column;
use crate::config::Config;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner config\n  liner config --json")]
pub struct Show {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub fn run(&self, config: &Config) -> anyhow::Result<ExitCode> {
        if self.json {
            let settings: serde_json::Map<_, _> = config
                .effective
                .iter()
                .map(|(name, value, origin)| {
                    ((*name).to_owned(), serde_json::json!({"value": value, "from": origin.to_string()}))
                })
                .collect();
            output::json(&settings)?;
        } else {
            let row = |(name, value, origin): &(&str, String, crate::config::Origin)| {
                [(*name).to_owned(), value.clone(), origin.to_string()]
            };
            output::table(
                [Column::exact("setting"), Column::text("value"), Column::exact("from").spare(1)],
                config.effective.iter().map(row),
            )?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
