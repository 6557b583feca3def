//! How messages reach their receivers, or do not.

use crate::{World, add, attempt, endpoint, ok, pause, resume};
use liner_tests::{Kind, Received, Receiver, Reply, StubModel, eventually};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use tokio::sync::watch;

const SETTINGS: &str = "settings";

async fn delivered(world: &World) {
    eventually("nothing is owed any more", || async { (world.owed().await == 0).then_some(()) }).await;
}

fn id_of(message: &Received) -> &str {
    &message.id
}

pub async fn a_message_that_was_refused_is_sent_again_under_its_id(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    world.receiver.answer_next([Reply::status(500)]);
    let host = world.host(&[]).await;
    pause(&host).await;
    let failed = attempt(&host, SETTINGS, "a failed attempt", |attempt| attempt["outcome"] == "failed").await;
    assert_eq!((&failed["status"], &failed["attempt"]), (&json!(500), &json!(1)));
    assert_eq!(failed["error"], "the receiver answers 500");
    let (at, next) = (failed["at"].as_str().unwrap(), failed["nextAt"].as_str().unwrap());
    let wait = next.parse::<jiff::Timestamp>().unwrap().as_millisecond()
        - at.parse::<jiff::Timestamp>().unwrap().as_millisecond();
    assert!((3_900..7_000).contains(&wait), "the first pause is of five seconds, up to a fifth shorter: {wait} ms");
    assert!(endpoint(&host, SETTINGS).await["failingSince"].is_string());
    world.hurry().await;
    let sent = attempt(&host, SETTINGS, "a good one", |attempt| attempt["outcome"] == "delivered").await;
    assert_eq!((&sent["attempt"], &sent["status"], &sent["eventId"]), (&json!(2), &json!(204), &failed["eventId"]));
    let came = world.receiver.received();
    assert_eq!((came.len(), id_of(&came[0]), came[1].good), (2, id_of(&came[1]), 1));
    assert_eq!(came[0].body, came[1].body);
    assert!(endpoint(&host, SETTINGS).await["failingSince"].is_null());
}

pub async fn a_receiver_that_wants_to_be_left_alone_is_left_alone(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    world.receiver.answer_next([Reply::status(503).header("retry-after", "3600")]);
    let host = world.host(&[]).await;
    pause(&host).await;
    attempt(&host, SETTINGS, "it is refused", |attempt| attempt["status"] == 503).await;
    let told = endpoint(&host, SETTINGS).await;
    let until: jiff::Timestamp = told["restsUntil"].as_str().unwrap().parse().unwrap();
    assert!((3_500..=3_600).contains(&(until.as_second() - jiff::Timestamp::now().as_second())), "{until}");
    // What is due meanwhile is not sent either: the rest is the receiver's.
    resume(&host).await;
    world.hurry().await;
    let other = Receiver::open().await;
    add(&host, &other, &["worker.paused"]).await;
    pause(&host).await;
    other.first_of("worker.paused", 1).await;
    assert_eq!((world.receiver.received().len(), endpoint(&host, SETTINGS).await["owed"].clone()), (1, json!(3)));
    ok(&host, "POST", "/api/webhooks/settings/enable", "").await;
    delivered(&world).await;
    assert_eq!(world.receiver.received().len(), 4);
}

pub async fn a_receiver_that_stays_gone_is_disabled_until_it_is_enabled(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    world.receiver.answer(Reply::status(410));
    let host = world.host(&[]).await;
    pause(&host).await;
    attempt(&host, SETTINGS, "it is gone", |attempt| attempt["status"] == 410).await;
    world.hurry().await;
    attempt(&host, SETTINGS, "a second time", |attempt| attempt["attempt"] == 2).await;
    assert_eq!(endpoint(&host, SETTINGS).await["isEnabled"], true, "it may be gone for a moment");
    world.database.execute("update webhook_endpoint set gone_since = gone_since - 300000").await;
    world.hurry().await;
    attempt(&host, SETTINGS, "a third time", |attempt| attempt["attempt"] == 3).await;
    let disabled = endpoint(&host, SETTINGS).await;
    assert_eq!((&disabled["isEnabled"], &disabled["disabledReason"]), (&json!(false), &json!("it answers 410 Gone")));
    assert_eq!(
        world.number("select count(*) from event where kind = 'webhook-disabled' and subject = 'settings'").await,
        1
    );
    assert!(host.log().contains("nothing is sent to it until it is enabled again"));
    resume(&host).await;
    world.hurry().await;
    assert_eq!(world.owed().await, 1, "what happens while it is disabled is not told");
    world.receiver.answer(Reply::status(200));
    // A restart with the same settings does not enable it.
    assert_eq!(host.stop().await, Some(0));
    let host = world.host(&[]).await;
    assert!(host.get("/api/webhooks").await.json["webhooks"][0]["isEnabled"] == false);
    ok(&host, "POST", "/api/webhooks/settings/enable", "").await;
    delivered(&world).await;
    let came = world.receiver.received();
    assert_eq!((came.len(), id_of(&came[3])), (4, id_of(&came[0])));
}

pub async fn a_message_that_was_sent_when_its_host_died_comes_again_under_its_id(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    world.receiver.answer_next([Reply::nothing()]);
    let host = world.host(&[]).await;
    pause(&host).await;
    world.receiver.first_of("worker.paused", 1).await;
    host.kill().await;
    let _host = world.host(&[]).await;
    let leased = "select count(*) from webhook_outbox, clock where claim is not null and next_at > ms + 30000";
    assert_eq!(world.number(leased).await, 1, "the dead host's lease holds");
    world.hurry().await;
    let came = world.receiver.first_of("worker.paused", 2).await;
    assert_eq!(id_of(&came[0]), id_of(&came[1]));
    delivered(&world).await;
}

