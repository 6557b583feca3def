//! Channels that posts are read from.

use super::NewLink;

/// What came of a wish to sync a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// It is the caller's.
    Claimed(ChannelClaim),
    /// Somebody else syncs it.
    Running,
    /// It was synced not long ago.
    Rested,
}

/// A channel that this host syncs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelClaim {
    /// Its name.
    pub channel: String,
    /// When it was claimed, by the store's clock.
    pub now: i64,
    /// Posts up to then are known.
    pub mark: Option<i64>,
    /// Where the last sync goes on that did not come to its end; empty for the newest page, of which it took a part.
    pub cursor: Option<String>,
    /// When the claim ends if nothing more is heard of it: what it is known by.
    pub(in super::super) until: i64,
}

/// A post with its links.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPost {
    /// What the channel calls it.
    pub id: String,
    /// When it was made.
    pub at: i64,
    /// What it shares, each track once.
    pub links: Vec<NewLink>,
}

/// What was new about a page of posts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenPosts {
    /// Posts that were not known.
    pub posts: u64,
    /// Their links.
    pub links: u64,
    /// Of these, tracks that were not known.
    pub queued: u64,
}

/// A channel as it was last synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelState {
    /// Its name.
    pub channel: String,
    /// When a sync of it last ended.
    pub last_sync_at: Option<i64>,
    /// When the newest post was made of the last sync that came to its end.
    pub last_cast_at: Option<i64>,
    /// Whether the last sync went well.
    pub ok: bool,
    /// Why it did not.
    pub error: Option<String>,
    /// Posts in all.
    pub posts: i64,
    /// Their links in all.
    pub links: i64,
    /// Whether somebody syncs it now.
    pub is_running: bool,
    /// Whether the next sync goes on where the last one stopped.
    pub is_behind: bool,
}
