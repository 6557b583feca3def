//! What an operator may change about the prompts: genres, sizes, how much text of a page is shown.

use liner_strategy::{Error, GENRES};
use serde::{Deserialize, Serialize};

/// The strategy's configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The genres a reply may name, lower case.
    pub genres: Vec<String>,
    /// The most genres of one track.
    pub max_genres: usize,
    /// The most tracks of one prompt.
    pub tracks_per_prompt: usize,
    /// The most characters of a description that are shown to the model.
    pub description_chars: usize,
    /// The most characters of a title, an uploader or a shared text that are shown to the model.
    pub text_chars: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            genres: GENRES.map(str::to_owned).to_vec(),
            max_genres: 3,
            tracks_per_prompt: 20,
            description_chars: 400,
            text_chars: 300,
        }
    }
}

impl Config {
    /// Reads a configuration; what it leaves out has its default.
    ///
    /// # Errors
    /// [`Error::InvalidConfig`] naming the field.
    pub fn read(text: &str) -> Result<Self, Error> {
        let mut config: Self = serde_json::from_str(text).map_err(|e| Error::InvalidConfig(e.to_string()))?;
        for genre in &mut config.genres {
            *genre = genre.trim().to_lowercase();
        }
        let refuse = |text: &str| Err(Error::InvalidConfig(text.to_owned()));
        if config.genres.is_empty() || config.genres.iter().any(String::is_empty) {
            return refuse("genres must name at least one genre, and none may be empty");
        }
        if !(1..=10).contains(&config.max_genres) {
            return refuse("max_genres must be 1 to 10");
        }
        if !(1..=100).contains(&config.tracks_per_prompt) {
            return refuse("tracks_per_prompt must be 1 to 100");
        }
        if config.description_chars > 4_000 || config.text_chars > 4_000 {
            return refuse("description_chars and text_chars must be at most 4000");
        }
        Ok(config)
    }

    /// The genre as the configuration writes it, however the model wrote it: a schema does not guarantee the case.
    #[must_use]
    pub fn genre(&self, answered: &str) -> Option<&String> {
        let answered = answered.trim();
        let exactly = self.genres.iter().find(|known| *known == answered);
        exactly.or_else(|| {
            let answered = answered.to_lowercase();
            self.genres.iter().find(|known| **known == answered)
        })
    }
}

/// The JSON schema of [`Config`].
pub const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"properties":{
"genres":{"type":"array","items":{"type":"string"},"minItems":1,"description":"The genres a reply may name."},
"max_genres":{"type":"integer","minimum":1,"maximum":10,"description":"The most genres of one track."},
"tracks_per_prompt":{"type":"integer","minimum":1,"maximum":100,"description":"The most tracks of one prompt."},
"description_chars":{"type":"integer","minimum":0,"maximum":4000,"description":"How much of a description the model sees."},
"text_chars":{"type":"integer","minimum":0,"maximum":4000,"description":"How much of a title, uploader or shared text the model sees."}}}"#;
