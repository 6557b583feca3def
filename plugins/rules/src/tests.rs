//! What the rules say of whole tracks.

mod pages;

use crate::Rules;
use liner_strategy::testing::{plan, track};
use liner_strategy::{Extraction, MusicType, Outcome, Track};

const SURE: f64 = 0.9;

fn read(track: Track) -> Option<Extraction> {
    let step = plan::<Rules>("{}", &[track]).unwrap();
    let decided = step.decisions.into_iter().find_map(|decision| match decision.outcome {
        Outcome::Extracted(entry) => Some(entry),
        _ => None,
    });
    decided.or_else(|| step.hints.into_iter().map(|belief| belief.extraction).next())
}

fn on(platform: &str, title: &str, channel: Option<&str>) -> Extraction {
    let channel = channel.map(str::to_owned);
    read(Track { platform_name: platform.to_owned(), og_artist: channel, ..track(title) }).unwrap()
}

/// Title and artist of each row, and whether all are sure, or none is.
#[track_caller]
fn all(sure: bool, rows: &[(&str, Option<&str>, &str, &str)]) {
    for (og_title, channel, title, artist) in rows {
        let entry = on("youtube", og_title, *channel);
        assert_eq!((entry.title.as_str(), entry.artist.as_deref()), (*title, Some(*artist)), "{og_title}");
        assert_eq!(entry.confidence >= SURE, sure, "{og_title}: {}", entry.confidence);
    }
}

fn reason_against(track: Track) -> Option<String> {
    let step = plan::<Rules>("{}", &[track]).unwrap();
    step.decisions.into_iter().find_map(|decision| match decision.outcome {
        Outcome::NoMusic(reason) => Some(reason),
        _ => None,
    })
}

#[test]
fn the_channel_says_which_side_is_the_artist() {
    all(
        true,
        &[
            ("Ada Lane - Harbour (Official Video)", Some("Ada Lane"), "Harbour", "Ada Lane"),
            ("ADA LANE - Harbour", Some("AdaLaneVEVO"), "Harbour", "ADA LANE"),
            ("Harbour - Ada Lane (Lyrics)", Some("Ada Lane"), "Harbour", "Ada Lane"),
            ("Ada Lane & Bo Reed - Harbour", Some("Ada Lane"), "Harbour", "Ada Lane & Bo Reed"),
            ("Ada Lane, Bo Reed - Harbour", Some("AdaLaneVEVO"), "Harbour", "Ada Lane, Bo Reed"),
            ("The Lanes - Harbour", Some("Lanes"), "Harbour", "The Lanes"),
            ("Ada & Sons - Harbour", Some("AdaAndSonsVEVO"), "Harbour", "Ada & Sons"),
            ("A$h Lane - Harbour", Some("AshLaneVEVO"), "Harbour", "A$h Lane"),
            ("\"Ada\" Lane - Harbour", Some("Ada Lane"), "Harbour", "\"Ada\" Lane"),
            ("에이다 (Ada) - Harbour", Some("ADA"), "Harbour", "에이다"),
            ("Ada / Lane – Harbour", Some("Ada / Lane"), "Harbour", "Ada / Lane"),
            ("Ada Lane 'Harbour' MV", Some("Ada Lane"), "Harbour", "Ada Lane"),
            ("Ada Lane - Harbour", Some("AdaLaneHQ"), "Harbour", "Ada Lane"),
        ],
    );
}

