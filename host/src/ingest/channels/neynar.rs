//! A Farcaster channel through Neynar's API: `GET /v2/farcaster/feed/channels`.

use super::body::Body;
use super::{Feed, FeedError, FeedPage, Post};
use crate::ingest::fetch::{Accept, Fault, Fetch, FetchError, Request};
use crate::secret::Secret;
use async_trait::async_trait;
use serde::Deserialize;
use url::Url;

/// Casts a page: with all that is said about their authors, a hundred may be more than is read. Fewer where these are.
const PAGES: [u32; 3] = [50, 15, 3];

/// How Neynar is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NeynarSettings {
    /// The key; without one it is not asked.
    pub key: Option<Secret>,
    /// Where its API is.
    pub base_url: Url,
}

/// A channel's casts. Replies are left out, as most talk about what was shared already; so are recasts, which are older
/// than they look, and whose cast is there besides.
#[derive(Debug)]
pub struct Neynar<'a> {
    key: &'a Secret,
    base_url: &'a Url,
    channel: &'a str,
}

#[derive(Deserialize)]
struct Answer {
    casts: Vec<Cast>,
    next: Option<Next>,
}

#[derive(Deserialize)]
struct Next {
    cursor: Option<String>,
}

#[derive(Deserialize)]
struct Cast {
    hash: String,
    parent_hash: Option<String>,
    text: Option<String>,
    timestamp: Option<String>,
    embeds: Option<Vec<Embed>>,
    reactions: Option<Reactions>,
}

/// A link, or another cast, which was its author's to share.
#[derive(Deserialize)]
struct Embed {
    url: Option<String>,
}

#[derive(Deserialize)]
struct Reactions {
    likes_count: Option<u64>,
    recasts_count: Option<u64>,
}

impl<'a> Neynar<'a> {
    /// A channel by its id.
    #[must_use]
    pub const fn new(key: &'a Secret, base_url: &'a Url, channel: &'a str) -> Self {
        Self { key, base_url, channel }
    }

    fn url(&self, limit: u32, cursor: Option<&str>) -> Url {
        let mut url = self.base_url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{base}/v2/farcaster/feed/channels/"));
        let mut query = url.query_pairs_mut();
        query
            .append_pair("channel_ids", self.channel)
            .append_pair("with_recasts", "false")
            .append_pair("with_replies", "false")
            .append_pair("limit", &limit.to_string());
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        drop(query);
        url
    }

    async fn read(&self, fetch: &dyn Fetch, url: &Url) -> Result<FeedPage, FeedError> {
        let request = Request { key: Some(("x-api-key", self.key)), ..Request::of(url, Accept::Json) };
        let (body, _) = Body::read(fetch, &request).await.map_err(refused)?;
        if body.is_cut() {
            return Err(body.too_large(url).into());
        }
        let answer: Answer = serde_json::from_slice(body.bytes()).map_err(|error| FeedError::unreadable(url, error))?;
        let casts = answer.casts.into_iter().filter(|cast| cast.parent_hash.is_none());
        Ok(FeedPage::of(casts.map(Post::from), answer.next.and_then(|next| next.cursor)))
    }
}

#[async_trait]
impl Feed for Neynar<'_> {
    async fn page(&self, fetch: &dyn Fetch, cursor: Option<&str>) -> Result<FeedPage, FeedError> {
        let [most, fewer @ ..] = PAGES;
        let mut page = self.read(fetch, &self.url(most, cursor)).await;
        for limit in fewer {
            if !is_too_large(&page) {
                break;
            }
            page = self.read(fetch, &self.url(limit, cursor)).await;
        }
        page
    }
}

const fn is_too_large(page: &Result<FeedPage, FeedError>) -> bool {
    matches!(page, Err(FeedError::Fetch(FetchError { fault: Fault::TooLarge(_), .. })))
}

fn refused(error: FetchError) -> FeedError {
    let hint = match error.fault {
        Fault::Status(401 | 403) => "NEYNAR_API_KEY is not accepted",
        Fault::Status(402) => "the plan of NEYNAR_API_KEY does not cover it",
        _ => return FeedError::Fetch(error),
    };
    FeedError::Refused { error, hint }
}

impl Reactions {
    fn count(&self) -> u64 {
        self.likes_count.unwrap_or(0).saturating_add(self.recasts_count.unwrap_or(0))
    }
}

impl From<Cast> for Post {
    fn from(cast: Cast) -> Self {
        Self {
            at: cast.timestamp.and_then(|at| at.parse().ok()).map(jiff::Timestamp::as_millisecond),
            links: cast.embeds.into_iter().flatten().filter_map(|embed| embed.url).collect(),
            reactions: cast.reactions.as_ref().map_or(0, Reactions::count),
            id: cast.hash,
            text: cast.text.unwrap_or_default(),
        }
    }
}
