//! One operation: who may, what goes in, what comes out, and how to try it.

use super::page::text_of;
use super::{example, schema, text};
use maud::{Markup, html};
use serde_json::Value;

/// An operation of the document.
pub struct Operation<'a> {
    /// Its name in the document and its place in the page.
    pub id: &'a str,
    /// What it belongs to.
    pub tag: &'a str,
    /// In capitals.
    pub method: String,
    /// With its parameters in braces.
    pub path: &'a str,
    /// All that is said of it.
    pub said: &'a Value,
}

/// Every operation, in the document's order.
pub fn all(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| item.as_object().into_iter().flatten().map(move |(method, said)| (path, method, said)))
        .map(|(path, method, said)| Operation {
            id: text_of(&said["operationId"]),
            tag: said.pointer("/tags/0").map(text_of).unwrap_or_default(),
            method: method.to_uppercase(),
            path,
            said,
        })
        .collect()
}

impl Operation<'_> {
    /// Whether all the words are in its name, path or text.
    pub fn has(&self, words: &str) -> bool {
        let all =
            [&self.label(), self.id, self.tag, text_of(&self.said["summary"]), text_of(&self.said["description"])];
        let all = all.join("\n").to_lowercase();
        words.to_lowercase().split_whitespace().all(|word| all.contains(word))
    }

    /// Method and path.
    pub fn label(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The operation in full.
    pub fn show(&self, document: &Value) -> Markup {
        html! {
            article id=(self.id) aria-labelledby={ (self.id) "-title" } {
                h3 id={ (self.id) "-title" } {
                    a href={ "#" (self.id) } {
                        span class={ "method " (self.method.to_lowercase()) } { (self.method) } " " code { (self.path) }
                    }
                }
                (text::paragraphs(text_of(&self.said["summary"])))
                (text::paragraphs(text_of(&self.said["description"])))
                p class="who" { (who_may(text_of(&self.said["x-liner-access"]))) }
                (self.parameters())
                (self.body())
                (self.answers(document))
                h4 { "Example" }
                pre tabindex="0" { code { (example::curl(self, document)) } }
            }
        }
    }

    fn parameters(&self) -> Markup {
        let parameters = self.said["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        html! {
            @if !parameters.is_empty() {
                h4 { "Parameters" }
                (schema::table(["Name", "In", "Type", "About"], html! {
                    @for parameter in parameters {
                        tr {
                            th scope="row" { code { (text_of(&parameter["name"])) } }
                            td { (text_of(&parameter["in"])) }
                            td { (schema::kind(&parameter["schema"])) }
                            td { (text::line(text_of(&parameter["description"]))) }
                        }
                    }
                }))
            }
        }
    }

    fn body(&self) -> Markup {
        let body = &self.said["requestBody"];
        html! {
            @if let Some(content) = body["content"].as_object() {
                h4 { "Body" }
                @if body["required"] == false { p { "It may be left out." } }
                (text::paragraphs(text_of(&body["description"])))
                (schema::table(["Content type", "Holds"], html! {
                    @for (content_type, said) in content {
                        tr { th scope="row" { code { (content_type) } } td { (schema::kind(&said["schema"])) } }
                    }
                }))
            }
        }
    }

    fn answers(&self, document: &Value) -> Markup {
        let answers = self.said["responses"].as_object().into_iter().flatten();
        html! {
            h4 { "Answers" }
            (schema::table(["Status", "When", "Holds"], html! {
                @for (status, answer) in answers {
                    @let answer = schema::resolved(answer, document);
                    tr {
                        th scope="row" { (status) }
                        td { (text::line(text_of(&answer["description"]))) }
                        td { (holds(answer)) }
                    }
                }
            }))
        }
    }
}

fn holds(answer: &Value) -> Markup {
    html! {
        @for (at, (content_type, said)) in answer["content"].as_object().into_iter().flatten().enumerate() {
            @if at > 0 { ", or " }
            (schema::kind(&said["schema"]))
            @if content_type != "application/json" { " as " code { (content_type) } }
        }
    }
}

fn who_may(access: &str) -> Markup {
    html! {
        strong { "Who may: " }
        @match access {
            "operator" => "the operator, with the token",
            "read" => { "whoever has the token; everybody where " code { "LINER_PUBLIC_READ" } " says so" },
            _ => "everybody",
        }
        "."
    }
}
