//! The models that the stub knows.

use super::Wire;
use super::refusal::Refusal;
use axum::Json;
use axum::extract::{Extension, Path};
use serde_json::{Value, json};

/// One of Anthropic's.
struct Claude {
    id: &'static str,
    /// Another name for it.
    alias: &'static str,
    name: &'static str,
    line: &'static str,
    created_at: &'static str,
    lifecycle: &'static str,
    deprecated_at: Option<&'static str>,
    retires_at: Option<&'static str>,
    max_input_tokens: u32,
    max_tokens: u32,
    structured_outputs: bool,
    /// Whether it decides itself how much it thinks, and takes an effort.
    adaptive: bool,
}

const CLAUDES: [Claude; 4] = [
    Claude {
        id: "claude-haiku-5-5",
        alias: "claude-haiku-5-5",
        name: "Claude Haiku 5.5",
        line: "haiku",
        created_at: "2026-10-07T00:00:00Z",
        lifecycle: "active",
        deprecated_at: None,
        retires_at: None,
        max_input_tokens: 1_000_000,
        max_tokens: 128_000,
        structured_outputs: true,
        adaptive: true,
    },
    Claude {
        id: "claude-haiku-4-5-20251001",
        alias: "claude-haiku-4-5",
        name: "Claude Haiku 4.5",
        line: "haiku",
        created_at: "2025-10-15T00:00:00Z",
        lifecycle: "active",
        deprecated_at: None,
        retires_at: None,
        max_input_tokens: 200_000,
        max_tokens: 64_000,
        structured_outputs: true,
        adaptive: false,
    },
    Claude {
        id: "claude-sonnet-4-5-20250929",
        alias: "claude-sonnet-4-5",
        name: "Claude Sonnet 4.5",
        line: "sonnet",
        created_at: "2025-09-29T00:00:00Z",
        lifecycle: "deprecated",
        deprecated_at: Some("2026-06-01T00:00:00Z"),
        retires_at: Some("2026-11-30T00:00:00Z"),
        max_input_tokens: 200_000,
        max_tokens: 64_000,
        structured_outputs: true,
        adaptive: false,
    },
    Claude {
        id: "claude-3-5-haiku-20241022",
        alias: "claude-3-5-haiku-latest",
        name: "Claude Haiku 3.5",
        line: "haiku",
        created_at: "2024-10-22T00:00:00Z",
        lifecycle: "retired",
        deprecated_at: Some("2025-12-19T00:00:00Z"),
        retires_at: Some("2026-02-19T00:00:00Z"),
        max_input_tokens: 200_000,
        max_tokens: 8_192,
        structured_outputs: false,
        adaptive: false,
    },
];

const GPTS: [&str; 2] = ["gpt-4o-mini", "gpt-5-nano"];

impl Claude {
    fn named(name: &str) -> Option<&'static Self> {
        CLAUDES.iter().find(|model| model.id == name || model.alias == name)
    }

    fn shown(&self) -> Value {
        let supported = |supported: bool| json!({"supported": supported});
        let (always, adaptive) = (supported(true), supported(self.adaptive));
        json!({
            "type": "model", "id": self.id, "display_name": self.name, "created_at": self.created_at,
            "line": self.line, "lifecycle": self.lifecycle, "deprecated_at": self.deprecated_at,
            "retires_at": self.retires_at, "max_input_tokens": self.max_input_tokens, "max_tokens": self.max_tokens,
            "capabilities": {
                "batch": always, "citations": always, "code_execution": always,
                "context_management": {
                    "supported": true, "clear_thinking_20251015": always, "clear_tool_uses_20250919": always,
                    "compact_20260112": adaptive
                },
                "effort": {
                    "supported": self.adaptive, "low": adaptive, "medium": adaptive, "high": adaptive,
                    "xhigh": adaptive, "max": adaptive
                },
                "image_input": always, "pdf_input": always,
                "server_tools": {"supported": true, "code_execution": always, "web_search": always},
                "structured_outputs": supported(self.structured_outputs),
                "thinking": {
                    "supported": true,
                    "types": {
                        "adaptive": adaptive, "between_tools": adaptive, "disabled": always,
                        "enabled": supported(!self.adaptive)
                    }
                }
            }
        })
    }
}

/// The name by which a model answers that was asked by a name.
pub(super) fn full_name(name: &str) -> &str {
    Claude::named(name).map_or(name, |model| model.id)
}

/// Whether a model takes an effort.
pub(super) fn takes_effort(name: &str) -> bool {
    Claude::named(name).is_some_and(|model| model.adaptive)
}

/// Whether a model answers questions.
pub(super) fn answers(wire: Wire, name: &str) -> Result<(), Refusal> {
    let there = match wire {
        Wire::Anthropic => Claude::named(name).is_some_and(|model| model.lifecycle != "retired"),
        Wire::OpenAi => GPTS.contains(&name),
    };
    if there { Ok(()) } else { Err(unknown(wire, name)) }
}

fn unknown(wire: Wire, name: &str) -> Refusal {
    match wire {
        Wire::Anthropic => Refusal::not_found(&format!("model: {name}")),
        Wire::OpenAi => {
            let message = format!("The model `{name}` does not exist or you do not have access to it.");
            Refusal::not_found(&message).openai(None, "model_not_found")
        }
    }
}

pub(super) async fn list(Extension(wire): Extension<Wire>) -> Json<Value> {
    let models: Vec<Value> = match wire {
        Wire::Anthropic => CLAUDES.iter().filter(|model| model.lifecycle != "retired").map(Claude::shown).collect(),
        Wire::OpenAi => GPTS.iter().map(|id| gpt(id)).collect(),
    };
    Json(json!({"object": "list", "data": models, "has_more": false}))
}

fn gpt(id: &str) -> Value {
    json!({"id": id, "object": "model", "created": 1_721_172_741, "owned_by": "system"})
}

pub(super) async fn retrieve(Extension(wire): Extension<Wire>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    match wire {
        Wire::Anthropic => Claude::named(&id).map(Claude::shown),
        Wire::OpenAi => GPTS.contains(&id.as_str()).then(|| gpt(&id)),
    }
    .map(Json)
    .ok_or_else(|| unknown(wire, &id))
}
