//! Tables for people, JSON for programs.

use comfy_table::{ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::Serialize;
use std::io::{IsTerminal, Write};

/// Writes a value as one line of JSON.
///
/// # Errors
/// When standard output is closed.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    let text = serde_json::to_string(value)?;
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// Writes a line.
///
/// # Errors
/// When standard output is closed.
pub fn line(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// Writes rows under headings; only the first lines of long cells.
///
/// # Errors
/// When standard output is closed.
pub fn table<const N: usize>(headings: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_preset(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(headings.map(str::to_uppercase));
    for row in rows {
        table.add_row(row.map(|cell| shorten(&cell)));
    }
    for text in table.lines() {
        // A cell begins with a space of padding.
        line(text.strip_prefix(' ').unwrap_or(&text).trim_end())?;
    }
    Ok(())
}

/// How far something is, on a terminal; nothing elsewhere.
pub fn progress(length: Option<u64>) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    ProgressBar::with_draw_target(length, target)
}

/// A cell of at most 64 characters on one line: a digest is so long. Control characters of a title must not reach the terminal.
fn shorten(cell: &str) -> String {
    let plain: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.chars().count() <= 64 { plain } else { format!("{}…", plain.chars().take(63).collect::<String>()) }
}
