//! Whether a host runs, and could.

use super::{doctor, doctor_under, folder};
use liner_tests::{Host, postgres, raw};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_host_that_runs_is_found_where_it_listens_and_where_it_does_not() {
    let folder = folder();
    let port = postgres::free_port().to_string();
    doctor(folder.path(), &[("PORT", &port)]).await.says("host", "ok", &["none runs", "is free"]);
    let host = Host::start(folder.path(), &[("PORT", &port)]).await;
    let visit = doctor(folder.path(), &[("PORT", &port)]).await;
    visit.says("host", "ok", &["is ready at"]).says("database", "ok", &["answers"]);
    let elsewhere = postgres::free_port().to_string();
    doctor(folder.path(), &[("PORT", &elsewhere)]).await.says("host", "warn", &["but not at", "PORT"]);
    let other = super::folder();
    doctor(other.path(), &[("PORT", &port)]).await.says("host", "warn", &["another data folder"]);
    assert_eq!(host.stop().await, Some(0), "it was not disturbed");
}

#[tokio::test]
async fn another_program_in_a_hosts_place_is_said() {
    let stranger = raw::Server::always(raw::ok("<h1>It works!</h1>")).await;
    let port = stranger.address().port().to_string();
    let visit = doctor(folder().path(), &[("PORT", &port)]).await;
    visit.says("host", "fail", &["another program", "set PORT"]);
    let unready = raw::answer("503 Service Unavailable", &[], br#"{"error": "the database is away"}"#);
    let unready = raw::Server::always(unready).await;
    let port = unready.address().port().to_string();
    doctor(folder().path(), &[("PORT", &port)]).await.says("host", "fail", &["not ready", "the database is away"]);
}

#[tokio::test]
async fn a_listener_that_says_nothing_holds_nobody_up() {
    let silent = raw::Server::doing(async |mut visitor: raw::Visitor| visitor.stay().await).await;
    let port = silent.address().port().to_string();
    let began = Instant::now();
    let visit = doctor_under(folder().path(), &[], &["--timeout", "2"], &[("PORT", &port)]).await;
    visit.says("host", "fail", &["no answer within 2 s"]);
    assert!(began.elapsed() < Duration::from_secs(20));
}
