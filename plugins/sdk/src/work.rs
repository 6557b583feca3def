//! The work that a page is about, as its structured data has it.

use crate::text::{holds, words};
use crate::{MusicType, Track, release_date};
use serde_json::Value;
use std::cmp::Reverse;

/// Platforms whose pages are written by the platform, of music that it has. Every other page says of itself what its
/// author likes.
const OF_MUSIC: &[&str] = &[
    "7digital",
    "apple_music",
    "audius",
    "bandcamp",
    "bandlab",
    "beatport",
    "bugs",
    "deezer",
    "genius",
    "hungama",
    "hypemachine",
    "jamendo",
    "kuwo",
    "lastfm",
    "mixcloud",
    "monster-siren",
    "netease",
    "qqmusic",
    "songlink",
    "soundcloud",
    "spotify",
    "tidal",
    "traxsource",
    "xiami",
    "youtube",
    "zingmp3",
];

/// Whether a platform writes its pages itself, of music that it has.
#[must_use]
pub fn is_of_music(platform: &str) -> bool {
    OF_MUSIC.contains(&platform)
}

/// A recording, a release, a list or a performer: one object of `json_ld` in a track's metadata. Texts are as the page has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work<'a> {
    /// What it is.
    pub music_type: MusicType,
    /// What it is called; a performer, by name.
    pub name: Option<&'a str>,
    /// Who performs it, in the page's order. A list has nobody: whoever put it together performs nothing of it.
    pub artists: Vec<&'a str>,
    /// The release that a recording is on.
    pub album: Option<&'a str>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub release_date: Option<String>,
    /// Genres, as the page calls them.
    pub genres: Vec<&'a str>,
    /// Whether it may be believed: the only one on a page of a platform of music, or one that the page's titles name too.
    pub is_borne_out: bool,
}

impl<'a> Work<'a> {
    /// The one that a track's page is about, of all that its metadata describe: the one that the page's title names, else the
    /// first. On a page of a performer the performer counts before works, on every other after them.
    #[must_use]
    pub fn of(track: &Track, metadata: &'a Value) -> Option<Self> {
        let page = Page::of(track, metadata);
        let objects = metadata.get("json_ld").and_then(Value::as_array).into_iter().flatten();
        let (performers, works): (Vec<_>, Vec<_>) =
            objects.filter_map(Self::read).partition(|work| work.music_type == MusicType::Artist);
        let lists = match page.kind {
            Kind::Performer => [performers, works],
            Kind::Work => [works, Vec::new()],
            Kind::Unsaid => [works, performers],
        };
        let named = lists.iter().find(|list| list.iter().any(|work| page.names(work)));
        let list = named.or_else(|| lists.iter().find(|list| !list.is_empty()))?;
        // The longest name: that of a list may hold the name of a work in it.
        let named = list.iter().filter(|work| page.names(work));
        let length = |work: &&Self| Reverse(work.name.map_or(0, str::len));
        let work = named.min_by_key(length).or_else(|| list.first())?;
        let is_only = list.len() == 1 && is_of_music(&track.platform_name);
        Some(Self { is_borne_out: is_only || page.bears_out(work), ..work.clone() })
    }

    fn read(object: &'a Value) -> Option<Self> {
        let music_type = strings(object.get("@type")?).find_map(|kind| match kind {
            "MusicRecording" => Some(MusicType::Song),
            "MusicAlbum" => Some(MusicType::Album),
            "MusicPlaylist" => Some(MusicType::Playlist),
            "MusicGroup" => Some(MusicType::Artist),
            _ => None,
        })?;
        let all = |key: &str| object.get(key).into_iter().flat_map(strings).filter(|text| !text.trim().is_empty());
        let is_performed = matches!(music_type, MusicType::Song | MusicType::Album);
        Some(Self {
            music_type,
            name: all("name").next(),
            artists: all("byArtist").filter(|_| is_performed).collect(),
            album: all("inAlbum").next().filter(|_| music_type == MusicType::Song),
            release_date: all("datePublished").next().and_then(release_date),
            genres: all("genre").collect(),
            is_borne_out: false,
        })
    }
}

