//! How feeds are asked, whoever tells them.

use crate::NOON;
use liner::ingest::channels::{Feed, FeedError, Neynar, Syndication};
use liner::ingest::fetch::Fault;
use liner::secret::Secret;
use liner_tests::{FarcasterChannel, ScriptedFetch};
use std::time::Duration;
use url::Url;

fn key() -> Secret {
    Secret::new("neynar-key".into())
}

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

#[tokio::test]
async fn a_farcaster_channel_is_asked_for_as_neynars_documentation_says() {
    let channel = FarcasterChannel::paged(2);
    for n in 0..3 {
        channel.cast(&format!("0x{n}"), NOON + n, "hi", &["https://youtu.be/dQw4w9WgXcQ"], 7);
    }
    let fetch = ScriptedFetch::new(move |_, url| Ok(channel.answer(url)));
    let (key, base) = (key(), url("https://neynar.example"));
    let neynar = Neynar::new(&key, &base, "music");
    let first = neynar.page(&*fetch, None).await.unwrap();
    let post = &first.posts[0];
    assert_eq!((post.id.as_str(), post.at, post.reactions), ("0x2", Some(NOON + 2), 7));
    assert_eq!((post.text.as_str(), &post.links), ("hi", &vec!["https://youtu.be/dQw4w9WgXcQ".to_owned()]));
    let second = neynar.page(&*fetch, first.next.as_deref()).await.unwrap();
    assert_eq!((second.posts.len(), second.next), (1, None));
    let (asked, sent) = fetch.requests().remove(0);
    let query = "channel_ids=music&with_recasts=false&with_replies=false&limit=50";
    assert_eq!(asked.as_str(), format!("https://neynar.example/v2/farcaster/feed/channels/?{query}"));
    assert_eq!(sent, Some(("x-api-key", "neynar-key".to_owned())));
}

#[tokio::test]
async fn replies_and_casts_that_say_nothing_are_no_reason_to_stumble() {
    let body = r#"{"casts": [{"hash": "0x1", "parent_hash": "0x0", "text": "re"},
                             {"hash": "0x2", "parent_hash": null, "text": null, "embeds": null, "timestamp": "soon"}], "next": null}"#;
    let fetch = ScriptedFetch::new(move |_, _| Ok(body.to_owned()));
    let (key, base) = (key(), url("https://neynar.example"));
    let page = Neynar::new(&key, &base, "music").page(&*fetch, None).await.unwrap();
    let ids: Vec<_> = page.posts.iter().map(|post| (post.id.as_str(), post.at)).collect();
    assert_eq!(ids, [("0x2", None)]);
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_in_smaller_ones() {
    let channel = FarcasterChannel::paged(50);
    channel.cast("0x1", NOON, "hi", &[], 0);
    let fetch = ScriptedFetch::new(move |before, url| match before {
        0 | 1 => Err(Fault::TooLarge("has more than 1024 KiB".into())),
        _ => Ok(channel.answer(url)),
    });
    let (key, base) = (key(), url("https://neynar.example"));
    assert_eq!(Neynar::new(&key, &base, "music").page(&*fetch, None).await.unwrap().posts.len(), 1);
    let limits: Vec<_> =
        fetch.requests().iter().map(|(url, _)| url.as_str().rsplit('=').next().unwrap().to_owned()).collect();
    assert_eq!(limits, ["50", "15", "3"]);
}

#[tokio::test]
async fn what_goes_wrong_is_said_in_words_without_the_key() {
    let (key, base) = (key(), url("https://neynar.example"));
    let error = async |script: Result<String, Fault>| {
        let fetch = ScriptedFetch::new(move |_, _| script.clone());
        Neynar::new(&key, &base, "music").page(&*fetch, None).await.unwrap_err()
    };
    for (script, words) in [
        (Err(Fault::Status(401)), "NEYNAR_API_KEY is not accepted"),
        (Err(Fault::Status(402)), "the plan of NEYNAR_API_KEY"),
        (Err(Fault::Status(500)), "the server answers 500"),
        (Ok("<html>".to_owned()), "no feed that can be read"),
        (Ok("{\"casts\": 7}".to_owned()), "no feed that can be read"),
    ] {
        let said = error(script).await.to_string();
        assert!(said.contains(words) && said.contains("https://neynar.example/"), "{said}");
        assert!(!said.contains("neynar-key") && !said.contains("channel_ids"), "{said}");
    }
    let busy = error(Err(Fault::Busy { wait: Duration::from_secs(9), reason: "429".into() })).await;
    assert_eq!(busy.wait(), Some(Duration::from_secs(9)));
}

#[tokio::test]
async fn a_feeds_next_page_is_read_if_it_is_its_own() {
    let feed = |next: &str| {
        format!(
            r#"<feed xmlns="http://www.w3.org/2005/Atom"><link rel="next" href="{next}"/><entry><id>1</id></entry></feed>"#
        )
    };
    let next = async |named: &str| {
        let body = feed(named);
        let fetch = ScriptedFetch::new(move |_, _| Ok(body.clone()));
        let at = url("https://blog.example/feed");
        Syndication::new(&at).page(&*fetch, None).await.unwrap().next
    };
    assert_eq!(next("?page=2").await.as_deref(), Some("https://blog.example/feed?page=2"));
    assert_eq!(next("https://evil.example/feed?page=2").await, None);
    assert_eq!(next("https://blog.example/feed").await, None, "it is this one");
    let fetch = ScriptedFetch::new(move |_, _| Ok("<rss></rss>".to_owned()));
    let at = url("https://blog.example/feed");
    Syndication::new(&at).page(&*fetch, Some("https://blog.example/feed?page=2")).await.unwrap();
    assert_eq!(fetch.requests(), [(url("https://blog.example/feed?page=2"), None)], "and nobody is sent a key");
}

#[tokio::test]
async fn a_page_that_is_no_feed_is_refused_without_its_query() {
    let fetch = ScriptedFetch::new(|_, _| Ok("<!doctype html><html><body>login</body></html>".to_owned()));
    let at = url("https://blog.example/feed?token=secret");
    let error = Syndication::new(&at).page(&*fetch, None).await.unwrap_err();
    assert!(matches!(error, FeedError::Unreadable { .. }));
    let said = error.to_string();
    assert!(said.contains("https://blog.example/feed is no feed") && said.contains("<html>"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
