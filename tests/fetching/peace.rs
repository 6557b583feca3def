//! When servers are left in peace.

use super::names::Names;
use super::{Cup, knowing, page, refused, settings, url, whole};
use liner::ingest::fetch::{Accept, Client, Fault, Fetch, FetchSettings, Request};
use liner_tests::raw::{Server, answer, ok, redirect};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn local() -> Arc<Names> {
    let names = ["a.here.example", "www.b.test", "b.test"];
    Arc::new(names.into_iter().fold(Names::default(), |names, name| names.and(name, &[&["127.0.0.1"]])))
}

fn every(interval: Duration) -> Client {
    let settings = FetchSettings { interval, ..settings("*.here.example,b.test,*.b.test") };
    Client::with_resolver(&settings, local()).unwrap()
}

fn wait_of(fault: &Fault) -> Duration {
    match fault {
        Fault::Busy { wait, .. } => *wait,
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_site_is_asked_once_in_an_interval_and_another_in_its_own() {
    let server = Server::always(ok("x")).await;
    let client = every(Duration::from_secs(3_600));
    whole(&client, &server.named("a.here.example", "/")).await;
    whole(&client, &server.named("b.test", "/")).await;
    for busy in ["a.here.example", "b.test", "www.b.test"] {
        let wait = wait_of(&refused(&client, &server.named(busy, "/2")).await);
        assert!((3_590..=3_600).contains(&wait.as_secs()), "{busy}: {wait:?}");
    }
    assert_eq!(server.heads().len(), 2);
}

#[tokio::test]
async fn whoever_comes_next_waits_for_its_turn() {
    let server = Server::always(ok("x")).await;
    let client = every(Duration::from_millis(300));
    let began = Instant::now();
    let url = server.named("b.test", "/");
    tokio::join!(whole(&client, &url), whole(&client, &url), whole(&client, &url));
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
}

#[tokio::test]
async fn one_reading_goes_on_at_a_site_at_once_and_whoever_comes_next_pays_for_it() {
    let server = Server::always(ok("x")).await;
    let client = every(Duration::from_secs(3_600));
    let follow = async |from: &str, to: &str| {
        let (from, to) = (url(from), url(to));
        let request = Request { follows: Some(&from), ..Request::of(&to, Accept::Page) };
        client.fetch(&request, &mut Cup::default()).await
    };
    let (page, oembed) = (server.named("b.test", "/"), server.named("www.b.test", "/oembed"));
    whole(&client, &page).await;
    follow(&page, &oembed).await.unwrap();
    let wait = wait_of(&refused(&client, &page).await);
    assert!(wait.as_secs() > 7_100, "{wait:?}");
    let elsewhere = server.named("a.here.example", "/oembed");
    follow(&page, &elsewhere).await.unwrap();
    let told = follow(&page, &elsewhere).await.unwrap_err();
    assert!(wait_of(&told.fault).as_secs() > 3_500, "another site has turns of its own: {told}");
}

#[tokio::test]
async fn the_fault_of_a_server_that_was_led_to_is_not_that_of_the_one_that_leads() {
    let busy = Server::always(answer("429 Too Many", &["retry-after: 100"], b"")).await;
    let to = busy.named("b.test", "/busy");
    let server =
        Server::saying(move |head| redirect(302, if head.starts_with("get /1 ") { &to } else { "//x:x/" })).await;
    let client = every(Duration::ZERO);
    for (path, is_elsewhere) in [("/1", true), ("/2", false)] {
        let asked = server.named("a.here.example", path);
        let error = page(&client, &asked).await.0.unwrap_err();
        assert_eq!(error.is_elsewhere(&asked), is_elsewhere, "{error}");
    }
}

#[tokio::test]
async fn a_server_that_wishes_it_is_left_alone_for_as_long_as_it_says_and_asked_again_then() {
    for status in ["429 Too Many", "503 Busy"] {
        let server = Server::saying(move |head| match head.split(' ').nth(1) {
            Some("/1") => answer(status, &["retry-after: 100"], b""),
            _ => ok("rested"),
        })
        .await;
        let client = knowing(&local());
        let url = |path: &str| server.named("a.here.example", path);
        let fault = refused(&client, &url("/1")).await;
        assert_eq!(wait_of(&fault), Duration::from_secs(100));
        assert!(fault.may_pass() && fault.to_string().contains(&status[..3]), "{fault}");
        let left = wait_of(&refused(&client, &url("/2")).await);
        assert!(left > Duration::from_secs(90), "{left:?}");
        assert_eq!(server.heads().len(), 1, "it was not asked while it rests");
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(100)).await;
        tokio::time::resume();
        assert_eq!(whole(&client, &url("/2")).await, "rested");
    }
}

#[tokio::test]
async fn a_server_that_fails_without_a_wish_may_be_asked_again() {
    let server = Server::always(answer("503 Busy", &[], b"")).await;
    let client = knowing(&local());
    for _ in 0..2 {
        assert_eq!(refused(&client, &server.named("a.here.example", "/")).await, Fault::Status(503));
    }
}

#[tokio::test]
async fn who_cannot_be_reached_is_not_tried_again_for_a_while() {
    let closed = Server::always(ok("x")).await.named("a.here.example", "/");
    let names = local();
    let client = knowing(&names);
    for (url, why) in [(closed.as_str(), "no connection"), ("http://nobody.example/", "its name leads nowhere")] {
        let first = refused(&client, url).await;
        assert!(matches!(&first, Fault::Unreachable(reason) if reason.starts_with(why)), "{first}");
        let asked = names.asked().len();
        let second = refused(&client, url).await;
        assert!(wait_of(&second).as_secs() >= 50 && second.to_string().contains(why), "{second}");
        assert_eq!(names.asked().len(), asked, "nor is its name looked up");
    }
}

#[tokio::test]
async fn an_address_that_is_forbidden_does_not_put_its_host_to_rest() {
    let server = Server::always(ok("x")).await;
    let client = knowing(&local());
    for _ in 0..2 {
        let forbidden = format!("http://me@a.here.example:{}/", server.address().port());
        assert!(matches!(refused(&client, &forbidden).await, Fault::Forbidden(_)));
    }
    assert!(page(&client, &server.named("a.here.example", "/")).await.0.is_ok());
}
