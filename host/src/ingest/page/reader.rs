//! Reads a page while it arrives, and no more of it than needed.

use super::Page;
use super::charset::{Decoding, PRESCAN};
use super::facts::Said;
use super::head::Head;
use super::kind::Kind;
use super::tags::{Tags, Visitor};
use crate::ingest::fetch::{Appetite, Sink};
use url::Url;

/// The most bytes of a page that are read.
pub const MAX_PAGE: usize = 512 * 1024;

/// Takes a page's bytes, in pieces of any size, and keeps what its head says.
pub struct Reader {
    kind: Kind,
    /// The first bytes, until there are enough of them to tell what they are.
    start: Vec<u8>,
    decoding: Option<Decoding>,
    tags: Tags<Head>,
    read: usize,
    refusal: Option<String>,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            kind: Kind::of(None),
            start: Vec::new(),
            decoding: None,
            tags: Tags::new(Head::default()),
            read: 0,
            refusal: None,
        }
    }
}

impl Reader {
    /// What the page at a URL says by itself.
    ///
    /// # Errors
    /// Why it is no page, in words that follow «is».
    pub fn page(self, at: &Url) -> Result<Page, String> {
        Ok(Said { head: self.finish()?, ..Said::default() }.page(at))
    }

    /// What was read, or why it was no page, in words that follow «is».
    pub(super) fn finish(mut self) -> Result<Head, String> {
        if self.decoding.is_none() && self.refusal.is_none() {
            self.begin_text();
        }
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        if let Some(decoding) = &mut self.decoding {
            let mut text = String::new();
            decoding.finish(&mut text);
            self.tags.feed(text.as_bytes());
        }
        Ok(self.tags.finish())
    }

    fn begin_text(&mut self) {
        let start = std::mem::take(&mut self.start);
        self.refusal = self.kind.refusal_of(&start);
        self.decoding = Some(Decoding::of(self.kind.encoding, &start));
        self.decode(&start);
    }

    fn decode(&mut self, bytes: &[u8]) {
        if let Some(decoding) = &mut self.decoding {
            let mut text = String::new();
            decoding.push(bytes, &mut text);
            self.tags.feed(text.as_bytes());
        }
    }

    fn appetite(&self) -> Appetite {
        let is_full = self.read >= MAX_PAGE || self.refusal.is_some() || self.tags.visitor.is_satisfied();
        if is_full { Appetite::Enough } else { Appetite::More }
    }
}

impl Sink for Reader {
    fn begin(&mut self, content_type: Option<&str>) {
        self.kind = Kind::of(content_type);
        self.refusal = self.kind.refusal();
    }

    fn push(&mut self, bytes: &[u8]) -> Appetite {
        if self.appetite() == Appetite::Enough {
            return Appetite::Enough;
        }
        let room = MAX_PAGE - self.read;
        let bytes = bytes.get(..room).unwrap_or(bytes);
        self.read += bytes.len();
        if self.decoding.is_some() {
            self.decode(bytes);
            return self.appetite();
        }
        let (first, rest) = bytes.split_at(bytes.len().min(PRESCAN - self.start.len()));
        self.start.extend_from_slice(first);
        if self.start.len() >= PRESCAN {
            self.begin_text();
            self.decode(rest);
        }
        self.appetite()
    }
}
