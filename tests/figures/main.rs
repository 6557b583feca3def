//! `make bench`: what liner costs, one line a figure (`name value unit`). Everything is measured in one run on one
//! machine; the model is a stub in this process that answers at once, so that what is measured is liner.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod depth;
mod drain;
mod fleet;
mod load;
mod machine;
mod simulation;
mod stores;

use liner::music::{Reply, Stop, Track, TrackKey};
use liner::strategy::cache::Cache;
use liner::strategy::limits::Limits;
use liner::strategy::runtime::Runtime;
use liner::strategy::{Strategy, bundled};
use liner_strategy as sdk;
use liner_tests::swapping::{self, Load};
use liner_tests::{Database, Host, Kind, liner};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tracks of the figure by rules.
const QUEUED: usize = 20_000;
/// Tracks of a strategy's call, as in a batch of default size.
const BATCH: usize = 20;
/// Calls of a strategy; the median counts.
const CALLS: usize = 300;

/// The groups of figures; those named on the command line, or all but the last, which has a command of its own.
const GROUPS: [&str; 8] = ["strategies", "start", "stores", "drain", "depth", "fleet", "swaps", "load"];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    for group in &named {
        assert!(GROUPS.contains(&group.as_str()), "{group:?} is no group of figures; those are {GROUPS:?}");
    }
    for group in GROUPS {
        if (named.is_empty() && group != "load") || named.iter().any(|name| name == group) {
            runtime.block_on(figures(group));
        }
    }
}

async fn figures(group: &str) {
    match group {
        "strategies" => strategies().await,
        "start" => {
            start(Kind::Sqlite).await;
            start(Kind::Postgres).await;
        }
        "stores" => stores::figures().await,
        "drain" => {
            by_rules(tempfile::tempdir().unwrap().path()).await;
            drain::figures().await;
        }
        "fleet" => fleet::figures().await,
        "depth" => depth::figures().await,
        "load" => load::figures().await,
        _ => swaps().await,
    }
}

fn print(name: &str, value: f64, unit: &str) {
    println!("{name} {value:.2} {unit}");
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn vague(n: usize) -> serde_json::Value {
    json!({"platform": "youtube", "platform_id": format!("id{n}"), "og_title": format!("untitled upload {n}")})
}

fn clear(n: usize) -> serde_json::Value {
    let title = format!("Ada Lane - Harbour {n} (Official Video)");
    json!({"platform": "youtube", "platform_id": format!("id{n}"), "og_title": title, "og_artist": "Ada Lane"})
}

/// Tracks a second from a full queue to an empty one when rules decide them all.
async fn by_rules(folder: &Path) {
    let rows: String = (0..QUEUED).map(|n| format!("{}\n", clear(n))).collect();
    let queued = liner(folder, &["enqueue", "-"], &[], &rows).await;
    assert!(queued.stdout.starts_with(&format!("{QUEUED} queued")), "{}", queued.stderr);
    let started = Instant::now();
    let host = Host::start(folder, &[("RUST_LOG", "warn")]).await;
    let queue = host.drained().await;
    let took = started.elapsed();
    assert_eq!(queue["completed"], QUEUED);
    print("drain.sqlite.rules", QUEUED as f64 / took.as_secs_f64(), "tracks/s");
    host.stop().await;
}

/// What 200 swaps cost 2,000 batches, whose model takes 50 ms, beside the same batches without; and how long a dropped
/// file takes until a batch goes through it.
async fn swaps() {
    let mut p99 = Vec::new();
    for swaps in [0, 200, 0] {
        let folder = tempfile::tempdir().unwrap();
        let load = Load { batches: 2_000, swaps, model: Duration::from_millis(50) };
        let outcome = swapping::run(folder.path(), load).await;
        assert_eq!((outcome.latencies.len(), outcome.strays), (2_000, 0));
        for percent in [50, 99] {
            let name = format!("batch_p{percent}_with_{swaps}_swaps");
            print(&name, outcome.percentile(percent).as_secs_f64() * 1e3, "ms");
        }
        p99.push(outcome.percentile(99).as_secs_f64());
    }
    print("batch_p99_ratio", p99[1] / p99[0].min(p99[2]), "x");
    match std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/examples/javascript/bandcamp.wasm")) {
        Ok(javascript) => compiling(&javascript).await,
        Err(_) => eprintln!("skipped: what compiling JavaScript costs batches; the example is not built"),
    }
    let drop = swapping::file_to_first_batch(tempfile::tempdir().unwrap().path()).await;
    print("file_drop_to_first_batch", drop.as_secs_f64() * 1e3, "ms");
}

