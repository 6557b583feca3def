//! The library as people read and correct it.

use crate::music::{MusicType, Track, TrackKey, is_release_date, name};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Which entries of the library.
#[derive(Debug, Clone, Default)]
pub struct LibraryQuery {
    /// Words that title, artist or page title contain.
    pub search: Option<String>,
    /// Only entries of this state.
    pub status: Option<String>,
    /// Only entries older than this mark.
    pub before: Option<i64>,
    /// The most entries.
    pub limit: u32,
}

/// A library entry.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LibraryFields)]
pub struct LibraryEntry {
    /// Which track.
    #[serde(flatten)]
    pub key: TrackKey,
    /// Its link.
    pub url: Option<String>,
    /// Its page's title.
    pub og_title: Option<String>,
    /// Its page's uploader.
    pub og_artist: Option<String>,
    /// Its page's picture.
    pub og_image_url: Option<String>,
    /// The work's title.
    pub title: Option<String>,
    /// Who is credited.
    pub artist: Option<String>,
    /// The release.
    pub album: Option<String>,
    /// Genres.
    pub genres: Vec<String>,
    /// Release date.
    pub release_date: Option<String>,
    /// Kind of release.
    pub music_type: Option<String>,
    /// How sure the strategy was.
    pub confidence_score: Option<f64>,
    /// Where each field came from: `page`, `text`, `rules`, `model` or `operator`.
    pub origins: BTreeMap<String, String>,
    /// Fields an operator corrected.
    pub corrected_fields: Vec<String>,
    /// Where it is on its way.
    pub processing_status: String,
    /// Who said so.
    pub strategy: Option<String>,
    /// Its component's digest.
    pub strategy_digest: Option<String>,
    /// The model, when one was asked.
    pub model: Option<String>,
    /// How often it was shared.
    pub share_count: i64,
    /// For what it waits, if it does.
    pub waiting_for: Option<String>,
    /// Why it failed, or why it waits.
    pub error_message: Option<String>,
    /// Attempts so far.
    pub retry_count: i64,
    /// When it was extracted.
    #[serde(skip)]
    pub ai_processed_at: Option<i64>,
    /// When it changed.
    #[serde(skip)]
    pub updated_at: i64,
    /// The page mark that follows this entry.
    #[serde(skip)]
    pub mark: i64,
}

/// A former value of a field.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FieldChange)]
pub struct LibraryChange {
    /// The field.
    pub field: String,
    /// What it was.
    pub old: Option<String>,
    /// What it became.
    pub new: Option<String>,
    /// Who changed it.
    pub by: String,
    /// When.
    #[serde(skip)]
    pub at: i64,
}

/// An entry that an operator corrected: an example whose answer is known. What the operator left as it was is confirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct Corrected {
    /// What the next ones come after.
    pub mark: i64,
    /// What the strategies are shown of it.
    pub track: Track,
    /// The title.
    pub title: Option<String>,
    /// Who is credited.
    pub artist: Option<String>,
    /// The release.
    pub album: Option<String>,
    /// Release date.
    pub release_date: Option<String>,
    /// Kind of release.
    pub music_type: Option<String>,
    /// Which fields were corrected.
    pub fields: Vec<String>,
}

/// An operator's correction; a field that is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"release_date": "1987-07-27", "genres": ["dance-pop"]}))]
pub struct Correction {
    /// The title.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, min_length = 1, max_length = 1_000, pattern = r"\S")]
    pub title: Option<String>,
    /// The artist.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, min_length = 1, max_length = 1_000, pattern = r"\S")]
    pub artist: Option<String>,
    /// The album.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, min_length = 1, max_length = 1_000, pattern = r"\S")]
    pub album: Option<String>,
    /// The genres, at most three.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, max_items = 3, value_type = Option<Vec<Genre>>)]
    pub genres: Option<Vec<String>>,
    /// The release date: `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false, pattern = r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$")]
    pub release_date: Option<String>,
    /// The kind of release.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    pub music_type: Option<MusicType>,
}

/// A genre, of at most 60 characters.
#[derive(ToSchema)]
#[schema(pattern = r"\S")]
#[expect(dead_code, reason = "only described")]
struct Genre(String);

/// A value that is there: null might be meant to clear a field, which no correction does.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl Correction {
    /// The names of the fields that it gives.
    #[must_use]
    pub fn fields(&self) -> Vec<&'static str> {
        [
            ("title", self.title.is_some()),
            ("artist", self.artist.is_some()),
            ("album", self.album.is_some()),
            ("genres", self.genres.is_some()),
            ("release_date", self.release_date.is_some()),
            ("music_type", self.music_type.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, given)| given.then_some(field))
        .collect()
    }

    /// The same with names as the library keeps them.
    #[must_use]
    pub fn tidied(self) -> Self {
        let tidy = |text: Option<String>| text.map(|text| name(&text));
        Self {
            title: tidy(self.title),
            artist: tidy(self.artist),
            album: tidy(self.album),
            genres: self.genres.map(|genres| genres.iter().map(|genre| name(genre)).collect()),
            ..self
        }
    }

    /// Refuses values that no entry may have.
    ///
    /// # Errors
    /// A sentence naming the field.
    pub fn check(&self) -> Result<(), String> {
        if self.fields().is_empty() {
            return Err("the correction gives no field; send title, artist, album, genres, release_date or music_type"
                .to_owned());
        }
        let texts = [("title", &self.title), ("artist", &self.artist), ("album", &self.album)];
        for (field, text) in texts.into_iter().filter_map(|(field, text)| Some((field, text.as_deref()?))) {
            if text.trim().is_empty() || text.chars().count() > 1_000 {
                return Err(format!("{field} is empty or longer than 1000 characters"));
            }
        }
        let genres = self.genres.as_deref().unwrap_or_default();
        if genres.len() > 3 || genres.iter().any(|genre| genre.trim().is_empty() || genre.chars().count() > 60) {
            return Err("genres must be at most three names of at most 60 characters".to_owned());
        }
        match self.release_date.as_deref() {
            Some(date) if !is_release_date(date) => {
                Err(format!("release_date is {date:?}; allowed: YYYY, YYYY-MM or YYYY-MM-DD"))
            }
            _ => Ok(()),
        }
    }
}
