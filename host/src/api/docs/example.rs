//! A call of an operation that a shell understands, made of the document's examples.

use super::operation::Operation;
use super::page::text_of;
use super::schema;
use serde_json::Value;

/// Where the documents' host listens.
const HOST: &str = "http://localhost:4201";

/// The operation as a call of curl.
pub fn curl(operation: &Operation, document: &Value) -> String {
    let mut lines = vec![match operation.method.as_str() {
        "GET" => format!("curl {}", quoted(&url(operation))),
        method => format!("curl -X {method} {}", quoted(&url(operation))),
    }];
    if operation.said["x-liner-access"] != "anyone" {
        lines.push("-H \"Authorization: Bearer $LINER_ADMIN_TOKEN\"".to_owned());
    }
    lines.extend(body(operation, document));
    lines.join(" \\\n    ")
}

fn url(operation: &Operation) -> String {
    let mut path = operation.path.to_owned();
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for parameter in operation.said["parameters"].as_array().into_iter().flatten() {
        let name = text_of(&parameter["name"]);
        let example = match &parameter["example"] {
            Value::String(text) => text.clone(),
            Value::Null => continue,
            other => other.to_string(),
        };
        if parameter["in"] == "path" {
            path = path.replace(&format!("{{{name}}}"), &example);
        } else {
            query.append_pair(name, &example);
        }
    }
    let query = query.finish();
    if query.is_empty() { format!("{HOST}{path}") } else { format!("{HOST}{path}?{query}") }
}

/// What is sent. An empty body stands for no fields, so that one without an example is left out.
fn body(operation: &Operation, document: &Value) -> Option<String> {
    let (content_type, said) = operation.said.pointer("/requestBody/content")?.as_object()?.iter().next()?;
    if content_type == "application/wasm" {
        return Some("--data-binary @strategy.wasm".to_owned());
    }
    let of_schema = &schema::resolved(&said["schema"], document)["example"];
    let example = [&said["example"], of_schema].into_iter().find(|example| !example.is_null())?;
    Some(format!("-d {}", quoted(&example.to_string())))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}
