//! JSON schemas brought into the subset that a provider accepts. What is dropped is said in the description instead, and
//! the strategy checks it: a reply is never trusted for its schema alone.

use serde_json::{Map, Value, json};

/// Words that are understood by all. What is not among them is refused by one or the other, or not known to be understood.
const KNOWN: [&str; 16] = [
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "items",
    "anyOf",
    "oneOf",
    "$ref",
    "$defs",
    "definitions",
    "title",
    "description",
    "format",
    "pattern",
    "minItems",
];
/// Words that Anthropic understands besides.
const KNOWN_BY_ANTHROPIC: [&str; 2] = ["allOf", "default"];
/// Words that say nothing about a reply, and are left out without a word.
const SILENT: [&str; 6] = ["$schema", "$id", "$comment", "examples", "deprecated", "additionalProperties"];
/// Formats that are understood by all.
const FORMATS: [&str; 9] = ["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// Whose subset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subset {
    /// Anthropic's: optional properties are allowed, `minItems` of 0 and 1 too.
    Anthropic,
    /// The strictest of the OpenAI-compatible ones: every property is required, and may be null where it was optional.
    OpenAi,
}

impl Subset {
    fn drops(self, word: &str) -> bool {
        !(KNOWN.contains(&word) || self == Self::Anthropic && KNOWN_BY_ANTHROPIC.contains(&word))
    }

    fn knows_format(self, format: &str) -> bool {
        FORMATS.contains(&format) || (self == Self::Anthropic && format == "uri")
    }
}

/// A schema in a subset.
#[must_use]
pub fn within(subset: Subset, schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => Value::Object(object(subset, fields)),
        other => other.clone(),
    }
}

fn object(subset: Subset, fields: &Map<String, Value>) -> Map<String, Value> {
    let (mut kept, mut told) = (Map::new(), Vec::new());
    for (name, value) in fields {
        match name.as_str() {
            silent if SILENT.contains(&silent) => {}
            dropped if subset.drops(dropped) => told.push(format!("{name}: {value}")),
            "properties" | "$defs" | "definitions" => {
                kept.insert(name.clone(), each(value, |schema| within(subset, schema)));
            }
            "items" => {
                kept.insert(name.clone(), within(subset, value));
            }
            "anyOf" | "oneOf" | "allOf" => {
                let name = if name == "oneOf" { "anyOf" } else { name };
                kept.insert(name.to_owned(), within_all(subset, value));
            }
            "minItems" if subset != Subset::Anthropic || value.as_i64().is_none_or(|n| n > 1) => {
                told.push(format!("minItems: {value}"));
            }
            "format" if !value.as_str().is_some_and(|format| subset.knows_format(format)) => {
                told.push(format!("format: {value}"));
            }
            _ => {
                kept.insert(name.clone(), value.clone());
            }
        }
    }
    if kept.contains_key("enum") || kept.contains_key("const") {
        match subset {
            Subset::Anthropic => drop(kept.remove("type")),
            Subset::OpenAi => name_type(&mut kept),
        }
    }
    if fields.contains_key("properties") || is_object(fields) {
        kept.insert("additionalProperties".to_owned(), Value::Bool(false));
        if subset == Subset::OpenAi {
            require_all(&mut kept);
        }
    }
    if !told.is_empty() {
        let said = kept.get("description").and_then(Value::as_str).map_or_else(String::new, |said| format!("{said} "));
        kept.insert("description".to_owned(), Value::String(format!("{said}({})", told.join(", "))));
    }
    kept
}

fn is_object(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::Array(types)) => types.contains(&json!("object")),
        one => one == Some(&json!("object")),
    }
}

/// Values are listed with their type.
fn name_type(schema: &mut Map<String, Value>) {
    if schema.contains_key("type") {
        return;
    }
    let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
    let mut types: Vec<&str> = listed.chain(schema.get("const")).map(type_of).collect();
    types.sort_unstable();
    types.dedup();
    let named = if let [only] = types.as_slice() { json!(only) } else { json!(types) };
    schema.insert("type".to_owned(), named);
}

const fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Every property is required; one that was not may be null.
fn require_all(schema: &mut Map<String, Value>) {
    let required: Vec<Value> = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = schema.get_mut("properties") else { return };
    let mut names = Vec::with_capacity(properties.len());
    for (name, property) in properties.iter_mut() {
        let name = Value::String(name.clone());
        if !required.contains(&name) && !may_be_null(property) {
            *property = json!({"anyOf": [property.take(), {"type": "null"}]});
        }
        names.push(name);
    }
    schema.insert("required".to_owned(), Value::Array(names));
}

