//! A strategy that does what its configuration says: well-behaved as `polite`, and otherwise breaking one bound of the
//! host or one promise of the contract. `later: X` is `X` but for the tracks that admission shows it, as of a strategy that
//! was written to get in.

mod answers;
mod marked;
mod runaway;

use answers::{about_neighbours, entry, in_order, many_hints, polite, prompt, wild};
use liner_strategy::{Context, Description, Error, Level, Prompt, Reply, Step, Strategy, Track, log};
use marked::Mark;
use runaway::{grow, panic_with, recurse, spin};

/// A strategy that is as bad as it is told to be.
pub struct Hostile;

impl Strategy for Hostile {
    fn describe() -> Description {
        Description {
            asks_model: true,
            default_config: "polite".to_owned(),
            ..Description::new("hostile", "0.1.0", "Breaks the bound that its configuration names.")
        }
    }

    fn check_config(config: &str) -> Result<(), Error> {
        if config == "refused" { Err(Error::InvalidConfig("refused, as asked".to_owned())) } else { Ok(()) }
    }

    fn plan(context: &Context, tracks: &[Track]) -> Result<Step, Error> {
        let mut step = Step::default();
        match behaviour(context, tracks) {
            "spin" => spin(),
            "panic" => panic_with("the plan went wrong"),
            "grow" => grow(),
            "recursion" => recurse(),
            "error" => return Err(Error::Internal("nothing works today".to_owned())),
            "flood" => step.prompts.push(prompt("x".repeat(5 << 20))),
            "huge string" => step.decide(0, entry(&"x".repeat(1 << 30))),
            "many hints" => step.hints = many_hints(300_000),
            "many prompts" => step.prompts = vec![prompt("?".to_owned()); 65],
            "long prompt" => step.prompts.push(prompt("x".repeat(300 << 10))),
            "chatter" => (0..200).for_each(|n| log(Level::Info, &format!("line {n} {}", "y".repeat(2_000)))),
            "wild" => step.decisions = wild(tracks),
            "order" => in_order(&mut step, tracks),
            "neighbours" => about_neighbours(&mut step, tracks),
            "trap on second" if tracks.iter().any(|track| track.platform_id == "id1") => panic_with("id1 is too much"),
            "trap on marker" if tracks.iter().any(says_marker) => panic_with("MARKER is too much"),
            "trap on reply" | "ask for ever" | "panic in interpret" | "spin in interpret" => {
                step.prompts.push(prompt("?".to_owned()));
            }
            other => match Mark::from_config(other) {
                Some(mark) => mark.ask(&mut step, tracks),
                None => polite(&mut step, tracks),
            },
        }
        Ok(step)
    }

    fn interpret(context: &Context, tracks: &[Track], prompt: &Prompt, _: &Reply) -> Result<Step, Error> {
        let mut step = Step::default();
        match behaviour(context, tracks) {
            "ask for ever" => step.prompts.push(answers::prompt(format!("round {}?", context.round))),
            "trap on reply" | "panic in interpret" => panic_with("the reply went wrong"),
            "spin in interpret" => spin(),
            other => {
                if let Some(mark) = Mark::from_config(other) {
                    mark.read(&mut step, prompt);
                }
            }
        }
        Ok(step)
    }
}

/// What it is told to do with these tracks.
fn behaviour<'a>(context: &'a Context, tracks: &[Track]) -> &'a str {
    let is_being_admitted = || tracks.iter().any(|track| track.platform_id.starts_with("admission-"));
    match context.config.strip_prefix("later: ") {
        Some(_) if is_being_admitted() => "polite",
        Some(later) => later,
        None => &context.config,
    }
}

fn says_marker(track: &Track) -> bool {
    track.og_title.as_ref().is_some_and(|title| title.contains("MARKER"))
}

liner_strategy::export_strategy!(Hostile);
