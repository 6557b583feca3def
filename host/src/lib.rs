//! liner turns shared music links into clean library entries.

pub mod digest;
pub mod music;
pub mod store;
pub mod strategy;