/// What a page says of itself beside its structured data, to compare that with.
struct Page {
    og_title: String,
    title: String,
    description: String,
    kind: Kind,
}

/// What `og:type` says the page is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Work,
    Performer,
    Unsaid,
}

impl Page {
    fn of(track: &Track, metadata: &Value) -> Self {
        let said = |key: &str| metadata.get(key).into_iter().flat_map(strings).next().unwrap_or_default();
        let kind = match said("og:type") {
            "profile" | "music.musician" | "musician" | "band" => Kind::Performer,
            "song" | "album" => Kind::Work,
            other if other.starts_with("music.") => Kind::Work,
            _ => Kind::Unsaid,
        };
        let of_track = |text: &Option<String>| words(text.as_deref().unwrap_or_default());
        Self {
            og_title: of_track(&track.og_title),
            title: words(said("title")),
            description: of_track(&track.og_description),
            kind,
        }
    }

    /// Whether one of the page's titles has a work's name.
    fn names(&self, work: &Work<'_>) -> bool {
        let name = words(work.name.unwrap_or_default());
        holds(&self.og_title, &name) || holds(&self.title, &name)
    }

    /// Whether a title names work and performer, or is the work's name on a page that is one of music or names the performer.
    fn bears_out(&self, work: &Work<'_>) -> bool {
        let name = words(work.name.unwrap_or_default());
        if name.trim().is_empty() {
            return false;
        }
        if work.music_type == MusicType::Artist {
            return self.og_title == name || self.title == name;
        }
        let by = |text: &str| work.artists.iter().any(|artist| holds(text, &words(artist)));
        let in_one = [&self.og_title, &self.title].iter().any(|title| holds(title, &name) && by(title));
        let is_of_music = || self.kind == Kind::Work || by(&self.title) || by(&self.description);
        in_one || self.og_title == name && (work.artists.is_empty() || is_of_music())
    }
}

