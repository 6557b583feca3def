//! What a question and its answer cost in tokens: one for every four characters, and the system text and the schema from
//! the cache when they were answered before.

use super::Wire;
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Mutex;

const CHARACTERS_A_TOKEN: usize = 4;

/// Tokens of input by what they are billed as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Input {
    pub plain: usize,
    pub written: usize,
    pub read: usize,
}

impl Input {
    pub(super) const fn total(self) -> usize {
        self.plain + self.written + self.read
    }
}

/// The beginnings of questions that were answered.
#[derive(Default)]
pub(super) struct PromptCache(Mutex<HashSet<String>>);

impl PromptCache {
    /// The input of a question that arrives now. Whatever is answered later makes no difference to it.
    pub(super) fn input(&self, wire: Wire, question: &Value) -> Input {
        let (prefix, rest) = (tokens(&prefix(question)), tokens(&user(question)));
        let cacheable = match wire {
            Wire::Anthropic => marked(question) && prefix >= least_prefix(question),
            Wire::OpenAi => prefix >= 1_024,
        };
        let known = self.0.lock().unwrap().contains(&key(question));
        match (wire, cacheable, known) {
            (_, true, true) => Input { plain: rest, written: 0, read: prefix },
            (Wire::Anthropic, true, false) => Input { plain: rest, written: prefix, read: 0 },
            _ => Input { plain: prefix + rest, written: 0, read: 0 },
        }
    }

    /// Notes that a question was answered.
    pub(super) fn answered(&self, question: &Value) {
        self.0.lock().unwrap().insert(key(question));
    }
}

/// Prefixes are cached for each model alone.
fn key(question: &Value) -> String {
    format!("{}\n{}", question["model"], prefix(question))
}

/// What is the same in many questions: the schema and the system text.
fn prefix(question: &Value) -> String {
    let schemas =
        [&question["output_config"]["format"]["schema"], &question["response_format"]["json_schema"]["schema"]];
    let schema: String = schemas.iter().filter(|schema| !schema.is_null()).map(|schema| schema.to_string()).collect();
    let tools = if question["tools"].is_array() { question["tools"].to_string() } else { String::new() };
    format!(
        "{tools}{schema}{}{}",
        text(&question["system"]),
        said(question, |role| role != "user" && role != "assistant")
    )
}

/// What is said in this question alone.
fn user(question: &Value) -> String {
    said(question, |role| role == "user" || role == "assistant")
}

fn said(question: &Value, by: impl Fn(&str) -> bool) -> String {
    let messages = question["messages"].as_array().into_iter().flatten();
    messages
        .filter(|message| message["role"].as_str().is_some_and(&by))
        .map(|message| text(&message["content"]))
        .collect()
}

/// A text that is written as a string or in blocks.
pub(super) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => blocks.iter().filter_map(|block| block["text"].as_str()).collect(),
        _ => String::new(),
    }
}

pub(super) fn tokens(text: &str) -> usize {
    text.chars().count().div_ceil(CHARACTERS_A_TOKEN)
}

fn marked(question: &Value) -> bool {
    let blocks = question["system"].as_array().into_iter().flatten();
    !question["cache_control"].is_null() || blocks.into_iter().any(|block| !block["cache_control"].is_null())
}

/// Shorter prefixes are not cached, without a word.
fn least_prefix(question: &Value) -> usize {
    if question["model"].as_str().is_some_and(|model| model.starts_with("claude-haiku-4-5")) { 4_096 } else { 512 }
}

/// A text's first tokens.
pub(super) fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit.saturating_mul(CHARACTERS_A_TOKEN)).collect()
}

/// The usage of a message of the Messages API.
pub(super) fn of_message(input: Input, output: usize, tier: &str) -> Value {
    json!({
        "input_tokens": input.plain, "cache_creation_input_tokens": input.written,
        "cache_read_input_tokens": input.read,
        "cache_creation": {"ephemeral_5m_input_tokens": input.written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output, "service_tier": tier, "inference_geo": "not_available"
    })
}

/// The usage of a message in OpenAI's words, where what was cached is counted in the whole.
pub(super) fn translated(usage: &Value, reasoned: u64) -> Value {
    let count = |name: &str| usage[name].as_u64().unwrap_or_default();
    let cached = count("cache_read_input_tokens");
    let input = count("input_tokens") + count("cache_creation_input_tokens") + cached;
    let output = count("output_tokens") + reasoned;
    json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoned, "audio_tokens": 0, "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0
        }
    })
}
