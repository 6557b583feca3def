//! Calls as statements write them.

use super::json::json;
use super::{CallAnswer, Rate, StoreError};
use crate::music::Prompt;
use serde::Serialize;

/// What prompts of one kind have in common. It is kept once: it is the larger part of most prompts.
pub struct Frame<'a> {
    /// SHA-256 of both, in hex.
    pub digest: String,
    pub system: &'a str,
    pub response_schema: Option<&'a str>,
}

impl<'a> Frame<'a> {
    pub fn of(prompt: &'a Prompt) -> Self {
        let (system, response_schema) = (prompt.system.as_str(), prompt.response_schema.as_deref());
        Self { digest: crate::digest::hex(&prompt.frame_digest()), system, response_schema }
    }
}

#[derive(Serialize)]
struct Rest<'a> {
    tag: &'a str,
    indexes: &'a [u32],
    user: &'a str,
    max_output_tokens: u32,
}

/// What a prompt says besides its frame.
pub fn rest_of(prompt: &Prompt) -> Result<String, StoreError> {
    json(&Rest {
        tag: &prompt.tag,
        indexes: &prompt.indexes,
        user: &prompt.user,
        max_output_tokens: prompt.max_output_tokens,
    })
}

/// An answer's columns.
#[derive(Default)]
pub struct Answered<'a> {
    pub reply: Option<&'a str>,
    pub stop: Option<&'static str>,
    pub answered_by: Option<&'a str>,
    pub request_id: Option<&'a str>,
    pub tokens_in: Option<i64>,
    pub tokens_cached: Option<i64>,
    pub tokens_written: Option<i64>,
    pub tokens_out: Option<i64>,
    pub retries: i64,
    pub rate: Option<Rate>,
    /// Whether it cost something, and nobody knows what: the budget takes what was set aside for it as spent.
    pub is_cost_unknown: bool,
    pub cost_micros: Option<i64>,
    pub latency_ms: Option<i64>,
    pub error: Option<&'a str>,
}

pub fn answered(answer: &CallAnswer) -> Answered<'_> {
    match answer {
        CallAnswer::Reply { reply, request_id, usage, rate, retries, latency_ms } => Answered {
            tokens_written: Some(usage.tokens_written),
            rate: *rate,
            is_cost_unknown: usage.cost_micros.is_none(),
            retries: i64::from(*retries),
            reply: Some(&reply.text),
            stop: Some(reply.stop.name()),
            answered_by: Some(&reply.model),
            request_id: request_id.as_deref(),
            tokens_in: Some(usage.tokens_in),
            tokens_cached: Some(usage.tokens_cached),
            tokens_out: Some(usage.tokens_out),
            cost_micros: usage.cost_micros,
            latency_ms: Some(*latency_ms),
            error: None,
        },
        CallAnswer::Error { reason, retries, perhaps_paid } => Answered {
            error: Some(reason),
            retries: i64::from(*retries),
            is_cost_unknown: *perhaps_paid,
            ..Answered::default()
        },
    }
}