#[test]
fn a_channel_may_stand_in_a_bracket_and_another_remark_may_hold_its_name() {
    all(true, &[("ADA 에이다 'Storm Shot' MV", Some("HYBE LABELS"), "Storm Shot", "ADA 에이다")]);
    all(
        false,
        &[
            ("Ada Lane - Harbour (Bo Reed Remix)", Some("Bo Reed"), "Harbour (Bo Reed Remix)", "Ada Lane"),
            ("【Ada】灯り", Some("Ada"), "灯り", "Ada"),
            ("[灯台] 灯り (The Light)", Some("灯台"), "灯り (The Light)", "灯台"),
            ("Ada Lane - Harbour [Quayside]", Some("Quayside"), "Harbour", "Ada Lane"),
            ("Quay Records - Harbour", Some("Quay Records"), "Harbour", "Quay Records"),
            (
                "Ada Lane - Why every one of us should learn to sail",
                Some("Ada Lane"),
                "Why every one of us should learn to sail",
                "Ada Lane",
            ),
            ("Bo Reed - Storm | Electronic | Quayside", Some("Quayside"), "Bo Reed - Storm", "Quayside"),
        ],
    );
}

#[test]
fn a_label_behind_pipes_is_no_part_of_the_title() {
    all(true, &[("ADA LANE - Harbour (Official Video) | Quay Records", Some("Quay Records"), "Harbour", "ADA LANE")]);
    all(false, &[("Harbour - Ada Lane | Bo | Cy", Some("Quay Records"), "Ada Lane", "Harbour")]);
}

#[test]
fn a_cover_or_a_credit_that_is_no_name_is_never_sure() {
    for title in ["Ada Lane - Harbour (Cover) (Official Video)", "Greatest Hits - Harbour (Official Video)"] {
        assert!(on("youtube", title, Some("somebody")).confidence < SURE, "{title}");
    }
    assert!(on("youtube", "Ada Lane - Harbour (Cover) (Official Video)", Some("Ada Lane")).confidence >= SURE);
}

#[test]
fn a_band_named_as_labels_are_is_known_by_its_own_channel() {
    let entry = on("youtube", "Harbour - The Quay Sounds (Official Video)", Some("The Quay Sounds"));
    assert_eq!(entry.artist.as_deref(), Some("The Quay Sounds"));
}

#[test]
fn thai_labels_write_the_song_first() {
    all(false, &[("ท่าเรือ - Ada Lane「Official MV」", Some("Quay Records"), "ท่าเรือ", "Ada Lane")]);
    assert_eq!(on("youtube", "ADA LANE - ท่าเรือ", Some("Quay Records")).title, "ท่าเรือ");
}

#[test]
fn a_colon_a_hyphen_or_a_theme_song_divides_by_the_custom_of_those_who_write_it() {
    all(
        false,
        &[
            (
                "Lane: Sonata No. 2 in E-Flat Major, Op. 9",
                Some("somebody"),
                "Sonata No. 2 in E-Flat Major, Op. 9",
                "Lane",
            ),
            ("燈塔-海港之歌", Some("somebody"), "海港之歌", "燈塔"),
            ("TVアニメ「灯台」オープニングテーマ：Ada「灯り」", Some("灯台チャンネル"), "灯り", "Ada"),
        ],
    );
    all(true, &[("灯り子「海の歌」MUSIC VIDEO", Some("somebody"), "海の歌", "灯り子")]);
    // A colon of another kind divides nothing.
    assert_eq!(on("youtube", "Storm: the return", None).artist, None);
}

#[test]
fn soundclouds_own_words_around_a_title_are_left_out() {
    let entry = on("soundcloud", "Stream Ada Lane - Harbour by Quayside", Some("Quayside"));
    assert_eq!((entry.title.as_str(), entry.artist.as_deref()), ("Harbour", Some("Ada Lane")));
}

#[test]
fn a_channel_behind_an_undecorated_title_may_be_anybodys_who_talks() {
    all(
        false,
        &[
            ("Why I sail - Ada Lane", Some("Ada Lane"), "Why I sail", "Ada Lane"),
            ("灯台の夜。『海の歌』", Some("灯台の夜。 TOUDAI"), "海の歌", "灯台の夜。"),
            ("Harbour by Ada Lane", Some("Ada Lane"), "Harbour", "Ada Lane"),
            ("Ada Lane-Harbour", Some("Ada Lane"), "Harbour", "Ada Lane"),
            ("Ada Lane: Harbour [OFFICIAL VIDEO]", Some("Ada Lane"), "Harbour", "Ada Lane"),
            ("Mister Quay - The Leaking Boat (HD)", Some("Mister Quay"), "The Leaking Boat", "Mister Quay"),
        ],
    );
}

