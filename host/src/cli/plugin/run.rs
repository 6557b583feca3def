//! `liner plugin run`: a component on tracks, each step shown with what it took, against the limits.

use crate::cli::extract::read_rows;
use crate::cli::{open, output};
use crate::config::Config;
use crate::music::{Outcome, Prompt, Reply, Step, Stop, Track};
use crate::strategy::Strategy;
use crate::strategy::admission::{Terms, admit};
use crate::strategy::cache::Cache;
use crate::strategy::limits::Limits;
use crate::strategy::runtime::{CallError, Checked, Request, Runtime, Usage};
use crate::telemetry::{self, LogFormat};
use anyhow::Context;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  liner plugin run dashes.wasm tracks.ndjson\n  liner plugin run llm.wasm tracks.ndjson --replies replies.ndjson"
)]
pub struct Run {
    /// A component, or a core module as cargo leaves it
    file: PathBuf,
    /// A file of rows, or - for standard input
    tracks: String,
    /// Replies of the model, one a line, in the order of the prompts: JSON strings, or the text as it is
    #[arg(long)]
    replies: Option<PathBuf>,
    /// Its configuration; its own default without it
    #[arg(long)]
    config: Option<String>,
    /// Let it import WASI, of which it gets an empty one
    #[arg(long)]
    allow_wasi: bool,
    /// Print a line of JSON a step
    #[arg(long)]
    json: bool,
}

impl Run {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        // What the guest logs, and the frames of a trap, are shown.
        let filter = format!("{},liner::guest=debug,liner::strategy::runtime=debug", config.log);
        telemetry::log_to_stderr(&filter, LogFormat::Human)?;
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let mut tracks = Vec::new();
        for row in read_rows(&self.tracks)? {
            tracks.push(row?.track);
        }
        let replies = self.replies.as_deref().map(read_replies).transpose()?.unwrap_or_default();
        let (runtime, cache) = (open::runtime(config)?, open::cache(config));
        // WASI blocks, and so does compiling.
        tokio::task::spawn_blocking(move || {
            let terms = Terms { config: self.config.as_deref(), allow_wasi: self.allow_wasi };
            // Refused by the same steps as in a host, before it is compiled again to be counted.
            admit(&runtime, &cache, &bytes, terms)?;
            let counting = Runtime::counting(Limits::default()).map_err(anyhow::Error::from)?;
            let strategy = admit(&counting, &Cache::none(), &bytes, terms)?;
            Session { runtime: &counting, strategy: &strategy, tracks: &tracks, replies, is_json: self.json }.show()
        })
        .await?
    }
}

fn read_replies(file: &Path) -> anyhow::Result<VecDeque<String>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let reply = |line: &str| serde_json::from_str::<String>(line).unwrap_or_else(|_| line.to_owned());
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(reply).collect())
}

struct Session<'a> {
    runtime: &'a Runtime,
    strategy: &'a Strategy,
    tracks: &'a [Track],
    replies: VecDeque<String>,
    is_json: bool,
}

