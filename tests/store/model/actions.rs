//! What may happen to a store, at random, and how it is told to people.

use liner::music::Field;
use liner::store::{LEASE_MS, Limits, Stray, Waiting};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::fmt;

/// Tracks that there are: few, so that they are shared again, claimed again and settled late.
pub const TRACKS: usize = 8;
/// Hosts at a time.
pub const HOSTS: usize = 3;
/// Different prompts.
const PROMPTS: usize = 2;
/// As many tracks as a batch may have here.
const LARGEST: u32 = 6;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
/// Longer than attempts are given back, and than all that a clock is put back.
pub const LONG_AGO: i64 = 8 * 24 * HOUR;

/// A sequence of actions, with the limits that all its questions are asked under.
#[derive(Clone)]
pub struct Scenario {
    pub limits: Limits,
    pub actions: Vec<Action>,
}

/// Something that is done to a store. Batches and calls are named by how many came after them.
#[derive(Debug, Clone)]
pub enum Action {
    Enqueue(Vec<Share>),
    Claim {
        host: usize,
        size: u32,
        batches: u32,
        aged: u32,
        even_paused: bool,
    },
    ClaimThese {
        host: usize,
        tracks: Vec<usize>,
    },
    /// With `forgotten` the host does not know of the batches that it has.
    Recover {
        host: usize,
        stray: Stray,
        forgotten: bool,
    },
    Renew {
        batch: usize,
    },
    Settle {
        batch: usize,
        settles: Settles,
        finish: bool,
    },
    /// Looks for a reply in the journal and asks if there is none. `anew` is for another reply than those that were read.
    Ask {
        batch: usize,
        prompt: usize,
        anew: bool,
    },
    /// What a call costs, if it is answered with a reply. With `even_answered` it may have been answered before.
    Answer {
        call: usize,
        cost: Option<i64>,
        even_answered: bool,
    },
    /// The store's clock goes on, or is put back.
    Pass {
        ms: i64,
    },
    Pause,
    Resume,
    Release(Waiting),
    Retry(Option<Vec<usize>>),
    Requeue(Field),
    Correct {
        track: usize,
    },
    /// A host dies, and another one takes its place: it may know who it comes after.
    Crash {
        host: usize,
        succeeded: bool,
    },
    Block {
        ms: i64,
    },
    Unblock,
}

/// A link on its way in.
#[derive(Clone)]
pub struct Share {
    pub track: usize,
    pub priority: u8,
    /// Whether its page's title is missing, and what else is known of it.
    pub untitled: bool,
    pub artist: bool,
    pub text: bool,
}

/// What is settled about a batch: about some positions, and about all others. What is said of a position first counts.
#[derive(Debug, Clone)]
pub struct Settles {
    pub some: Vec<(u32, Outcome)>,
    pub rest: Option<Outcome>,
    /// Whether its replies have been read, and decided all.
    pub interpreted: Option<bool>,
}

#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    Completed { album: bool },
    NoMusic,
    Failed,
    Refunded { rest_ms: i64 },
    Halved { rest_ms: i64 },
    Waits(Waiting),
}

/// Sequences of at most so many actions, or some more where there was trouble.
pub fn scenarios(most: usize) -> impl Strategy<Value = Scenario> {
    let happening = prop_oneof![40 => action().prop_map(|action| vec![action]), 1 => trouble()];
    (limits(), vec(happening, 1..=most)).prop_map(|(limits, actions)| Scenario { limits, actions: actions.concat() })
}

/// Attempts that fail one after the other, by themselves or with their host: by chance alone few would come to their last.
fn trouble() -> impl Strategy<Value = Vec<Action>> {
    let all = Settles { some: vec![], rest: Some(Outcome::Failed), interpreted: None };
    let fails = vec![
        Action::Claim { host: 0, size: LARGEST, batches: 1, aged: 0, even_paused: false },
        Action::Settle { batch: 0, settles: all, finish: true },
        Action::Pass { ms: HOUR },
    ];
    let falls = (0..HOSTS).prop_map(|host| {
        vec![Action::Pass { ms: LEASE_MS + 1 }, Action::Recover { host, stray: Stray::Any, forgotten: true }]
    });
    vec(prop_oneof![Just(fails), falls], 4..8).prop_map(|rounds| rounds.concat())
}

/// Rates are one a second, or none, so that the model can count in whole numbers.
fn limits() -> impl Strategy<Value = Limits> {
    let or_none = |value: i64| prop_oneof![Just(0), Just(value)];
    (or_none(60), or_none(150), or_none(250)).prop_map(|(rate, daily_micros, total_micros)| Limits {
        requests_per_minute: u32::try_from(rate).unwrap(),
        daily_micros,
        total_micros,
        ..Limits::default()
    })
}

