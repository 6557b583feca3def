//! Channels that people share links in: a Farcaster channel, or whatever has an RSS, Atom or JSON feed.

mod body;
mod channel;
mod links;
mod neynar;
mod post;
mod syndication;

pub use channel::{Channel, ChannelError};
pub use links::{MAX_LINKS, music_links};
pub use neynar::{Neynar, NeynarSettings};
pub use post::Post;
pub use syndication::Syndication;

use crate::ingest::fetch::{Fault, Fetch, FetchError, shown, shown_url};
use async_trait::async_trait;
use std::time::Duration;
use url::Url;

/// The most bytes of the place of a page.
const MAX_CURSOR: usize = 4_096;

/// Whoever tells a channel's posts.
#[async_trait]
pub trait Feed: Send + Sync {
    /// A page of posts, the newest first: the first page, or the one that another named.
    ///
    /// # Errors
    /// Why it cannot be had, in words that name the channel.
    async fn page(&self, fetch: &dyn Fetch, cursor: Option<&str>) -> Result<FeedPage, FeedError>;
}

/// A page of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FeedPage {
    /// Its posts.
    pub posts: Vec<Post>,
    /// Where older ones are, if there are any.
    pub next: Option<String>,
}

impl FeedPage {
    /// A page as it can be kept. A place that no server would be asked for is none.
    fn of(posts: impl Iterator<Item = Post>, next: Option<String>) -> Self {
        let is_kept = |next: &String| !next.is_empty() && next.len() <= MAX_CURSOR && !next.contains(char::is_control);
        Self { posts: posts.map(Post::kept).collect(), next: next.filter(is_kept) }
    }
}

/// Why a feed cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// It cannot be had.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It cannot be had, for a reason that is known.
    #[error("{error}: {hint}")]
    Refused {
        /// What came of it.
        error: FetchError,
        /// What to do about it.
        hint: &'static str,
    },
    /// It is none.
    #[error("{url} is no feed that can be read: {reason}")]
    Unreadable {
        /// What was read, without its query.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl FeedError {
    /// What is said of it may repeat what is written there.
    fn unreadable(url: &Url, reason: impl ToString) -> Self {
        Self::Unreadable { url: shown_url(url), reason: shown(&reason.to_string()) }
    }

    /// For how long its server wants to be left alone, if it does.
    #[must_use]
    pub const fn wait(&self) -> Option<Duration> {
        match self {
            Self::Fetch(FetchError { fault: Fault::Busy { wait, .. }, .. }) => Some(*wait),
            _ => None,
        }
    }

    /// Whether it is this page that the server does not have or does not accept.
    #[must_use]
    pub const fn is_of_page(&self) -> bool {
        matches!(self, Self::Fetch(FetchError { fault: Fault::Status(400 | 404 | 410 | 422), .. }))
    }
}
