//! How many requests are worked on at once, and how long each may take.

use super::caller::Caller;
use super::{folder, idle};
use liner_tests::Host;

/// Begins a request whose body does not come; it is its turn once the host asks for the body.
async fn begun(host: &Host, path: &str, kind: &str) -> Caller {
    let mut caller = Caller::to(host).await;
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: {kind}\r\ncontent-length: 2\r\n");
    caller.say(format!("{head}expect: 100-continue\r\n\r\n")).await;
    caller
}

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn only_so_many_answers_and_uploads_are_worked_on_at_once_and_the_next_one_waits_for_its_turn() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    for (path, most, elsewhere) in
        [("/api/music-ai/queue", 16, "/api/music-ai/status"), ("/api/music-ai/failed/retry", 256, "/healthz")]
    {
        let mut working = Vec::new();
        for _ in 0..most {
            let mut caller = begun(&host, path, JSON).await;
            caller.hear_until("100 Continue").await;
            working.push(caller);
        }
        let mut next = begun(&host, path, JSON).await;
        // By then the host would have asked for its body too.
        for _ in 0..20 {
            assert_eq!(host.get(elsewhere).await.status, 200, "others are not kept waiting");
        }
        assert!(next.hears_nothing_for(std::time::Duration::from_millis(100)).await, "{path}");
        working.pop();
        next.hear_until("100 Continue").await;
    }
}

#[tokio::test]
async fn a_request_that_takes_longer_than_thirty_seconds_is_ended_by_the_api_and_the_dashboard() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_HTTP_TIMEOUT_MS", "120000")]).await;
    let started = std::time::Instant::now();
    let mut api = begun(&host, "/api/music-ai/failed/retry", JSON).await;
    let mut dashboard = begun(&host, "/failed/retry", FORM).await;
    for caller in [&mut api, &mut dashboard] {
        caller.hear_until("100 Continue").await;
    }
    for mut caller in [api, dashboard] {
        // Nothing comes until then; an answer is only listened for shortly before.
        while caller.hears_nothing_for(std::time::Duration::from_secs(5)).await {
            assert!(started.elapsed().as_secs() < 60, "it is not ended");
        }
        let said = caller.hear_until("this took longer than 30 s").await;
        assert!(said.contains("HTTP/1.1 503"), "{said}");
    }
}
