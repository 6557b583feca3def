//! What is old is pruned: a step, a breath, as long as there is something, and again every hour. Every host does it, and
//! none is in another's way.

use super::{Context, minutes};
use crate::store::Place;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::Instant;

/// From the end of one walk through everything that ages to the next.
const AGAIN: Duration = Duration::from_secs(3_600);
/// A breath is so many times as long as the step before, so that pruning takes a fifth of one connection's time.
const BREATH: u32 = 4;
/// The shortest breath.
const LEAST_BREATH: Duration = Duration::from_millis(20);

/// Prunes until it is dropped.
pub async fn keep_pruning(context: &Context) -> Infallible {
    let Some(age) = context.settings.retention else { return std::future::pending().await };
    loop {
        walk(context, age).await;
        tokio::time::sleep(AGAIN.mul_f64(rand::random_range(0.9..1.1))).await;
    }
}

/// One walk. What a database that is gone for a while keeps from being pruned is pruned the next time.
async fn walk(context: &Context, age: Duration) {
    // What batches did is summed up before they go.
    minutes::sum_up(context).await;
    let (mut place, mut deleted) = (Some(Place::default()), BTreeMap::new());
    while let Some(here) = place {
        let started = Instant::now();
        match context.store.prune(age, &here).await {
            Ok(pruned) => {
                let table = here.of.table();
                if pruned.rows > 0 {
                    metrics::counter!("liner_pruned_rows_total", "table" => table).increment(pruned.rows);
                    *deleted.entry(table).or_insert(0) += pruned.rows;
                }
                place = pruned.next;
            }
            Err(error) => {
                tracing::warn!("pruning goes on in an hour: {error}");
                break;
            }
        }
        tokio::time::sleep((started.elapsed() * BREATH).max(LEAST_BREATH)).await;
    }
    if !deleted.is_empty() {
        tracing::info!(rows = ?deleted, "pruned what is older than {} days", age.as_secs() / 86_400);
    }
}
