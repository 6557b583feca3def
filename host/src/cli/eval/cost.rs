//! `liner eval --cost`: what a thousand tracks like these cost, if the model decided all of them and if it is asked about
//! what the rules leave. Nobody is asked, and tokens are an estimate; with `--ask` they are what the provider counted.

use crate::cli::extract::Row;
use crate::cli::table::Column;
use crate::cli::{open, output};
use crate::config::Config;
use crate::model::{Billed, Gateway, PRICES_AS_OF, Price, Prices, cacheable_from, tokens};
use crate::money::usd;
use crate::music::{Field, Prompt, Track};
use crate::strategy::Strategy;
use crate::strategy::runtime::Runtime;
use crate::telemetry::Span;
use crate::worker::{Job, Put, Rehearsal, Rehearsed, work};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use std::collections::HashSet;
use std::ops::AddAssign;
use std::process::ExitCode;
use std::sync::Arc;

/// Where token counts come from: from the provider, or from texts alone.
const MEASURED: &str = "provider";
const ESTIMATED: &str = "estimate";

/// What is put to the strategies, and how.
struct Rows<'a> {
    runtime: Runtime,
    tracks: Vec<Track>,
    batch_size: usize,
    concurrency: usize,
    required: &'a [Field],
    gateway: Option<Arc<Gateway>>,
}

/// What questions used, and what that costs in millionths of a dollar, where the price is known.
#[derive(Debug, Clone, Copy, Default)]
struct Bill {
    calls: i64,
    tokens_in: i64,
    tokens_out: i64,
    cost: Option<Costs>,
}

/// The same questions in four ways.
#[derive(Debug, Clone, Copy, Default)]
struct Costs {
    plain: i64,
    cached: i64,
    batched: i64,
    batched_and_cached: i64,
}

/// What is printed.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    tracks: usize,
    batch_size: usize,
    required_fields: Vec<&'static str>,
    model: String,
    /// [`MEASURED`] or [`ESTIMATED`].
    tokens_from: &'static str,
    rows: [Line; 2],
    /// What `--ask` paid; null where no price is known, or nobody was asked.
    paid_usd: Option<f64>,
    unanswered: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    name: &'static str,
    calls: i64,
    tokens_in: i64,
    tokens_out: i64,
    tokens_per_track: f64,
    /// Null where the model's price is not known.
    usd_per_1000_tracks: Option<Dollars>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dollars {
    plain: f64,
    cached_prefix: f64,
    batched: f64,
    batched_and_cached: f64,
}

/// What is asked of the command.
pub struct Terms {
    /// Another strategy, in its place.
    pub strategy: Option<open::Component>,
    /// Whether the model is asked.
    pub ask: bool,
    /// Whether JSON is printed.
    pub json: bool,
}

