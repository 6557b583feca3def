//! Who made a page's thing, where the page says it in its body's attributes:
//! `<span itemprop="author" itemscope><link itemprop="name" content="…">`.

use super::tags::Tag;

/// Where a name is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credit {
    /// In the tag.
    Said(String),
    /// In the text that follows it.
    Follows,
}

/// Reads microdata tag by tag.
#[derive(Debug, Default)]
pub(super) struct Microdata {
    /// What the page is about: the type of its first thing.
    about: Option<String>,
    /// Whether the thing that was opened last is the page's thing's maker.
    is_maker: bool,
}

impl Microdata {
    /// The name of the page's thing's maker, if this tag says it.
    pub(super) fn read(&mut self, tag: &Tag) -> Option<Credit> {
        let property = tag.get("itemprop").unwrap_or_default();
        if tag.has("itemscope") {
            if property.is_empty() {
                let about = tag.get("itemtype").unwrap_or_default();
                self.about.get_or_insert_with(|| about.rsplit('/').next().unwrap_or_default().to_owned());
            }
            self.is_maker = self.is_makers(&property);
            return None;
        }
        let is_name = self.is_maker && property == "name";
        if !is_name && !self.is_makers(&property) {
            return None;
        }
        match tag.get("content") {
            Some(name) => Some(Credit::Said(name.into_owned())),
            None if is_name => Some(Credit::Follows),
            None => None,
        }
    }

    /// Whether a property of the page's thing names who made it: an article has an author too.
    fn is_makers(&self, property: &str) -> bool {
        let about = self.about.as_deref().unwrap_or_default();
        let is_music = about.starts_with("Music");
        let is_recording = is_music || matches!(about, "VideoObject" | "AudioObject" | "PodcastEpisode");
        (property == "byArtist" && is_music) || (property == "author" && is_recording)
    }
}
