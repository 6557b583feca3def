//! The dashboard with 50,000 tracks and a model that fails: pictures of it in light, in dark and on a phone, and how long
//! its pages take.

use crate::browser::Browser;
use crate::file_in;
use axum::Json;
use axum::response::IntoResponse;
use liner_tests::{Host, Receiver, Refusal, StubModel, eventually, message_about};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const TRACKS: usize = 50_000;
/// Questions that the model answers before it fails.
const ANSWERED: usize = 60;

/// Links as they come: one a line.
fn links() -> String {
    const ARTISTS: [&str; 8] = [
        "Ada Lane",
        "Kite & Ember",
        "Sigur Rós",
        "DJ Nocturne",
        "The Paper Boats",
        "Мираж",
        "Rosalía Vega",
        "Low Tide",
    ];
    const TITLES: [&str; 7] =
        ["Harbour", "Glass Hours", "Night Ferry", "Second Light", "Slow Motion", "Первый снег", "Winter Count"];
    let row = |n: usize| {
        let (artist, title) = (ARTISTS[n % ARTISTS.len()], TITLES[n % TITLES.len()]);
        let of =
            if n.is_multiple_of(3) { format!("{artist} - {title} (Official Video)") } else { format!("{title} {n}") };
        let line = json!({"url": format!("https://www.youtube.com/watch?v=t{n:010}"), "og_title": of, "og_artist": artist, "priority": n % 4});
        format!("{line}\n")
    };
    (0..TRACKS).map(row).collect()
}

/// What a day of work leaves behind: batches of the last hours, and some tracks that failed for good.
async fn a_day_of_work(folder: &Path) {
    let pool = file_in(folder).await;
    for statement in [
        "with recursive minutes(n) as (select 2 union all select n + 1 from minutes where n < 1400)
         insert into extraction_batch (id, root_id, host_id, state, lease_until, size, pipeline_revision, succeeded, failed,
             cost_micros, created_at, finished_at)
         select 'past-' || n || '-' || b.value, 'past-' || n, 'h', 'settled', 0, 20, 1,
             20 - (n * 7 + b.value) % 3 - iif(n < 9, 9, 0), (n * 7 + b.value) % 3 + iif(n < 9, 9, 0), 2100 + (n * 13) % 900,
             c.ms - n * 60000 - 2000 - (n * 37 + b.value * 11) % 2500, c.ms - n * 60000
         from minutes, clock c, json_each('[1,2,3,4,5,6,7,8,9,10,11,12]') b
         where b.value <= 5 + abs((n / 30) % 12 - 6) + (n * 17) % 3",
        "update music_ai_queue set status = 'failed', retry_count = 5, batch_id = null, processed_at = (select ms from clock) - id * 1000,
             error_message = case id % 3 when 0 then 'the model declined to answer' when 1 then 'the reply was cut, and so was the second'
                 else 'strategy llm: the reply is no JSON: expected value at line 1 column 1' end
         where status = 'pending' and id in (select id from music_ai_queue where status = 'pending' order by id desc limit 184)",
        "update music_library set processing_status = 'failed' where id in (select id from music_ai_queue where status = 'failed')",
    ] {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

async fn furnished(folder: &Path, model: &StubModel) -> Host {
    let settings = [
        ("AI_MODEL", "claude-haiku-4-5"),
        ("AI_MAX_RETRIES", "0"),
        ("AI_DAILY_BUDGET_USD", "5"),
        ("RUST_LOG", "liner=warn"),
        ("WEBHOOK_URL", "http://127.0.0.1:9/hook"),
        ("WEBHOOK_SECRET", Receiver::SECRET),
        ("WEBHOOK_EVENTS", "track.failed,budget.reached,worker.paused"),
        ("WEBHOOK_ALLOW", "127.0.0.1"),
    ];
    let host = Host::asking(folder, model, &settings).await;
    let queued = host.post("/api/music-ai/queue", links()).await;
    assert_eq!(queued.json["queued"], TRACKS, "{}", &queued.text[..queued.text.len().min(300)]);
    eventually("the model is left alone", || async {
        let model = host.get("/api/model").await.json;
        (model["routes"][0]["state"] != "ready").then_some(())
    })
    .await;
    a_day_of_work(folder).await;
    host.post("/api/webhooks/settings/test", "").await;
    host.post("/api/music-ai/worker/pause", "").await;
    host.post("/api/music-ai/worker/resume", "").await;
    host
}

#[tokio::test]
async fn fifty_thousand_tracks_and_a_failing_model_are_seen_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let model = StubModel::with_script(|n: usize, request: &Value| {
        if n < ANSWERED {
            Json(message_about(request)).into_response()
        } else {
            Refusal::of_status(500).into_response()
        }
    })
    .await;
    let host = furnished(folder.path(), &model).await;
    for path in ["/", "/?span=week", "/failed", "/library", "/library?search=harb", "/strategies", "/model", "/events"]
    {
        let started = Instant::now();
        let page = host.get(path).await;
        let took = started.elapsed();
        eprintln!("{path}: {} KiB in {took:?}", page.text.len() / 1_024);
        assert_eq!(page.status, 200);
        assert!(took < Duration::from_secs(2), "{path} took {took:?}");
    }
    let Some(browser) = Browser::at(&host).await else { return };
    for (name, width, scheme) in
        [("light", 1280, "light"), ("dark", 1280, "dark"), ("phone", 360, "light"), ("phone-dark", 360, "dark")]
    {
        browser.look(width, 900, scheme).await;
        browser.go("/").await;
        browser.sees("#needs", "it kept failing").await;
        browser.sees("#needs", "184 tracks have failed for good").await;
        browser.picture(name).await;
    }
    for (name, path) in [
        ("failed", "/failed"),
        ("library", "/library?status=ai_completed"),
        ("strategies", "/strategies"),
        ("model", "/model"),
        ("webhooks", "/webhooks"),
        ("webhook", "/webhooks/settings"),
        ("events", "/events"),
    ] {
        for (suffix, width, scheme) in [("", 1280, "light"), ("-dark", 1280, "dark"), ("-phone", 360, "light")] {
            browser.look(width, 900, scheme).await;
            browser.go(path).await;
            browser.picture(&format!("{name}{suffix}")).await;
        }
    }
    browser.look(1280, 900, "light").await;
    browser.go("/library?status=ai_completed").await;
    browser.pick("#library a").await;
    browser.sees("#fields", "Decided by").await;
    browser.picture("entry").await;
}
