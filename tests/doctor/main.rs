//! `liner doctor`: each check once where all is well and once where it is not, through the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod database;
mod host;
mod machine;
mod manners;
mod provider;
mod settings;
mod strategies;

use liner_tests::liner_under;
use serde_json::Value;
use std::path::Path;

/// What a doctor said.
pub struct Visit {
    code: Option<i32>,
    /// Everything that was printed.
    text: String,
    report: Value,
}

impl Visit {
    /// What a check found: its level with what was said and what to do.
    fn of(&self, check: &str) -> Vec<(&str, String)> {
        let checks = self.report["checks"].as_array().unwrap().iter();
        let found = checks.filter(|finding| finding["check"] == check).map(|finding| {
            let said = format!("{}; {}", finding["message"].as_str().unwrap(), finding["advice"]);
            (finding["level"].as_str().unwrap(), said)
        });
        found.collect()
    }

    /// That a check found one thing of a level, with these words.
    #[track_caller]
    fn says(&self, check: &str, level: &str, words: &[&str]) -> &Self {
        let found = self.of(check);
        let is_it = |(of, said): &&(&str, String)| *of == level && words.iter().all(|word| said.contains(word));
        assert_eq!(found.iter().filter(is_it).count(), 1, "{check} {level} {words:?}: {found:?}");
        self
    }

    /// The levels of a check.
    fn levels(&self, check: &str) -> Vec<&str> {
        self.of(check).into_iter().map(|(level, _)| level).collect()
    }
}

/// A folder of a test's own.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// Sends for a doctor, who has a long time so that a busy machine is no illness.
pub async fn doctor(folder: &Path, settings: &[(&str, &str)]) -> Visit {
    doctor_under(folder, &[], &["--timeout", "60"], settings).await
}

/// The same, run by other programs, with other arguments.
pub async fn doctor_under(folder: &Path, programs: &[&str], arguments: &[&str], settings: &[(&str, &str)]) -> Visit {
    let mut all = vec![("PORT", "0"), ("AI_PROVIDER", "none")];
    all.extend(settings);
    let run = liner_under(folder, programs, &[&["doctor", "--json"], arguments].concat(), &all, "").await;
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}{}", run.stdout, run.stderr));
    Visit { code: run.code, text: format!("{}{}", run.stdout, run.stderr), report }
}
