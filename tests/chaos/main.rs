//! Bad luck without a plan: three hosts on one PostgreSQL work while faults strike them, their database and their model
//! at random. Then it is counted: what was queued is done, nothing is stuck, nothing was settled twice, and what was paid
//! twice is known.
//!
//! `LINER_CHAOS_SECONDS` says how long (`make chaos`: ten minutes), `LINER_CHAOS_SEED` which bad luck.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod books;
mod faults;

use books::Books;
use faults::{Fault, Fleet};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} is {value:?}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_every_track_ends_exactly_once_and_what_was_paid_twice_is_known() {
    let seconds = setting("LINER_CHAOS_SECONDS", 20);
    let seed = setting("LINER_CHAOS_SEED", rand::random());
    println!("chaos of {seconds} s, LINER_CHAOS_SEED={seed}");
    let mut dice = StdRng::seed_from_u64(seed);
    let books = Books::default();
    let Some(mut fleet) = Fleet::set_out(&books).await else { return };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut struck = BTreeMap::<Fault, u32>::new();
    while Instant::now() < end {
        fleet.queue(&books, &mut dice).await;
        let fault = faults::FAULTS[dice.random_range(0..faults::FAULTS.len())];
        *struck.entry(fault).or_default() += 1;
        fleet.suffer(fault, &books, &mut dice).await;
        fleet.breathe(&mut dice).await;
    }
    let healing = Instant::now();
    fleet.queue_the_rest(&books).await;
    let stuck = fleet.stuck_after(Duration::from_secs(60)).await;
    println!("struck by {struck:?}; all was done {:.1} s after the last fault", healing.elapsed().as_secs_f64());
    let account = books.close(&fleet, stuck).await;
    println!("{account}");
    account.balances();
}