/// What batches notice of a JavaScript runtime of 12 MB that is being compiled all the time.
async fn compiling(javascript: &[u8]) {
    let load = Load { batches: 800, swaps: 0, model: Duration::from_millis(50) };
    let alone = swapping::while_compiling(tempfile::tempdir().unwrap().path(), load, None).await;
    let beside = swapping::while_compiling(tempfile::tempdir().unwrap().path(), load, Some(javascript)).await;
    for (name, outcome) in [("alone", &alone), ("while_compiling_javascript", &beside)] {
        print(&format!("batch_p99_{name}"), outcome.percentile(99).as_secs_f64() * 1e3, "ms");
    }
    let ratio = beside.percentile(99).as_secs_f64() / alone.percentile(99).as_secs_f64();
    print("batch_p99_while_compiling_ratio", ratio, "x");
}

/// From the process's start to its first answer, and what it holds while it idles. The first start compiles the
/// strategies, and on PostgreSQL makes the tables.
async fn start(kind: Kind) {
    let Some(database) = Database::durable(kind).await else { return };
    let (folder, name) = (tempfile::tempdir().unwrap(), kind.name());
    let mut times = Vec::new();
    for n in 0..6 {
        let started = Instant::now();
        let host = Host::start(folder.path(), &[("DATABASE_URL", &database.url), ("RUST_LOG", "warn")]).await;
        assert_eq!(host.get("/readyz").await.status, 200);
        let took = started.elapsed();
        if n == 0 {
            print(&format!("start.{name}.cold"), took.as_secs_f64() * 1e3, "ms");
        } else {
            times.push(took);
        }
        if n == 5 {
            print(&format!("start.{name}.warm"), median(times.clone()).as_secs_f64() * 1e3, "ms");
            print(&format!("start.{name}.resident"), machine::resident_mb(host.pid()), "MB");
        }
        host.stop().await;
    }
}

/// A strategy's calls in its sandbox, beside the same code natively.
async fn strategies() {
    let runtime = Runtime::new(Limits::default(), 2).unwrap();
    let pipeline = bundled::pipeline(&runtime, &Cache::none()).unwrap();
    let [rules, llm] = pipeline.strategies.as_slice() else { panic!("two strategies") };

    let times = (0..CALLS).map(|_| {
        let started = Instant::now();
        runtime.instantiate(llm).unwrap();
        started.elapsed()
    });
    print("instantiate", micros(median(times.collect())), "us");

    compare::<liner_rules::Rules>("rules_plan", &runtime, rules).await;
    compare::<liner_llm::Llm>("llm_plan_interpret", &runtime, llm).await;
}

