//! `liner eval`: extracts from rows whose answers are known and says how many are right, where it goes wrong, whether
//! confidence can be believed, and what changed since an earlier run. What counts as right is in [`compare`] and [`verdict`].

mod baseline;
mod compare;
mod corrections;
mod cost;
mod figures;
mod gold;
mod reliability;
mod report;
mod save;
mod show;
mod verdict;

use super::extract::{Entry, Extractor, Row};
use super::{open, output};
use crate::config::Config;
use clap::Args;
use compare::Forms;
use futures_util::TryStreamExt;
use gold::{Gold, Label};
use report::{Judged, Report};
use std::process::ExitCode;
use verdict::{Said, Verdict};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liner eval gold.ndjson --save before.ndjson\n  liner eval gold.ndjson --baseline before.ndjson --fail-if-worse"
)]
pub struct Eval {
    /// A file of rows with `expect`
    #[arg(required_unless_present = "corrections")]
    gold: Option<String>,
    /// Take the entries of the database that an operator corrected instead
    #[arg(long, conflicts_with_all = ["gold", "tags", "cost"])]
    corrections: bool,
    /// From this confidence on, an answer counts as sure
    #[arg(long, default_value_t = 0.9)]
    sure: f64,
    /// Only rows that carry this tag; if repeated, all of them
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// How many wrong answers, and how many changed rows, to name
    #[arg(long, default_value_t = 10, value_name = "N")]
    worst: usize,
    /// Write what was said about each row, and how far it is right
    #[arg(long, value_name = "FILE", conflicts_with = "cost")]
    save: Option<String>,
    /// Say what changed since these answers: what --save wrote or `liner extract --json` printed
    #[arg(long, value_name = "FILE", conflicts_with = "cost")]
    baseline: Option<String>,
    /// Exit with 1 if any figure is worse than the baseline's
    #[arg(long, requires = "baseline")]
    fail_if_worse: bool,
    /// Say instead what a thousand tracks like these cost; nobody is asked
    #[arg(long)]
    cost: bool,
    /// Ask the model for that, and say what was paid
    #[arg(long, requires = "cost")]
    ask: bool,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    strategy: open::Strategy,
}

impl Eval {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let strategy = self.strategy.clone().read()?;
        if let (true, Some(file)) = (self.cost, &self.gold) {
            let rows = gold::rows(file, &self.tags)?;
            return cost::run(config, rows, cost::Terms { strategy, ask: self.ask, json: self.json }).await;
        }
        // What is wrong with a file is said before anything is asked.
        let baseline = self.baseline.as_deref().map(baseline::Baseline::read).transpose()?;
        let (rows, labels) = unzip(self.rows(config).await?);
        if self.save.is_some() || baseline.is_some() {
            gold::ensure_unique(&labels)?;
        }
        let entries = extract(config, strategy.as_ref(), rows).await?;
        let said: Vec<Said> = entries.iter().map(Said::from).collect();
        let forms = Forms::new()?;
        let judge = |(label, said): (_, _)| judge(&forms, label, said, self.sure);
        let judged: Vec<Judged<'_>> = labels.iter().zip(&said).map(judge).collect();
        if let Some(file) = &self.save {
            save::write(file, &entries, &judged)?;
        }
        let mut report = Report::of(&judged, self.sure, self.worst);
        report.changes = baseline.map(|baseline| baseline.compare(&forms, &judged, self.sure)).transpose()?;
        if self.json {
            output::json(&report)?
        } else {
            show::show(&report, self.worst)?
        }
        let is_worse = report.changes.as_ref().is_some_and(baseline::Changes::is_worse);
        Ok(if self.fail_if_worse && is_worse { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    async fn rows(&self, config: &Config) -> anyhow::Result<Vec<Gold>> {
        match &self.gold {
            Some(file) => gold::label(file, gold::rows(file, &self.tags)?),
            None => corrections::rows(config).await,
        }
    }
}

fn unzip(gold: Vec<Gold>) -> (Vec<Row>, Vec<Label>) {
    gold.into_iter().map(|Gold { row, label }| (row, label)).unzip()
}

async fn extract(config: &Config, strategy: Option<&open::Component>, rows: Vec<Row>) -> anyhow::Result<Vec<Entry>> {
    let extractor = Extractor::open(config, strategy).await?;
    let batches: Vec<Vec<Entry>> = extractor.extract(rows).try_collect().await?;
    Ok(batches.into_iter().flatten().collect())
}

fn judge<'a>(forms: &Forms, label: &'a Label, said: &'a Said, sure: f64) -> Judged<'a> {
    Judged { label, said, verdict: Verdict::of(forms, &label.expected, said, sure) }
}

impl From<&Entry> for Said {
    fn from(entry: &Entry) -> Self {
        Self {
            title: entry.title.clone(),
            artist: entry.artist.clone(),
            album: entry.album.clone(),
            release_date: entry.release_date.clone(),
            music_type: entry.music_type.map(|kind| kind.name().to_owned()).into(),
            confidence: entry.confidence,
        }
    }
}
