//! What is said to strangers, and what is kept from them.

use super::{Cup, here, page, refused, settings, url, whole};
use liner::ingest::fetch::{Accept, Client, Fault, Fetch, FetchError, FetchSettings, Fetched, Request, Validators};
use liner::secret::Secret;
use liner_tests::raw::{Server, answer, ok, redirect};

const KEY: &str = "sk-very-secret";

async fn with_key(client: &Client, text: &str) -> Result<Fetched, FetchError> {
    let (url, key) = (url(text), Secret::new(KEY.to_owned()));
    let request = Request { key: Some(("x-api-key", &key)), ..Request::of(&url, Accept::Page) };
    client.fetch(&request, &mut Cup::default()).await
}

async fn again(text: &str, validators: &Validators) -> Result<Fetched, FetchError> {
    let url = url(text);
    let request = Request { validators: Some(validators), ..Request::of(&url, Accept::Page) };
    here().fetch(&request, &mut Cup::default()).await
}

#[tokio::test]
async fn a_request_says_what_is_read_by_whom_and_nothing_else() {
    let server = Server::always(ok("x")).await;
    let settings = FetchSettings { contact: Some("bot@music.example".parse().unwrap()), ..settings("127.0.0.1") };
    whole(&Client::new(&settings).unwrap(), &server.url("/a?b=c#d")).await;
    let head = server.heads().remove(0);
    let mut lines: Vec<_> = head.trim().lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "accept-encoding: gzip".to_owned(),
            "accept-language: en, *;q=0.5".to_owned(),
            "accept: text/html, application/xhtml+xml, */*;q=0.1".to_owned(),
            "get /a?b=c http/1.1".to_owned(),
            format!("host: {}", server.address()),
            format!("user-agent: mozilla/5.0 (compatible; liner/{}; +bot@music.example)", env!("CARGO_PKG_VERSION")),
        ]
    );
}

#[tokio::test]
async fn a_cookie_is_never_sent_back() {
    let cookie = "set-cookie: id=1; path=/";
    let server = Server::saying(move |head| {
        let to = if head.starts_with("get /a ") { ("302 Away", "location: /b") } else { ("200 OK", "x: y") };
        answer(to.0, &[cookie, to.1], b"")
    })
    .await;
    let client = here();
    for _ in 0..2 {
        whole(&client, &server.url("/a")).await;
    }
    assert_eq!(server.heads().len(), 4);
    assert!(server.heads().iter().all(|head| !head.contains("cookie") && !head.contains("referer")));
}

#[tokio::test]
async fn a_user_in_an_address_is_refused_and_not_repeated() {
    let server = Server::always(ok("x")).await;
    let error = page(&here(), &format!("http://me:{KEY}@{}/a?token={KEY}", server.address())).await.0.unwrap_err();
    assert!(matches!(error.fault, Fault::Forbidden(_)));
    assert_eq!(error.url, server.url("/a"));
    assert!(!format!("{error} {error:?}").contains(KEY));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn no_error_repeats_a_query() {
    let hanging_up = Server::doing(|_| async {}).await;
    let junk = Server::always("junk\r\n\r\n").await;
    let no = Server::always(answer("404 No", &[], b"")).await;
    let circle = Server::saying(|head| redirect(302, head.split(' ').nth(1).unwrap())).await;
    let closed = Server::doing(|_| async {}).await.url("/");
    for base in [hanging_up.url("/"), junk.url("/"), no.url("/"), circle.url("/"), closed, "http://a.example/".into()] {
        let error = page(&here(), &format!("{base}?token={KEY}")).await.0.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(KEY), "{error:?}");
    }
}

#[tokio::test]
async fn a_key_goes_to_its_origin_and_no_redirect_takes_it_elsewhere_or_brings_it_back() {
    let other = Server::saying(|head| redirect(302, &format!("{}/back", head.split(['=', ' ']).nth(2).unwrap()))).await;
    let away = other.address();
    let server = Server::saying(move |head| match head.split(' ').nth(1).unwrap() {
        "/a" => redirect(307, "/b"),
        "/b" => {
            let host = head.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
            redirect(307, &format!("http://{away}/?from=http://{host}"))
        }
        _ => ok("arrived"),
    })
    .await;
    with_key(&here(), &server.url("/a")).await.unwrap();
    let has_key = |server: &Server| server.heads().iter().map(|head| head.contains(KEY)).collect::<Vec<_>>();
    assert_eq!((has_key(&server), has_key(&other)), (vec![true, true, false], vec![false]));
}

