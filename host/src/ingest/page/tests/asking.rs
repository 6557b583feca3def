use crate::ingest::fetch::{Answer, Fault, Fetch, FetchError, Fetched, Request, Sink, Validators};
use crate::ingest::page::{Endpoint, Page, Reading, Sources, Unread};
use async_trait::async_trait;
use serde_json::json;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use url::Url;

const LINK: &str = "https://video.example.org/watch?v=1";
const OEMBED: &str = "https://oembed.example.org/v1?format=json&url=https%3A%2F%2Fvideo.example.org%2Fwatch%3Fv%3D1";
const ODESLI: &str = "https://odesli.example.org/links?url=https%3A%2F%2Fvideo.example.org%2Fwatch%3Fv%3D1";
const EMBEDDED: &str = r#"{"type": "video", "title": "Embedded", "author_name": "Channel", "provider_name": "P",
    "thumbnail_url": "https://i.example.org/1.jpg", "html": "<iframe>"}"#;
const LINKED: &str = r#"{"entityUniqueId": "A", "entitiesByUniqueId": {"B": {"title": "Other"},
    "A": {"type": "song", "title": "Linked", "artistName": "Artist", "thumbnailUrl": "https://i.example.org/2.jpg"}}}"#;

/// Servers that answer as they are told to, by URL; anybody else answers that there is nothing.
#[derive(Default)]
struct Servers {
    answers: HashMap<String, Result<(String, String), Fault>>,
    asked: Mutex<Vec<String>>,
    /// What was asked for as the rest of a reading, after what.
    followed: Mutex<Vec<(String, String)>>,
}

impl Servers {
    fn with(mut self, url: &str, body: &str) -> Self {
        self.answers.insert(url.to_owned(), Ok((url.to_owned(), body.to_owned())));
        self
    }

    fn leading(mut self, url: &str, to: &str, body: &str) -> Self {
        self.answers.insert(url.to_owned(), Ok((to.to_owned(), body.to_owned())));
        self
    }

    fn failing(mut self, url: &str, fault: Fault) -> Self {
        self.answers.insert(url.to_owned(), Err(fault));
        self
    }

    async fn read(&self, platform: &str) -> Result<Reading, Unread> {
        let url = "https://oembed.example.org/v1".to_owned();
        let endpoint = Endpoint { platform: "video", host: "video.example.org", url, names_author: true };
        let sources = Sources { oembed: vec![endpoint], odesli: "https://odesli.example.org/links".to_owned() };
        sources.read(self, platform, &LINK.parse().unwrap(), None).await
    }

