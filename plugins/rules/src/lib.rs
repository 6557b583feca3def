//! Tier 1: what the page itself says, read by rules. No model, no guess: a track the rules are not sure of is passed
//! on, with what they believe as a hint.
//!
//! `page` reads what the platform itself says, in structured fields and by template. Where that does not name both, `title`
//! takes the title apart and `roles` says which part is the song and which the artist, by the `channel` if it tells and by
//! the form if not, each with the `evidence` it has. `nonmusic` weighs what speaks against music, `guess` reads what is
//! left without a title, and `verdict` puts them together. `words` holds the vocabulary, `text`, `credit` and `decoration`
//! the reading of it.

mod channel;
mod credit;
mod decoration;
mod evidence;
mod guess;
mod nonmusic;
mod page;
mod roles;
#[cfg(test)]
mod tests;
mod text;
mod title;
mod verdict;
mod words;

use liner_strategy::{Context, Description, Error, Step, Strategy, Track};
use serde::Deserialize;
use verdict::Verdict;

/// Extraction by rules.
pub struct Rules;

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Config {
    decide_at: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self { decide_at: 0.9 }
    }
}

impl Config {
    fn read(text: &str) -> Result<Self, Error> {
        let config: Self = serde_json::from_str(text).map_err(|e| Error::InvalidConfig(e.to_string()))?;
        if !(0.0..=1.0).contains(&config.decide_at) {
            return Err(Error::InvalidConfig(format!("decide_at is {}, allowed is 0 to 1", config.decide_at)));
        }
        Ok(config)
    }
}

impl Strategy for Rules {
    fn describe() -> Description {
        Description {
            config_schema: r#"{"type":"object","additionalProperties":false,"properties":{"decide_at":{"type":"number","minimum":0,"maximum":1,"description":"The confidence from which a track is decided here instead of passed on."}}}"#.to_owned(),
            default_config: r#"{"decide_at":0.9}"#.to_owned(),
            ..Description::new("rules", env!("CARGO_PKG_VERSION"), "Reads titles, channels and platform descriptions; asks nobody.")
        }
    }

    fn check_config(config: &str) -> Result<(), Error> {
        Config::read(config).map(|_| ())
    }

    fn plan(context: &Context, tracks: &[Track]) -> Result<Step, Error> {
        let config = Config::read(&context.config)?;
        let mut step = Step::default();
        for (index, track) in (0..).zip(tracks) {
            match verdict::read(track) {
                Verdict::Entry(entry) if entry.artist.is_some() && entry.confidence >= config.decide_at => {
                    step.decide(index, entry);
                }
                Verdict::Entry(entry) => step.hint(index, entry),
                Verdict::NotMusic(reason) => step.no_music(index, reason),
                Verdict::Unknown => {}
            }
        }
        Ok(step)
    }
}

liner_strategy::export_strategy!(Rules);
