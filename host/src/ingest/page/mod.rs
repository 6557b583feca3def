//! What a page says about itself: its head is read while it arrives ([`Reader`]), and where it does not say what was linked
//! or who made it, its platform's oEmbed is asked, and Odesli last ([`Sources`]).

mod blank;
mod charset;
mod facts;
mod head;
mod json_ld;
mod kind;
mod microdata;
mod odesli;
mod oembed;
mod read;
mod reader;
mod tags;
#[cfg(test)]
mod tests;
mod text;

pub use blank::Blank;
pub use oembed::Endpoint;
pub use read::{Reading, Sources, Unread};
pub use reader::{MAX_PAGE, Reader};

/// The most characters of a title.
const MAX_TITLE: usize = 1_000;
/// The most characters of a description.
const MAX_DESCRIPTION: usize = 5_000;

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

impl Page {
    /// What the page is instead, when it says nothing of what was linked.
    #[must_use]
    pub fn blank(&self) -> Option<Blank> {
        blank::blank(self)
    }
}