#[tokio::test]
async fn a_key_is_only_sent_by_https_and_never_repeated() {
    let client = Client::new(&settings("")).unwrap();
    let error = with_key(&client, "http://8.8.8.8/").await.unwrap_err();
    assert_eq!(error.fault, Fault::Forbidden("a key is only sent by https".to_owned()));
    let bad = Secret::new(format!("{KEY}\n"));
    let url = url("https://8.8.8.8/");
    let request = Request { key: Some(("x-api-key", &bad)), ..Request::of(&url, Accept::Json) };
    let error = client.fetch(&request, &mut Cup::default()).await.unwrap_err();
    assert!(matches!(error.fault, Fault::Forbidden(_)) && !format!("{error} {error:?}").contains(KEY), "{error:?}");
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let marks = ["etag: \"1\"", "last-modified: Wed, 21 Oct 2015 07:28:00 GMT"];
    let server = Server::saying(move |head| {
        let same = head.contains("if-none-match: \"1\"\r\n")
            && head.contains("if-modified-since: wed, 21 oct 2015 07:28:00 gmt\r\n");
        if same { answer("304 Same", &marks, b"") } else { answer("200 OK", &marks, b"x") }
    })
    .await;
    let Fetched::Body(first) = page(&here(), &server.url("/")).await.0.unwrap() else { panic!("unchanged") };
    assert_eq!(first.validators.etag.as_deref(), Some("\"1\""));
    assert_eq!(again(&server.url("/"), &first.validators).await.unwrap(), Fetched::Unchanged);
    assert!(matches!(again(&server.url("/"), &Validators::default()).await.unwrap(), Fetched::Body(_)));
}

#[tokio::test]
async fn that_nothing_changed_is_only_believed_when_it_was_asked() {
    let server = Server::always(answer("304 Same", &[], b"")).await;
    assert_eq!(refused(&here(), &server.url("/")).await, Fault::Status(304));
    assert_eq!(again(&server.url("/"), &Validators::default()).await.unwrap_err().fault, Fault::Status(304));
}

#[tokio::test]
async fn a_redirect_takes_the_mark_of_a_content_along_and_not_the_date_of_a_place() {
    let server = Server::saying(|head| if head.starts_with("get /a ") { redirect(302, "/b") } else { ok("x") }).await;
    let date = "Wed, 21 Oct 2015 07:28:00 GMT".to_owned();
    let marks = Validators { etag: Some("\"1\"".to_owned()), last_modified: Some(date) };
    assert!(matches!(again(&server.url("/a"), &marks).await.unwrap(), Fetched::Body(_)));
    let has = |mark: &str| server.heads().iter().map(|head| head.contains(mark)).collect::<Vec<_>>();
    assert_eq!((has("if-none-match"), has("if-modified-since")), (vec![true, true], vec![true, false]));
}

#[tokio::test]
async fn a_stranger_is_offered_no_protocol_but_http_1() {
    let (tell, told) = std::sync::mpsc::channel();
    let server = Server::doing(move |visitor| {
        let tell = tell.clone();
        async move {
            let mut stream = visitor.into_blocking();
            let offered = move || {
                let mut acceptor = rustls::server::Acceptor::default();
                while acceptor.read_tls(&mut stream).is_ok_and(|read| read > 0) {
                    if let Some(accepted) = acceptor.accept().ok().flatten() {
                        let hello = accepted.client_hello();
                        let offered = hello.alpn().into_iter().flatten().map(<[u8]>::to_vec).collect::<Vec<_>>();
                        return tell.send(offered).unwrap();
                    }
                }
            };
            tokio::task::spawn_blocking(offered).await.unwrap();
        }
    })
    .await;
    refused(&here(), &server.url("/").replace("http:", "https:")).await;
    let offered = told.recv().unwrap();
    assert!(offered.iter().all(|protocol| protocol == b"http/1.1"), "{offered:?}");
}