fn action() -> impl Strategy<Value = Action> {
    let host = 0..HOSTS;
    // Mostly the latest, sometimes one that is long over.
    let recent = || prop_oneof![3 => 0..2usize, 1 => 0..12usize];
    let size = 1..=LARGEST;
    let some_tracks = || subsequence((0..TRACKS).collect::<Vec<_>>(), 1..4).prop_shuffle();
    let even_paused = || prop::bool::weighted(0.1);
    prop_oneof![
        6 => vec(share(), 1..6).prop_map(Action::Enqueue),
        8 => (host.clone(), size, 1..4u32, 0..3u32, even_paused())
            .prop_map(|(host, size, batches, aged, even_paused)| Action::Claim { host, size, batches, aged, even_paused }),
        2 => (host.clone(), some_tracks()).prop_map(|(host, tracks)| Action::ClaimThese { host, tracks }),
        5 => (host.clone(), prop_oneof![1 => Just(Stray::Own), 4 => Just(Stray::Any)], any::<bool>())
            .prop_map(|(host, stray, forgotten)| Action::Recover { host, stray, forgotten }),
        2 => recent().prop_map(|batch| Action::Renew { batch }),
        10 => (recent(), settles(), prop::bool::weighted(0.7))
            .prop_map(|(batch, settles, finish)| Action::Settle { batch, settles, finish }),
        8 => (recent(), 0..PROMPTS, prop::bool::weighted(0.2))
            .prop_map(|(batch, prompt, anew)| Action::Ask { batch, prompt, anew }),
        6 => (recent(), option::weighted(0.8, 0..60i64), prop::bool::weighted(0.2))
            .prop_map(|(call, cost, even_answered)| Action::Answer { call, cost, even_answered }),
        7 => passes().prop_map(|ms| Action::Pass { ms }),
        1 => Just(Action::Pause),
        2 => Just(Action::Resume),
        2 => waiting().prop_map(Action::Release),
        1 => option::of(some_tracks()).prop_map(Action::Retry),
        1 => select(&Field::ALL[..]).prop_map(Action::Requeue),
        1 => (0..TRACKS).prop_map(|track| Action::Correct { track }),
        2 => (host, any::<bool>()).prop_map(|(host, succeeded)| Action::Crash { host, succeeded }),
        1 => (SECOND..60 * SECOND).prop_map(|ms| Action::Block { ms }),
        1 => Just(Action::Unblock),
    ]
}

fn share() -> impl Strategy<Value = Share> {
    let priority = prop_oneof![3 => Just(0u8), 1 => 0..=10u8];
    (0..TRACKS, priority, prop::bool::weighted(0.2), any::<bool>(), any::<bool>())
        .prop_map(|(track, priority, untitled, artist, text)| Share { track, priority, untitled, artist, text })
}

fn settles() -> impl Strategy<Value = Settles> {
    let rest = option::weighted(0.7, outcome());
    (vec((0..LARGEST + 1, outcome()), 0..3), rest, option::weighted(0.4, any::<bool>()))
        .prop_map(|(some, rest, interpreted)| Settles { some, rest, interpreted })
}

fn outcome() -> impl Strategy<Value = Outcome> {
    let rest = || prop_oneof![Just(0), Just(5 * SECOND), Just(60 * SECOND)];
    prop_oneof![
        3 => any::<bool>().prop_map(|album| Outcome::Completed { album }),
        1 => Just(Outcome::NoMusic),
        6 => Just(Outcome::Failed),
        2 => rest().prop_map(|rest_ms| Outcome::Refunded { rest_ms }),
        2 => rest().prop_map(|rest_ms| Outcome::Halved { rest_ms }),
        1 => waiting().prop_map(Outcome::Waits),
    ]
}

fn waiting() -> impl Strategy<Value = Waiting> {
    select(&Waiting::ALL[..])
}

/// Moments, what leases and backoffs take, jumps of a clock that is set, and rarely a week.
fn passes() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 1..5 * SECOND,
        6 => Just(LEASE_MS + 1),
        3 => 0..HOUR,
        3 => Just(HOUR),
        2 => -HOUR..0,
        1 => Just(LONG_AGO),
    ]
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = [("title", !self.untitled), ("artist", self.artist), ("text", self.text)];
        let known: Vec<&str> = known.into_iter().filter_map(|(name, is_known)| is_known.then_some(name)).collect();
        write!(f, "track {} at priority {} with {known:?}", self.track, self.priority)
    }
}

impl fmt::Debug for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "under {:?}", self.limits)?;
        for (at, action) in self.actions.iter().enumerate() {
            writeln!(f, "{:>3}. {action:?}", at + 1)?;
        }
        write!(f, "     and then what is left is taken over, claimed and settled")
    }
}
