//! liner turns shared music links into clean library entries.

pub mod config;
pub mod digest;
pub mod model;
pub mod music;
pub mod secret;
pub mod store;
pub mod strategy;
pub mod worker;
