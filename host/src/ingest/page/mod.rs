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

pub use crate::music::Page;
pub use blank::Blank;
pub use oembed::Endpoint;
pub use read::{Reading, Sources, Unread};
pub use reader::{MAX_PAGE, Reader};

/// The most characters of a title.
const MAX_TITLE: usize = 1_000;
/// The most characters of a description.
const MAX_DESCRIPTION: usize = 5_000;

impl Page {
    /// What the page is instead, when it says nothing of what was linked.
    #[must_use]
    pub fn blank(&self) -> Option<Blank> {
        blank::blank(self)
    }
}
