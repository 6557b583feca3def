//! The event stream.

use super::caller::Caller;
use super::{TOKEN, folder, idle};
use liner_tests::swapping::resident_kib;
use liner_tests::{Database, Host, Kind, StubModel, clear_row, eventually, vague_rows};
use serde_json::Value;

/// Somebody who listens.
struct Listener {
    caller: Caller,
    heard: String,
}

impl Listener {
    async fn to(host: &Host, last: Option<&str>) -> Self {
        let mut caller = Caller::to(host).await;
        let last = last.map(|last| format!("last-event-id: {last}\r\n")).unwrap_or_default();
        caller.say(format!("GET /api/events HTTP/1.1\r\nhost: localhost\r\n{last}\r\n")).await;
        let heard = caller.hear_until("event: queue").await;
        assert!(heard.starts_with("HTTP/1.1 200"), "{heard}");
        Self { caller, heard }
    }

    /// Listens until a message of a name came, a new one; its data.
    async fn hears(&mut self, name: &str) -> Value {
        let line = format!("event: {name}\n");
        loop {
            let found = self.heard.split_once(&line).and_then(|(_, after)| after.split_once("\n\n"));
            if let Some((data, rest)) = found {
                let data = serde_json::from_str(data.trim_start_matches("data: ")).unwrap();
                self.heard = rest.to_owned();
                return data;
            }
            let more = self.caller.hear_until("\n").await;
            self.heard.push_str(&more);
        }
    }
}

/// The last id in what was said.
fn last_id(said: &str) -> Option<&str> {
    said.lines().filter_map(|line| line.strip_prefix("id: ")).next_back()
}

#[tokio::test]
async fn what_happens_is_told_whichever_host_it_is_of() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(database) = Database::new(kind).await else { continue };
        let (here, there, model) = (folder(), folder(), StubModel::willing().await);
        let url = [("DATABASE_URL", database.url.as_str())];
        let host = Host::asking(here.path(), &model, &url).await;
        let other = match kind {
            Kind::Sqlite => None,
            Kind::Postgres => Some(Host::asking(there.path(), &model, &url).await),
        };
        let acting = other.as_ref().unwrap_or(&host);
        let mut listener = Listener::to(&host, None).await;
        assert_eq!(listener.hears("queue").await["total"], 0);

        acting.post("/api/music-ai/queue", clear_row()).await;
        let batch = listener.hears("batch").await;
        assert_eq!((&batch["size"], &batch["succeeded"], &batch["failed"]), (&1.into(), &1.into(), &0.into()));
        assert!(
            batch["id"].is_string() && batch["host"].is_string() && batch["ms"].is_u64() && batch["costUsd"].is_f64()
        );
        acting.post("/api/music-ai/worker/pause", r#"{"reason": "lunch"}"#).await;
        assert_eq!(listener.hears("pause").await["reason"], "lunch");
        acting.post("/api/music-ai/worker/resume", "").await;
        listener.hears("resume").await;
        acting.post("/api/plugins", "no component").await;
        assert_eq!(listener.hears("refusal").await["kind"], "refused");
        database.execute("update music_ai_queue set status = 'failed', error_message = 'gone', processed_at = (select ms from clock)").await;
        let failure = listener.hears("failure").await;
        assert_eq!((&failure["platform_id"], &failure["error_message"]), (&"clear000001".into(), &"gone".into()));
        assert_eq!(listener.hears("queue").await["failed"], 1);
        host.stop().await;
    }
}

