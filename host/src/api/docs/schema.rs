//! Schemas: in a line as a type, and in full as tables of fields.

use super::page::text_of;
use super::text;
use maud::{Markup, html};
use serde_json::Value;

/// What a reference refers to, or the value itself.
pub fn resolved<'a>(value: &'a Value, document: &'a Value) -> &'a Value {
    let reference = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// A table that a narrow screen can scroll.
pub fn table<const N: usize>(heads: [&str; N], rows: Markup) -> Markup {
    html! {
        div class="table" tabindex="0" role="region" aria-label={ (heads.join(", ")) } {
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        }
    }
}

/// Every schema of the document, by name.
pub fn all(document: &Value) -> Markup {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object).into_iter().flatten();
    html! {
        section id="schemas" aria-labelledby="schemas-title" {
            h2 id="schemas-title" { "Schemas" }
            @for (name, schema) in schemas {
                article id={ "schema-" (name) } aria-labelledby={ "schema-" (name) "-title" } {
                    h3 id={ "schema-" (name) "-title" } { a href={ "#schema-" (name) } { (name) } }
                    (text::paragraphs(text_of(&schema["description"])))
                    (in_full(schema, document))
                }
            }
        }
    }
}

/// A schema's fields, or its alternatives.
fn in_full(schema: &Value, document: &Value) -> Markup {
    let fields = fields(schema, document);
    html! {
        @if let Some(alternatives) = schema["oneOf"].as_array() {
            p { "One of:" }
            ul {
                @for alternative in alternatives {
                    li {
                        (text::line(text_of(&alternative["description"]))) " "
                        (in_full(alternative, document))
                    }
                }
            }
        } @else if fields.is_empty() {
            p { (kind(schema)) }
        } @else {
            (table(["Field", "Type", "Always there", "About"], html! {
                @for field in fields {
                    tr {
                        th scope="row" { code { (field.name) } }
                        td { (kind(field.schema)) }
                        td { @if field.is_required { "yes" } @else { "no" } }
                        td { (text::line(text_of(&field.schema["description"]))) }
                    }
                }
            }))
        }
    }
}

struct Field<'a> {
    name: &'a str,
    schema: &'a Value,
    is_required: bool,
}

/// Its own fields and those of the schemas that it is put together of.
fn fields<'a>(schema: &'a Value, document: &'a Value) -> Vec<Field<'a>> {
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let of_parts = parts.flat_map(|part| fields(resolved(part, document), document));
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, field)| Field {
        name,
        schema: field,
        is_required: schema["required"].as_array().is_some_and(|required| required.iter().any(|one| one == name)),
    });
    of_parts.chain(own).collect()
}

/// A schema as a type in a line.
pub fn kind(schema: &Value) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return html! { a href={ "/docs#schema-" (name) } { (name) } };
    }
    let choices = ["oneOf", "anyOf", "allOf"].iter().find_map(|of| schema[of].as_array());
    html! {
        @if let Some(choices) = choices {
            (listed(choices.iter().map(kind), if schema["allOf"].is_array() { " and " } else { " or " }))
        } @else if let Some(values) = schema["enum"].as_array() {
            (listed(values.iter().map(|value| html! { code { (text_of(value)) } }), " or "))
        } @else if let Some(types) = schema["type"].as_array() {
            (listed(types.iter().map(|one| of_type(text_of(one), schema)), " or "))
        } @else {
            (of_type(text_of(&schema["type"]), schema))
        }
    }
}

fn of_type(name: &str, schema: &Value) -> Markup {
    html! {
        @match name {
            "" => "any JSON value",
            "array" if schema["items"].is_object() => { "list of " (kind(&schema["items"])) },
            "array" => {
                "list: " (listed(schema["prefixItems"].as_array().into_iter().flatten().map(kind), ", "))
            },
            "object" if schema["additionalProperties"].is_object() => {
                "object of " (kind(&schema["additionalProperties"])) " by name"
            },
            "null" => "null",
            _ => { (name) (details(schema)) },
        }
    }
}

/// Format and bounds.
fn details(schema: &Value) -> Markup {
    let format = schema["format"].as_str().filter(|format| !format.starts_with("int") && *format != "double");
    html! {
        @if let Some(format) = format { " (" (format) ")" }
        @match (&schema["minimum"], &schema["maximum"]) {
            (Value::Number(least), Value::Number(most)) => { ", " (least) " to " (most) },
            (Value::Number(least), _) => { ", from " (least) },
            _ => "",
        }
        @if let Some(pattern) = schema["pattern"].as_str() { ", like " code { (pattern) } }
    }
}

fn listed(all: impl Iterator<Item = Markup>, between: &str) -> Markup {
    html! {
        @for (at, one) in all.enumerate() {
            @if at > 0 { (between) }
            (one)
        }
    }
}
