//! Who hears: added, listed, tested, given other secrets and removed, over HTTP and on the command line.

use crate::{World, add, attempt, endpoint, ok, pause, refused, resume};
use liner_tests::{Kind, Receiver, Reply, StubModel, eventually, liner};
use serde_json::{Value, json};

async fn world() -> World {
    World::new(Kind::Sqlite, StubModel::willing().await).await.unwrap()
}

pub async fn a_test_says_at_once_what_came_of_it(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    let host = world.quiet_host(world.database.folder.path(), &[]).await;
    let id = add(&host, &world.receiver, &["track.failed"]).await;
    let tested = ok(&host, "POST", &format!("/api/webhooks/{id}/test"), "").await;
    assert_eq!((&tested["success"], &tested["status"]), (&json!(true), &json!(204)));
    let came = world.receiver.received();
    assert_eq!((came.len(), came[0].kind.as_str(), came[0].good), (1, "webhook.test", 1));
    assert_eq!(tested["eventId"], came[0].id);
    world.receiver.answer(Reply::status(401));
    let tested = ok(&host, "POST", &format!("/api/webhooks/{id}/test"), "").await;
    assert_eq!((&tested["success"], &tested["error"]), (&json!(false), &json!("the receiver answers 401")));
    let log = host.get(&format!("/api/webhooks/{id}/deliveries")).await.json;
    let outcomes: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|item| &item["outcome"]).collect();
    assert_eq!(outcomes, ["failed", "delivered"]);
    assert_eq!(world.owed().await, 0, "a test is not repeated");
}

pub async fn a_message_is_sent_once_more_by_hand(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    let host = world.host(&[]).await;
    pause(&host).await;
    let sent = attempt(&host, "settings", "it was delivered", |attempt| attempt["outcome"] == "delivered").await;
    ok(&host, "POST", &format!("/api/webhooks/deliveries/{}/retry", sent["id"]), "").await;
    let came = world.receiver.first_of("worker.paused", 2).await;
    assert_eq!((&came[0].id, &came[0].body), (&came[1].id, &came[1].body));
    refused(&host.post("/api/webhooks/deliveries/999999/retry", "").await, 404, "there is no delivery 999999");
}

#[tokio::test]
async fn what_cannot_be_an_endpoint_is_refused_with_the_reason() {
    let world = world().await;
    let host = world.quiet_host(world.database.folder.path(), &[]).await;
    for (new, said) in [
        (json!({"url": "http://10.0.0.1/"}), "10.0.0.1 is a private address"),
        (json!({"url": "http://localhost/"}), "WEBHOOK_ALLOW"),
        (json!({"url": "ftp://hooks.example/"}), "neither http nor https"),
        (json!({"url": "https://me:secret@hooks.example/"}), "password"),
        (json!({"url": "nonsense"}), "url: "),
        (json!({"url": "https://hooks.example/", "secret": "whsec_short"}), "a secret is whsec_"),
        (json!({"url": "https://hooks.example/", "events": ["batch.begun"]}), "allowed: batch.completed, "),
        (json!({"url": "https://hooks.example/", "events": []}), "leave it out for all"),
        (json!({"url": "https://hooks.example/", "colour": 1}), "unknown field `colour`"),
    ] {
        let answer = host.post("/api/webhooks", new.to_string()).await;
        refused(&answer, 400, said);
        assert!(!answer.text.contains("whsec_short"), "{}", answer.text);
    }
    for (method, path) in [
        ("DELETE", "/api/webhooks/x"),
        ("POST", "/api/webhooks/x/test"),
        ("POST", "/api/webhooks/x/enable"),
        ("POST", "/api/webhooks/x/secret"),
        ("GET", "/api/webhooks/x/deliveries"),
    ] {
        refused(&host.send(host.request(method, path)).await, 404, "there is no webhook x");
    }
    for _ in 0..20 {
        add(&host, &world.receiver, &["track.failed"]).await;
    }
    let one_more = json!({"url": world.receiver.url}).to_string();
    refused(&host.post("/api/webhooks", one_more).await, 400, "there are 20 webhooks");
}

