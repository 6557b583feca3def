//! What is not asked, and what is not shown, because it is known.

use super::{asked, decided, lines};
use crate::Llm;
use liner_strategy::{Extraction, MusicType, Origin, Outcome, Step, Track, testing};
use serde_json::{Value, json};

fn line(track: &Track) -> Value {
    lines(&asked(std::slice::from_ref(track))).remove(0)
}

fn with_data(data: &Value) -> Track {
    Track { og_metadata: json!({ "json_ld": [data] }).to_string(), ..testing::track("Harbour by Ada Lane") }
}

fn plan(track: &Track) -> Step {
    testing::plan::<Llm>("{}", std::slice::from_ref(track)).unwrap()
}

fn entry(step: &Step) -> &Extraction {
    let Outcome::Extracted(entry) = &step.decisions[0].outcome else { panic!("decided: {step:?}") };
    entry
}

fn origin(entry: &Extraction, field: &str) -> Option<Origin> {
    entry.origins.iter().find(|known| known.field == field).map(|known| known.origin)
}

#[test]
fn a_guess_is_shown_as_far_as_it_is_not_what_the_page_says() {
    let track = |artist: Option<&str>, hint| Track {
        og_artist: artist.map(str::to_owned),
        hint: Some(hint),
        ..testing::track("Harbour Lights")
    };
    let mut album = Extraction::song("Lights", Some("Ada"), 0.654);
    album.music_type = MusicType::Album;
    for (track, guess) in [
        (track(Some("Ada"), Extraction::song("Harbour Lights", Some("Ada"), 0.4)), json!({"c": 0.4})),
        (
            track(Some("Harbour Lights"), Extraction::song("Lights", Some("Harbour"), 0.5)),
            json!({"t": "Lights", "a": "Harbour", "c": 0.5}),
        ),
        (track(Some("Ada"), album), json!({"t": "Lights", "y": "album", "c": 0.65})),
        (track(Some("Ada"), Extraction::song("Harbour Lights", None, 0.3)), json!({"a": null, "c": 0.3})),
        (track(None, Extraction::song("Harbour Lights", None, 0.3)), json!({"c": 0.3})),
    ] {
        let line = line(&track);
        assert_eq!(line["guess"], guess, "{line}");
        assert_eq!(line["page"], "Harbour Lights");
    }
}

#[test]
fn what_says_nothing_new_is_not_shown() {
    let track = Track {
        platform_name: "soundcloud".into(),
        url: Some("https://soundcloud.com/ada/harbour".into()),
        og_artist: Some("Ada".into()),
        og_description: Some("Listen to Harbour by Ada #np on #SoundCloud".into()),
        shared_text: Some("harbour! https://soundcloud.com/x/1".into()),
        ..testing::track("Harbour")
    };
    assert_eq!(line(&track), json!({"id": "t0", "platform": "soundcloud", "page": "Harbour", "uploader": "Ada"}));
    let telling = Track {
        og_description: Some(
            "Harbour by Ada · Docks https://youtu.be/dQw4w9WgXcQ https://ada.bandcamp.com/album/docks".into(),
        ),
        shared_text: Some("my favourite folk song".into()),
        ..track
    };
    let line = line(&telling);
    assert_eq!(line["description"], "Harbour by Ada · Docks ada.bandcamp.com/docks");
    assert_eq!(line["shared_with"], "my favourite folk song");
}

#[test]
fn the_usual_platform_is_said_once_for_all() {
    let prompt = asked(&[testing::track("Harbour")]);
    assert_eq!(lines(&prompt), [json!({"id": "t0", "page": "Harbour"})]);
    assert!(prompt.system.contains("youtube where it is left out"));
}

#[test]
fn a_given_field_stands_whatever_the_model_says() {
    let track = with_data(
        &json!({"@type": "MusicRecording", "byArtist": ["Ada Lane"], "inAlbum": "Docks", "datePublished": "2019", "genre": ["Folk"]}),
    );
    assert_eq!(line(&track)["given"], json!({"a": "Ada Lane", "al": "Docks", "d": "2019", "g": ["folk"]}));
    let prompt = asked(std::slice::from_ref(&track));
    for (artist, genres) in [(json!(null), json!([])), (json!("Somebody"), json!(["rock"]))] {
        let item = json!({"id": "t0", "music": true, "t": "Harbour", "a": artist, "al": "Other", "g": genres, "d": "1999", "y": "album", "c": 0.8});
        let reply = testing::reply(&json!({ "items": [item] }).to_string());
        let step = testing::interpret::<Llm>("{}", std::slice::from_ref(&track), &prompt, &reply).unwrap();
        let entry = entry(&step);
        assert_eq!((entry.artist.as_deref(), entry.album.as_deref()), (Some("Ada Lane"), Some("Docks")));
        assert_eq!((entry.release_date.as_deref(), entry.music_type), (Some("2019"), MusicType::Song));
        assert_eq!(entry.genres, ["folk"]);
        assert_eq!((origin(entry, "artist"), origin(entry, "title")), (Some(Origin::Page), Some(Origin::Model)));
        assert_eq!((origin(entry, "genres"), origin(entry, "album")), (Some(Origin::Page), Some(Origin::Page)));
    }
}

