//! liner turns shared music links into clean library entries.

pub mod api;
pub mod cli;
pub mod config;
pub mod crawl;
pub mod digest;
mod failpoint;
pub mod ingest;
pub mod model;
pub mod money;
pub mod music;
pub mod nearest;
pub mod notify;
pub mod rollout;
pub mod secret;
pub mod spending;
pub mod store;
pub mod strategy;
pub mod telemetry;
pub mod throughput;
mod time;
mod tls;
pub mod worker;
