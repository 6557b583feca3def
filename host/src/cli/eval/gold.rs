//! Rows with known answers. Where they come from is nobody else's business: whoever has tracks and what is expected of them
//! makes [`Gold`] of them.

use super::verdict::Expected;
use crate::cli::extract::{Row, read_rows};
use anyhow::Context;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashSet};
use unicode_script::{Script, UnicodeScript};

/// A row whose answer is known.
pub struct Gold {
    /// What the strategies are shown.
    pub row: Row,
    /// What they are held against.
    pub label: Label,
}

/// What is known about a row.
#[derive(Debug, Clone)]
pub struct Label {
    /// What it is called, here and in a file of predictions.
    pub id: String,
    /// Where it was collected.
    pub source: Option<String>,
    /// `kind:name`, as `script:kana`.
    pub tags: Vec<String>,
    /// The script it is written in, as its tags or else its title tell.
    pub script: String,
    /// The known answer.
    pub expected: Expected,
}

/// Reads a file of rows; of those only the ones that carry all of some tags, if there are some.
pub fn rows(file: &str, tags: &[String]) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for row in read_rows(file)? {
        let row = row.with_context(|| format!("{file} has a row that cannot be used"))?;
        let carried = tags_of(&row.others);
        if tags.iter().all(|tag| carried.contains(tag)) {
            rows.push(row);
        }
    }
    anyhow::ensure!(!rows.is_empty() || tags.is_empty(), "no row of {file} carries {}", tags.join(" and "));
    anyhow::ensure!(!rows.is_empty(), "{file} has no rows");
    Ok(rows)
}

/// Reads what is known about rows out of their `expect`.
pub fn label(file: &str, rows: Vec<Row>) -> anyhow::Result<Vec<Gold>> {
    let gold = |(row, number): (Row, usize)| {
        let id = id(&row.others).unwrap_or_else(|| format!("row {number}"));
        let expect = row.others.get("expect").with_context(|| {
            format!("{id} of {file} has no `expect`: give it an object with the known `title` and `artist`")
        })?;
        let expected = serde_json::from_value(expect.clone())
            .with_context(|| format!("`expect` of {id} in {file} cannot be read"))?;
        let (source, tags) = (text(&row.others, "source"), tags_of(&row.others));
        Gold::of(row, id, source, tags, expected).with_context(|| format!("{file} cannot be used"))
    };
    rows.into_iter().zip(1..).map(gold).collect()
}

impl Gold {
    /// A row and its answer.
    ///
    /// # Errors
    /// When nothing is expected that could be right or wrong.
    pub fn of(
        row: Row,
        id: String,
        source: Option<String>,
        tags: Vec<String>,
        expected: Expected,
    ) -> anyhow::Result<Self> {
        anyhow::ensure!(
            expected.says_something(),
            "`expect` of {id} has neither a title nor an artist, and no `abstain`"
        );
        let tagged = named(&tags, "script").next().map(str::to_owned);
        let script = tagged.unwrap_or_else(|| script(row.track.og_title.as_deref().unwrap_or_default()));
        Ok(Self { row, label: Label { id, source, tags, script, expected } })
    }
}

impl Label {
    /// The forms of title that it has.
    pub fn classes(&self) -> impl Iterator<Item = &str> {
        named(&self.tags, "class")
    }

    /// Whether the page says which album it is on.
    pub fn has_evident_album(&self) -> bool {
        named(&self.tags, "album").any(|name| name == "evident")
    }
}

/// # Errors
/// When rows that are to be found again by their names share one.
pub fn ensure_unique(labels: &[Label]) -> anyhow::Result<()> {
    let mut seen = HashSet::new();
    let twice = labels.iter().find(|label| !seen.insert(&label.id));
    twice.map_or(Ok(()), |label| anyhow::bail!("two rows are called {}: give each an `id` of its own", label.id))
}

/// What a row or a prediction is called: its `id`, else its link.
pub fn id(fields: &Map<String, Value>) -> Option<String> {
    match fields.get("id") {
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => text(fields, "id").or_else(|| text(fields, "url")),
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn tags_of(fields: &Map<String, Value>) -> Vec<String> {
    let tags = fields.get("tags").and_then(Value::as_array).into_iter().flatten();
    tags.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The names behind the tags of a kind.
fn named<'a>(tags: &'a [String], kind: &str) -> impl Iterator<Item = &'a str> {
    tags.iter().filter_map(move |tag| tag.split_once(':').filter(|(of, _)| *of == kind).map(|(_, name)| name))
}

/// The script of a title: the rarest that tells, as Japanese has Latin letters and Chinese characters in it and not the other
/// way round; else what most of its letters are.
fn script(title: &str) -> String {
    let mut letters: BTreeMap<&str, usize> = BTreeMap::new();
    for c in title.chars() {
        let name = match c.script() {
            Script::Common | Script::Inherited | Script::Unknown => continue,
            Script::Hiragana | Script::Katakana => "kana",
            other => other.full_name(),
        };
        *letters.entry(name).or_default() += 1;
    }
    let telling = ["kana", "Hangul", "Han"].into_iter().find(|name| letters.contains_key(name));
    let most = || letters.iter().max_by_key(|(_, count)| **count).map(|(name, _)| *name);
    telling.or_else(most).unwrap_or("none").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_told_by_the_letters_of_a_title() {
        for (title, expected) in [
            ("Ada Lane - Harbour (Official Video)", "latin"),
            ("夜の港 / Ada Lane feat. Bo and many others", "kana"),
            ("아다 - 항구 MV Official Music Video", "hangul"),
            ("好久不見 Official Video", "han"),
            ("Ада Лейн - Гавань (live)", "cyrillic"),
            ("2019 - 3", "none"),
        ] {
            assert_eq!(script(title), expected, "{title}");
        }
    }
}
