//! What was queued, what was paid for, and whether it adds up.

use crate::faults::Fleet;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex};

/// What the test knows by itself: links that some host took, and replies that the model gave.
#[derive(Clone, Default)]
pub struct Books {
    /// Links whose queueing was confirmed.
    pub queued: Arc<Mutex<BTreeSet<usize>>>,
    /// How often each question was answered well, by its text.
    pub paid: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// The account at the end.
pub struct Account {
    queued: i64,
    completed: i64,
    failed: i64,
    pending: i64,
    stuck: i64,
    missing: i64,
    settled_twice: i64,
    asked_though_journalled: i64,
    paid_twice: Vec<(String, usize)>,
    known_to_be_lost: i64,
}

impl Books {
    /// Counts, from the database itself.
    pub async fn close(&self, fleet: &Fleet, stuck: i64) -> Account {
        let number = |sql: &'static str| async move { fleet.database().number(sql).await.unwrap() };
        let queued = i64::try_from(self.queued.lock().unwrap().len()).unwrap();
        Account {
            queued,
            completed: number("select count(*) from music_ai_queue where status = 'completed'").await,
            failed: number("select count(*) from music_ai_queue where status = 'failed'").await,
            pending: number("select count(*) from music_ai_queue where status in ('pending', 'processing')").await,
            stuck,
            missing: queued - number("select count(*) from music_library").await,
            settled_twice: number("select count(*) - count(distinct id) from write_log").await,
            asked_though_journalled: number(
                "select count(*) from model_call later join model_call earlier
                     on earlier.prompt_digest = later.prompt_digest and earlier.root_id = later.root_id
                 where earlier.error is null and earlier.answered_at < later.sent_at and earlier.id <> later.id",
            )
            .await,
            paid_twice: self.paid_twice(),
            known_to_be_lost: number("select count(*) from model_call where lost_at is not null").await,
        }
    }
}

impl Books {
    /// Questions that were answered well more than once, and how often more.
    fn paid_twice(&self) -> Vec<(String, usize)> {
        let paid = self.paid.lock().unwrap();
        paid.iter().filter(|(_, times)| **times > 1).map(|(question, times)| (question.clone(), times - 1)).collect()
    }
}

impl Account {
    /// What must be true of it.
    pub fn balances(&self) {
        assert!(self.queued > 0);
        assert_eq!(self.queued, self.completed + self.failed + self.pending, "queued = completed + failed + pending");
        assert_eq!((self.stuck, self.missing), (0, 0), "stuck, missing");
        assert_eq!(
            (self.settled_twice, self.asked_though_journalled),
            (0, 0),
            "settled twice, asked though journalled"
        );
        let paid_twice: usize = self.paid_twice.iter().map(|(_, times)| times).sum();
        let known = usize::try_from(self.known_to_be_lost).unwrap();
        assert!(paid_twice <= known, "{paid_twice} replies were paid twice, and {known} are known to be lost");
    }
}

impl Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let paid_twice: usize = self.paid_twice.iter().map(|(_, times)| times).sum();
        for (name, value) in [
            ("chaos.queued", self.queued),
            ("chaos.completed", self.completed),
            ("chaos.failed", self.failed),
            ("chaos.pending", self.pending),
            ("chaos.stuck", self.stuck),
            ("chaos.missing", self.missing),
            ("chaos.settled_twice", self.settled_twice),
            ("chaos.asked_though_journalled", self.asked_though_journalled),
            ("chaos.paid_twice", i64::try_from(paid_twice).unwrap_or(i64::MAX)),
            ("chaos.lost_calls", self.known_to_be_lost),
        ] {
            writeln!(out, "{name} {value} n")?;
        }
        for (question, times) in &self.paid_twice {
            let first = question.find("untitled upload").and_then(|at| question.get(at..at + 24)).unwrap_or(question);
            writeln!(out, "paid {times} more: the question that begins with {first}…")?;
        }
        Ok(())
    }
}
