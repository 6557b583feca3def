//! What the platform's own fields say about a track: fields that an earlier strategy read from them, and the page's structured
//! data. It is not asked, and stands whatever a model says.

use crate::clean::{self, words};
use crate::config::Config;
use liner_strategy::{Extraction, MusicType, Origin, Track, is_release_date};
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
        let page = Page::read(&track.og_metadata);
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
    /// the page says them.
    pub fn settled(&self, track: &Track) -> Option<Extraction> {
        let sure = track.hint.as_ref().filter(|hint| hint.artist.is_some() && hint.confidence >= SETTLED);
        let mut entry = match (sure, &self.title, &self.artist) {
            (Some(hint), ..) => hint.clone(),
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
    /// Reads the metadata; what is not as expected says nothing.
    fn read(metadata: &str) -> Self {
        let Ok(Value::Object(metadata)) = serde_json::from_str::<Value>(metadata) else { return Self::default() };
        let list = metadata.get("json_ld").and_then(Value::as_array).into_iter().flatten();
        let mut page = list.filter_map(Self::of_work).next().unwrap_or_default();
        page.release_date = page.release_date.or_else(|| date(metadata.get("music:release_date")?));
        page
    }

    /// An object that describes a recording, an album or a playlist. A video's name is what its uploader wrote.
    fn of_work(object: &Value) -> Option<Self> {
        let music_type = match strings(object.get("@type")?).next()? {
            "MusicRecording" => MusicType::Song,
            "MusicAlbum" => MusicType::Album,
            "MusicPlaylist" => MusicType::Playlist,
            _ => return None,
        };
        let name = |key: &str| object.get(key).and_then(Value::as_str).and_then(clean::name);
        let all = |key: &str| object.get(key).into_iter().flat_map(strings).filter_map(clean::name).collect::<Vec<_>>();
        let artists = all("byArtist").join(", ");
        Some(Self {
            title: name("name"),
            artist: Some(artists).filter(|artists| !artists.is_empty() && music_type != MusicType::Playlist),
            album: name("inAlbum").filter(|_| music_type == MusicType::Song),
            release_date: object.get("datePublished").and_then(date),
            music_type: Some(music_type),
            genres: all("genre"),
        })
    }
}

/// A string, or the strings of a list.
fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}

/// The day of a date, as `2019-03-13T00:00:00Z` or `13 Mar 2019 00:00:00 GMT`.
fn date(value: &Value) -> Option<String> {
    let text = strings(value).next()?.trim();
    let day = text.split(['T', ' ']).next()?;
    if is_release_date(day) {
        return Some(day.to_owned());
    }
    let mut parts = text.split(' ');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    Some(format!("{year}-{month:02}-{day:0>2}")).filter(|date| is_release_date(date))
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

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
            json!({"json_ld": [7, {"@type": 7}, {"@type": ["MusicRecording"], "name": ["x"], "byArtist": {}, "datePublished": "soon"}]}),
            json!([]),
            json!({"json_ld": [{"@type": "MusicRecording", "name": "n".repeat(5_000)}]}),
        ] {
            let given = Given { music_type: None, ..given(&metadata, None) };
            assert_eq!(given, Given::default(), "{metadata}");
        }
    }

    #[test]
    fn dates_are_read_as_platforms_write_them() {
        for (text, day) in [
            ("2022-12-05T00:00:00.000Z", Some("2022-12-05")),
            ("2019", Some("2019")),
            ("2019-03-13 00:00:00", Some("2019-03-13")),
            ("01 Apr 2013 00:00:00 GMT", Some("2013-04-01")),
            ("1 apr 2013", Some("2013-04-01")),
            ("31 Feb 2013", None),
            ("1 April", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(date(&json!(text)).as_deref(), day, "{text}");
            assert_eq!(given(&json!({"music:release_date": text}), None).release_date.as_deref(), day, "{text}");
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
