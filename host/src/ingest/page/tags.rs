//! HTML as it arrives, cut into tags. html5gum finds them as the WHATWG's standard says, forwards only and without a tree;
//! what follows the last whole tag waits for more.

use html5gum::{Emitter, Error, Readable, Reader, State, StringReader, Tokenizer};
use std::borrow::Cow;
use std::cell::Cell;
use std::convert::Infallible;

/// The most bytes of a tag's or an attribute's name: none that counts is longer.
const MAX_NAME: usize = 64;
/// The most bytes of an attribute's value.
const MAX_VALUE: usize = 16 * 1024;
/// The most bytes of a text: JSON-LD may be long.
const MAX_TEXT: usize = 256 * 1024;
/// The attributes that anybody asks for.
const ATTRIBUTES: &[&str] = &[
    "charset",
    "content",
    "href",
    "http-equiv",
    "itemprop",
    "itemscope",
    "itemtype",
    "name",
    "property",
    "rel",
    "type",
];

/// Whoever reads a page's tags.
pub(super) trait Visitor {
    /// A tag opens, `at` bytes into the text; whether the text up to the next tag is wanted.
    fn open(&mut self, tag: &Tag, at: usize) -> Keep;

    /// A tag closes, `at` bytes into the text.
    fn close(&mut self, name: &str, at: usize);

    /// The text that was wanted.
    fn text(&mut self, text: &str);

    /// Whether nothing further is.
    fn is_satisfied(&self) -> bool;
}

/// Whether a text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    Text,
    Nothing,
}

/// A tag with those of its attributes that count.
#[derive(Debug, Default)]
pub(super) struct Tag {
    name: Vec<u8>,
    is_end: bool,
    pub(super) is_empty: bool,
    attributes: Vec<(&'static str, Vec<u8>)>,
}

impl Tag {
    pub(super) fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    /// An attribute's value, its entities decoded; empty where it has none.
    pub(super) fn get(&self, name: &str) -> Option<Cow<'_, str>> {
        let found = self.attributes.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| String::from_utf8_lossy(value))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| *known == name)
    }

    fn start(&mut self, is_end: bool) {
        self.name.clear();
        self.attributes.clear();
        (self.is_end, self.is_empty) = (is_end, false);
    }

    /// What follows an element's tag is read as its kind of content.
    fn content(&self) -> Option<State> {
        match self.name.as_slice() {
            b"title" | b"textarea" => Some(State::RcData),
            b"script" => Some(State::ScriptData),
            b"style" | b"iframe" | b"xmp" | b"noembed" | b"noframes" => Some(State::RawText),
            b"plaintext" => Some(State::PlainText),
            _ => None,
        }
    }
}

/// The place between two tags from which reading can go on.
#[derive(Debug, Default)]
struct Seam {
    state: Option<State>,
    /// The element whose end tag alone ends its text.
    element: Vec<u8>,
    is_kept: bool,
}

/// Feeds a text in pieces to a visitor.
#[derive(Debug)]
pub(super) struct Tags<V> {
    pub(super) visitor: V,
    seam: Seam,
    /// What was not read to a seam yet.
    rest: Vec<u8>,
    /// How much of it there is before another look is worth it: a long tag would else be read anew with every piece.
    due: usize,
    /// Bytes up to the seam.
    passed: usize,
}

impl<V: Visitor> Tags<V> {
    pub(super) fn new(visitor: V) -> Self {
        Self { visitor, seam: Seam::default(), rest: Vec::new(), due: 0, passed: 0 }
    }

    pub(super) fn feed(&mut self, text: &[u8]) {
        self.rest.extend_from_slice(text);
        if self.rest.len() >= self.due && !self.visitor.is_satisfied() {
            self.look(false);
        }
    }

    /// The text is over.
    pub(super) fn finish(mut self) -> V {
        if !self.visitor.is_satisfied() {
            self.look(true);
        }
        self.visitor
    }

    fn look(&mut self, is_last: bool) {
        let (at, seam_at) = (Cell::new(0), Cell::new(0));
        let state = self.seam.state;
        let cutter = Cutter {
            visitor: &mut self.visitor,
            seam: &mut self.seam,
            seam_at: &seam_at,
            at: &at,
            passed: self.passed,
            is_last,
            tag: Tag::default(),
            attribute: Vec::new(),
            value: Vec::new(),
            text: Vec::new(),
        };
        let text = self.rest.as_slice().to_reader();
        let mut tokenizer = Tokenizer::new_with_emitter(Source { text, at: &at }, cutter);
        if let Some(state) = state {
            tokenizer.set_state(state);
        }
        // Its only token says that the visitor is satisfied; without one the text is at its end.
        let _ = tokenizer.next();
        self.rest.drain(..seam_at.get());
        self.passed += seam_at.get();
        self.due = if seam_at.get() == 0 { self.rest.len() + self.rest.len() / 8 + 1 } else { 0 };
    }
}

/// A text that says how much of it was read.
struct Source<'a> {
    text: StringReader<'a>,
    at: &'a Cell<usize>,
}

impl Source<'_> {
    fn advance(&self, bytes: usize) {
        self.at.set(self.at.get() + bytes);
    }
}

