//! What the tests share: the real binary as a process, a model that answers as the tests want, and in-process workers.
//!
//! Waiting is for conditions, never for time: [`eventually`] looks again until what it waits for is there.

pub mod accounts;
mod answers;
mod channel;
mod collector;
mod compiled;
pub mod components;
mod database;
mod host;
mod in_process;
pub mod postgres;
mod proxy;
pub mod raw;
mod receiver;
mod rows;
mod rows_of;
mod site;
mod stub;
pub mod swapping;
pub mod upload;
mod watch;

pub use answers::{item, message, message_about, user_text};
pub use channel::{FarcasterChannel, ScriptedFetch, StubFeeds};
pub use collector::{Collected, Collector};
pub use database::{Database, Kind};
pub use host::{Answer, Finished, Host, KEY, binary, liner, liner_under};
pub use in_process::{Fixture, ScriptedModel, links, rollout, settings};
pub use proxy::Proxy;
pub use receiver::{Received, Receiver, Reply};
pub use rows::{clear_row, vague_row, vague_rows};
pub use rows_of::{Rows, rows_of};
pub use site::{Served, Site, SiteVisit};
pub use stub::{Batch, BatchRequest, Behaviour, Exchange, Fate, Refusal, StubModel, Visit, hang_up};
pub use watch::Watch;

use std::time::Duration;

/// A component that breaks the bound that its configuration names; `make plugins` compiles it.
pub const HOSTILE: &[u8] = include_bytes!("../guests/hostile.wasm");

/// How long a condition may take to come true. Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Looks again and again until there is something to see.
///
/// # Panics
/// When it does not come.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    eventually_within(PATIENCE, what, look).await
}

/// As [`eventually`], for what may take longer, or less.
///
/// # Panics
/// When it does not come.
pub async fn eventually_within<T, F: Future<Output = Option<T>>>(
    patience: Duration,
    what: &str,
    mut look: impl FnMut() -> F,
) -> T {
    let waited = tokio::time::timeout(patience, async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("waited {patience:?} in vain: {what}"))
}
