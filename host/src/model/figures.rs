//! Counting what models are asked, answer and cost.

use super::{Answer, AskError, ModelProvider};
use crate::music::{Stop, Usage};
use crate::telemetry;
use std::time::Duration;

/// A provider and a model as labels.
#[must_use]
pub fn labels(provider: &str, model: &str) -> [(&'static str, String); 2] {
    [("provider", provider.to_owned()), ("model", telemetry::model(model))]
}

/// Counts a call.
pub fn count_call(provider: &dyn ModelProvider, answer: &Result<Answer, AskError>, retries: u32, elapsed: Duration) {
    let labels = labels(provider.name(), provider.model());
    metrics::histogram!("liner_model_call_seconds", &labels).record(elapsed.as_secs_f64());
    metrics::counter!("liner_model_retries_total", &labels).increment(u64::from(retries));
    let [provider, model] = labels.clone();
    metrics::counter!("liner_model_calls_total", &[provider, model, ("outcome", outcome(answer).to_owned())])
        .increment(1);
    if let Ok(answer) = answer {
        count_usage(&labels, &answer.usage);
    }
}

/// How a call ended, as figures and traces name it.
#[must_use]
pub const fn outcome(answer: &Result<Answer, AskError>) -> &'static str {
    match answer {
        Ok(answer) => match answer.reply.stop {
            Stop::Truncated => "truncated",
            Stop::Refused => "refused",
            Stop::Complete | Stop::Other => "answered",
        },
        Err(error) => error.kind(),
    }
}

/// Counts what an answer used.
pub fn count_usage(labels: &[(&'static str, String); 2], usage: &Usage) {
    let [provider, model] = labels;
    let count = |kind: &str, n: i64| {
        let labels = [provider.clone(), model.clone(), ("kind", kind.to_owned())];
        metrics::counter!("liner_model_tokens_total", &labels).increment(u64::try_from(n).unwrap_or(0));
    };
    count("input", usage.tokens_in - usage.tokens_cached - usage.tokens_written);
    count("cached", usage.tokens_cached);
    count("cache_write", usage.tokens_written);
    count("output", usage.tokens_out);
    metrics::counter!("liner_model_unpriced_total", labels).increment(u64::from(usage.cost_micros.is_none()));
    telemetry::spend(labels.clone().map(|(_, name)| name), usage.cost_micros.unwrap_or(0));
}
