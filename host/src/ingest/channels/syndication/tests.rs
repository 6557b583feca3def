//! Feeds of every format, well made and not.

use super::*;
use crate::ingest::channels::post::MAX_TEXT;

fn posts(text: &str) -> Vec<Post> {
    let page = if text.starts_with('{') { json::read(text) } else { xml::read(text, false) };
    let feed: Url = "https://blog.example/music/feed".parse().unwrap();
    page.unwrap().entries.into_iter().map(|entry| entry.into_post(&feed).kept()).collect()
}

fn post(text: &str) -> Post {
    let mut posts = posts(text);
    assert_eq!(posts.len(), 1, "{posts:?}");
    posts.remove(0)
}

fn wrong(text: &str) -> String {
    xml::read(text, false).unwrap_err()
}

/// 2026-01-02T03:04:05Z.
const THEN: i64 = 1_767_323_045_000;

#[test]
fn rss_2() {
    let post = post(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:atom="http://www.w3.org/2005/Atom">
          <channel>
            <title>Songs of the day</title><link>https://blog.example/</link>
            <atom:link href="https://blog.example/feed" rel="self"/>
            <item>
              <title>Ada Lane &#8211; Harbour &amp; Tide</title>
              <link>https://blog.example/p/1</link>
              <guid isPermaLink="false">blog-1</guid>
              <pubDate>Fri, 02 Jan 2026 03:04:05 +0000</pubDate>
              <description>What a song.</description>
              <content:encoded><![CDATA[<p>Hear it <a href="https://youtu.be/dQw4w9WgXcQ?a=1&amp;b=2">here</a>:</p>
                <iframe src="https://open.spotify.com/embed/track/4cOd"></iframe><script>no()</script>]]></content:encoded>
              <enclosure url="/audio/1.mp3" type="audio/mpeg" length="1"/>
            </item>
          </channel>
        </rss>"#,
    );
    assert_eq!((post.id.as_str(), post.at), ("blog-1", Some(THEN)));
    assert_eq!(post.text, "Ada Lane – Harbour & Tide\nWhat a song.");
    assert_eq!(
        post.links,
        [
            "https://blog.example/p/1",
            "https://blog.example/audio/1.mp3",
            "https://youtu.be/dQw4w9WgXcQ?a=1&b=2",
            "https://open.spotify.com/embed/track/4cOd"
        ]
    );
}

#[test]
fn rss_1() {
    let post = post(
        r#"<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
          <channel rdf:about="https://blog.example/"><title>x</title></channel>
          <item rdf:about="https://blog.example/p/1">
            <title>Harbour</title><link>https://soundcloud.com/flume/never-be</link><dc:date>2026-01-02T03:04:05Z</dc:date>
          </item>
        </rdf:RDF>"#,
    );
    assert_eq!((post.id.as_str(), post.at), ("https://blog.example/p/1", Some(THEN)));
    assert_eq!((post.text.as_str(), post.links), ("Harbour", vec!["https://soundcloud.com/flume/never-be".to_owned()]));
}

#[test]
fn atom() {
    let feed = |prefix: &str| {
        r#"<P:feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/">
          <P:title>Videos</P:title><P:id>feed</P:id>
          <P:entry>
            <P:id>yt:video:dQw4w9WgXcQ</P:id><P:title type="html">Harbour &lt;i&gt;live&lt;/i&gt;</P:title>
            <P:link rel="alternate" href="https://www.youtube.com/watch?v=dQw4w9WgXcQ"/>
            <P:link rel="replies" href="https://blog.example/comments"/>
            <P:published>2026-01-02T04:04:05+01:00</P:published><P:updated>2026-05-02T03:04:05Z</P:updated>
            <P:author><P:name>Ada</P:name></P:author>
            <P:content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">On <a href="/t?a=1&amp;b=2">tour</a> again</div></P:content>
            <media:group><media:title>no</media:title></media:group>
          </P:entry>
        </P:feed>"#
            .replace("P:", prefix)
    };
    for prefix in ["", "atom:"] {
        let post = post(&feed(prefix));
        assert_eq!((post.id.as_str(), post.at), ("yt:video:dQw4w9WgXcQ", Some(THEN)));
        assert_eq!(post.text, "Harbour live\nOn tour again");
        assert_eq!(
            post.links,
            ["https://www.youtube.com/watch?v=dQw4w9WgXcQ", "https://blog.example/t?a=1&b=2"],
            "{prefix}"
        );
    }
}

#[test]
fn json_feed() {
    let page = json::read(
        r#"{"version": "https://jsonfeed.org/version/1.1", "title": "x", "next_url": "https://blog.example/music/feed?page=2",
            "items": [{"id": 7, "url": "p/7", "external_url": "https://youtu.be/dQw4w9WgXcQ", "content_text": "1 < 2 & <3",
                       "date_published": "2026-01-02T03:04:05Z", "attachments": [{"url": "a.mp3"}]}]}"#,
    );
    let mut page = page.unwrap();
    assert_eq!(page.next.as_deref(), Some("https://blog.example/music/feed?page=2"));
    let post = page.entries.remove(0).into_post(&"https://blog.example/music/feed".parse().unwrap());
    assert_eq!((post.id.as_str(), post.at, post.text.as_str()), ("7", Some(THEN), "1 < 2 & <3"));
    let links = ["https://youtu.be/dQw4w9WgXcQ", "https://blog.example/music/p/7", "https://blog.example/music/a.mp3"];
    assert_eq!(post.links, links);
}

