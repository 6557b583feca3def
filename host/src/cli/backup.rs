//! `liner backup`: a copy of the database file, also while a worker uses it.

use super::output;
use crate::config::Config;
use crate::store::{Address, back_up};
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Backup {
    /// The copy: a file that is not there yet
    file: PathBuf,
}

impl Backup {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let Address::Sqlite(path) = &config.database else {
            eprintln!("liner: {} is on a PostgreSQL server; back it up with pg_dump", config.database);
            return Ok(ExitCode::from(2));
        };
        let bytes = back_up(path, &self.file).await?;
        output::line(&format!("{} is a copy of {}: {bytes} bytes", self.file.display(), config.database))?;
        Ok(ExitCode::SUCCESS)
    }
}
