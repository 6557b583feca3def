//! What batches did is summed up by the minute, for charts. Every host does it; who comes second finds it done.

use super::Context;
use std::convert::Infallible;
use std::time::Duration;

/// From one time to the next.
const EVERY: Duration = Duration::from_secs(60);

/// Sums up until it is dropped.
pub async fn keep_summing_up(context: &Context) -> Infallible {
    loop {
        sum_up(context).await;
        tokio::time::sleep(EVERY).await;
    }
}

/// Sums up what is over. What a database that is gone for a while keeps from being summed up is summed up the next time.
pub async fn sum_up(context: &Context) {
    if let Err(error) = context.store.sum_up_minutes().await {
        tracing::debug!("what batches did was not summed up, and will be in a minute: {error}");
    }
}
