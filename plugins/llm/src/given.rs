//! What the platform's own fields say about a track: fields that an earlier strategy read from them, and the page's structured
//! data. It is not asked, and stands whatever a model says.

use crate::clean;
use crate::config::Config;
use liner_strategy::text::words;
use liner_strategy::{Extraction, MusicType, Origin, Track, Work, release_date};
use serde_json::Value;

/// The confidence from which a hint is taken as settled, so that only what is missing is asked.
const SETTLED: f64 = 0.9;
/// How sure title and artist are that the page's structured data says.
const OF_PAGE: f64 = 0.95;

/// What is known of a track without asking.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// The work's title.
    pub title: Option<String>,
    /// Who is credited.
    pub artist: Option<String>,
    /// The release.
    pub album: Option<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub release_date: Option<String>,
    /// What the link is.
    pub music_type: Option<MusicType>,
    /// Genres of the configuration that the page names.
    pub genres: Vec<String>,
    /// What the page calls it, where that is no genre of the configuration.
    pub style: Option<String>,
}

impl Given {
    /// Reads a track's hint and metadata. Where structured data and the hint read the page differently, neither is given: labels
    /// credit themselves on the pages of their artists.
    pub fn of(config: &Config, track: &Track) -> Self {
        let hint = track.hint.as_ref();
        let page = Page::read(track);
        let of_hint = |field: &str| hint.filter(|hint| is_from_page(hint, field));
        let title = page.title.filter(|title| !title.contains(" - "));
        let genres = match of_hint("genres") {
            Some(hint) => &hint.genres,
            None => &page.genres,
        };
        let mut given = Self {
            title: of_hint("title")
                .map(|hint| hint.title.clone())
                .or_else(|| undisputed(title, hint.map(|hint| &hint.title))),
            artist: of_hint("artist")
                .and_then(|hint| hint.artist.clone())
                .or_else(|| undisputed(page.artist, hint.and_then(|hint| hint.artist.as_ref()))),
            album: of_hint("album").and_then(|hint| hint.album.clone()).or(page.album),
            release_date: of_hint("release-date").and_then(|hint| hint.release_date.clone()).or(page.release_date),
            music_type: of_hint("music-type").map(|hint| hint.music_type).or(page.music_type),
            genres: Vec::new(),
            style: None,
        };
        for genre in genres.iter().filter_map(|genre| config.genre(genre)) {
            if !given.genres.contains(genre) && given.genres.len() < config.max_genres {
                given.genres.push(genre.clone());
            }
        }
        given.style = genres.first().cloned().filter(|_| given.genres.is_empty());
        given
    }

    /// A track's entry, as far as it is known, where title and artist need not be asked: an earlier strategy is sure of them, or
    /// none has read the page and it says them. What one was not sure of is asked, whoever else says it.
    pub fn settled(&self, track: &Track) -> Option<Extraction> {
        let mut entry = match (&track.hint, &self.title, &self.artist) {
            (Some(hint), ..) if hint.artist.is_some() && hint.confidence >= SETTLED => hint.clone(),
            (None, Some(title), Some(artist)) => Extraction::song(title, Some(artist), OF_PAGE),
            _ => return None,
        };
        self.overrule(&mut entry);
        Some(entry)
    }

    /// Takes what is given into an entry, in the place of what it says.
    pub fn overrule(&self, entry: &mut Extraction) {
        let mut from_page = |field: &str, is_given: bool| {
            if is_given {
                entry.set_origin(field, Origin::Page);
            }
        };
        from_page("title", self.title.is_some());
        from_page("artist", self.artist.is_some());
        from_page("album", self.album.is_some());
        from_page("release-date", self.release_date.is_some());
        from_page("music-type", self.music_type.is_some());
        from_page("genres", !self.genres.is_empty());
        if let Some(title) = &self.title {
            entry.title.clone_from(title);
        }
        entry.artist = self.artist.clone().or_else(|| entry.artist.take());
        entry.album = self.album.clone().or_else(|| entry.album.take());
        entry.release_date = self.release_date.clone().or_else(|| entry.release_date.take());
        entry.music_type = self.music_type.unwrap_or(entry.music_type);
        if !self.genres.is_empty() {
            entry.genres.clone_from(&self.genres);
        }
    }
}

fn is_from_page(hint: &Extraction, field: &str) -> bool {
    hint.origins.iter().any(|known| known.field == field && known.origin == Origin::Page)
}

fn undisputed(said: Option<String>, read: Option<&String>) -> Option<String> {
    said.filter(|said| read.is_none_or(|read| words(read) == words(said)))
}

