//! What is fetched from outside: the posts of channels.

mod channels;

pub use channels::{SyncError, Synced, Syncer};
