//! What an operator does, in the browser.

use crate::browser::Browser;
use crate::{TOKEN, fail_all, queue};
use liner_tests::{HOSTILE, Host, StubModel, clear_row, components, eventually, vague_rows};
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::Key;

/// A host with a token that does nothing by itself, and a browser that is signed in to it.
struct Operator {
    browser: Browser,
    host: Host,
    folder: TempDir,
}

impl Operator {
    async fn of(settings: &[(&str, &str)]) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let settings: Vec<_> = [("LINER_ADMIN_TOKEN", TOKEN)].into_iter().chain(settings.iter().copied()).collect();
        let host = Host::start(folder.path(), &settings).await;
        let browser = Browser::at(&host).await?;
        browser.sign_in(TOKEN).await;
        browser.sees("h1", "Overview").await;
        Some(Self { browser, host, folder })
    }

    async fn read(&self, path: &str) -> Value {
        self.host.send(self.host.request("GET", path).bearer_auth(TOKEN)).await.json
    }

    async fn is_paused(&self) -> bool {
        self.read("/api/music-ai/worker/status").await["worker"]["isPaused"] == true
    }
}

#[tokio::test]
async fn signs_in_with_the_token_and_out() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    let Some(browser) = Browser::at(&host).await else { return };
    browser.go("/failed").await;
    assert_eq!(browser.path().await, "/sign-in?next=%2Ffailed");
    browser.fill("#token", "not the token").await;
    browser.click("button", "Sign in").await;
    browser.sees("[role=alert]", "not the value of LINER_ADMIN_TOKEN").await;
    for _ in 0..10 {
        let form = host.request("POST", "/sign-in").header("origin", &host.url).form(&[("token", "guessed")]);
        form.send().await.unwrap();
    }
    browser.fill("#token", TOKEN).await;
    browser.click("button", "Sign in").await;
    browser.sees("[role=alert]", "Too many wrong tokens").await;
    eventually("another may be tried", || async {
        browser.fill("#token", TOKEN).await;
        browser.click("button", "Sign in").await;
        (browser.path().await == "/failed").then_some(())
    })
    .await;
    browser.sees("h1", "Failed tracks").await;
    assert_eq!(browser.run("return document.cookie").await, "", "a script cannot read it");
    browser.click("button", "Sign out").await;
    browser.sees("h1", "Sign in").await;
    browser.go("/").await;
    assert_eq!(browser.path().await, "/sign-in");
}

#[tokio::test]
async fn pauses_with_a_reason_after_being_asked_and_resumes() {
    let Some(operator) = Operator::of(&[]).await else { return };
    let browser = &operator.browser;
    browser.sees("#state", "Running").await;
    browser.click("summary", "Pause…").await;
    browser.sees("dialog[open]", "Every host on this database").await;
    browser.click("dialog//button", "Cancel").await;
    assert!(!operator.is_paused().await, "it was not meant");
    browser.click("summary", "Pause…").await;
    browser.fill("dialog input", "a new cable").await;
    browser.click("dialog//button", "Pause all hosts").await;
    browser.sees("#state", "Paused").await;
    browser.sees("#needs", "a new cable").await;
    assert!(operator.is_paused().await);
    browser.click("button", "Resume").await;
    browser.sees("#said", "Resumed").await;
    browser.sees("#state", "Running").await;
    assert!(!operator.is_paused().await);
    assert_eq!(browser.path().await, "/", "what was said is not said again");
}

#[tokio::test]
async fn runs_by_hand_what_is_due() {
    let Some(operator) = Operator::of(&[("AI_WORKER_ENABLED", "false")]).await else { return };
    queue(&operator.host, clear_row()).await;
    operator.browser.go("/").await;
    operator.browser.sees("#needs", "is disabled").await;
    operator.browser.click("button", "Run once").await;
    operator.browser.sees("#said", "The run is done: 1 track").await;
    assert_eq!(operator.read("/api/music-ai/status").await["queue"]["completed"], 1);
}

#[tokio::test]
async fn uploads_a_strategy_sees_it_active_and_takes_it_back() {
    let Some(operator) = Operator::of(&[]).await else { return };
    let browser = &operator.browser;
    let file = operator.folder.path().join("mine.wasm");
    std::fs::write(&file, components::named("mine")).unwrap();
    browser.go("/strategies").await;
    browser.fill("#component", file.to_str().unwrap()).await;
    browser.fill("#reason-upload", "to see it").await;
    browser.pick("input[value=active]").await;
    browser.click("button", "Upload").await;
    browser.sees("#said", "was admitted").await;
    browser.sees("#strategies", "mine").await;
    browser.sees("#strategies li", "active, number 1").await;
    browser.sees("#strategies li", "on probation, 0 of 20 calls").await;
    browser.sees("#pipeline", "to see it").await;
    assert_eq!(operator.read("/api/plugins/mine").await["state"], "active");
    browser.click("summary", "Roll back…").await;
    browser.sees("dialog[open]", "rules → llm").await;
    browser.click("dialog//button", "Roll back").await;
    browser.sees("#said", "Rolled back").await;
    browser.sees("#aside", "mine").await;
    assert_eq!(operator.read("/api/plugins/mine").await["state"], "staged");
}

