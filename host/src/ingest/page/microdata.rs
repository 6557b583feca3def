//! Who made a page's thing, where the page says it in its body's attributes:
//! `<span itemprop="author" itemscope><link itemprop="name" content="…">`; and what a video is about: `<meta itemprop="genre">`.

use super::head::MAX_NAME;
use super::tags::Tag;
use super::text::line;

/// Where a name is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credit {
    /// In the tag.
    Said(String),
    /// In the text that follows it, be it in a link.
    Follows,
}

/// Reads microdata tag by tag.
#[derive(Debug, Default)]
pub(super) struct Microdata {
    /// What the page is about: the first thing in it that somebody recorded.
    about: Option<Thing>,
    /// Whether the thing that was opened last is its maker.
    is_maker: bool,
    /// The category of a video.
    genre: Option<String>,
}

/// Things that somebody recorded; an article has an author too, and nobody asks for that one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    /// Has an artist.
    Music,
    /// Has an author only.
    Recording,
    /// Has an author, and after it a category.
    Video,
}

impl Microdata {
    /// The name of the page's thing's maker, if this tag says it.
    pub(super) fn read(&mut self, tag: &Tag) -> Option<Credit> {
        let property = tag.get("itemprop").unwrap_or_default();
        if tag.has("itemscope") {
            if property.is_empty() {
                let kind = tag.get("itemtype").unwrap_or_default();
                self.about = self.about.or(Thing::of(kind.rsplit('/').next().unwrap_or_default()));
            }
            self.is_maker = self.is_makers(&property);
            return None;
        }
        if self.is_genre_due() && property == "genre" {
            self.genre = tag.get("content").and_then(|genre| line(&genre, MAX_NAME));
        }
        let is_name = self.is_makers(&property) || (self.is_maker && property == "name");
        is_name.then(|| tag.get("content").map_or(Credit::Follows, |name| Credit::Said(name.into_owned())))
    }

    /// The category of the page's video.
    pub(super) fn genre(&self) -> Option<&str> {
        self.genre.as_deref()
    }

    /// Whether the page's thing is a video whose category was not read yet.
    pub(super) fn is_genre_due(&self) -> bool {
        self.about == Some(Thing::Video) && self.genre.is_none()
    }

    /// Whether a property of the page's thing names who made it.
    fn is_makers(&self, property: &str) -> bool {
        match self.about {
            Some(Thing::Music) => matches!(property, "byArtist" | "author"),
            Some(Thing::Recording | Thing::Video) => property == "author",
            None => false,
        }
    }
}

impl Thing {
    fn of(kind: &str) -> Option<Self> {
        match kind {
            "MusicRecording" | "MusicAlbum" | "MusicRelease" | "MusicPlaylist" | "MusicComposition" => {
                Some(Self::Music)
            }
            "VideoObject" => Some(Self::Video),
            "AudioObject" | "MusicVideoObject" | "PodcastEpisode" => Some(Self::Recording),
            _ => None,
        }
    }
}
