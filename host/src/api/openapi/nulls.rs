//! What the derived schemas do not know: an answer says null where it has no value, so that its fields are always there.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Makes every field of an answer's schemas required that may be null.
pub fn are_said(document: &mut Value) {
    for path in children(document, "paths") {
        for operation in path.as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(responses) = operation.get_mut("responses") {
                require_nullable(responses);
            }
        }
    }
    let answered = answered(document);
    let schemas = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in schemas.into_iter().flatten() {
        if answered.contains(name) {
            require_nullable(schema);
        }
    }
}

fn children<'a>(value: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(name).and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
}

/// The names of the schemas that answers are made of.
fn answered(document: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for operation in
        document["paths"].as_object().into_iter().flatten().flat_map(|(_, path)| path.as_object()).flatten()
    {
        collect(&operation.1["responses"], document, &mut found);
    }
    found
}

fn collect(value: &Value, document: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            if let Some(name) = reference.and_then(|reference| reference.strip_prefix("#/components/schemas/"))
                && found.insert(name.to_owned())
            {
                let named = document.pointer("/components/schemas").and_then(|schemas| schemas.get(name));
                named.iter().for_each(|schema| collect(schema, document, found));
            }
            fields.values().for_each(|value| collect(value, document, found));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, document, found)),
        _ => {}
    }
}

fn require_nullable(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else {
        schema.as_array_mut().into_iter().flatten().for_each(require_nullable);
        return;
    };
    fields.values_mut().for_each(require_nullable);
    let properties = fields.get("properties").and_then(Value::as_object);
    let nullable = properties.into_iter().flatten().filter(|(_, schema)| is_nullable(schema));
    let nullable: Vec<Value> = nullable.map(|(name, _)| Value::String(name.clone())).collect();
    if nullable.is_empty() {
        return;
    }
    if let Some(required) = fields.entry("required").or_insert_with(|| Value::Array(Vec::new())).as_array_mut() {
        required.extend(nullable);
    }
}

fn is_nullable(schema: &Value) -> bool {
    let null = |of: &Value| of == "null" || of["type"] == "null";
    [&schema["type"], &schema["oneOf"]].iter().any(|options| options.as_array().is_some_and(|all| all.iter().any(null)))
}
