//! The library: a search, and an entry with where it is from and what it was.

pub mod correction;
pub mod entry;
mod history;
pub mod list;
mod written_as;
