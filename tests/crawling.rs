//! Bare links whose pages the real host reads, from a site on this machine, on both databases.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use flate2::Compression;
use flate2::write::GzEncoder;
use liner_tests::raw::{Server, Visitor, answer, redirect};
use liner_tests::{Answer, Database, Finished, Host, Kind, Served, Site, clear_row, eventually, liner};
use serde_json::{Value, json};
use std::io::Write;
use std::time::Duration;

/// A page that says in its own fields what it is about.
const SONG: &str = r#"<!doctype html><html><head><meta charset="utf-8">
<title>Harbour | Ada Lane</title>
<meta property="og:title" content="Harbour &amp; Tide">
<meta property="og:description" content="A song of Ada Lane">
<meta property="og:image" content="/cover.jpg">
<meta property="og:type" content="music.song">
<meta property="music:release_date" content="2021-03-05">
<script type="application/ld+json">{"@context": "https://schema.org", "@type": "MusicRecording",
"name": "Harbour & Tide", "byArtist": {"@type": "MusicGroup", "name": "Ada Lane"},
"inAlbum": {"@type": "MusicAlbum", "name": "Lighthouses"}, "datePublished": "2021-03-05"}</script>
</head><body>…</body></html>"#;

/// A page that only has a title.
fn titled(title: &str) -> Served {
    Served::page(format!("<html><head><meta property=\"og:title\" content=\"{title}\"></head></html>"))
}

/// A database, a site, and hosts that may read from it.
struct Fixture {
    database: Database,
    site: Site,
}

impl Fixture {
    async fn open(kind: Kind) -> Option<Self> {
        Some(Self { database: Database::new(kind).await?, site: Site::open().await })
    }

    /// What a host of this database is set to.
    fn settings<'a>(&'a self, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let mut settings = vec![
            ("DATABASE_URL", self.database.url.as_str()),
            ("LINER_FETCH", "true"),
            ("LINER_FETCH_ALLOW", "127.0.0.1"),
            ("LINER_FETCH_INTERVAL_MS", "0"),
            ("RUST_LOG", "liner=info"),
        ];
        settings.extend(more);
        settings
    }

    async fn host(&self, more: &[(&str, &str)]) -> Host {
        Host::start(self.database.folder.path(), &self.settings(more)).await
    }

    /// A command on the database.
    async fn liner(&self, arguments: &[&str]) -> Finished {
        let run = liner(self.database.folder.path(), arguments, &self.settings(&[]), "").await;
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        run
    }

    /// The entry of a page, once it is in a state.
    async fn entry(&self, host: &Host, state: &str) -> Value {
        eventually(state, || async {
            let entries = host.get("/api/music-ai/library").await.json;
            let entry = entries["items"].as_array()?.iter().find(|entry| entry["processing_status"] == state)?;
            let path = format!("/api/music-ai/library/web/{}", entry["platform_id"].as_str()?);
            Some(host.get(&path).await.json)
        })
        .await
    }

    /// When a worker that looks and may do nothing has looked often enough.
    async fn ten_looks_later(&self, host: &Host) {
        let skipped = || async { host.get("/api/music-ai/worker/status").await.json["stats"]["totalSkipped"].as_i64() };
        let before = skipped().await.unwrap();
        eventually("ten looks", || async { skipped().await.filter(|skipped| *skipped >= before + 10) }).await;
    }

    async fn unread(&self, host: &Host) -> Answer {
        eventually("a page that cannot be had", || async {
            let answer = host.get("/api/music-ai/pages").await;
            (answer.json["count"] == 1).then_some(answer)
        })
        .await
    }
}

/// Runs a test on each kind that is installed.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        $(mod $test {
            use super::*;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$test(Fixture::open(Kind::Sqlite).await.unwrap()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(fixture) = Fixture::open(Kind::Postgres).await {
                    super::$test(fixture).await;
                }
            }
        })+
    };
}

on_both!(
    an_enqueued_link_ends_in_the_library_with_what_its_page_says,
    a_page_that_is_not_there_is_listed_and_read_when_somebody_wants_it_again,
    a_page_is_asked_for_with_what_it_was_marked_with_when_its_link_comes_again_long_after,
    nothing_is_read_while_the_operator_has_paused,
    pages_that_are_written_down_hold_up_nobody_who_claims_the_next,
    what_a_killed_host_was_reading_is_read_by_its_heir,
);

