//! Where nobody is asked: addresses, names and ports that are not of the public Internet.

use super::names::Names;
use super::{here, knowing, page, refused, settings, whole};
use liner::ingest::fetch::{Client, Fault, FetchSettings, SystemResolver};
use liner_tests::raw::{Server, ok, redirect};
use std::sync::Arc;
use std::time::Duration;

/// An address that counts as public, and that nobody was given.
const NOWHERE: &str = "2dff::1";

/// Addresses of each kind that is not public.
const SPECIAL: [&str; 22] = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.9.9.9",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::1",
    "fd00:ec2::254",
    "fe80::1",
    "ff02::1",
];

fn strict(names: &Arc<Names>) -> Client {
    Client::with_resolver(&settings(""), names.clone()).unwrap()
}

fn name_of(at: usize) -> String {
    format!("evil{at}.example")
}

/// A name for each special address, which leads to others before and after it, too.
fn names_of_special(beside: &[&str]) -> Names {
    let answer = |address| [beside, &[address], beside].concat();
    let with = |names: Names, (at, address): (usize, &&'static str)| names.and(&name_of(at), &[&answer(*address)]);
    SPECIAL.iter().enumerate().fold(Names::default(), with)
}

fn literal(address: &str) -> String {
    if address.contains(':') { format!("[{address}]") } else { address.to_owned() }
}

#[tokio::test]
async fn no_special_address_is_asked_by_its_number() {
    let client = here_only("");
    for address in SPECIAL {
        let fault = refused(&client, &format!("http://{}/", literal(address))).await;
        assert!(matches!(&fault, Fault::Forbidden(reason) if reason.contains(" is ")), "{address}: {fault}");
    }
}

#[tokio::test]
async fn no_special_address_is_asked_by_a_name_that_leads_there_alone_or_among_others() {
    for beside in [&[][..], &[NOWHERE]] {
        let names = Arc::new(names_of_special(beside));
        let client = strict(&names);
        for (at, address) in SPECIAL.iter().enumerate() {
            let fault = refused(&client, &format!("http://{}/", name_of(at))).await;
            let why = format!("{} leads to ", name_of(at));
            assert!(matches!(&fault, Fault::Forbidden(reason) if reason.starts_with(&why)), "{address}: {fault}");
            assert!(!fault.to_string().contains(address), "what a network's own names lead to is its own business");
            assert_eq!(names.asked().len(), at + 1);
        }
    }
}

#[tokio::test]
async fn no_special_address_is_asked_by_a_redirect_to_its_number_or_to_a_name_that_leads_there() {
    let to = |head: &str| format!("http://{}/", head.split(['/', ' ']).nth(2).unwrap());
    let server = Server::saying(move |head| redirect(302, &to(head))).await;
    let names = Arc::new(names_of_special(&[]));
    let client = Client::with_resolver(&settings(&server.address().to_string()), names).unwrap();
    for (at, address) in SPECIAL.iter().enumerate() {
        for host in [literal(address), name_of(at)] {
            let fault = refused(&client, &server.url(&format!("/{host}"))).await;
            assert!(matches!(fault, Fault::Forbidden(_)), "{host} at {address}: {fault}");
        }
    }
    assert_eq!(server.heads().len(), 2 * SPECIAL.len());
}

#[tokio::test]
async fn a_number_in_another_spelling_is_the_same_number() {
    let client = here_only("");
    for host in ["127.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.0.0.1.", "①②⑦.0.0.1", "%31%32%37.0.0.1", "0"]
    {
        let fault = refused(&client, &format!("http://{host}/")).await;
        assert!(matches!(fault, Fault::Forbidden(_)), "{host}: {fault}");
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_the_second_time_leads_to_where_it_led_when_it_was_checked() {
    let one = Server::always(ok("checked")).await;
    let port = one.address().port();
    let other = Server::on(&format!("127.0.0.2:{port}"), |_| async {}).await.unwrap();
    let names = Arc::new(Names::default().and("evil.here.example", &[&["127.0.0.1"], &["127.0.0.2"]]));
    assert_eq!(whole(&knowing(&names), &one.named("evil.here.example", "/")).await, "checked");
    assert_eq!(names.asked(), ["evil.here.example"], "asked once: there is no second answer");
    assert_eq!((one.connections(), other.connections()), (1, 0));
}

#[tokio::test]
async fn a_name_that_is_public_first_and_this_host_then_is_refused_then() {
    // Where a test may listen there, it sees that nobody knocks.
    let listening = Server::on("127.0.0.1:80", |_| async {}).await.ok();
    let names = Arc::new(Names::default().and("evil.example", &[&[NOWHERE], &["127.0.0.1"]]));
    let hasty = FetchSettings { timeout: Duration::from_millis(500), ..settings("") };
    let client = Client::with_resolver(&hasty, names.clone()).unwrap();
    let first = refused(&client, "https://evil.example/").await;
    assert!(matches!(first, Fault::Unreachable(_) | Fault::Timeout(_)), "{first}");
    assert_eq!(names.asked().len(), 1, "the address that was checked is the one that is tried, and no other");
    let second = refused(&client, "http://evil.example/").await;
    assert!(matches!(&second, Fault::Forbidden(reason) if reason.contains("loopback")), "{second}");
    assert_eq!(names.asked().len(), 2);
    assert!(listening.is_none_or(|server| server.connections() == 0));
}

#[tokio::test]
async fn names_of_a_local_network_are_not_even_looked_up() {
    let names = Arc::new(Names::default());
    for host in ["localhost", "LOCALHOST.", "a.localhost", "printer.local", "metadata.google.internal", "printer"] {
        let fault = refused(&strict(&names), &format!("http://{host}/")).await;
        assert!(matches!(fault, Fault::Forbidden(_)), "{host}: {fault}");
    }
    assert_eq!(names.asked(), [""; 0]);
}

#[tokio::test]
async fn only_the_ports_of_the_web_are_asked() {
    let server = Server::always(ok("a service of somebody")).await;
    let port = server.address().port();
    let names = Arc::new(Names::default().and("evil.example", &[&["127.0.0.1"]]));
    for url in [format!("http://evil.example:{port}/"), "http://8.8.8.8:22/".into(), "https://8.8.8.8:8443/".into()] {
        let fault = refused(&strict(&names), &url).await;
        assert!(matches!(&fault, Fault::Forbidden(reason) if reason.contains("neither 80 nor 443")), "{url}: {fault}");
    }
    assert_eq!((names.asked().len(), server.connections()), (0, 0));
}

#[tokio::test]
async fn what_the_operator_lists_is_asked_and_a_stranger_s_name_that_leads_there_is_not() {
    let server = Server::always(ok("of the intranet")).await;
    let port = server.address().port();
    let leading =
        || Names::default().and("wiki.corp.example", &[&["127.0.0.1"]]).and("evil.example", &[&["127.0.0.1"]]);
    let by_number = Client::with_resolver(&settings(&format!("127.0.0.0/8:{port}")), Arc::new(leading())).unwrap();
    let by_name = Client::with_resolver(&settings("*.corp.example"), Arc::new(leading())).unwrap();
    assert_eq!(whole(&by_number, &server.url("/")).await, "of the intranet");
    assert_eq!(whole(&by_name, &server.named("wiki.corp.example", "/")).await, "of the intranet");
    assert_eq!(server.connections(), 2);
    assert!(matches!(refused(&by_number, "http://127.0.0.1/").await, Fault::Forbidden(_)), "another port");
    assert!(matches!(refused(&by_number, "http://evil.example/").await, Fault::Forbidden(_)));
    assert!(matches!(refused(&by_name, &server.named("evil.example", "/")).await, Fault::Forbidden(_)));
    assert!(matches!(refused(&by_name, &server.url("/")).await, Fault::Forbidden(_)));
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn the_system_s_own_names_are_checked_as_all_others() {
    let server = Server::always(ok("here")).await;
    let client = Client::with_resolver(&settings("localhost"), Arc::new(SystemResolver::default())).unwrap();
    assert_eq!(whole(&client, &server.named("localhost", "/")).await, "here");
}

#[tokio::test]
async fn a_proxy_of_the_environment_is_not_used() {
    const HERE: &str = "where_to::a_proxy_of_the_environment_is_not_used";
    if std::env::var_os("LINER_TESTED_WITH_A_PROXY").is_some() {
        let server = Server::always(ok("straight")).await;
        assert_eq!(whole(&here(), &server.url("/")).await, "straight");
        return;
    }
    let proxy = Server::always(ok("by the proxy")).await;
    let mut run = tokio::process::Command::new(std::env::current_exe().unwrap());
    run.args(["--exact", HERE]).env("LINER_TESTED_WITH_A_PROXY", "1").env_remove("NO_PROXY").env_remove("no_proxy");
    for variable in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        run.env(variable, proxy.url(""));
    }
    let run = run.output().await.unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.connections(), 0);
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_told() {
    let client = here();
    let server = tls_server().await;
    let (fetched, _) = page(&client, &format!("https://{}/", server.address())).await;
    let error = fetched.unwrap_err().to_string();
    assert!(error.contains("TLS is not to be trusted") && error.contains("certificate"), "{error}");
}

/// A server whose certificate it gave to itself.
async fn tls_server() -> Server {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let certificate = rustls::pki_types::CertificateDer::from(&include_bytes!("nobody.der")[..]);
    let key = rustls::pki_types::PrivateKeyDer::try_from(&include_bytes!("nobody.key.der")[..]).unwrap();
    let config =
        rustls::ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let config = Arc::new(config);
    Server::doing(move |visitor| {
        let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
        async move {
            let blocking = visitor.into_blocking();
            let _ = tokio::task::spawn_blocking(move || tls.complete_io(&mut { blocking })).await;
        }
    })
    .await
}

/// A client of the public Internet and of what is allowed, which knows no name.
fn here_only(allowed: &str) -> Client {
    Client::with_resolver(&settings(allowed), Arc::new(Names::default())).unwrap()
}
