//! What the real binary says to the service manager that started it, and to whoever asks whether it lives.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner_tests::{Database, Host, KEY, StubModel, liner, vague_rows};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::UnixDatagram;

/// How long a test waits for the next message. Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// The socket that messages are sent to, as systemd makes one for a service.
struct Manager {
    socket: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { socket: UnixDatagram::bind(folder.path().join("notify")).unwrap(), folder }
    }

    /// Starts a host under a watchdog. Its patience with the database is short, so that of the watchdog can be.
    async fn serve(&self, settings: &[(&str, &str)]) -> Host {
        let socket = self.folder.path().join("notify");
        let mut all = vec![
            ("NOTIFY_SOCKET", socket.to_str().unwrap()),
            ("WATCHDOG_USEC", "600000"),
            ("LINER_DATABASE_CONNECT_TIMEOUT_MS", "300"),
            ("LINER_DATABASE_STATEMENT_TIMEOUT_MS", "300"),
        ];
        all.extend(settings);
        Host::start(self.folder.path(), &all).await
    }

    /// The next message, as its lines.
    async fn hears(&self) -> String {
        let mut bytes = vec![0; 4_096];
        let heard = tokio::time::timeout(PATIENCE, self.socket.recv(&mut bytes)).await;
        let length = heard.expect("nothing was said").unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    /// The messages up to the one that holds a text.
    async fn hears_until(&self, text: &str) -> Vec<String> {
        let mut heard = Vec::new();
        while !heard.last().is_some_and(|message: &String| message.contains(text)) {
            heard.push(self.hears().await);
        }
        heard
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn lives(message: &str) -> bool {
    message == "WATCHDOG=1\n"
}

#[tokio::test]
async fn it_is_told_of_a_host_that_serves_and_lives_and_of_its_end() {
    let (manager, model) = (Manager::start(), StubModel::gated(0).await);
    let key = [("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", model.url.as_str())];
    let mut host = manager.serve(&key).await;
    assert_eq!(manager.hears().await, "READY=1\n", "nothing is said before");
    assert_eq!(host.get("/readyz").await.status, 200, "it serves when it says so");
    host.post("/api/music-ai/queue", vague_rows(3)).await;
    let heard = manager.hears_until("STATUS=serving; batches in flight: 1").await;
    assert!(heard.iter().any(|message| lives(message)), "{heard:?}");
    manager.hears_until("WATCHDOG=1").await;
    host.signal("TERM");
    manager.hears_until("STOPPING=1").await;
    assert!(lives(&manager.hears().await), "while it waits for what is in flight");
    model.allow(1);
    assert_eq!(host.wait().await.code(), Some(0));
}

#[tokio::test]
async fn the_watchdog_hears_no_more_of_a_worker_that_stands_still() {
    stands_still("BeforeClaim:0", "the worker's loop").await;
}

#[tokio::test]
async fn the_watchdog_hears_no_more_of_a_database_loop_that_stands_still() {
    stands_still("BeforeBeat:1", "the loop that writes to the database").await;
}

async fn stands_still(place: &str, part: &str) {
    let manager = Manager::start();
    let host = manager.serve(&[("LINER_STANDSTILL", place)]).await;
    let heard = manager.hears_until("stood still").await;
    assert!(heard.iter().any(|message| lives(message)), "it lived before: {heard:?}");
    for _ in 0..3 {
        let said = manager.hears().await;
        assert!(said.starts_with(&format!("STATUS={part} has stood still for")), "{said}");
    }
    let alive = host.get("/healthz").await;
    assert_eq!(alive.status, 503);
    assert!(alive.json["error"].as_str().unwrap().starts_with(part), "{}", alive.text);
    let port = host.url.rsplit(':').next().unwrap();
    let asked = liner(manager.folder(), &["healthcheck"], &[("PORT", port)], "").await;
    assert_eq!(asked.code, Some(1));
    assert!(asked.stderr.contains(part), "{}", asked.stderr);
    assert!(host.log().contains("hears no more of this host"));
    host.kill().await;
}

#[tokio::test]
async fn a_database_that_is_away_is_no_reason_to_restart_the_host() {
    let Some((database, proxy)) = Database::behind_a_proxy().await else { return };
    let manager = Manager::start();
    let host = manager.serve(&[("DATABASE_URL", &database.url)]).await;
    manager.hears_until("STATUS=serving").await;
    proxy.hush(true);
    manager.hears_until("STATUS=the database cannot be used since").await;
    // Longer than anything may stand still on these terms.
    let until = tokio::time::Instant::now() + Duration::from_secs(6);
    let mut lived = 0;
    while tokio::time::Instant::now() < until {
        let said = manager.hears().await;
        assert!(!said.contains("stood still"), "{said}");
        lived += u32::from(lives(&said));
    }
    assert!(lived > 10, "{lived}");
    assert_eq!((host.get("/healthz").await.status, host.get("/readyz").await.status), (200, 503));
    proxy.hush(false);
    manager.hears_until("STATUS=serving").await;
    host.kill().await;
}

#[tokio::test]
async fn a_health_check_says_who_does_not_answer_and_what_is_not_ready() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[]).await;
    let port = host.url.rsplit(':').next().unwrap().to_owned();
    for (arguments, address) in [(vec!["healthcheck"], "127.0.0.1"), (vec!["healthcheck", "--ready"], "0.0.0.0")] {
        let asked = liner(folder.path(), &arguments, &[("HOST", address), ("PORT", &port)], "").await;
        assert_eq!((asked.code, asked.stderr.as_str()), (Some(0), ""));
    }
    assert_eq!(host.stop().await, Some(0));
    let asked = liner(folder.path(), &["healthcheck"], &[("PORT", &port)], "").await;
    assert_eq!(asked.code, Some(1));
    assert!(asked.stderr.contains(&format!("nobody answers at http://127.0.0.1:{port}/healthz")), "{}", asked.stderr);
}
