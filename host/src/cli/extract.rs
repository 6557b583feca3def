//! `liner extract`: rows in, entries out, without a database.

use super::table::Column;
use super::{open, output};
use crate::config::Config;
use crate::ingest::{RawRow, RowError, RowText, Splitter, Unknown, parse};
use crate::model::Gateway;
use crate::music::{Extraction, Field, MusicType, Track};
use crate::store::Verdict;
use crate::strategy::Strategy;
use crate::strategy::runtime::Runtime;
use crate::telemetry::Span;
use crate::worker::{Job, Unrecorded, work};
use anyhow::Context;
use clap::Args;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use serde_json::{Map, Value};
use std::io::Read;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner extract rows.ndjson\n  liner extract - --json --strategy bandcamp.wasm")]
pub struct Extract {
    /// A file of rows, or - for standard input
    source: String,
    /// Print an entry a line as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    strategy: open::Strategy,
}

impl Extract {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let mut wrong = 0;
        let mut rows = Vec::new();
        for row in read_rows(&self.source)? {
            match row {
                Ok(row) => rows.push(row),
                Err(error) => {
                    wrong += 1;
                    output::error(&error.to_string());
                }
            }
        }
        let extractor = Extractor::open(config, self.strategy.read()?.as_ref()).await?;
        let mut entries = std::pin::pin!(extractor.extract(rows));
        let mut shown = Vec::new();
        while let Some(batch) = entries.next().await {
            for entry in batch? {
                if self.json { output::json(&entry)? } else { shown.push(entry) }
            }
        }
        if !self.json {
            let cell = |text: Option<String>| text.unwrap_or_default();
            output::table(
                [
                    Column::text("title"),
                    Column::text("artist"),
                    Column::exact("type").spare(1),
                    Column::number("sure"),
                    Column::text("from").spare(2),
                    Column::exact("state"),
                ],
                shown.into_iter().map(|entry| {
                    let sure = entry.confidence.map_or_else(String::new, |sure| format!("{sure:.2}"));
                    let kind = entry.music_type.map_or("", MusicType::name).to_owned();
                    [
                        cell(entry.title),
                        cell(entry.artist),
                        kind,
                        sure,
                        entry.strategy.unwrap_or_default(),
                        entry.state.to_owned(),
                    ]
                }),
            )?;
        }
        Ok(if wrong > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}

/// A row with the fields that are none of ours.
pub struct Row {
    /// What the strategies are shown.
    pub track: Track,
    /// They are passed through.
    pub others: Map<String, Value>,
}

/// An entry as `extract` prints it: null title and artist for what is not music. A state of `undecided` shows what the
/// strategies believe, with their confidence.
#[derive(Debug, Serialize)]
pub struct Entry {
    #[serde(flatten)]
    pub others: Map<String, Value>,
    pub title: Option<String>,
    pub artist: Option<String>,
    pub album: Option<String>,
    pub genres: Vec<String>,
    pub release_date: Option<String>,
    pub music_type: Option<MusicType>,
    pub confidence: Option<f64>,
    pub strategy: Option<String>,
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Reads a source of rows.
pub fn read_rows(source: &str) -> anyhow::Result<Vec<Result<Row, RowError>>> {
    let mut bytes = Vec::new();
    if source == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
    } else {
        bytes = std::fs::read(source).with_context(|| format!("cannot read {source}"))?;
    }
    let mut splitter = Splitter::new();
    let mut rows = splitter.push(&bytes);
    rows.extend(splitter.finish());
    Ok(rows.into_iter().map(read_row).collect())
}

fn read_row(row: RawRow) -> Result<Row, RowError> {
    let others = match &row.content {
        Ok(RowText::Json(text)) => serde_json::from_str::<Map<String, Value>>(text).unwrap_or_default(),
        Ok(RowText::Cells(cells)) => {
            cells.iter().map(|(name, cell)| (name.clone(), Value::from(cell.clone()))).collect()
        }
        _ => Map::new(),
    };
    let track = parse(row, Unknown::Ignore)?.track;
    let mut others = others;
    if let Some(url) = &track.url {
        others.entry("url").or_insert_with(|| Value::from(url.clone()));
    }
    let ours = [
        "title",
        "artist",
        "album",
        "genres",
        "release_date",
        "music_type",
        "confidence",
        "strategy",
        "state",
        "reason",
    ];
    let read = ["og_title", "og_artist", "og_description", "og_metadata", "og_image_url", "shared_text", "priority"];
    let others =
        others.into_iter().filter(|(name, _)| !ours.contains(&name.as_str()) && !read.contains(&name.as_str()));
    Ok(Row { track, others: others.collect() })
}

/// The pipeline without a database.
pub struct Extractor {
    runtime: Runtime,
    strategies: Vec<Arc<Strategy>>,
    gateway: Arc<Gateway>,
    required: Vec<Field>,
    batch_size: usize,
    concurrency: usize,
}

impl Extractor {
    /// The bundled strategies, with another one in its place if one is given, and the model of the settings.
    pub async fn open(config: &Config, candidate: Option<&open::Component>) -> anyhow::Result<Self> {
        let (runtime, strategies) = open::bundled(config, candidate.cloned()).await?;
        Ok(Self {
            runtime,
            strategies,
            gateway: Arc::new(open::gateway(config)?),
            required: config.required_fields.clone(),
            batch_size: usize::try_from(config.worker.batch_size)?,
            concurrency: config.worker.concurrency,
        })
    }

