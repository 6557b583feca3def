//! `liner plugin compare`: a candidate beside the active strategies.

use crate::cli::table::Column;
use crate::cli::{open, output};
use crate::config::Config;
use crate::rollout::{Comparison, Side};
use crate::store::Said;
use crate::worker::percent;
use clap::Args;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin compare bandcamp-py")]
pub struct Compare {
    /// Its name, its digest or at least six of its digits
    plugin: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let rollout = open::rollout(config, &store).await?;
        let digest = rollout.find(&self.plugin).await?;
        let comparison = rollout.comparison(&digest).await?;
        store.close().await;
        if self.json {
            output::json(&comparison)?
        } else {
            show(&comparison)?
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Figures side by side, agreement by field, and what differs.
pub fn show(comparison: &Comparison) -> anyhow::Result<()> {
    let sure = |side: &Side| side.confidence.map_or_else(String::new, |sure| format!("{sure:.2}"));
    let (candidate, active) = (&comparison.candidate, &comparison.active);
    let row = |name: &str, of: &dyn Fn(&Side) -> String| [name.to_owned(), of(candidate), of(active)];
    output::line(&format!("{} tracks seen by both", comparison.tracks))?;
    output::table(
        [Column::text("figure"), Column::number("candidate"), Column::number("active")],
        [
            row("decided", &|side| side.decided.to_string()),
            row("undecided", &|side| side.undecided.to_string()),
            row("unanswered", &|side| side.unanswered.to_string()),
            row("mean confidence", &sure),
        ],
    )?;
    output::table(
        [Column::exact("field"), Column::number("agreed"), Column::number("share")],
        comparison.fields.iter().map(|field| {
            let share = format!("{} %", percent(field.agreed, field.compared));
            [field.field.to_owned(), format!("{} of {}", field.agreed, field.compared), share]
        }),
    )?;
    output::line(&format!(
        "the candidate cost {} microdollars and took {} us a track; {} tracks differ",
        comparison.cost_micros, comparison.time_us_per_track, comparison.disagreed
    ))?;
    if comparison.disagreements.is_empty() {
        return Ok(());
    }
    output::table(
        [Column::exact("track"), Column::text("fields").spare(1), Column::text("candidate"), Column::text("active")],
        comparison.disagreements.iter().map(|track| {
            let key = format!("{}/{}", track.key.platform_name, track.key.platform_id);
            [key, track.fields.join(", "), text(&track.candidate), text(&track.active)]
        }),
    )
}

fn text(said: &Said) -> String {
    match said {
        Said::Extracted { entry } => {
            format!("{} - {}", entry.artist.as_deref().unwrap_or("?"), entry.title)
        }
        Said::NoMusic => "no music".to_owned(),
        Said::Undecided { reason } => reason.clone(),
        Said::Unanswered => "unanswered".to_owned(),
    }
}