/// Prints what rows cost.
pub async fn run(config: &Config, rows: Vec<Row>, terms: Terms) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(!rows.is_empty(), "there is no row to say anything about");
    let gateway = terms.ask.then(|| open::gateway(config)).transpose()?;
    if let Some(Err(reason)) = gateway.as_ref().map(Gateway::available) {
        anyhow::bail!("--ask asks a model, and none can be asked: {reason}");
    }
    let (runtime, all) = open::bundled(config, terms.strategy).await?;
    let asking: Vec<_> = all.iter().filter(|strategy| strategy.description().asks_model).cloned().collect();
    let rows = Rows {
        runtime,
        tracks: rows.into_iter().map(|row| row.track).collect(),
        batch_size: usize::try_from(config.worker.batch_size)?,
        concurrency: config.worker.concurrency,
        required: &config.required_with_model,
        gateway: gateway.map(Arc::new),
    };
    let rehearsed = [rows.put(&asking).await?, rows.put(&all).await?];
    let (model, prices) = (&config.model.model, &config.model.prices);
    let report = rows.report(&rehearsed, model, prices);
    if terms.json {
        output::json(&report)?;
    } else {
        show(&report, prices.of(model))?;
        let reasons = rehearsed.iter().flat_map(|rehearsed| &rehearsed.unanswered);
        for reason in reasons.collect::<HashSet<_>>() {
            output::line(&format!("unanswered: {reason}"))?;
        }
    }
    Ok(if report.unanswered > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

impl Rows<'_> {
    /// Puts all tracks to strategies, in batches, some at a time; the questions come in the order of the tracks.
    async fn put(&self, strategies: &[Arc<Strategy>]) -> anyhow::Result<Rehearsed> {
        let batches: Vec<&[Track]> = self.tracks.chunks(self.batch_size).collect();
        let parts: Vec<Rehearsed> = stream::iter(batches)
            .map(|tracks| self.put_batch(tracks, strategies))
            .buffered(self.concurrency)
            .try_collect()
            .await?;
        let mut all = Rehearsed::default();
        for part in parts {
            all.put.extend(part.put);
            all.unanswered.extend(part.unanswered);
        }
        Ok(all)
    }

    async fn put_batch(&self, tracks: &[Track], strategies: &[Arc<Strategy>]) -> anyhow::Result<Rehearsed> {
        let wanted = vec![true; tracks.len()];
        let job = Job {
            tracks,
            wanted: &wanted,
            strategies,
            runtime: &self.runtime,
            required: self.required,
            trace: &Span::NONE,
        };
        let rehearsal = Rehearsal::new(self.gateway.clone());
        work(&job, &rehearsal).await?;
        Ok(rehearsal.into_rehearsed())
    }

    fn report(&self, rehearsed: &[Rehearsed; 2], model: &str, prices: &Prices) -> Report {
        let [alone, after] = rehearsed;
        let line = |name, rehearsed: &Rehearsed| Line::of(name, bill(model, prices, &rehearsed.put), self.tracks.len());
        let usages = rehearsed.iter().flat_map(|rehearsed| &rehearsed.put).filter_map(|put| put.usage);
        let paid: Option<i64> = usages.map(|usage| usage.cost_micros).sum();
        Report {
            tracks: self.tracks.len(),
            batch_size: self.batch_size,
            required_fields: self.required.iter().map(|field| field.name()).collect(),
            model: model.to_owned(),
            tokens_from: if self.gateway.is_some() { MEASURED } else { ESTIMATED },
            rows: [line("the model alone", alone), line("after the rules' share", after)],
            paid_usd: paid.filter(|_| self.gateway.is_some()).map(usd),
            unanswered: rehearsed.iter().map(|rehearsed| rehearsed.unanswered.len()).sum(),
        }
    }
}

/// Adds questions up. A frame's first question writes its prefix to the cache, the others read it.
fn bill(model: &str, prices: &Prices, put: &[Put]) -> Bill {
    let (mut bill, mut frames) = (Bill { cost: Some(Costs::default()), ..Bill::default() }, HashSet::new());
    for put in put {
        let is_first = frames.insert(put.prompt.frame_digest());
        let cached = put.usage.map_or_else(|| estimate(model, &put.prompt, is_first), billed);
        let plain = Billed { input: cached.all_input(), output: cached.output, ..Billed::default() };
        bill.calls += 1;
        bill.tokens_in += cached.all_input();
        bill.tokens_out += cached.output;
        let cost = costs(model, prices, plain, cached);
        bill.cost = bill.cost.zip(cost).map(|(mut sum, cost)| {
            sum += cost;
            sum
        });
    }
    bill
}

/// What a question would use: half of what its answer may have, as strategies leave that much room.
fn estimate(model: &str, prompt: &Prompt, is_first: bool) -> Billed {
    let prefix = tokens::about_prefix(prompt);
    let rest = Billed {
        input: tokens::about(&prompt.user),
        output: i64::from(prompt.max_output_tokens / 2),
        ..Billed::default()
    };
    match (prefix >= cacheable_from(model), is_first) {
        (false, _) => Billed { input: prefix + rest.input, ..rest },
        (true, true) => Billed { cache_write: prefix, ..rest },
        (true, false) => Billed { cache_read: prefix, ..rest },
    }
}

