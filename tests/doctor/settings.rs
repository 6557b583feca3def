//! Settings and the address.

use super::{doctor, folder};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn settings_as_they_come_are_well() {
    let visit = doctor(folder().path(), &[]).await;
    visit.says("settings", "ok", &["by environment; the rest as they come"]);
    assert_eq!((visit.code, &visit.report["success"]), (Some(0), &true.into()), "{}", visit.text);
}

#[tokio::test]
async fn every_wrong_setting_is_named_and_no_secret_is_shown() {
    let settings =
        [("AI_WORKER_BATCH_SIZE", "0"), ("AI_PROVIDER", "antropic"), ("LINER_ADMIN_TOKEN", "short"), ("PORT", "http")];
    let visit = doctor(folder().path(), &settings).await;
    for name in ["AI_WORKER_BATCH_SIZE", "AI_PROVIDER", "LINER_ADMIN_TOKEN", "PORT"] {
        visit.says("settings", "fail", &[&format!("{name} is "), "allowed: "]);
    }
    assert!(visit.code == Some(1) && !visit.text.contains("short"), "{}", visit.text);
}

#[tokio::test]
async fn a_misspelt_setting_is_found_and_the_right_one_is_asked_for() {
    let folder = folder();
    let visit = doctor(folder.path(), &[("AI_MODLE", "x"), ("LINER_COLOUR", "red"), ("AI_GATEWAY", "acme")]).await;
    visit.says("settings", "warn", &["AI_MODLE", "environment", "did you mean AI_MODEL?"]);
    visit.says("settings", "warn", &["LINER_COLOUR", "remove it"]);
    assert!(visit.code == Some(0), "they may be another program's: {}", visit.text);
    std::fs::write(folder.path().join("liner.toml"), "ai_worker_batchsize = 3\n").unwrap();
    let visit = doctor(folder.path(), &[]).await;
    visit.says("settings", "fail", &["ai_worker_batchsize", "did you mean AI_WORKER_BATCH_SIZE?"]);
}

#[tokio::test]
async fn a_file_with_a_secret_is_for_nobody_elses_eyes() {
    let folder = folder();
    let file = folder.path().join(".env");
    let readable = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::write(&file, "NEYNAR_API_KEY=not-a-real-key\n").unwrap();
    readable(0o644);
    doctor(folder.path(), &[]).await.says("settings", "warn", &[".env", "chmod 600"]);
    readable(0o600);
    assert_eq!(doctor(folder.path(), &[]).await.levels("settings"), ["ok"]);
}

#[tokio::test]
async fn what_others_can_reach_needs_a_token_that_is_not_guessed() {
    let folder = folder();
    doctor(folder.path(), &[]).await.says("address", "ok", &["this machine only"]);
    let open = ("HOST", "0.0.0.0");
    let visit = doctor(folder.path(), &[open]).await;
    visit.says("address", "fail", &["HOST", "LINER_ADMIN_TOKEN"]);
    assert_eq!(visit.code, Some(1));
    let weak = doctor(folder.path(), &[open, ("LINER_ADMIN_TOKEN", "passwordpassword")]).await;
    weak.says("address", "warn", &["guessed"]);
    let strong = doctor(folder.path(), &[open, ("LINER_ADMIN_TOKEN", "9b74c9897bac770ffc029102a200c5de")]).await;
    strong.says("address", "ok", &["asks for the token"]);
    assert!(!weak.text.contains("passwordpassword") && !strong.text.contains("9b74c989"));
}

#[tokio::test]
async fn a_feed_whose_name_leads_nowhere_is_said_and_none_is_looked_for_where_no_page_is_read() {
    let folder = folder();
    doctor(folder.path(), &[]).await.says("pages", "ok", &["LINER_FETCH is false"]);
    let feed = |host| format!("http://{host}:9/feed");
    let visit = doctor(folder.path(), &[("LINER_SYNC_CHANNELS", &feed("localhost"))]).await;
    visit.says("pages", "ok", &["localhost"]);
    let visit = doctor(folder.path(), &[("LINER_SYNC_CHANNELS", &feed("nowhere.invalid"))]).await;
    visit.says("pages", "warn", &["nowhere.invalid", "DNS"]);
    assert_eq!(visit.code, Some(0), "a host works without: {}", visit.text);
}

#[tokio::test]
async fn a_webhook_that_would_be_refused_is_said_before_a_host_does_not_start() {
    let folder = folder();
    doctor(folder.path(), &[]).await.says("webhook", "ok", &["nobody"]);
    let secret = ("WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let url = ("WEBHOOK_URL", "http://127.0.0.1:9/hook?key=hidden");
    let visit = doctor(folder.path(), &[url, secret]).await;
    visit.says("webhook", "fail", &["127.0.0.1:9", "WEBHOOK_ALLOW"]);
    assert!(visit.code == Some(1) && !visit.text.contains("hidden") && !visit.text.contains("whsec_Mf"));
    let allowed = doctor(folder.path(), &[url, secret, ("WEBHOOK_ALLOW", "127.0.0.1")]).await;
    allowed.says("webhook", "ok", &["signed"]);
    let unsigned = doctor(folder.path(), &[url, ("WEBHOOK_SECRET", "whsec_short")]).await;
    unsigned.says("settings", "fail", &["WEBHOOK_SECRET is ***"]);
    assert!(!unsigned.text.contains("whsec_short"));
}
