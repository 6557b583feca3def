//! `liner migrate`: brings the database up to date; every command does it too when it opens one. With `--from`, moves
//! everything out of a SQLite file into an empty PostgreSQL database.

use super::table::Column;
use super::{open, output};
use crate::config::{Config, ConfigError};
use crate::store::transfer::{Copied, Moved, Nul, Step, transfer};
use crate::store::{Address, PostgresAddress};
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liner migrate\n  liner migrate --from sqlite:liner-data/liner.db --to postgres://liner@db.internal/liner"
)]
pub struct Migrate {
    /// Copy everything out of this file, verified by counts and digests: sqlite:PATH
    #[arg(long, value_name = "URL", value_parser = file)]
    from: Option<PathBuf>,
    /// Into this database, which must be empty: postgres://USER@HOST/NAME; DATABASE_URL without it
    // Read later: what clap cannot read it prints, and a password with it.
    #[arg(long, value_name = "URL", requires = "from")]
    to: Option<String>,
    /// Put U+FFFD in the place of U+0000, which PostgreSQL cannot keep; without it nothing is copied if a text has one
    #[arg(long, requires = "from")]
    replace_nul: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self.from {
            Some(from) => {
                let to = self.to.map_or_else(|| configured(config), |url| server(&url))?;
                let nul = if self.replace_nul { Nul::Replace(0) } else { Nul::Refuse };
                let moved = copy(&from, &to, nul, config).await?;
                let from = Address::Sqlite(from).to_string();
                if self.json {
                    output::json(&Report::of(&from, &to.to_string(), moved))?;
                } else {
                    show(&from, &to.to_string(), moved)?;
                }
            }
            None => {
                open::store(config).await?.close().await;
                let database = config.database.to_string();
                if self.json {
                    output::json(&json!({"success": true, "database": database}))?;
                } else {
                    output::line(&format!("{database} is up to date"))?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

async fn copy(from: &Path, to: &PostgresAddress, nul: Nul, config: &Config) -> anyhow::Result<Moved> {
    let bar = output::progress(None);
    bar.enable_steady_tick(Duration::from_millis(100));
    let tell = |step: Step, table: &'static str| bar.set_message(format!("{step:?} {table}").to_lowercase());
    let moved = transfer(from, to, &config.database_terms, nul, &tell).await;
    bar.finish_and_clear();
    Ok(moved?)
}

/// What was copied.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    success: bool,
    from: &'a str,
    to: &'a str,
    /// From which migration to which the file was brought up to date first.
    brought_up: Option<[i64; 2]>,
    tables: Vec<Copied>,
    replaced_texts: u64,
    freed_batches: u64,
}

impl<'a> Report<'a> {
    fn of(from: &'a str, to: &'a str, moved: Moved) -> Self {
        let Moved { brought_up, tables, replaced, freed } = moved;
        Self {
            success: true,
            from,
            to,
            brought_up: brought_up.map(<[i64; 2]>::from),
            tables,
            replaced_texts: replaced,
            freed_batches: freed,
        }
    }
}

fn show(from: &str, to: &str, moved: Moved) -> anyhow::Result<()> {
    let Moved { brought_up, tables, replaced, freed } = moved;
    if let Some((before, after)) = brought_up {
        output::line(&format!("{from} was brought up to date first, from migration {before} to {after}"))?;
    }
    let rows = tables.into_iter().map(|copied| [copied.table.to_owned(), copied.rows.to_string(), copied.digest]);
    output::table([Column::exact("table"), Column::number("rows"), Column::text("digest").spare(1)], rows)?;
    output::line(&format!("{to} holds what {from} holds: the rows were read back, and their digests are the same"))?;
    if replaced > 0 {
        output::line(&format!("texts in which U+FFFD is in the place of U+0000: {replaced}"))?;
    }
    if freed > 0 {
        output::line(&format!("batches that were in flight, and are free to be taken over: {freed}"))?;
    }
    Ok(())
}

/// The database of the settings, which must be a server's.
fn configured(config: &Config) -> Result<PostgresAddress, ConfigError> {
    match &config.database {
        Address::Postgres(server) => Ok(server.clone()),
        Address::Sqlite(_) => Err(ConfigError::Value {
            name: "DATABASE_URL".to_owned(),
            value: config.database.to_string(),
            allowed: "postgres://USER@HOST/NAME, as nothing else is copied to; or say --to".to_owned(),
        }),
    }
}

fn file(url: &str) -> Result<PathBuf, String> {
    match Address::from_url(url) {
        Some(Address::Sqlite(path)) => Ok(path),
        _ => Err("what is copied is a file: sqlite:PATH".to_owned()),
    }
}

fn server(url: &str) -> Result<PostgresAddress, ConfigError> {
    match Address::from_url(url) {
        Some(Address::Postgres(server)) => Ok(server),
        _ => Err(ConfigError::Value {
            name: "--to".to_owned(),
            value: "another URL".to_owned(),
            allowed: "postgres://USER@HOST/NAME, as what is copied to is a database on a server".to_owned(),
        }),
    }
}