#[tokio::test]
async fn a_secret_is_made_told_once_and_never_shown_again_nor_is_what_an_address_holds() {
    let world = world().await;
    let host = world.host(&[]).await;
    let added = ok(&host, "POST", "/api/webhooks", json!({"url": world.receiver.url}).to_string()).await;
    let (id, secret) = (added["id"].as_str().unwrap(), added["secret"].as_str().unwrap());
    assert!(secret.starts_with("whsec_"));
    world.receiver.learn(secret);
    pause(&host).await;
    let came = world.receiver.first_of("worker.paused", 2).await;
    assert!(came.iter().all(|message| message.good == 1), "{came:?}");
    ok(&host, "POST", &format!("/api/webhooks/{id}/test"), "").await;
    let folder = world.database.folder.path();
    let settings = [("WEBHOOK_URL", world.receiver.url.as_str()), ("WEBHOOK_SECRET", Receiver::SECRET)];
    let config = liner(folder, &["config"], &settings, "").await.stdout;
    let log = host.get(&format!("/api/webhooks/{id}/deliveries")).await.text;
    // Who may only read sees where it goes and not by which path, in which many a receiver has its secret.
    let listed = host.get("/api/webhooks").await;
    let place = world.receiver.url.split("/hook").next().unwrap();
    assert_eq!(listed.json["webhooks"][1]["url"], format!("{place}/…"), "{}", listed.text);
    assert!(!listed.text.contains("/hook"), "{}", listed.text);
    let all = [listed.text, log, config, host.log(), host.banner.clone()].concat();
    for hidden in [secret, Receiver::SECRET, "hidden-token"] {
        assert!(!all.contains(hidden), "{hidden} is in {all}");
    }
}

#[tokio::test]
async fn a_secret_is_replaced_without_a_message_that_its_receiver_cannot_check() {
    let world = world().await;
    let host = world.quiet_host(world.database.folder.path(), &[]).await;
    let id = add(&host, &world.receiver, &["worker.paused"]).await;
    let renewed = ok(&host, "POST", &format!("/api/webhooks/{id}/secret"), "").await;
    pause(&host).await;
    let before = world.receiver.first_of("worker.paused", 1).await.remove(0);
    assert_eq!((before.good, before.signatures), (1, 2), "the former secret signs too");
    world.receiver.learn(renewed["secret"].as_str().unwrap());
    let tested = ok(&host, "POST", &format!("/api/webhooks/{id}/test"), "").await;
    assert_eq!(tested["success"], true);
    assert_eq!(world.receiver.of("webhook.test")[0].good, 2);
    world.database.execute("update webhook_endpoint set former_until = 1").await;
    ok(&host, "POST", &format!("/api/webhooks/{id}/test"), "").await;
    let after = world.receiver.of("webhook.test").remove(1);
    assert_eq!((after.good, after.signatures), (1, 1), "for a day");
}

#[tokio::test]
async fn the_endpoint_of_the_settings_comes_and_goes_with_them() {
    let world = world().await;
    let folder = world.database.folder.path();
    let alone = [("WEBHOOK_URL", world.receiver.url.as_str())];
    let run = liner(folder, &["status"], &alone, "").await;
    assert!(run.code == Some(2) && run.stderr.starts_with("liner: WEBHOOK_SECRET is empty; allowed: "), "{run:?}");
    let private = [("WEBHOOK_URL", "http://10.0.0.1/x?token=1"), ("WEBHOOK_SECRET", Receiver::SECRET)];
    let run = liner(folder, &["serve"], &private, "").await;
    assert!(
        run.code == Some(2) && run.stderr.contains("liner: WEBHOOK_URL is http://10.0.0.1/x; allowed: "),
        "{run:?}"
    );

    let host = world.host(&[]).await;
    assert!(host.get("/api/webhooks").await.json["webhooks"][0]["id"] == "settings");
    refused(&host.send(host.request("DELETE", "/api/webhooks/settings")).await, 400, "WEBHOOK_URL");
    refused(&host.post("/api/webhooks/settings/secret", "").await, 400, "WEBHOOK_SECRET");
    assert_eq!(host.stop().await, Some(0));
    let host = world.quiet_host(folder, &[]).await;
    let left = endpoint(&host, "settings").await;
    let reason = json!("a host was started without WEBHOOK_URL");
    assert_eq!((&left["isEnabled"], &left["disabledReason"]), (&json!(false), &reason));
    assert!(host.log().contains("`liner webhooks enable settings` sends to it again"), "{}", host.log());
    assert_eq!(host.stop().await, Some(0));
    let host = world.host(&[]).await;
    assert_eq!(endpoint(&host, "settings").await["isEnabled"], true);
    assert_eq!(host.stop().await, Some(0));

    // It is forgotten by whoever means that, where the settings would not bring it back.
    let settings = [("DATABASE_URL", world.database.url.as_str())];
    let named = [settings[0], alone[0], ("WEBHOOK_SECRET", Receiver::SECRET)];
    let remove = ["webhooks", "remove", "settings"];
    let run = liner(folder, &remove, &named, "").await;
    assert!(run.code == Some(1) && run.stderr.contains("remove it from the settings"), "{run:?}");
    assert_eq!(liner(folder, &remove, &settings, "").await.code, Some(0));
    assert_eq!(world.number("select count(*) from webhook_endpoint").await, 0);
}

