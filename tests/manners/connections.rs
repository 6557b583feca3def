//! What a connection may hold, and for how long.

use super::caller::Caller;
use super::{folder, idle};
use std::time::Duration;

/// So short that a test can wait for it.
const SHORT: (&str, &str) = ("LINER_HTTP_TIMEOUT_MS", "300");

#[tokio::test]
async fn a_head_that_drips_is_hung_up_on() {
    let folder = folder();
    let host = idle(&folder, &[SHORT]).await;
    let mut caller = Caller::to(&host).await;
    let dripping = async {
        caller.say("GET /healthz HTTP/1.1\r\nhost: localhost\r\n").await;
        while caller.say("x-a: b\r\n").await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), dripping).await.expect("the host hangs up");
    assert_eq!(host.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_hung_up_on() {
    let folder = folder();
    let host = idle(&folder, &[SHORT]).await;
    let silent = Caller::to(&host).await;
    let mut served = Caller::to(&host).await;
    assert_eq!(served.get("/healthz").await.status, 200);
    assert_eq!((silent.hung_up_on().await, served.hung_up_on().await), (String::new(), String::new()));
}

#[tokio::test]
async fn when_every_connection_is_taken_the_next_one_waits_for_one_to_end() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_HTTP_CONNECTIONS", "8")]).await;
    let mut holding = Vec::new();
    for _ in 0..8 {
        let mut caller = Caller::to(&host).await;
        assert_eq!(caller.get("/healthz").await.status, 200);
        holding.push(caller);
    }
    let mut ninth = Caller::to(&host).await;
    ninth.say("GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(ninth.hears_nothing_for(Duration::from_millis(300)).await);
    holding.pop();
    assert_eq!(ninth.hear().await.status, 200);
    assert!(host.log().contains("LINER_HTTP_CONNECTIONS"));
}

#[tokio::test]
async fn slow_callers_who_take_every_connection_keep_the_others_waiting_for_no_longer_than_the_timeout() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_HTTP_CONNECTIONS", "8"), SHORT]).await;
    let mut slow = Vec::new();
    for _ in 0..64 {
        let mut caller = Caller::to(&host).await;
        caller.say("GET /healthz HTTP/1.1\r\nx-a: ").await;
        slow.push(caller);
    }
    assert_eq!(Caller::to(&host).await.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_long_is_refused() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    let long = "x".repeat(17 << 10);
    let many: String = (0..101).map(|n| format!("x-{n}: y\r\n")).collect();
    for head in [
        format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: {long}\r\n\r\n"),
        format!("GET /{long} HTTP/1.1\r\nhost: localhost\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{many}\r\n"),
    ] {
        let mut caller = Caller::to(&host).await;
        caller.say(head).await;
        assert_eq!(caller.hear().await.status, 431);
    }
    let fits = "x".repeat(8 << 10);
    let mut caller = Caller::to(&host).await;
    caller.say(format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-long: {fits}\r\n\r\n")).await;
    assert_eq!(caller.hear().await.status, 200);
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up_and_what_came_whole_is_kept() {
    let folder = folder();
    let host = idle(&folder, &[SHORT]).await;
    let mut caller = Caller::to(&host).await;
    let rows = "https://youtu.be/abcdefghijk\nhttps://youtu.be/half";
    let head = "POST /api/music-ai/queue HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n";
    caller.say(format!("{head}{rows}")).await;
    let heard = caller.hear().await;
    assert_eq!(heard.status, 408, "{}", heard.body);
    assert!(heard.body.contains("are queued"), "{}", heard.body);
    assert_eq!(host.get("/api/music-ai/status").await.json["queue"]["total"], 1);

    let mut caller = Caller::to(&host).await;
    caller.say("POST /api/music-ai/failed/retry HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\n{").await;
    assert_eq!(caller.hear().await.status, 408);
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_given_up() {
    let folder = folder();
    let host = idle(&folder, &[SHORT]).await;
    let mut caller = Caller::to(&host).await;
    let request = "GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(100);
    // Without an end to its patience the host would stop reading, and the caller would wait to be heard.
    let asking = async { while caller.say(&request).await {} };
    tokio::time::timeout(Duration::from_secs(30), asking).await.expect("the host hangs up");
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_as_is_one_of_unknown_length_that_turns_out_to_be() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    let long = format!("{{\"reason\": \"{}\"}}", "x".repeat(256 << 10));
    assert_eq!(host.post("/api/music-ai/worker/pause", long.clone()).await.status, 413);
    let mut caller = Caller::to(&host).await;
    caller
        .say("POST /api/music-ai/worker/pause HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n")
        .await;
    caller.say(format!("{:x}\r\n{long}\r\n0\r\n\r\n", long.len())).await;
    assert_eq!(caller.hear().await.status, 413);
}
