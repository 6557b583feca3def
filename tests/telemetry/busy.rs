//! A host that has done a little of everything.

use liner_tests::{HOSTILE, Host, Receiver, Served, Site, StubModel, clear_row, eventually, vague_rows};

/// A page that only has a title.
const PAGE: &str =
    "<html><head><meta property=\"og:title\" content=\"Ada Lane - Tide (Official Video)\"></head></html>";

const FEED: &str = r#"<?xml version="1.0"?><rss version="2.0"><channel><title>Songs</title>
    <item><guid>1</guid><title>Ada Lane - Harbour</title><link>https://youtu.be/aaaaaaaaaaa</link></item>
</channel></rss>"#;

/// How many messages a webhook took.
const DELIVERED: &str = "liner_webhook_deliveries_total{outcome=\"delivered\"} ";

/// A host, and those it talked to.
pub struct Busy {
    pub host: Host,
    _folder: tempfile::TempDir,
    _model: StubModel,
    _site: Site,
    _receiver: Receiver,
}

impl Busy {
    /// Decided, asked, compared, read a page, synced a feed and told a webhook; was asked what it knows, and what it does not.
    pub async fn start(more: &[(&str, &str)]) -> Self {
        let (folder, model, site) = (tempfile::tempdir().unwrap(), StubModel::willing().await, Site::open().await);
        site.put("/page", Served::page(PAGE));
        site.put("/feed", Served::page(FEED).header("content-type", "application/rss+xml"));
        let receiver = Receiver::open().await;
        let mut settings = vec![
            ("WEBHOOK_URL", receiver.url.as_str()),
            ("WEBHOOK_SECRET", Receiver::SECRET),
            ("WEBHOOK_ALLOW", "127.0.0.1"),
            ("LINER_FETCH", "true"),
            ("LINER_FETCH_ALLOW", "127.0.0.1"),
            ("LINER_FETCH_INTERVAL_MS", "0"),
            ("AI_DAILY_BUDGET_USD", "5"),
            ("AI_REQUESTS_PER_MINUTE", "1000"),
        ];
        settings.extend(more);
        let host = Host::asking(folder.path(), &model, &settings).await;
        let shadow = host.request("POST", "/api/plugins?as=shadow&config=polite").body(HOSTILE.to_vec());
        assert_eq!(host.send(shadow).await.status, 200);
        host.post("/api/music-ai/queue", vague_rows(45)).await;
        host.post("/api/music-ai/queue", clear_row()).await;
        host.post("/api/music-ai/queue", site.link("/page")).await;
        let feed = site.link("/feed").replace(':', "%3A").replace('/', "%2F");
        assert_eq!(host.post(&format!("/api/sync/trigger/{feed}"), "").await.status, 200);
        for path in ["/api/music-ai/library?limit=5", "/api/plugins/hostile", "/nothing/here/12345", "/healthz"] {
            host.get(path).await;
        }
        let odd = host.request("BREW", "/api/music-ai/status");
        host.send(odd).await;
        host.queue_when("all but the feed's link is done", |queue| queue["completed"].as_i64() >= Some(47)).await;
        let busy = Self { host, _folder: folder, _model: model, _site: site, _receiver: receiver };
        eventually("the candidate was compared and a webhook told", || async {
            let figures = busy.figures().await;
            let told = figures.lines().find_map(|line| line.strip_prefix(DELIVERED));
            (figures.contains("liner_shadow_tracks_total") && told.is_some_and(|n| n != "0")).then_some(())
        })
        .await;
        busy
    }

    /// What it says to Prometheus.
    pub async fn figures(&self) -> String {
        let answer = self.host.get("/metrics").await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text
    }
}
