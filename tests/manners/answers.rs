//! What every answer has, whatever it is an answer to.

use super::{TOKEN, folder, idle};
use liner_tests::Host;
use reqwest::header::HeaderMap;
use serde_json::json;
use std::io::Read;

/// Answers of every kind: good ones, errors of callers, of routes, of who is not allowed, and of nothing there.
const ASKED: [(&str, &str, u16); 9] = [
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/metrics", 200),
    ("GET", "/api/music-ai/status", 200),
    ("HEAD", "/api/music-ai/status", 200),
    ("GET", "/api/music-ai/status?x=1", 400),
    ("GET", "/api/music-ai/library/youtube/none", 404),
    ("GET", "/nothing/here", 404),
    ("POST", "/api/music-ai/status", 405),
];

async fn ask(host: &Host, method: &str, path: &str, headers: &[(&str, &str)]) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = host.request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.headers().clone(), response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn every_answer_tells_browsers_what_not_to_do_and_caches_to_keep_nothing() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    for (method, path, status) in ASKED {
        let (is, headers, _) = ask(&host, method, path, &[]).await;
        assert_eq!(is, status, "{method} {path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(headers[name], value, "{method} {path}");
        }
        assert!(!headers.contains_key("access-control-allow-origin"), "{method} {path}");
    }
    let token = idle(&super::folder(), &[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    let (status, headers, _) = ask(&token, "GET", "/api/music-ai/status", &[]).await;
    assert_eq!((status, &headers["x-content-type-options"]), (401, &"nosniff".parse().unwrap()));
}

#[tokio::test]
async fn every_answer_has_the_request_s_id_or_one_of_ours() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    for (method, path, _) in ASKED {
        let (_, headers, _) = ask(&host, method, path, &[("x-request-id", "mine-42")]).await;
        assert_eq!(headers["x-request-id"], "mine-42", "{method} {path}");
        let ids = [ask(&host, method, path, &[]).await, ask(&host, method, path, &[("x-request-id", "a b")]).await];
        let ids = ids.map(|(_, headers, _)| headers["x-request-id"].to_str().unwrap().to_owned());
        assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 36), "{ids:?}");
    }
}

#[tokio::test]
async fn every_line_of_the_log_about_a_request_has_its_id_also_where_it_is_carried_out_beside_it() {
    let folder = folder();
    let host = idle(&folder, &[("RUST_LOG", "warn"), ("LINER_LOG_FORMAT", "json")]).await;
    let (status, ..) = {
        let request = host.request("POST", "/api/plugins").header("x-request-id", "upload-7").body("no component");
        let response = request.send().await.unwrap();
        (response.status().as_u16(), ())
    };
    assert_eq!(status, 422);
    let log = host.log();
    let line = log.lines().find(|line| line.contains("WARN")).unwrap_or_else(|| panic!("no line: {log}"));
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["span"]["request_id"], "upload-7", "{line}");
}

/// Links whose library is worth compressing.
async fn with_library(folder: &tempfile::TempDir) -> Host {
    let host = idle(folder, &[]).await;
    let rows: Vec<_> = (0..50)
        .map(|n| json!({"platform": "youtube", "platform_id": format!("id{n}"), "og_title": format!("Song {n} ☂")}))
        .collect();
    assert_eq!(host.post("/api/music-ai/queue", json!(rows).to_string()).await.json["queued"], 50);
    host
}

#[tokio::test]
async fn what_is_long_is_compressed_for_who_asks_for_it() {
    let folder = folder();
    let host = with_library(&folder).await;
    let plain = host.get("/api/music-ai/library").await.text;
    let (_, headers, body) = ask(&host, "GET", "/api/music-ai/library", &[("accept-encoding", "gzip")]).await;
    assert_eq!(headers["content-encoding"], "gzip");
    assert!(headers["vary"].to_str().unwrap().contains("accept-encoding"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(body.as_slice()).read_to_string(&mut text).unwrap();
    assert!(text == plain && body.len() * 4 < text.len(), "{} of {}", body.len(), text.len());
    let (_, headers, body) = ask(&host, "GET", "/api/music-ai/library", &[("accept-encoding", "gzip, zstd")]).await;
    assert_eq!((&headers["content-encoding"], &body[..4]), (&"zstd".parse().unwrap(), &[0x28, 0xb5, 0x2f, 0xfd][..]));
    for (method, path) in [("GET", "/healthz"), ("POST", "/api/music-ai/failed/retry")] {
        let (_, headers, _) = ask(&host, method, path, &[("accept-encoding", "gzip")]).await;
        assert!(!headers.contains_key("content-encoding"), "{path}");
    }
    // An answer to a change, which may hold a secret, is as long as it is.
    let rows: Vec<_> = (0..50).map(|n| json!({"platform": "youtube", "platform_id": format!("id{n}")})).collect();
    let request = host.request("POST", "/api/music-ai/queue").header("accept-encoding", "gzip");
    let response = request.body(json!(rows).to_string()).send().await.unwrap();
    assert!(!response.headers().contains_key("content-encoding"));
    assert!(response.bytes().await.unwrap().len() > 1_024);
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let folder = folder();
    let host = with_library(&folder).await;
    for path in ["/api/music-ai/library", "/api/music-ai/library/youtube/id7"] {
        let (_, headers, _) = ask(&host, "GET", path, &[]).await;
        let tag = headers["etag"].to_str().unwrap().to_owned();
        assert_eq!(headers["cache-control"], "private, no-cache");
        let (status, headers, body) = ask(&host, "GET", path, &[("if-none-match", &tag)]).await;
        assert_eq!((status, body.len(), headers["etag"].to_str().unwrap()), (304, 0, tag.as_str()));
        let (status, ..) = ask(&host, "GET", path, &[("if-none-match", &tag), ("accept-encoding", "zstd")]).await;
        assert_eq!(status, 304);
        let correction = json!({"album": format!("of {path}")}).to_string();
        host.send(host.request("PATCH", "/api/music-ai/library/youtube/id7").body(correction)).await;
        let (status, headers, _) = ask(&host, "GET", path, &[("if-none-match", &tag)]).await;
        assert!(status == 200 && headers["etag"].to_str().unwrap() != tag, "{path}");
    }
}