#[test]
fn a_dash_divides_without_a_channel_and_an_official_remark_makes_it_sure() {
    all(true, &[("Ada Lane - Harbour (Official Video)", None, "Harbour", "Ada Lane")]);
    all(true, &[("Ada Lane - Harbour", Some("Quay Records"), "Harbour", "Ada Lane")]);
    all(
        false,
        &[
            ("Ada Lane - Harbour", None, "Harbour", "Ada Lane"),
            ("Ada Lane - Harbour - Quay", None, "Harbour - Quay", "Ada Lane"),
            ("Ada Lane   Harbour HD", Some("oldies4ever"), "Harbour", "Ada Lane"),
            ("Ada Lane-Harbour at Night", Some("oldies4ever"), "Harbour at Night", "Ada Lane"),
        ],
    );
}

#[test]
fn words_quotes_and_lists_tell_a_title_that_stands_first() {
    all(
        false,
        &[
            ("“Harbour” - Ada Lane", None, "Harbour", "Ada Lane"),
            ("What you did to me - Ada Lane", None, "What you did to me", "Ada Lane"),
            ("Harbour (From \"The Quay\") - Ada, Bo, Cy", None, "Harbour (From \"The Quay\")", "Ada, Bo, Cy"),
            ("Harbour by Ada Lane", None, "Harbour", "Ada Lane"),
            ("\"Harbour\" Ada Lane", None, "Harbour", "Ada Lane"),
        ],
    );
}

#[test]
fn labels_of_india_write_the_song_first_and_the_singers_last() {
    all(
        false,
        &[
            ("Samundar - Bo Rao | Official Video", Some("T-Series"), "Samundar", "Bo Rao"),
            ("Samundar Full Video - Lahar|Cy, Di|Bo Rao", Some("T-Series"), "Samundar", "Bo Rao"),
        ],
    );
}

#[test]
fn pipes_are_read_by_the_channel() {
    let read = |title, channel| on("youtube", title, Some(channel));
    assert_eq!(read("Harbour | Ada Lane | Bo | Lights", "Ada Lane").title, "Harbour");
    assert_eq!(read("Ada Lane | Harbour [video oficial]", "Ada Lane").title, "Harbour");
    assert_eq!(read("Ada Lane | Harbour", "somebody").artist.as_deref(), Some("Ada Lane"));
}

#[test]
fn a_voice_synthesiser_is_named_and_the_producer_is_credited() {
    all(
        false,
        &[
            ("灯り / 初音ミク", Some("灯台P"), "灯り", "灯台P"),
            ("灯り/初音ミク・GUMI", Some("灯台P"), "灯り", "灯台P"),
            ("【初音ミク】灯り【オリジナル曲】", Some("灯台P"), "灯り", "灯台P"),
            ("灯り feat. 初音ミク", Some("灯台P"), "灯り", "灯台P"),
            ("灯り / feat. KAITO", Some("灯台P"), "灯り", "灯台P"),
            ("初音ミク - 灯り", Some("灯台P"), "灯り", "灯台P"),
            ("灯り / flower", Some("灯台P"), "灯り", "灯台P"),
            ("灯り(The Light) / 初音ミク", Some("灯台P"), "灯り", "灯台P"),
            ("【可不】灯り【灯台P】", Some("転載"), "灯り", "灯台P"),
            ("灯り / 灯台P feat.初音ミク", Some("転載"), "灯り", "灯台P"),
        ],
    );
    let featured = on("youtube", "灯台P - 灯り feat.初音ミク", Some("灯台P"));
    assert_eq!(featured.title, "灯り");
    let lily = on("youtube", "Ada Lane - Harbour feat. Lily", Some("Quay Records"));
    assert_eq!((lily.title.as_str(), lily.artist.as_deref()), ("Harbour feat. Lily", Some("Ada Lane")));
    let own = on("youtube", "灯り / 灯台P feat.初音ミク", Some("灯台P"));
    assert_eq!((own.title.as_str(), own.artist.as_deref()), ("灯り", Some("灯台P")));
}

