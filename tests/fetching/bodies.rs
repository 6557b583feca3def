//! What strangers send: without end, without haste, packed, broken, or not what was asked for.

use super::{Cup, here, page, read, refused, settings, url, whole};
use flate2::Compression;
use flate2::write::GzEncoder;
use liner::ingest::fetch::{Accept, Client, Fault, Fetch, FetchError, FetchSettings, Fetched, Request};
use liner_tests::eventually;
use liner_tests::raw::{Server, Visitor, answer, ok};
use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const PAGE: usize = 512 << 10;
/// What fits between a server that sends and a client that does not read, with much to spare.
const ON_THE_WIRE: usize = 32 << 20;
/// How long a test may take that is bounded by bytes. Without the bound it would take forever.
const SOON: Duration = Duration::from_secs(60);

/// A server that says a beginning, and then something without end; how much it said to whoever hung up.
async fn endless(beginning: &'static str, then: &'static [u8]) -> (Server, Arc<AtomicUsize>) {
    let sent = Arc::<AtomicUsize>::default();
    let total = sent.clone();
    let server = Server::doing(move |mut visitor: Visitor| {
        let total = total.clone();
        async move {
            visitor.head().await;
            visitor.send(beginning.as_bytes()).await;
            visitor.send_endlessly(then).await;
            total.store(visitor.sent, Ordering::SeqCst);
        }
    })
    .await;
    (server, sent)
}

/// The server noticed that nobody listens any more, and had not said much by then.
async fn is_closed(sent: &AtomicUsize) {
    let sent =
        eventually("the connection is closed", || async { Some(sent.load(Ordering::SeqCst)).filter(|sent| *sent > 0) })
            .await;
    assert!(sent < ON_THE_WIRE, "{sent}");
}

async fn soon<T>(reading: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, reading).await.expect("it is bounded by bytes, not by time")
}

/// A client with time enough that no test is saved by its end.
fn patient() -> Client {
    Client::new(&FetchSettings { timeout: 2 * SOON, ..settings("127.0.0.1") }).unwrap()
}

