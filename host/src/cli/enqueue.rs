//! `liner enqueue`: links into the queue.

use super::{open, output};
use crate::config::Config;
use crate::ingest::{Splitter, Unknown, parse};
use crate::music::Platform;
use crate::store::{Enqueued, NewLink, Store, StoreError};
use anyhow::Context;
use clap::Args;
use serde::Serialize;
use std::collections::HashSet;
use std::fs::File;
use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Bytes read at once.
const CHUNK: usize = 256 << 10;
/// Rows that are written together: on a server two statements' worth, which run side by side.
const ROWS_PER_WRITE: usize = 10_000;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liner enqueue https://www.youtube.com/watch?v=dQw4w9WgXcQ\n  liner enqueue links.ndjson --priority 5"
)]
pub struct Enqueue {
    /// A file, a link, or - for standard input
    source: String,
    /// 0 to 10; higher goes first. A row's own priority wins
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=10))]
    priority: u8,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What became of the rows, under the names of the API.
#[derive(Debug, Default, Serialize)]
struct Counts {
    success: bool,
    queued: u64,
    known: u64,
    rejected: u64,
    /// Platforms that were asked about already.
    #[serde(skip)]
    questioned: HashSet<String>,
}

impl Enqueue {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let mut source = self.open()?;
        let store = open::store(config).await?;
        let (mut splitter, mut counts, mut chunk) = (Splitter::new(), Counts::default(), vec![0; CHUNK]);
        let (mut links, mut writing) = (Vec::new(), None);
        loop {
            let read = source.read(&mut chunk).with_context(|| format!("cannot read {}", self.source))?;
            let Some(bytes) = chunk.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
            self.parse(splitter.push(bytes), &mut links, &mut counts);
            // A source that gives less than it was asked for may be slow: what it gave is not kept waiting.
            if links.len() >= ROWS_PER_WRITE || read < CHUNK {
                // While rows are written, the next ones are read.
                counts.add(written(writing.take()).await?);
                writing = Some(write(store.clone(), std::mem::take(&mut links)));
            }
        }
        self.parse(splitter.finish(), &mut links, &mut counts);
        counts.add(written(writing).await?);
        counts.add(written(Some(write(store.clone(), links))).await?);
        store.close().await;
        counts.success = counts.rejected == 0 && counts.queued + counts.known > 0;
        if self.json {
            output::json(&counts)?;
        } else {
            output::line(&format!(
                "{} queued, {} known before, {} rejected",
                counts.queued, counts.known, counts.rejected
            ))?;
        }
        Ok(if counts.success { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn open(&self) -> anyhow::Result<Box<dyn Read>> {
        if self.source == "-" {
            return Ok(Box::new(std::io::stdin().lock()));
        }
        if std::path::Path::new(&self.source).is_file() {
            return Ok(Box::new(File::open(&self.source).with_context(|| format!("cannot open {}", self.source))?));
        }
        crate::ingest::identify(&self.source)
            .with_context(|| format!("{:?} is neither a file that is there nor a link", self.source))?;
        Ok(Box::new(std::io::Cursor::new(self.source.clone().into_bytes())))
    }

    fn parse(&self, rows: Vec<crate::ingest::RawRow>, links: &mut Vec<NewLink>, counts: &mut Counts) {
        for row in rows {
            match parse(row, Unknown::Ignore) {
                Ok(link) => {
                    counts.question(&link);
                    links.push(NewLink { priority: link.priority.max(self.priority), ..link });
                }
                Err(error) => {
                    counts.rejected += 1;
                    output::error(&error.to_string());
                }
            }
        }
    }
}

impl Counts {
    /// A platform that is a slip away from one that is known is taken as it is, but said.
    fn question(&mut self, link: &NewLink) {
        let name = &link.track.key.platform_name;
        if let Some(meant) = Platform::meant(name).filter(|_| !self.questioned.contains(name)) {
            output::warning(&format!("there is no platform {name} in the table; did you mean {}?", meant.name()));
            self.questioned.insert(name.clone());
        }
    }

    fn add(&mut self, results: Vec<Enqueued>) {
        for result in results {
            match result {
                Enqueued::Queued => self.queued += 1,
                Enqueued::Known => self.known += 1,
            }
        }
    }
}

type Writing = JoinHandle<Result<Vec<Enqueued>, StoreError>>;

fn write(store: Arc<dyn Store>, links: Vec<NewLink>) -> Writing {
    tokio::spawn(async move { store.enqueue(&links).await })
}

async fn written(writing: Option<Writing>) -> anyhow::Result<Vec<Enqueued>> {
    Ok(match writing {
        Some(writing) => writing.await??,
        None => Vec::new(),
    })
}