#[test]
fn titles_in_two_scripts_keep_their_own() {
    let read = |title| on("youtube", title, None);
    assert_eq!(read("Akari - Toudai no Uta「灯台の歌」").title, "灯台の歌");
    assert_eq!(read("Akari (あかり) - toudai no uta / 灯台の歌").title, "灯台の歌");
    let chinese = read("灯塔乐队【海港之歌】Official Music Video");
    assert_eq!((chinese.title.as_str(), chinese.artist.as_deref()), ("海港之歌", Some("灯塔乐队")));
}

#[test]
fn a_title_alone_is_the_channels_if_it_belongs_to_an_artist() {
    all(true, &[("Harbour", Some("Ada Lane - Topic"), "Harbour", "Ada Lane")]);
    all(
        false,
        &[
            ("Harbour", Some("AdaLaneVEVO"), "Harbour", "Ada Lane"),
            ("Harbour", Some("Ada Lane"), "Harbour", "Ada Lane"),
            ("Ada Lane Harbour (Video Oficial)", Some("AdaLaneArgentina"), "Harbour", "Ada Lane"),
        ],
    );
    assert_eq!(on("youtube", "Harbour", Some("Quay Records")).artist, None);
    assert!(on("audius", "Harbour", Some("Ada Lane")).confidence >= SURE);
    assert_eq!(on("netease", "Harbour", Some("Quay Records")).artist.as_deref(), Some("Quay Records"));
    assert_eq!(on("youtube", "Harbour", Some("Various Artists - Topic")).artist, None);
}

#[test]
fn what_tells_of_the_upload_is_left_out_and_what_tells_of_the_work_is_kept() {
    for (part, kept) in [
        ("Harbour (Lyric Animation)", "Harbour"),
        ("Harbour [Some Game Animation Music Video]", "Harbour"),
        ("Harbour (Directed by Bo Reed)", "Harbour"),
        ("Harbour [Quay Lyrics] [Kan/Rom/Eng]", "Harbour [Quay Lyrics]"),
        ("Harbour (prod. Bo)", "Harbour"),
        ("Harbour, a Visual", "Harbour"),
        ("Harbour [Monstercat]", "Harbour"),
        ("Harbour [HDL012]", "Harbour"),
        ("Harbour (Hivatalos videó)", "Harbour"),
        ("Harbour (Официальный клип, 2021, prod. Bo)", "Harbour"),
        ("Harbour (traduzione in italiano)", "Harbour"),
        ("Harbour (feat. Bo) (Премьера клипа, 2020)", "Harbour (feat. Bo)"),
        ("Harbour (Dir. by @bo.reed)", "Harbour"),
        ("Harbour (with @bo.reed)", "Harbour (with @bo.reed)"),
        ("Harbour [lofi hip hop/relaxing beats]", "Harbour"),
        ("Harbour [Deep House]", "Harbour"),
        ("Harbour [House Mix]", "Harbour [House Mix]"),
        ("Harbour (House)", "Harbour (House)"),
        ("Harbour [OUT NOW]", "Harbour"),
        ("Harbour **FREE DOWNLOAD**", "Harbour"),
        ("Harbour (Bo Remix) [Quayside]", "Harbour (Bo Remix)"),
        ("Harbour [Quayside Release]", "Harbour"),
        ("Harbour (Official Video) SMS 12 to 34", "Harbour"),
        ("Harbour (Official Video) ft. Bo", "Harbour ft. Bo"),
        ("Harbour (Karaoke Version)", "Harbour (Karaoke Version)"),
        ("Harbour (Official Spanish Version)", "Harbour (Official Spanish Version)"),
        ("Harbour (Live in Kiel)", "Harbour (Live in Kiel)"),
        ("Harbour (Bo Remix - Audio)", "Harbour (Bo Remix)"),
        ("Harbour ft. Bo (Official Video)", "Harbour ft. Bo"),
        ("Harbour (Official Live Video)", "Harbour (Official Live Video)"),
        ("1999", "1999"),
    ] {
        let title = format!("Ada Lane - {part}");
        assert_eq!(on("youtube", &title, Some("Ada Lane")).title, kept, "{title}");
    }
}

