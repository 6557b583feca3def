//! From a question to its answer, live or in a batch, in the words of the API that was asked.

use super::refusal::{self, Refusal};
use super::usage::{self, Input};
use super::{Shared, Wire, chat, models};
use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// How a question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tier {
    Live,
    Batch,
}

impl Shared {
    /// The answer to a question, of which so many came before.
    pub(super) async fn answer(&self, wire: Wire, tier: Tier, before: usize, question: &Value) -> Response {
        let input = self.cache.input(wire, question);
        if tier == Tier::Live {
            tokio::time::sleep(self.behaviour.delay).await;
            match self.gate.acquire().await {
                Ok(permit) => permit.forget(),
                Err(_) => return Refusal::of_status(503).into_response(),
            }
        }
        if let Some(refusal) = self.refusal(wire, question) {
            return refusal.into_response();
        }
        let response = (self.behaviour.script)(before, question);
        if wire == Wire::Anthropic && tier == Tier::Live && !self.behaviour.counts {
            return response;
        }
        self.worded(wire, tier, question, input, response).await
    }

    /// A script's response as the API that was asked would have written it.
    async fn worded(&self, wire: Wire, tier: Tier, question: &Value, input: Input, response: Response) -> Response {
        let (mut parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let Ok(mut answer) = serde_json::from_slice::<Value>(&bytes) else {
            return Response::from_parts(parts, Body::from(bytes));
        };
        if answer["type"] == "message" {
            if self.behaviour.counts {
                self.count(tier, question, input, &mut answer);
            } else if tier == Tier::Batch {
                answer["usage"]["service_tier"] = "batch".into();
            }
            self.cache.answered(question);
        }
        if wire == Wire::OpenAi {
            answer = match answer["type"].as_str() {
                Some("message") => chat::translated(&answer, self.next(), self.behaviour.reasons),
                _ => refusal::translated(parts.status.as_u16(), answer),
            };
        }
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(parts, Body::from(answer.to_string()))
    }

    /// Makes a message one about this question: its model, its length, its price.
    fn count(&self, tier: Tier, question: &Value, input: Input, message: &mut Value) {
        let limit = ["max_tokens", "max_completion_tokens"].iter().find_map(|name| question[name].as_u64());
        let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap());
        let mut output = 0;
        for block in message["content"].as_array_mut().into_iter().flatten() {
            let text = usage::cut(block["text"].as_str().unwrap_or_default(), limit - output);
            output += usage::tokens(&text);
            block["text"] = text.into();
        }
        if output == limit {
            message["stop_reason"] = "max_tokens".into();
        }
        message["id"] = format!("msg_{:024}", self.next()).into();
        message["model"] = models::full_name(question["model"].as_str().unwrap_or_default()).into();
        message["stop_details"] = message.get("stop_details").cloned().unwrap_or(Value::Null);
        let tier = if tier == Tier::Batch { "batch" } else { "standard" };
        message["usage"] = usage::of_message(input, output, tier);
    }

    /// Why the real API would not answer a question.
    fn refusal(&self, wire: Wire, question: &Value) -> Option<Refusal> {
        if wire == Wire::OpenAi && self.behaviour.reasons {
            chat::refused_by_reasoning(question)
        } else if self.behaviour.checks {
            checked(wire, question).err()
        } else {
            None
        }
    }
}

fn checked(wire: Wire, question: &Value) -> Result<(), Refusal> {
    let model = question["model"].as_str().unwrap_or_default();
    if question["messages"].as_array().is_none_or(Vec::is_empty) {
        return Err(Refusal::invalid("messages: Field required"));
    }
    models::answers(wire, model)?;
    if wire == Wire::OpenAi {
        return Ok(());
    }
    if question["max_tokens"].as_u64().is_none() {
        return Err(Refusal::invalid("max_tokens: Field required"));
    }
    let sampling = ["temperature", "top_p", "top_k"].into_iter().find(|name| !question[name].is_null());
    if let Some(name) = sampling {
        return Err(Refusal::invalid(&format!("{name}: not supported by {model}")));
    }
    if !question["output_config"]["effort"].is_null() && !models::takes_effort(model) {
        return Err(Refusal::invalid("This model does not support the effort parameter."));
    }
    Ok(())
}

/// What became of a question of a batch.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    /// It was answered with a status and a body.
    Answered(u16, Value),
    /// The batch was cancelled before.
    Canceled,
    /// It was not answered in time.
    Expired,
}

impl Shared {
    /// The answer to a question of a batch.
    pub(super) async fn outcome(&self, wire: Wire, question: &Value) -> Outcome {
        let mut response = self.answer(wire, Tier::Batch, self.count_question(), question).await;
        if let Some(refusal) = response.extensions_mut().remove::<Refusal>() {
            let request_id = format!("req_{:024}", self.next());
            return Outcome::Answered(refusal.status, refusal.envelope(wire, &request_id));
        }
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes);
        Outcome::Answered(status, body.unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes))))
    }
}
