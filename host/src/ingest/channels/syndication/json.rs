//! JSON Feed, versions 1 and 1.1.

use super::{Entry, MAX_POSTS, Page};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Document {
    version: String,
    items: Vec<Item>,
    next_url: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    /// A text; numbers are found, too.
    id: Option<Value>,
    url: Option<String>,
    external_url: Option<String>,
    title: Option<String>,
    content_html: Option<String>,
    content_text: Option<String>,
    summary: Option<String>,
    date_published: Option<String>,
    date_modified: Option<String>,
    attachments: Option<Vec<Attachment>>,
}

#[derive(Deserialize)]
struct Attachment {
    url: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Page, String> {
    let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
    if !document.version.starts_with("https://jsonfeed.org/version/1") {
        let version: String = document.version.chars().take(80).collect();
        return Err(format!("it is JSON of version {version:?}, no JSON Feed"));
    }
    let entries = document.items.into_iter().take(MAX_POSTS).map(Entry::from).collect();
    Ok(Page { entries, next: document.next_url })
}

impl From<Item> for Entry {
    fn from(item: Item) -> Self {
        let attached = item.attachments.into_iter().flatten().filter_map(|attachment| attachment.url);
        // What is plain text must not be read as HTML.
        let plain = |text: Option<String>| text.map(|text| text.replace('&', "&amp;").replace('<', "&lt;"));
        Self {
            id: item.id.map(|id| id.as_str().map_or_else(|| id.to_string(), str::to_owned)),
            title: plain(item.title).unwrap_or_default(),
            links: item.external_url.into_iter().chain(item.url).chain(attached).collect(),
            published: item.date_published,
            updated: item.date_modified,
            bodies: [plain(item.summary), plain(item.content_text), item.content_html].into_iter().flatten().collect(),
        }
    }
}
