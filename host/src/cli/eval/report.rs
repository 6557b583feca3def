//! Everything that `liner eval` found out, as it is printed.

use super::baseline::Changes;
use super::figures::{Figures, Shares};
use super::gold::Label;
use super::reliability::Reliability;
use super::verdict::{Expected, Said, Verdict};
use serde::Serialize;
use std::collections::BTreeMap;

/// Where nothing was said, or was to be said.
pub const NOTHING: &str = "nothing";

/// A row, what was said about it, and how far that is right.
pub struct Judged<'a> {
    /// What is known.
    pub label: &'a Label,
    /// What was said.
    pub said: &'a Said,
    /// How far it is right.
    pub verdict: Verdict,
}

/// What is printed.
#[derive(Serialize)]
pub struct Report {
    /// Over all rows.
    #[serde(flatten)]
    pub overall: Group,
    /// The confidence from which an answer counts as sure.
    pub sure_from: f64,
    /// By where rows were collected, of those that say it.
    pub by_source: BTreeMap<String, Group>,
    /// By the script they are written in.
    pub by_script: BTreeMap<String, Group>,
    /// By the forms of title they have, of those that say it; a row may have several.
    pub by_class: BTreeMap<String, Group>,
    /// Whether confidence can be believed.
    pub reliability: Reliability,
    /// Wrong answers, the most confident first.
    pub worst: Vec<Disagreement>,
    /// What is not as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
}

/// Some rows.
#[derive(Serialize)]
pub struct Group {
    /// Their counts.
    #[serde(flatten)]
    pub figures: Figures,
    /// What follows from them, from 0 to 1; null of nothing.
    pub shares: Shares,
}

/// A wrong answer.
#[derive(Serialize)]
pub struct Disagreement {
    /// The row.
    pub id: String,
    /// What is wrong of it: title, artist, both, or that anything was said of what is no music.
    pub field: &'static str,
    /// What was said.
    pub said: Answer,
    /// What was expected.
    pub expected: Answer,
    /// How sure it was.
    pub confidence: Option<f64>,
}

/// A title and an artist, for people; both `None` where there is nothing to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// The title.
    pub title: Option<String>,
    /// The credit.
    pub artist: Option<String>,
}

impl Report {
    /// Adds up what was found out; at most `worst` wrong answers are named.
    pub fn of(rows: &[Judged<'_>], sure_from: f64, worst: usize) -> Self {
        let by = |names: fn(&Label) -> Vec<&str>| {
            let mut groups: BTreeMap<&str, Vec<&Judged<'_>>> = BTreeMap::new();
            for row in rows {
                names(row.label).into_iter().for_each(|name| groups.entry(name).or_default().push(row));
            }
            groups.into_iter().map(|(name, rows)| (name.to_owned(), Group::of(rows))).collect()
        };
        Self {
            overall: Group::of(rows),
            sure_from,
            by_source: by(|label| label.source.as_deref().into_iter().collect()),
            by_script: by(|label| vec![&label.script]),
            by_class: by(|label| label.classes().collect()),
            reliability: Reliability::of(&answers(rows)),
            worst: disagreements(rows, worst),
            changes: None,
        }
    }
}

impl Group {
    /// What rows add up to.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Judged<'a>>) -> Self {
        let mut figures = Figures::default();
        rows.into_iter().for_each(|row| figures.count(row.label, &row.verdict));
        Self { shares: figures.shares(), figures }
    }
}

