//! `liner plugin check`: admission, and what it found out.

use crate::cli::{open, output};
use crate::config::Config;
use crate::strategy::admission::{Terms, admit_and_report};
use anyhow::Context;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner plugin check target/wasm32-unknown-unknown/release/dashes.wasm")]
pub struct Check {
    /// A component, or a core module as cargo leaves it
    file: PathBuf,
    /// Its configuration; its own default without it
    #[arg(long)]
    config: Option<String>,
    /// Let it import WASI, of which it gets an empty one
    #[arg(long)]
    allow_wasi: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

impl Check {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let bytes = std::fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let (runtime, cache) = (open::runtime(config)?, open::cache(config));
        let (given, terms) = (bytes.len(), (self.config, self.allow_wasi));
        // WASI blocks, and so does compiling.
        let checked = tokio::task::spawn_blocking(move || {
            let terms = Terms { config: terms.0.as_deref(), allow_wasi: terms.1 };
            admit_and_report(&runtime, &cache, &bytes, terms)
        })
        .await?;
        let (strategy, report) = match checked {
            Ok(checked) => checked,
            Err(refusal) => {
                if self.json {
                    let refused = json!({"admitted": false, "step": refusal.step(), "reason": refusal.to_string()});
                    output::json(&refused)?;
                } else {
                    output::line(&format!("refused at step {refusal}"))?;
                }
                return Ok(ExitCode::FAILURE);
            }
        };
        let description = strategy.description();
        let bytes = report.component.len();
        if self.json {
            output::json(&json!({
                "admitted": true, "name": description.name, "version": description.version,
                "digest": strategy.digest(), "contract": report.interfaces.contract(),
                "summary": description.summary, "asks_model": description.asks_model, "size": bytes,
                "imports": report.interfaces.imports, "compiled_ms": report.compiled_in.as_millis(),
                "config": strategy.config(),
            }))?;
            return Ok(ExitCode::SUCCESS);
        }
        let encoded = if bytes == given { "" } else { " (encoded from a core module)" };
        let imports = match report.interfaces.imports.as_slice() {
            [] => "none".to_owned(),
            imports => imports.join(", "),
        };
        let rows = [
            ("admitted", format!("{} {}", description.name, description.version)),
            ("what it does", description.summary.clone()),
            ("digest", strategy.digest().to_string()),
            ("contract", report.interfaces.contract().unwrap_or_default().to_owned()),
            ("imports", imports),
            ("asks a model", if description.asks_model { "yes" } else { "no" }.to_owned()),
            ("size", format!("{bytes} bytes{encoded}")),
            ("compiled in", format!("{} ms", report.compiled_in.as_millis())),
            ("config", strategy.config().to_owned()),
        ];
        for (name, value) in rows {
            output::line(&format!("{name:<13}{value}"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
