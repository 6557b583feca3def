//! A call in a trace, in the words of OpenTelemetry's conventions for generative AI. What was asked and answered is not in
//! it.

use super::{Answer, AskError, ModelProvider};
use crate::money::usd;
use crate::music::{Prompt, Stop};
use crate::telemetry::Span;
use opentelemetry::{Array, StringValue, Value};

/// Begins a call's stretch.
#[must_use]
pub fn begin(parent: &Span, provider: &dyn ModelProvider, prompt: &Prompt) -> Span {
    let span = parent.call(|| format!("chat {}", provider.model()));
    if span.is_recording() {
        span.set("gen_ai.operation.name", "chat");
        span.set("gen_ai.provider.name", provider.name());
        span.set("gen_ai.request.model", provider.model().to_owned());
        span.set("gen_ai.request.max_tokens", i64::from(prompt.max_output_tokens));
        span.set("server.address", provider.origin());
    }
    span
}

/// Notes how it ended.
pub fn end(span: &Span, answer: &Result<Answer, AskError>, retries: u32) {
    if !span.is_recording() {
        return;
    }
    span.set("http.request.resend_count", i64::from(retries));
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return span.fail(error.kind()),
    };
    let usage = &answer.usage;
    span.set("gen_ai.response.model", answer.reply.model.clone());
    span.set("gen_ai.response.finish_reasons", Value::Array(Array::String(vec![finish(answer.reply.stop)])));
    span.set("gen_ai.usage.input_tokens", usage.tokens_in);
    span.set("gen_ai.usage.output_tokens", usage.tokens_out);
    span.set("gen_ai.usage.cache_read.input_tokens", usage.tokens_cached);
    span.set("gen_ai.usage.cache_creation.input_tokens", usage.tokens_written);
    if let Some(cost) = usage.cost_micros {
        span.set("liner.cost_usd", usd(cost));
    }
}

fn finish(stop: Stop) -> StringValue {
    match stop {
        Stop::Complete => "stop",
        Stop::Truncated => "length",
        Stop::Refused => "content_filter",
        Stop::Other => "other",
    }
    .into()
}
