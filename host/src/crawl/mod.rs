//! What is fetched from outside: the pages of links that came without what they say, and the posts of channels.

mod channels;
mod outcome;
mod pages;

pub use channels::{SyncError, Synced, Syncer};
pub use pages::PageReader;