    async fn page(&self, platform: &str) -> Page {
        match self.read(platform).await.unwrap() {
            Reading::Page { page, .. } => *page,
            Reading::Unchanged => panic!("nothing says that it is unchanged"),
        }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

#[async_trait]
impl Fetch for Servers {
    async fn fetch(&self, request: &Request<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let url = request.url.to_string();
        self.asked.lock().unwrap().push(url.clone());
        self.followed.lock().unwrap().extend(request.follows.map(|before| (before.to_string(), url.clone())));
        match self.answers.get(&url).cloned().unwrap_or(Err(Fault::Status(404))) {
            Ok((_, body)) if body == "304" => Ok(Fetched::Unchanged),
            Ok((url, body)) => {
                sink.begin(Some(if body.starts_with('<') { "text/html" } else { "application/json" }));
                sink.push(body.as_bytes());
                let validators = Validators { etag: Some("e".to_owned()), last_modified: None };
                Ok(Fetched::Body(Answer { url: url.parse::<Url>().unwrap(), validators, cut: false }))
            }
            Err(fault) => Err(FetchError { url, fault }),
        }
    }
}

#[tokio::test]
async fn a_page_that_says_all_is_asked_alone() {
    let page =
        "<title>t</title><meta property=og:title content=Own><meta name=twitter:audio:artist_name content=Own></head>";
    let servers = Servers::default().with(LINK, page).with(OEMBED, EMBEDDED);
    assert_eq!(servers.page("video").await.og_title.as_deref(), Some("Own"));
    assert_eq!(servers.asked(), [LINK]);
}

#[tokio::test]
async fn who_made_it_is_asked_of_the_platform_when_the_page_does_not_say() {
    let servers = Servers::default().with(LINK, "<meta property=og:title content=Own>").with(OEMBED, EMBEDDED);
    let page = servers.page("video").await;
    assert_eq!((page.og_title.as_deref(), page.og_artist.as_deref()), (Some("Own"), Some("Channel")));
    assert_eq!(page.og_image_url.as_deref(), Some("https://i.example.org/1.jpg"));
    let kept = json!({"title": "Embedded", "author_name": "Channel", "provider_name": "P", "type": "video"});
    assert_eq!(page.metadata["oembed"], kept);
    assert_eq!(servers.asked(), [LINK, OEMBED]);
}

#[tokio::test]
async fn the_platform_is_asked_as_the_rest_of_the_reading_unless_that_had_no_turn() {
    let page = "<meta property=og:title content=Own>";
    let moved = "https://video.example.org/w/1";
    let followed = async |servers: Servers| {
        let _ = servers.read("video").await;
        servers.followed.into_inner().unwrap()
    };
    let after = |before: &str, oembed: &str| vec![(before.to_owned(), oembed.to_owned())];
    let servers = || Servers::default().with(OEMBED, EMBEDDED);
    assert_eq!(followed(servers().leading(LINK, moved, page)).await, after(moved, OEMBED));
    assert_eq!(followed(servers().failing(LINK, Fault::Status(403))).await, after(LINK, OEMBED));
    let busy = Fault::Busy { wait: Duration::from_secs(31), reason: "others wait for the same site".to_owned() };
    assert_eq!(followed(servers().failing(LINK, busy)).await, []);
}

#[tokio::test]
async fn a_title_from_the_platform_counts_before_a_plain_one() {
    let servers = Servers::default().with(LINK, "<title>Plain - Site</title>").with(OEMBED, EMBEDDED);
    assert_eq!(servers.page("video").await.og_title.as_deref(), Some("Embedded"));
    let servers = Servers::default().with(LINK, "<title>Plain - Site</title>").failing(OEMBED, Fault::Status(500));
    assert_eq!(servers.page("video").await.og_title.as_deref(), Some("Plain - Site"));
}

#[tokio::test]
async fn the_platform_knows_a_link_whose_page_cannot_be_read() {
    for page in ["<title>Before you continue to Video</title>", "<title>Just a moment...</title>", "<p>", "{}"] {
        let servers = Servers::default().with(LINK, page).with(OEMBED, EMBEDDED);
        let Reading::Page { page, url, validators } = servers.read("video").await.unwrap() else { panic!("it is new") };
        assert_eq!((page.og_title.as_deref(), page.metadata.get("title")), (Some("Embedded"), None));
        // A wall's own validators would keep it for the page.
        assert_eq!((url.as_str(), validators), (LINK, Validators::default()));
    }
    let servers = Servers::default().failing(LINK, Fault::Status(403)).with(OEMBED, EMBEDDED);
    assert_eq!(servers.page("video").await.og_artist.as_deref(), Some("Channel"));
}

#[tokio::test]
async fn a_page_that_is_gone_is_not_asked_for_elsewhere() {
    for status in [404, 410] {
        let servers = Servers::default().failing(LINK, Fault::Status(status)).with(OEMBED, EMBEDDED);
        let unread = servers.read("video").await.unwrap_err();
        assert_eq!((unread.error.fault, unread.may_pass), (Fault::Status(status), false));
        assert_eq!(servers.asked(), [LINK]);
    }
}

#[tokio::test]
async fn odesli_is_asked_last_and_only_for_a_title() {
    let servers = Servers::default().failing(LINK, Fault::Status(403)).with(ODESLI, LINKED);
    let page = servers.page("apple_music").await;
    assert_eq!((page.og_title.as_deref(), page.og_artist.as_deref()), (Some("Linked"), Some("Artist")));
    assert_eq!(page.metadata["odesli"], json!({"title": "Linked", "artistName": "Artist", "type": "song"}));
    assert_eq!(servers.asked(), [LINK, OEMBED, ODESLI]);
    let servers = Servers::default().with(LINK, "<title>Plain</title>").with(ODESLI, LINKED);
    assert_eq!(servers.page("apple_music").await.og_title.as_deref(), Some("Plain"));
    let servers = Servers::default().failing(LINK, Fault::Status(403)).with(ODESLI, LINKED);
    assert_eq!(servers.read("web").await.unwrap_err().error.fault, Fault::Status(403));
    assert_eq!(servers.asked(), [LINK, OEMBED]);
}

#[tokio::test]
async fn an_endpoint_that_the_page_names_is_asked_for_a_title_and_not_for_a_writer() {
    let link = "https://blog.example.org/post";
    let discovered = "https://blog.example.org/embed?a=1&b=2";
    let page = "<link rel='alternate nofollow' type=text/json+oembed href='/embed?a=1&amp;b=2'><meta property=og:type content=video>
        <meta name=description content=d>";
    for (kind, artist) in [("rich", None), ("video", Some("Writer"))] {
        let answer = json!({"type": kind, "title": "Post", "author_name": "Writer"}).to_string();
        let servers = Servers::default().with(link, page).with(discovered, &answer);
        let reading = Sources { oembed: Vec::new(), ..Sources::default() };
        let reading = reading.read(&servers, "web", &link.parse().unwrap(), None).await.unwrap();
        let Reading::Page { page, .. } = reading else { panic!("it is new") };
        assert_eq!((page.og_title.as_deref(), page.og_artist.as_deref()), (Some("Post"), artist));
    }
}

#[tokio::test]
async fn others_know_a_short_link_under_what_it_leads_to_but_not_under_a_wall() {
    let ask = async |platform: &str, short: &str, to: &str| {
        let servers = Servers::default().leading(short, to, "<meta property=og:title content=Own>");
        Sources::default().read(&servers, platform, &short.parse().unwrap(), None).await.unwrap();
        servers.asked()[1].clone()
    };
    let asked = ask("soundcloud", "https://on.soundcloud.com/x", "https://soundcloud.com/a/b?si=1").await;
    assert_eq!(asked, "https://soundcloud.com/oembed?format=json&url=https%3A%2F%2Fsoundcloud.com%2Fa%2Fb%3Fsi%3D1");
    let asked = ask("youtube", "https://youtu.be/dQw4w9WgXcQ", "https://consent.youtube.com/m?continue=x").await;
    assert_eq!(asked, "https://www.youtube.com/oembed?format=json&url=https%3A%2F%2Fyoutu.be%2FdQw4w9WgXcQ");
}

#[tokio::test]
async fn the_pages_own_trouble_is_the_reason_and_whoever_may_answer_later_decides_the_wait() {
    let busy = |seconds| Fault::Busy { wait: Duration::from_secs(seconds), reason: "said so".to_owned() };
    let read = async |page: Fault, oembed: Fault| {
        let unread = Servers::default().failing(LINK, page).failing(OEMBED, oembed).read("video").await.unwrap_err();
        (unread.error.fault, unread.may_pass, unread.wait.map(|wait| wait.as_secs()))
    };
    assert_eq!(read(busy(7), busy(9)).await, (busy(7), true, Some(7)));
    assert_eq!(read(Fault::Status(403), busy(9)).await, (Fault::Status(403), true, Some(9)));
    assert_eq!(read(Fault::Status(403), Fault::Status(401)).await, (Fault::Status(403), false, None));
    assert_eq!(read(Fault::Status(503), Fault::Status(401)).await, (Fault::Status(503), true, None));
}

#[tokio::test]
async fn what_stands_in_for_a_page_is_named_without_the_links_query() {
    for (page, message, may_pass) in [
        (
            "<title>Just a moment...</title>",
            "https://video.example.org/watch: is a check whether a person reads it, not the page",
            true,
        ),
        (
            "<title>Video unavailable</title>",
            "https://video.example.org/watch: is a page that says that there is none",
            false,
        ),
        ("{}", "https://video.example.org/watch: is JSON, not a page", false),
    ] {
        let unread = Servers::default().with(LINK, page).read("video").await.unwrap_err();
        assert_eq!((unread.to_string().as_str(), unread.may_pass), (message, may_pass));
    }
}

#[tokio::test]
async fn a_page_that_is_unchanged_is_all_there_is_to_say() {
    let servers = Servers::default().with(LINK, "304");
    assert_eq!(servers.read("video").await.unwrap(), Reading::Unchanged);
    assert_eq!(servers.asked(), [LINK]);
}

#[tokio::test]
async fn an_answer_that_is_none_is_passed_over() {
    let endless = format!(r#"{{"title": "T", "html": "{}"}}"#, "x".repeat(300_000));
    for answer in ["", "[]", "<html>", r#"{"title": 3}"#, r#"{"title": "", "author_name": null}"#, &endless] {
        let servers = Servers::default().with(LINK, "<title>Plain</title>").with(OEMBED, answer).with(ODESLI, answer);
        let page = servers.page("video").await;
        assert_eq!((page.og_title.as_deref(), page.og_artist), (Some("Plain"), None), "{answer:.40}");
        let servers = Servers::default().failing(LINK, Fault::Status(403)).with(OEMBED, answer).with(ODESLI, answer);
        assert!(servers.read("apple_music").await.is_err(), "{answer:.40}");
    }
}
