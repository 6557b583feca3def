//! Odesli's links API, version 1-alpha.1: given a link to a song or an album it names title and artist, and the same on
//! other platforms. Without a key it allows ten requests a minute, so it is asked last.

use super::head::MAX_NAME;
use super::text::line;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;
use url::Url;

/// The platforms whose links it takes, of those that are told apart.
const PLATFORMS: &[&str] =
    &["apple_music", "spotify", "tidal", "deezer", "youtube", "soundcloud", "bandcamp", "audius", "songlink"];

/// Where it answers.
pub(super) const URL: &str = "https://api.song.link/v1-alpha.1/links";

/// The request for a link, if it may know it.
pub(super) fn about(base: &str, platform: &str, link: &Url) -> Option<Url> {
    let mut url = PLATFORMS.contains(&platform).then(|| Url::parse(base).ok())??;
    url.query_pairs_mut().append_pair("url", link.as_str());
    Some(url)
}

/// What it says of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Odesli {
    pub(super) title: String,
    pub(super) artist: Option<String>,
    pub(super) picture: Option<String>,
    kind: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    /// The link's own entity among those of all platforms.
    entity_unique_id: String,
    entities_by_unique_id: HashMap<String, Entity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entity {
    title: Option<String>,
    artist_name: Option<String>,
    thumbnail_url: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Odesli {
    /// Reads an answer; `None` where it names no title.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let mut answer: Answer = serde_json::from_slice(json).ok()?;
        let entity = answer.entities_by_unique_id.remove(&answer.entity_unique_id)?;
        Some(Self {
            title: line(&entity.title?, super::MAX_TITLE)?,
            artist: entity.artist_name.and_then(|name| line(&name, MAX_NAME)),
            picture: entity.thumbnail_url,
            kind: entity.kind.and_then(|kind| line(&kind, MAX_NAME)),
        })
    }

    /// What is kept of it.
    pub(super) fn kept(&self) -> Value {
        let facts = [("title", Some(&self.title)), ("artistName", self.artist.as_ref()), ("type", self.kind.as_ref())];
        facts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value?.clone())))).collect()
    }
}
