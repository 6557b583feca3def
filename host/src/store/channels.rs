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
/// The most links of one write, that others may write between two of a page.
const LINKS_PER_WRITE: usize = 2_000;

/// Channels.
#[async_trait]
pub trait ChannelStore: Send + Sync {
    /// Claims a channel, unless somebody syncs it, or with `rest` when its last sync ended less than that ago.
    async fn begin_sync(&self, channel: &str, rest: Option<Duration>) -> Result<Begun, StoreError>;

    /// Remembers a page's posts and queues the links of those that are new; the next page is at `cursor`. A page with very
    /// many links is taken in parts, the oldest posts first; until it has all of them, the next sync begins at this page.
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

    /// Gives a claim back before its sync has come to an end, for anybody to go on with at once. Changes nothing when the
    /// claim was lost.
    async fn leave_sync(&self, claim: &ChannelClaim) -> Result<(), StoreError>;

    /// A channel's state, if it was ever synced.
    async fn channel(&self, channel: &str) -> Result<Option<ChannelState>, StoreError>;
}

/// A page's posts in the parts that are written, in their order; at least one.
pub(super) fn parts(posts: &[NewPost]) -> Vec<&[NewPost]> {
    let (mut parts, mut rest) = (Vec::new(), posts);
    loop {
        let mut links = 0;
        let fits = |post: &&NewPost| {
            links += post.links.len();
            links <= LINKS_PER_WRITE
        };
        let count = rest.iter().take_while(fits).count().max(1);
        let (part, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        parts.push(part);
        if after.is_empty() {
            return parts;
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::music::{Track, TrackKey};
    use crate::store::NewLink;

    fn sizes(links: &[usize]) -> Vec<usize> {
        let key = TrackKey { platform_name: "web".into(), platform_id: "x".into() };
        let track = Track {
            key,
            url: None,
            og_title: None,
            og_artist: None,
            og_description: None,
            og_metadata: "{}".into(),
            shared_text: None,
        };
        let link = NewLink { track, og_image_url: None, priority: 0 };
        let post = |count: &usize| NewPost { id: String::new(), at: 0, links: vec![link.clone(); *count] };
        let posts: Vec<NewPost> = links.iter().map(post).collect();
        parts(&posts).into_iter().map(<[NewPost]>::len).collect()
    }

    #[test]
    fn a_page_is_written_in_parts_of_so_many_links_and_an_empty_one_is_written_too() {
        assert_eq!(sizes(&[]), [0]);
        assert_eq!(sizes(&[0, 0, 0]), [3]);
        assert_eq!(sizes(&[1_000, 1_000, 0, 1, 1_999, 1, 5_000, 1]), [3, 2, 1, 1, 1]);
    }
}