#[test]
fn a_given_title_or_artist_is_not_shown_twice_nor_asked() {
    let page = json!({"json_ld": [{"@type": "MusicAlbum", "byArtist": "Ada Lane"}]}).to_string();
    let uploaded = Track { og_artist: Some("Ada Lane".into()), og_metadata: page, ..testing::track("Harbour - EP") };
    assert_eq!(line(&uploaded), json!({"id": "t0", "page": "Harbour - EP", "given": {"a": "Ada Lane"}}));

    let track = with_data(&json!({"@type": "MusicAlbum", "name": "Harbour"}));
    let item = json!({"id": "t0", "music": true, "t": null, "a": "Ada", "al": null, "g": ["folk"], "d": null, "y": "album", "c": 0.8});
    let reply = testing::reply(&json!({ "items": [item] }).to_string());
    let prompt = asked(std::slice::from_ref(&track));
    let step = testing::interpret::<Llm>("{}", std::slice::from_ref(&track), &prompt, &reply).unwrap();
    assert_eq!((entry(&step).title.as_str(), entry(&step).artist.as_deref()), ("Harbour", Some("Ada")));
}

#[test]
fn a_hint_that_was_read_from_the_page_s_fields_is_given() {
    let mut hint = Extraction::song("Harbour", Some("Ada Lane"), 0.6);
    hint.album = Some("Docks".into());
    hint.set_origin("title", Origin::Text);
    hint.set_origin("artist", Origin::Page);
    hint.set_origin("album", Origin::Page);
    let line = line(&Track { hint: Some(hint), ..testing::track("Harbour") });
    assert_eq!((&line["given"], &line["guess"]), (&json!({"a": "Ada Lane", "al": "Docks"}), &json!({"c": 0.6})));
}

#[test]
fn a_page_that_names_the_work_is_asked_for_its_genres_only_and_for_none_if_it_names_them() {
    let named = with_data(
        &json!({"@type": "MusicRecording", "name": "Harbour", "byArtist": "Ada Lane", "datePublished": "2019-03-13", "genre": "Sea shanty"}),
    );
    let step = plan(&named);
    assert_eq!(step.prompts[0].tag, "complete");
    assert_eq!(lines(&step.prompts[0]), [json!({"id": "t0", "t": "Harbour", "a": "Ada Lane", "style": "Sea shanty"})]);
    let reply = testing::reply(r#"{"items":[{"id":"t0","g":["folk"]}]}"#);
    let done = testing::interpret::<Llm>("{}", std::slice::from_ref(&named), &step.prompts[0], &reply).unwrap();
    let found = entry(&done);
    assert_eq!(
        (found.title.as_str(), found.artist.as_deref(), found.release_date.as_deref()),
        ("Harbour", Some("Ada Lane"), Some("2019-03-13"))
    );
    assert_eq!((origin(found, "title"), origin(found, "genres")), (Some(Origin::Page), Some(Origin::Model)));

    let whole = plan(&with_data(
        &json!({"@type": "MusicRecording", "name": "Harbour", "byArtist": "Ada Lane", "genre": "Folk"}),
    ));
    assert!(whole.prompts.is_empty());
    assert_eq!(
        (entry(&whole).genres.as_slice(), origin(entry(&whole), "genres")),
        (&["folk".to_owned()][..], Some(Origin::Page))
    );
}

#[test]
fn what_a_page_of_anybody_says_of_itself_is_asked() {
    let work = json!({"@type": "MusicRecording", "name": "Harbour", "byArtist": "Ada Lane", "genre": "Folk"});
    let page = |platform: &str, og_title: &str, works: Value| Track {
        platform_name: platform.to_owned(),
        og_metadata: json!({"og:type": "article", "json_ld": works}).to_string(),
        ..testing::track(og_title)
    };
    for claim in [
        page("web", "Buy this now", json!([work])),
        page("web", "10 songs you need to hear", json!([work, work])),
        page("youtube", "Songs", json!([{"@type": "MusicRecording", "name": "Quay"}, work])),
    ] {
        let step = plan(&claim);
        assert_eq!((step.decisions.len(), step.prompts[0].tag.as_str()), (0, "extract"), "{claim:?}");
        let shown = line(&claim);
        assert!(shown.get("given").is_none() && shown.get("style").is_none(), "{shown}");
    }
    assert_eq!(entry(&plan(&page("web", "Harbour by Ada Lane", json!([work])))).title, "Harbour");
}

#[test]
fn what_an_earlier_strategy_was_not_sure_of_is_not_made_sure() {
    let mut hint = Extraction::song("Harbour", Some("Ada Lane"), 0.7);
    hint.set_origin("title", Origin::Page);
    hint.set_origin("artist", Origin::Page);
    let data = json!({"@type": "MusicRecording", "name": "Harbour", "byArtist": "Ada Lane", "genre": "Folk"});
    let step = plan(&Track { hint: Some(hint), ..with_data(&data) });
    assert_eq!((step.decisions.len(), step.prompts[0].tag.as_str()), (0, "extract"));
}

#[test]
fn a_track_of_which_only_ids_are_known_is_passed_on_unasked() {
    let bare = |url: Option<&str>, shared: Option<&str>| Track {
        og_title: None,
        url: url.map(str::to_owned),
        shared_text: shared.map(str::to_owned),
        og_artist: Some("Uploads".into()),
        ..testing::track("")
    };
    for (url, shared) in [
        (Some("https://youtu.be/dQw4w9WgXcQ"), None),
        (
            Some("https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"),
            Some("https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC"),
        ),
        (None, Some(" ! ")),
    ] {
        let step = plan(&bare(url, shared));
        assert!(step.prompts.is_empty() && decided(&step).is_empty(), "{url:?} {shared:?}");
    }
    let slug = bare(Some("https://ada.bandcamp.com/track/harbour-lights?x=1"), None);
    assert_eq!(line(&slug)["link"], "ada.bandcamp.com/harbour-lights");
    assert_eq!(line(&bare(None, Some("Harbour by Ada")))["shared_with"], "Harbour by Ada");
    let hinted = Track { hint: Some(Extraction::song("Harbour", None, 0.3)), ..bare(None, None) };
    assert_eq!(line(&hinted)["guess"]["t"], "Harbour");
}
