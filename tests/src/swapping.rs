//! Batches under load while strategies are swapped: what the load test asserts and the bench measures.
//!
//! Two strategies of one name take turns. Each can read the replies to its own questions only and traps on any other, so
//! that a batch that was interpreted by another digest than planned it fails.

use crate::{HOSTILE, Host, StubModel, components, eventually, vague_rows};
use sqlx::SqlitePool;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A run's shape.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Batches, of one track each.
    pub batches: usize,
    /// Swaps meanwhile, by file and by API in turn; every tenth time a bad component is tried besides.
    pub swaps: usize,
    /// What the model takes to answer.
    pub model: Duration,
}

/// What a run saw.
#[derive(Debug)]
pub struct Outcome {
    /// How long each batch took from its claim to its end, sorted.
    pub latencies: Vec<Duration>,
    /// Bad components that were refused.
    pub refused: usize,
    /// Revisions that batches were claimed for.
    pub revisions: i64,
    /// Batches whose calls were made by a strategy that its revision does not name.
    pub strays: i64,
    /// Resident memory after a quarter of the swaps and at the end, in KiB.
    pub resident: (u64, u64),
    /// What the host logged.
    pub log: String,
}

impl Outcome {
    /// The latency that so many of a hundred batches stay below.
    #[must_use]
    pub fn percentile(&self, percent: usize) -> Duration {
        self.latencies[(self.latencies.len() * percent / 100).min(self.latencies.len() - 1)]
    }
}

/// The two strategies, and how each is configured.
fn strategy(turn: usize) -> (Vec<u8>, &'static str) {
    let note: &[u8] = if turn.is_multiple_of(2) { b"a" } else { b"b" };
    (components::with_section(HOSTILE, "strategy", note), if turn.is_multiple_of(2) { "mark a" } else { "mark b" })
}

