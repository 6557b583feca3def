//! Pages whose own fields say too much.

use super::{SURE, on, read};
use liner_strategy::testing::track;
use liner_strategy::{Extraction, MusicType, Origin, Track};

const SONG: &str =
    r#"{"@type":"MusicRecording","name":"Harbour & Tide","byArtist":["Ada Lane"],"inAlbum":"Lighthouses"}"#;

fn page(platform: &str, og_title: &str, metadata: &str) -> Extraction {
    read(Track { platform_name: platform.to_owned(), og_metadata: metadata.to_owned(), ..track(og_title) }).unwrap()
}

fn origin(entry: &Extraction, field: &str) -> Option<Origin> {
    entry.origins.iter().find(|known| known.field == field).map(|known| known.origin)
}

#[test]
fn a_profile_of_anybody_is_not_an_artists() {
    for platform in ["web", "youtube"] {
        let profile = page(platform, "Ada Lane", r#"{"og:type":"profile"}"#);
        assert!(profile.music_type != MusicType::Artist && profile.confidence < SURE, "{platform}: {profile:?}");
    }
    let artist = page("spotify", "Ada Lane", r#"{"og:type":"profile"}"#);
    assert_eq!((artist.music_type, artist.artist.as_deref()), (MusicType::Artist, Some("Ada Lane")));
    assert!(artist.confidence >= SURE);
}

#[test]
fn a_strangers_page_is_not_taken_at_its_word() {
    for (og_title, metadata) in [
        ("Buy cheap shoes", format!(r#"{{"json_ld":[{SONG}]}}"#)),
        ("Buy cheap shoes", r#"{"music:musician_description":"Ada Lane"}"#.to_owned()),
        ("10 songs you need to hear", format!(r#"{{"og:type":"article","json_ld":[{SONG},{SONG}]}}"#)),
        ("Tonight at The Quay", r#"{"json_ld":[{"@type":"MusicGroup","name":"Ada Lane"}]}"#.to_owned()),
        ("The best boats", r#"{"json_ld":[{"@type":"MusicRecording","name":"Harbour"}]}"#.to_owned()),
        ("Ada Lane, shipwright", r#"{"og:type":"band"}"#.to_owned()),
    ] {
        let entry = page("web", og_title, &metadata);
        assert!(entry.confidence < SURE, "{og_title}: {entry:?}");
        assert!(entry.origins.iter().all(|known| known.origin != Origin::Page), "a model may correct it: {entry:?}");
    }
}

#[test]
fn a_strangers_page_of_one_work_that_it_is_called_by_is_believed() {
    let metadata = format!(r#"{{"title":"Harbour | Ada Lane","og:type":"music.song","json_ld":[{SONG}]}}"#);
    let song = page("web", "Harbour & Tide", &metadata);
    assert_eq!((song.title.as_str(), song.artist.as_deref()), ("Harbour & Tide", Some("Ada Lane")));
    assert_eq!((song.album.as_deref(), origin(&song, "artist")), (Some("Lighthouses"), Some(Origin::Page)));
    assert!(song.confidence >= SURE);
}

#[test]
fn an_artist_who_is_described_beside_a_song_does_not_make_its_page_an_artists() {
    let metadata = format!(r#"{{"json_ld":[{{"@type":"MusicGroup","name":"Ada Lane"}},{SONG}]}}"#);
    let song = page("bandcamp", "Harbour & Tide", &metadata);
    assert_eq!((song.music_type, song.title.as_str()), (MusicType::Song, "Harbour & Tide"));
}

#[test]
fn a_videos_category_makes_music_of_it_or_leaves_it_unsure() {
    let video = |category: &str| {
        let og_metadata = format!(r#"{{"json_ld":[{{"@type":"VideoObject","genre":["{category}"]}}]}}"#);
        let channel = Some("Ada Lane".to_owned());
        read(Track { og_metadata, og_artist: channel, ..track("Ada Lane - Harbour (Official Video)") }).unwrap()
    };
    assert!(video("Music").confidence >= SURE);
    for other in ["Gaming", "People & Blogs", "Film & Animation"] {
        assert!(video(other).confidence < SURE, "{other}");
    }
    assert!(video("Something new").confidence >= SURE, "an unknown one says nothing");
}

#[test]
fn a_template_in_somebodys_words_is_not_the_platforms() {
    let block = "Provided to YouTube by Quay Records\n\nHarbour · Ada Lane\n\nLights";
    let video = |platform: &str, og_title: &str, description: &str| {
        let og_description = Some(description.to_owned());
        read(Track { platform_name: platform.to_owned(), og_description, ..track(og_title) }).unwrap()
    };
    assert!(video("youtube", "Harbour", block).confidence >= SURE);
    for (platform, og_title, description) in [
        ("youtube", "Reacting to new releases!!", block.to_owned()),
        ("youtube", "Harbour", format!("My opinion of it.\n{block}")),
        ("web", "Harbour", block.to_owned()),
        ("web", "Harbour", "Music video by Ada Lane performing Harbour. (C) 2018 Quay Records".to_owned()),
    ] {
        let entry = video(platform, og_title, &description);
        assert!(entry.confidence < SURE, "{platform}, {og_title}: {entry:?}");
    }
}

#[test]
fn who_uploads_an_ep_is_a_guess_and_a_label_is_not_its_artist() {
    let list = |channel: &str| {
        let og_metadata = r#"{"og:type":"music.playlist"}"#.to_owned();
        let platform_name = "soundcloud".to_owned();
        read(Track { platform_name, og_metadata, og_artist: Some(channel.to_owned()), ..track("Lights EP") }).unwrap()
    };
    let ep = list("Ada Lane");
    assert_eq!((origin(&ep, "artist"), origin(&ep, "music-type")), (Some(Origin::Rules), Some(Origin::Rules)));
    assert!(ep.confidence < SURE);
    assert_eq!((list("Quay Records").artist, list("Quay Records").music_type), (None, MusicType::Album));
}

#[test]
fn an_artist_read_out_of_a_labels_page_may_be_corrected() {
    let label = page("bandcamp", "Ada Lane - Harbour, by Quay Records", "{}");
    assert_eq!((label.title.as_str(), label.artist.as_deref()), ("Harbour", Some("Ada Lane")));
    assert!(label.confidence < SURE && origin(&label, "artist") == Some(Origin::Text), "{label:?}");
    let several = page("bandcamp", "Ada Lane - Harbour, by Various Artists", "{}");
    assert!(several.artist.as_deref() == Some("Ada Lane") && several.confidence >= SURE);
    let band = page("bandcamp", "Tapes - Harbour, by The Tapes", "{}");
    assert_eq!((band.title.as_str(), band.artist.as_deref()), ("Tapes - Harbour", Some("The Tapes")));
}

#[test]
fn a_label_that_uploads_its_own_is_no_artist_and_a_catalogue_names_the_performer() {
    for platform in ["beatport", "audius", "bandlab"] {
        assert_eq!(on(platform, "Harbour", Some("Quay Records")).artist, None, "{platform}");
        assert_eq!(on(platform, "Harbour", Some("Ada Lane")).artist.as_deref(), Some("Ada Lane"), "{platform}");
    }
    assert_eq!(on("deezer", "Harbour", Some("Quay Records")).artist.as_deref(), Some("Quay Records"));
}