#[test]
fn what_an_upload_is_may_stand_before_the_title() {
    for title in [
        "[Electro] - Ada Lane - Harbour",
        "Official Video: Ada Lane - Harbour",
        "[MV] Ada Lane - Harbour",
        "NEW SONG: Ada Lane - Harbour",
        "PREMIERE: Ada Lane - Harbour",
        "FREE DL: Ada Lane - Harbour",
        "Out Now! Ada Lane - Harbour",
    ] {
        let entry = on("youtube", title, Some("Ada Lane"));
        assert_eq!((entry.title.as_str(), entry.artist.as_deref()), ("Harbour", Some("Ada Lane")), "{title}");
    }
}

#[test]
fn a_remark_before_the_dash_tells_that_the_song_stands_first() {
    let label = Some("Quay Records");
    all(false, &[("Harbour (Official Video) - Ada Lane | Storm", label, "Harbour", "Ada Lane")]);
    all(true, &[("Ada Lane - Harbour (Official Video) - 2012", label, "Harbour", "Ada Lane")]);
    all(true, &[("[HD] Ada Lane - Harbour (Official Video)", label, "Harbour", "Ada Lane")]);
}

#[test]
fn words_behind_a_remark_leave_a_reading_unsure() {
    let channel = Some("Ada Lane");
    all(false, &[("Ada Lane - Harbour (HD) Bo", channel, "Harbour Bo", "Ada Lane")]);
    all(
        true,
        &[
            ("Ada Lane - Harbour (Official Video) feat. Bo", channel, "Harbour feat. Bo", "Ada Lane"),
            ("Ada Lane - Harbour (Official Video) by the Quay", channel, "Harbour", "Ada Lane"),
            ("Ada Lane - Harbour (Official Video) HD", channel, "Harbour", "Ada Lane"),
            ("Ada Lane \"Harbour\" (Official Video) on the Quay Show", Some("somebody"), "Harbour", "Ada Lane"),
        ],
    );
}

#[test]
fn a_series_is_no_performer_and_an_account_may_be_a_labels() {
    for (title, channel) in [
        ("Quayside Mix - Ada Lane (Official Audio)", "Quayside Mix Archive"),
        ("Quayside Sessions - Harbour (Official Video)", "somebody"),
    ] {
        assert!(on("youtube", title, Some(channel)).confidence < SURE, "{title}");
    }
    let said = |platform: &str, title: &str, artist: &str| {
        let metadata =
            format!(r#"{{"json_ld":[{{"@type":"MusicRecording","name":"{title}","byArtist":["{artist}"]}}]}}"#);
        read(Track { platform_name: platform.to_owned(), og_metadata: metadata, ..track("x") }).unwrap()
    };
    let own = said("mixcloud", "Ada Lane - Harbour", "Ada Lane");
    assert_eq!((own.title.as_str(), own.confidence >= SURE), ("Harbour", true));
    assert!(said("bandcamp", "Ada Lane - Harbour", "Quayside").confidence < SURE);
    assert!(said("bandcamp", "Harbour", "Ada Lane").confidence >= SURE);
}

#[test]
fn an_album_is_noticed_and_one_that_the_title_names_is_read() {
    assert_eq!(on("youtube", "Ada Lane - Lights (Full Album)", None).music_type, MusicType::Album);
    assert_eq!(on("youtube", "Ada Lane - Harbour (from the album \"Lights\")", None).album.as_deref(), Some("Lights"));
}

#[test]
fn structured_fields_win_over_the_title() {
    let metadata = r#"{"og:type":"music.song","json_ld":[{"@type":"MusicRecording","name":"Harbour","byArtist":["Ada Lane"],
        "inAlbum":"Lights","datePublished":"2018-09-07","genre":["Folk"]}]}"#;
    let entry = read(Track { og_metadata: metadata.to_owned(), ..track("Buy Harbour now - the shop") }).unwrap();
    assert_eq!((entry.title.as_str(), entry.artist.as_deref()), ("Harbour", Some("Ada Lane")));
    assert_eq!((entry.album.as_deref(), entry.release_date.as_deref()), (Some("Lights"), Some("2018-09-07")));
    assert_eq!(entry.genres, ["folk"]);
    assert!(entry.confidence >= SURE);
}

