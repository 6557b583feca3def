//! Two thousand batches while two strategies take turns two hundred times, by file and by API, with a bad component every
//! tenth time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner_tests::swapping::{self, Load};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_batch_fails_or_is_interpreted_by_another_strategy_than_planned_it_and_memory_does_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    let load = Load { batches: 2_000, swaps: 200, model: Duration::from_millis(50) };
    let outcome = swapping::run(folder.path(), load).await;
    assert_eq!(outcome.latencies.len(), 2_000, "every batch was settled, and none twice");
    assert_eq!((outcome.refused, outcome.strays), (20, 0));
    assert!(outcome.revisions > 100, "batches were claimed for {} revisions only", outcome.revisions);
    for trouble in ["another digest", "trapped in interpret", "panicked: ", "fenced"] {
        assert!(!outcome.log.contains(trouble), "{trouble}: {}", outcome.log);
    }
    let grown = outcome.resident.1.saturating_sub(outcome.resident.0);
    println!("resident memory {} KiB after 50 swaps, {} KiB after 200", outcome.resident.0, outcome.resident.1);
    assert!(grown < 10 << 10, "resident memory grew by {grown} KiB");
}