/// How sure answers were, and whether they were right.
fn answers(rows: &[Judged<'_>]) -> Vec<(f64, bool)> {
    let answered = rows.iter().filter(|row| row.verdict.answered);
    answered.filter_map(|row| Some((row.said.confidence?, row.verdict.is_right()))).collect()
}

fn disagreements(rows: &[Judged<'_>], at_most: usize) -> Vec<Disagreement> {
    let is_wrong = |row: &&Judged<'_>| row.said.says_something() && !row.verdict.is_right();
    let mut wrong: Vec<_> = rows.iter().filter(is_wrong).collect();
    let confidence = |row: &Judged<'_>| row.said.confidence.unwrap_or(0.0);
    wrong.sort_by(|one, other| confidence(other).total_cmp(&confidence(one)));
    let disagreement = |row: &Judged<'_>| Disagreement {
        id: row.label.id.clone(),
        field: match (row.verdict.title, row.verdict.artist) {
            (Some(false), Some(false)) => "both",
            (Some(false), _) => "title",
            (_, Some(false)) => "artist",
            _ => "no music",
        },
        said: row.said.into(),
        expected: (&row.label.expected).into(),
        confidence: row.said.confidence,
    };
    wrong.into_iter().take(at_most).map(disagreement).collect()
}

impl Answer {
    /// The field that is in question, else both.
    pub fn of(&self, field: &str) -> Self {
        Self {
            title: self.title.clone().filter(|_| field != "artist"),
            artist: self.artist.clone().filter(|_| field != "title"),
        }
    }
}

impl From<&Said> for Answer {
    fn from(said: &Said) -> Self {
        Self { title: said.title.clone(), artist: said.artist.clone() }
    }
}

impl From<&Expected> for Answer {
    fn from(expected: &Expected) -> Self {
        Self { title: expected.title.clone(), artist: expected.artist.clone() }
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.artist, &self.title) {
            (Some(artist), Some(title)) => write!(f, "{artist} – {title}"),
            (Some(text), None) | (None, Some(text)) => f.write_str(text),
            (None, None) => f.write_str(NOTHING),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::Forms;
    use super::*;
    use serde_json::{Value, json};

    fn label(id: &str, expected: Value) -> Label {
        let expected = serde_json::from_value(expected).unwrap();
        Label { id: id.to_owned(), source: None, tags: Vec::new(), script: "latin".to_owned(), expected }
    }

    #[test]
    fn the_most_confident_wrong_answers_come_first_and_no_music_is_one_when_it_is_answered() {
        let rows: Vec<(Label, Said)> = [
            ("right", json!({"title": "A", "artist": "B"}), json!({"title": "A", "artist": "B", "confidence": 1.0})),
            ("wrong", json!({"title": "A", "artist": "B"}), json!({"title": "X", "artist": "B", "confidence": 0.7})),
            ("talk", json!({"abstain": true}), json!({"title": "X", "confidence": 0.9})),
            ("silent", json!({"title": "A", "artist": "B"}), json!({"confidence": 0.9})),
            ("half", json!({"title": "A", "artist": "B"}), json!({"title": "A", "confidence": 0.8})),
        ]
        .into_iter()
        .map(|(id, expected, said)| (label(id, expected), serde_json::from_value(said).unwrap()))
        .collect();
        let forms = Forms::new().unwrap();
        let judged: Vec<Judged<'_>> = rows
            .iter()
            .map(|(label, said)| Judged { label, said, verdict: Verdict::of(&forms, &label.expected, said, 0.9) })
            .collect();
        let report = Report::of(&judged, 0.9, 2);
        let ids: Vec<_> = report.worst.iter().map(|wrong| wrong.id.as_str()).collect();
        assert_eq!(ids, ["talk", "half"]);
        let bins: Vec<_> = report.reliability.bins().map(|bin| (bin.from, bin.rows, bin.right)).collect();
        assert_eq!(bins, [(0.7, 1, 0.0), (0.9, 1, 0.0), (0.95, 1, 1.0)]);
        let figures = serde_json::to_value(&report).unwrap();
        assert_eq!(
            (&figures["sure"], &figures["not_music_sure"], &figures["answered"]),
            (&json!(1), &json!(1), &json!(2))
        );
        assert_eq!(
            (&figures["shares"]["right_when_sure"], &figures["shares"]["album_right"]),
            (&json!(0.5), &Value::Null)
        );
    }
}
