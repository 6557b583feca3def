//! Random sequences of what may happen to a store, done to it and to a model of it in memory: links come in and are shared
//! again, hosts claim, ask, answer, settle, settle late and die, leases end, clocks are put back. After every action all
//! that can be seen is the same, and at the end every track is settled once.
//!
//! The sequences are the same in every run. `PROPTEST_CASES` asks for more of them, `PROPTEST_RNG_SEED` for others.

mod actions;
mod journal;
mod play;
mod queue;
mod seen;

use crate::fixture::Fixture;
use actions::{Action, HOSTS, LONG_AGO, Outcome, Scenario, Settles, scenarios};
use liner::store::{Stray, Waiting};
use liner_tests::Kind;
use play::{Play, Played};
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use seen::agree;
use std::cell::RefCell;
use std::collections::BTreeSet;

/// The most actions of a sequence.
const ACTIONS: usize = 100;
/// What makes the sequences the same in every run.
const SEED: RngSeed = RngSeed::Fixed(4);
/// How long a failing sequence may be made shorter, in milliseconds.
const SHORTENING_MS: u32 = 120_000;

/// What the sequences come upon: were it not so, they would show little.
const REACHED: [&str; 12] = [
    "several batches of one claim",
    "a takeover",
    "its own stray",
    "a late settlement",
    "a backoff",
    "a last attempt",
    "a question",
    "a question that has to wait",
    "a question too dear",
    "a reply that is found again",
    "an answer to a call that was given up",
    "a host that took a track down for the last time",
];

#[test]
fn sqlite_does_what_the_model_does() {
    play_all(Kind::Sqlite, 64);
}

#[test]
fn postgres_does_what_the_model_does() {
    play_all(Kind::Postgres, 32);
}

fn play_all(kind: Kind, cases: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let Some(fixture) = runtime.block_on(Fixture::new(kind)) else { return };
    let asked = Config::default();
    let (any_cases, any_seed) = (std::env::var_os("PROPTEST_CASES").is_none(), asked.rng_seed == RngSeed::Random);
    let config = Config {
        cases: if any_cases { cases } else { asked.cases },
        rng_seed: if any_seed { SEED } else { asked.rng_seed },
        failure_persistence: None,
        max_shrink_time: SHORTENING_MS,
        ..asked
    };
    let reached = RefCell::new(BTreeSet::new());
    let played = TestRunner::new(config).run(&scenarios(ACTIONS), |scenario| {
        let seen = runtime.block_on(play(&fixture, &scenario)).map_err(|told| TestCaseError::fail(told.0))?;
        reached.borrow_mut().extend(seen);
        Ok(())
    });
    match played {
        Ok(()) => {}
        Err(TestError::Fail(told, scenario)) => panic!("{told}\nthe shortest sequence that shows it, {scenario:?}"),
        Err(aborted) => panic!("{aborted}"),
    }
    let missed: Vec<_> = REACHED.iter().filter(|what| !reached.borrow().contains(*what)).collect();
    assert!(missed.is_empty() || !(any_cases && any_seed), "no sequence came upon {missed:?}");
}

async fn play(fixture: &Fixture, scenario: &Scenario) -> Result<BTreeSet<&'static str>, seen::Disagreement> {
    let mut play = Play::begin(fixture, scenario.limits).await?;
    for action in &scenario.actions {
        play.step(action).await?;
    }
    drain(&mut play).await?;
    Ok(play.reached)
}

/// Lets the hosts work until there is nothing left, and counts: every track is completed or failed, once, and what was
/// answered is found again.
async fn drain(play: &mut Play<'_>) -> Played {
    let queued = i64::try_from(play.queue.tracks.len()).unwrap();
    for action in std::iter::once(Action::Resume).chain(Waiting::ALL.map(Action::Release)) {
        play.step(&action).await?;
    }
    // Who holds a batch has it taken away; whoever takes it over settles it.
    let done = Settles { some: vec![], rest: Some(Outcome::Completed { album: true }), interpreted: Some(true) };
    let settle = Action::Settle { batch: 0, settles: done, finish: true };
    play.step(&Action::Pass { ms: LONG_AGO }).await?;
    loop {
        let batches = play.queue.batches.len();
        play.step(&Action::Recover { host: batches % HOSTS, stray: Stray::Any, forgotten: true }).await?;
        if play.queue.batches.len() == batches {
            play.step(&Action::Claim { host: 0, size: 6, batches: 1, aged: 1, even_paused: false }).await?;
        }
        if play.queue.batches.len() == batches {
            break;
        }
        play.step(&settle).await?;
    }
    let counts = play.f.store.counts().await?;
    agree("left over", (counts.pending, counts.processing), (0, 0))?;
    agree("completed or failed", counts.completed + counts.failed, queued)?;
    play.compare_histories().await?;
    play.compare_journal().await
}
