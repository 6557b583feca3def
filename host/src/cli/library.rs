//! `liner library`: the newest entries.

use super::table::Column;
use super::{open, output};
use crate::api::{Entry, STATES};
use crate::config::Config;
use crate::store::LibraryQuery;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner library --search astley\n  liner library --status no_music --json")]
pub struct Library {
    /// Words that title, artist or page title contain
    #[arg(long)]
    search: Option<String>,
    /// Only entries of this state
    #[arg(long, value_name = "STATE", value_parser = STATES)]
    status: Option<String>,
    /// The most to show
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Print a line of JSON an entry
    #[arg(long)]
    json: bool,
}

impl Library {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let query = LibraryQuery { search: self.search, status: self.status, before: None, limit: self.limit };
        let entries = store.library(&query).await?;
        store.close().await;
        if self.json {
            let mut entries = entries.into_iter().map(Entry::from);
            return entries.try_for_each(|entry| output::json(&entry)).map(|()| ExitCode::SUCCESS);
        }
        if entries.is_empty() {
            output::line("nothing there")?;
            return Ok(ExitCode::SUCCESS);
        }
        output::table(
            [
                Column::text("title"),
                Column::text("artist"),
                Column::text("genres").spare(3),
                Column::exact("released").spare(2),
                Column::exact("type").spare(4),
                Column::exact("state").spare(1),
                Column::exact("track"),
            ],
            entries.into_iter().map(|entry| {
                let title = entry.title.or(entry.og_title).unwrap_or_default();
                let cell = |text: Option<String>| text.unwrap_or_default();
                let (genres, track) = (entry.genres.join(", "), entry.key.to_string());
                [
                    title,
                    cell(entry.artist),
                    genres,
                    cell(entry.release_date),
                    cell(entry.music_type),
                    entry.processing_status,
                    track,
                ]
            }),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}
