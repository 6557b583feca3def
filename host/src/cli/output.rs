//! Tables for people, JSON for programs.

use comfy_table::{ContentArrangement, Table};
use serde::Serialize;
use std::io::Write;

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

/// A cell of at most 60 characters on one line. Control characters of a title must not reach the terminal.
fn shorten(cell: &str) -> String {
    let plain: String = cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if plain.chars().count() <= 60 { plain } else { format!("{}…", plain.chars().take(59).collect::<String>()) }
}
