//! What batches did, minute by minute. A minute that is over is summed up and kept, so that a week of ten million tracks is
//! some ten thousand rows, and figures stay when the batches that they are of are pruned.

use super::{StoreError, Throughput};
use async_trait::async_trait;

/// What batches did.
#[async_trait]
pub trait ThroughputStore: Send + Sync {
    /// Sums up the minutes that are over and were not summed up yet. Any host may, at any time; what a minute has it never
    /// loses.
    async fn sum_up_minutes(&self) -> Result<(), StoreError>;

    /// What batches did in the last stretches of so many minutes each, the one that is not over included. Stretches begin
    /// at multiples of their length since 1970.
    async fn throughput(&self, stretch: i64, stretches: i64) -> Result<Throughput, StoreError>;
}
