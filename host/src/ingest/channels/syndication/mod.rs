//! Whatever has a feed: RSS 0.9 to 2.0, Atom, or JSON Feed, at a URL.

mod html;
mod json;
mod xml;

use super::body::Body;
use super::{Feed, FeedError, FeedPage, Post};
use crate::ingest::fetch::{Accept, Fetch, Request};
use async_trait::async_trait;
use jiff::civil;
use jiff::tz::TimeZone;
use url::Url;

/// The most posts of a page.
const MAX_POSTS: usize = 1_000;

/// The feed at a URL.
#[derive(Debug)]
pub struct Syndication<'a> {
    url: &'a Url,
}

/// What the formats say of a post, in their own words.
#[derive(Debug, Default)]
struct Entry {
    id: Option<String>,
    title: String,
    /// Where it is, and what it encloses.
    links: Vec<String>,
    published: Option<String>,
    updated: Option<String>,
    /// HTML, or text, which reads the same but for what nobody writes; the shortest form first.
    bodies: Vec<String>,
}

/// A page as the formats say it.
#[derive(Debug, Default)]
struct Page {
    entries: Vec<Entry>,
    next: Option<String>,
}

impl<'a> Syndication<'a> {
    /// A feed by its URL.
    #[must_use]
    pub const fn new(url: &'a Url) -> Self {
        Self { url }
    }

    /// What a body says that came from the feed's URL, as its server calls it; of one that `is_cut`, there was more. A page
    /// of posts is read this way when it has come.
    ///
    /// # Errors
    /// Why it is no feed.
    pub fn read(&self, content_type: &str, bytes: &[u8], is_cut: bool) -> Result<FeedPage, FeedError> {
        self.page_of(&Body::of(content_type, bytes, is_cut), self.url)
    }

    fn page_of(&self, body: &Body, url: &Url) -> Result<FeedPage, FeedError> {
        let text = body.text();
        let page = match text.trim_start().starts_with('{') {
            // It cannot be told where in it the last post ends.
            true if body.is_cut() => return Err(body.too_large(url).into()),
            true => json::read(&text),
            false => xml::read(&text, body.is_cut()),
        };
        let page = page.map_err(|reason| FeedError::unreadable(url, reason))?;
        // A feed may name its next page, not another server's.
        let is_own = |next: &Url| next.origin() == self.url.origin() && next != url;
        let next = page.next.and_then(|next| url.join(&next).ok()).filter(is_own);
        Ok(FeedPage::of(page.entries.into_iter().map(|entry| entry.into_post(url)), next.map(String::from)))
    }
}

#[async_trait]
impl Feed for Syndication<'_> {
    async fn page(&self, fetch: &dyn Fetch, cursor: Option<&str>) -> Result<FeedPage, FeedError> {
        let next: Option<Url> = cursor.and_then(|cursor| cursor.parse().ok());
        let request = Request::of(next.as_ref().unwrap_or(self.url), Accept::Feed);
        let (body, url) = Body::read(fetch, &request).await?;
        self.page_of(&body, &url)
    }
}

impl Entry {
    fn into_post(self, feed: &Url) -> Post {
        let mut contents = vec![html::read(&self.title)];
        contents.extend(self.bodies.iter().map(|body| html::read(body)));
        let links = self.links.iter().chain(contents.iter().flat_map(|content| &content.links));
        let links: Vec<String> = links.filter_map(|link| feed.join(link.trim()).ok()).map(String::from).collect();
        let mut words = contents.iter().map(|content| content.text.as_str());
        let (title, body) = (words.next().unwrap_or_default(), words.find(|text| !text.is_empty()));
        let text = match body {
            Some(body) if !title.is_empty() && !body.starts_with(title) => format!("{title}\n{body}"),
            Some(body) => body.to_owned(),
            None => title.to_owned(),
        };
        let at = [&self.published, &self.updated].into_iter().flatten().find_map(|text| time(text));
        let id = self.id.filter(|id| !id.is_empty()).or_else(|| links.first().cloned()).unwrap_or_else(|| text.clone());
        Post { id, at, text, links, reactions: 0 }
    }
}

/// A time as RSS (RFC 2822), Atom and JSON Feed (RFC 3339) write it, or nearly so; without a zone it is UTC.
fn time(text: &str) -> Option<i64> {
    let text = text.trim();
    let of_mail = || jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok();
    let without_zone = || {
        let at: civil::DateTime = text.parse().ok()?;
        Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    let at: Option<jiff::Timestamp> = text.parse().ok();
    at.or_else(of_mail).or_else(without_zone).map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests;
