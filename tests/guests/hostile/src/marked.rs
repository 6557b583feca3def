//! Configured as `mark NAME`, it asks one question about all tracks, and can read the replies to its own questions only:
//! two names are two strategies that must never be handed each other's prompts.

use crate::answers::{entry, prompt};
use crate::runaway::panic_with;
use liner_strategy::{Prompt, Step, Track};

/// The name that it was configured with.
pub struct Mark<'a>(&'a str);

impl<'a> Mark<'a> {
    pub fn from_config(config: &'a str) -> Option<Self> {
        config.strip_prefix("mark ").map(Self)
    }

    /// The mark is in the tag alone. The words are the same for every mark, so that a reply could be shared.
    pub fn ask(&self, step: &mut Step, tracks: &[Track]) {
        if tracks.is_empty() {
            return;
        }
        let titles: Vec<&str> = tracks.iter().filter_map(|track| track.og_title.as_deref()).collect();
        let indexes = (0..).zip(tracks).map(|(index, _)| index).collect();
        step.prompts.push(Prompt { tag: self.0.to_owned(), indexes, ..prompt(titles.join("\n")) });
    }

    /// Decides every track that was asked about, whatever the reply says.
    pub fn read(&self, step: &mut Step, prompt: &Prompt) {
        if prompt.tag != self.0 {
            panic_with("interpreted by another digest than planned it");
        }
        prompt.indexes.iter().for_each(|index| step.decide(*index, entry("Harbour")));
    }
}