/// What a page's structured data says.
#[derive(Default)]
struct Page {
    title: Option<String>,
    artist: Option<String>,
    album: Option<String>,
    release_date: Option<String>,
    music_type: Option<MusicType>,
    genres: Vec<String>,
}

impl Page {
    /// Reads a track's metadata; what is not as expected says nothing, nor does what a page says that is anybody's.
    fn read(track: &Track) -> Self {
        let metadata: Value = serde_json::from_str(&track.og_metadata).unwrap_or_default();
        let work = Work::of(track, &metadata).filter(|work| work.is_borne_out && work.music_type != MusicType::Artist);
        let mut page = work.map(Self::of_work).unwrap_or_default();
        let tagged = || {
            let date = metadata.get("music:release_date")?;
            date.as_array().map_or(Some(date), |dates| dates.first())?.as_str().and_then(release_date)
        };
        page.release_date = page.release_date.or_else(tagged);
        page
    }

    fn of_work(work: Work<'_>) -> Self {
        let names = |names: &[&str]| names.iter().filter_map(|name| clean::name(name)).collect::<Vec<_>>();
        Self {
            title: work.name.and_then(clean::name),
            artist: Some(names(&work.artists).join(", ")).filter(|artists| !artists.is_empty()),
            album: work.album.and_then(clean::name),
            genres: names(&work.genres),
            release_date: work.release_date,
            music_type: Some(work.music_type),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use liner_strategy::testing::track;
    use serde_json::json;

    fn given(metadata: &Value, hint: Option<Extraction>) -> Given {
        let track = Track { og_metadata: metadata.to_string(), hint, ..track("Harbour") };
        Given::of(&Config::default(), &track)
    }

    fn recording() -> Value {
        json!({"json_ld": [
            {"@type": "VideoObject", "name": "A video", "uploadDate": "2020-01-01"},
            {"@type": "MusicRecording", "name": "Harbour", "byArtist": ["Ada Lane", "Bo"], "inAlbum": "Docks", "datePublished": "2019-03-13T00:00:00Z", "genre": ["Polka", "Folk", "R&B"]},
        ]})
    }

    #[test]
    fn structured_data_of_a_recording_is_given() {
        let given = given(&recording(), None);
        assert_eq!((given.title.as_deref(), given.artist.as_deref()), (Some("Harbour"), Some("Ada Lane, Bo")));
        assert_eq!((given.album.as_deref(), given.release_date.as_deref()), (Some("Docks"), Some("2019-03-13")));
        assert_eq!(
            (given.genres, given.style, given.music_type),
            (vec!["folk".to_owned(), "r&b".to_owned()], None, Some(MusicType::Song))
        );
    }

    #[test]
    fn a_video_an_upload_and_what_is_not_as_expected_give_nothing() {
        for metadata in [
            json!({"json_ld": [{"@type": "VideoObject", "name": "Harbour", "author": "Ada", "uploadDate": "2020-01-01"}]}),
            json!({"video:release_date": "2020-01-01", "title": "Harbour", "og:type": "music.song"}),
            json!({"json_ld": {"@type": "MusicRecording"}, "music:release_date": 7}),
            json!({"json_ld": [7, {"@type": 7}, {"@type": ["MusicRecording"], "name": {}, "byArtist": {}, "datePublished": "soon"}]}),
            json!([]),
            json!({"json_ld": [{"@type": "MusicRecording", "name": "n".repeat(5_000)}]}),
        ] {
            let given = Given { music_type: None, ..given(&metadata, None) };
            assert_eq!(given, Given::default(), "{metadata}");
        }
    }

    #[test]
    fn what_an_earlier_strategy_read_otherwise_is_not_given() {
        let hint = Extraction::song("Harbour", Some("Cy"), 0.7);
        let label = given(&recording(), Some(hint));
        assert_eq!((label.title.as_deref(), label.artist), (Some("Harbour"), None));
        let mut hint = Extraction::song("Bridge", Some("Cy"), 0.7);
        hint.set_origin("artist", Origin::Page);
        hint.set_origin("title", Origin::Text);
        let read = given(&recording(), Some(hint));
        assert_eq!((read.title, read.artist.as_deref()), (None, Some("Cy")));
        let dashed = json!({"json_ld": [{"@type": "MusicRecording", "name": "Cy - Harbour", "byArtist": ["A Label"]}]});
        assert_eq!(given(&dashed, None).title, None);
    }

    #[test]
    fn a_genre_that_the_library_does_not_have_is_how_the_page_calls_it() {
        let metadata = json!({"json_ld": [{"@type": "MusicRecording", "name": "Harbour", "genre": "Liquid Funk"}]});
        let given = given(&metadata, None);
        assert_eq!((given.genres, given.style.as_deref()), (vec![], Some("Liquid Funk")));
    }
}