#[tokio::test]
async fn who_comes_back_hears_what_it_missed_once_and_from_another_process_too() {
    let (folder, model) = (folder(), StubModel::willing().await);
    let host = Host::asking(folder.path(), &model, &[]).await;
    let mut listener = Listener::to(&host, None).await;
    host.post("/api/music-ai/queue", clear_row()).await;
    let first = listener.hears("batch").await;
    drop(listener);
    // Another one keeps the host looking on.
    let keeps = Listener::to(&host, None).await;
    let id = last_id(&keeps.heard).unwrap().to_owned();
    host.post("/api/music-ai/queue", vague_rows(1)).await;
    host.drained().await;
    let mut back = Listener::to(&host, Some(&id)).await;
    let second = back.hears("batch").await;
    assert_ne!(first["id"], second["id"]);
    assert!(!back.heard.contains("event: batch"), "{}", back.heard);
    host.stop().await;

    let host = Host::asking(folder.path(), &model, &[]).await;
    let mut back = Listener::to(&host, Some(&id)).await;
    assert!(back.heard.contains("event: batch"), "{}", back.heard);
    assert_eq!(back.hears("batch").await["id"], second["id"]);
    let lost = Listener::to(&host, Some("1-bnever")).await;
    assert!(lost.heard.contains("event: reset"), "{}", lost.heard);
}

#[tokio::test]
async fn only_so_many_are_told_and_a_place_is_free_again_when_one_leaves() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_HTTP_STREAMS", "3")]).await;
    let mut listeners = Vec::new();
    for _ in 0..3 {
        listeners.push(Listener::to(&host, None).await);
    }
    let response = host.request("GET", "/api/events").send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"10".parse().unwrap()));
    listeners.pop();
    eventually("a place is free", || async {
        let status = host.request("HEAD", "/api/events").send().await.unwrap().status();
        (status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_stream_is_for_who_may_read_and_comes_as_it_is() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    assert_eq!(host.get("/api/events").await.status, 401);
    let request = host.request("GET", "/api/events").bearer_auth(TOKEN).header("accept-encoding", "gzip, zstd");
    let response = request.send().await.unwrap();
    let headers = response.headers();
    assert_eq!(
        (&headers["content-type"], &headers["cache-control"]),
        (&"text/event-stream".parse().unwrap(), &"no-store".parse().unwrap())
    );
    assert!(!headers.contains_key("content-encoding"));
    let wrong = host.request("GET", "/api/events?since=1").bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
}

#[tokio::test]
async fn five_hundred_listeners_of_whom_most_do_not_listen_cost_little() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_HTTP_TIMEOUT_MS", "2000")]).await;
    let mut first = Listener::to(&host, None).await;
    let before = resident_kib(host.pid());
    let mut others = Vec::new();
    for _ in 0..500 {
        others.push(Listener::to(&host, None).await);
    }
    let grown = resident_kib(host.pid()).saturating_sub(before);
    // A debug build; the figures of a release build are in docs/performance.md.
    assert!(grown < 500 * 64, "{grown} KiB for 500");
    host.post("/api/music-ai/queue", vague_rows(1)).await;
    while first.hears("queue").await["pending"] != 1 {}
}

#[tokio::test]
async fn who_does_not_read_is_dropped_and_who_does_goes_on() {
    let Some(database) = Database::new(Kind::Sqlite).await else { return };
    let folder = folder();
    let settings =
        [("DATABASE_URL", database.url.as_str()), ("LINER_HTTP_STREAMS", "2"), ("LINER_HTTP_TIMEOUT_MS", "1000")];
    let host = idle(&folder, &settings).await;
    let _slow = Listener::to(&host, None).await;
    let mut reads = Listener::to(&host, None).await;
    assert_eq!(host.request("HEAD", "/api/events").send().await.unwrap().status(), 503);
    // More than a connection's buffers hold.
    let long = "x".repeat(8 << 10);
    let row = format!("((select ms from clock), 'kept', 'much', '{long}')");
    let insert = format!("insert into event (at, kind, subject, text) values {}", vec![row; 250].join(", "));
    eventually("the one who does not read is dropped", || async {
        database.execute(&insert).await;
        (host.request("HEAD", "/api/events").send().await.unwrap().status() == 200).then_some(())
    })
    .await;
    assert_eq!(reads.hears("kept").await["subject"], "much");
}
