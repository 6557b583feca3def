//! The items of a reply, wherever in it they stand: in a list, in a fence, between words, in a reply that was cut.

use crate::prompt;
use liner_strategy::first_json_object;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;

/// How many beginnings of JSON may turn out to be none: each is looked through to the end of the reply.
const MAX_FALSE_STARTS: usize = 64;

/// A text that is taken out of the reply without a copy where it can be.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// One item of a reply, as far as it is what was asked for.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub struct Item<'a> {
    id: Option<Text<'a>>,
    /// Whether it is music.
    pub music: Option<bool>,
    /// The title.
    pub t: Option<Text<'a>>,
    /// The credit.
    pub a: Option<Text<'a>>,
    /// The album.
    pub al: Option<Text<'a>>,
    /// Genres.
    pub g: Option<Vec<Text<'a>>>,
    /// The release date.
    pub d: Option<Text<'a>>,
    /// The kind of release.
    pub y: Option<Text<'a>>,
    /// How sure the model is.
    pub c: Option<f64>,
}

/// What a reply is when it is what was asked for.
#[derive(Deserialize)]
struct Items<'a> {
    #[serde(borrow)]
    items: Vec<Item<'a>>,
}

impl Item<'_> {
    /// The index that it echoes.
    pub fn index(&self) -> Option<u32> {
        self.id.as_ref().and_then(|id| prompt::index_of(&id.0))
    }

    /// Whether it answers anything: a model may repeat the question before it answers.
    const fn is_answer(&self) -> bool {
        self.music.is_some() || self.g.is_some()
    }

    /// What can be used of an item that is not quite what was asked for.
    fn of(mut item: Value) -> Self {
        let mut text = |key: &str| match item.get_mut(key).map(Value::take) {
            Some(Value::String(text)) => Some(Text(Cow::Owned(text))),
            _ => None,
        };
        let (id, t, a, al, d, y) = (text("id"), text("t"), text("a"), text("al"), text("d"), text("y"));
        let genres =
            |list: &Vec<Value>| list.iter().filter_map(Value::as_str).map(|g| Text(Cow::Owned(g.to_owned()))).collect();
        Self {
            id,
            music: item.get("music").and_then(Value::as_bool),
            t,
            a,
            al,
            g: item.get("g").and_then(Value::as_array).map(genres),
            d,
            y,
            c: item.get("c").and_then(Value::as_f64),
        }
    }
}

/// All items of a reply. What looks like JSON and is none, as a list that was cut, is looked into. A list that follows itself, as
/// a draft and the answer, counts once.
pub fn items(text: &str) -> Vec<Item<'_>> {
    let (mut found, mut rest, mut false_starts) = (Vec::new(), text, 0);
    while let Some(from) = rest.find(['{', '[']).and_then(|at| rest.get(at..)) {
        let json = first_json_object(from);
        match json.and_then(items_of) {
            Some(items) => {
                if !found.ends_with(&items) {
                    found.extend(items);
                }
                rest = json.and_then(|json| from.get(json.len()..)).unwrap_or_default();
            }
            None if false_starts < MAX_FALSE_STARTS => {
                false_starts += 1;
                rest = from.get(1..).unwrap_or_default();
            }
            None => break,
        }
    }
    found
}

/// The items in a piece of JSON; `None` of what is not JSON.
fn items_of(json: &str) -> Option<Vec<Item<'_>>> {
    if let Ok(Items { items }) = serde_json::from_str(json) {
        return Some(items);
    }
    let list = match serde_json::from_str::<Value>(json).ok()? {
        Value::Array(list) => list,
        Value::Object(mut map) => match map.remove("items") {
            Some(Value::Array(list)) => list,
            _ => vec![Value::Object(map)],
        },
        _ => return None,
    };
    Some(list.into_iter().map(Item::of).filter(Item::is_answer).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexes(text: &str) -> Vec<Option<u32>> {
        items(text).iter().map(Item::index).collect()
    }

    #[test]
    fn items_are_found_wherever_they_stand() {
        for (text, expected) in [
            (r#"{"items":[{"id":"t0","g":[]},{"id":"t1","g":[]}]}"#, vec![Some(0), Some(1)]),
            ("As asked [all of them]:\n```json\n{\"items\":[{\"id\":\"t0\",\"music\":true}]}\n```", vec![Some(0)]),
            (r#"[{"id":"T2","music":true}]"#, vec![Some(2)]),
            (r#"{"id":"t3","music":true,"g":"rock"}"#, vec![Some(3)]),
            ("{\"id\":\"t0\",\"music\":true}\n{\"id\":\"t1\",\"music\":true}", vec![Some(0), Some(1)]),
            (r#"{"id":"t0","page":"as it was asked"} {"items":[{"id":"t0","music":false}]}"#, vec![Some(0)]),
            (r#"{"items":[{"id":"t0","g":["a"]},{"id":"t1","g":["b"#, vec![Some(0)]),
            (r#"{"items":[{"id":"t0","g":[]},]}"#, vec![Some(0)]),
            (
                r#"Draft: [{"id":"t0","g":[]},{"id":"t1","g":[]}] Answer: [{"id":"t0","g":[]},{"id":"t1","g":[]}]"#,
                vec![Some(0), Some(1)],
            ),
            (r#"[{"id":"t0","g":[]}, {"id":"t0","g":[]}]"#, vec![Some(0), Some(0)]),
            ("I am sorry.", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(indexes(text), expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_is_all_brackets_ends_soon() {
        for text in ["[".repeat(200_000), "{\"a\":".repeat(50_000), "[]".repeat(100_000)] {
            assert!(items(&text).is_empty());
        }
    }
}
