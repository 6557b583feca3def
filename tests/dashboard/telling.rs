//! Webhooks, in the browser: added, tested, followed in their log, and removed.

use crate::TOKEN;
use crate::browser::Browser;
use liner_tests::{Host, Receiver, Reply};

async fn looking() -> Option<(Browser, Host, Receiver, tempfile::TempDir)> {
    let (folder, receiver) = (tempfile::tempdir().unwrap(), Receiver::open().await);
    let settings = [("LINER_ADMIN_TOKEN", TOKEN), ("WEBHOOK_ALLOW", "127.0.0.1")];
    let host = Host::start(folder.path(), &settings).await;
    let browser = Browser::at(&host).await?;
    browser.sign_in(TOKEN).await;
    browser.sees("h1", "Overview").await;
    browser.go("/webhooks").await;
    Some((browser, host, receiver, folder))
}

#[tokio::test]
async fn a_webhook_is_added_with_a_secret_that_is_shown_once_and_a_test_says_whether_it_arrives() {
    let Some((browser, host, receiver, _folder)) = looking().await else { return };
    browser.sees("#webhooks", "Nobody is told of anything").await;
    browser.fill("#url", &receiver.url).await;
    for event in ["batch.completed", "track.failed"] {
        browser.pick(&format!("input[value='{event}']")).await;
    }
    browser.click("button", "Add").await;
    browser.sees("h1", "Webhook added").await;
    let secret = browser.text("main pre").await;
    receiver.learn(&secret);
    browser.click("a", "Send a test").await;
    browser.sees("#deliveries", "Nothing was sent yet").await;
    assert!(!browser.run("return document.body.textContent").await.to_string().contains(&secret));
    browser.click("button", "Send a test").await;
    browser.sees("#said", "The test was delivered").await;
    browser.sees("#deliveries", "webhook.test").await;
    browser.sees("#deliveries", "answered 204").await;
    let came = receiver.received();
    assert_eq!((came.len(), came[0].good), (1, 1), "signed with the secret that was shown");

    host.send(host.request("POST", "/api/music-ai/worker/pause").bearer_auth(TOKEN)).await;
    browser.sees("#deliveries", "worker.paused").await;
    browser.click("summary", "Remove…").await;
    browser.sees("dialog[open]", "It hears of nothing more").await;
    browser.click("dialog//button", "Remove this webhook").await;
    browser.sees("#webhooks", "Nobody is told of anything").await;
}

#[tokio::test]
async fn a_receiver_that_refuses_is_named_on_the_first_page_and_what_it_missed_is_sent_again() {
    let Some((browser, host, receiver, _folder)) = looking().await else { return };
    receiver.answer(Reply::status(500));
    browser.fill("#url", &receiver.url).await;
    browser.fill("#secret", Receiver::SECRET).await;
    browser.click("button", "Add").await;
    browser.click("a", "Send a test").await;
    browser.click("button", "Send a test").await;
    browser.sees("#said", "The test was not delivered").await;
    browser.sees("#deliveries", "answered 500").await;
    host.send(host.request("POST", "/api/music-ai/worker/pause").bearer_auth(TOKEN)).await;
    browser.sees("#deliveries", "worker.paused").await;
    browser.go("/").await;
    browser.sees("#needs", "cannot be told what happens here").await;
    browser.click("a", "See the webhook").await;
    receiver.answer(Reply::status(204));
    browser.click("button", "Send again").await;
    browser.sees("#deliveries", "delivered").await;
    browser.sees("#webhook", "0 messages are owed").await;
}

#[tokio::test]
async fn what_cannot_be_a_webhook_is_refused_in_a_sentence() {
    let Some((browser, _host, _receiver, _folder)) = looking().await else { return };
    browser.fill("#url", "http://10.0.0.1/hook").await;
    browser.click("button", "Add").await;
    browser.sees("[role=alert]", "WEBHOOK_ALLOW").await;
}
