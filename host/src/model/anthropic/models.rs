//! What a model can do, asked from `GET /v1/models/{id}` before its first prompt: it is not hard-coded, as models come and
//! go.

use super::{Anthropic, error};
use crate::model::http::header;
use crate::model::{Lifecycle, Look};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

/// The fewest tokens of a prefix that is cached. The models endpoint does not say.
const CACHEABLE_FROM: [(&str, i64); 2] = [("claude-haiku-5-5", 512), ("claude-haiku-4-5", 4_096)];
/// For models that are not in the list.
const CACHEABLE_FROM_ELSE: i64 = 1_024;

/// What matters of a model's abilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// How to have it think as little as it can.
    pub thinking: Thinking,
    /// Whether its reply can be bound to a schema.
    pub structured: bool,
    /// The most output tokens.
    pub max_output: u32,
}

/// What is said about thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// That it is off.
    Off,
    /// That it is to be little.
    Low,
    /// Nothing.
    Unsaid,
}

impl Default for Capabilities {
    /// What the models of 2026 can do; for an API that does not say.
    fn default() -> Self {
        Self { thinking: Thinking::Off, structured: true, max_output: u32::MAX }
    }
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    max_tokens: Option<u32>,
    #[serde(default)]
    capabilities: Option<Value>,
    #[serde(default)]
    lifecycle: Option<Value>,
    #[serde(default)]
    retires_at: Option<String>,
}

/// The fewest tokens of a prefix that a model caches.
pub fn cacheable_from(model: &str) -> i64 {
    CACHEABLE_FROM.iter().find(|(name, _)| model.starts_with(name)).map_or(CACHEABLE_FROM_ELSE, |(_, from)| *from)
}

/// Asks what a model can do. What goes wrong here is said by the first prompt's answer, better.
///
/// # Errors
/// When there was no answer, which another time there may be.
pub async fn ask(provider: &Anthropic) -> Result<Capabilities, ()> {
    let read = provider.client.get(&format!("/v1/models/{}", provider.model), provider.headers()).await;
    match read {
        Ok(read) if read.status.is_success() => Ok(understand(&provider.model, &read.body)),
        Ok(read) => {
            let request_id = header(&read.headers, "request-id").unwrap_or_default();
            tracing::debug!(status = %read.status, request_id, "the provider does not say what {} can do", provider.model);
            let may_pass = read.status.is_server_error() || read.status == StatusCode::TOO_MANY_REQUESTS;
            if may_pass { Err(()) } else { Ok(Capabilities::default()) }
        }
        Err(failure) => {
            tracing::debug!("the provider was not asked what {} can do: {}", provider.model, failure.error);
            Err(())
        }
    }
}

/// Looks how the model is on its way.
pub async fn look(provider: &Anthropic) -> Look {
    let read = match provider.client.get(&format!("/v1/models/{}", provider.model), provider.headers()).await {
        Ok(read) => read,
        Err(failure) => return Look::failed(failure.error),
    };
    let said = |model: &Model| {
        let lifecycle = model.lifecycle.as_ref().and_then(Value::as_str);
        Lifecycle::of(&provider.model, lifecycle, model.retires_at.as_deref())
    };
    let is_unknown_path = read.status == StatusCode::NOT_FOUND && !error::is_envelope(&read.body);
    let model = if read.status.is_success() {
        let model = serde_json::from_slice::<Model>(&read.body);
        Ok(model.map_or_else(|_| Lifecycle::of(&provider.model, None, None), |model| said(&model)))
    } else if is_unknown_path {
        // Not every server that speaks this API tells of its models.
        Ok(Lifecycle::of(&provider.model, None, None))
    } else {
        Err(provider.refused(&read).error)
    };
    Look::of(&read, model)
}

fn understand(name: &str, body: &[u8]) -> Capabilities {
    let Ok(model) = serde_json::from_slice::<Model>(body) else { return Capabilities::default() };
    if let Some(at) = &model.retires_at {
        let lifecycle = model.lifecycle.as_ref().and_then(Value::as_str).unwrap_or_default();
        if lifecycle == "deprecated" {
            tracing::warn!("{name} is deprecated and retires at {at}: set AI_MODEL to its successor");
        }
    }
    let max_output = model.max_tokens.filter(|most| *most > 0).unwrap_or(u32::MAX);
    let Some(said) = model.capabilities else { return Capabilities { max_output, ..Capabilities::default() } };
    let thinking = match (can(said.pointer("/thinking/types/disabled")), can(said.pointer("/effort"))) {
        (Some(true), _) | (None, None) => Thinking::Off,
        (_, Some(true)) => Thinking::Low,
        _ => Thinking::Unsaid,
    };
    let structured = can(said.pointer("/structured_outputs")).unwrap_or(true);
    Capabilities { thinking, structured, max_output }
}

/// An ability is `true`, or an object that says `supported`.
fn can(ability: Option<&Value>) -> Option<bool> {
    let ability = ability?;
    ability.as_bool().or_else(|| ability.get("supported")?.as_bool())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn understood(capabilities: Value) -> Capabilities {
        let model = json!({"id": "m", "type": "model", "max_tokens": 64_000, "capabilities": capabilities});
        understand("m", model.to_string().as_bytes())
    }

    #[test]
    fn a_model_thinks_as_little_as_it_can() {
        let types = |disabled: Value| json!({"thinking": {"types": {"disabled": disabled}}, "effort": true});
        assert_eq!(understood(types(json!(true))).thinking, Thinking::Off);
        assert_eq!(understood(types(json!({"supported": true}))).thinking, Thinking::Off);
        assert_eq!(understood(types(json!({"supported": false}))).thinking, Thinking::Low);
        let neither = json!({"thinking": {"types": {"disabled": false}}, "effort": {"supported": false}});
        assert_eq!(understood(neither).thinking, Thinking::Unsaid);
    }

    #[test]
    fn what_is_not_said_is_taken_from_the_models_of_the_year() {
        let known = understood(json!({"structured_outputs": {"supported": false}}));
        assert_eq!(known, Capabilities { structured: false, max_output: 64_000, ..Capabilities::default() });
        assert_eq!(understand("m", b"<html>"), Capabilities::default());
    }

    #[test]
    fn what_can_be_cached_depends_on_the_model() {
        assert_eq!((cacheable_from("claude-haiku-5-5"), cacheable_from("claude-haiku-4-5-20251001")), (512, 4_096));
    }
}
