//! Requests and responses as the Messages API writes them.

use super::models::{Capabilities, Thinking};
use crate::model::http::header;
use crate::model::schema::{Subset, within};
use crate::model::{Answer, AskError, Billed, Failure, Prices};
use crate::music::{Headroom, Prompt, Reply, Stop, storable};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// How a prompt is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// To a model that can do so much.
    pub capabilities: Capabilities,
    /// Whether what it begins with is cached. The system text is the same for every batch; what differs comes after it.
    pub is_cached: bool,
}

/// A prompt as a request.
pub fn request(model: &str, prompt: &Prompt, form: Form) -> Result<Vec<u8>, Failure> {
    Ok(Value::Object(params(model, prompt, form)?).to_string().into_bytes())
}

/// A prompt as what `count_tokens` counts.
pub fn counted(model: &str, prompt: &Prompt, form: Form) -> Result<Vec<u8>, Failure> {
    let mut params = params(model, prompt, form)?;
    params.remove("max_tokens");
    Ok(Value::Object(params).to_string().into_bytes())
}

/// A prompt as the fields of a request.
pub fn params(model: &str, prompt: &Prompt, form: Form) -> Result<Map<String, Value>, Failure> {
    let mut params = Map::new();
    let mut put = |name: &str, value: Value| params.insert(name.to_owned(), value);
    put("model", json!(model));
    put("max_tokens", json!(prompt.max_output_tokens.min(form.capabilities.max_output)));
    put("messages", json!([{"role": "user", "content": prompt.user}]));
    let mut output = Map::new();
    match form.capabilities.thinking {
        // On by default, and billed as output.
        Thinking::Off => drop(put("thinking", json!({"type": "disabled"}))),
        Thinking::Low => drop(output.insert("effort".to_owned(), json!("low"))),
        Thinking::Unsaid => {}
    }
    let mut system = prompt.system.clone();
    if let Some(schema) = &prompt.response_schema {
        let schema: Value = serde_json::from_str(schema).map_err(|reason| {
            Failure::last(AskError::Final(format!("the prompt's response schema is not JSON: {reason}")))
        })?;
        if form.capabilities.structured {
            let format = json!({"type": "json_schema", "schema": within(Subset::Anthropic, &schema)});
            output.insert("format".to_owned(), format);
        } else {
            system.push_str(&format!("\n\nAnswer with JSON alone, by this schema:\n{schema}"));
        }
    }
    if !system.is_empty() {
        let mut block = json!({"type": "text", "text": system});
        if form.is_cached
            && let Some(block) = block.as_object_mut()
        {
            block.insert("cache_control".to_owned(), json!({"type": "ephemeral"}));
        }
        put("system", json!([block]));
    }
    if !output.is_empty() {
        put("output_config", Value::Object(output));
    }
    Ok(params)
}

#[derive(Deserialize)]
pub struct Message {
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

/// A response of status 200 as an answer.
pub fn answer(
    prices: &Prices,
    asked: &str,
    body: &[u8],
    request_id: Option<String>,
) -> Result<Answer, serde_json::Error> {
    let message: Message = serde_json::from_slice(body)?;
    Ok(understand(message, asked, request_id, |model, billed| prices.cost_micros(model, billed)))
}

/// A message as an answer. Blocks of thinking may precede the text; the last text block is the result.
pub fn understand(
    message: Message,
    asked: &str,
    request_id: Option<String>,
    cost: impl Fn(&str, Billed) -> Option<i64>,
) -> Answer {
    let text =
        message.content.into_iter().filter(|block| block.kind == "text").filter_map(|block| block.text).next_back();
    let stop = match message.stop_reason.as_deref() {
        Some("end_turn" | "stop_sequence") => Stop::Complete,
        Some("max_tokens" | "model_context_window_exceeded") => Stop::Truncated,
        Some("refusal") => Stop::Refused,
        _ => Stop::Other,
    };
    let model = message.model.unwrap_or_else(|| asked.to_owned());
    let billed = billed(&message.usage);
    // What is not said is not nothing.
    let is_said = message.usage.input_tokens.is_some() && message.usage.output_tokens.is_some();
    let cost_micros = cost(&model, billed).or_else(|| cost(asked, billed)).filter(|_| is_said);
    Answer {
        usage: billed.usage(cost_micros),
        reply: Reply { text: storable(text.unwrap_or_default()), stop, model: storable(model) },
        request_id: request_id.or(message.id),
        headroom: Headroom::default(),
    }
}

/// `input_tokens` is only what was neither written to nor read from the cache.
fn billed(tokens: &Tokens) -> Billed {
    let count = |tokens: Option<i64>| tokens.unwrap_or(0).max(0);
    Billed {
        input: count(tokens.input_tokens),
        cache_write: count(tokens.cache_creation_input_tokens),
        cache_read: count(tokens.cache_read_input_tokens),
        output: count(tokens.output_tokens),
    }
}

/// What `count_tokens` counted.
pub fn token_count(body: &[u8]) -> Result<i64, serde_json::Error> {
    #[derive(Deserialize)]
    struct Counted {
        input_tokens: i64,
    }
    serde_json::from_slice(body).map(|counted: Counted| counted.input_tokens)
}

/// What the response's headers say may yet be asked.
pub fn headroom(headers: &HeaderMap) -> Headroom {
    let kinds = ["requests", "input-tokens", "output-tokens"];
    let [requests, tokens_in, tokens_out] =
        kinds.map(|kind| header(headers, &format!("anthropic-ratelimit-{kind}-remaining"))?.parse::<i64>().ok());
    let used_up = kinds.iter().zip([requests, tokens_in, tokens_out]).filter(|(_, left)| *left == Some(0));
    let reset = |kind: &str| until(header(headers, &format!("anthropic-ratelimit-{kind}-reset"))?);
    let used_up_for = used_up.filter_map(|(kind, _)| reset(kind)).max();
    Headroom { requests, tokens_in, tokens_out, used_up_for }
}

fn until(time: &str) -> Option<Duration> {
    let time: jiff::Timestamp = time.parse().ok()?;
    time.duration_since(jiff::Timestamp::now()).try_into().ok()
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
        let form = Form { capabilities: Capabilities::default(), is_cached: true };
        let put = |form| serde_json::from_slice::<Value>(&request("claude-haiku-5-5", &prompt, form).unwrap()).unwrap();
        let request = put(form);
        assert_eq!(request["system"][0]["cache_control"]["type"], "ephemeral");
        let short = put(Form { is_cached: false, ..form });
        assert!(short["system"][0].get("cache_control").is_none(), "a short prefix would only be paid for");
        assert_eq!(request["thinking"]["type"], "disabled");
        assert_eq!(request["output_config"]["format"]["schema"]["type"], "object");
        assert_eq!((&request["max_tokens"], &request["messages"][0]["role"]), (&json!(900), &json!("user")));
        assert!(request.get("temperature").is_none(), "the current version refuses it");
    }

