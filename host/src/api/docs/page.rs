//! The page as a whole: what it is about, the operations by their tags, and the schemas that they speak of.

use super::operation::{self, Operation};
use super::{schema, text};
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

/// The page, of the operations that have the wanted words.
pub fn page(document: &Value, find: &str) -> Markup {
    let operations = operation::all(document);
    let found: Vec<Operation> = operations.into_iter().filter(|operation| operation.has(find)).collect();
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "liner over HTTP" }
                link rel="stylesheet" href="/docs/docs.css";
            }
            body {
                a class="skip" href="#operations" { "Go to the operations" }
                header { (about(document)) }
                div class="columns" {
                    nav aria-label="Operations" { (search(find, found.len())) (contents(document, &found)) }
                    main id="operations" tabindex="-1" {
                        (sections(document, &found))
                        @if find.is_empty() { (schema::all(document)) }
                    }
                }
            }
        }
    }
}

fn about(document: &Value) -> Markup {
    let info = &document["info"];
    html! {
        h1 { "liner over HTTP" }
        p class="version" {
            "Version " (text_of(&info["version"])) ", as the host that you asked answers. For programs: "
            a href="/openapi.json" { "openapi.json" } "."
        }
        (text::paragraphs(text_of(&info["description"])))
    }
}

fn search(find: &str, found: usize) -> Markup {
    html! {
        form action="/docs" method="get" role="search" {
            label for="find" { "Find operations" }
            div class="find" {
                input type="search" id="find" name="find" value=(find);
                button type="submit" { "Find" }
            }
            @if !find.is_empty() {
                p role="status" { (found) " found. " a href="/docs" { "Show all" } }
            }
        }
    }
}

/// The tags that have operations, in the document's order.
fn tags<'a>(document: &'a Value, found: &'a [Operation]) -> impl Iterator<Item = (&'a str, &'a str)> {
    let tags = document["tags"].as_array().into_iter().flatten();
    let named = tags.map(|tag| (text_of(&tag["name"]), text_of(&tag["description"])));
    named.filter(|(name, _)| found.iter().any(|operation| operation.tag == *name))
}

fn contents(document: &Value, found: &[Operation]) -> Markup {
    html! {
        @for (tag, _) in tags(document, found) {
            h2 { a href={ "#" (anchor(tag)) } { (tag) } }
            ul {
                @for operation in found.iter().filter(|operation| operation.tag == tag) {
                    li { a href={ "#" (operation.id) } { (operation.label()) } }
                }
            }
        }
    }
}

fn sections(document: &Value, found: &[Operation]) -> Markup {
    html! {
        @if found.is_empty() { p { "No operation has all of these words." } }
        @for (tag, about) in tags(document, found) {
            section id=(anchor(tag)) aria-labelledby={ (anchor(tag)) "-title" } {
                h2 id={ (anchor(tag)) "-title" } { (tag) }
                p { (text::line(about)) "." }
                @for operation in found.iter().filter(|operation| operation.tag == tag) {
                    (operation.show(document))
                }
            }
        }
    }
}

/// A tag as the name of a place in the page.
fn anchor(tag: &str) -> String {
    format!("tag-{}", tag.to_lowercase().replace(' ', "-"))
}

/// A text of the document.
pub fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