/// A string, or the strings of a list.
fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let list = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    list.iter().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::track;
    use serde_json::json;

    /// Type, name, first artist and whether it is believed, of the work of a page.
    fn of(platform: &str, og_title: &str, metadata: &Value) -> Option<(MusicType, String, Option<String>, bool)> {
        let page = Track { platform_name: platform.to_owned(), ..track(og_title) };
        let work = Work::of(&page, metadata)?;
        let artist = work.artists.first().map(|artist| (*artist).to_owned());
        Some((work.music_type, work.name.unwrap_or_default().to_owned(), artist, work.is_borne_out))
    }

    fn harbour() -> Value {
        json!({"@type": "MusicRecording", "name": "Harbour", "byArtist": ["Ada Lane"]})
    }

    #[test]
    fn a_work_is_read_with_all_that_is_said_of_it() {
        let page = json!({"json_ld": [
            {"@type": "VideoObject", "name": "A video", "uploadDate": "2020-01-01"},
            {"@type": ["Thing", "MusicRecording"], "name": "Harbour", "byArtist": ["Ada Lane", "Bo"], "inAlbum": "Docks",
             "datePublished": "13 Mar 2019", "genre": "Folk"},
        ]});
        let work = Work::of(&track("Harbour"), &page).unwrap();
        assert_eq!(
            (work.music_type, work.name, work.artists),
            (MusicType::Song, Some("Harbour"), vec!["Ada Lane", "Bo"])
        );
        assert_eq!((work.album, work.release_date.as_deref()), (Some("Docks"), Some("2019-03-13")));
        assert_eq!((work.genres, work.is_borne_out), (vec!["Folk"], true));
    }

    #[test]
    fn of_several_the_title_says_which_and_nothing_is_mixed() {
        let group = json!({"@type": "MusicGroup", "name": "Ada Lane"});
        let bare = json!({"@type": "MusicRecording", "name": "The Bridge"});
        let list = json!({"@type": "MusicPlaylist", "name": "Harbour songs", "byArtist": ["A curator"]});
        let song =
            |name: &str, artist: Option<&str>| Some((MusicType::Song, name.to_owned(), artist.map(str::to_owned)));
        let ada = Some((MusicType::Artist, "Ada Lane".to_owned(), None));
        for (og_title, page, expected) in [
            ("Ada Lane - Harbour", json!({"json_ld": [group, harbour()]}), song("Harbour", Some("Ada Lane"))),
            ("Something", json!({"json_ld": [group, harbour()]}), song("Harbour", Some("Ada Lane"))),
            ("Ada Lane", json!({"json_ld": [group, bare]}), ada.clone()),
            ("Ada Lane - The Bridge", json!({"og:type": "profile", "json_ld": [group, bare]}), ada),
            ("The Bridge", json!({"json_ld": [bare, harbour()]}), song("The Bridge", None)),
            (
                "Harbour songs",
                json!({"json_ld": [harbour(), list]}),
                Some((MusicType::Playlist, "Harbour songs".to_owned(), None)),
            ),
            ("Harbour", json!({"og:type": "music.song", "json_ld": [group]}), None),
        ] {
            let work = of("youtube", og_title, &page).map(|(kind, name, artist, _)| (kind, name, artist));
            assert_eq!(work, expected, "{og_title}");
        }
    }

    #[test]
    fn a_page_of_anybody_is_believed_where_its_titles_bear_it_out() {
        let believed = |platform: &str, og_title: &str, more: Value| {
            let mut page = json!({"json_ld": [harbour()]});
            more.as_object().unwrap().iter().for_each(|(key, value)| page[key] = value.clone());
            of(platform, og_title, &page).unwrap().3
        };
        assert!(believed("bandcamp", "Buy this now", json!({})));
        for (og_title, more) in [
            ("Harbour by Ada Lane", json!({})),
            ("A shop", json!({"title": "Ada Lane: Harbour | A shop"})),
            ("Harbour", json!({"og:type": "music.song"})),
            ("Harbour", json!({"title": "A new song of Ada Lane"})),
        ] {
            assert!(believed("web", og_title, more.clone()), "{og_title} {more}");
        }
        for (og_title, more) in [
            ("Buy this now", json!({"og:type": "music.song"})),
            ("Harbour", json!({"og:type": "article"})),
            ("10 songs you need to hear", json!({"json_ld": [harbour(), harbour()]})),
            ("The harbour, and how Ada sees it", json!({})),
        ] {
            assert!(!believed("web", og_title, more.clone()), "{og_title} {more}");
        }
        let nameless = json!({"json_ld": [{"@type": "MusicRecording", "byArtist": "Ada Lane"}]});
        assert!(!of("web", "", &nameless).unwrap().3, "an empty title is no name");
        assert!(!believed("youtube", "Songs", json!({"json_ld": [harbour(), harbour()]})));
    }

    #[test]
    fn a_performer_is_believed_where_the_page_is_called_by_that_name() {
        let page = json!({"json_ld": [{"@type": "MusicGroup", "name": "Ada Lane"}]});
        let believed = |og_title: &str| of("web", og_title, &page).unwrap().3;
        assert!(believed("Ada Lane"));
        assert!(!believed("Tonight at The Quay: Ada Lane"));
    }

    #[test]
    fn what_is_not_as_expected_is_no_work() {
        for page in [
            json!({"json_ld": {"@type": "MusicRecording"}}),
            json!({"json_ld": [7, null, {"@type": 7}, {"name": "Harbour"}, {"@type": "VideoObject"}]}),
            json!([]),
            json!(null),
        ] {
            assert_eq!(Work::of(&track("Harbour"), &page), None, "{page}");
        }
        let odd = json!({"json_ld": [{"@type": ["MusicRecording"], "name": {}, "byArtist": {}, "datePublished": "soon", "genre": [1]}]});
        let work = Work::of(&track("Harbour"), &odd).unwrap();
        assert_eq!((work.name, work.artists, work.release_date, work.genres), (None, vec![], None, vec![]));
    }
}