impl Session<'_> {
    fn show(mut self) -> anyhow::Result<ExitCode> {
        let view: Vec<_> = self.tracks.iter().map(|track| (track, None)).collect();
        if !self.is_json {
            output::line(&format!("{:?} on {} tracks", self.strategy, view.len()))?;
        }
        let (answer, usage) = self.runtime.answer(self.strategy, Request::plan(&view));
        let Some(step) = self.told("plan", answer, usage)? else { return Ok(ExitCode::FAILURE) };
        let mut asked: VecDeque<(Prompt, u32)> = step.prompts.into_iter().map(|prompt| (prompt, 1)).collect();
        while let Some((prompt, round)) = asked.pop_front() {
            let Some(text) = self.replies.pop_front() else {
                if !self.is_json {
                    output::line(&format!("prompt {:?} is not answered: no reply is left (--replies)", prompt.tag))?;
                }
                continue;
            };
            let reply = Reply { text, stop: Stop::Complete, model: "plugin run".to_owned() };
            let request = Request::interpret(round, &view, &prompt, &reply);
            let (answer, usage) = self.runtime.answer(self.strategy, request);
            let what = format!("interpret {:?}, round {round}", prompt.tag);
            let Some(step) = self.told(&what, answer, usage)? else { return Ok(ExitCode::FAILURE) };
            if round < self.runtime.limits().rounds {
                asked.extend(step.prompts.into_iter().map(|prompt| (prompt, round + 1)));
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn told(&self, what: &str, answer: Result<Checked, CallError>, usage: Usage) -> anyhow::Result<Option<Step>> {
        if !self.is_json {
            return self.told_people(what, answer, usage);
        }
        let took = |error: Option<String>, checked: Option<&Checked>| StepTaken {
            step: what,
            ms: usage.time.as_secs_f64() * 1e3,
            memory_bytes: usage.memory,
            instructions: usage.fuel,
            error,
            decisions: checked.map(|checked| self.decided(checked)).unwrap_or_default(),
            hints: checked.map(|checked| self.believed(checked)).unwrap_or_default(),
            prompts: checked.map(|checked| checked.step.prompts.iter().map(asked).collect()).unwrap_or_default(),
            dropped: checked
                .map(|checked| checked.dropped.iter().map(ToString::to_string).collect())
                .unwrap_or_default(),
        };
        match answer {
            Ok(checked) => {
                output::json(&took(None, Some(&checked)))?;
                Ok(Some(checked.step))
            }
            Err(error) => {
                output::json(&took(Some(error.to_string()), None))?;
                Ok(None)
            }
        }
    }

    fn decided(&self, checked: &Checked) -> Vec<Value> {
        let decided = checked.step.decisions.iter().map(|(index, outcome)| match outcome {
            Outcome::Extracted(entry) => json!({"track": self.name(*index), "extracted": entry}),
            Outcome::NoMusic(reason) => json!({"track": self.name(*index), "no_music": reason}),
            Outcome::Failed(reason) => json!({"track": self.name(*index), "failed": reason}),
        });
        decided.collect()
    }

    fn believed(&self, checked: &Checked) -> Vec<Value> {
        let hints = checked.step.hints.iter();
        hints.map(|(index, hint)| json!({"track": self.name(*index), "believed": hint})).collect()
    }

    fn told_people(
        &self,
        what: &str,
        answer: Result<Checked, CallError>,
        usage: Usage,
    ) -> anyhow::Result<Option<Step>> {
        let limits = self.runtime.limits();
        output::line(&format!(
            "{what}: {:.1} of {} ms, {:.1} of {} MiB, {} instructions",
            usage.time.as_secs_f64() * 1e3,
            limits.wall_time.as_millis(),
            mebibytes(usage.memory),
            limits.memory >> 20,
            usage.fuel,
        ))?;
        match answer {
            Ok(checked) => {
                self.list(&checked)?;
                Ok(Some(checked.step))
            }
            Err(error) => {
                output::line(&format!("  failed: {error}"))?;
                Ok(None)
            }
        }
    }

    fn list(&self, checked: &Checked) -> anyhow::Result<()> {
        let Checked { step, dropped } = checked;
        for (index, outcome) in &step.decisions {
            let said = match outcome {
                Outcome::Extracted(entry) => serde_json::to_string(entry)?,
                Outcome::NoMusic(reason) => format!("no music: {reason}"),
                Outcome::Failed(reason) => format!("failed: {reason}"),
            };
            output::line(&format!("  decided {}: {said}", self.name(*index)))?;
        }
        for (index, hint) in &step.hints {
            output::line(&format!("  believes {}: {}", self.name(*index), serde_json::to_string(hint)?))?;
        }
        for prompt in &step.prompts {
            let about: Vec<String> = prompt.indexes.iter().map(|index| self.name(*index)).collect();
            let bytes = prompt.system.len() + prompt.user.len();
            output::line(&format!("  asks {:?} about {} ({bytes} bytes)", prompt.tag, about.join(", ")))?;
            for line in prompt.user.lines() {
                output::line(&format!("    | {line}"))?;
            }
        }
        for reason in dropped {
            output::line(&format!("  dropped {reason}"))?;
        }
        Ok(())
    }

    fn name(&self, index: u32) -> String {
        let track = usize::try_from(index).ok().and_then(|index| self.tracks.get(index));
        track.map_or_else(|| index.to_string(), |track| format!("{index} ({})", track.key.platform_id))
    }
}

/// A step with what it took.
#[derive(Serialize)]
struct StepTaken<'a> {
    step: &'a str,
    ms: f64,
    memory_bytes: usize,
    instructions: u64,
    error: Option<String>,
    decisions: Vec<Value>,
    hints: Vec<Value>,
    prompts: Vec<Value>,
    dropped: Vec<String>,
}

fn asked(prompt: &Prompt) -> Value {
    json!({
        "tag": prompt.tag, "indexes": prompt.indexes, "system": prompt.system, "user": prompt.user,
        "max_output_tokens": prompt.max_output_tokens,
    })
}

#[allow(clippy::cast_precision_loss)]
fn mebibytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
