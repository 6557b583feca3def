//! What was said about each row and how far it is right, a line of JSON a row. A later run reads it as its baseline, and
//! so does whatever reads what `liner extract --json` prints.

use super::report::Judged;
use super::verdict::Verdict;
use crate::cli::extract::Entry;
use anyhow::Context;
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    title: Option<&'a str>,
    artist: Option<&'a str>,
    album: Option<&'a str>,
    genres: &'a [String],
    release_date: Option<&'a str>,
    music_type: Option<&'a str>,
    confidence: Option<f64>,
    strategy: Option<&'a str>,
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    verdict: &'a Verdict,
}

/// Writes the file.
pub fn write(file: &str, entries: &[Entry], judged: &[Judged<'_>]) -> anyhow::Result<()> {
    let failed = || format!("cannot write {file}");
    let mut out = BufWriter::new(File::create(file).with_context(failed)?);
    for (entry, row) in entries.iter().zip(judged) {
        serde_json::to_writer(&mut out, &line(entry, row)).with_context(failed)?;
        out.write_all(b"\n").with_context(failed)?;
    }
    out.flush().with_context(failed)
}

fn line<'a>(entry: &'a Entry, row: &'a Judged<'_>) -> Line<'a> {
    Line {
        id: &row.label.id,
        title: entry.title.as_deref(),
        artist: entry.artist.as_deref(),
        album: entry.album.as_deref(),
        genres: &entry.genres,
        release_date: entry.release_date.as_deref(),
        music_type: entry.music_type.map(crate::music::MusicType::name),
        confidence: entry.confidence,
        strategy: entry.strategy.as_deref(),
        state: entry.state,
        reason: entry.reason.as_deref(),
        verdict: &row.verdict,
    }
}
