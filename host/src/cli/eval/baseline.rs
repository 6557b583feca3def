//! What is not as it was: the same rows, judged by the same rules, with the answers of an earlier run.

use super::compare::Forms;
use super::figures::Share;
use super::gold;
use super::report::{Answer, Group, Judged, NOTHING};
use super::verdict::{Expected, Part, Said, Verdict};
use anyhow::Context;
use serde::Serialize;
use serde_json::{Map, Value};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Earlier answers, by the rows' ids.
pub struct Baseline {
    file: String,
    said: HashMap<String, Said>,
}

/// What is better and what is worse.
#[derive(Serialize)]
pub struct Changes {
    /// Rows that both runs answered; all else here is about these.
    pub rows: usize,
    /// Rows that the earlier run does not have.
    pub new_rows: usize,
    /// Every figure.
    pub figures: Vec<Figure>,
    /// What was wrong and is right.
    pub better: Vec<Change>,
    /// What was right and is wrong.
    pub worse: Vec<Change>,
}

/// A share, before and after.
#[derive(Serialize)]
pub struct Figure {
    /// What it is.
    pub name: &'static str,
    /// From 0 to 1; null of nothing.
    pub before: Option<f64>,
    /// The same now.
    pub after: Option<f64>,
    /// Whether it is worse than it was.
    pub is_worse: bool,
}

/// What changed about one field of a row.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The row.
    pub id: String,
    /// The field, or `sure`.
    pub field: &'static str,
    /// What was said.
    pub before: String,
    /// What is said.
    pub after: String,
    /// What is expected.
    pub expected: String,
}

impl Baseline {
    /// Reads what `--save` wrote or `liner extract --json` printed.
    pub fn read(file: &str) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read the baseline {file}"))?;
        let mut said = HashMap::new();
        for (line, number) in text.lines().zip(1..).filter(|(line, _)| !line.trim().is_empty()) {
            let fields: Map<String, Value> = serde_json::from_str(line).with_context(|| {
                format!("line {number} of the baseline {file} is not a JSON object; it takes what --save writes")
            })?;
            let id = gold::id(&fields).with_context(|| format!("line {number} of the baseline {file} has no `id`"))?;
            let answer = serde_json::from_value(Value::Object(fields))
                .with_context(|| format!("line {number} of the baseline {file} is not an answer"))?;
            let earlier = said.insert(id.clone(), answer);
            anyhow::ensure!(earlier.is_none(), "line {number} of the baseline {file} answers {id} for the second time");
        }
        Ok(Self { file: file.to_owned(), said })
    }

    /// Compares with what is said now.
    ///
    /// # Errors
    /// When it has none of the rows.
    pub fn compare(&self, forms: &Forms, rows: &[Judged<'_>], sure: f64) -> anyhow::Result<Changes> {
        let before = |row: &Judged<'_>| {
            let said = self.said.get(&row.label.id)?;
            Some((said, Verdict::of(forms, &row.label.expected, said, sure)))
        };
        let (mut earlier, mut now) = (Vec::new(), Vec::new());
        for row in rows {
            let Some((said, verdict)) = before(row) else { continue };
            earlier.push(Judged { label: row.label, said, verdict });
            now.push(row);
        }
        anyhow::ensure!(!now.is_empty(), "the baseline {} is of other rows: it answers none of these", self.file);
        let (mut better, mut worse) = (Vec::new(), Vec::new());
        for (before, after) in earlier.iter().zip(&now) {
            for (order, change) in changes(before, after) {
                match order {
                    Ordering::Greater => better.push(change),
                    Ordering::Less => worse.push(change),
                    Ordering::Equal => {}
                }
            }
        }
        let shares = Group::of(&earlier).shares.0.into_iter().zip(Group::of(now.iter().copied()).shares.0);
        Ok(Changes {
            rows: now.len(),
            new_rows: rows.len() - now.len(),
            figures: shares.map(|(before, after)| Figure::of(before, after)).collect(),
            better,
            worse,
        })
    }
}

impl Changes {
    /// Whether any figure is worse than it was.
    pub fn is_worse(&self) -> bool {
        self.figures.iter().any(|figure| figure.is_worse)
    }
}

impl Figure {
    fn of(before: Share, after: Share) -> Self {
        let (was, is) = (before.value(), after.value());
        let is_worse = was.zip(is).is_some_and(|(was, is)| if after.is_fault { is > was } else { is < was });
        Self { name: before.name, before: was, after: is, is_worse }
    }
}

/// What is compared of a row.
struct Field {
    name: &'static str,
    /// How good it is; `None` where nothing is expected.
    grade: fn(&Verdict) -> Option<i8>,
    said: fn(&Said) -> Option<String>,
    expected: fn(&Expected) -> Option<String>,
}

