//! What a long queue costs: links in, claims, the status and memory, with ten thousand to five million tracks pending.

use crate::stores::{link, settlement};
use crate::{machine, print};
use liner::store::{HostId, Store, Want};
use liner_tests::{Database, Host, Kind};
use std::ops::Range;
use std::time::{Duration, Instant};

/// How deep.
const DEPTHS: [(usize, &str); 4] = [(10_000, "10k"), (100_000, "100k"), (1_000_000, "1M"), (5_000_000, "5M")];
/// Links of one call.
const CALL: usize = 20_000;
/// Claims of a figure.
const CLAIMS: usize = 300;
/// How long a host works until its memory is looked at.
const WORK: Duration = Duration::from_secs(3);
/// Requests of a figure.
const REQUESTS: usize = 100;

/// On both databases.
pub async fn figures() {
    for kind in [Kind::Postgres, Kind::Sqlite] {
        let Some(database) = Database::durable(kind).await else { continue };
        let store = database.store().await;
        let mut offered = 0;
        for (depth, name) in DEPTHS {
            let pending = usize::try_from(store.counts().await.unwrap().pending).unwrap();
            let links = offered..offered + depth - pending;
            offered = links.end;
            let (n, started) = (links.len(), Instant::now());
            fill(store.as_ref(), links).await;
            let rate = n as f64 / started.elapsed().as_secs_f64();
            database.checkpoint().await;
            let name = format!("depth.{}.{name}", kind.name());
            print(&format!("{name}.enqueue"), rate, "tracks/s");
            claims(&name, store.as_ref()).await;
            host(&name, &database, store.as_ref()).await;
        }
        store.close().await;
    }
}

async fn fill(store: &dyn Store, links: Range<usize>) {
    for first in links.clone().step_by(CALL) {
        let links: Vec<_> = (first..(first + CALL).min(links.end)).map(link).collect();
        store.enqueue(&links).await.unwrap();
    }
}

/// One batch after another, each settled before the next.
async fn claims(name: &str, store: &dyn Store) {
    let host = HostId::new();
    let mut times = Vec::with_capacity(CLAIMS);
    for _ in 0..CLAIMS {
        let want = Want::one(host.clone(), 20, 1);
        let started = Instant::now();
        let claim = store.claim(&want).await.unwrap().remove(0);
        times.push(started.elapsed());
        assert_eq!(claim.tracks.len(), 20);
        store.settle(&claim.lease, &settlement(&claim), true).await.unwrap();
    }
    for percent in [50, 99] {
        print(&format!("{name}.claim_p{percent}"), machine::percentile_ms(&mut times, percent), "ms");
    }
}

/// A host at that queue: what its status takes while it is paused, and what it holds after it worked for a while.
async fn host(name: &str, database: &Database, store: &dyn Store) {
    let folder = tempfile::tempdir().unwrap();
    store.pause("figures", None).await.unwrap();
    let host = Host::start(folder.path(), &[("DATABASE_URL", &database.url), ("RUST_LOG", "warn")]).await;
    for (what, path) in [("status", "/api/music-ai/status"), ("worker_status", "/api/music-ai/worker/status")] {
        let mut times = Vec::<Duration>::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let started = Instant::now();
            assert_eq!(host.get(path).await.status, 200);
            times.push(started.elapsed());
        }
        for percent in [50, 99] {
            print(&format!("{name}.{what}_p{percent}"), machine::percentile_ms(&mut times, percent), "ms");
        }
    }
    host.post("/api/music-ai/worker/resume", "").await;
    tokio::time::sleep(WORK).await;
    print(&format!("{name}.peak"), machine::peak_mb(host.pid()), "MB");
    host.stop().await;
    store.resume().await.unwrap();
}