    /// Extracts in batches, some at a time; the entries come in the order of the rows.
    pub fn extract(&self, rows: Vec<Row>) -> impl stream::Stream<Item = anyhow::Result<Vec<Entry>>> {
        let mut batches: Vec<Vec<Row>> = Vec::new();
        for row in rows {
            match batches.last_mut() {
                Some(batch) if batch.len() < self.batch_size => batch.push(row),
                _ => batches.push(vec![row]),
            }
        }
        stream::iter(batches).map(|batch| self.extract_batch(batch)).buffered(self.concurrency)
    }

    async fn extract_batch(&self, rows: Vec<Row>) -> anyhow::Result<Vec<Entry>> {
        let (tracks, others): (Vec<Track>, Vec<_>) = rows.into_iter().map(|row| (row.track, row.others)).unzip();
        let wanted = vec![true; tracks.len()];
        let job = Job {
            tracks: &tracks,
            wanted: &wanted,
            strategies: &self.strategies,
            runtime: &self.runtime,
            required: &self.required,
            trace: &Span::NONE,
        };
        let ledger = Unrecorded::new(self.gateway.clone());
        let board = work(&job, &ledger).await?;
        let mut verdicts: Vec<Option<Verdict>> = vec![None; tracks.len()];
        for (index, verdict) in ledger.into_settlement().verdicts {
            if let Some(slot) = verdicts.get_mut(usize::try_from(index)?) {
                *slot = Some(verdict);
            }
        }
        let entry = |((index, others), verdict): ((u32, Map<String, Value>), Option<Verdict>)| match verdict {
            Some(Verdict::Completed(entry, by)) => Entry::of(others, Some(entry), Some(by.strategy), "completed", None),
            Some(Verdict::NoMusic(reason, by)) => Entry::of(others, None, Some(by.strategy), "no_music", Some(reason)),
            other => Entry::of(others, board.hint(index).cloned(), None, "undecided", other.and_then(reason)),
        };
        Ok((0u32..).zip(others).zip(verdicts).map(entry).collect())
    }
}

fn reason(verdict: Verdict) -> Option<String> {
    match verdict {
        Verdict::Failed(reason)
        | Verdict::Refunded { reason, .. }
        | Verdict::Halved { reason, .. }
        | Verdict::Waits(_, reason) => Some(reason),
        Verdict::Completed(..) | Verdict::NoMusic(..) => None,
    }
}

impl Entry {
    /// An artist's page names its artist and no work, a playlist a work and no artist.
    fn of(
        others: Map<String, Value>,
        entry: Option<Extraction>,
        strategy: Option<String>,
        state: &'static str,
        reason: Option<String>,
    ) -> Self {
        let kind = entry.as_ref().map(|entry| entry.music_type);
        let (title, artist) = match (&entry, kind) {
            (Some(entry), Some(MusicType::Artist)) => {
                (None, Some(entry.artist.clone().unwrap_or_else(|| entry.title.clone())))
            }
            (Some(entry), _) => (Some(entry.title.clone()), entry.artist.clone()),
            (None, _) => (None, None),
        };
        Self {
            others,
            title,
            artist,
            music_type: kind,
            confidence: entry.as_ref().map(|entry| entry.confidence),
            genres: entry.as_ref().map(|entry| entry.genres.clone()).unwrap_or_default(),
            release_date: entry.as_ref().and_then(|entry| entry.release_date.clone()),
            album: entry.and_then(|entry| entry.album),
            strategy,
            state,
            reason,
        }
    }
}
