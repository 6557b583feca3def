//! What batches did, minute by minute.

use crate::fixture::{Fixture, NOON, completed, settlement};
use crate::retention::prune;
use liner::store::{HostId, Settlement, Stray, Stretch, Verdict};

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;

/// A batch of so many tracks that takes some time and costs something; its last track fails.
async fn batch(f: &Fixture, tracks: std::ops::Range<usize>, takes_ms: i64, cost_micros: i64) {
    let size = u32::try_from(tracks.len()).unwrap();
    f.enqueue(tracks).await;
    let claim = f.claim(size).await.unwrap();
    f.advance(takes_ms).await;
    let verdict = |n| if n + 1 == size { Verdict::Failed("no".into()) } else { completed("Harbour") };
    let verdicts = (0..size).map(|n| (n, verdict(n))).collect();
    f.store.settle(&claim.lease, &Settlement { verdicts, cost_micros, ..Settlement::default() }, true).await.unwrap();
}

/// Stretches, with when they began as minutes after noon.
async fn stretches(f: &Fixture, stretch: i64, stretches: i64) -> Vec<(i64, Stretch)> {
    let found = f.store.throughput(stretch, stretches).await.unwrap().stretches;
    found.into_iter().map(|one| ((one.began_at - NOON) / MINUTE, Stretch { began_at: 0, ..one })).collect()
}

const fn stretch(batches: i64, succeeded: i64, failed: i64, times: (i64, i64), cost_micros: i64) -> Stretch {
    Stretch { began_at: 0, batches, succeeded, failed, duration_ms: times.0, longest_ms: times.1, cost_micros }
}

pub async fn what_batches_did_is_known_by_the_minute_before_and_after_it_is_summed_up(f: Fixture) {
    batch(&f, 0..3, 1_000, 7).await;
    batch(&f, 10..15, 3_000, 5).await;
    f.advance(5 * MINUTE).await;
    batch(&f, 20..22, 500, 0).await;
    let first = stretch(2, 6, 2, (4_000, 3_000), 12);
    let second = stretch(1, 1, 1, (500, 500), 0);
    for summed in [false, true, true] {
        if summed {
            f.store.sum_up_minutes().await.unwrap();
        }
        assert_eq!(stretches(&f, 1, 60).await, [(0, first), (5, second)], "summed up: {summed}");
        assert_eq!(stretches(&f, 15, 96).await, [(0, stretch(3, 7, 3, (4_500, 3_000), 12))]);
        assert_eq!(stretches(&f, 1, 3).await, [(5, second)], "what is older than the span is not of it");
    }
    assert_eq!(f.database.number("select count(*) from batch_minute").await, Some(1), "the last is not over");
    f.advance(10 * MINUTE).await;
    batch(&f, 30..32, 500, 0).await;
    f.store.sum_up_minutes().await.unwrap();
    assert_eq!(f.database.number("select count(*) from batch_minute").await, Some(2));
    assert_eq!(stretches(&f, 1, 60).await, [(0, first), (5, second), (15, second)]);
}

pub async fn two_hosts_that_sum_up_count_once_and_what_was_settled_late_is_counted_too(f: Fixture) {
    batch(&f, 0..3, 1_000, 7).await;
    f.advance(3 * MINUTE).await;
    let other = f.database.store().await;
    let (one, two) = tokio::join!(f.store.sum_up_minutes(), other.sum_up_minutes());
    one.unwrap();
    two.unwrap();
    assert_eq!(stretches(&f, 1, 60).await, [(0, stretch(1, 2, 1, (1_000, 1_000), 7))]);
    batch(&f, 10..12, 0, 1).await;
    f.database.execute(&format!("update extraction_batch set created_at = {NOON}, finished_at = {NOON} + 2000 where finished_at > {NOON} + 60000")).await;
    f.advance(3 * MINUTE).await;
    batch(&f, 20..22, 0, 0).await;
    f.advance(2 * MINUTE).await;
    other.sum_up_minutes().await.unwrap();
    let found = stretches(&f, 1, 60).await;
    assert_eq!(found[0], (0, stretch(2, 3, 2, (3_000, 2_000), 8)), "{found:?}");
    assert_eq!(found.len(), 2);
}

pub async fn what_a_lost_batch_had_settled_counts_and_its_time_does_not(f: Fixture) {
    f.enqueue(0..2).await;
    let lost = f.claim(2).await.unwrap();
    f.store.settle(&lost.lease, &settlement(vec![(0, completed("Harbour"))]), false).await.unwrap();
    f.advance(2 * MINUTE).await;
    let heir = f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().unwrap();
    f.advance(1_000).await;
    f.store.settle(&heir.lease, &settlement(vec![(1, completed("Tide"))]), true).await.unwrap();
    assert_eq!(stretches(&f, 1, 60).await, [(2, stretch(1, 2, 0, (1_000, 1_000), 0))]);
}

pub async fn minutes_outlive_their_batches_and_a_week_of_them_whatever_the_age_is(f: Fixture) {
    batch(&f, 0..3, 1_000, 7).await;
    f.database.execute("delete from music_ai_queue").await;
    f.advance(2 * MINUTE).await;
    f.store.sum_up_minutes().await.unwrap();
    f.database.execute("delete from extraction_batch").await;
    f.advance(6 * DAY).await;
    let day = std::time::Duration::from_secs(86_400);
    let walk = async || {
        let mut place = Some(liner::store::Place::default());
        while let Some(here) = place {
            place = f.store.prune(day, &here).await.unwrap().next;
        }
    };
    walk().await;
    assert_eq!(stretches(&f, 120, 84).await, [(0, stretch(1, 2, 1, (1_000, 1_000), 7))]);
    f.advance(3 * DAY).await;
    assert!(prune(&f).await.is_empty(), "with an age of ninety days it is kept for ninety days");
    walk().await;
    assert_eq!(f.database.number("select count(*) from batch_minute").await, Some(0));
}