#[tokio::test]
async fn a_strategy_that_is_no_good_is_refused_with_the_step_and_the_reason() {
    let Some(operator) = Operator::of(&[]).await else { return };
    let browser = &operator.browser;
    let file = operator.folder.path().join("bad.wasm");
    let before = operator.read("/api/plugins").await["revision"].clone();
    for (bytes, said) in [(b"no component".to_vec(), "bad.wasm was not admitted"), (components::speaks("0.9.0"), "0.9")]
    {
        std::fs::write(&file, bytes).unwrap();
        browser.go("/strategies").await;
        browser.fill("#component", file.to_str().unwrap()).await;
        browser.click("button", "Upload").await;
        browser.sees("#refused", said).await;
        browser.sees("#refused", "Nothing was changed").await;
    }
    assert_eq!(operator.read("/api/plugins").await["revision"], before);
    browser.go("/events").await;
    browser.sees("#events", "refused").await;
}

#[tokio::test]
async fn drops_a_strategy_to_let_it_shadow_and_sees_how_it_compares() {
    let Some(operator) = Operator::of(&[]).await else { return };
    let browser = &operator.browser;
    browser.go("/strategies").await;
    let bytes = json!(components::named("aside"));
    browser.run(&format!(
        "const data = new DataTransfer();
         data.items.add(new File([new Uint8Array({bytes})], 'aside.wasm'));
         document.querySelector('#upload').dispatchEvent(new DragEvent('drop', {{dataTransfer: data, bubbles: true, cancelable: true}}));"
    )).await;
    assert_eq!(browser.run("return document.querySelector('#component').files[0].name").await, "aside.wasm");
    browser.pick("input[value=shadow]").await;
    browser.click("button", "Upload").await;
    browser.sees("#strategies", "shadow").await;
    queue(&operator.host, clear_row()).await;
    eventually("it saw the track", || async {
        (operator.read("/api/plugins/aside/comparison").await["tracks"] == 1).then_some(())
    })
    .await;
    browser.click("a", "Compare").await;
    browser.sees("#comparison", "1 track that both saw").await;
    browser.sees("#comparison", "What each did").await;
}

#[tokio::test]
async fn finds_out_why_a_track_failed_and_retries_one_and_then_all() {
    let Some(operator) = Operator::of(&[("AI_WORKER_ENABLED", "false")]).await else { return };
    let browser = &operator.browser;
    queue(&operator.host, vague_rows(3)).await;
    fail_all(operator.folder.path(), "the model declined to answer").await;
    browser.go("/").await;
    browser.sees("#needs", "3 tracks have failed for good").await;
    browser.click("a", "See why").await;
    browser.sees("#failed", "the model declined to answer").await;
    browser.fill("#search", "upload 1").await;
    browser.click("button", "Filter").await;
    browser.sees("#failed .rows", "untitled upload 1").await;
    assert!(!browser.text("#failed .rows").await.contains("untitled upload 2"));
    browser.click("button", "Retry").await;
    browser.sees("#said", "1 track is queued again").await;
    assert_eq!(operator.read("/api/music-ai/status").await["queue"]["failed"], 2);
    browser.fill("#search", "upload 2").await;
    browser.click("button", "Filter").await;
    browser.click("summary", "Retry these…").await;
    browser.click("dialog//button", "Retry these").await;
    browser.sees("#said", "1 track is queued again").await;
    browser.sees("#failed .rows", "untitled upload 0").await;
    browser.click("summary", "Retry all…").await;
    browser.sees("dialog[open]", "1 track is queued again").await;
    assert_eq!(operator.read("/api/music-ai/status").await["queue"]["failed"], 1, "not before it was confirmed");
    browser.click("dialog//button", "Retry all of them").await;
    browser.sees("#failed", "Nothing failed").await;
    assert_eq!(operator.read("/api/music-ai/status").await["queue"]["pending"], 3);
}

