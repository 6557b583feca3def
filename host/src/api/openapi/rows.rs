//! The rows of links as callers write them. They are read one by one while the body arrives, and not by these types.

use serde::Serialize;
use utoipa::ToSchema;

/// A link, or what is known of one.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = LinkRow)]
#[expect(dead_code, reason = "only described")]
pub enum Row {
    /// A link.
    Link(String),
    /// A link with what its page says, or a track without a link.
    Fields(Box<Fields>),
}

/// A link with what its page says. Without `url`, `platform` and `platform_id` or an `og_` text say which track it is.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkFields)]
pub struct Fields {
    #[schema(example = "https://youtu.be/dQw4w9WgXcQ", max_length = 16384)]
    url: Option<String>,
    /// In any spelling; what the link says without it.
    platform: Option<String>,
    /// The platform's own identifier; what the link says without it.
    platform_id: Option<Identifier>,
    /// The same for a row without a link.
    id: Option<Identifier>,
    /// The page's title.
    og_title: Option<String>,
    /// The page's uploader.
    og_artist: Option<String>,
    og_description: Option<String>,
    og_image_url: Option<String>,
    /// Everything else that the page says.
    og_metadata: Option<serde_json::Map<String, serde_json::Value>>,
    /// What the person wrote who shared the link.
    shared_text: Option<String>,
    /// Higher goes first.
    #[schema(minimum = 0, maximum = 10)]
    priority: Option<u8>,
}

/// Identifiers of some platforms are numbers.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described")]
pub enum Identifier {
    Text(String),
    Number(f64),
}
