//! Any page through the rules: what they say is within the contract's bounds, and the same every time.
//!
//! Lines are platform, link, page title, uploader, what was shared with it, metadata, and the description with all that
//! follows.

#![no_main]

use libfuzzer_sys::fuzz_target;
use liner_rules::Rules;
use liner_strategy::{Outcome, Track, testing};

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(7, '\n').map(|line| Some(line.to_owned()).filter(|line| !line.is_empty()));
    let mut next = || lines.next().flatten();
    let track = Track {
        platform_name: next().unwrap_or_else(|| "youtube".to_owned()),
        platform_id: "id".to_owned(),
        url: next(),
        og_title: next(),
        og_artist: next(),
        shared_text: next(),
        og_metadata: next().unwrap_or_else(|| "{}".to_owned()),
        og_description: next(),
        hint: None,
    };
    let tracks = [track];
    let plan = || testing::plan::<Rules>("{}", &tracks).expect("the rules never fail");
    let step = plan();
    assert_eq!(format!("{step:?}"), format!("{:?}", plan()));
    assert!(step.prompts.is_empty() && step.decisions.len() + step.hints.len() <= 1);
    let decided = step.decisions.iter().filter_map(|decision| match &decision.outcome {
        Outcome::Extracted(entry) => Some(entry),
        Outcome::NoMusic(_) | Outcome::Failed(_) => None,
    });
    for entry in decided.chain(step.hints.iter().map(|belief| &belief.extraction)) {
        assert!(!entry.title.trim().is_empty());
        assert!((0.0..=1.0).contains(&entry.confidence));
        assert!(entry.artist.iter().all(|artist| !artist.trim().is_empty()));
    }
});