    #[test]
    fn a_model_is_asked_for_what_it_can_do() {
        let prompt = Prompt { response_schema: Some("{}".into()), max_output_tokens: 900, ..Prompt::default() };
        let can = Capabilities { thinking: Thinking::Low, structured: false, max_output: 500 };
        let put = params("m", &prompt, Form { capabilities: can, is_cached: false }).unwrap();
        assert_eq!((&put["max_tokens"], &put["output_config"]), (&json!(500), &json!({"effort": "low"})));
        assert!(put.get("thinking").is_none());
        assert!(put["system"][0]["text"].as_str().unwrap().contains("by this schema"));
    }

    #[test]
    fn a_schema_that_is_no_json_is_refused_before_it_costs_anything() {
        let prompt = Prompt { response_schema: Some("{".into()), ..Prompt::default() };
        let failure = params("m", &prompt, Form { capabilities: Capabilities::default(), is_cached: false });
        assert!(matches!(failure.unwrap_err().error, AskError::Final(reason) if reason.contains("not JSON")));
    }

    #[test]
    fn a_rate_that_is_used_up_is_known_before_it_is_refused() {
        let soon = (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(30)).to_string();
        let headers = |left: &str| {
            let pairs = [("remaining", left), ("reset", soon.as_str())];
            let header = |(name, value): (&str, &str)| {
                let name = format!("anthropic-ratelimit-output-tokens-{name}");
                (name.parse::<reqwest::header::HeaderName>().unwrap(), value.parse().unwrap())
            };
            pairs.map(header).into_iter().collect::<HeaderMap>()
        };
        let used_up = headroom(&headers("0"));
        assert!(used_up.used_up_for.is_some_and(|rest| (25..=30).contains(&rest.as_secs())), "{used_up:?}");
        let left = headroom(&headers("70"));
        assert_eq!((left.tokens_out, left.requests, left.used_up_for), (Some(70), None, None));
    }

    #[test]
    fn the_text_is_found_behind_a_block_of_thinking_and_all_input_tokens_count() {
        let body = json!({
            "id": "msg_1", "model": "claude-haiku-5-5", "stop_reason": "end_turn",
            "content": [{"type": "thinking", "thinking": "", "signature": "x"}, {"type": "text", "text": "[]"}],
            "usage": {"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 30, "output_tokens": 4}
        });
        let answer = answer(&Prices::default(), "claude-haiku-5-5", body.to_string().as_bytes(), None).unwrap();
        assert_eq!((answer.reply.text.as_str(), answer.reply.stop), ("[]", Stop::Complete));
        assert_eq!((answer.usage.tokens_in, answer.usage.tokens_cached, answer.usage.tokens_out), (60, 30, 4));
        assert_eq!(answer.request_id.as_deref(), Some("msg_1"));
    }

    #[test]
    fn why_a_model_stopped_reaches_the_strategy() {
        for (reason, stop) in [("max_tokens", Stop::Truncated), ("refusal", Stop::Refused), ("pause_turn", Stop::Other)]
        {
            let body = json!({"content": [], "stop_reason": reason, "usage": {}});
            assert_eq!(answer(&Prices::default(), "m", body.to_string().as_bytes(), None).unwrap().reply.stop, stop);
        }
    }

    #[test]
    fn what_is_no_message_is_no_answer() {
        for body in ["", "<html>", "{}", "[1]", r#"{"content":"text"}"#] {
            assert!(answer(&Prices::default(), "m", body.as_bytes(), None).is_err(), "{body}");
        }
    }
}
