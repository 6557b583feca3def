//! The real binary, with feeds on a local port.

use crate::NOON;
use liner_tests::{FarcasterChannel, Host, StubFeeds, eventually, liner};
use serde_json::{Value, json};
use std::sync::Arc;

const NEYNAR_KEY: &str = "neynar-key-of-the-tests";
const RSS: &str = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Songs</title>
    <item><guid>1</guid><title>Ada Lane - Harbour</title><link>https://youtu.be/aaaaaaaaaaa</link></item>
    <item><guid>2</guid><title>Tide</title><description>&lt;a href="https://youtu.be/aaaaaaaaaaa"&gt;it&lt;/a&gt;</description></item>
</channel></rss>"#;

struct Service {
    folder: tempfile::TempDir,
    feeds: StubFeeds,
}

impl Service {
    /// A channel of three posts in pages of two, and a feed.
    async fn new() -> Self {
        let channel = Arc::new(FarcasterChannel::paged(2));
        for n in 0..3 {
            channel.cast(&format!("0x{n}"), NOON - 86_400_000 * n, "hear", &["https://youtu.be/bbbbbbbbbbb"], 0);
        }
        let feeds = StubFeeds::serving(move |url| match url.path() {
            "/v2/farcaster/feed/channels/" => (200, channel.answer(url)),
            "/feed" => (200, RSS.to_owned()),
            "/moved" => (404, String::new()),
            _ => (200, "<html></html>".to_owned()),
        });
        Self { folder: tempfile::tempdir().unwrap(), feeds: feeds.await }
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        vec![
            ("NEYNAR_API_KEY", NEYNAR_KEY),
            ("NEYNAR_BASE_URL", &self.feeds.url),
            ("LINER_FETCH_ALLOW", "127.0.0.1"),
            ("LINER_FETCH_INTERVAL_MS", "0"),
        ]
    }

    async fn host(&self, more: &[(&str, &str)]) -> Host {
        let mut settings = self.settings();
        settings.extend(more);
        Host::start(self.folder.path(), &settings).await
    }

    /// A feed's name in a path.
    fn feed(&self, path: &str) -> String {
        format!("{}{path}", self.feeds.url).replace(':', "%3A").replace('/', "%2F")
    }
}

#[tokio::test]
async fn a_channel_is_synced_on_demand_and_its_status_says_how_it_went() {
    let service = Service::new().await;
    let host = service.host(&[]).await;
    let unknown = host.get("/api/sync/status/music").await;
    assert_eq!((unknown.status, unknown.content_type.as_str()), (404, "application/problem+json"));
    let synced = host.post("/api/sync/trigger/music", "").await;
    let expected = json!({"success": true, "channel": "music", "posts": 3, "links": 3, "queued": 1, "known": 2, "is_behind": false});
    assert_eq!((synced.status, synced.json), (200, expected), "{}", synced.text);
    let status = host.get("/api/sync/status/music").await.json;
    assert_eq!((&status["channel"], &status["ok"], &status["error"]), (&json!("music"), &json!(true), &Value::Null));
    assert_eq!((&status["posts"], &status["links"], &status["is_running"]), (&json!(3), &json!(3), &json!(false)));
    assert!(status["last_sync_at"].as_str().unwrap().ends_with('Z') && status["last_cast_at"].is_string());
    let entry = host.get("/api/music-ai/library/youtube/bbbbbbbbbbb").await.json;
    assert_eq!(entry["share_count"], 3);
    assert_eq!(host.post("/api/sync/trigger/music", "").await.json["posts"], 0);
    let visits = service.feeds.visits();
    assert_eq!(visits.len(), 3);
    assert!(visits.iter().all(|(_, headers)| headers["x-api-key"] == NEYNAR_KEY));
    let figures = host.get("/metrics").await.text;
    assert!(figures.contains("liner_sync_posts_total 3") && figures.contains("liner_sync_links_total 3"), "{figures}");
    assert!(!host.log().contains(NEYNAR_KEY) && !figures.contains(NEYNAR_KEY));
}

#[tokio::test]
async fn a_feed_is_synced_by_its_url_and_gets_no_key() {
    let service = Service::new().await;
    let host = service.host(&[]).await;
    let synced = host.post(&format!("/api/sync/trigger/{}", service.feed("/feed")), "").await;
    assert_eq!(
        (synced.status, &synced.json["posts"], &synced.json["queued"]),
        (200, &json!(2), &json!(1)),
        "{}",
        synced.text
    );
    let entry = host.get("/api/music-ai/library/youtube/aaaaaaaaaaa").await.json;
    assert_eq!(entry["share_count"], 2);
    assert!(service.feeds.visits().iter().all(|(_, headers)| !headers.contains_key("x-api-key")));
    for (path, words) in [("/moved", "the server answers 404"), ("/page", "no feed that can be read")] {
        let failed = host.post(&format!("/api/sync/trigger/{}", service.feed(path)), "").await;
        assert_eq!(failed.status, 502, "{}", failed.text);
        let status = host.get(&format!("/api/sync/status/{}", service.feed(path))).await.json;
        assert_eq!(
            (&status["ok"], status["error"].as_str().unwrap().contains(words)),
            (&json!(false), true),
            "{status}"
        );
    }
}

