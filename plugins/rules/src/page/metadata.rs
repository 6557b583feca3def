//! `og_metadata`: the structured fields of the page, as the page's reader wrote them down.

use super::{Facts, PODCAST, Trust};
use crate::text::clean;
use liner_strategy::{MusicType, Track, Work, genre_from, is_of_music, release_date};
use serde_json::Value;

/// Platforms that call a page a profile where it is an artist's. Elsewhere it may be anybody's.
const ARTISTS: &[&str] = &["spotify", "soundcloud", "bandcamp", "tidal", "deezer", "apple_music", "audius"];

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

    /// The category that a video's uploader chose, in lower case.
    pub fn category(&self) -> Option<String> {
        let mut videos = self.json_ld().filter(|object| is_type(object, "VideoObject"));
        videos.find_map(|video| text(video, "genre")).map(|category| category.to_lowercase())
    }

    /// What the structured fields say of the work.
    pub fn facts(&self, track: &Track) -> Facts {
        let may_be_episode = matches!(track.platform_name.as_str(), "spotify" | "apple_music" | "web");
        if self.0.is_null() && !may_be_episode {
            return Facts::default();
        }
        let work = Work::of(track, &self.0);
        if let Some(reason) = self.not_music(track, work.as_ref()) {
            return Facts::not_music(reason);
        }
        let (stated, claim) = match work.map(of_work) {
            Some(work) if work.trust == Trust::Claimed => (None, Some(work)),
            stated => (stated, None),
        };
        let mut facts = stated.unwrap_or_default();
        facts.fill(self.of_odesli());
        facts.fill(self.of_tags(&track.platform_name));
        if let Some(claim) = claim.filter(|_| facts.title.is_none() && facts.artist.is_none()) {
            facts.fill(claim);
        }
        facts
    }

    fn of_odesli(&self) -> Facts {
        let Some(odesli) = self.0.get("odesli") else { return Facts::default() };
        Facts {
            title: text(odesli, "title"),
            artist: text(odesli, "artistName"),
            kind: text(odesli, "type").and_then(|kind| liner_strategy::music_type_from(&kind)),
            ..Facts::default()
        }
    }

    /// A page of anybody may name anybody in a tag; one that says it is of a work is taken at its word.
    fn of_tags(&self, platform: &str) -> Facts {
        let kind = self.og_type(platform);
        let music = |name: &str| text(&self.0, name).filter(|value| !value.contains("://"));
        let artist = music("music:musician_description").or_else(|| music("music:musician"));
        let is_of_work = matches!(kind, Some(MusicType::Song | MusicType::Album | MusicType::Playlist));
        Facts {
            album: music("music:album"),
            release_date: music("music:release_date").as_deref().and_then(release_date),
            trust: if is_of_music(platform) || is_of_work { Trust::Stated } else { Trust::Claimed },
            artist,
            kind,
            ..Facts::default()
        }
    }

    fn json_ld(&self) -> impl Iterator<Item = &Value> {
        self.0.get("json_ld").and_then(Value::as_array).into_iter().flatten()
    }

    fn inner(&self, object: &str, field: &str) -> Option<String> {
        text(self.0.get(object)?, field)
    }

    fn og_type(&self, platform: &str) -> Option<MusicType> {
        Some(match text(&self.0, "og:type")?.as_str() {
            "music.song" | "song" => MusicType::Song,
            "music.album" | "album" => MusicType::Album,
            "music.playlist" | "music.radio_station" => MusicType::Playlist,
            "profile" if ARTISTS.contains(&platform) => MusicType::Artist,
            "music.musician" | "musician" | "band" => MusicType::Artist,
            _ => return None,
        })
    }

    /// A podcast's page may call itself a song; its address and its title say what it is.
    fn not_music(&self, track: &Track, work: Option<&Work<'_>>) -> Option<&'static str> {
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
        let is_of_work = work.is_some_and(|work| work.music_type != MusicType::Artist);
        let other = ["Audiobook", "Movie", "TVEpisode", "TVSeries", "VideoGame", "Course", "Recipe"];
        if !is_of_work && self.json_ld().any(|object| other.iter().any(|kind| is_type(object, kind))) {
            return Some("the page calls it something other than music");
        }
        match text(&self.0, "og:type").as_deref() {
            Some("video.movie" | "video.episode" | "video.tv_show") => Some("the page calls it a film or a programme"),
            _ => None,
        }
    }
}

