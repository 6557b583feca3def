//! Where redirects lead, and where they do not.

use super::{here, page, refused, settings, whole};
use liner::ingest::fetch::{Client, Fault, Fetched};
use liner_tests::raw::{Server, answer, ok, redirect};

/// A server whose `/0` leads to `/1`, that to `/2`, and so on to `/n`, a page.
async fn chain(n: usize) -> Server {
    Server::saying(move |head| {
        let at: usize = head.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        if at == n { ok("arrived") } else { redirect(302, &format!("/{}", at + 1)) }
    })
    .await
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed_relative_ones_too_and_without_a_fragment() {
    for status in [301, 302, 303, 307, 308] {
        let server = Server::saying(move |head| {
            if head.starts_with("get /a/b ") { redirect(status, "../c?q=1#here") } else { ok("arrived") }
        })
        .await;
        let (fetched, cup) = page(&here(), &server.url("/a/b#there")).await;
        let Fetched::Body(answer) = fetched.unwrap() else { panic!("unchanged") };
        assert_eq!((answer.url.as_str(), cup.bytes.as_slice()), (server.url("/c?q=1").as_str(), &b"arrived"[..]));
        assert!(server.heads()[1].starts_with("get /c?q=1 http/1.1\r\n"), "{:?}", server.heads());
    }
}

#[tokio::test]
async fn five_redirects_are_followed_and_a_sixth_is_not() {
    let five = chain(5).await;
    assert_eq!(whole(&here(), &five.url("/0")).await, "arrived");
    let six = chain(6).await;
    assert_eq!(refused(&here(), &six.url("/0")).await, Fault::Redirect("there are more than 5".to_owned()));
    assert_eq!(six.heads().len(), 6);
}

#[tokio::test]
async fn redirects_in_a_circle_end_where_it_closes() {
    let server = Server::saying(|head| redirect(302, if head.starts_with("get /a ") { "/b#x" } else { "/a" })).await;
    let fault = refused(&here(), &server.url("/a")).await;
    assert_eq!(fault, Fault::Redirect(format!("they lead back to {}", server.url("/a"))));
    assert_eq!(server.heads().len(), 2);
    let itself = Server::always(redirect(301, "?")).await;
    assert!(matches!(refused(&here(), &itself.url("/?")).await, Fault::Redirect(_)));
    assert_eq!(itself.heads().len(), 1);
}

#[tokio::test]
async fn a_redirect_leads_to_nothing_but_the_web() {
    let other = Server::always(ok("a service of somebody")).await;
    let elsewhere = format!("http://127.0.0.1:{}/", other.address().port());
    for to in [
        "file:///etc/passwd",
        "gopher://127.0.0.1/x",
        "ftp://a.example/",
        "data:text/html,x",
        "javascript:alert(1)",
        "http://me:secret@8.8.8.8/",
        "//me@8.8.8.8/",
        "http://8.8.8.8:22/",
        "http://localhost/",
        &elsewhere,
    ] {
        let server = Server::always(redirect(302, to)).await;
        let client = Client::new(&settings(&server.address().to_string())).unwrap();
        let error = page(&client, &server.url("/")).await.0.unwrap_err();
        assert!(matches!(error.fault, Fault::Forbidden(_)), "{to}: {error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_redirect_to_no_address_is_told() {
    let nowhere = answer("302 Away", &[], b"");
    let nothing = [&b"HTTP/1.1 302 Away\r\nlocation: \xff\xfe\r\ncontent-length: 0\r\n\r\n"[..]].concat();
    for bytes in [
        nowhere,
        nothing,
        redirect(302, "http://"),
        redirect(302, "http://[::1"),
        redirect(302, "http://[fe80::1%25eth0]/"),
    ] {
        let server = Server::always(bytes).await;
        let fault = refused(&here(), &server.url("/")).await;
        assert!(matches!(fault, Fault::Redirect(_)), "{fault}");
    }
}

#[tokio::test]
async fn the_body_of_a_redirect_is_not_read_however_long_it_is() {
    let server = Server::doing(|mut visitor| async move {
        if visitor.head().await.starts_with("get /end ") {
            visitor.send(&ok("arrived")).await;
        } else {
            visitor.send(b"HTTP/1.1 302 Away\r\nlocation: /end\r\n\r\n").await;
            visitor.send_endlessly(&[b'x'; 65_536]).await;
        }
    })
    .await;
    assert_eq!(whole(&here(), &server.url("/")).await, "arrived");
    assert_eq!(server.connections(), 2, "the connection is closed on it");
}
