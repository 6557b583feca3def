//! Channels: what is read of them, what becomes of it in either database, and how operators ask for it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod feeds;
mod service;
mod syncs;

/// When the tests' clocks are stopped.
const NOON: i64 = 1_800_014_400_000;