impl Reader for Source<'_> {
    type Error = Infallible;

    fn read_byte(&mut self) -> Result<Option<u8>, Infallible> {
        let byte = self.text.read_byte()?;
        self.advance(usize::from(byte.is_some()));
        Ok(byte)
    }

    fn try_read_string(&mut self, wanted: &[u8], case_sensitive: bool) -> Result<bool, Infallible> {
        let is_next = self.text.try_read_string(wanted, case_sensitive)?;
        self.advance(if is_next { wanted.len() } else { 0 });
        Ok(is_next)
    }

    fn read_until<'b>(&'b mut self, needle: &[u8], char_buf: &'b mut [u8; 4]) -> Result<Option<&'b [u8]>, Infallible> {
        let read = self.text.read_until(needle, char_buf)?;
        self.at.set(self.at.get() + read.map_or(0, <[u8]>::len));
        Ok(read)
    }
}

/// Puts a tag together out of what the tokenizer finds.
struct Cutter<'a, V> {
    visitor: &'a mut V,
    seam: &'a mut Seam,
    seam_at: &'a Cell<usize>,
    at: &'a Cell<usize>,
    passed: usize,
    is_last: bool,
    tag: Tag,
    attribute: Vec<u8>,
    value: Vec<u8>,
    text: Vec<u8>,
}

impl<V: Visitor> Cutter<'_, V> {
    fn end_attribute(&mut self) {
        let known = ATTRIBUTES.iter().find(|known| known.as_bytes() == self.attribute);
        // The first of two counts, as in a browser.
        if let Some(known) = known.filter(|known| !self.tag.has(known)) {
            self.tag.attributes.push((known, std::mem::take(&mut self.value)));
        }
        self.attribute.clear();
        self.value.clear();
    }

    fn end_text(&mut self) {
        if std::mem::take(&mut self.seam.is_kept) {
            self.visitor.text(&String::from_utf8_lossy(&self.text));
        }
        self.text.clear();
    }
}

impl<V: Visitor> Emitter for Cutter<'_, V> {
    type Token = ();

    fn pop_token(&mut self) -> Option<()> {
        self.visitor.is_satisfied().then_some(())
    }

    fn emit_current_tag(&mut self) -> Option<State> {
        self.end_attribute();
        self.end_text();
        let at = self.passed + self.at.get();
        if self.tag.is_end {
            self.visitor.close(&self.tag.name(), at);
            self.seam.state = None;
        } else {
            self.seam.is_kept = self.visitor.open(&self.tag, at) == Keep::Text;
            self.seam.state = self.tag.content();
            self.seam.element.clone_from(&self.tag.name);
        }
        self.seam_at.set(self.at.get());
        self.seam.state
    }

    fn emit_eof(&mut self) {
        if self.is_last && !self.visitor.is_satisfied() {
            // What is not closed runs to the page's end in a browser; only what is before the next tag was meant.
            let is_markup = |pair: &[u8]| matches!(pair, [b'<', next] if next.is_ascii_alphabetic() || *next == b'/');
            let end = self.text.windows(2).position(is_markup).unwrap_or(self.text.len());
            self.text.truncate(end);
            self.end_text();
        }
    }

    fn emit_string(&mut self, text: &[u8]) {
        if self.seam.is_kept {
            put(&mut self.text, text, MAX_TEXT);
        }
    }

    fn init_start_tag(&mut self) {
        self.tag.start(false);
    }

    fn init_end_tag(&mut self) {
        self.tag.start(true);
    }

    fn set_self_closing(&mut self) {
        self.tag.is_empty = true;
    }

    fn push_tag_name(&mut self, name: &[u8]) {
        put(&mut self.tag.name, name, MAX_NAME);
    }

    fn init_attribute(&mut self) {
        self.end_attribute();
    }

    fn push_attribute_name(&mut self, name: &[u8]) {
        put(&mut self.attribute, name, MAX_NAME);
    }

    fn push_attribute_value(&mut self, value: &[u8]) {
        put(&mut self.value, value, MAX_VALUE);
    }

    fn current_is_appropriate_end_tag_token(&mut self) -> bool {
        self.tag.is_end && self.tag.name == self.seam.element
    }

    fn should_emit_errors(&mut self) -> bool {
        false
    }

    fn emit_error(&mut self, _: Error) {}
    fn set_last_start_tag(&mut self, _: Option<&[u8]>) {}
    fn init_comment(&mut self) {}
    fn push_comment(&mut self, _: &[u8]) {}
    fn emit_current_comment(&mut self) {}
    fn init_doctype(&mut self) {}
    fn emit_current_doctype(&mut self) {}
    fn set_force_quirks(&mut self) {}
    fn push_doctype_name(&mut self, _: &[u8]) {}
    fn set_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn set_doctype_system_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_public_identifier(&mut self, _: &[u8]) {}
    fn push_doctype_system_identifier(&mut self, _: &[u8]) {}
}

/// Appends as much as there is room for.
fn put(to: &mut Vec<u8>, bytes: &[u8], most: usize) {
    let room = most.saturating_sub(to.len());
    to.extend(bytes.iter().take(room));
}
