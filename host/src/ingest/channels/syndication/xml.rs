//! RSS and Atom, read forwards and without a tree. No entity is known but those of XML itself, so that none expands into
//! more; nothing outside of the text is read.

use super::{Entry, MAX_POSTS, Page};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// The deepest that tags may lie in one another.
const MAX_DEPTH: usize = 100;
/// The most bytes of one element's text.
const MAX_FIELD: usize = 128 << 10;

/// What an element of an entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Id,
    Title,
    Link,
    Published,
    Updated,
    Summary,
    Content,
}

/// A text that is being read.
#[derive(Debug)]
struct Reading {
    field: Field,
    depth: usize,
    text: String,
}

#[derive(Debug, Default)]
struct Walk {
    page: Page,
    depth: usize,
    /// What the format's own names begin with, in documents that say so: `atom:`.
    prefix: String,
    /// The entry that is being read, and the depth that it is at.
    entry: Option<(Entry, usize)>,
    reading: Option<Reading>,
}

/// Reads a feed; of one that is cut, what came whole.
pub(super) fn read(text: &str, is_cut: bool) -> Result<Page, String> {
    let mut walk = Walk::default();
    match walk.go(text) {
        // The newest come first. Where not even one is whole, it is hardly a feed.
        Err(_) if is_cut && !walk.page.entries.is_empty() => Ok(walk.page),
        Err(reason) => Err(reason),
        Ok(()) => Ok(walk.page),
    }
}

impl Walk {
    fn go(&mut self, text: &str) -> Result<(), String> {
        let mut reader = Reader::from_str(text);
        // Writers of feeds forget to escape it.
        reader.config_mut().allow_dangling_amp = true;
        while self.page.entries.len() < MAX_POSTS {
            let event = reader.read_event().map_err(|error| format!("{error} at byte {}", reader.error_position()))?;
            match event {
                Event::Start(tag) => self.open(&tag)?,
                Event::Empty(tag) => {
                    self.open(&tag)?;
                    self.close();
                }
                Event::End(_) => self.close(),
                Event::Text(text) => self.text(&text.xml10_content()),
                Event::CData(text) => self.text(&text.xml10_content()),
                Event::GeneralRef(reference) => self.reference(&reference),
                Event::Eof if self.depth > 0 => return Err("it ends in its middle".to_owned()),
                Event::Eof => break,
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        Ok(())
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("its tags lie deeper than {MAX_DEPTH} in one another"));
        }
        let name = tag.name();
        let name: &str = name.as_ref();
        if self.depth == 1 {
            self.prefix = root(name)?;
        }
        let name = name.strip_prefix(&self.prefix).unwrap_or(name);
        match &mut self.entry {
            None if matches!(name, "item" | "entry") => {
                let id = attribute(tag, "rdf:about");
                self.entry = Some((Entry { id, ..Entry::default() }, self.depth));
            }
            None => {
                if name == "link" && self.depth == 2 && attribute(tag, "rel").as_deref() == Some("next") {
                    self.page.next = attribute(tag, "href");
                }
            }
            Some((entry, depth)) if self.depth == *depth + 1 => {
                match name {
                    "link" if is_of_post(attribute(tag, "rel").as_deref()) => {
                        entry.links.extend(attribute(tag, "href"));
                    }
                    "enclosure" => entry.links.extend(attribute(tag, "url")),
                    "content" => entry.links.extend(attribute(tag, "src")),
                    _ => {}
                }
                self.reading = field(name).map(|field| Reading { field, depth: self.depth, text: String::new() });
            }
            Some(_) => self.markup(tag),
        }
        Ok(())
    }

    /// Markup that is written as it is, not as text, becomes text again.
    fn markup(&mut self, tag: &BytesStart<'_>) {
        let Some(reading) = &mut self.reading else { return };
        let link = attribute(tag, "href").map(|link| ("href", link));
        let link = link.or_else(|| attribute(tag, "src").map(|link| ("src", link)));
        let name = tag.local_name();
        let name: &str = name.as_ref();
        let markup = match link {
            Some((of, link)) => format!("<{name} {of}=\"{}\">", link.replace('&', "&amp;").replace('"', "&quot;")),
            None => format!("<{name}>"),
        };
        push(&mut reading.text, &markup);
    }

    fn close(&mut self) {
        let done = self.reading.take_if(|reading| reading.depth == self.depth);
        if let Some((entry, depth)) = &mut self.entry {
            if let Some(reading) = done {
                entry.say(reading.field, reading.text);
            }
            if *depth == self.depth {
                let entry = self.entry.take().map(|(entry, _)| entry);
                self.page.entries.extend(entry);
            }
        }
        self.depth = self.depth.saturating_sub(1);
    }

    fn text(&mut self, text: &str) {
        if let Some(reading) = &mut self.reading {
            push(&mut reading.text, text);
        }
    }

    /// A character by its number or by its name in XML; any other name is left out.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        let by_number = reference.resolve_char_ref().ok().flatten();
        match by_number {
            Some(character) => self.text(character.encode_utf8(&mut [0; 4])),
            None => self.text(resolve_predefined_entity(&reference.xml10_content()).unwrap_or_default()),
        }
    }
}

impl Entry {
    fn say(&mut self, field: Field, text: String) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        match field {
            Field::Id => self.id = Some(text.to_owned()),
            Field::Title => text.clone_into(&mut self.title),
            Field::Link => self.links.push(text.to_owned()),
            Field::Published => self.published = Some(text.to_owned()),
            Field::Updated => self.updated = Some(text.to_owned()),
            // It comes first, in whichever order they are.
            Field::Summary => self.bodies.insert(0, text.to_owned()),
            Field::Content => self.bodies.push(text.to_owned()),
        }
    }
}

/// What the names of a feed's elements begin with.
fn root(name: &str) -> Result<String, String> {
    let (prefix, local) = name.rsplit_once(':').map_or(("", name), |(prefix, local)| (prefix, local));
    match local {
        "rss" | "RDF" | "feed" if prefix.is_empty() => Ok(String::new()),
        "RDF" | "feed" => Ok(format!("{prefix}:")),
        _ => {
            let name: String = name.chars().take(40).collect();
            Err(format!("it begins with <{name}>, and neither with <rss>, <rdf:RDF> nor <feed>"))
        }
    }
}

fn field(name: &str) -> Option<Field> {
    Some(match name {
        "guid" | "id" => Field::Id,
        "title" => Field::Title,
        "link" => Field::Link,
        "pubDate" | "published" | "issued" | "dc:date" => Field::Published,
        "updated" | "modified" => Field::Updated,
        "description" | "summary" => Field::Summary,
        "content" | "content:encoded" => Field::Content,
        _ => return None,
    })
}

/// Whether a link leads to what a post is about, or encloses, and not to its comments or its editor.
fn is_of_post(rel: Option<&str>) -> bool {
    matches!(rel, None | Some("alternate" | "enclosure" | "related" | "via"))
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let found = attributes.with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == name)?;
    let value = quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), Into::into);
    Some(value)
}

/// Appends as much as there is room for.
fn push(text: &mut String, more: &str) {
    let room = MAX_FIELD.saturating_sub(text.len());
    let end = more.floor_char_boundary(room);
    text.push_str(more.get(..end).unwrap_or_default());
}