/// Calls in the sandbox and calls of the same code natively, in turn and on the same pool of threads. The first ratio is
/// what a caller waits, a fresh instance a call included; the second is the code's alone: an empty call of each kind is
/// taken off a call.
async fn compare<S: sdk::Strategy + 'static>(name: &str, runtime: &Runtime, strategy: &Arc<Strategy>) {
    let (mut wasm, mut native) = (Vec::new(), Vec::new());
    let (mut empty_wasm, mut empty_native) = (Vec::new(), Vec::new());
    for _ in 0..CALLS {
        wasm.push(in_wasm(runtime, strategy).await);
        native.push(natively::<S>(strategy.config()).await);
        let started = Instant::now();
        runtime.plan(strategy, &[]).await.unwrap();
        empty_wasm.push(started.elapsed());
        let started = Instant::now();
        tokio::task::spawn_blocking(|| ()).await.unwrap();
        empty_native.push(started.elapsed());
    }
    let calls = if strategy.description().asks_model { 2 } else { 1 };
    let [wasm, native, empty_wasm, empty_native] = [wasm, native, empty_wasm, empty_native].map(median);
    let code = |whole: Duration, empty: Duration| whole.saturating_sub(empty * calls).as_secs_f64();
    print(&format!("{name}_20_wasm"), micros(wasm), "us");
    print(&format!("{name}_20_native"), micros(native), "us");
    print(&format!("{name}_empty_wasm"), micros(empty_wasm), "us/call");
    print(&format!("{name}_empty_native"), micros(empty_native), "us/call");
    print(&format!("{name}_ratio_whole"), wasm.as_secs_f64() / native.as_secs_f64(), "x");
    print(&format!("{name}_ratio_code"), code(wasm, empty_wasm) / code(native, empty_native), "x");
}

async fn in_wasm(runtime: &Runtime, strategy: &Arc<Strategy>) -> Duration {
    let tracks: Vec<Track> = (0..BATCH).map(track).collect();
    let view: Vec<_> = tracks.iter().map(|track| (track, None)).collect();
    let started = Instant::now();
    let step = runtime.plan(strategy, &view).await.unwrap();
    let mut took = started.elapsed();
    for prompt in &step.prompts {
        let reply = Reply { text: answer(&prompt.indexes), stop: Stop::Complete, model: "m".into() };
        let started = Instant::now();
        let step = runtime.interpret(strategy, 1, &view, prompt, &reply).await.unwrap();
        took += started.elapsed();
        assert_eq!(step.decisions.len(), BATCH);
    }
    took
}

async fn natively<S: sdk::Strategy + 'static>(config: &str) -> Duration {
    let tracks: Arc<Vec<sdk::Track>> = Arc::new((0..BATCH).map(native_track).collect());
    let config: Arc<str> = config.into();
    let (planned, settings) = (tracks.clone(), config.clone());
    let started = Instant::now();
    let plan = move || sdk::testing::plan::<S>(&settings, &planned).unwrap();
    let step = tokio::task::spawn_blocking(plan).await.unwrap();
    let mut took = started.elapsed();
    for prompt in step.prompts {
        let reply = sdk::testing::reply(&answer(&prompt.indexes));
        let (tracks, config) = (tracks.clone(), config.clone());
        let started = Instant::now();
        let interpret = move || sdk::testing::interpret::<S>(&config, &tracks, &prompt, &reply).unwrap();
        let step = tokio::task::spawn_blocking(interpret).await.unwrap();
        took += started.elapsed();
        assert_eq!(step.decisions.len(), BATCH);
    }
    took
}

/// A good answer about tracks.
fn answer(indexes: &[u32]) -> String {
    let items: Vec<_> = indexes.iter().map(|index| liner_tests::item(&format!("t{index}"))).collect();
    json!({ "items": items }).to_string()
}

fn track(n: usize) -> Track {
    Track {
        key: TrackKey { platform_name: "youtube".into(), platform_id: format!("id{n}") },
        url: None,
        og_title: Some(format!("Ada Lane - Harbour {n} (Official Video)")),
        og_artist: Some("some uploader".into()),
        og_description: Some("The official video. Subscribe for more.".into()),
        og_metadata: "{}".into(),
        shared_text: None,
    }
}

fn native_track(n: usize) -> sdk::Track {
    let track = track(n);
    sdk::Track {
        og_title: track.og_title.clone(),
        og_artist: track.og_artist.clone(),
        og_description: track.og_description.clone(),
        platform_id: track.key.platform_id.clone(),
        ..sdk::testing::track("")
    }
}
