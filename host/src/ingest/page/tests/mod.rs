//! Pages of our own, for what no recorded page shows.

mod asking;
mod blanks;
mod charsets;
mod heads;
mod hostile;
mod structured;
mod texts;

use super::{Page, Reader};
use crate::ingest::fetch::{Appetite, Sink};
use url::Url;

fn at() -> Url {
    "https://example.org/songs/1".parse().unwrap()
}

/// The page that arrives in pieces of so many bytes with such a `Content-Type`.
fn arrived(content_type: Option<&str>, bytes: &[u8], piece: usize) -> Result<Page, String> {
    let mut reader = Reader::default();
    reader.begin(content_type);
    let _ = bytes.chunks(piece).find(|piece| reader.push(piece) == Appetite::Enough);
    reader.page(&at())
}

fn page(html: impl AsRef<[u8]>) -> Page {
    arrived(Some("text/html; charset=utf-8"), html.as_ref(), usize::MAX).unwrap()
}

/// The title of a page whose head is this.
fn title(head: &str) -> Option<String> {
    page(format!("<html><head>{head}</head><body>")).og_title
}