#[test]
fn what_is_no_feed_is_refused_with_what_it_is_instead() {
    assert!(wrong("<!doctype html><html><head></head></html>").contains("it begins with <html>"));
    assert!(wrong("<rss><channel><item></channel></rss>").contains("at byte"));
    assert!(wrong("<rss><channel><item><title>x").contains("ends in its middle"));
    assert!(wrong(&format!("<rss>{}", "<a>".repeat(100_000))).contains("deeper than 100"));
    assert!(json::read(r#"{"version": "2", "items": []}"#).unwrap_err().contains("no JSON Feed"));
    assert!(json::read("{}").is_err() && json::read("{\"items\"").is_err());
    assert!(xml::read("", false).unwrap().entries.is_empty(), "a body may be empty");
}

#[test]
fn entities_that_a_document_declares_expand_into_nothing() {
    let post = post(
        r#"<?xml version="1.0"?>
        <!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;"><!ENTITY lol3 "&lol2;&lol2;&lol2;&lol2;">
          <!ENTITY secret SYSTEM "file:///etc/passwd">]>
        <rss><channel><item><title>a&lol3;b&secret;c &eacute; AT&T &#x1F3B5;</title><link href="x&lol3;"/></item></channel></rss>"#,
    );
    assert_eq!(post.text, "abc AT&T 🎵");
}

#[test]
fn a_post_without_a_name_is_known_by_where_it_is_or_by_what_it_says() {
    let posts = posts(
        "<rss><channel><item><link>p/1</link></item><item><title>Only words</title></item><item><guid> </guid></item>
         </channel></rss>",
    );
    let ids: Vec<_> = posts.iter().map(|post| (post.id.as_str(), post.at)).collect();
    assert_eq!(ids, [("https://blog.example/music/p/1", None), ("Only words", None), ("", None)]);
    let long = format!("<rss><channel><item><guid>{}</guid></item></channel></rss>", "x".repeat(5_000));
    assert_eq!(post(&long).id.len(), 64);
}

#[test]
fn a_huge_feed_is_read_to_a_bound() {
    let item = format!("<item><title>{}</title></item>", "word ".repeat(1_000));
    let posts = posts(&format!("<rss><channel>{}", item.repeat(1_200)));
    assert_eq!((posts.len(), posts[0].text.chars().count()), (MAX_POSTS, MAX_TEXT));
    let long = format!("<rss><channel><item><title>{}</title></item></channel></rss>", "é".repeat(1 << 20));
    assert_eq!(post(&long).text.chars().count(), MAX_TEXT);
}

#[test]
fn times_are_read_as_people_write_them() {
    for text in [
        "Fri, 02 Jan 2026 03:04:05 GMT",
        "Mon, 02 Jan 2026 03:04:05 +0000",
        "2 Jan 2026 04:04:05 +0100",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.000+00:00",
        " 2026-01-02 03:04:05 ",
    ] {
        assert_eq!(time(text), Some(THEN), "{text}");
    }
    assert_eq!(time("2026-01-02"), Some(THEN - 11_045_000));
    assert_eq!((time(""), time("yesterday"), time("32 Foo 2026")), (None, None, None));
}

#[test]
fn of_a_feed_that_is_cut_the_whole_posts_are_read_wherever_that_was() {
    let feed =
        "<rss><channel><item><guid>1</guid></item><item><guid>2</guid><description><![CDATA[ö]]></description></item>";
    let url: Url = "https://blog.example/feed".parse().unwrap();
    let read = |end: usize, is_cut| Syndication::new(&url).read("text/xml", &feed.as_bytes()[..end], is_cut);
    let first = feed.find("</item>").unwrap() + "</item>".len();
    for end in first..feed.len() {
        let ids: Vec<_> = read(end, true).unwrap().posts.into_iter().map(|post| post.id).collect();
        assert_eq!(ids, ["1"], "{end}");
        assert!(read(end, false).is_err(), "{end}");
    }
    assert_eq!(read(feed.len(), true).unwrap().posts.len(), 2);
    assert!(read(first - 1, true).is_err(), "no post came whole");
    let json = r#"{"version": "https://jsonfeed.org/version/1", "items": []}"#.as_bytes();
    assert!(Syndication::new(&url).read("", json, false).is_ok());
    let told = Syndication::new(&url).read("", json, true).unwrap_err().to_string();
    assert!(told.contains("has more than"), "{told}");
}

#[test]
fn what_is_said_of_a_feed_that_is_none_repeats_little_of_it_and_nothing_that_moves_a_cursor() {
    let url: Url = "https://blog.example/feed".parse().unwrap();
    let long = "x".repeat(100_000);
    for body in [
        format!("<rss><\u{1b}[2J{long}></b>"),
        format!("<\u{1b}[2J\u{0}{long}/>"),
        format!(r#"{{"version": "\u001b[2J\u0000{long}", "items": []}}"#),
        format!(r#"{{"version": "1", "items": "\u001b[2J\u0000{long}"}}"#),
    ] {
        let told = Syndication::new(&url).read("", body.as_bytes(), false).unwrap_err().to_string();
        assert!(told.contains("is no feed") && told.len() < 1_000, "{told}");
        assert!(!told.contains(char::is_control), "{told:?}");
    }
}