#[test]
fn a_label_credited_by_a_structured_field_is_not_the_artist() {
    let metadata =
        r#"{"json_ld":[{"@type":"MusicRecording","name":"Ada Lane - Harbour","byArtist":["Quay Records"]}]}"#;
    let entry = read(Track { og_metadata: metadata.to_owned(), ..track("x") }).unwrap();
    assert_eq!((entry.title.as_str(), entry.artist.as_deref()), ("Harbour", Some("Ada Lane")));
}

#[test]
fn a_structured_type_and_date_are_added_to_a_reading_of_the_title() {
    let metadata = r#"{"og:type":"music.album","music:release_date":"2018-09-07T00:00:00Z"}"#;
    let page =
        Track { platform_name: "tidal".to_owned(), og_metadata: metadata.to_owned(), ..track("Ada Lane - Lights") };
    let entry = read(page).unwrap();
    assert_eq!((entry.music_type, entry.release_date.as_deref()), (MusicType::Album, Some("2018-09-07")));
    assert_eq!(entry.artist.as_deref(), Some("Ada Lane"));
}

#[test]
fn a_title_that_the_platform_composed_loses_the_artist_it_credits() {
    let metadata = r#"{"og:type":"music.album","music:musician_description":"Ada Lane"}"#;
    let page = Track { og_metadata: metadata.to_owned(), ..track("Lights - EP by Ada Lane") };
    let entry = read(page).unwrap();
    assert_eq!((entry.title.as_str(), entry.artist.as_deref()), ("Lights", Some("Ada Lane")));
}

#[test]
fn a_list_is_nobodys_and_an_ep_is_its_uploaders() {
    let list = |title: &str| {
        let og_metadata = r#"{"og:type":"music.playlist"}"#.to_owned();
        read(Track { og_metadata, og_artist: Some("Ada Lane".to_owned()), ..track(title) }).unwrap()
    };
    let mix = list("Songs to sail to");
    assert_eq!((mix.artist, mix.music_type), (None, MusicType::Playlist));
    let ep = list("Lights EP");
    assert_eq!((ep.artist.as_deref(), ep.music_type), (Some("Ada Lane"), MusicType::Album));
    assert!(ep.confidence < SURE);
}

#[test]
fn a_description_adds_what_the_page_does_not_say() {
    let description = "Taken from the album \"Lights\".\nRelease date: 2018-09-07".to_owned();
    let entry = read(Track { og_description: Some(description), ..track("Ada Lane - Harbour") }).unwrap();
    assert_eq!((entry.album.as_deref(), entry.release_date.as_deref()), (Some("Lights"), Some("2018-09-07")));
    let origin = entry.origins.iter().find(|origin| origin.field == "album").map(|origin| origin.origin);
    assert_eq!(origin, Some(liner_strategy::Origin::Text));
}

