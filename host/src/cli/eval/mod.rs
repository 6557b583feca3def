//! `liner eval`: extracts from rows whose answers are known (`expect.title`, `expect.artist`, and alternatives in
//! `expect.title_alts`, `expect.artist_alts`) and counts how many are right. Texts are compared by their letters and
//! digits, without case; nothing is forgiven besides.

mod cost;

use super::extract::{Entry, Extractor, read_rows};
use super::{open, output};
use crate::config::Config;
use clap::Args;
use futures_util::StreamExt;
use serde::Serialize;
use serde_json::Value;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub struct Eval {
    /// A file of rows with `expect`
    gold: String,
    /// From this confidence on, an answer counts as sure
    #[arg(long, default_value_t = 0.9)]
    sure: f64,
    /// Say instead what a thousand tracks like these cost; nobody is asked
    #[arg(long)]
    cost: bool,
    /// Ask the model for that, and say what was paid
    #[arg(long, requires = "cost")]
    ask: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    strategy: open::Strategy,
}

#[derive(Debug, Default, Serialize)]
struct Figures {
    rows: usize,
    title_right: usize,
    artist_right: usize,
    both_right: usize,
    answered: usize,
    sure: usize,
    sure_and_right: usize,
}

impl Eval {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let mut rows = Vec::new();
        for row in read_rows(&self.gold)? {
            rows.push(row?);
        }
        let strategy = self.strategy.read()?;
        if self.cost {
            return cost::run(config, rows, cost::Terms { strategy, ask: self.ask, json: self.json }).await;
        }
        let extractor = Extractor::open(config, strategy.as_ref()).await?;
        let mut figures = Figures::default();
        let mut batches = std::pin::pin!(extractor.extract(rows));
        while let Some(batch) = batches.next().await {
            batch?.iter().for_each(|entry| figures.count(entry, self.sure));
        }
        anyhow::ensure!(figures.rows > 0, "{} has no row with `expect.title` or `expect.artist`", self.gold);
        if self.json {
            output::json(&figures)?;
        } else {
            figures.show()?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Figures {
    fn count(&mut self, entry: &Entry, sure: f64) {
        let Some(expect) = entry.others.get("expect") else { return };
        if expect.get("abstain") == Some(&Value::Bool(true)) {
            return;
        }
        let title = is_expected(expect, "title", "title_alts", entry.title.as_deref());
        let artist = is_expected(expect, "artist", "artist_alts", entry.artist.as_deref());
        let (Some(title), Some(artist)) = (title, artist) else { return };
        let is_sure = entry.confidence.is_some_and(|confidence| confidence >= sure);
        self.rows += 1;
        self.title_right += usize::from(title);
        self.artist_right += usize::from(artist);
        self.both_right += usize::from(title && artist);
        self.answered += usize::from(entry.title.is_some() || entry.artist.is_some());
        self.sure += usize::from(is_sure);
        self.sure_and_right += usize::from(is_sure && title && artist);
    }

    fn show(&self) -> anyhow::Result<()> {
        let share = |part: usize, whole: usize| {
            let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
            format!("{} %", crate::worker::percent(count(part), count(whole)))
        };
        let row =
            |name: &str, part: usize, whole: usize| [name.to_owned(), format!("{part} of {whole}"), share(part, whole)];
        output::table(
            ["figure", "rows", "share"],
            [
                row("title right", self.title_right, self.rows),
                row("artist right", self.artist_right, self.rows),
                row("both right", self.both_right, self.rows),
                row("answered", self.answered, self.rows),
                row("sure", self.sure, self.rows),
                row("right when sure", self.sure_and_right, self.sure),
            ],
        )
    }
}

/// Whether an answer is the expected one or an alternative; `None` when nothing is expected.
fn is_expected(expect: &Value, field: &str, alternatives: &str, answer: Option<&str>) -> Option<bool> {
    let expected = expect.get(field)?.as_str()?;
    let alternatives =
        expect.get(alternatives).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let answer = plain(answer.unwrap_or_default());
    Some(!answer.is_empty() && std::iter::once(expected).chain(alternatives).any(|text| plain(text) == answer))
}

fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_answer_is_right_when_its_letters_and_digits_are() {
        let expect = json!({"title": "Don't Stop", "title_alts": ["Dont Stop (Live)"]});
        let right = |answer| is_expected(&expect, "title", "title_alts", answer);
        assert_eq!(right(Some("DONT STOP")), Some(true));
        assert_eq!(right(Some("Don't Stop - Live")), Some(true));
        assert_eq!(right(Some("Don't Stop (Official Video)")), Some(false));
        assert_eq!(right(None), Some(false));
        assert_eq!(is_expected(&expect, "artist", "artist_alts", Some("x")), None);
    }
}