async fn an_enqueued_link_ends_in_the_library_with_what_its_page_says(f: Fixture) {
    f.site.put("/1", Served::page(SONG));
    let host = f.host(&[]).await;
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    let entry = f.entry(&host, "ai_completed").await;
    let fields = ["title", "artist", "album", "release_date", "music_type", "og_title"].map(|name| &entry[name]);
    assert_eq!(fields, ["Harbour & Tide", "Ada Lane", "Lighthouses", "2021-03-05", "song", "Harbour & Tide"]);
    assert_eq!((&entry["origins"]["artist"], &entry["strategy"]), (&json!("page"), &json!("rules")), "{entry}");
    let [visit] = f.site.visits().try_into().unwrap();
    let agent = visit.headers["user-agent"].to_str().unwrap();
    assert!(agent.contains("liner/"), "{agent}");
    assert!(["cookie", "authorization", "referer"].iter().all(|name| !visit.headers.contains_key(*name)));
    let metrics = host.get("/metrics").await.text;
    assert!(metrics.contains("liner_pages_total{outcome=\"read\"} 1"), "{metrics}");
    assert_eq!(host.stop().await, Some(0));
}

async fn a_page_that_is_not_there_is_listed_and_read_when_somebody_wants_it_again(f: Fixture) {
    let host = f.host(&[]).await;
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    let unread = f.unread(&host).await.json;
    assert_eq!(unread["items"][0]["failure"], format!("{}: the server answers 404", f.site.link("/1")));
    let status = host.get("/api/music-ai/status").await.json;
    assert_eq!((&status["queue"]["pending"], &status["waiting"]["page"]["count"]), (&json!(1), &json!(1)), "{status}");
    assert!(f.liner(&["pages"]).await.stdout.contains("the server answers 404"));

    f.site.put("/1", Served::page(SONG));
    let retried = host.post("/api/music-ai/pages/retry", "{}").await;
    assert_eq!((retried.status, &retried.json["retried"]), (200, &json!(1)), "{}", retried.text);
    f.entry(&host, "ai_completed").await;
    assert_eq!(host.get("/api/music-ai/pages").await.json["count"], 0);
    assert_eq!(host.stop().await, Some(0));
}

/// On a file there is one connection that writes: who claims the next pages must not keep it from those that have it.
async fn pages_that_are_written_down_hold_up_nobody_who_claims_the_next(f: Fixture) {
    const SITES: usize = 8;
    const PAGES: usize = 6;
    const WRITES: usize = 60;
    let sites = futures_util::future::join_all((0..SITES).map(|_| Site::open())).await;
    let mut links = Vec::new();
    for site in &sites {
        for page in 0..PAGES {
            let path = format!("/{page}");
            site.put(&path, titled("Ada Lane - Harbour (Official Video)"));
            links.push(site.link(&path));
        }
    }
    let host = f.host(&[]).await;
    host.post("/api/music-ai/queue", json!(links).to_string()).await;
    // Others write meanwhile, so that there is a line to wait in.
    let writes = (0..WRITES).map(|_| host.post("/api/music-ai/queue", clear_row()));
    let answers = futures_util::future::join_all(writes).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
    host.queue_when("all are read", |queue| queue["completed"] == SITES * PAGES + 1).await;
    assert!(!host.log().contains("the database cannot be used"), "{}", host.log());
    assert_eq!(host.stop().await, Some(0));
}

async fn a_page_is_asked_for_with_what_it_was_marked_with_when_its_link_comes_again_long_after(f: Fixture) {
    f.site.put(
        "/1",
        Served::page(SONG).header("etag", "\"v1\"").header("last-modified", "Fri, 05 Mar 2021 00:00:00 GMT"),
    );
    let host = f.host(&[]).await;
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    f.entry(&host, "ai_completed").await;
    f.database.execute("update page_fetch set tried_at = tried_at - 2678400000").await;
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    let again = eventually("it is asked for again", || async { f.site.visits().get(1).cloned() }).await;
    assert_eq!(
        (&again.headers["if-none-match"], &again.headers["if-modified-since"]),
        (&"\"v1\"".parse().unwrap(), &"Fri, 05 Mar 2021 00:00:00 GMT".parse().unwrap())
    );
    let unchanged = "liner_pages_total{outcome=\"unchanged\"} 1";
    eventually("it is as it was", || async { host.get("/metrics").await.text.contains(unchanged).then_some(()) }).await;
    assert_eq!(host.stop().await, Some(0));
}

