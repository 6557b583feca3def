//! Labels whose values come from outside. A series is kept for as long as the process lives, so a name that anybody may
//! make up is one of the first so many, or `other`.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The label of names that came too late.
const OTHER: &str = "other";

/// The first so many names of a kind.
#[derive(Debug)]
pub struct Names {
    most: usize,
    known: Mutex<BTreeSet<String>>,
}

impl Names {
    /// At most so many.
    #[must_use]
    pub const fn at_most(most: usize) -> Self {
        Self { most, known: Mutex::new(BTreeSet::new()) }
    }

    /// A name as a label.
    #[must_use]
    pub fn label(&self, name: &str) -> String {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.contains(name) {
            if known.len() >= self.most {
                return OTHER.to_owned();
            }
            known.insert(name.to_owned());
        }
        name.to_owned()
    }
}

/// A model's name as a label: a run by hand may name any.
#[must_use]
pub fn model(name: &str) -> String {
    static MODELS: Names = Names::at_most(30);
    MODELS.label(name)
}

/// A strategy's name as a label: whoever uploads one names it.
#[must_use]
pub fn strategy(name: &str) -> String {
    static STRATEGIES: Names = Names::at_most(50);
    STRATEGIES.label(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_come_too_late_share_a_label() {
        let names = Names::at_most(2);
        assert_eq!(["a", "b", "c", "a", "d"].map(|name| names.label(name)), ["a", "b", "other", "a", "other"]);
    }
}
