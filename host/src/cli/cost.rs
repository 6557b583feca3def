//! `liner cost`: what models were used for, and what it cost. What is not known is not nothing: it is said beside the rest.

use super::table::Column;
use super::{open, output};
use crate::config::Config;
use crate::money::dollars;
use crate::spending::{By, Report, Sums, day_of};
use crate::store::{Cost as Price, Used};
use clap::Args;
use jiff::civil::Date;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner cost --by day\n  liner cost --by strategy --since 2026-11-01")]
pub struct Cost {
    /// By what to sum
    #[arg(long, value_enum, default_value_t)]
    by: By,
    /// The first day to count, in UTC
    #[arg(long, value_name = "YYYY-MM-DD")]
    since: Option<Date>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Cost {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let uses = store.model_use(self.since.map(day_of)).await?;
        store.close().await;
        let sums = Sums::of(&uses, self.by);
        if self.json {
            output::json(&Report::new(self.by, self.since, sums))?;
            return Ok(ExitCode::SUCCESS);
        }
        if sums.groups.is_empty() {
            output::line("no model was asked")?;
            return Ok(ExitCode::SUCCESS);
        }
        let total = row("total".to_owned(), &sums.total, of_all(&sums.total));
        let groups = sums.groups.into_iter().map(|(name, used)| row(name, &used, of_group(&used)));
        output::table(
            [
                Column::text(self.by.name()),
                Column::number("calls"),
                Column::number("failed").spare(3),
                Column::number("batched").spare(5),
                Column::number("tokens in").spare(2),
                Column::number("cached").spare(4),
                Column::number("tokens out").spare(1),
                Column::number("latency").spare(6),
                Column::number("cost in dollars"),
            ],
            groups.chain([total]),
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

fn row(name: String, used: &Used, cost: String) -> [String; 9] {
    let latency = used.average_latency_ms().map_or_else(String::new, |ms| format!("{ms} ms"));
    let [calls, failed, batched, tokens_in, cached, tokens_out] =
        [used.calls, used.failed, used.batched, used.tokens_in, used.tokens_cached, used.tokens_out]
            .map(|n| n.to_string());
    [name, calls, failed, batched, tokens_in, cached, tokens_out, latency, cost]
}

fn of_group(used: &Used) -> String {
    match used.cost() {
        Price::Known(micros) => dollars(micros),
        Price::AtLeast(micros) => format!("≥ {}", dollars(micros)),
        Price::Unknown => "unknown".to_owned(),
    }
}

fn of_all(used: &Used) -> String {
    let unknown = match used.unpriced {
        1 => "1 answer of unknown price".to_owned(),
        n => format!("{n} answers of unknown price"),
    };
    match used.cost() {
        Price::Known(micros) => dollars(micros),
        Price::AtLeast(micros) => format!("{} + {unknown}", dollars(micros)),
        Price::Unknown => unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_said_and_is_never_nothing() {
        let used =
            |calls, failed, unpriced, cost_micros| Used { calls, failed, unpriced, cost_micros, ..Used::default() };
        let said = |used| (of_group(&used), of_all(&used));
        let both = |group: &str, all: &str| (group.to_owned(), all.to_owned());
        assert_eq!(said(used(3, 1, 0, 1_230_000)), both("1.23", "1.23"));
        assert_eq!(said(used(3, 0, 1, 1_230_000)), both("≥ 1.23", "1.23 + 1 answer of unknown price"));
        assert_eq!(said(used(3, 1, 2, 0)), both("unknown", "2 answers of unknown price"));
        assert_eq!(said(used(2, 2, 0, 0)), both("0", "0"), "what was not answered costs nothing");
    }
}