fn may_be_null(schema: &Value) -> bool {
    let is_null =
        |value: &Value| value == &json!("null") || value.get("type") == Some(&json!("null")) || value.is_null();
    let of = |name: &str| schema.get(name).and_then(Value::as_array).is_some_and(|some| some.iter().any(is_null));
    schema.get("type").is_some_and(is_null) || of("type") || of("anyOf") || of("enum")
}

fn each(schemas: &Value, change: impl Fn(&Value) -> Value) -> Value {
    let Value::Object(schemas) = schemas else { return schemas.clone() };
    Value::Object(schemas.iter().map(|(name, schema)| (name.clone(), change(schema))).collect())
}

fn within_all(subset: Subset, schemas: &Value) -> Value {
    let Value::Array(schemas) = schemas else { return schemas.clone() };
    Value::Array(schemas.iter().map(|schema| within(subset, schema)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_provider_refuses_is_said_in_words_instead() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["c", "g"],
            "properties": {
                "c": {"type": "number", "minimum": 0, "maximum": 1, "description": "How sure."},
                "g": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string", "enum": ["folk"]}},
                "d": {"type": "string", "format": "year"}
            }
        });
        let kept = within(Subset::Anthropic, &schema);
        assert_eq!(
            kept,
            json!({
                "type": "object", "required": ["c", "g"], "additionalProperties": false,
                "properties": {
                    "c": {"type": "number", "description": "How sure. (minimum: 0, maximum: 1)"},
                    "g": {"type": "array", "minItems": 1, "items": {"enum": ["folk"]}, "description": "(maxItems: 3)"},
                    "d": {"type": "string", "description": "(format: \"year\")"}
                }
            })
        );
    }

    #[test]
    fn alternatives_and_definitions_are_brought_in_too() {
        let schema = json!({
            "oneOf": [{"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}}, {"$ref": "#/$defs/x"}],
            "$defs": {"x": {"type": "string", "maxLength": 3}}
        });
        let kept = within(Subset::Anthropic, &schema);
        assert_eq!(kept["anyOf"][0]["additionalProperties"], json!(false));
        assert_eq!(kept["anyOf"][0]["properties"]["n"]["description"], json!("(minimum: 1)"));
        assert_eq!(kept["$defs"]["x"], json!({"type": "string", "description": "(maxLength: 3)"}));
        assert!(kept.get("oneOf").is_none());
    }

    #[test]
    fn where_everything_is_required_what_was_optional_may_be_null() {
        let schema = json!({
            "type": "object", "required": ["id"],
            "properties": {"id": {"type": "string"}, "al": {"type": ["string", "null"]}, "d": {"type": "string"}}
        });
        let kept = within(Subset::OpenAi, &schema);
        assert_eq!(kept["required"].as_array().unwrap().len(), 3);
        assert_eq!(kept["properties"]["al"], json!({"type": ["string", "null"]}));
        assert_eq!(kept["properties"]["d"], json!({"anyOf": [{"type": "string"}, {"type": "null"}]}));
        assert_eq!(kept["properties"]["id"], json!({"type": "string"}));
    }

    #[test]
    fn listed_values_keep_or_get_the_type_that_openai_insists_on() {
        let schema = json!({"anyOf": [
            {"type": "string", "enum": ["folk"]}, {"enum": ["song", null]}, {"const": 3}, {"type": "null"}
        ]});
        let kept = within(Subset::OpenAi, &schema);
        let types: Vec<_> = kept["anyOf"].as_array().unwrap().iter().map(|schema| schema["type"].clone()).collect();
        assert_eq!(types, [json!("string"), json!(["null", "string"]), json!("number"), json!("null")]);
    }

    #[test]
    fn what_only_openai_refuses_is_said_in_words_there_alone() {
        let schema = json!({"type": "string", "format": "uri", "default": "x"});
        assert_eq!(within(Subset::Anthropic, &schema), schema);
        let told = json!({"type": "string", "description": "(format: \"uri\", default: \"x\")"});
        assert_eq!(within(Subset::OpenAi, &schema), told);
    }

    #[test]
    fn a_schema_that_is_within_stays_as_it_is() {
        let schema = json!({
            "type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {"a": {"type": "array", "items": {"type": ["string", "null"]}, "minItems": 0}}
        });
        assert_eq!(within(Subset::Anthropic, &schema), schema);
    }
}
