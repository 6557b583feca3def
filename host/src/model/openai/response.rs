//! A response of status 200 as an answer.

use crate::model::{Answer, Billed};
use crate::music::{Headroom, Reply, Stop, storable};
use serde::Deserialize;

/// Only what is read of one. What the model thought, in `reasoning` or `reasoning_content`, is no part of its reply.
#[derive(Deserialize)]
struct Completion {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    model: Option<String>,
    choices: Vec<Choice>,
    #[serde(default)]
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Choice {
    message: Message,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    content: Option<Content>,
    #[serde(default)]
    refusal: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize, Default)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: Option<i64>,
    #[serde(default)]
    completion_tokens: Option<i64>,
    #[serde(default)]
    prompt_tokens_details: Option<Details>,
}

#[derive(Deserialize, Default)]
struct Details {
    #[serde(default)]
    cached_tokens: Option<i64>,
    #[serde(default)]
    cache_write_tokens: Option<i64>,
}

impl Content {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Parts(parts) => {
                parts.into_iter().filter(|part| part.kind == "text").filter_map(|part| part.text).collect()
            }
        }
    }
}

impl Tokens {
    /// What is not said is not nothing.
    const fn is_said(&self) -> bool {
        self.prompt_tokens.is_some() && self.completion_tokens.is_some()
    }

    /// `prompt_tokens` is all input, what was read from the cache and written to it too.
    fn billed(&self) -> Billed {
        let count = |tokens: Option<i64>| tokens.unwrap_or(0).max(0);
        let details = self.prompt_tokens_details.as_ref();
        let all = count(self.prompt_tokens);
        let cache_read = count(details.and_then(|details| details.cached_tokens)).min(all);
        let cache_write = count(details.and_then(|details| details.cache_write_tokens)).min(all - cache_read);
        let input = all - cache_read - cache_write;
        Billed { input, cache_write, cache_read, output: count(self.completion_tokens) }
    }
}

/// A body as an answer, at what a model's tokens cost; or why it is none.
pub fn answer(
    asked: &str,
    body: &[u8],
    request_id: Option<String>,
    cost: impl Fn(&str, Billed) -> Option<i64>,
) -> Result<Answer, String> {
    let completion: Completion = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let choice = completion.choices.into_iter().next().ok_or_else(|| "it has no choice".to_owned())?;
    let model = completion.model.filter(|model| !model.is_empty()).unwrap_or_else(|| asked.to_owned());
    let usage = completion.usage.unwrap_or_default();
    let billed = usage.billed();
    let cost_micros = cost(&model, billed).or_else(|| cost(asked, billed)).filter(|_| usage.is_said());
    let stop = stop(&choice);
    let text = choice.message.content.map(Content::text).unwrap_or_default();
    Ok(Answer {
        reply: Reply { text: storable(bare(&text).to_owned()), stop, model: storable(model) },
        request_id: request_id.or(completion.id),
        usage: billed.usage(cost_micros),
        headroom: Headroom::default(),
    })
}

fn stop(choice: &Choice) -> Stop {
    if choice.message.refusal.as_deref().is_some_and(|refusal| !refusal.is_empty()) {
        return Stop::Refused;
    }
    match choice.finish_reason.as_deref() {
        Some("stop") => Stop::Complete,
        Some("length") => Stop::Truncated,
        Some("content_filter") => Stop::Refused,
        _ => Stop::Other,
    }
}

/// A text without what surrounds a reply: servers that do not part a model's thinking from it leave that in front, and
/// models that are bound by nothing put a fence around JSON.
fn bare(text: &str) -> &str {
    let reply = without_thinking(text.trim());
    without_fence(reply).unwrap_or(reply)
}

/// Thinking that does not end was cut off, and there is no reply.
fn without_thinking(text: &str) -> &str {
    match text.strip_prefix("<think>") {
        Some(thinking) => thinking.split_once("</think>").map_or("", |(_, reply)| reply.trim_start()),
        // Some templates begin it themselves. JSON may speak of it.
        None if !text.starts_with(['{', '[', '`']) => {
            text.split_once("</think>").map_or(text, |(_, reply)| reply.trim_start())
        }
        None => text,
    }
}

