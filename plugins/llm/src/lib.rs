//! Tier 2: asks a model. One prompt for the batch, an id per track that the reply must echo, and a mapping that keeps
//! what is valid and asks again for the rest.
//!
//! Nothing is asked that is known. A track whose title and artist an earlier strategy settled, or the page's own fields say, is asked
//! for its genres only, and for nothing if the page says those too. One of which nothing is known but ids is passed on.
//!
//! `given` reads what is known, `line` says what the model is shown of a track, `prompt` asks; `items` finds the answers in a
//! reply, `mixup` knows those that are about another track, and `reply` makes decisions of the rest.

mod clean;
mod config;
mod given;
mod items;
mod line;
mod link;
mod mixup;
mod prompt;
mod reply;

use config::Config;
use given::Given;
use liner_strategy::{Context, Description, Error, Prompt, Reply, Step, Strategy, Track};
use prompt::Question;

/// Extraction by a model.
pub struct Llm;

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
        let (mut step, mut whole, mut genres) = (Step::default(), Vec::new(), Vec::new());
        for (index, track) in (0..).zip(tracks) {
            let given = Given::of(&config, track);
            match given.settled(track) {
                Some(entry) if !entry.genres.is_empty() => step.decide(index, entry),
                Some(_) => genres.push(index),
                None if line::says_something(track, &given) => whole.push(index),
                None => {}
            }
        }
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
