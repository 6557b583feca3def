//! What cannot be taken back with one click asks once.

use crate::browser::Browser;
use crate::file_in;
use crate::reading::{PAGES, furnished};
use liner_tests::{Host, clear_row, components, eventually};
use serde_json::{Value, json};

/// Where forms are sent that ask nothing: they begin what can be stopped, end what was begun, say their change beside the
/// button, or concern one track.
const UNASKED: [&str; 10] = [
    "/worker/run",
    "/worker/resume",
    "/model/retry",
    "/failed/retry one",
    "/pages/retry one",
    "/library/youtube/vague000001",
    "/strategies",
    "/webhooks",
    "/webhooks/settings/test",
    "/webhooks/settings/deliveries",
];

/// The forms of a page that change something and ask nothing.
const FORMS: &str = "
    return [...document.querySelectorAll('form[method=post]')].filter((form) => !form.closest('details.ask')).map((form) =>
        new URL(form.action).pathname + (form.querySelector('[name=platform_id]') ? ' one' : ''));";

#[tokio::test]
async fn every_form_that_is_not_known_to_be_harmless_asks_before_it_is_sent() {
    let Some((browser, _host, _folder)) = furnished().await else { return };
    let mut asked = 0;
    for page in PAGES {
        browser.go(page).await;
        let forms = browser.run(FORMS).await;
        let unknown = |form: &&Value| !UNASKED.contains(&form.as_str().unwrap());
        assert_eq!(forms.as_array().unwrap().iter().find(unknown), None, "{page}");
        asked += browser
            .run("return document.querySelectorAll('details.ask form[method=post]').length")
            .await
            .as_u64()
            .unwrap();
    }
    assert!(asked >= 8, "pause, drain, retries, roll back, retire and promote are asked about: {asked}");
}

/// What a strategy is by now.
async fn is(host: &Host, plugin: &str, state: &str) {
    eventually(&format!("{plugin} is {state}"), || async {
        (host.get(&format!("/api/plugins/{plugin}")).await.json["state"] == state).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_strategy_goes_from_canary_to_active_to_nothing_and_is_asked_about_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[]).await;
    host.send(host.request("POST", "/api/plugins?as=staged").body(components::named("aside"))).await;
    let Some(browser) = Browser::at(&host).await else { return };
    for (label, question, does, state) in [
        ("Canary…", "always the same ones", "Let it be the canary", "canary"),
        ("Promote…", "active for every track", "Promote it", "active"),
        ("Retire…", "stays known", "Retire it", "staged"),
    ] {
        browser.go("/strategies").await;
        let before = host.get("/api/plugins/aside").await.json["state"].clone();
        let control = format!("details.ask > summary[aria-label='{} aside 1.0.0…']", label.trim_end_matches('…'));
        browser.pick(&control).await;
        browser.sees("dialog[open]", question).await;
        if state == "canary" {
            browser.fill("dialog [name=percent]", "30").await;
        }
        assert_eq!(
            host.get("/api/plugins/aside").await.json["state"],
            before,
            "nothing is done before it is confirmed"
        );
        browser.click("dialog//button", does).await;
        is(&host, "aside", state).await;
        if state == "canary" {
            assert_eq!(host.get("/api/plugins/aside").await.json["percent"], 30);
        }
    }
}

#[tokio::test]
async fn to_ask_a_model_again_lifts_no_pause() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[]).await;
    host.post("/api/music-ai/worker/pause", r#"{"reason": "maintenance"}"#).await;
    let Some(browser) = Browser::at(&host).await else { return };
    browser.go("/model").await;
    browser.click("button", "Try again now").await;
    browser.sees("#said", "asked again").await;
    assert_eq!(host.get("/api/music-ai/worker/status").await.json["worker"]["isPaused"], true);
}

#[tokio::test]
async fn a_correction_leaves_alone_what_changed_since_the_form_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[]).await;
    host.post("/api/music-ai/queue", clear_row()).await;
    host.drained().await;
    let Some(browser) = Browser::at(&host).await else { return };
    let path = "/api/music-ai/library/youtube/clear000001";
    browser.go("/library/youtube/clear000001").await;
    browser.click("summary", "Correct this entry").await;
    browser.fill("#correct-album", "Low Tide").await;
    let pool = file_in(folder.path()).await;
    sqlx::query("update music_library set title = 'Harbour, at last'").execute(&pool).await.unwrap();
    pool.close().await;
    browser.click("button", "Correct").await;
    browser.sees("#said", "Corrected").await;
    let entry = host.get(path).await.json;
    assert_eq!((&entry["title"], &entry["album"]), (&json!("Harbour, at last"), &json!("Low Tide")));
    assert_eq!(entry["corrected_fields"], json!(["album"]));
}

#[tokio::test]
async fn the_first_page_says_how_fast_it_goes_and_when_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[]).await;
    let Some(browser) = Browser::at(&host).await else { return };
    browser.go("/").await;
    browser.sees("#queue", "Nothing is due").await;
    host.post("/api/music-ai/queue", clear_row()).await;
    host.drained().await;
    browser.sees("#queue", "tracks a minute").await;
    host.post("/api/music-ai/worker/pause", "").await;
    host.post("/api/music-ai/queue", "https://youtu.be/abcdefghijk\n").await;
    let rows: String = (0..30).map(|n| format!("{}\n", liner_tests::vague_row(n))).collect();
    host.post("/api/music-ai/queue", rows).await;
    browser.sees("#queue", "what is due is done in about").await;
}
