//! A strategy that does what its configuration says, and that is never good: the host must bound it.

use liner_strategy::{
    Context, Decision, Description, Error, Extraction, Level, Outcome, Prompt, Reply, Step, Strategy, Track, log,
};

/// A strategy that is never good.
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
        match context.config.as_str() {
            "spin" => spin(),
            "panic" => panic_with("the plan went wrong"),
            "grow" => grow(),
            "error" => return Err(Error::Internal("nothing works today".to_owned())),
            "flood" => step.prompts.push(prompt("x".repeat(5 << 20))),
            "many prompts" => step.prompts = vec![prompt("?".to_owned()); 65],
            "long prompt" => step.prompts.push(prompt("x".repeat(300 << 10))),
            "chatter" => (0..200).for_each(|n| log(Level::Info, &format!("line {n} {}", "y".repeat(2_000)))),
            "wild" => step.decisions = wild(tracks),
            "trap on second" if tracks.iter().any(|track| track.platform_id == "id1") => panic_with("id1 is too much"),
            "trap on reply" | "ask for ever" => step.prompts.push(prompt("?".to_owned())),
            _ => (0..).zip(tracks).for_each(|(index, _)| step.decide(index, entry(0.9))),
        }
        Ok(step)
    }

    fn interpret(context: &Context, _: &[Track], _: &Prompt, _: &Reply) -> Result<Step, Error> {
        let mut step = Step::default();
        match context.config.as_str() {
            "ask for ever" => step.prompts.push(prompt(format!("round {}?", context.round))),
            _ => panic_with("the reply went wrong"),
        }
        Ok(step)
    }
}

fn entry(confidence: f64) -> Extraction {
    Extraction::song("Harbour", Some("Ada Lane"), confidence)
}

fn prompt(user: String) -> Prompt {
    Prompt {
        tag: "tag".to_owned(),
        indexes: vec![0],
        system: String::new(),
        user,
        response_schema: None,
        max_output_tokens: 10,
    }
}

/// One good decision about track 0 among those that cannot be true.
fn wild(tracks: &[Track]) -> Vec<Decision> {
    let count = u32::try_from(tracks.len()).unwrap_or(u32::MAX);
    let extracted = |index, confidence| Decision { index, outcome: Outcome::Extracted(entry(confidence)) };
    vec![
        extracted(count, 0.9),
        extracted(u32::MAX, 0.9),
        extracted(0, 0.9),
        extracted(0, 0.5),
        extracted(1, f64::NAN),
        extracted(1, 1.5),
    ]
}

fn spin() {
    let mut n = 0u64;
    while std::hint::black_box(n) < u64::MAX {
        n = n.wrapping_add(1);
    }
}

fn grow() {
    let mut held: Vec<Vec<u8>> = Vec::new();
    loop {
        held.push(std::hint::black_box(vec![1; 1 << 20]));
    }
}

#[allow(clippy::panic)]
fn panic_with(message: &str) {
    panic!("{message}");
}

liner_strategy::export_strategy!(Hostile);
