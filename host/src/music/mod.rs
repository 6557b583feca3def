//! The domain: what a track is, what is believed of it, what is said about it. No I/O, no database, no WebAssembly.

mod allowance;
mod dialogue;
mod name;
mod page;
mod platform;
mod site;

pub use allowance::{Estimate, Headroom, Limits};
pub use dialogue::{Description, Prompt, Reply, Step, Stop, Usage};
pub use name::{is_release_date, is_unseen, name};
pub use page::{Page, Validators};
pub use platform::Platform;
pub use site::site;

use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A text from outside as every database can keep it: PostgreSQL knows no U+0000, and one in a title must not stop the
/// batch that it is in.
#[must_use]
pub fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "") } else { text }
}

/// A track's identity: the platform and its identifier there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct TrackKey {
    /// Canonical platform name.
    #[schema(example = "youtube")]
    pub platform_name: String,
    /// The platform's own identifier.
    #[schema(example = "dQw4w9WgXcQ")]
    pub platform_id: String,
}

impl fmt::Display for TrackKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.platform_name, self.platform_id)
    }
}

/// A shared link and what its page says: all that a strategy is shown of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Track {
    /// Which track.
    #[serde(flatten)]
    pub key: TrackKey,
    /// The link, where there is one.
    pub url: Option<String>,
    /// OpenGraph title.
    pub og_title: Option<String>,
    /// Uploader or channel.
    pub og_artist: Option<String>,
    /// OpenGraph description.
    pub og_description: Option<String>,
    /// Everything else the page said, a JSON object as text.
    pub og_metadata: String,
    /// What the person wrote who shared the link.
    pub shared_text: Option<String>,
}

impl Track {
    /// Whether a strategy has anything to go by.
    #[must_use]
    pub fn has_metadata(&self) -> bool {
        let some = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
        some(&self.og_title) || some(&self.og_artist) || some(&self.og_description) || self.og_metadata.len() > 2
    }
}

/// What kind of release a link points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MusicType {
    /// One recording.
    Song,
    /// An album, EP or single release.
    Album,
    /// A playlist, mix list or chart.
    Playlist,
    /// An artist's page.
    Artist,
}

impl MusicType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Song, Self::Album, Self::Playlist, Self::Artist];

    /// The type of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The name as the database and the API write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Song => "song",
            Self::Album => "album",
            Self::Playlist => "playlist",
            Self::Artist => "artist",
        }
    }
}

/// Where a field's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// A structured field of the page.
    Page,
    /// Free text, read as it is.
    Text,
    /// A rule that joined several clues.
    Rules,
    /// A model's answer.
    Model,
}

/// A clean library entry, or what is believed of one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Extraction {
    /// The work's title.
    pub title: String,
    /// Who is credited.
    pub artist: Option<String>,
    /// The release it appeared on.
    pub album: Option<String>,
    /// One to three genres, lower case; empty when unknown.
    pub genres: Vec<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub release_date: Option<String>,
    /// The kind of release.
    pub music_type: MusicType,
    /// How sure the strategy is, 0 to 1.
    pub confidence: f64,
    /// The origin of each field that is present, by the field's name.
    pub origins: Vec<(String, Origin)>,
}

/// A field that `LINER_REQUIRED_FIELDS` may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The title.
    Title,
    /// The artist.
    Artist,
    /// The album.
    Album,
    /// At least one genre.
    Genres,
    /// The release date.
    ReleaseDate,
}

impl Field {
    /// Every field, in the order people list them.
    pub const ALL: [Self; 5] = [Self::Title, Self::Artist, Self::Album, Self::Genres, Self::ReleaseDate];

    /// The name settings and commands use; also the library's column.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Artist => "artist",
            Self::Album => "album",
            Self::Genres => "genres",
            Self::ReleaseDate => "release_date",
        }
    }

    /// The field a name stands for.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

impl Extraction {
    /// Whether a field has a value. An artist's page has no artist besides itself, and a playlist has none.
    #[must_use]
    pub fn has(&self, field: Field) -> bool {
        let bare = matches!(self.music_type, MusicType::Artist | MusicType::Playlist);
        match field {
            Field::Title => !self.title.is_empty(),
            Field::Artist => bare || self.artist.is_some(),
            Field::Album => bare || self.music_type == MusicType::Album || self.album.is_some(),
            Field::Genres => !self.genres.is_empty(),
            Field::ReleaseDate => bare || self.release_date.is_some(),
        }
    }

    /// The required fields that have no value.
    pub fn missing<'a>(&'a self, required: &'a [Field]) -> impl Iterator<Item = Field> + 'a {
        required.iter().copied().filter(|field| !self.has(*field))
    }
}

/// What a strategy says about one track.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The entry.
    Extracted(Extraction),
    /// Not music, and why. Final, not an error.
    NoMusic(String),
    /// Nothing could be said this time, and why; worth another attempt.
    Failed(String),
}