#[tokio::test]
async fn what_cannot_be_a_sync_is_refused_in_words() {
    let service = Service::new().await;
    let host = Host::start(service.folder.path(), &[]).await;
    let keyless = host.post("/api/sync/trigger/music", "").await;
    assert_eq!(keyless.status, 409, "{}", keyless.text);
    assert!(keyless.text.contains("NEYNAR_API_KEY is not set"), "{}", keyless.text);
    for (method, path, body, words) in [
        ("POST", "/api/sync/trigger/two%20words", "", "names no channel"),
        ("POST", "/api/sync/trigger/file%3A%2F%2F%2Fetc%2Fpasswd", "", "names no channel"),
        ("POST", "/api/sync/trigger/music?limit=1", "", "unknown field"),
        ("POST", "/api/sync/trigger/music", "{\"limit\": 1}", "unknown field"),
        ("GET", "/api/sync/status/a_b", "", "names no channel"),
    ] {
        let answer = host.send(host.request(method, path).body(body)).await;
        let said = answer.json["error"].as_str().unwrap_or_default();
        assert!(answer.status == 400 && said.contains(words), "{path}: {} {said}", answer.status);
    }
    assert_eq!(host.get("/api/sync/status/music").await.status, 404, "and nothing is left of it");
    // This machine is nobody's feed unless the operator says so.
    let inside = host.post(&format!("/api/sync/trigger/{}", service.feed("/feed")), "").await;
    assert_eq!((inside.status, service.feeds.visits().len()), (502, 0), "{}", inside.text);
}

#[tokio::test]
async fn syncing_needs_the_operators_token_and_its_status_does_not_where_reading_is_public() {
    let service = Service::new().await;
    let host = service.host(&[("LINER_ADMIN_TOKEN", "0123456789abcdef"), ("LINER_PUBLIC_READ", "true")]).await;
    assert_eq!(host.post("/api/sync/trigger/music", "").await.status, 401);
    assert_eq!(service.feeds.visits().len(), 0);
    let allowed = host.request("POST", "/api/sync/trigger/music").bearer_auth("0123456789abcdef");
    assert_eq!(host.send(allowed).await.status, 200);
    assert_eq!(host.get("/api/sync/status/music").await.status, 200);
}

#[tokio::test]
async fn configured_channels_are_synced_by_themselves() {
    let service = Service::new().await;
    let channels = format!("music,{}/feed", service.feeds.url);
    let host = service.host(&[("LINER_SYNC_CHANNELS", &channels), ("LINER_SYNC_INTERVAL_MS", "1000")]).await;
    eventually("both are synced twice", || async {
        let visits = service.feeds.visits();
        let feeds = visits.iter().filter(|(url, _)| url.path() == "/feed").count();
        (feeds >= 2 && visits.len() - feeds >= 3).then_some(())
    })
    .await;
    let library = host.get("/api/music-ai/library").await.json;
    let shares: Vec<i64> =
        library["items"].as_array().unwrap().iter().map(|entry| entry["share_count"].as_i64().unwrap()).collect();
    assert_eq!(shares.iter().sum::<i64>(), 5, "{library}");
    assert_eq!(host.stop().await, Some(0));
}

#[tokio::test]
async fn the_command_line_syncs_as_the_service_does() {
    let service = Service::new().await;
    let settings = service.settings();
    let synced = liner(service.folder.path(), &["sync", "music", "--json"], &settings, "").await;
    assert_eq!(synced.code, Some(0), "{}", synced.stderr);
    let synced: Value = serde_json::from_str(&synced.stdout).unwrap();
    assert_eq!((&synced["channel"], &synced["posts"], &synced["queued"]), (&json!("music"), &json!(3), &json!(1)));
    let again = liner(service.folder.path(), &["sync", "music"], &settings, "").await;
    assert!(again.stdout.contains("0 new posts"), "{}", again.stdout);
    let wrong = liner(service.folder.path(), &["sync", "no channel"], &settings, "").await;
    assert_eq!(wrong.code, Some(2), "{}", wrong.stderr);
    let keyless = liner(service.folder.path(), &["sync", "music"], &[], "").await;
    assert!(keyless.code == Some(1) && keyless.stderr.contains("NEYNAR_API_KEY is not set"), "{}", keyless.stderr);
}
