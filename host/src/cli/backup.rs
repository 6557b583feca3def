//! `liner backup`: a copy of the database file, also while a worker uses it.

use super::output;
use crate::config::Config;
use crate::store::{Address, back_up};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner backup liner-2026-11-28.db")]
pub struct Backup {
    /// The copy: a file that is not there yet
    file: PathBuf,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let Address::Sqlite(path) = &config.database else {
            output::error(&format!("{} is on a PostgreSQL server; back it up with pg_dump", config.database));
            return Ok(ExitCode::from(2));
        };
        let bytes = back_up(path, &self.file).await?;
        let (copy, database) = (self.file.display().to_string(), config.database.to_string());
        if self.json {
            output::json(&json!({"success": true, "copy": copy, "database": database, "bytes": bytes}))?;
        } else {
            output::line(&format!("{copy} is a copy of {database}: {bytes} bytes"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