#[test]
fn an_upload_date_is_no_release_date_and_a_videos_author_is_its_channel() {
    let metadata = r#"{"json_ld":[{"@type":"VideoObject","name":"x","uploadDate":"2018-09-07","author":"Ada Lane"}]}"#;
    let entry = read(Track { og_metadata: metadata.to_owned(), ..track("Ada Lane - Harbour") }).unwrap();
    assert_eq!(entry.release_date, None);
    assert!(entry.confidence >= SURE);
}

#[test]
fn a_page_without_a_title_has_its_structured_fields_or_a_hint() {
    let metadata = r#"{"oembed":{"title":"Ada Lane - Harbour","author_name":"Ada Lane"}}"#;
    let silent = || Track { og_title: None, ..track("") };
    let entry = read(Track { og_metadata: metadata.to_owned(), ..silent() }).unwrap();
    assert_eq!((entry.title.as_str(), entry.artist.as_deref()), ("Harbour", Some("Ada Lane")));
    let odesli = r#"{"odesli":{"title":"Harbour","artistName":"Ada Lane","type":"song"}}"#;
    assert!(read(Track { og_metadata: odesli.to_owned(), ..silent() }).unwrap().confidence >= SURE);
    let shared = read(Track { shared_text: Some("Ada Lane - Harbour".to_owned()), ..silent() }).unwrap();
    assert!(shared.confidence < 0.5);
    assert_eq!(read(silent()), None);
}

#[test]
fn what_is_plainly_not_music_is_said_so_and_a_doubt_is_passed_on() {
    let episode = Track {
        url: Some("https://open.spotify.com/episode/1".to_owned()),
        platform_name: "spotify".to_owned(),
        og_metadata: r#"{"og:type":"music.song"}"#.to_owned(),
        ..track("Sailing talk")
    };
    assert!(reason_against(episode).is_some());
    assert!(reason_against(track("Sailing tutorial 3 - gameplay and walkthrough")).is_some());
    assert!(reason_against(track("Ada Lane - Tutorial (Official Music Video)")).is_none());
    let trailer = on("youtube", "Harbour Quest - The Storm Trailer", Some("Harbour Quest"));
    assert!(trailer.confidence < SURE);
}

#[test]
fn a_vague_title_is_not_decided() {
    for title in ["untitled upload 3", "IMG_2031", "🖤", "[MV]", "- - -", "(", "Official Video"] {
        let entry = on("youtube", title, None);
        assert!(entry.confidence < 0.5 && !entry.title.is_empty(), "{title}");
    }
}

#[test]
fn a_title_that_cannot_be_seen_is_none() {
    for title in ["\u{3164}", "\u{2800} \u{2800}", "\u{e0041}", "Ada Lane - \u{3164}", "【^】 \0\0\0\0 詰2"] {
        let entry = read(Track { og_artist: Some("\u{3164}".to_owned()), ..track(title) });
        for part in entry.iter().flat_map(|entry| [Some(&entry.title), entry.artist.as_ref()]).flatten() {
            assert!(part.chars().any(|c| c.is_ascii_graphic() || c == '詰'), "{title:?} is read as {part:?}");
        }
    }
}

#[test]
fn no_text_is_too_long_or_too_strange() {
    for piece in
        ["(", ")", "\"", "「", " - ", "a - ", "/", "&", "\u{202e}", "\u{301}", "x & ", "#a ", "{\"a\":", ", by ", "℗"]
    {
        let text = piece.repeat(10_000 / piece.len());
        let strange = Track {
            og_artist: Some(text.clone()),
            og_description: Some(text.clone()),
            og_metadata: text.clone(),
            shared_text: Some(text.clone()),
            url: Some(text.clone()),
            ..track(&text)
        };
        if let Some(entry) = read(strange) {
            assert!(!entry.title.trim().is_empty(), "{piece:?}");
            assert!(entry.title.len() <= text.len() && entry.confidence < SURE, "{piece:?}: {}", entry.confidence);
        }
    }
}
