//! `liner requeue --missing FIELD`: completed entries that lack a field go through the strategies again.

use super::{open, output};
use crate::config::Config;
use crate::music::Field;
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;
use std::process::ExitCode;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  liner requeue --missing genres")]
pub struct Requeue {
    /// The field that they lack
    #[arg(long, value_name = "FIELD", value_parser = field())]
    missing: Field,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

fn field() -> impl TypedValueParser<Value = Field> {
    let named = |name: String| Field::from_name(&name).ok_or("no field");
    PossibleValuesParser::new(Field::ALL.map(Field::name)).try_map(named)
}

impl Requeue {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        let store = open::store(config).await?;
        let requeued = store.requeue_missing(self.missing).await?;
        store.close().await;
        if self.json {
            output::json(&json!({"success": true, "requeued": requeued}))?;
        } else {
            output::line(&format!("{requeued} queued again"))?;
        }
        if requeued > 0 && !config.required_fields.contains(&self.missing) {
            output::warning(&format!(
                "{} is not in LINER_REQUIRED_FIELDS, so strategies that settle title and artist are not asked for it",
                self.missing.name()
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}
