//! What was told lately, so that a reader who was away hears what it missed, and nothing is told twice.

use super::told::{self, Told};
use std::collections::{HashSet, VecDeque};

/// Messages that are kept. More than three looks can bring, so that what a look sees again is known.
const KEPT: usize = 8_192;

/// The most that a reader is told of what it missed: who was away for longer begins anew.
const MISSED: usize = 1_000;

/// How much earlier than what was seen before something may be that was not, in milliseconds: what happens is written under
/// a time and committed after it.
pub const OVERLAP_MS: i64 = 15_000;

/// What was told, in the order in which it was.
#[derive(Debug, Default)]
pub struct History {
    told: VecDeque<Told>,
    keys: HashSet<String>,
    /// How many of them, from the beginning, were read before anybody was told: in the order of their times, which need
    /// not be the order in which another host told them.
    read_before: usize,
}

impl History {
    /// Takes in what happened before anybody looked on.
    pub fn begin(&mut self, told: Vec<Told>) {
        *self = Self::default();
        self.take_in(told);
        self.read_before = self.told.len();
    }

    /// Takes in what happened; returns what was not known.
    pub fn take_in(&mut self, told: Vec<Told>) -> Vec<Told> {
        let new: Vec<Told> = told.into_iter().filter(|told| self.keys.insert(told.key.clone())).collect();
        self.told.extend(new.iter().cloned());
        while self.told.len() > KEPT
            && let Some(oldest) = self.told.pop_front()
        {
            self.keys.remove(&oldest.key);
            self.read_before = self.read_before.saturating_sub(1);
        }
        new
    }

    /// Whether something is known.
    pub fn knows(&self, told: &Told) -> bool {
        self.keys.contains(&told.key)
    }

    /// What was told last.
    pub fn newest(&self) -> Option<&Told> {
        self.told.back()
    }

    /// What a reader missed who says what it saw last; nothing when that is not known any more.
    ///
    /// What this host told is gone on with to the message. What another host told, or this one before it stopped telling,
    /// may have been told in another order: there, what is near in time is told again rather than left out.
    pub fn missed(&self, last: &str) -> Option<Vec<&Told>> {
        let key = told::key_of(last)?;
        let at = self.told.iter().position(|told| told.key == key)?;
        let missed: Vec<&Told> = if at >= self.read_before {
            self.told.iter().skip(at + 1).collect()
        } else {
            let from = self.told.get(at)?.at - OVERLAP_MS;
            let near = self.told.iter().take(self.read_before).filter(|told| told.at >= from && told.key != key);
            near.chain(self.told.iter().skip(self.read_before)).collect()
        };
        (missed.len() <= MISSED).then_some(missed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(key: usize, at: i64) -> Told {
        Told { key: key.to_string(), at, text: bytes::Bytes::new() }
    }

    fn keys(told: &[&Told]) -> Vec<String> {
        told.iter().map(|told| told.key.clone()).collect()
    }

    #[test]
    fn what_is_seen_again_is_not_told_again() {
        let mut history = History::default();
        history.begin(vec![told(1, 10), told(2, 20)]);
        assert_eq!(history.take_in(vec![told(2, 20), told(3, 30)]), [told(3, 30)]);
        assert_eq!(history.newest(), Some(&told(3, 30)));
    }

    #[test]
    fn a_reader_goes_on_after_what_it_saw_last_even_where_something_came_late() {
        let mut history = History::default();
        history.begin(vec![]);
        history.take_in(vec![told(1, 100)]);
        history.take_in(vec![told(2, 90)]);
        assert_eq!(keys(&history.missed("100-1").unwrap()), ["2"]);
        assert_eq!(history.missed("90-2").unwrap().len(), 0);
    }

    #[test]
    fn a_reader_of_another_host_hears_again_what_is_near_in_time_and_misses_nothing() {
        let mut history = History::default();
        history.begin(vec![told(1, 10), told(2, 30_000), told(3, 30_010), told(4, 30_020)]);
        history.take_in(vec![told(5, 30_030)]);
        assert_eq!(keys(&history.missed("30010-3").unwrap()), ["2", "4", "5"]);
    }

    #[test]
    fn what_is_not_known_any_more_is_said_to_be_so() {
        let mut history = History::default();
        history.begin((0..KEPT + 5).map(|n| told(n, 0)).collect());
        for last in ["0-4", "0-nothing", "nonsense", ""] {
            assert_eq!(history.missed(last), None, "{last}");
        }
        assert!(!history.knows(&told(4, 0)) && history.knows(&told(5, 0)));
        assert_eq!(history.missed("0-5"), None, "it is known, and too long ago");
        let recent = history.newest().unwrap().id();
        assert_eq!(history.take_in((0..MISSED).map(|n| told(KEPT + 5 + n, 20_000)).collect()).len(), MISSED);
        assert!(history.missed(&recent).is_none(), "what is near in time is told again");
        let recent = format!("20000-{}", KEPT + 5);
        assert_eq!(history.missed(&recent).unwrap().len(), MISSED - 1);
    }
}