fn cut(fetched: Result<Fetched, FetchError>) -> bool {
    match fetched.unwrap() {
        Fetched::Body(answer) => answer.cut,
        Fetched::Unchanged => panic!("unchanged"),
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn of_a_page_of_ten_gigabytes_the_beginning_is_read() {
    for head in ["content-length: 10000000000\r\n", ""] {
        let head: &'static str = format!("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n{head}\r\n").leak();
        let (server, sent) = endless(head, &[b'x'; 65_536]).await;
        let (fetched, cup) = soon(page(&patient(), &server.url("/"))).await;
        assert!(cut(fetched));
        assert_eq!(cup.bytes.len(), PAGE);
        is_closed(&sent).await;
    }
}

#[tokio::test]
async fn of_json_a_beginning_is_of_no_use() {
    let (server, sent) = endless("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 65_536]).await;
    let (fetched, cup) = soon(read(&patient(), &server.url("/"), Accept::Json)).await;
    assert_eq!(fetched.unwrap_err().fault, Fault::TooLarge("has more than 1024 KiB".to_owned()));
    assert!(cup.bytes.len() <= 1 << 20);
    is_closed(&sent).await;
    let announced = Server::always("HTTP/1.1 200 OK\r\ncontent-length: 1048577\r\n\r\nx").await;
    let (fetched, cup) = read(&patient(), &announced.url("/"), Accept::Json).await;
    assert!(matches!(fetched.unwrap_err().fault, Fault::TooLarge(_)));
    assert!(cup.bytes.is_empty(), "what says that it is too long is not begun");
}

#[tokio::test]
async fn of_a_feed_without_end_four_mebibytes_are_read() {
    let (server, sent) = endless("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n", &[b'x'; 65_536]).await;
    let (fetched, cup) = soon(read(&patient(), &server.url("/"), Accept::Feed)).await;
    assert!(cut(fetched));
    assert_eq!(cup.bytes.len(), 4 << 20);
    is_closed(&sent).await;
}

#[tokio::test]
async fn a_sink_that_has_enough_closes_the_connection() {
    let (server, sent) = endless("HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 1_024]).await;
    let mut cup = Cup { enough: Some(10_000), ..Cup::default() };
    let url = url(&server.url("/"));
    let fetched = soon(patient().fetch(&Request::of(&url, Accept::Page), &mut cup)).await;
    assert!(!cut(fetched), "it is whole for whoever wants no more");
    assert!(cup.bytes.len() < PAGE);
    is_closed(&sent).await;
}

#[tokio::test]
async fn a_page_that_drips_takes_no_longer_than_a_page_may() {
    let server = Server::doing(|mut visitor| async move {
        visitor.head().await;
        visitor.send(b"HTTP/1.1 200 OK\r\n\r\n").await;
        tokio::time::pause();
        while visitor.send(b"x").await {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    })
    .await;
    let began = tokio::time::Instant::now();
    assert_eq!(refused(&here(), &server.url("/")).await, Fault::Timeout(Duration::from_secs(10)));
    assert!(began.elapsed() < Duration::from_secs(12), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_when_the_time_is_over() {
    let server = Server::doing(|mut visitor| async move {
        visitor.head().await;
        tokio::time::pause();
        visitor.stay().await;
    })
    .await;
    let client = here();
    assert_eq!(refused(&client, &server.url("/")).await, Fault::Timeout(Duration::from_secs(10)));
    assert!(matches!(refused(&client, &server.url("/")).await, Fault::Busy { .. }), "and not asked again at once");
}

#[tokio::test]
async fn a_server_that_was_left_no_time_by_those_before_it_is_not_blamed() {
    let hasty = Server::doing(|mut visitor| async move {
        if visitor.head().await.starts_with("get /end ") {
            visitor.send(&ok("x")).await;
        }
        visitor.stay().await;
    })
    .await;
    let to = hasty.url("/");
    let slow = Server::doing(move |mut visitor| {
        let to = to.clone();
        async move {
            visitor.head().await;
            tokio::time::pause();
            tokio::time::sleep(Duration::from_secs(8)).await;
            tokio::time::resume();
            visitor.send(&liner_tests::raw::redirect(302, &to)).await;
        }
    })
    .await;
    let client = here();
    assert_eq!(refused(&client, &slow.url("/")).await, Fault::Timeout(Duration::from_secs(10)));
    assert_eq!(whole(&client, &hasty.url("/end")).await, "x");
}

#[tokio::test]
async fn a_page_that_stops_in_the_middle_is_not_waited_for_that_long() {
    let server = Server::doing(|mut visitor| async move {
        visitor.head().await;
        visitor.send(b"HTTP/1.1 200 OK\r\n\r\nx").await;
        visitor.stay().await;
    })
    .await;
    let mut cup = Cup { pauses: true, ..Cup::default() };
    let url = url(&server.url("/"));
    let error = patient().fetch(&Request::of(&url, Accept::Page), &mut cup).await.unwrap_err();
    assert_eq!(error.fault, Fault::Unreachable("nothing came for 5 s".to_owned()));
}

#[tokio::test]
async fn redirects_do_not_make_time() {
    let server = Server::doing(|mut visitor| async move {
        let at: usize = visitor.head().await.split(['/', ' ']).nth(2).unwrap().parse().unwrap();
        if at == 0 {
            tokio::time::pause();
        }
        tokio::time::sleep(Duration::from_secs(4)).await;
        visitor.send(&liner_tests::raw::redirect(302, &format!("/{}", at + 1))).await;
    })
    .await;
    assert_eq!(refused(&here(), &server.url("/0")).await, Fault::Timeout(Duration::from_secs(10)));
}

#[tokio::test]
async fn a_packed_page_is_unpacked_and_a_bomb_is_not() {
    let text = "<title>A song</title>".repeat(50);
    let packed = ["content-encoding: gzip"];
    let server = Server::always(answer("200 OK", &packed, &gzip(text.as_bytes()))).await;
    assert_eq!(whole(&here(), &server.url("/")).await, text);
    let bomb = Server::always(answer("200 OK", &packed, &gzip(&vec![0; 100 << 20]))).await;
    for accept in [Accept::Page, Accept::Json] {
        let (fetched, cup) = soon(read(&patient(), &bomb.url("/"), accept)).await;
        assert!(matches!(fetched.unwrap_err().fault, Fault::TooLarge(_)));
        assert!(cup.bytes.len() < PAGE, "{}", cup.bytes.len());
    }
}

#[tokio::test]
async fn what_is_packed_in_another_way_or_not_as_it_says_is_told() {
    for (encoding, body) in [("br", &b"x"[..]), ("gzip, gzip", b"x"), ("zstd", b"x"), ("gzip", b"<html>not packed")] {
        let server = Server::always(answer("200 OK", &[&format!("content-encoding: {encoding}")], body)).await;
        let fault = refused(&here(), &server.url("/")).await;
        assert!(matches!(&fault, Fault::Unwanted(what) if what.contains(encoding)), "{encoding}: {fault}");
    }
}

#[tokio::test]
async fn a_head_without_end_is_not_read_to_it() {
    for (beginning, then) in [
        ("HTTP/1.1 200 OK\r\nx: ", &[b'x'; 4_096][..]),
        ("HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        ("HTTP/1.1 200 ", &[b'x'; 4_096]),
    ] {
        let (server, sent) = endless(beginning, then).await;
        let fault = soon(refused(&patient(), &server.url("/"))).await;
        assert_eq!(fault, Fault::TooLarge("has longer headers than are read".to_owned()), "{beginning:?}");
        is_closed(&sent).await;
    }
    let many: Vec<_> = (0..150).map(|at| format!("x-{at}: y")).collect();
    let server = Server::always(answer("200 OK", &many.iter().map(String::as_str).collect::<Vec<_>>(), b"x")).await;
    let fault = refused(&here(), &server.url("/")).await;
    assert_eq!(fault, Fault::TooLarge("has longer headers than are read".to_owned()));
}

#[tokio::test]
async fn trailers_and_extensions_of_chunks_without_end_are_not_read_to_it() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let trailers: &'static str = format!("{chunked}1\r\nx\r\n0\r\n").leak();
    let extension: &'static str = format!("{chunked}1;").leak();
    for (beginning, then) in
        [(trailers, &b"x: y\r\n"[..]), (extension, &[b'x'; 4_096]), (chunked, b"1;xxxxxxxx\r\nx\r\n")]
    {
        let (server, sent) = endless(beginning, then).await;
        let (fetched, cup) = soon(page(&patient(), &server.url("/"))).await;
        assert!(matches!(&fetched, Err(FetchError { fault: Fault::Unreachable(_), .. })), "{fetched:?}");
        assert!(cup.bytes.len() < PAGE);
        is_closed(&sent).await;
    }
}

#[tokio::test]
async fn hints_without_end_take_no_longer_than_a_page_may() {
    let (server, _) = endless("", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n").await;
    let limit = Duration::from_millis(500);
    let client = Client::new(&FetchSettings { timeout: limit, ..settings("127.0.0.1") }).unwrap();
    let began = Instant::now();
    assert_eq!(refused(&client, &server.url("/")).await, Fault::Timeout(limit));
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_breaks_off_or_is_no_http_is_told() {
    for bytes in [
        "",
        "<html>of the first days of the web</html>",
        "HTTP/0.9 200 OK\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhe",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\nx",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\nx",
    ] {
        let server = Server::always(bytes).await;
        let fault = refused(&here(), &server.url("/")).await;
        assert!(matches!(fault, Fault::Unreachable(_)) && fault.may_pass(), "{bytes:?}: {fault}");
    }
}

#[tokio::test]
async fn what_follows_an_answer_is_no_answer_to_the_next_request() {
    let server = Server::doing(|mut visitor| async move {
        visitor.head().await;
        let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled";
        visitor.send(format!("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirst{smuggled}").as_bytes()).await;
        visitor.stay().await;
    })
    .await;
    let client = here();
    for _ in 0..2 {
        assert_eq!(whole(&client, &server.url("/")).await, "first");
    }
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn what_is_no_page_is_not_read() {
    for (media_type, accept) in
        [("audio/mpeg", Accept::Page), ("application/zip", Accept::Page), ("video/mp4", Accept::Feed)]
    {
        let server = Server::always(answer("200 OK", &[&format!("content-type: {media_type}")], b"x")).await;
        let (fetched, cup) = read(&here(), &server.url("/"), accept).await;
        let fault = fetched.unwrap_err().fault;
        assert!(matches!(&fault, Fault::Unwanted(what) if what.starts_with(media_type)), "{fault}");
        assert!(cup.bytes.is_empty());
    }
}

#[tokio::test]
async fn only_an_answer_that_is_one_is_read() {
    for status in [201, 202, 204, 205, 206, 300, 400, 401, 403, 404, 407, 410, 451, 500, 502] {
        let server = Server::always(format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n\r\n")).await;
        let fault = refused(&here(), &server.url("/")).await;
        assert_eq!(fault, Fault::Status(status));
        assert_eq!(fault.may_pass(), status >= 500, "{status}");
    }
    let server = Server::always(ok("")).await;
    assert_eq!(whole(&here(), &server.url("/")).await, "");
}

#[tokio::test]
async fn the_sink_is_told_of_what_type_it_is() {
    let server = Server::always(answer("200 OK", &["content-type: text/html; charset=koi8-r"], b"x")).await;
    let (fetched, cup) = page(&here(), &server.url("/")).await;
    assert!(!cut(fetched));
    assert_eq!(cup.content_type.as_deref(), Some("text/html; charset=koi8-r"));
}
