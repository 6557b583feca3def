//! `og_metadata`: the structured fields of the page, as the page's reader wrote them down.

use super::date::release_date;
use super::{Facts, PODCAST};
use crate::text::clean;
use liner_strategy::{MusicType, Track};
use serde_json::Value;

/// The structured fields of a page.
pub struct Metadata(Value);

impl Metadata {
    /// Reads them; what is no JSON object says nothing.
    pub fn read(text: &str) -> Self {
        if text.len() <= 2 {
            return Self(Value::Null);
        }
        Self(serde_json::from_str(text).unwrap_or(Value::Null))
    }

    /// The title, as free text, where the page has no `og:title`.
    pub fn title(&self) -> Option<String> {
        let video = self.json_ld().find_map(|object| text(object, "name"));
        self.inner("oembed", "title").or(video).or_else(|| text(&self.0, "twitter:title"))
    }

    /// The uploader or channel.
    pub fn channel(&self) -> Option<String> {
        self.inner("oembed", "author_name").or_else(|| self.json_ld().find_map(|object| text(object, "author")))
    }

    /// The category that a video's uploader chose.
    pub fn category(&self) -> Option<String> {
        self.json_ld()
            .filter(|object| is_type(object, "VideoObject"))
            .find_map(|object| genres(object).into_iter().next())
    }

    /// What the structured fields say of the work.
    pub fn facts(&self, track: &Track) -> Facts {
        let mut facts = Facts::default();
        let may_be_episode = matches!(track.platform_name.as_str(), "spotify" | "apple_music" | "web");
        if self.0.is_null() && !may_be_episode {
            return facts;
        }
        if let Some(reason) = self.not_music(track) {
            return Facts::not_music(reason);
        }
        let og_type = self.og_type();
        for object in self.json_ld() {
            facts.fill(object_facts(object, og_type));
        }
        if let Some(odesli) = self.0.get("odesli") {
            facts.fill(Facts {
                title: text(odesli, "title"),
                artist: text(odesli, "artistName"),
                kind: text(odesli, "type").and_then(|kind| liner_strategy::music_type_from(&kind)),
                ..Facts::default()
            });
        }
        let music = |name: &str| text(&self.0, name).filter(|value| !value.contains("://"));
        facts.fill(Facts {
            artist: music("music:musician_description").or_else(|| music("music:musician")),
            album: music("music:album"),
            release_date: music("music:release_date").as_deref().and_then(release_date),
            kind: og_type,
            ..Facts::default()
        });
        facts
    }

    fn json_ld(&self) -> impl Iterator<Item = &Value> {
        self.0.get("json_ld").and_then(Value::as_array).into_iter().flatten()
    }

    fn inner(&self, object: &str, field: &str) -> Option<String> {
        text(self.0.get(object)?, field)
    }

    fn og_type(&self) -> Option<MusicType> {
        Some(match text(&self.0, "og:type")?.as_str() {
            "music.song" | "song" => MusicType::Song,
            "music.album" | "album" => MusicType::Album,
            "music.playlist" | "music.radio_station" => MusicType::Playlist,
            "profile" | "music.musician" | "musician" | "band" => MusicType::Artist,
            _ => return None,
        })
    }

    /// A podcast's page may call itself a song; its address and its title say what it is.
    fn not_music(&self, track: &Track) -> Option<&'static str> {
        let addresses = [track.url.as_deref(), self.0.get("canonical").and_then(Value::as_str)];
        let is_episode = |address: &&str| {
            address.contains("spotify.com/episode/")
                || address.contains("spotify.com/show/")
                || address.contains("podcasts.apple.com/")
        };
        if addresses.iter().flatten().any(is_episode)
            || text(&self.0, "title").is_some_and(|title| title.ends_with("| Podcast on Spotify"))
        {
            return Some(PODCAST);
        }
        if self.json_ld().any(|object| {
            is_type(object, "PodcastEpisode") || is_type(object, "PodcastSeries") || is_type(object, "RadioEpisode")
        }) {
            return Some(PODCAST);
        }
        let other = ["Audiobook", "Movie", "TVEpisode", "TVSeries", "VideoGame", "Course", "Recipe"];
        if self.json_ld().any(|object| other.iter().any(|kind| is_type(object, kind))) {
            return Some("the page calls it something other than music");
        }
        match text(&self.0, "og:type").as_deref() {
            Some("video.movie" | "video.episode" | "video.tv_show") => Some("the page calls it a film or a programme"),
            _ => None,
        }
    }
}

fn object_facts(object: &Value, og_type: Option<MusicType>) -> Facts {
    let kind = if is_type(object, "MusicRecording") {
        MusicType::Song
    } else if is_type(object, "MusicAlbum") {
        MusicType::Album
    } else if is_type(object, "MusicPlaylist") {
        MusicType::Playlist
    } else if is_type(object, "MusicGroup") && matches!(og_type, None | Some(MusicType::Artist)) {
        MusicType::Artist
    } else {
        return Facts::default();
    };
    let title = text(object, "name").map(|name| without_release_form(&name, kind).to_owned());
    let artist = if kind == MusicType::Artist { title.clone() } else { names(object, "byArtist") };
    Facts {
        title,
        artist,
        album: text(object, "inAlbum"),
        release_date: text(object, "datePublished").as_deref().and_then(release_date),
        kind: Some(kind),
        genres: genres(object),
        not_music: None,
    }
}