#[tokio::test]
async fn searches_the_library_and_corrects_an_entry_in_its_place() {
    let Some(operator) = Operator::of(&[]).await else { return };
    let browser = &operator.browser;
    queue(&operator.host, clear_row()).await;
    eventually("it is done", || async {
        (operator.read("/api/music-ai/status").await["queue"]["completed"] == 1).then_some(())
    })
    .await;
    browser.click("a", "Library").await;
    browser.fill("#search", "harb").await;
    browser.click("button", "Search").await;
    browser.click("a", "Harbour").await;
    browser.sees("#fields", "Ada Lane").await;
    browser.sees("#fields", "Decided by").await;
    browser.click("summary", "Correct this entry").await;
    browser.fill("#correct-release_date", "May").await;
    browser.fill("#correct-title", "Harbor").await;
    browser.click("button", "Correct").await;
    browser.sees("[role=alert]", "allowed: YYYY").await;
    assert_eq!(
        browser.run("return document.querySelector('#correct-title').value").await,
        "Harbor",
        "what was typed is there"
    );
    browser.fill("#correct-release_date", "1987-07-27").await;
    browser.click("button", "Correct").await;
    browser.sees("#said", "Corrected").await;
    browser.sees("#fields", "an operator").await;
    browser.sees("#history", "Harbour").await;
    let entry = operator.read("/api/music-ai/library/youtube/clear000001").await;
    assert_eq!((&entry["title"], &entry["corrected_fields"]), (&json!("Harbor"), &json!(["release_date", "title"])));
}

#[tokio::test]
async fn drains_a_host_and_lets_it_work_again() {
    let Some(operator) = Operator::of(&[]).await else { return };
    let browser = &operator.browser;
    browser.click("summary", "Drain…").await;
    browser.click("dialog//button", "Drain this host").await;
    browser.sees("#hosts", "draining").await;
    browser.click("button", "Take tracks again").await;
    browser.sees("#hosts", "running").await;
}

#[tokio::test]
async fn does_everything_without_a_script() {
    let Some(operator) = Operator::of(&[]).await else { return };
    let browser = &operator.browser;
    browser.scripts(false).await;
    browser.go("/").await;
    browser.click("summary", "Pause…").await;
    browser.fill("#pause-reason", "no script").await;
    browser.click("button", "Pause all hosts").await;
    browser.sees("#said", "Paused").await;
    browser.sees("#needs", "no script").await;
    assert!(operator.is_paused().await);
    browser.click("button", "Resume").await;
    browser.sees("#said", "Resumed").await;
    let file = operator.folder.path().join("hostile.wasm");
    std::fs::write(&file, HOSTILE).unwrap();
    browser.go("/strategies").await;
    browser.fill("#component", file.to_str().unwrap()).await;
    browser.pick("input[value=staged]").await;
    browser.click("button", "Upload").await;
    browser.sees("#aside", "hostile").await;
    browser.click("summary", "Activate…").await;
    browser.click("button", "Activate it").await;
    browser.sees("#strategies", "hostile").await;
    browser.click("button", "Sign out").await;
    browser.sees("h1", "Sign in").await;
}

#[tokio::test]
async fn does_it_with_the_keyboard_alone() {
    let Some(operator) = Operator::of(&[]).await else { return };
    let browser = &operator.browser;
    browser.go("/").await;
    let focused =
        async || browser.run("return document.activeElement.textContent.trim()").await.as_str().unwrap().to_owned();
    browser.press(Key::Tab).await;
    assert_eq!(focused().await, "Skip to the content");
    let outline =
        "const style = getComputedStyle(document.activeElement); return style.outlineStyle + ' ' + style.outlineWidth";
    assert_eq!(browser.run(outline).await, "solid 3px", "the focus is seen");
    browser.press(Key::Enter).await;
    for _ in 0..20 {
        if focused().await == "Pause…" {
            break;
        }
        browser.press(Key::Tab).await;
    }
    assert_eq!(focused().await, "Pause…");
    browser.press(Key::Enter).await;
    browser.sees("dialog[open]", "Every host").await;
    browser.press(Key::Escape).await;
    eventually("the focus is back", || async { (focused().await == "Pause…").then_some(()) }).await;
    browser.press(Key::Enter).await;
    browser.sees("dialog[open]", "Every host").await;
    browser.press("by keyboard").await;
    browser.press(Key::Enter).await;
    browser.sees("#state", "Paused").await;
    browser.sees("#needs", "by keyboard").await;
    assert!(operator.is_paused().await);
}

#[tokio::test]
async fn sees_what_the_model_costs_and_why_it_is_not_asked() {
    let (folder, model) = (tempfile::tempdir().unwrap(), StubModel::willing().await);
    let host = Host::asking(folder.path(), &model, &[("AI_DAILY_BUDGET_USD", "2")]).await;
    host.post("/api/music-ai/queue", vague_rows(3)).await;
    host.drained().await;
    let Some(browser) = Browser::at(&host).await else { return };
    browser.go("/model").await;
    browser.sees("#model", "ready").await;
    browser.sees("#limits", "$2.00").await;
    browser.sees("#use", "anthropic:claude-haiku-5-5").await;
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[]).await;
    drop(browser);
    let browser = Browser::at(&host).await.unwrap();
    browser.go("/").await;
    browser.sees("#needs", "ANTHROPIC_API_KEY is not set").await;
}
