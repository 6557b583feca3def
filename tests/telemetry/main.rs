//! What a host says of itself: figures, the dashboard and alerts made of them, traces, and its log.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod busy;
mod exposition;
mod figures;
mod logs;
mod monitoring;
mod promtool;
mod traces;
