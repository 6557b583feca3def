//! The few conveniences a strategy author reaches for.

use crate::{Belief, Decision, Description, Extraction, FieldOrigin, MusicType, Origin, Outcome, Step};

// The type is generated, so the derive that clippy asks for has nowhere to stand.
#[allow(clippy::derivable_impls)]
impl Default for Step {
    fn default() -> Self {
        Self { decisions: Vec::new(), hints: Vec::new(), prompts: Vec::new() }
    }
}

impl Step {
    /// Decides a track.
    pub fn decide(&mut self, index: u32, extraction: Extraction) {
        self.decisions.push(Decision { index, outcome: Outcome::Extracted(extraction) });
    }

    /// Says that a track is not music.
    pub fn no_music(&mut self, index: u32, reason: &str) {
        self.decisions.push(Decision { index, outcome: Outcome::NoMusic(reason.to_owned()) });
    }

    /// Gives up on a track for this attempt.
    pub fn fail(&mut self, index: u32, reason: impl Into<String>) {
        self.decisions.push(Decision { index, outcome: Outcome::Failed(reason.into()) });
    }

    /// Leaves a belief for the next strategy.
    pub fn hint(&mut self, index: u32, extraction: Extraction) {
        self.hints.push(Belief { index, extraction });
    }
}

impl Extraction {
    /// A song by somebody, with nothing else known.
    #[must_use]
    pub fn song(title: &str, artist: Option<&str>, confidence: f64) -> Self {
        Self {
            title: title.to_owned(),
            artist: artist.map(str::to_owned),
            album: None,
            genres: Vec::new(),
            release_date: None,
            music_type: MusicType::Song,
            confidence,
            origins: Vec::new(),
        }
    }

    /// Records where a field's value came from, replacing what was said before.
    pub fn set_origin(&mut self, field: &str, origin: Origin) {
        self.origins.retain(|known| known.field != field);
        self.origins.push(FieldOrigin { field: field.to_owned(), origin });
    }
}

impl Description {
    /// A strategy that never asks a model and has no configuration.
    #[must_use]
    pub fn new(name: &str, version: &str, summary: &str) -> Self {
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            summary: summary.to_owned(),
            asks_model: false,
            config_schema: r#"{"type":"object","additionalProperties":false}"#.to_owned(),
            default_config: "{}".to_owned(),
        }
    }
}
