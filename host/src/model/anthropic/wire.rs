//! Requests and responses as the Messages API writes them.

use crate::model::Answer;
use crate::model::pricing::{Billed, cost_micros};
use crate::music::{Prompt, Reply, Stop, Usage, storable};
use serde::Deserialize;
use serde_json::{Value, json};

/// A prompt as a request. The system text is the same for every batch and is cached; what differs comes after it.
pub fn request(model: &str, prompt: &Prompt) -> Result<Vec<u8>, serde_json::Error> {
    let mut request = json!({
        "model": model,
        "max_tokens": prompt.max_output_tokens,
        // On by default, and billed as output.
        "thinking": {"type": "disabled"},
        "messages": [{"role": "user", "content": prompt.user}],
    });
    if let Value::Object(fields) = &mut request {
        if !prompt.system.is_empty() {
            let system = json!([{"type": "text", "text": prompt.system, "cache_control": {"type": "ephemeral"}}]);
            fields.insert("system".to_owned(), system);
        }
        if let Some(schema) = &prompt.response_schema {
            let schema: Value = serde_json::from_str(schema)?;
            fields.insert("output_config".to_owned(), json!({"format": {"type": "json_schema", "schema": schema}}));
        }
    }
    serde_json::to_vec(&request)
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    content: Vec<Block>,
    #[serde(default)]
    stop_reason: Option<String>,
    #[serde(default)]
    usage: Tokens,
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize, Default)]
struct Tokens {
    #[serde(default)]
    input_tokens: Option<i64>,
    #[serde(default)]
    cache_creation_input_tokens: Option<i64>,
    #[serde(default)]
    cache_read_input_tokens: Option<i64>,
    #[serde(default)]
    output_tokens: Option<i64>,
}

/// A response of status 200 as an answer. Blocks of thinking may precede the text; the last text block is the result.
pub fn answer(asked: &str, body: &[u8], request_id: Option<String>) -> Result<Answer, String> {
    let message: Message = serde_json::from_slice(body)
        .map_err(|error| format!("the provider's response is not a message of the Messages API: {error}"))?;
    let text =
        message.content.into_iter().filter(|block| block.kind == "text").filter_map(|block| block.text).next_back();
    let stop = match message.stop_reason.as_deref() {
        Some("end_turn" | "stop_sequence") => Stop::Complete,
        Some("max_tokens" | "model_context_window_exceeded") => Stop::Truncated,
        Some("refusal") => Stop::Refused,
        _ => Stop::Other,
    };
    let model = message.model.unwrap_or_else(|| asked.to_owned());
    Ok(Answer {
        usage: usage(&model, asked, &message.usage),
        reply: Reply { text: storable(text.unwrap_or_default()), stop, model: storable(model) },
        request_id: request_id.or(message.id),
    })
}

/// `input_tokens` is only what was neither written to nor read from the cache.
fn usage(answered: &str, asked: &str, tokens: &Tokens) -> Usage {
    let count = |tokens: Option<i64>| tokens.unwrap_or(0).max(0);
    let billed = Billed {
        input: count(tokens.input_tokens),
        cache_write: count(tokens.cache_creation_input_tokens),
        cache_read: count(tokens.cache_read_input_tokens),
        output: count(tokens.output_tokens),
    };
    Usage {
        tokens_in: billed.input + billed.cache_write + billed.cache_read,
        tokens_cached: billed.cache_read,
        tokens_out: billed.output,
        cost_micros: cost_micros(answered, billed).or_else(|| cost_micros(asked, billed)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_a_cached_prefix_a_schema_and_no_thinking() {
        let prompt = Prompt {
            tag: "extract".into(),
            indexes: vec![0],
            system: "You read titles.".into(),
            user: "t0: Ada Lane - Harbour".into(),
            response_schema: Some(r#"{"type":"object"}"#.into()),
            max_output_tokens: 900,
        };
        let request: Value = serde_json::from_slice(&request("claude-haiku-5-5", &prompt).unwrap()).unwrap();
        assert_eq!(request["system"][0]["cache_control"]["type"], "ephemeral");
        assert_eq!(request["thinking"]["type"], "disabled");
        assert_eq!(request["output_config"]["format"]["schema"]["type"], "object");
        assert_eq!((&request["max_tokens"], &request["messages"][0]["role"]), (&json!(900), &json!("user")));
        assert!(request.get("temperature").is_none(), "the current version refuses it");
    }

    #[test]
    fn the_text_is_found_behind_a_block_of_thinking_and_all_input_tokens_count() {
        let body = json!({
            "id": "msg_1", "model": "claude-haiku-5-5", "stop_reason": "end_turn",
            "content": [{"type": "thinking", "thinking": "", "signature": "x"}, {"type": "text", "text": "[]"}],
            "usage": {"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 30, "output_tokens": 4}
        });
        let answer = answer("claude-haiku-5-5", body.to_string().as_bytes(), None).unwrap();
        assert_eq!((answer.reply.text.as_str(), answer.reply.stop), ("[]", Stop::Complete));
        assert_eq!((answer.usage.tokens_in, answer.usage.tokens_cached, answer.usage.tokens_out), (60, 30, 4));
        assert_eq!(answer.request_id.as_deref(), Some("msg_1"));
    }

    #[test]
    fn why_a_model_stopped_reaches_the_strategy() {
        for (reason, stop) in [("max_tokens", Stop::Truncated), ("refusal", Stop::Refused), ("pause_turn", Stop::Other)]
        {
            let body = json!({"content": [], "stop_reason": reason, "usage": {}});
            assert_eq!(answer("m", body.to_string().as_bytes(), None).unwrap().reply.stop, stop);
        }
    }

    #[test]
    fn what_is_no_message_is_an_error_in_words() {
        for body in ["", "<html>", "{}", "[1]", r#"{"content":"text"}"#] {
            let reason = answer("m", body.as_bytes(), None).unwrap_err();
            assert!(reason.starts_with("the provider's response is not a message"), "{reason}");
        }
    }
}
