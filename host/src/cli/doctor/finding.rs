//! What a check found: a line, with what to do where there is something to do.

use crate::cli::text::clean;
use serde::Serialize;
use std::time::Duration;

/// The width of the level and of the check's name before what is said.
const LEVEL: usize = 6;
const NAME: usize = 12;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// A host works, but not as well as it could, or not for long.
    Warn,
    /// A host does not work, or not as it was told to.
    Fail,
}

/// What a check found.
#[derive(Debug, Serialize)]
pub struct Finding {
    /// The check.
    pub check: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is.
    pub message: String,
    /// What to do.
    pub advice: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self { check, level: Level::Ok, message: message.into(), advice: None }
    }

    /// Worth a thought.
    pub fn warn(check: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, level: Level::Warn, message: message.into(), advice: Some(advice.into()) }
    }

    /// To be mended.
    pub fn fail(check: &'static str, message: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { check, level: Level::Fail, message: message.into(), advice: Some(advice.into()) }
    }

    /// What hangs is as bad as what fails.
    pub fn unending(check: &'static str, patience: Duration) -> Self {
        let message = format!("no answer within {} s", patience.as_secs());
        Self::fail(check, message, "see what holds it up, or give it longer with --timeout")
    }

    /// A check that ended in a panic.
    pub fn broken(check: &'static str) -> Self {
        Self::fail(check, "the check itself broke", "this is a fault of liner: report it, with what is printed above")
    }

    /// As a line for people.
    pub fn shown(&self, is_coloured: bool) -> String {
        let (word, colour) = match self.level {
            Level::Ok => ("ok", 32),
            Level::Warn => ("warn", 33),
            Level::Fail => ("FAIL", 31),
        };
        let pad = " ".repeat(LEVEL.saturating_sub(word.len()));
        let level = if is_coloured { format!("\x1b[{colour}m{word}\x1b[0m{pad}") } else { format!("{word}{pad}") };
        let advice = self.advice.as_deref().map_or_else(String::new, |advice| format!("; {}", clean(advice)));
        format!("{level}{:<NAME$}{}{advice}", self.check, clean(&self.message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_one_line_and_only_its_level_is_coloured() {
        let finding = Finding::fail("disk", "full\n\x1b[2J", "make room");
        assert_eq!(finding.shown(false), "FAIL  disk        full  [2J; make room");
        assert_eq!(finding.shown(true), "\x1b[31mFAIL\x1b[0m  disk        full  [2J; make room");
        assert_eq!(Finding::ok("disk", "wide").shown(false), "ok    disk        wide");
    }
}
