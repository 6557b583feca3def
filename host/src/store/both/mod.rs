//! What both databases are asked in the same words. This folder is compiled twice, once within `sqlite` and once within
//! `postgres`: `Backend` is the store there, and a few macros say what they say differently (`each!`, `genres!`,
//! `for_update!`).

mod activity;
mod budget;
mod channels;
mod deliveries;
mod fleet;
pub(super) mod journal;
pub(super) mod library;
pub(super) mod outbox;
pub(super) mod pages;
mod plugins;
pub(super) mod provider;
pub(super) mod queue;
mod recovery;
mod retention;
mod settings;
mod store;
mod submissions;
mod throughput;
mod webhooks;
