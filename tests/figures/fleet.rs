//! Many hosts on one PostgreSQL: first real ones, as many as fit on this machine, each a store with its own connections
//! and four batches in flight; then two hundred in a simulation that is fed with what those cost the server.

use crate::simulation::{Fleet, simulate};
use crate::stores::{link, settlement};
use crate::{machine, print};
use liner::music::{Estimate, Prompt, Reply, Stop, Usage};
use liner::store::{CallAnswer, CallId, CallIntent, Claim, HostId, Limits, Store, Want};
use liner_tests::{Database, Kind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Tracks that the real hosts share.
const TRACKS: usize = 40_000;
/// Batches that each has in flight.
const IN_FLIGHT: usize = 4;
/// How long a model takes for the real hosts: so short that few hosts do the work of many.
const MODEL: Duration = Duration::from_millis(50);

/// What a batch cost the server.
struct Cost {
    /// Processor milliseconds of the server.
    server_ms: f64,
}

/// All figures of a fleet.
pub async fn figures() {
    let mut last = None;
    for hosts in [1, 5, 20] {
        last = real(hosts).await;
    }
    let Some(cost) = last else { return };
    for (cores, in_flight, model_s) in [(2, 4, 5.0), (8, 4, 5.0), (8, 16, 5.0), (32, 64, 5.0)] {
        let fleet = Fleet {
            hosts: 200,
            in_flight,
            batches: 5_000_000,
            model_s,
            server_cores: cores,
            visit_s: cost.server_ms / 1e3 / 4.0,
            deaths_a_minute: 1.0,
        };
        let outcome = simulate(&fleet);
        let name = format!("fleet.200x{in_flight}.{cores}_cores");
        print(&format!("{name}.tracks"), outcome.batches as f64 * 20.0 / outcome.seconds, "tracks/s");
        print(&format!("{name}.hours"), outcome.seconds / 3_600.0, "h");
        print(&format!("{name}.server_busy"), outcome.server_busy * 100.0, "%");
        print(&format!("{name}.visit_p99"), outcome.visit_p99_s * 1e3, "ms");
        print(&format!("{name}.paid_twice"), outcome.lost as f64, "calls");
        print(&format!("{name}.recovery_max"), outcome.longest_recovery_s, "s");
    }
}

async fn real(hosts: usize) -> Option<Cost> {
    let database = Database::durable(Kind::Postgres).await?;
    let mut stores = Vec::new();
    for _ in 0..hosts {
        stores.push(database.store().await);
    }
    stores[0].enqueue(&(0..TRACKS).map(link).collect::<Vec<_>>()).await.unwrap();
    database.checkpoint().await;
    let (server, started) = (database.cpu(), Instant::now());
    let working = stores.iter().flat_map(|store| {
        let host = HostId::new();
        (0..IN_FLIGHT).map(move |_| tokio::spawn(work(store.clone(), host.clone())))
    });
    let mut claims = Vec::new();
    for worked in futures_util::future::join_all(working.collect::<Vec<_>>()).await {
        claims.extend(worked.unwrap());
    }
    let took = started.elapsed().as_secs_f64();
    let done = "select sum(n)::bigint from queue_count where status = 'completed'";
    assert_eq!(database.number(done).await, Some(TRACKS as i64));
    let batches = TRACKS as f64 / 20.0;
    let server_ms = (database.cpu() - server) * 1e3 / batches;
    let connections = "select count(*) from pg_stat_activity where application_name = 'liner'";
    let connections = database.number(connections).await.unwrap() as f64;
    let name = format!("fleet.{hosts}");
    print(&format!("{name}.tracks"), TRACKS as f64 / took, "tracks/s");
    print(&format!("{name}.claim_p50"), machine::percentile_ms(&mut claims, 50), "ms");
    print(&format!("{name}.claim_p99"), machine::percentile_ms(&mut claims, 99), "ms");
    print(&format!("{name}.server_cpu"), server_ms, "ms/batch");
    print(&format!("{name}.connections"), connections / hosts as f64, "a_host");
    for store in stores {
        store.close().await;
    }
    Some(Cost { server_ms })
}

/// One batch after another; returns how long each claim took.
async fn work(store: Arc<dyn Store>, host: HostId) -> Vec<Duration> {
    let mut claims = Vec::new();
    loop {
        let started = Instant::now();
        let Some(claim) = store.claim(&Want::one(host.clone(), 20, 1)).await.unwrap().pop() else { return claims };
        claims.push(started.elapsed());
        let call = intent(&claim);
        store.journal_intent(&call, &Limits::default()).await.unwrap();
        tokio::time::sleep(MODEL).await;
        store.journal_answer(&call.id, &answer()).await.unwrap();
        store.settle(&claim.lease, &settlement(&claim), true).await.unwrap();
    }
}

/// A question of usual length.
fn intent(claim: &Claim) -> CallIntent {
    let prompt = Prompt {
        tag: "extract".into(),
        indexes: (0..20).collect(),
        system: "Say what each track is. ".repeat(100),
        user: "A title, an uploader and a description. ".repeat(200),
        response_schema: None,
        max_output_tokens: 4_000,
    };
    CallIntent {
        id: CallId::new(),
        batch: claim.id().clone(),
        root: claim.root.clone(),
        strategy: "llm".into(),
        strategy_digest: "d".repeat(64),
        round: 1,
        prompt,
        prompt_digest: claim.id().to_string(),
        provider: "anthropic".into(),
        model: "claude-haiku-5-5".into(),
        reserve: Estimate::default(),
    }
}

fn answer() -> CallAnswer {
    CallAnswer::Reply {
        reply: Reply {
            text: "a title and a name ".repeat(150),
            stop: Stop::Complete,
            model: "claude-haiku-5-5".into(),
        },
        request_id: None,
        usage: Usage {
            tokens_in: 3_000,
            tokens_cached: 2_000,
            tokens_out: 1_500,
            cost_micros: Some(700),
            ..Usage::default()
        },
        rate: None,
        retries: 0,
        latency_ms: 50,
    }
}
