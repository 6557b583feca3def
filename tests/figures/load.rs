//! Many callers while the worker works: the status by the thousand, event streams by the hundred, and an upload of a
//! gigabyte. `make load` runs it; it needs wrk.

use crate::{machine, print, vague};
use liner_tests::swapping::resident_kib;
use liner_tests::upload::upload;
use liner_tests::{Database, Host, Kind, StubModel, liner};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

/// How long wrk asks for one figure, in seconds.
const SECONDS: &str = "20";
/// Batches in flight, and how long the model takes for one: some 1,100 batches a minute.
const IN_FLIGHT: &str = "8";
const MODEL: Duration = Duration::from_millis(420);
/// Tracks in the queue: more than are worked off meanwhile.
const TRACKS: usize = 60_000;
/// Event streams.
const STREAMS: usize = 500;
/// Bytes of the upload.
const UPLOAD: usize = 1 << 30;
/// How much memory it may take, in KiB: an eighth of it. Most is the database's cache, which has a fixed size.
const MOST_GROWN_KIB: u64 = 128 << 10;

/// On both databases.
pub async fn figures() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(database) = Database::durable(kind).await else { continue };
        let (folder, name) = (tempfile::tempdir().unwrap(), format!("load.{}", kind.name()));
        let settings =
            [("DATABASE_URL", database.url.as_str()), ("AI_WORKER_CONCURRENCY", IN_FLIGHT), ("RUST_LOG", "warn")];
        let rows: String = (0..TRACKS).map(|n| format!("{}\n", vague(n))).collect();
        let queued = liner(folder.path(), &["enqueue", "-"], &settings, &rows).await;
        assert!(queued.stdout.starts_with(&format!("{TRACKS} queued")), "{}", queued.stderr);
        let model = StubModel::slow(MODEL).await;
        let host = Host::asking(folder.path(), &model, &settings).await;
        for (what, path) in [("status", "/api/music-ai/status"), ("worker_status", "/api/music-ai/worker/status")] {
            asked(&format!("{name}.{what}"), &host, path, &database).await;
        }
        streams(&name, &host).await;
        print(&format!("{name}.peak"), machine::peak_mb(host.pid()), "MB");
        assert!(!host.log().contains("ERROR"), "{}", host.log());
        host.stop().await;
    }
    gigabyte().await;
}

/// As many requests as thirty-two connections bring, while batches are worked off.
async fn asked(name: &str, host: &Host, path: &str, database: &Database) {
    let (cpu, started) = (machine::cpu_seconds(host.pid()), Instant::now());
    let before = settled(database).await;
    let url = format!("{}{path}", host.url);
    let output = Command::new("wrk").args(["-t1", "-c32", "--latency", "-d", SECONDS, &url]).output().await;
    let output = output.expect("wrk is installed by `make load`");
    let said = String::from_utf8(output.stdout).unwrap();
    let (took, batches) = (started.elapsed().as_secs_f64(), settled(database).await - before);
    let line = |begin: &str| said.lines().map(str::trim).find_map(|line| line.strip_prefix(begin)).map(str::trim);
    let rate: f64 = line("Requests/sec:").unwrap().parse().unwrap();
    print(&format!("{name}.rate"), rate, "requests/s");
    print(&format!("{name}.p50"), millis(line("50%").unwrap()), "ms");
    print(&format!("{name}.p99"), millis(line("99%").unwrap()), "ms");
    let failed = errors(line("Socket errors:"), line("Non-2xx or 3xx responses:"));
    print(&format!("{name}.errors"), failed, "requests");
    assert!(failed == 0.0, "{said}");
    print(&format!("{name}.cpu"), (machine::cpu_seconds(host.pid()) - cpu) / took, "cores");
    print(&format!("{name}.batches"), batches as f64 * 60.0 / took, "batches/min");
}

async fn settled(database: &Database) -> i64 {
    database.number("select count(*) from extraction_batch where state = 'settled'").await.unwrap()
}

/// `1.23ms`, `870.00us` or `1.02s`.
fn millis(text: &str) -> f64 {
    let number = text.trim_end_matches(char::is_alphabetic);
    let factor = match &text[number.len()..] {
        "us" => 1e-3,
        "ms" => 1.0,
        "s" => 1e3,
        other => panic!("{other}"),
    };
    number.parse::<f64>().unwrap() * factor
}

/// `connect 0, read 0, write 0, timeout 0`, and a number.
fn errors(socket: Option<&str>, status: Option<&str>) -> f64 {
    let numbers = socket.into_iter().chain(status).flat_map(|text| text.split([' ', ',']));
    numbers.filter_map(|word| word.parse::<f64>().ok()).fold(0.0, |sum, number| sum + number)
}

/// What so many event streams hold, half of which are never read.
async fn streams(name: &str, host: &Host) {
    let before = resident_kib(host.pid());
    let (mut reading, mut silent) = (tokio::task::JoinSet::new(), Vec::new());
    for n in 0..STREAMS {
        let mut stream = TcpStream::connect(host.url.trim_start_matches("http://")).await.unwrap();
        stream.write_all(b"GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
        if n % 2 == 0 {
            reading.spawn(read(stream));
        } else {
            silent.push(stream);
        }
    }
    let cpu = machine::cpu_seconds(host.pid());
    tokio::time::sleep(Duration::from_secs(20)).await;
    print(&format!("{name}.streams.cpu"), (machine::cpu_seconds(host.pid()) - cpu) / 20.0, "cores");
    let grown = resident_kib(host.pid()).saturating_sub(before) as f64;
    print(&format!("{name}.streams.memory"), grown / STREAMS as f64, "KiB/stream");
    drop(silent);
}

/// Reads until it is hung up on.
async fn read(mut stream: TcpStream) {
    let mut bytes = [0; 16 << 10];
    while let Ok(1..) = stream.read(&mut bytes).await {}
}

/// A gigabyte of links.
async fn gigabyte() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[("AI_WORKER_ENABLED", "false"), ("RUST_LOG", "warn")]).await;
    let padding = "d".repeat(900);
    let row = |n: u64| {
        let title = format!("Ada Lane - Harbour {n:010}");
        format!(
            "{{\"platform\":\"youtube\",\"platform_id\":\"id{n:010}\",\"og_title\":\"{title}\",\"og_description\":\"{padding}\"}}\n"
        )
    };
    let started = Instant::now();
    let uploaded = upload(&host, UPLOAD, row).await;
    assert_eq!(uploaded.answer["queued"].as_u64(), Some(uploaded.rows), "{}", uploaded.answer);
    print("load.upload.time", started.elapsed().as_secs_f64(), "s");
    print("load.upload.rows", uploaded.rows as f64, "rows");
    print("load.upload.grown", uploaded.grown_kib as f64 / 1024.0, "MB");
    print("load.upload.peak", machine::peak_mb(host.pid()), "MB");
    assert!(uploaded.grown_kib < MOST_GROWN_KIB, "a gigabyte was not taken in pieces");
    host.stop().await;
}