fn of_work(work: Work<'_>) -> Facts {
    let kind = work.music_type;
    let cleaned = |text: Option<&str>| text.map(clean).filter(|text| !text.is_empty());
    let title = cleaned(work.name).map(|name| without_release_form(&name, kind).to_owned());
    let artists: Vec<String> = work.artists.into_iter().filter_map(|artist| cleaned(Some(artist))).collect();
    let artist = if kind == MusicType::Artist { title.clone() } else { Some(artists.join(", ")) };
    Facts {
        artist: artist.filter(|artist| !artist.is_empty()),
        title,
        album: cleaned(work.album),
        release_date: work.release_date,
        kind: Some(kind),
        genres: known(&work.genres),
        trust: if work.is_borne_out { Trust::Stated } else { Trust::Claimed },
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

/// At most three that the general list has. Pages call genre what is none, and what a library does not have is no genre of it;
/// of a work without one somebody else is asked.
fn known(genres: &[&str]) -> Vec<String> {
    let mut known: Vec<String> = Vec::new();
    for genre in genres.iter().filter_map(|genre| genre_from(genre)) {
        if known.len() < 3 && !known.iter().any(|before| before == genre) {
            known.push(genre.to_owned());
        }
    }
    known
}

#[cfg(test)]
mod tests {
    use super::*;
    use liner_strategy::testing::track;

    fn facts(metadata: &str) -> Facts {
        Metadata::read(metadata).facts(&track("Harbour"))
    }

    fn on(platform: &str, og_title: &str, metadata: &str) -> Facts {
        Metadata::read(metadata).facts(&Track { platform_name: platform.to_owned(), ..track(og_title) })
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
        let music = Metadata::read(r#"{"json_ld":[{"@type":"VideoObject","genre":["Music"]}]}"#);
        assert_eq!(music.category().as_deref(), Some("music"));
    }

    #[test]
    fn a_podcast_is_told_by_its_type_and_by_its_address() {
        assert_eq!(facts(r#"{"json_ld":[{"@type":"PodcastEpisode","name":"Talk"}]}"#).not_music, Some(PODCAST));
        let page = r#"{"og:type":"music.song","canonical":"https://open.spotify.com/episode/1","json_ld":[{"@type":"MusicGroup","name":"Talk"}]}"#;
        assert_eq!(facts(page).not_music, Some(PODCAST));
    }

    #[test]
    fn an_artists_page_names_its_artist() {
        let page = r#"{"og:type":"profile","json_ld":[{"@type":"MusicGroup","name":"Ada Lane"}]}"#;
        let read = on("spotify", "Ada Lane", page);
        assert_eq!((read.kind, read.artist.as_deref()), (Some(MusicType::Artist), Some("Ada Lane")));
    }

    #[test]
    fn a_profile_is_an_artists_only_where_all_profiles_are() {
        let kind = |platform: &str| on(platform, "Ada Lane", r#"{"og:type":"profile"}"#).kind;
        assert_eq!((kind("soundcloud"), kind("audius")), (Some(MusicType::Artist), Some(MusicType::Artist)));
        assert_eq!((kind("web"), kind("youtube"), kind("mixcloud")), (None, None, None));
    }

    #[test]
    fn what_a_page_of_anybody_says_is_a_claim_until_its_titles_bear_it_out() {
        let song = r#"{"@type":"MusicRecording","name":"Harbour","byArtist":["Ada Lane"]}"#;
        let trust = |og_title: &str, metadata: &str| on("web", og_title, metadata).trust;
        let page = format!(r#"{{"og:type":"article","json_ld":[{song}]}}"#);
        assert_eq!(trust("Buy this now", &page), Trust::Claimed);
        assert_eq!(trust("Harbour by Ada Lane", &page), Trust::Stated);
        assert_eq!(trust("Buy this now", r#"{"music:musician":"Ada Lane"}"#), Trust::Claimed);
        assert_eq!(trust("Ada Lane, shipwright", r#"{"og:type":"band"}"#), Trust::Claimed);
        assert_eq!(trust("Harbour", r#"{"og:type":"music.song","music:musician":"Ada Lane"}"#), Trust::Stated);
        assert_eq!(on("bandcamp", "Buy this now", &page).trust, Trust::Stated);
        let tagged = format!(r#"{{"og:type":"music.song","music:musician":"Bo","json_ld":[{song}]}}"#);
        let read = on("web", "Buy this now", &tagged);
        assert_eq!((read.title, read.artist.as_deref()), (None, Some("Bo")), "of one, not of two mixed");
    }

    #[test]
    fn facts_of_different_objects_are_not_mixed() {
        let read = on(
            "bandcamp",
            "Bridge",
            r#"{"json_ld":[{"@type":"MusicRecording","name":"Bridge"},{"@type":"MusicRecording","name":"Harbour","byArtist":["Bo"],"inAlbum":"Docks"}]}"#,
        );
        assert_eq!((read.title.as_deref(), read.artist, read.album), (Some("Bridge"), None, None));
        let list = on(
            "web",
            "Songs of the sea",
            r#"{"json_ld":[{"@type":"MusicPlaylist","name":"Songs of the sea"},{"@type":"MusicRecording","name":"Harbour","byArtist":["Bo"]}]}"#,
        );
        assert_eq!((list.kind, list.artist), (Some(MusicType::Playlist), None));
    }

    #[test]
    fn a_page_of_a_work_is_music_whatever_else_is_on_it() {
        let film = r#"{"@type":"Movie","name":"The Quay"}"#;
        assert!(facts(&format!(r#"{{"json_ld":[{film}]}}"#)).not_music.is_some());
        let both = format!(r#"{{"json_ld":[{film},{{"@type":"MusicAlbum","name":"Harbour"}}]}}"#);
        assert_eq!(facts(&both).not_music, None);
    }

    #[test]
    fn a_genre_that_is_none_is_not_passed_on() {
        let genres = |genres: &str| {
            facts(&format!(r#"{{"json_ld":[{{"@type":"MusicRecording","name":"Harbour","genre":{genres}}}]}}"#)).genres
        };
        assert_eq!(
            genres(r#"["keep going","Hip Hop","pills","HIP-HOP","Folk","Jazz","Soul"]"#),
            ["hip-hop", "folk", "jazz"]
        );
        assert_eq!(genres(r#""pills""#), Vec::<String>::new());
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
