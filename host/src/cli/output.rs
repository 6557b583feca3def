//! What commands print: tables for people, JSON for programs, and what is wrong on standard error.
//!
//! With `--json`, a list is a line of JSON for each item (NDJSON) and everything else is one document, and what is wrong is a
//! line with `error` on standard error. The names are those of the HTTP API.

use super::table::{self, Column};
use super::text::clean_lines;
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::Serialize;
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::sync::LazyLock;

/// Whether the caller is a program. Errors need to know it before the command line is understood.
static IS_FOR_PROGRAMS: LazyLock<bool> =
    LazyLock::new(|| std::env::args_os().skip(1).any(|argument| argument == "--json"));

/// Whether the caller asked for JSON.
pub fn is_for_programs() -> bool {
    *IS_FOR_PROGRAMS
}

/// Writes a value as one line of JSON.
///
/// # Errors
/// When standard output is closed.
pub fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    let text = without_controls(&serde_json::to_string(value)?);
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// Writes a text of one line or more.
///
/// # Errors
/// When standard output is closed.
pub fn line(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{}", clean_lines(text))?)
}

/// Writes a line that may be in colour: what is in it from elsewhere was cleaned before.
///
/// # Errors
/// When standard output is closed.
pub fn styled(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout().lock(), "{text}")?)
}

/// Says that something was done.
///
/// # Errors
/// When standard output is closed.
pub fn done(is_json: bool, message: &str) -> anyhow::Result<()> {
    if is_json { json(&json!({"success": true, "message": message})) } else { line(message) }
}

/// Writes rows under headings, in the terminal's width.
///
/// # Errors
/// When standard output is closed.
pub fn table<const N: usize>(columns: [Column; N], rows: impl IntoIterator<Item = [String; N]>) -> anyhow::Result<()> {
    table::lines(columns, rows, room()).iter().try_for_each(|text| line(text))
}

/// Says what is wrong.
pub fn error(text: &str) {
    tell("error", text);
}

/// Says what may be wrong.
pub fn warning(text: &str) {
    tell("warning", text);
}

fn tell(kind: &str, text: &str) {
    let text = if is_for_programs() {
        without_controls(&json!({ kind: text }).to_string())
    } else {
        format!("liner: {}", clean_lines(text.trim_end()))
    };
    // Where nobody listens there is nobody to tell it to.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// How far something is, on a terminal; nothing elsewhere.
pub fn progress(length: Option<u64>) -> ProgressBar {
    let target =
        if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    ProgressBar::with_draw_target(length, target)
}

/// Whether what is printed may be in colour: on a terminal that knows colours, unless `NO_COLOR` is set.
pub fn is_coloured() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    std::io::stdout().is_terminal() && !is_dumb && !is_set("NO_COLOR")
}

/// The columns that a line may take: what `COLUMNS` says, else the terminal; as many as it wants where there is neither.
fn room() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(|| {
        let output = std::io::stdout();
        let size = output.is_terminal().then(|| rustix::termios::tcgetwinsize(&output).ok()).flatten()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    })
}

/// JSON may hold DEL and the C1 controls as they are, which a terminal obeys; escaped they mean the same.
fn without_controls(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() { text.push_str(&format!("\\u{:04x}", u32::from(c))) } else { text.push(c) }
    }
    text
}
