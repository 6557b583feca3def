use super::page;
use crate::ingest::page::Page;
use serde_json::{Value, json};

fn of(json: &str) -> Page {
    page(format!(r#"<head><title>t</title><script type="application/ld+json">{json}</script></head>"#))
}

fn things(json: &str) -> Value {
    of(json).metadata.get("json_ld").cloned().unwrap_or_default()
}

#[test]
fn a_thing_is_reduced_to_what_music_needs() {
    let page = of(
        r#"{"@context": "https://schema.org", "@type": ["Product", "http://schema.org/MusicRecording"], "name": " A  &amp; B ",
            "byArtist": [{"@type": "MusicGroup", "name": "X"}, {"name": "Y"}, "Z"], "inAlbum": {"name": "L", "track": []},
            "datePublished": "2020-01-02", "genre": "Pop", "duration": "PT3M", "offers": {"price": 1},
            "recordingOf": {"@type": "MusicComposition", "name": "C"}}"#,
    );
    let expected = json!([{"@type": "MusicRecording", "name": "A & B", "byArtist": ["X", "Y", "Z"], "inAlbum": "L",
        "datePublished": "2020-01-02", "genre": ["Pop"], "duration": "PT3M", "recordingOf": "C"}]);
    assert_eq!(page.metadata["json_ld"], expected);
    assert_eq!((page.og_title.as_deref(), page.og_artist.as_deref()), (Some("A & B"), Some("X, Y, Z")));
}

#[test]
fn a_work_may_be_by_its_creator_and_a_video_is_by_its_author() {
    let album = of(r#"{"@type": "MusicAlbum", "name": "A", "creator": {"name": "X"}}"#);
    assert_eq!(album.metadata["json_ld"][0]["byArtist"], json!(["X"]));
    assert_eq!(album.og_artist.as_deref(), Some("X"));
    let video = of(
        r#"{"@type": "VideoObject", "name": "V", "author": {"@type": "Person", "name": "C"}, "uploadDate": "2020"}"#,
    );
    let expected = json!([{"@type": "VideoObject", "name": "V", "uploadDate": "2020", "author": "C"}]);
    assert_eq!((&video.metadata["json_ld"], video.og_artist.as_deref()), (&expected, Some("C")));
}

#[test]
fn things_are_found_in_lists_and_graphs_and_at_most_five() {
    let thing = |n: usize| format!(r#"{{"@type": "MusicRecording", "name": "{n}"}}"#);
    let names = |json: &str| {
        let things = things(json);
        things
            .as_array()
            .into_iter()
            .flatten()
            .map(|thing| thing["name"].as_str().unwrap().to_owned())
            .collect::<String>()
    };
    assert_eq!(names(&format!("[{}, {}]", thing(1), thing(2))), "12");
    assert_eq!(names(&format!(r#"{{"@graph": [{{"@type": "WebPage"}}, {}, {}]}}"#, thing(1), thing(2))), "12");
    assert_eq!(names(&format!(r#"{{"@type": "WebPage", "mainEntity": {}}}"#, thing(1))), "1");
    assert_eq!(names(&format!("[{}]", (0..9).map(thing).collect::<Vec<_>>().join(","))), "01234");
    assert_eq!(names(r#"{"@type": "NewsArticle", "name": "N", "author": "W"}"#), "");
}

#[test]
fn json_is_read_as_pages_have_it() {
    let thing = r#"{"@type": "MusicAlbum", "name": "A"}"#;
    for written in [
        format!("\n<!-- {thing} -->\n"),
        format!("//<![CDATA[\n{thing}\n//]]>"),
        format!("/*<![CDATA[*/{thing}/*]]>*/"),
        format!("{thing};"),
        thing.replace('"', "&quot;"),
        "{\"@type\": \"MusicAlbum\", \"name\": \"\tA\n\", \"x\": \"&quot;\"}".to_owned(),
    ] {
        assert_eq!(things(&written), json!([{"@type": "MusicAlbum", "name": "A"}]), "{written}");
    }
}

#[test]
fn json_that_is_none_is_passed_over() {
    for broken in
        ["", "{", "null", "[1, \"x\", null]", r#"{"@type": 7}"#, r#"{"@type": "MusicAlbum", "name": }"#, "undefined"]
    {
        let page = of(broken);
        assert_eq!((page.og_title.as_deref(), page.metadata.get("json_ld")), (Some("t"), None), "{broken}");
    }
    let odd = things(r#"{"@type": "MusicAlbum", "name": {"x": 1}, "byArtist": [[["X"]], 3], "genre": {}}"#);
    assert_eq!(odd, json!([{"@type": "MusicAlbum", "byArtist": ["3"]}]));
}

#[test]
fn microdata_names_who_made_the_pages_thing_and_no_other() {
    let by = |body: &str| page(format!("<head><title>t</title></head><body>{body}")).og_artist;
    let video = "<div itemscope itemtype=https://schema.org/VideoObject>";
    for (body, expected) in [
        (
            format!(
                "{video}<span itemprop=author itemscope><link itemprop=url href=x><link itemprop=name content=C></span>"
            ),
            Some("C"),
        ),
        (format!("{video}<meta itemprop=author content=C>"), Some("C")),
        (
            format!(
                "{video}<meta itemprop=name content=V><span itemprop=thumbnail itemscope><meta itemprop=name content=T></span>"
            ),
            None,
        ),
        (
            "<div itemscope itemtype=http://schema.org/MusicAlbum><b itemprop=byArtist> <a href=x>The <i>X</i></a></b>"
                .to_owned(),
            Some("The"),
        ),
        ("<div itemscope itemtype=http://schema.org/MusicAlbum><b itemprop=byArtist></b><p>Other</p>".to_owned(), None),
        ("<div itemscope itemtype=http://schema.org/Article><meta itemprop=author content=W>".to_owned(), None),
        (format!("<noscript>{video}<meta itemprop=author content=C></noscript>"), Some("C")),
    ] {
        assert_eq!(by(&body).as_deref(), expected, "{body}");
    }
}

#[test]
fn microdata_says_what_a_video_is_about_after_whose_it_is() {
    let of = |head: &str, body: &str| page(format!("<head><title>t</title>{head}</head><body>{body}"));
    let things = |head: &str, body: &str| of(head, body).metadata.get("json_ld").cloned().unwrap_or_default();
    let video = "<div itemscope itemtype=http://schema.org/VideoObject><span itemprop=author itemscope><link content=C itemprop=name></span>";
    let gap = |bytes: usize| "<i>x</i>".repeat(bytes / 8);
    let gaming =
        |bytes: usize| format!("{video}{}<meta content='Film &amp; Animation' itemprop=genre></div>", gap(bytes));
    assert_eq!(things("", &gaming(20 * 1024)), json!([{"@type": "VideoObject", "genre": ["Film & Animation"]}]));
    assert_eq!(of("", &gaming(20 * 1024)).og_artist.as_deref(), Some("C"));
    assert_eq!(things("", &gaming(80 * 1024)), json!(null), "not to the end of every page");

    let script = |thing: &str| format!("<script type=application/ld+json>{thing}</script>");
    let known = script(r#"{"@type": "VideoObject", "name": "V"}"#);
    assert_eq!(
        things(&known, &gaming(0)),
        json!([{"@type": "VideoObject", "name": "V", "genre": ["Film & Animation"]}])
    );
    let told = script(r#"{"@type": "VideoObject", "genre": "Music"}"#);
    assert_eq!(things(&told, &gaming(0)), json!([{"@type": "VideoObject", "genre": ["Music"]}]));
    let album = gaming(0).replace("VideoObject", "MusicAlbum");
    assert_eq!(things("", &album), json!(null), "a genre of music is none of a video");
}

#[test]
fn what_is_not_music_is_told_by_its_type_and_credits_nobody() {
    for kind in ["Audiobook", "Movie", "TVEpisode", "TVSeries", "VideoGame", "Course", "Recipe"] {
        let page = of(&format!(r#"{{"@type": "{kind}", "name": "N", "author": "W", "genre": "G"}}"#));
        assert_eq!(page.metadata["json_ld"], json!([{"@type": kind, "name": "N"}]));
        assert_eq!(page.og_artist, None);
    }
}

#[test]
fn a_performer_in_a_tag_counts_before_one_in_json_and_a_url_is_no_name() {
    let thing = r#"<script type=application/ld+json>{"@type": "MusicAlbum", "byArtist": "J"}</script>"#;
    let by = |tag: &str| page(format!("<head><title>t</title>{thing}{tag}</head>")).og_artist;
    assert_eq!(
        by("<meta property=music:musician_description content=A><meta property=music:musician_description content=B>")
            .as_deref(),
        Some("A, B")
    );
    assert_eq!(by("<meta property=music:musician_description content=https://a.org/x>").as_deref(), Some("J"));
}
