//! What it says: one entry for every track, where nothing else is asked of it, and what no strategy may say.

use liner_strategy::{Belief, Decision, Extraction, Outcome, Prompt, Step, Track};

/// The entry that every track gets, under a title.
pub fn entry(title: &str) -> Extraction {
    Extraction::song(title, Some("Ada Lane"), 0.9)
}

/// A question about the first track.
pub fn prompt(user: String) -> Prompt {
    Prompt {
        tag: "tag".to_owned(),
        indexes: vec![0],
        system: String::new(),
        user,
        response_schema: None,
        max_output_tokens: 10,
    }
}

/// The same entry for every track, whatever stands beside it.
pub fn polite(step: &mut Step, tracks: &[Track]) {
    (0..).zip(tracks).for_each(|(index, _)| step.decide(index, entry("Harbour")));
}

/// Breaks the promise that a batch's order does not matter: a track's title is its position.
pub fn in_order(step: &mut Step, tracks: &[Track]) {
    (0..).zip(tracks).for_each(|(index, _)| step.decide(index, entry(&format!("Harbour, number {index}"))));
}

/// Breaks the promise that a track's company does not matter: all take the title of the first.
pub fn about_neighbours(step: &mut Step, tracks: &[Track]) {
    let title = tracks.first().and_then(|track| track.og_title.as_deref()).unwrap_or("Harbour");
    (0..).zip(tracks).for_each(|(index, _)| step.decide(index, entry(title)));
}

/// More beliefs than a batch has tracks, as light as they can be: the list itself has to break the bound, not the memory
/// that its texts take.
pub fn many_hints(count: u32) -> Vec<Belief> {
    (0..count).map(|index| Belief { index, extraction: Extraction::song("", None, 0.5) }).collect()
}

/// One good decision about track 0 among those that cannot be true.
pub fn wild(tracks: &[Track]) -> Vec<Decision> {
    let count = u32::try_from(tracks.len()).unwrap_or(u32::MAX);
    let extracted = |index, confidence| {
        let extraction = Extraction { confidence, ..entry("Harbour") };
        Decision { index, outcome: Outcome::Extracted(extraction) }
    };
    vec![
        extracted(count, 0.9),
        extracted(u32::MAX, 0.9),
        extracted(0, 0.9),
        extracted(0, 0.5),
        extracted(1, f64::NAN),
        extracted(1, 1.5),
    ]
}
