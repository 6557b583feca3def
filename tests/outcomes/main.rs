//! What each class of response comes to, for the tracks that were asked about: over HTTP, through the real clients.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod client;
mod expected;
mod keys;
mod recorded;
mod recordings;
mod replay;
mod stubbed;
