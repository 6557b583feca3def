//! The end: announced, in order, and not held up.

use super::caller::Caller;
use super::{folder, idle};
use liner_tests::{Host, StubModel, eventually, vague_rows};
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_host_says_that_it_is_not_ready_and_serves_on_until_its_balancers_know() {
    let folder = folder();
    let mut host = idle(&folder, &[("LINER_SHUTDOWN_DELAY_MS", "2000")]).await;
    let mut before = Caller::to(&host).await;
    assert_eq!(before.get("/readyz").await.status, 200);
    let told = Instant::now();
    host.signal("TERM");
    eventually("it is not ready", || async { (host.get("/readyz").await.status == 503).then_some(()) }).await;
    assert_eq!(host.get("/api/music-ai/status").await.status, 200, "a new connection is served");
    assert_eq!(before.get("/healthz").await.status, 200, "it lives");
    assert!(host.wait().await.success());
    assert!(told.elapsed() >= Duration::from_secs(2));
}

#[tokio::test]
async fn while_batches_finish_requests_are_answered_and_new_ones_are_sent_elsewhere() {
    let (folder, model) = (folder(), StubModel::gated(0).await);
    let mut host = Host::asking(folder.path(), &model, &[]).await;
    host.post("/api/music-ai/queue", vague_rows(3)).await;
    eventually("the model is asked", || async { (!model.exchanges().is_empty()).then_some(()) }).await;
    host.signal("TERM");
    eventually("it is not ready", || async { (host.get("/readyz").await.status == 503).then_some(()) }).await;
    assert_eq!(host.get("/api/music-ai/status").await.json["queue"]["processing"], 3);
    model.allow(10);
    assert!(host.wait().await.success());
}

#[tokio::test]
async fn event_streams_and_idle_connections_do_not_hold_up_the_end() {
    let folder = folder();
    let mut host = idle(&folder, &[]).await;
    let mut idle = Caller::to(&host).await;
    assert_eq!(idle.get("/healthz").await.status, 200);
    let mut streams = Vec::new();
    for _ in 0..10 {
        let mut stream = Caller::to(&host).await;
        stream.say("GET /api/events HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
        stream.hear_until("event: queue").await;
        streams.push(stream);
    }
    host.signal("TERM");
    assert!(host.wait().await.success());
    assert!(!host.log().contains("connections were still open"), "{}", host.log());
    for stream in streams {
        // The last chunk: an orderly end.
        assert!(stream.hung_up_on().await.ends_with("0\r\n\r\n"));
    }
}