fn without_fence(text: &str) -> Option<&str> {
    let (language, fenced) = text.strip_prefix("```")?.split_once('\n')?;
    let is_json = language.trim().is_empty() || language.trim().eq_ignore_ascii_case("json");
    Some(fenced.strip_suffix("```")?.trim()).filter(|_| is_json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Prices;
    use crate::music::Usage;
    use serde_json::{Value, json};

    fn understood(body: &Value) -> Answer {
        let prices = Prices::from_text("acme-1=2/8/0.5/3").unwrap();
        let cost = |model: &str, billed| prices.cost_micros(model, billed);
        answer("acme-1", body.to_string().as_bytes(), None, cost).unwrap()
    }

    fn saying(content: Value) -> Answer {
        understood(&json!({"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}))
    }

    #[test]
    fn a_reply_is_the_content_and_not_what_the_model_thought() {
        let message = json!({"role": "assistant", "content": "[]", "reasoning": "hm", "reasoning_content": "hm"});
        let body = json!({
            "id": "chatcmpl-1", "model": "acme-1-2026", "choices": [{"message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 7, "completion_tokens": 3}
        });
        let answer = understood(&body);
        assert_eq!((answer.reply.text.as_str(), answer.reply.stop), ("[]", Stop::Complete));
        assert_eq!((answer.reply.model.as_str(), answer.request_id.as_deref()), ("acme-1-2026", Some("chatcmpl-1")));
        assert_eq!((answer.usage.tokens_in, answer.usage.tokens_out), (7, 3));
    }

    #[test]
    fn thinking_in_front_of_a_reply_and_a_fence_around_it_are_taken_off() {
        for (content, text) in [
            ("<think>a [b]\n</think>\n\n{\"a\":1}", "{\"a\":1}"),
            ("\n<think></think>[]", "[]"),
            ("<think>it was cut off {", ""),
            ("```json\n{\"a\":1}\n```", "{\"a\":1}"),
            ("<think>x</think>\n```\n[1]\n```\n", "[1]"),
            ("{\"t\":\"<think>x</think>\"}", "{\"t\":\"<think>x</think>\"}"),
            ("See:\n```json\n{}\n```", "See:\n```json\n{}\n```"),
            ("```rust\nfn\n```", "```rust\nfn\n```"),
            ("```json\n{\"a\":", "```json\n{\"a\":"),
        ] {
            assert_eq!(saying(json!(content)).reply.text, text, "{content}");
        }
    }

    #[test]
    fn content_may_be_in_parts_or_missing() {
        let parts = json!([{"type": "text", "text": "[1,"}, {"type": "image_url"}, {"type": "text", "text": "2]"}]);
        assert_eq!(saying(parts).reply.text, "[1,2]");
        let calls =
            json!({"choices": [{"message": {"content": null, "tool_calls": []}, "finish_reason": "tool_calls"}]});
        let answer = understood(&calls);
        assert_eq!((answer.reply.text.as_str(), answer.reply.stop), ("", Stop::Other));
    }

    #[test]
    fn why_a_model_stopped_reaches_the_strategy() {
        let stop = |reason: Value, refusal: Value| {
            let message = json!({"content": "x", "refusal": refusal});
            understood(&json!({"choices": [{"message": message, "finish_reason": reason}]})).reply.stop
        };
        assert_eq!(stop(json!("stop"), Value::Null), Stop::Complete);
        assert_eq!(stop(json!("length"), Value::Null), Stop::Truncated);
        assert_eq!(stop(json!("content_filter"), Value::Null), Stop::Refused);
        assert_eq!(stop(json!("stop"), json!("I cannot help with that.")), Stop::Refused);
        assert_eq!(stop(Value::Null, Value::Null), Stop::Other);
    }

    #[test]
    fn cached_tokens_are_part_of_the_input_and_count_once() {
        let usage = |usage: Value| {
            understood(&json!({"choices": [{"message": {}, "finish_reason": "stop"}], "usage": usage})).usage
        };
        let details = json!({"cached_tokens": 600, "cache_write_tokens": 100});
        let counted = usage(json!({
            "prompt_tokens": 1_000, "completion_tokens": 50, "prompt_tokens_details": details,
            "completion_tokens_details": {"reasoning_tokens": 40}
        }));
        assert_eq!((counted.tokens_in, counted.tokens_cached, counted.tokens_written), (1_000, 600, 100));
        assert_eq!((counted.tokens_out, counted.cost_micros), (50, Some(300 * 2 + 300 + 300 + 50 * 8)));
        let details = json!({"cached_tokens": 50});
        let wrong = usage(json!({"prompt_tokens": 10, "completion_tokens": 0, "prompt_tokens_details": details}));
        assert_eq!((wrong.tokens_in, wrong.tokens_cached), (10, 10), "more was cached than there was");
    }

    #[test]
    fn usage_that_is_not_told_costs_an_unknown_sum_and_not_nothing() {
        assert_eq!(saying(json!("[]")).usage, Usage::default());
        assert_eq!(saying(json!("[]")).usage.cost_micros, None);
        let half_told = |usage: Value| understood(&json!({"choices": [{"message": {}}], "usage": usage})).usage;
        assert_eq!(half_told(json!({})).cost_micros, None);
        assert_eq!(half_told(json!({"prompt_tokens": 10})).cost_micros, None);
    }

    #[test]
    fn what_no_database_stores_is_left_out() {
        assert_eq!(saying(json!("a\0b")).reply.text, "ab");
    }

    #[test]
    fn what_is_no_completion_is_no_answer() {
        for body in ["", "<html>", "{}", r#"{"choices":[]}"#, r#"{"choices":null}"#, r#"{"choices":[{}]}"#] {
            assert!(answer("m", body.as_bytes(), None, |_, _| None).is_err(), "{body}");
        }
    }
}