async fn nothing_is_read_while_the_operator_has_paused(f: Fixture) {
    f.site.put("/1", Served::page(SONG));
    f.liner(&["pause"]).await;
    let host = f.host(&[("AI_WORKER_INTERVAL_MS", "100")]).await;
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    f.ten_looks_later(&host).await;
    assert!(f.site.visits().is_empty());
    assert_eq!(host.post("/api/music-ai/worker/resume", "").await.status, 200);
    f.entry(&host, "ai_completed").await;
    assert_eq!(f.site.visits().len(), 1);
    assert_eq!(host.stop().await, Some(0));
}

async fn what_a_killed_host_was_reading_is_read_by_its_heir(f: Fixture) {
    f.site.put("/1", Served::nothing());
    let host = f.host(&[("LINER_FETCH_TIMEOUT_MS", "60000")]).await;
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    eventually("it is being read", || async { f.site.visits().first().cloned() }).await;
    host.kill().await;
    f.site.put("/1", Served::page(SONG));
    if f.database.kind == Kind::Postgres {
        // Other hosts wait for the end of the lease.
        f.database.execute("update page_fetch set due_at = 0; update page_site set next_at = 0").await;
    }
    let heir = f.host(&[]).await;
    f.entry(&heir, "ai_completed").await;
    assert_eq!(heir.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_stops_gives_back_what_it_was_reading() {
    let f = Fixture::open(Kind::Sqlite).await.unwrap();
    f.site.put("/1", Served::nothing());
    let host = f.host(&[("LINER_FETCH_TIMEOUT_MS", "60000")]).await;
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    eventually("it is being read", || async { f.site.visits().first().cloned() }).await;
    assert_eq!(host.stop().await, Some(0));
    let due = "select due_at <= (select ms from clock) and claim is null from page_fetch";
    assert_eq!(f.database.number(due).await, Some(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hosts_together_ask_a_server_once_in_the_interval() {
    let Some(f) = Fixture::open(Kind::Postgres).await else { return };
    let other = tempfile::tempdir().unwrap();
    for n in 0..6 {
        f.site.put(&format!("/{n}"), titled(&format!("Ada Lane - Tide {n}")));
    }
    let links: Vec<String> = (0..6).map(|n| f.site.link(&format!("/{n}"))).collect();
    let interval = [("LINER_FETCH_INTERVAL_MS", "200")];
    let hosts = [f.host(&interval).await, Host::start(other.path(), &f.settings(&interval)).await];
    hosts[0].post("/api/music-ai/queue", links.join("\n")).await;
    let visits =
        eventually("all are read", || async { Some(f.site.visits()).filter(|visits| visits.len() == 6) }).await;
    let took = visits[5].at - visits[0].at;
    assert!(took > Duration::from_millis(900), "six pages within {took:?}");
    for host in hosts {
        assert_eq!(host.stop().await, Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_read_by_a_host_that_is_to_take_nothing_more_or_does_not_work_by_itself() {
    let f = Fixture::open(Kind::Sqlite).await.unwrap();
    f.site.put("/1", Served::page(SONG));
    let host = f.host(&[("AI_WORKER_INTERVAL_MS", "100")]).await;
    let id = host.get("/api/music-ai/worker/status").await.json["worker"]["hostId"].clone();
    assert_eq!(host.post(&format!("/api/hosts/{}/drain", id.as_str().unwrap()), "").await.status, 200);
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    f.ten_looks_later(&host).await;
    assert!(f.site.visits().is_empty());
    assert_eq!(host.stop().await, Some(0));

    let host = f.host(&[("AI_WORKER_ENABLED", "false")]).await;
    let due = "select due_at <= (select ms from clock) and claim is null from page_fetch";
    assert_eq!(f.database.number(due).await, Some(1));
    host.post("/api/music-ai/process", "").await;
    assert_eq!(f.site.visits().len(), 1, "a run by hand reads it");
    assert_eq!(host.get("/api/music-ai/status").await.json["queue"]["completed"], 1);
    assert_eq!(host.stop().await, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_queue_is_worked_off_by_hand_with_its_pages() {
    let f = Fixture::open(Kind::Sqlite).await.unwrap();
    f.site.put("/1", Served::page(SONG));
    f.site.put("/2", Served::page(SONG));
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    f.liner(&["enqueue", &f.site.link("/2")]).await;
    let run = f.liner(&["process"]).await;
    assert!(run.stdout.contains("2 completed, 0 failed"), "{}", run.stdout);
}

#[tokio::test]
async fn a_host_that_reads_no_pages_says_what_lets_the_track_go_on() {
    let f = Fixture::open(Kind::Sqlite).await.unwrap();
    let host = f.host(&[("LINER_FETCH", "false")]).await;
    f.liner(&["enqueue", &f.site.link("/1")]).await;
    host.post("/api/music-ai/queue", clear_row()).await;
    host.queue_when("the other one is done", |queue| queue["completed"] == 1).await;
    let reason = host.get("/api/music-ai/status").await.json["waiting"]["page"]["reason"].clone();
    assert!(reason.as_str().unwrap().contains("og_title"), "{reason}");
    assert!(f.site.visits().is_empty());
    assert_eq!(host.stop().await, Some(0));
}

/// A page with a title, of which there is more than is read.
const TITLE: &str = "<html><head><meta property=\"og:title\" content=\"Ada Lane - Harbour (Official Video)\">";

/// What a server does with whoever asks it.
async fn server<F: Future<Output = ()> + Send>(act: impl Fn(Visitor) -> F + Clone + Send + 'static) -> Server {
    Server::doing(act).await
}

/// Says a beginning, then the same again and again.
async fn endless(beginning: String, then: &'static str) -> Server {
    server(move |mut visitor| {
        let beginning = beginning.clone();
        async move {
            visitor.head().await;
            visitor.send(beginning.as_bytes()).await;
            visitor.send_endlessly(then.as_bytes()).await;
        }
    })
    .await
}

/// A gigabyte of spaces, packed.
fn bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    let megabyte = vec![b' '; 1 << 20];
    (0..1024).for_each(|_| packed.write_all(&megabyte).unwrap());
    answer("200 OK", &["content-type: text/html", "content-encoding: gzip"], &packed.finish().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_servers_do_each_page_costs_a_bounded_time_and_its_track_says_what_became_of_it() {
    let f = Fixture::open(Kind::Sqlite).await.unwrap();
    let html = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n";
    let slow = server(|mut visitor| async move {
        visitor.head().await;
        visitor.send(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<html>").await;
        while visitor.send(b" ").await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
    let packed = bomb();
    let misnamed = [TITLE.replace("Harbour", "灯台").as_bytes(), b"</head>"].concat();
    let servers = [
        (endless(format!("{html}{TITLE}</head>"), "<p>").await, None),
        (endless(format!("{html}<html><head>"), "<p>").await, Some("a page that says nothing about itself")),
        (slow, Some("took longer than 2 s")),
        (Server::saying(|_| redirect(302, "/")).await, Some("redirects:")),
        (Server::saying(move |_| packed.clone()).await, Some("is packed more tightly than 200 to 1")),
        (endless("HTTP/1.1 200 OK\r\nx: ".into(), "endless").await, Some("has longer headers than are read")),
        (Server::always(answer("200 OK", &["content-type: text/html; charset=shift_jis"], &misnamed)).await, None),
    ];
    let host = f.host(&[("LINER_FETCH_TIMEOUT_MS", "2000")]).await;
    let links: Vec<String> = servers.iter().map(|(server, _)| server.url("/")).collect();
    host.post("/api/music-ai/queue", links.join("\n")).await;
    let unread = eventually("five cannot be had", || async {
        let unread = host.get("/api/music-ai/pages").await.json;
        (unread["count"] == 5).then_some(unread)
    })
    .await;
    for (server, said) in &servers {
        let item = unread["items"].as_array().unwrap().iter().find(|item| item["url"] == server.url("/"));
        match said {
            Some(said) => {
                let item = item.unwrap_or_else(|| panic!("{said}: {unread}"));
                assert!(item["failure"].as_str().unwrap().contains(said), "{said}: {item}");
                assert_eq!(item["next_try_at"].is_string(), *said == "took longer than 2 s", "{item}");
            }
            None => assert!(item.is_none(), "{unread}"),
        }
    }
    let titles = "select og_title from music_library where og_title is not null order by id";
    let read = eventually("the two others are read", || async {
        Some(f.database.texts(titles).await).filter(|titles| titles.len() == 2)
    })
    .await;
    assert_eq!(read, ["Ada Lane - Harbour (Official Video)", "Ada Lane - 灯台 (Official Video)"]);
    let status = host.get("/api/music-ai/status").await.json;
    assert_eq!(status["waiting"]["page"]["count"], 5, "{status}");
    assert_eq!(host.stop().await, Some(0));
}
