//! A prompt as Chat Completions write it.

use super::dialect::Form;
use crate::model::schema::{Subset, within};
use crate::model::{AskError, Failure, ResponseFormat};
use crate::music::Prompt;
use serde_json::{Map, Value, json};

/// What a schema is called. Servers want a name and make nothing of it.
const SCHEMA_NAME: &str = "reply";

/// A prompt as a request's body, with `reasoning_effort` where the operator says one.
pub fn request(model: &str, prompt: &Prompt, form: Form, effort: Option<&str>) -> Result<Value, Failure> {
    let mut params = Map::new();
    let mut put = |name: &str, value: Value| drop(params.insert(name.to_owned(), value));
    let mut system = prompt.system.clone();
    if let Some(text) = &prompt.response_schema {
        let schema: Value = serde_json::from_str(text).map_err(|reason| {
            Failure::last(AskError::Final(format!("the prompt's response schema is not JSON: {reason}")))
        })?;
        match form.format {
            ResponseFormat::JsonSchema => put("response_format", strict(&schema)),
            ResponseFormat::JsonObject => {
                tell(&mut system, text);
                put("response_format", json!({"type": "json_object"}));
            }
            ResponseFormat::Prompt => tell(&mut system, text),
        }
    }
    put("model", json!(model));
    put("messages", messages(&system, &prompt.user));
    put(form.max_tokens.field(), json!(prompt.max_output_tokens));
    put("stream", json!(false));
    if let Some(effort) = effort {
        put("reasoning_effort", json!(effort));
    }
    Ok(Value::Object(params))
}

fn messages(system: &str, user: &str) -> Value {
    let user = json!({"role": "user", "content": user});
    if system.is_empty() { json!([user]) } else { json!([{"role": "system", "content": system}, user]) }
}

fn strict(schema: &Value) -> Value {
    let schema = within(Subset::OpenAi, schema);
    json!({"type": "json_schema", "json_schema": {"name": SCHEMA_NAME, "strict": true, "schema": schema}})
}

/// Says in words what a reply must look like. `json_object` is refused where the word JSON is not in the prompt.
fn tell(system: &mut String, schema: &str) {
    let gap = if system.is_empty() { "" } else { "\n\n" };
    system.push_str(&format!("{gap}Answer with JSON alone, by this schema:\n{schema}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::MaxTokens;

    fn prompt() -> Prompt {
        Prompt {
            system: "You read titles.".into(),
            user: "t0: Ada Lane - Harbour".into(),
            response_schema: Some(
                r#"{"type":"object","properties":{"id":{"type":"string"},"c":{"type":"number","maximum":1}},"required":["id"]}"#
                    .into(),
            ),
            max_output_tokens: 900,
            ..Prompt::default()
        }
    }

    fn put(prompt: &Prompt, format: ResponseFormat) -> Value {
        request("acme-1", prompt, Form { max_tokens: MaxTokens::MaxTokens, format }, None).unwrap()
    }

    #[test]
    fn a_request_is_what_all_servers_understand_and_has_no_temperature() {
        let put = put(&prompt(), ResponseFormat::JsonSchema);
        assert_eq!((&put["model"], &put["max_tokens"], &put["stream"]), (&json!("acme-1"), &json!(900), &json!(false)));
        let messages = json!([
            {"role": "system", "content": "You read titles."}, {"role": "user", "content": "t0: Ada Lane - Harbour"}
        ]);
        assert_eq!(put["messages"], messages);
        for absent in ["temperature", "max_completion_tokens", "reasoning_effort"] {
            assert!(put.get(absent).is_none(), "{absent}");
        }
    }

    #[test]
    fn a_schema_is_sent_strict_with_everything_required() {
        let format = &put(&prompt(), ResponseFormat::JsonSchema)["response_format"];
        assert_eq!((&format["type"], &format["json_schema"]["strict"]), (&json!("json_schema"), &json!(true)));
        let name = format["json_schema"]["name"].as_str().unwrap();
        assert!(!name.is_empty() && name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let schema = &format["json_schema"]["schema"];
        assert_eq!(schema["required"].as_array().unwrap().len(), 2);
        assert!(!schema.to_string().contains(r#""maximum":"#), "{schema}");
    }

    #[test]
    fn where_a_schema_cannot_be_sent_it_is_told() {
        let object = put(&prompt(), ResponseFormat::JsonObject);
        assert_eq!(object["response_format"], json!({"type": "json_object"}));
        let text = put(&prompt(), ResponseFormat::Prompt);
        assert!(text.get("response_format").is_none());
        for put in [object, text] {
            let system = put["messages"][0]["content"].as_str().unwrap();
            assert!(system.starts_with("You read titles.\n\nAnswer with JSON alone"), "{system}");
            assert!(system.contains(r#""maximum":1"#), "told in full: {system}");
        }
    }

    #[test]
    fn a_prompt_without_a_schema_or_a_system_text_is_one_message() {
        let bare = Prompt { user: "Hello".into(), ..Prompt::default() };
        for format in [ResponseFormat::JsonSchema, ResponseFormat::JsonObject] {
            let put = put(&bare, format);
            assert_eq!(put["messages"], json!([{"role": "user", "content": "Hello"}]));
            assert!(put.get("response_format").is_none());
        }
    }

    #[test]
    fn the_most_tokens_and_the_effort_are_named_as_the_server_and_the_operator_want_it() {
        let form = Form { max_tokens: MaxTokens::MaxCompletionTokens, format: ResponseFormat::JsonSchema };
        let put = request("acme-1", &prompt(), form, Some("low")).unwrap();
        assert_eq!((&put["max_completion_tokens"], &put["reasoning_effort"]), (&json!(900), &json!("low")));
        assert!(put.get("max_tokens").is_none());
    }

    #[test]
    fn a_schema_that_is_no_json_is_refused_before_it_costs_anything() {
        let prompt = Prompt { response_schema: Some("{".into()), ..Prompt::default() };
        let form = Form { max_tokens: MaxTokens::MaxTokens, format: ResponseFormat::Prompt };
        let failure = request("m", &prompt, form, None).unwrap_err();
        assert!(matches!(failure.error, AskError::Final(reason) if reason.contains("not JSON")));
    }
}