#[tokio::test]
async fn an_endpoint_that_is_removed_takes_what_it_is_owed_along() {
    let world = world().await;
    let host = world.quiet_host(world.database.folder.path(), &[]).await;
    world.receiver.answer(Reply::status(500));
    let id = add(&host, &world.receiver, &["worker.paused"]).await;
    pause(&host).await;
    attempt(&host, &id, "it failed", |attempt| attempt["outcome"] == "failed").await;
    ok(&host, "DELETE", &format!("/api/webhooks/{id}"), "").await;
    assert_eq!((world.owed().await, world.number("select count(*) from webhook_delivery").await), (0, 0));
    resume(&host).await;
    assert_eq!(host.get("/api/webhooks").await.json, json!({"webhooks": []}));
}

#[tokio::test]
async fn the_command_line_does_the_same_on_the_same_database() {
    let world = world().await;
    let folder = world.database.folder.path();
    let settings = [("DATABASE_URL", world.database.url.as_str()), ("WEBHOOK_ALLOW", "127.0.0.1")];
    let run = async |arguments: &[&str]| liner(folder, &[&["webhooks"], arguments].concat(), &settings, "").await;
    assert!(run(&[]).await.stdout.contains("liner webhooks add URL"));
    let refused = run(&["add", "http://10.0.0.1/"]).await;
    assert!(refused.code == Some(1) && refused.stderr.contains("private address"), "{refused:?}");
    let added = run(&["add", &world.receiver.url, "--events", "worker.paused,track.failed"]).await.stdout;
    let (id, secret) = (added.split(' ').next().unwrap(), added.trim().rsplit(' ').next().unwrap());
    world.receiver.learn(secret);
    let tested = run(&["test", id]).await;
    assert!(tested.code == Some(0) && tested.stdout.starts_with("delivered with 204 in "), "{tested:?}");
    assert_eq!(world.receiver.of("webhook.test")[0].good, 1);

    // Who is told does not depend on who does it: a pause of the command line is owed too, and sent by a host.
    liner(folder, &["pause"], &settings, "").await;
    assert_eq!(world.owed().await, 1);
    let listed = run(&["list"]).await.stdout;
    assert!(
        listed.contains(id) && listed.contains("worker.paused,track.failed") && !listed.contains("hidden"),
        "{listed}"
    );
    let host = world.quiet_host(folder, &[]).await;
    world.receiver.first_of("worker.paused", 1).await;
    eventually("it is written down", || async { (endpoint(&host, id).await["owed"] == 0).then_some(()) }).await;
    let log = run(&["deliveries", id, "--json"]).await.stdout;
    let newest: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    assert_eq!((&newest["type"], &newest["outcome"]), (&json!("worker.paused"), &json!("delivered")));
    assert!(run(&["deliveries", id]).await.stdout.contains("webhook.test"));

    world.receiver.answer(Reply::status(500));
    let tested = run(&["test", id]).await;
    assert!(tested.code == Some(1) && tested.stdout.contains("the receiver answers 500"), "{tested:?}");
    assert_eq!(run(&["enable", id]).await.code, Some(0));
    assert_eq!(run(&["remove", id]).await.code, Some(0));
    assert!(run(&["test", id]).await.stderr.contains("there is no webhook"));
}
