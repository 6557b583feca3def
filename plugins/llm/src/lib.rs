//! Tier 2: asks a model. One prompt for the batch, an id per track that the reply must echo, and a mapping that keeps
//! what is valid and asks again for the rest.
//!
//! A track whose title and artist an earlier strategy settled is asked for its genres only.

mod config;
mod prompt;
mod reply;

pub use config::GENRES;

use config::Config;
use liner_strategy::{Context, Description, Error, Prompt, Reply, Step, Strategy, Track};
use prompt::Question;

/// Extraction by a model.
pub struct Llm;

/// The confidence from which a hint is taken as settled, so that only what is missing is asked.
const SETTLED: f64 = 0.9;

impl Strategy for Llm {
    fn describe() -> Description {
        Description {
            asks_model: true,
            config_schema: config::SCHEMA.to_owned(),
            default_config: serde_json::to_string(&Config::default()).unwrap_or_default(),
            ..Description::new(
                "llm",
                env!("CARGO_PKG_VERSION"),
                "Asks a model about the batch and keeps every valid item of its reply.",
            )
        }
    }

    fn check_config(config: &str) -> Result<(), Error> {
        Config::read(config).map(|_| ())
    }

    fn plan(context: &Context, tracks: &[Track]) -> Result<Step, Error> {
        let config = Config::read(&context.config)?;
        let (mut whole, mut genres) = (Vec::new(), Vec::new());
        for (index, track) in (0..).zip(tracks) {
            let settled = track.hint.as_ref().is_some_and(|hint| hint.artist.is_some() && hint.confidence >= SETTLED);
            if settled { genres.push(index) } else { whole.push(index) }
        }
        let mut step = Step::default();
        step.prompts.extend(prompt::ask(&config, Question::Extract, tracks, &whole));
        step.prompts.extend(prompt::ask(&config, Question::Complete, tracks, &genres));
        Ok(step)
    }

    fn interpret(context: &Context, tracks: &[Track], prompt: &Prompt, reply: &Reply) -> Result<Step, Error> {
        let config = Config::read(&context.config)?;
        let question = Question::from_tag(&prompt.tag)
            .ok_or_else(|| Error::Internal(format!("no prompt tagged {:?} was asked", prompt.tag)))?;
        Ok(reply::interpret(&config, context, tracks, prompt, question, reply))
    }
}

liner_strategy::export_strategy!(Llm);

#[cfg(test)]
mod tests;
