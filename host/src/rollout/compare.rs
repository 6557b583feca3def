//! What a candidate and the active strategies made of the same tracks, side by side.

use super::{Rollout, RolloutError};
use crate::digest::Digest;
use crate::music::{Extraction, TrackKey};
use crate::store::{Compared, Said};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// Tracks that are compared, the newest.
const TRACKS: u32 = 10_000;
/// Disagreements that are listed, the newest.
const LISTED: usize = 100;

/// One side's figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Side {
    /// Tracks it decided.
    pub decided: u64,
    /// Tracks it asked about, and nobody answered.
    pub unanswered: u64,
    /// Tracks it could not decide.
    pub undecided: u64,
    /// Its mean confidence where it gave an entry.
    pub confidence: Option<f64>,
}

/// How often both said the same of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldAgreement {
    /// The field.
    pub field: &'static str,
    /// Tracks of which both gave an entry.
    pub compared: u64,
    /// Of these, those with the same value.
    pub agreed: u64,
}

/// A track of which the two said different things.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Disagreement {
    /// The track.
    #[serde(flatten)]
    pub key: TrackKey,
    /// The fields that differ; none where only one of them decided.
    pub fields: Vec<&'static str>,
    /// The candidate's.
    pub candidate: Said,
    /// The active ones'.
    pub active: Said,
}

/// A candidate beside the active strategies.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// Tracks that both saw.
    pub tracks: u64,
    /// The candidate's figures.
    pub candidate: Side,
    /// The active ones'.
    pub active: Side,
    /// By field.
    pub fields: Vec<FieldAgreement>,
    /// What the candidate's own questions cost, in millionths of a dollar.
    pub cost_micros: i64,
    /// The candidate's time a track, in microseconds.
    pub time_us_per_track: i64,
    /// Tracks on which they differ.
    pub disagreed: u64,
    /// The newest of them.
    pub disagreements: Vec<Disagreement>,
}

impl Rollout {
    /// A candidate's comparison so far.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn comparison(&self, candidate: &Digest) -> Result<Comparison, RolloutError> {
        Ok(Comparison::of(&self.store().compared(candidate, TRACKS).await?))
    }
}

impl Comparison {
    /// Compares.
    #[must_use]
    pub fn of(tracks: &[Compared]) -> Self {
        let mut comparison = Self {
            tracks: count(tracks.len()),
            candidate: Side::of(tracks.iter().map(|track| &track.candidate)),
            active: Side::of(tracks.iter().map(|track| &track.active)),
            fields: FIELDS.map(|field| FieldAgreement { field, compared: 0, agreed: 0 }).to_vec(),
            cost_micros: tracks.iter().map(|track| track.cost_micros).sum(),
            ..Self::default()
        };
        let time: i64 = tracks.iter().map(|track| track.time_us).sum();
        comparison.time_us_per_track = time / i64::try_from(tracks.len().max(1)).unwrap_or(i64::MAX);
        for track in tracks {
            comparison.add(track);
        }
        comparison
    }

    fn add(&mut self, track: &Compared) {
        let mut differing = Vec::new();
        if let (Said::Extracted { entry: candidate }, Said::Extracted { entry: active }) =
            (&track.candidate, &track.active)
        {
            let pairs = values(candidate).into_iter().zip(values(active));
            for (agreement, (candidate, active)) in self.fields.iter_mut().zip(pairs) {
                agreement.compared += 1;
                if candidate == active {
                    agreement.agreed += 1;
                } else {
                    differing.push(agreement.field);
                }
            }
        }
        if differing.is_empty() && kind(&track.candidate) == kind(&track.active) {
            return;
        }
        self.disagreed += 1;
        if self.disagreements.len() < LISTED {
            let (candidate, active) = (track.candidate.clone(), track.active.clone());
            self.disagreements.push(Disagreement { key: track.key.clone(), fields: differing, candidate, active });
        }
    }
}

impl Side {
    fn of<'a>(said: impl Iterator<Item = &'a Said>) -> Self {
        let mut side = Self::default();
        let mut confidences = Vec::new();
        for said in said {
            match said {
                Said::Extracted { entry } => {
                    side.decided += 1;
                    confidences.push(entry.confidence);
                }
                Said::NoMusic => side.decided += 1,
                Said::Undecided { .. } => side.undecided += 1,
                Said::Unanswered => side.unanswered += 1,
            }
        }
        #[allow(clippy::cast_precision_loss)]
        let mean = || confidences.iter().sum::<f64>() / confidences.len() as f64;
        side.confidence = (!confidences.is_empty()).then(mean);
        side
    }
}

const FIELDS: [&str; 6] = ["title", "artist", "album", "genres", "release_date", "music_type"];

/// The values of [`FIELDS`].
fn values(entry: &Extraction) -> [Value; 6] {
    let Extraction { title, artist, album, genres, release_date, music_type, .. } = entry;
    [json!(title), json!(artist), json!(album), json!(genres), json!(release_date), json!(music_type)]
}

fn kind(said: &Said) -> std::mem::Discriminant<Said> {
    std::mem::discriminant(said)
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::MusicType;

    fn extracted(title: &str, confidence: f64) -> Said {
        let entry = Extraction {
            title: title.into(),
            artist: Some("Ada Lane".into()),
            album: None,
            genres: vec![],
            release_date: None,
            music_type: MusicType::Song,
            confidence,
            origins: vec![],
        };
        Said::Extracted { entry }
    }

    fn compared(candidate: Said, active: Said) -> Compared {
        let key = TrackKey { platform_name: "youtube".into(), platform_id: "1".into() };
        Compared { key, candidate, active, cost_micros: 3, time_us: 10 }
    }

    #[test]
    fn counts_agreement_by_field_and_lists_what_differs() {
        let comparison = Comparison::of(&[
            compared(extracted("Harbour", 0.9), extracted("Harbour", 0.7)),
            compared(extracted("Harbour", 0.5), extracted("Harbor", 0.7)),
            compared(extracted("Harbour", 0.7), Said::Unanswered),
            compared(Said::Undecided { reason: "no".into() }, Said::NoMusic),
        ]);
        assert_eq!((comparison.tracks, comparison.cost_micros, comparison.time_us_per_track), (4, 12, 10));
        assert_eq!(comparison.fields[0], FieldAgreement { field: "title", compared: 2, agreed: 1 });
        assert_eq!(comparison.fields[1], FieldAgreement { field: "artist", compared: 2, agreed: 2 });
        assert_eq!((comparison.candidate.decided, comparison.active.decided, comparison.active.unanswered), (3, 3, 1));
        assert!((comparison.candidate.confidence.unwrap() - 0.7).abs() < 1e-9);
        assert_eq!(comparison.disagreed, 3);
        assert_eq!(comparison.disagreements[0].fields, ["title"]);
    }
}
