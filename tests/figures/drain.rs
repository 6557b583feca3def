//! From a full queue to an empty one, by the real binary on real databases, beside a model that answers at once or takes
//! 50 ms, with one batch in flight or many.

use crate::{machine, print};
use axum::extract::State;
use axum::routing::post;
use axum::{Router, body::Bytes};
use liner_tests::{Database, Host, KEY, Kind, item, liner, message};
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Tracks a batch.
const BATCH: usize = 20;
/// The most tracks of a figure.
const TRACKS: usize = 20_000;
/// How long a figure that waits for the model mostly goes on, about.
const SECONDS: f64 = 4.0;

/// A model that costs next to nothing: its one reply fits every full batch.
struct Model {
    url: String,
    asked: Arc<Notify>,
}

struct Canned {
    reply: Bytes,
    delay: Duration,
    asked: Arc<Notify>,
}

impl Model {
    async fn start(delay: Duration) -> Self {
        let items: Vec<_> = (0..BATCH).map(|n| item(&format!("t{n}"))).collect();
        let reply = message(&json!({"items": items}).to_string(), "end_turn").to_string().into();
        let asked = Arc::new(Notify::new());
        let canned = Arc::new(Canned { reply, delay, asked: asked.clone() });
        #[expect(clippy::disallowed_methods, reason = "nobody describes a stub")]
        let app = Router::new().route("/v1/messages", post(answer)).with_state(canned);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(axum::serve(listener, app).into_future());
        Self { url, asked }
    }
}

async fn answer(State(canned): State<Arc<Canned>>, _: Bytes) -> Bytes {
    canned.asked.notify_one();
    if !canned.delay.is_zero() {
        tokio::time::sleep(canned.delay).await;
    }
    canned.reply.clone()
}

/// All combinations.
pub async fn figures() {
    for kind in [Kind::Postgres, Kind::Sqlite] {
        for delay in [0, 50] {
            for concurrency in [1, 4, 16, 64] {
                drain(kind, Duration::from_millis(delay), concurrency).await;
            }
        }
    }
}

async fn drain(kind: Kind, delay: Duration, concurrency: usize) {
    let Some(database) = Database::durable(kind).await else { return };
    database.store().await.close().await;
    let by_model = SECONDS / delay.as_secs_f64() * (BATCH * concurrency) as f64;
    let tracks = if by_model < TRACKS as f64 { by_model as usize } else { TRACKS };
    let rows: String = (0..tracks).map(|n| format!("{}\n", crate::vague(n))).collect();
    let folder = tempfile::tempdir().unwrap();
    let queued = liner(folder.path(), &["enqueue", "-"], &[("DATABASE_URL", &database.url)], &rows).await;
    assert!(queued.stdout.starts_with(&format!("{tracks} queued")), "{}", queued.stderr);
    database.checkpoint().await;

    let model = Model::start(delay).await;
    let concurrency_text = concurrency.to_string();
    let settings = [
        ("DATABASE_URL", database.url.as_str()),
        ("ANTHROPIC_API_KEY", KEY),
        ("ANTHROPIC_BASE_URL", &model.url),
        ("AI_WORKER_CONCURRENCY", &concurrency_text),
        ("RUST_LOG", "warn"),
    ];
    let server_before = database.cpu();
    let host = Host::start(folder.path(), &settings).await;
    model.asked.notified().await;
    let started = Instant::now();
    let queue = host.drained().await;
    let took = started.elapsed().as_secs_f64();
    assert_eq!(queue["completed"], tracks);
    let (pid, thousands) = (host.pid(), tracks as f64 / 1_000.0);
    let name = format!("drain.{}.{}ms.{concurrency}", kind.name(), delay.as_millis());
    print(&name, tracks as f64 / took, "tracks/s");
    let worker = machine::cpu_seconds(pid);
    print(&format!("{name}.worker_cpu"), worker / thousands, "s/1000");
    print(&format!("{name}.total_cpu"), (worker + database.cpu() - server_before) / thousands, "s/1000");
    print(&format!("{name}.peak"), machine::peak_mb(pid), "MB");
    host.stop().await;
}