const FIELDS: [Field; 6] = [
    Field {
        name: "title",
        grade: |verdict| verdict.title.map(i8::from),
        said: |said| said.title.clone(),
        expected: |expected| expected.title.clone(),
    },
    Field {
        name: "artist",
        grade: |verdict| verdict.artist.map(i8::from),
        said: |said| said.artist.clone(),
        expected: |expected| expected.artist.clone(),
    },
    Field {
        name: "no music",
        grade: |verdict| (!verdict.is_music).then(|| i8::from(!verdict.answered)),
        said: |said| said.says_something().then(|| Answer::from(said).to_string()),
        expected: |_| None,
    },
    Field {
        name: "album",
        grade: |verdict| verdict.album.map(of_part),
        said: |said| said.album.clone(),
        expected: |expected| expected.album.clone(),
    },
    Field {
        name: "date",
        grade: |verdict| verdict.release_date.map(of_part),
        said: |said| said.release_date.clone(),
        expected: |expected| expected.release_date.clone(),
    },
    Field {
        name: "type",
        grade: |verdict| verdict.music_type.map(of_part),
        said: |said| said.music_type.name().map(str::to_owned),
        expected: |expected| expected.music_type.clone(),
    },
];

/// A wrong album is worse than none.
fn of_part(part: Part) -> i8 {
    match part {
        Part { right: true, .. } => 1,
        Part { said: false, .. } => 0,
        Part { said: true, right: false } => -1,
    }
}

/// What changed about a row, field by field: greater is better.
fn changes(before: &Judged<'_>, after: &Judged<'_>) -> Vec<(Ordering, Change)> {
    let (id, expected) = (&after.label.id, &after.label.expected);
    let text = |text: Option<String>| text.unwrap_or_else(|| NOTHING.to_owned());
    let mut all: Vec<(Ordering, Change)> = FIELDS
        .iter()
        .map(|field| {
            let change = Change {
                id: id.clone(),
                field: field.name,
                before: text((field.said)(before.said)),
                after: text((field.said)(after.said)),
                expected: text((field.expected)(expected)),
            };
            ((field.grade)(&after.verdict).cmp(&(field.grade)(&before.verdict)), change)
        })
        .collect();
    // What became right or wrong was named above.
    if before.verdict.is_right() == after.verdict.is_right() {
        let (expected, sure) = (Answer::from(expected).to_string(), |row: &Judged<'_>| {
            let sure = row.said.confidence.map_or_else(|| NOTHING.to_owned(), |sure| format!("{sure:.2}"));
            format!("{sure}, {}", if row.verdict.is_right() { "right" } else { "wrong" })
        });
        let change = Change { id: id.clone(), field: "sure", before: sure(before), after: sure(after), expected };
        all.push((of_sure(&after.verdict).cmp(&of_sure(&before.verdict)), change));
    }
    all
}

fn of_sure(verdict: &Verdict) -> i8 {
    match (verdict.sure, verdict.is_right()) {
        (true, true) => 1,
        (true, false) => -1,
        (false, _) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::gold::Label;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_is_better_or_worse_field_by_field() {
        let forms = Forms::new().unwrap();
        let expected = json!({"title": "Harbour", "artist": "Ada", "album": "Docks"});
        let label = |expected: &Value| Label {
            id: "a".to_owned(),
            source: None,
            tags: Vec::new(),
            script: "latin".to_owned(),
            expected: serde_json::from_value(expected.clone()).unwrap(),
        };
        let answer = |title: &str, artist: &str, album: Value, confidence: f64| json!({"title": title, "artist": artist, "album": album, "confidence": confidence});
        let talk = json!({"abstain": true});
        for (expected, before, after, found) in [
            (
                &expected,
                answer("Harbour", "Bo", json!(null), 0.5),
                answer("Harbour", "Ada", json!(null), 0.95),
                vec!["+artist"],
            ),
            (
                &expected,
                answer("Harbour", "Ada", json!("Docks"), 0.95),
                answer("Harbor", "Ada", json!("X"), 0.95),
                vec!["-title", "-album"],
            ),
            (
                &expected,
                answer("Harbour", "Ada", json!("X"), 0.95),
                answer("Harbour", "Ada", json!(null), 0.5),
                vec!["+album", "-sure"],
            ),
            (
                &expected,
                answer("Harbor", "Ada", json!(null), 0.95),
                answer("Harbor", "Ada", json!(null), 0.5),
                vec!["+sure"],
            ),
            (&expected, answer("Harbor", "Ada", json!(null), 0.5), answer("Port", "Ada", json!(null), 0.6), vec![]),
            (&talk, answer("Talk", "Ada", json!(null), 0.5), json!({}), vec!["+no music"]),
        ] {
            let label = label(expected);
            let [before, after]: [Said; 2] = [before, after].map(|said| serde_json::from_value(said).unwrap());
            let judged =
                |said| Judged { label: &label, said, verdict: Verdict::of(&forms, &label.expected, said, 0.9) };
            let seen: Vec<String> = changes(&judged(&before), &judged(&after))
                .into_iter()
                .filter_map(|(order, change)| match order {
                    Ordering::Greater => Some(format!("+{}", change.field)),
                    Ordering::Less => Some(format!("-{}", change.field)),
                    Ordering::Equal => None,
                })
                .collect();
            assert_eq!(seen, found);
        }
    }
}