pub async fn a_receiver_that_hangs_holds_up_nobody(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    world.receiver.answer(Reply::nothing());
    let host = world.host(&[]).await;
    let other = Receiver::open().await;
    add(&host, &other, &["worker.paused"]).await;
    let began = Instant::now();
    for _ in 0..6 {
        pause(&host).await;
        resume(&host).await;
    }
    other.first_of("worker.paused", 6).await;
    assert!(
        began.elapsed() < Duration::from_secs(14),
        "it did not wait for the other's timeout: {:?}",
        began.elapsed()
    );
    assert_eq!(world.receiver.received().len(), 4, "so many are on their way at once");
    let stopping = Instant::now();
    assert_eq!(host.stop().await, Some(0));
    assert!(stopping.elapsed() < Duration::from_secs(12), "{:?}", stopping.elapsed());
    let due = "select count(*) from webhook_outbox, clock where claim is null and attempts = 0 and next_at <= ms";
    assert_eq!((world.number(due).await, world.owed().await), (12, 12), "what was on its way is given back");
}

pub async fn a_drained_host_tells_what_happens(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    let host = world.host(&[]).await;
    ok(&host, "POST", &format!("/api/hosts/{}/drain", host.id().await), "").await;
    eventually("it takes nothing more", || async {
        (host.get("/api/music-ai/worker/status").await.json["worker"]["isDraining"] == true).then_some(())
    })
    .await;
    pause(&host).await;
    world.receiver.first_of("worker.paused", 1).await;
    delivered(&world).await;
}

pub async fn what_is_too_old_is_given_up_and_that_is_told_once(kind: Kind) {
    let Some(world) = World::new(kind, StubModel::willing().await).await else { return };
    world.receiver.answer(Reply::status(500));
    let host = world.host(&[]).await;
    pause(&host).await;
    resume(&host).await;
    eventually("both failed", || async {
        (world.number("select count(*) from webhook_delivery").await == 2).then_some(())
    })
    .await;
    assert_eq!(host.stop().await, Some(0));
    world.database.execute("update webhook_outbox set owed_at = owed_at - 86400001").await;
    let host = world.host(&[]).await;
    delivered(&world).await;
    let given_up = attempt(&host, SETTINGS, "it is given up", |attempt| attempt["outcome"] == "given_up").await;
    assert_eq!((&given_up["error"], &given_up["status"]), (&json!("not delivered within a day"), &json!(null)));
    assert_eq!(world.number("select count(*) from webhook_delivery where outcome = 'given_up'").await, 2);
    assert_eq!(world.number("select count(*) from event where kind = 'webhook-gave-up'").await, 1);
    eventually("it is counted", || async {
        let counted = "liner_webhook_deliveries_total{outcome=\"given_up\"} 2\n";
        host.get("/metrics").await.text.contains(counted).then_some(())
    })
    .await;
}

#[tokio::test]
async fn two_hosts_do_not_both_send_a_message() {
    let Some(world) = World::new(Kind::Postgres, StubModel::willing().await).await else { return };
    let (open, gate) = watch::channel(false);
    world.receiver.answer(Reply::status(200).behind(gate));
    let elsewhere = tempfile::tempdir().unwrap();
    let (one, two) = (world.host(&[]).await, world.host_in(elsewhere.path(), &[]).await);
    for _ in 0..20 {
        pause(&one).await;
        resume(&two).await;
    }
    // A host sends four at once: none of them is answered until each has its four.
    eventually("both send", || async { (world.receiver.received().len() == 8).then_some(()) }).await;
    open.send_replace(true);
    delivered(&world).await;
    let mut came = BTreeMap::<String, usize>::new();
    for message in world.receiver.received() {
        *came.entry(message.id).or_default() += 1;
    }
    assert_eq!((came.len(), came.values().max()), (40, Some(&1)));
    for host in [&one, &two] {
        assert!(host.log().contains("outcome=\"delivered\""), "each sent some:\n{}", host.log());
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::new(Kind::Sqlite, StubModel::willing().await).await.unwrap();
    let other = Receiver::open().await;
    world.receiver.answer(Reply::status(307).header("location", other.url.clone()));
    let host = world.host(&[]).await;
    pause(&host).await;
    let failed = attempt(&host, SETTINGS, "it failed", |attempt| attempt["outcome"] == "failed").await;
    assert_eq!(failed["error"], "the receiver answers 307, and redirects are not followed");
    assert_eq!((world.receiver.received().len(), other.received().len()), (1, 0));
}

#[tokio::test]
async fn an_address_that_is_not_public_is_not_sent_to_whoever_wrote_it_down() {
    let world = World::new(Kind::Sqlite, StubModel::willing().await).await.unwrap();
    let host = world.quiet_host(world.database.folder.path(), &[("WEBHOOK_ALLOW", "192.0.2.1")]).await;
    let insert = format!(
        "insert into webhook_endpoint (id, url, secret, created_at) values ('x', '{}', '{}', 1)",
        world.receiver.url,
        Receiver::SECRET
    );
    world.database.execute(&insert).await;
    pause(&host).await;
    let failed = attempt(&host, "x", "it failed", |attempt| attempt["outcome"] == "failed").await;
    let port = world.receiver.url.split([':', '/']).nth(4).unwrap();
    assert_eq!(failed["error"], format!("not sent: port {port} is neither 80 nor 443"));
    world.database.execute("update webhook_endpoint set url = 'http://127.0.0.1/hook'").await;
    world.hurry().await;
    let failed = attempt(&host, "x", "it failed again", |attempt| attempt["attempt"] == 2).await;
    assert!(failed["error"].as_str().unwrap().starts_with("not sent: 127.0.0.1 is a loopback address"), "{failed}");
    assert_eq!(world.receiver.received().len(), 0);
}
