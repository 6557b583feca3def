//! The switch, the hosts, and what one tells the others.

use crate::fixture::{Fixture, completed, link};
use liner::store::{Cause, Host, HostId, NewHost, NewRevision, Verdict, Want};
use std::time::Duration;

pub async fn the_pause_is_in_the_database(f: Fixture) {
    f.enqueue(0..1).await;
    f.store.pause("ada", Some("maintenance")).await.unwrap();
    f.store.pause("bob", None).await.unwrap();
    let other = f.database.store().await;
    let pause = other.paused().await.unwrap().unwrap();
    assert_eq!((pause.by.as_deref(), pause.reason.as_deref()), (Some("ada"), Some("maintenance")));
    assert!(f.claim(1).await.is_none());
    let by_hand = Want { even_paused: true, ..Want::one(f.host.clone(), 1, 1) };
    assert_eq!(f.store.claim(&by_hand).await.unwrap().len(), 1, "a manual run goes on");
    other.resume().await.unwrap();
    assert!(f.store.paused().await.unwrap().is_none());
}

pub async fn hosts_are_registered_seen_drained_and_gone(f: Fixture) {
    let host = NewHost { id: f.host.clone(), name: "attic:4201".into(), predecessor: None };
    f.store.enlist(&host).await.unwrap();
    f.advance(9_000).await;
    assert!(!f.store.beat(&f.host, 3).await.unwrap());
    f.advance(1_000).await;
    let seen = |hosts: Vec<Host>| hosts.into_iter().find(|host| host.id == f.host).unwrap();
    let one = seen(f.store.hosts().await.unwrap());
    assert_eq!((one.name.as_str(), one.in_flight, one.silent_ms, one.state()), ("attic:4201", 3, 1_000, "running"));
    assert!(f.store.drain(&f.host, true).await.unwrap());
    assert!(f.store.beat(&f.host, 0).await.unwrap(), "it hears that it is to take nothing more");
    assert_eq!(seen(f.store.hosts().await.unwrap()).state(), "draining");
    assert!(f.store.drain(&f.host, false).await.unwrap());
    assert!(!f.store.beat(&f.host, 0).await.unwrap());
    assert!(!f.store.drain(&HostId::new(), true).await.unwrap(), "there is no such host");
    f.advance(Host::GONE_AFTER_MS).await;
    assert_eq!(seen(f.store.hosts().await.unwrap()).state(), "gone");
    f.store.leave(&f.host).await.unwrap();
    assert_eq!(seen(f.store.hosts().await.unwrap()).state(), "stopped");
}

pub async fn what_others_write_is_noticed(f: Fixture) {
    let other = f.database.store().await;
    let notices = || async { tokio::time::timeout(Duration::from_secs(10), f.store.changed()).await.unwrap().unwrap() };
    // The first look learns what there is.
    let _ = tokio::time::timeout(Duration::from_millis(1_500), f.store.changed()).await;
    tokio::join!(notices(), async { other.enqueue(&[link(7)]).await.unwrap() });
    tokio::join!(notices(), async { other.pause("ada", None).await.unwrap() });
    let revision = NewRevision {
        entries: "{}".into(),
        parent: None,
        cause: Cause::Install,
        by: "ada".into(),
        reason: None,
        news: None,
    };
    tokio::join!(notices(), async { other.record_pipeline(None, &revision).await.unwrap() });
}

pub async fn what_is_due_next_is_known(f: Fixture) {
    assert_eq!(f.store.next_due().await.unwrap(), liner::store::NextDue::default());
    f.enqueue(0..2).await;
    let claim = f.claim(1).await.unwrap();
    assert_eq!(f.store.next_due().await.unwrap().in_ms, Some(45_000), "the lease");
    let rests = Verdict::Refunded { reason: "busy".into(), rest_ms: 7_000 };
    f.settle_all(&claim, &rests).await;
    let due = f.store.next_due().await.unwrap();
    assert_eq!((due.in_ms, due.backoff_at), (Some(7_000), Some(crate::fixture::NOON + 7_000)));
    let claim = f.claim(1).await.unwrap();
    f.settle_all(&claim, &completed("Done")).await;
    f.advance(7_001).await;
    assert_eq!(f.store.next_due().await.unwrap().in_ms, Some(-1));
}

pub async fn two_hosts_that_change_the_pipeline_at_once_do_not_lose_either(f: Fixture) {
    let other = f.database.store().await;
    let revision = |by: &str| NewRevision {
        entries: "{}".into(),
        parent: None,
        cause: Cause::Install,
        by: by.into(),
        reason: None,
        news: None,
    };
    let (ada, bob) = (revision("ada"), revision("bob"));
    let (one, two) = tokio::join!(f.store.record_pipeline(None, &ada), other.record_pipeline(None, &bob));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert!(one.is_some() != two.is_some(), "{one:?} {two:?}: the one that came second looks again");
    assert_eq!(f.store.record_pipeline(Some(1), &revision("late")).await.unwrap(), Some(2));
}
