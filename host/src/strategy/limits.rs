//! The contract's table: what the host enforces, whatever a guest does.

use crate::music::{Extraction, Outcome, Step};
use std::collections::HashSet;
use std::time::Duration;

/// Bounds of every call of a strategy.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Wall time of a call.
    pub wall_time: Duration,
    /// Memory of a call, in bytes: all its linear memories and tables together.
    pub memory: usize,
    /// What a call may return, in bytes.
    pub returned: usize,
    /// Prompts of one step.
    pub prompts: usize,
    /// Bytes of one prompt: system, user and schema.
    pub prompt_bytes: usize,
    /// How many times prompts may be answered for one strategy and batch.
    pub rounds: u32,
    /// Log lines of a call.
    pub log_lines: usize,
    /// Bytes of a log line.
    pub log_line_bytes: usize,
    /// Size of a component, in bytes.
    pub component_bytes: usize,
}

/// How often the epoch advances; a call ends at most one tick late.
pub const TICK: Duration = Duration::from_millis(10);

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_time: Duration::from_secs(1),
            memory: 64 << 20,
            returned: 4 << 20,
            prompts: 64,
            prompt_bytes: 256 << 10,
            rounds: 6,
            log_lines: 64,
            log_line_bytes: 1 << 10,
            component_bytes: 32 << 20,
        }
    }
}

impl Limits {
    /// The wall time in ticks, rounded up, and one more for the tick that is already under way.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        u64::try_from(self.wall_time.as_millis().div_ceil(TICK.as_millis())).unwrap_or(u64::MAX).saturating_add(1)
    }

    /// Refuses a step that is too large as a whole.
    ///
    /// # Errors
    /// A sentence naming the bound.
    pub fn check_size(&self, step: &Step) -> Result<(), String> {
        if step.prompts.len() > self.prompts {
            return Err(format!("it returned {} prompts, allowed are {}", step.prompts.len(), self.prompts));
        }
        for prompt in &step.prompts {
            let bytes =
                prompt.system.len() + prompt.user.len() + prompt.response_schema.as_ref().map_or(0, String::len);
            if bytes > self.prompt_bytes {
                return Err(format!("it returned a prompt of {bytes} bytes, allowed are {}", self.prompt_bytes));
            }
        }
        Ok(())
    }
}

/// Drops what a step says about tracks that are not in the batch or were decided already, and what cannot be true.
/// Returns what was dropped, a reason each. A track that is decided is no longer asked about.
pub fn drop_invalid(step: &mut Step, tracks: usize) -> Vec<String> {
    let mut dropped = Vec::new();
    let known = |index: u32| usize::try_from(index).is_ok_and(|index| index < tracks);
    let mut decided = HashSet::new();
    step.decisions.retain(|(index, outcome)| {
        let problem = match outcome {
            _ if !known(*index) => Some(format!("a decision on track {index} of {tracks}")),
            Outcome::Extracted(entry) if let Some(problem) = untrue(entry) => Some(problem),
            _ if !decided.insert(*index) => Some(format!("a second decision on track {index}")),
            _ => None,
        };
        problem.is_none_or(|problem| {
            dropped.push(problem);
            false
        })
    });
    step.hints.retain(|(index, entry)| known(*index) && untrue(entry).is_none());
    let mut asked = HashSet::new();
    for prompt in &mut step.prompts {
        prompt.indexes.retain(|index| known(*index) && !decided.contains(index) && asked.insert(*index));
    }
    let before = step.prompts.len();
    step.prompts.retain(|prompt| !prompt.indexes.is_empty());
    if step.prompts.len() < before {
        dropped.push("a prompt about no open track".to_owned());
    }
    dropped
}

fn untrue(entry: &Extraction) -> Option<String> {
    if !(0.0..=1.0).contains(&entry.confidence) {
        return Some(format!("a confidence of {}", entry.confidence));
    }
    entry.title.trim().is_empty().then(|| "an empty title".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{MusicType, Prompt};

    fn entry(confidence: f64) -> Extraction {
        Extraction {
            title: "T".into(),
            artist: None,
            album: None,
            genres: vec![],
            release_date: None,
            music_type: MusicType::Song,
            confidence,
            origins: vec![],
        }
    }

    fn prompt(indexes: &[u32]) -> Prompt {
        Prompt {
            tag: String::new(),
            indexes: indexes.to_vec(),
            system: String::new(),
            user: String::new(),
            response_schema: None,
            max_output_tokens: 1,
        }
    }

    #[test]
    fn out_of_range_repeated_and_impossible_decisions_are_dropped_alone() {
        let mut step = Step {
            decisions: [(0, 0.5), (0, 0.6), (7, 0.5), (1, f64::NAN), (2, 1.0)]
                .map(|(index, confidence)| (index, Outcome::Extracted(entry(confidence))))
                .to_vec(),
            hints: vec![(9, entry(0.5))],
            prompts: vec![prompt(&[0, 3, 3, 8]), prompt(&[3])],
        };
        let dropped = drop_invalid(&mut step, 4);
        assert_eq!(step.decisions.iter().map(|d| d.0).collect::<Vec<_>>(), [0, 2]);
        assert_eq!(step.prompts.len(), 1);
        assert_eq!(step.prompts[0].indexes, [3]);
        assert!(step.hints.is_empty());
        assert_eq!(dropped.len(), 4);
    }

    #[test]
    fn too_many_or_too_large_prompts_refuse_the_step() {
        let limits = Limits::default();
        let many = Step { prompts: vec![prompt(&[0]); 65], ..Step::default() };
        assert!(limits.check_size(&many).unwrap_err().contains("65 prompts"));
        let mut large = prompt(&[0]);
        large.user = "x".repeat((256 << 10) + 1);
        assert!(limits.check_size(&Step { prompts: vec![large], ..Step::default() }).is_err());
    }
}
