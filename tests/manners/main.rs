//! How the host behaves towards whoever connects: slow, greedy, hostile, or many.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod answers;
mod caller;
mod connections;
mod events;
mod origins;
mod routes;
mod shutdown;
mod signing_in;
mod strange_texts;
mod turns;
mod uploads;

use liner_tests::Host;

/// A token for tests.
const TOKEN: &str = "0123456789abcdef0123456789abcdef";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A host that does nothing by itself.
async fn idle(folder: &tempfile::TempDir, settings: &[(&str, &str)]) -> Host {
    let mut all = vec![("AI_WORKER_ENABLED", "false")];
    all.extend(settings);
    Host::start(folder.path(), &all).await
}
