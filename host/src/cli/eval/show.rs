//! The report as tables for people.

use super::baseline::{Change, Changes};
use super::figures::Share;
use super::report::{Answer, Disagreement, Group, Report};
use crate::cli::output;
use crate::cli::table::Column;
use std::collections::BTreeMap;

/// Prints a report; of changed rows at most `rows` on either side.
pub fn show(report: &Report, rows: usize) -> anyhow::Result<()> {
    output::line(&format!(
        "{} rows; an answer with a confidence from {} on is sure",
        report.overall.figures.all_rows(),
        report.sure_from
    ))?;
    let shares = report.overall.shares.0.iter().filter(|share| share.whole > 0);
    output::table(
        [Column::text("figure"), Column::number("rows"), Column::number("%")],
        shares
            .map(|share| [share.name.to_owned(), format!("{} of {}", share.part, share.whole), percent(share.value())]),
    )?;
    groups("source", &report.by_source)?;
    groups("script", &report.by_script)?;
    groups("class", &report.by_class)?;
    reliability(report)?;
    if !report.worst.is_empty() {
        output::line("\nthe most confident wrong answers:")?;
        output::table(
            [
                Column::text("id"),
                Column::exact("wrong"),
                Column::text("said"),
                Column::text("expected"),
                Column::number("sure").spare(1),
            ],
            report.worst.iter().map(disagreement),
        )?;
    }
    report.changes.as_ref().map_or(Ok(()), |changes| show_changes(changes, rows))
}

fn groups(kind: &'static str, groups: &BTreeMap<String, Group>) -> anyhow::Result<()> {
    let mut groups: Vec<_> = groups.iter().filter(|(_, group)| group.figures.all_rows() > 0).collect();
    if groups.is_empty() {
        return Ok(());
    }
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.figures.all_rows()));
    output::line("")?;
    output::table(
        [
            Column::text(kind),
            Column::number("rows"),
            Column::number("title").spare(2),
            Column::number("artist").spare(3),
            Column::number("both"),
            Column::number("sure").spare(4),
            Column::number("right when sure").spare(1),
        ],
        groups.into_iter().map(|(name, group)| {
            let figures = &group.figures;
            let share = |share: Share| percent(share.value());
            [
                name.clone(),
                figures.all_rows().to_string(),
                share(figures.title()),
                share(figures.artist()),
                share(figures.both()),
                share(figures.sure()),
                share(figures.right_when_sure()),
            ]
        }),
    )
}

fn reliability(report: &Report) -> anyhow::Result<()> {
    let bins: Vec<_> = report.reliability.bins().collect();
    if bins.is_empty() {
        return Ok(());
    }
    output::line("")?;
    output::table(
        [
            Column::exact("confidence"),
            Column::number("answers"),
            Column::number("mean"),
            Column::number("right %"),
            Column::number("gap"),
        ],
        bins.into_iter().map(|bin| {
            [
                format!("{:.2} – {:.2}", bin.from, bin.to),
                bin.rows.to_string(),
                format!("{:.3}", bin.confidence),
                percent(Some(bin.right)),
                format!("{:+.1}", bin.gap() * 100.0),
            ]
        }),
    )?;
    let error = report.reliability.expected_calibration_error;
    output::line(&format!("expected calibration error {error:.3}"))
}

fn disagreement(wrong: &Disagreement) -> [String; 5] {
    let shown = |answer: &Answer| answer.of(wrong.field).to_string();
    [
        wrong.id.clone(),
        wrong.field.to_owned(),
        shown(&wrong.said),
        shown(&wrong.expected),
        wrong.confidence.map_or_else(String::new, |sure| format!("{sure:.2}")),
    ]
}

fn show_changes(changes: &Changes, rows: usize) -> anyhow::Result<()> {
    output::line(&format!("\nagainst the baseline, over the {} rows that both answered:", changes.rows))?;
    if changes.new_rows > 0 {
        output::line(&format!("{} rows are not in the baseline and are left out here", changes.new_rows))?;
    }
    let moved = changes.figures.iter().filter(|figure| figure.before != figure.after);
    let moved: Vec<_> = moved
        .map(|figure| {
            let difference = figure.before.zip(figure.after).map_or_else(String::new, |(before, after)| {
                format!("{:+.1}{}", (after - before) * 100.0, if figure.is_worse { " worse" } else { "" })
            });
            [figure.name.to_owned(), percent(figure.before), percent(figure.after), difference]
        })
        .collect();
    if moved.is_empty() {
        output::line("every figure is as it was")?;
    } else {
        output::table(
            [Column::text("figure"), Column::number("before"), Column::number("after"), Column::text("")],
            moved,
        )?;
    }
    side("better", &changes.better, rows)?;
    side("worse", &changes.worse, rows)
}

fn side(name: &str, changes: &[Change], at_most: usize) -> anyhow::Result<()> {
    output::line(&format!("\n{name}: {}", changes.len()))?;
    if changes.is_empty() || at_most == 0 {
        return Ok(());
    }
    output::table(
        [
            Column::text("id"),
            Column::exact("field"),
            Column::text("before"),
            Column::text("after"),
            Column::text("expected").spare(1),
        ],
        changes.iter().take(at_most).map(|change| {
            let [before, after, expected] = [&change.before, &change.after, &change.expected].map(ToString::to_string);
            [change.id.clone(), change.field.to_owned(), before, after, expected]
        }),
    )?;
    match changes.len().saturating_sub(at_most) {
        0 => Ok(()),
        more => output::line(&format!("and {more} more: see --json, or a higher --worst")),
    }
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.1}", share * 100.0))
}
