//! Any text as a model's reply: what is made of it is about the tracks that were asked about, each once, or asked again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use liner_llm::Llm;
use liner_strategy::{Outcome, Stop, Track, testing};
use std::collections::BTreeSet;

fuzz_target!(|text: &str| {
    // The first character says why the model stopped.
    let stop = match text.chars().next() {
        Some('!') => Stop::Truncated,
        Some('?') => Stop::Refused,
        Some('~') => Stop::Other,
        _ => Stop::Complete,
    };
    let text = text.trim_start_matches(['!', '?', '~']);
    let tracks: Vec<Track> = (0..4).map(|n| testing::track(&format!("Ada Lane - Tide {n}"))).collect();
    let mut prompts = testing::plan::<Llm>("{}", &tracks).expect("a plan").prompts;
    let mut prompt = prompts.pop().expect("a question");
    prompt.indexes.retain(|index| *index != 2);
    let reply = liner_strategy::Reply { stop, ..testing::reply(text) };
    let step = testing::interpret::<Llm>("{}", &tracks, &prompt, &reply).expect("the mapping never fails");
    let asked: BTreeSet<u32> = prompt.indexes.iter().copied().collect();
    let mut settled = BTreeSet::new();
    for decision in &step.decisions {
        assert!(asked.contains(&decision.index), "track {} was not asked about", decision.index);
        assert!(settled.insert(decision.index), "track {} was decided twice", decision.index);
        if let Outcome::Extracted(entry) = &decision.outcome {
            assert!(!entry.title.trim().is_empty() && (0.0..=1.0).contains(&entry.confidence));
            assert!(!entry.title.chars().any(char::is_control));
        }
    }
    for index in step.prompts.iter().flat_map(|prompt| &prompt.indexes) {
        assert!(asked.contains(index) && settled.insert(*index), "track {index} is asked and decided");
    }
});
