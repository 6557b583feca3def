//! HTML as feeds hold it: its words, and what it links to or plays.

use html5gum::{StartTag, Token, Tokenizer};

/// The most links of one text.
const MAX_LINKS: usize = 200;

/// What a piece of HTML says.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) text: String,
    /// As they are written there.
    pub(super) links: Vec<String>,
}

/// Reads a piece of HTML; text without any is itself.
pub(super) fn read(html: &str) -> Content {
    let mut content = Content::default();
    let mut text = String::new();
    // Of a tag that hides what it holds.
    let mut hidden: Option<Vec<u8>> = None;
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::String(words) if hidden.is_none() => text.push_str(&String::from_utf8_lossy(&words)),
            Token::StartTag(tag) => {
                content.note(&tag);
                if breaks(&tag.name) {
                    text.push(' ');
                }
                let hides = matches!(tag.name.as_slice(), b"script" | b"style");
                hidden = hidden.or_else(|| (hides && !tag.self_closing).then(|| tag.name.to_vec()));
            }
            Token::EndTag(tag) => {
                if breaks(&tag.name) {
                    text.push(' ');
                }
                hidden = hidden.filter(|name| *name != *tag.name);
            }
            _ => {}
        }
    }
    content.text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    content
}

/// Whether a tag parts words; one that only dresses them does not.
fn breaks(name: &[u8]) -> bool {
    !matches!(name, b"a" | b"abbr" | b"b" | b"em" | b"i" | b"mark" | b"small" | b"span" | b"strong" | b"u" | b"wbr")
}

impl Content {
    /// A link, or an embedded player.
    fn note(&mut self, tag: &StartTag<()>) {
        let name: &[u8] = match tag.name.as_slice() {
            b"a" => b"href",
            b"iframe" | b"embed" | b"audio" | b"video" | b"source" => b"src",
            _ => return,
        };
        if let Some(value) = tag.attributes.get(name)
            && self.links.len() < MAX_LINKS
        {
            self.links.push(String::from_utf8_lossy(value).into_owned());
        }
    }
}
