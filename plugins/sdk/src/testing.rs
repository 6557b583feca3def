//! Runs a strategy natively, for its tests.

use crate::{Context, Error, Prompt, Reply, Step, Stop, Strategy, Track};

/// The rounds a host allows (the contract's table).
pub const ROUNDS: u32 = 6;

/// A YouTube track with this title and nothing else.
#[must_use]
pub fn track(og_title: &str) -> Track {
    Track {
        platform_name: "youtube".to_owned(),
        platform_id: "id".to_owned(),
        url: None,
        og_title: Some(og_title.to_owned()),
        og_artist: None,
        og_description: None,
        og_metadata: "{}".to_owned(),
        shared_text: None,
        hint: None,
    }
}

/// A complete reply with this text.
#[must_use]
pub fn reply(text: &str) -> Reply {
    Reply { text: text.to_owned(), stop: Stop::Complete, model: "test".to_owned() }
}

/// The context of a round.
#[must_use]
pub fn context(config: &str, round: u32) -> Context {
    Context { config: config.to_owned(), round, rounds_left: ROUNDS.saturating_sub(round) }
}

/// Plans in round 0.
///
/// # Errors
/// What the strategy answers.
pub fn plan<S: Strategy>(config: &str, tracks: &[Track]) -> Result<Step, Error> {
    S::plan(&context(config, 0), tracks)
}

/// Interprets a reply in round 1.
///
/// # Errors
/// What the strategy answers.
pub fn interpret<S: Strategy>(config: &str, tracks: &[Track], prompt: &Prompt, reply: &Reply) -> Result<Step, Error> {
    S::interpret(&context(config, 1), tracks, prompt, reply)
}