/// Shops write `Name - Single` and `Name - EP`.
pub fn without_release_form(name: &str, kind: MusicType) -> &str {
    match kind {
        MusicType::Album => name.strip_suffix(" - Single").or_else(|| name.strip_suffix(" - EP")).unwrap_or(name),
        _ => name,
    }
}

fn is_type(object: &Value, name: &str) -> bool {
    match object.get("@type") {
        Some(Value::String(kind)) => kind == name,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
        _ => false,
    }
}

fn text(object: &Value, field: &str) -> Option<String> {
    let value = object.get(field)?;
    let value = value.as_str().or_else(|| value.as_array()?.first()?.as_str())?;
    Some(clean(value)).filter(|value| !value.is_empty())
}

fn names(object: &Value, field: &str) -> Option<String> {
    match object.get(field)? {
        Value::Array(names) => {
            let names: Vec<String> =
                names.iter().filter_map(Value::as_str).map(clean).filter(|name| !name.is_empty()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        _ => text(object, field),
    }
}

/// At most three; "Music" says nothing.
fn genres(object: &Value) -> Vec<String> {
    let all = match object.get("genre") {
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(clean).collect(),
        Some(Value::String(one)) => vec![clean(one)],
        _ => Vec::new(),
    };
    let wanted = |genre: &String| !genre.is_empty() && genre.len() <= 40 && genre != "music";
    all.into_iter().map(|genre| genre.to_lowercase()).filter(wanted).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use liner_strategy::testing::track;

    fn facts(metadata: &str) -> Facts {
        Metadata::read(metadata).facts(&track("Harbour"))
    }

    #[test]
    fn a_recording_says_who_performs_what_when_and_on_which_release() {
        let read = facts(
            r#"{"og:type":"music.song","json_ld":[{"@type":"MusicRecording","name":"Harbour","byArtist":["Ada Lane","Bo Reed"],
            "inAlbum":"Lights","datePublished":"2018-09-07T00:00:00Z","genre":["Folk","Music"]}]}"#,
        );
        assert_eq!((read.title.as_deref(), read.artist.as_deref()), (Some("Harbour"), Some("Ada Lane, Bo Reed")));
        assert_eq!((read.album.as_deref(), read.release_date.as_deref()), (Some("Lights"), Some("2018-09-07")));
        assert_eq!((read.kind, read.genres), (Some(MusicType::Song), vec!["folk".to_owned()]));
    }

    #[test]
    fn music_tags_that_are_addresses_name_nobody() {
        let read = facts(
            r#"{"og:type":"music.album","music:musician":"https://example.com/artist/1","music:release_date":"07.09.2018"}"#,
        );
        assert_eq!((read.kind, read.artist), (Some(MusicType::Album), None));
        assert_eq!(read.release_date.as_deref(), Some("2018-09-07"));
        assert_eq!(facts(r#"{"music:musician_description":"Ada Lane"}"#).artist.as_deref(), Some("Ada Lane"));
    }

    #[test]
    fn a_video_says_nothing_of_the_work_but_whose_channel_it_is() {
        let metadata = Metadata::read(
            r#"{"json_ld":[{"@type":"VideoObject","name":"Ada Lane - Harbour","uploadDate":"2018-09-07","author":"Ada Lane","genre":["Gaming"]}]}"#,
        );
        assert_eq!(metadata.facts(&track("x")), Facts::default());
        assert_eq!(metadata.channel().as_deref(), Some("Ada Lane"));
        assert_eq!(metadata.title().as_deref(), Some("Ada Lane - Harbour"));
        assert_eq!(metadata.category().as_deref(), Some("gaming"));
    }

    #[test]
    fn a_podcast_is_told_by_its_type_and_by_its_address() {
        assert_eq!(facts(r#"{"json_ld":[{"@type":"PodcastEpisode","name":"Talk"}]}"#).not_music, Some(PODCAST));
        let page = r#"{"og:type":"music.song","canonical":"https://open.spotify.com/episode/1","json_ld":[{"@type":"MusicGroup","name":"Talk"}]}"#;
        assert_eq!(facts(page).not_music, Some(PODCAST));
    }

    #[test]
    fn an_artists_page_names_its_artist() {
        let read = facts(r#"{"og:type":"profile","json_ld":[{"@type":"MusicGroup","name":"Ada Lane"}]}"#);
        assert_eq!((read.kind, read.artist.as_deref()), (Some(MusicType::Artist), Some("Ada Lane")));
    }

    #[test]
    fn odesli_and_oembed_are_read() {
        let read = facts(r#"{"odesli":{"title":"Harbour","artistName":"Ada Lane","type":"album"}}"#);
        assert_eq!((read.title.as_deref(), read.artist.as_deref()), (Some("Harbour"), Some("Ada Lane")));
        assert_eq!(read.kind, Some(MusicType::Album));
        let oembed = Metadata::read(r#"{"oembed":{"title":"Harbour","author_name":"Ada Lane"}}"#);
        assert_eq!((oembed.title().as_deref(), oembed.channel().as_deref()), (Some("Harbour"), Some("Ada Lane")));
    }

    #[test]
    fn what_is_no_object_says_nothing() {
        for nothing in ["", "{}", "[1]", "null", "{\"json_ld\":{}}", "{\"json_ld\":[1,null]}", "{", "{\"og:type\":[]}"]
        {
            assert_eq!(facts(nothing), Facts::default(), "{nothing}");
        }
    }
}
