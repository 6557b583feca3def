//! What is seen changes by itself, and what somebody does meanwhile stays.

use crate::browser::Browser;
use crate::escaping;
use liner_tests::{Host, clear_row, eventually, vague_rows};
use serde_json::json;

async fn looking_at(path: &str, settings: &[(&str, &str)]) -> Option<(Browser, Host, tempfile::TempDir)> {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), settings).await;
    let browser = Browser::at(&host).await?;
    browser.go(path).await;
    browser.run("window.loadedOnce = true").await;
    Some((browser, host, folder))
}

impl Browser {
    async fn was_loaded_once(&self) -> bool {
        self.run("return window.loadedOnce === true").await == true
    }
}

#[tokio::test]
async fn what_others_do_is_seen_without_loading_the_page_again() {
    let Some((browser, host, _folder)) = looking_at("/", &[]).await else { return };
    browser.sees("#live", "Live").await;
    browser.sees("#state", "Running").await;
    host.post("/api/music-ai/worker/pause", r#"{"reason": "maintenance"}"#).await;
    browser.sees("#state", "Paused").await;
    browser.sees("#needs", "maintenance").await;
    host.post("/api/music-ai/worker/resume", "").await;
    host.post("/api/music-ai/queue", clear_row()).await;
    host.drained().await;
    browser.sees("#state", "Running").await;
    browser.sees("#queue", "1 track").await;
    browser.sees("#charts figure", "1 attempt").await;
    assert!(browser.was_loaded_once().await);
}

#[tokio::test]
async fn what_happens_while_the_page_is_on_its_way_is_seen_too() {
    let Some((browser, host, _folder)) = looking_at("/", &[("AI_WORKER_ENABLED", "false")]).await else { return };
    browser.sees("#live", "Live").await;
    let hold = "window.ask = window.fetch;
        window.fetch = async (...of) => {
            const answer = await window.ask(...of);
            await new Promise((go) => { window.letGo = go; });
            return answer;
        };";
    browser.run(hold).await;
    let is = async |script: &str| (browser.run(script).await == true).then_some(());
    host.post("/api/music-ai/queue", clear_row()).await;
    eventually("a page is on its way", || is("return Boolean(window.letGo)")).await;
    host.post("/api/music-ai/queue", vague_rows(1)).await;
    eventually("something happened meanwhile", || is("return missed")).await;
    browser.run("window.fetch = window.ask; window.letGo()").await;
    browser.sees("#queue", "2 tracks").await;
    assert!(browser.was_loaded_once().await);
}

#[tokio::test]
async fn what_is_typed_unfolded_and_focused_stays_while_the_rest_changes() {
    let Some((browser, host, _folder)) = looking_at("/", &[("AI_WORKER_ENABLED", "false")]).await else { return };
    browser.click("summary", "These figures as a table").await;
    browser.run("document.querySelector('#menu a[href=\"/model\"]').focus()").await;
    host.post("/api/music-ai/queue", clear_row()).await;
    browser.sees("#queue", "1 track").await;
    assert_eq!(browser.run("return document.activeElement.getAttribute('href')").await, "/model");
    assert_eq!(browser.run("return document.querySelector('#chart-figures').open").await, true);
    assert!(browser.was_loaded_once().await);

    browser.go("/library/youtube/clear000001").await;
    browser.run("window.loadedOnce = true").await;
    browser.click("summary", "Correct this entry").await;
    browser.fill("#correct-title", "half a ti").await;
    let correction = host.request("PATCH", "/api/music-ai/library/youtube/clear000001");
    host.send(correction.body(json!({"title": "Harbor"}).to_string())).await;
    browser.sees("#fields", "Harbor").await;
    assert_eq!(browser.run("return document.querySelector('#correct-title').value").await, "half a ti");
    assert_eq!(browser.run("return document.activeElement.id").await, "correct-title");
    assert!(browser.was_loaded_once().await);
}

#[tokio::test]
async fn a_question_that_is_being_asked_stays_open() {
    let Some((browser, host, _folder)) = looking_at("/", &[]).await else { return };
    browser.click("summary", "Pause…").await;
    browser.fill("dialog input", "half a rea").await;
    host.post("/api/music-ai/queue", clear_row()).await;
    host.drained().await;
    browser.sees("#queue", "1 track").await;
    assert_eq!(browser.run("return document.querySelector('dialog[open] input').value").await, "half a rea");
    assert!(browser.was_loaded_once().await);
}

#[tokio::test]
async fn that_the_host_is_gone_is_said_and_that_it_is_back_too() {
    let Some((browser, host, folder)) = looking_at("/", &[]).await else { return };
    let port = host.url.rsplit(':').next().unwrap().to_owned();
    host.stop().await;
    browser.sees("#live", "does not answer").await;
    let host = Host::start(folder.path(), &[("PORT", &port)]).await;
    host.post("/api/music-ai/queue", clear_row()).await;
    browser.sees("#queue", "1 track").await;
    assert!(browser.was_loaded_once().await);
}

#[tokio::test]
async fn hostile_titles_are_seen_as_text_and_nothing_runs() {
    let Some((browser, host, _folder)) = looking_at("/library", &[("AI_WORKER_ENABLED", "false")]).await else {
        return;
    };
    host.post("/api/music-ai/queue", escaping::rows()).await;
    for hostile in escaping::HOSTILE {
        browser.sees("#library", hostile).await;
    }
    browser.go("/library").await;
    browser.sees("#library", escaping::HOSTILE[0]).await;
    let title = browser.run("return document.title").await;
    assert_eq!(title, "Library · liner");
    assert_eq!(
        browser.run("return document.querySelectorAll('#library script, #library svg, #library b').length").await,
        0
    );
}