/// Runs a load in a folder.
pub async fn run(folder: &Path, load: Load) -> Outcome {
    let model = StubModel::slow(load.model).await;
    // What strategies say, and why tracks fail, is not told above `debug`.
    let log = "warn,liner::guest=debug,liner::worker::report=debug,liner::worker::run=debug";
    let settings = [("AI_WORKER_BATCH_SIZE", "1"), ("RUST_LOG", log), ("LINER_REQUIRED_FIELDS", "title,artist")];
    let host = Host::asking(folder, &model, &settings).await;
    swap_by_api(&host, 1).await;
    for strategy in ["rules", "llm"] {
        let answer = host.send(host.request("DELETE", &format!("/api/plugins/{strategy}"))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let queued = host.post("/api/music-ai/queue", vague_rows(load.batches)).await;
    assert_eq!(queued.status, 200, "{}", queued.text);
    let (mut refused, mut resident) = (0, (0, 0));
    for swap in 0..load.swaps {
        if swap % 10 == 9 {
            refused += try_bad(&host, folder, swap).await;
        }
        if swap % 2 == 0 {
            swap_by_file(&host, folder, swap).await
        } else {
            swap_by_api(&host, swap).await
        }
        if swap == load.swaps / 4 {
            resident.0 = resident_kib(host.pid());
        }
    }
    let patience = Duration::from_secs(120);
    let drained = tokio::time::timeout(patience, async {
        while host.get("/api/music-ai/status").await.json["queue"]["completed"] != load.batches {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let drained = drained.await;
    let queue = host.get("/api/music-ai/status").await.text;
    assert!(drained.is_ok(), "not all batches were done after {patience:?}: {queue}\n{}", host.log());
    resident.1 = resident_kib(host.pid());
    let log = host.log();
    host.stop().await;
    let (latencies, revisions, strays) = look_back(folder).await;
    Outcome { latencies, refused, revisions, strays, resident, log }
}

/// A file is dropped into the plugins folder. Its configuration differs by a remark each time, so that it is a new one.
async fn swap_by_file(host: &Host, folder: &Path, swap: usize) {
    let (component, config) = strategy(swap);
    let plugins = folder.join("liner-data/plugins");
    std::fs::write(plugins.join("strategy.toml"), format!("# swap {swap}\nconfig = \"{config}\"")).unwrap();
    std::fs::write(plugins.join("strategy.wasm"), component).unwrap();
    until_configured(host, config).await;
}

async fn swap_by_api(host: &Host, swap: usize) {
    let (component, config) = strategy(swap);
    let path = format!("/api/plugins?config={}", config.replace(' ', "%20"));
    let answer = host.send(host.request("POST", &path).body(component)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    until_configured(host, config).await;
}

async fn until_configured(host: &Host, config: &str) {
    eventually(&format!("{config} is active"), || async {
        let plugins = host.get("/api/plugins").await.json;
        let mut plugins = plugins["plugins"].as_array()?.iter();
        plugins.any(|plugin| plugin["state"] == "active" && plugin["config"] == config).then_some(())
    })
    .await;
}

/// A bad component, by file and by API in turn; returns how many were refused.
async fn try_bad(host: &Host, folder: &Path, swap: usize) -> usize {
    if swap % 20 == 9 {
        let answer = host.send(host.request("POST", "/api/plugins?config=panic").body(HOSTILE)).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        return 1;
    }
    let half = components::with_section(&HOSTILE[..HOSTILE.len() / 2], "swap", swap.to_string().as_bytes());
    let file = format!("bad-{swap}.wasm");
    std::fs::write(folder.join("liner-data/plugins").join(&file), half).unwrap();
    eventually("the bad file is refused", || async {
        host.get("/api/plugins/events?limit=20").await.text.contains(&file).then_some(1)
    })
    .await
}

async fn look_back(folder: &Path) -> (Vec<Duration>, i64, i64) {
    let path = format!("sqlite:{}", folder.join("liner-data/liner.db").display());
    let database = SqlitePool::connect(&path).await.unwrap();
    let times: Vec<i64> =
        sqlx::query_scalar("select finished_at - created_at from extraction_batch where state = 'settled'")
            .fetch_all(&database)
            .await
            .unwrap();
    let mut latencies: Vec<Duration> =
        times.into_iter().map(|ms| Duration::from_millis(u64::try_from(ms).unwrap())).collect();
    latencies.sort_unstable();
    let revisions = sqlx::query_scalar("select count(distinct pipeline_revision) from extraction_batch")
        .fetch_one(&database)
        .await
        .unwrap();
    let strays = sqlx::query_scalar(
        "select count(*) from model_call c join extraction_batch b on b.id = c.batch_id
             join pipeline p on p.revision = b.pipeline_revision
             where not instr(p.entries, c.strategy_digest)",
    )
    .fetch_one(&database)
    .await
    .unwrap();
    (latencies, revisions, strays)
}

/// Resident memory of a process, in KiB.
#[must_use]
pub fn resident_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Batches under load while a component is uploaded again and again under other digests, so that something is being
/// compiled all the time; without one, the same load alone.
pub async fn while_compiling(folder: &Path, load: Load, component: Option<&[u8]>) -> Outcome {
    let model = StubModel::slow(load.model).await;
    let settings = [("AI_WORKER_BATCH_SIZE", "1"), ("RUST_LOG", "warn"), ("LINER_REQUIRED_FIELDS", "title,artist")];
    let host = Host::asking(folder, &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(load.batches)).await;
    let drained = host.drained();
    let compiled = async {
        for upload in 0usize.. {
            let Some(component) = component else { return std::future::pending().await };
            let component = components::with_section(component, "upload", &upload.to_le_bytes());
            let answer = host.send(host.request("POST", "/api/plugins?as=staged").body(component)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    };
    tokio::select! {
        _ = drained => {}
        () = compiled => {}
    }
    let log = host.log();
    host.stop().await;
    let (latencies, revisions, strays) = look_back(folder).await;
    Outcome { latencies, refused: 0, revisions, strays, resident: (0, 0), log }
}

/// From a file's drop to the claim of the first batch that goes through it.
pub async fn file_to_first_batch(folder: &Path) -> Duration {
    let model = StubModel::slow(Duration::from_millis(50)).await;
    let settings = [("AI_WORKER_BATCH_SIZE", "1"), ("RUST_LOG", "warn"), ("LINER_REQUIRED_FIELDS", "title,artist")];
    let host = Host::asking(folder, &model, &settings).await;
    host.post("/api/music-ai/queue", vague_rows(400)).await;
    host.queue_when("batches are being worked on", |queue| queue["completed"].as_i64() > Some(20)).await;
    let fresh = components::with_section(HOSTILE, "fresh", &std::process::id().to_le_bytes());
    let dropped = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    std::fs::write(folder.join("liner-data/plugins/fresh.wasm"), fresh).unwrap();
    until_configured(&host, "polite").await;
    host.drained().await;
    host.stop().await;
    let path = format!("sqlite:{}", folder.join("liner-data/liner.db").display());
    let database = SqlitePool::connect(&path).await.unwrap();
    let first: i64 = sqlx::query_scalar("select min(created_at) from extraction_batch where pipeline_revision > 1")
        .fetch_one(&database)
        .await
        .unwrap();
    Duration::from_millis(u64::try_from(first).unwrap()).saturating_sub(dropped)
}
