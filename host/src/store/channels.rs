//! What the store keeps of channels that links come from.
//!
//! A sync reads pages of posts from the newest on, until it comes to posts that are known. A page's posts are remembered,
//! their links queued, and the place of the next page noted in one transaction: whatever happens, the next sync goes on
//! there, and no post is counted twice.

use super::{Begun, ChannelClaim, ChannelState, NewPost, StoreError, TakenPosts};
use async_trait::async_trait;
use std::time::Duration;

/// How long a channel is held, in milliseconds, by a sync of which nothing is heard.
pub const SYNC_LEASE_MS: i64 = 60_000;
/// How late a post may come, in milliseconds, that is older than those before it: posts are remembered so long.
pub const LATE_POST_MS: i64 = 86_400_000;

/// Channels.
#[async_trait]
pub trait ChannelStore: Send + Sync {
    /// Claims a channel, unless somebody syncs it, or with `rest` when its last sync ended less than that ago.
    async fn begin_sync(&self, channel: &str, rest: Option<Duration>) -> Result<Begun, StoreError>;

    /// Remembers a page's posts and queues the links of those that are new, all together; the next page is at `cursor`.
    /// A post that is older than the mark by more than [`LATE_POST_MS`] was known once and is not new. Extends the claim;
    /// nothing is changed, and nothing returned, when it was lost.
    async fn take_posts(
        &self,
        claim: &mut ChannelClaim,
        posts: &[NewPost],
        cursor: Option<&str>,
    ) -> Result<Option<TakenPosts>, StoreError>;

    /// Notes that everything up to the newest post is known, which is the mark from now on, and forgets posts that nothing
    /// could take for new any more. Whether the claim still held.
    async fn caught_up(&self, claim: &mut ChannelClaim) -> Result<bool, StoreError>;

    /// Ends a claim, with the reason why it went badly if it did. Changes nothing when the claim was lost.
    async fn end_sync(&self, claim: &ChannelClaim, error: Option<&str>) -> Result<(), StoreError>;

    /// A channel's state, if it was ever synced.
    async fn channel(&self, channel: &str) -> Result<Option<ChannelState>, StoreError>;
}
