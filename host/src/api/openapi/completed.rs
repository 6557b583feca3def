//! What the derived description does not know of this API: an answer says null where it has no value, so that its fields
//! are always there; and an empty body stands for `{}`, so that it may be left out where no field is needed.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Completes a description.
pub fn complete(document: &mut Value) {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut answered = BTreeSet::new();
    for operation in operations(document) {
        require_nullable(&mut operation["responses"]);
        collect(&operation["responses"], &schemas, &mut answered);
        if let Some(body) = operation.get_mut("requestBody") {
            body["required"] = (!may_be_left_out(&body["content"], &schemas)).into();
        }
    }
    let described = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in described.into_iter().flatten() {
        if answered.contains(name) {
            require_nullable(schema);
        }
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    paths.flat_map(|path| path.as_object_mut().into_iter().flat_map(Map::values_mut))
}

/// The name of the schema that is referred to.
fn referred(value: &Value) -> Option<&str> {
    value["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

/// Collects the names of the schemas that a value is made of.
fn collect(value: &Value, schemas: &Value, found: &mut BTreeSet<String>) {
    if let Some(name) = referred(value)
        && found.insert(name.to_owned())
    {
        collect(&schemas[name], schemas, found);
    }
    match value {
        Value::Object(fields) => fields.values().for_each(|value| collect(value, schemas, found)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, schemas, found)),
        _ => {}
    }
}

fn may_be_left_out(content: &Value, schemas: &Value) -> bool {
    let schema = content.get("application/json").and_then(|json| json.get("schema"));
    let fields = schema.and_then(referred).and_then(|name| schemas.get(name));
    fields.is_some_and(|fields| fields["type"] == "object" && fields["required"].is_null())
}

/// Makes the fields of a schema required that may be null.
fn require_nullable(schema: &mut Value) {
    match schema {
        Value::Array(schemas) => schemas.iter_mut().for_each(require_nullable),
        Value::Object(fields) => {
            fields.values_mut().for_each(require_nullable);
            let properties = fields.get("properties").and_then(Value::as_object).into_iter().flatten();
            let nullable = properties.filter(|(_, schema)| is_nullable(schema));
            let nullable: Vec<Value> = nullable.map(|(name, _)| name.clone().into()).collect();
            if !nullable.is_empty()
                && let Some(required) = fields.entry("required").or_insert_with(|| Value::Array(vec![])).as_array_mut()
            {
                required.extend(nullable);
            }
        }
        _ => {}
    }
}

fn is_nullable(schema: &Value) -> bool {
    let is_null = |one: &Value| one == "null" || one["type"] == "null";
    ["type", "oneOf"].iter().any(|of| schema[of].as_array().is_some_and(|choices| choices.iter().any(is_null)))
}
