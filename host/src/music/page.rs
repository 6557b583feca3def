//! What a page says of a link, and how it is known to have changed.

use serde::{Deserialize, Serialize};

/// What was read of a link's page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// OpenGraph title, else the next best that the page says.
    pub og_title: Option<String>,
    /// Uploader or channel, where the page or its platform names one.
    pub og_artist: Option<String>,
    /// OpenGraph description, else the next best.
    pub og_description: Option<String>,
    /// The page's picture, an http or https URL.
    pub og_image_url: Option<String>,
    /// Everything else that it said, by the names it uses itself.
    pub metadata: serde_json::Map<String, serde_json::Value>,
}

/// What an answer is marked with, for the next time it is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}