fn billed(usage: crate::music::Usage) -> Billed {
    Billed {
        input: usage.tokens_in - usage.tokens_cached - usage.tokens_written,
        cache_write: usage.tokens_written,
        cache_read: usage.tokens_cached,
        output: usage.tokens_out,
    }
}

fn costs(model: &str, prices: &Prices, plain: Billed, cached: Billed) -> Option<Costs> {
    Some(Costs {
        plain: prices.cost_micros(model, plain)?,
        cached: prices.cost_micros(model, cached)?,
        batched: prices.batch_cost_micros(model, plain)?,
        batched_and_cached: prices.batch_cost_micros(model, cached)?,
    })
}

impl AddAssign for Costs {
    fn add_assign(&mut self, other: Self) {
        self.plain += other.plain;
        self.cached += other.cached;
        self.batched += other.batched;
        self.batched_and_cached += other.batched_and_cached;
    }
}

impl Line {
    #[allow(clippy::cast_precision_loss)]
    fn of(name: &'static str, bill: Bill, tracks: usize) -> Self {
        let tracks = tracks as f64;
        let per_1000 = |micros: i64| usd(micros) * 1_000.0 / tracks;
        Self {
            name,
            calls: bill.calls,
            tokens_in: bill.tokens_in,
            tokens_out: bill.tokens_out,
            tokens_per_track: (bill.tokens_in + bill.tokens_out) as f64 / tracks,
            usd_per_1000_tracks: bill.cost.map(|costs| Dollars {
                plain: per_1000(costs.plain),
                cached_prefix: per_1000(costs.cached),
                batched: per_1000(costs.batched),
                batched_and_cached: per_1000(costs.batched_and_cached),
            }),
        }
    }

    fn cells(&self) -> [String; 9] {
        let known = |of: fn(&Dollars) -> f64| {
            self.usd_per_1000_tracks.as_ref().map_or_else(|| "unknown".to_owned(), |usd| format!("{:.4}", of(usd)))
        };
        [
            self.name.to_owned(),
            self.calls.to_string(),
            self.tokens_in.to_string(),
            self.tokens_out.to_string(),
            format!("{:.0}", self.tokens_per_track),
            known(|usd| usd.plain),
            known(|usd| usd.cached_prefix),
            known(|usd| usd.batched),
            known(|usd| usd.batched_and_cached),
        ]
    }
}

fn show(report: &Report, price: Option<Price>) -> anyhow::Result<()> {
    let (tracks, size, fields) = (report.tracks, report.batch_size, report.required_fields.join(", "));
    output::line(&format!("{tracks} tracks in batches of {size}; an entry must have {fields}"))?;
    output::line(&match price {
        None => format!("the price of {} is not known: set AI_PRICES", report.model),
        Some(price) => {
            let [input, output, write, read] =
                [price.input, price.output, price.cache_write, price.cache_read].map(usd);
            format!(
                "{}: {input} dollars a million tokens in, {output} out, {write} written to the cache, {read} read from \
                 it (AI_PRICES, else the list of {PRICES_AS_OF})",
                report.model
            )
        }
    })?;
    output::line(if report.tokens_from == MEASURED {
        "tokens are what the provider counted"
    } else {
        "tokens are an estimate, nobody was asked: input by the length of its text, output as half of what a question allows"
    })?;
    output::line("in dollars per 1,000 tracks:")?;
    output::table(
        [
            Column::text(""),
            Column::number("calls"),
            Column::number("tokens in").spare(2),
            Column::number("tokens out").spare(1),
            Column::number("a track").spare(3),
            Column::number("plain"),
            Column::number("cached prefix").spare(5),
            Column::number("batched").spare(4),
            Column::number("batched + cached").spare(6),
        ],
        report.rows.iter().map(Line::cells),
    )?;
    if report.tokens_from == MEASURED {
        let paid = report.paid_usd.map_or_else(|| "an unknown price".to_owned(), |usd| format!("{usd:.6} dollars"));
        output::line(&format!("paid for these answers: {paid}"))?;
    }
    Ok(())
}
