//! What is no text, and paths that lead elsewhere.

use super::caller::Caller;
use super::{folder, idle};
use liner_tests::{Database, Kind};

#[tokio::test]
async fn what_is_no_text_is_refused_in_every_place_and_by_both_databases() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let Some(database) = Database::new(kind).await else { continue };
        let folder = folder();
        let host = idle(&folder, &[("DATABASE_URL", &database.url)]).await;
        for path in [
            "/api/music-ai/library/youtube/%ff",
            "/api/music-ai/library/%C3/x",
            "/api/music-ai/library/youtube/a%00b",
            "/api/music-ai/library?search=%ff",
            "/api/music-ai/library?search=a%00b",
            "/api/sync/status/%00",
            "/api/plugins/%ff",
            "/%ff",
        ] {
            let mut caller = Caller::to(&host).await;
            let heard = caller.get(path).await;
            assert_eq!(heard.status, 400, "{path}");
            assert!(heard.head.contains("content-type: application/problem+json"), "{}", heard.head);
        }
        for (path, body) in [
            ("/api/music-ai/worker/pause", &b"{\"reason\": \"\xff\"}"[..]),
            ("/api/music-ai/failed/retry", b"{\"items\": [{\"platform_name\": \"x\xc3\", \"platform_id\": \"y\"}]}"),
            ("/api/music-ai/queue", b"\xff\xfe\xfd\n"),
            ("/api/music-ai/queue", b"{\"url\": \"https://youtu.be/\xff\"}\n"),
        ] {
            let response = host.request("POST", path).body(body).send().await.unwrap();
            assert_eq!(response.status(), 400, "{path}");
        }
        for (method, path, body) in [
            (
                "POST",
                "/api/music-ai/failed/retry",
                r#"{"items": [{"platform_name": "\u0000", "platform_id": "\u0000"}]}"#,
            ),
            (
                "POST",
                "/api/music-ai/pages/retry",
                r#"{"items": [{"platform_name": "\u0000", "platform_id": "\u0000"}]}"#,
            ),
            ("PATCH", "/api/music-ai/library/youtube/x", r#"{"title": "\u0000"}"#),
            ("POST", "/api/plugins/rollback", r#"{"reason": "\u0000"}"#),
            ("POST", "/api/music-ai/queue", r#"[{"platform": "youtube", "platform_id": "\u0000"}]"#),
        ] {
            let answer = host.send(host.request(method, path).body(body)).await;
            assert!(answer.status < 500, "{method} {path}: {} {}", answer.status, answer.text);
        }
        let mut caller = Caller::to(&host).await;
        caller.say(b"GET /api/music-ai/status HTTP/1.1\r\nhost: \xff\xfe\r\nauthorization: Bearer \xff\r\nx-request-id: \xff\r\n\r\n").await;
        assert!((200..500).contains(&caller.hear().await.status));
        assert_eq!(host.get("/readyz").await.status, 200);
        host.stop().await;
    }
}

#[tokio::test]
async fn no_path_leads_out_of_where_it_belongs() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    std::fs::write(folder.path().join("secret.txt"), "must-not-be-seen").unwrap();
    for path in [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/docs/..%2f..%2fsecret.txt",
        "//secret.txt",
        "/api/plugins/..%2f..%2fsecret.txt",
        "/api/plugins/..%2f..%2fsecret.txt/comparison",
        "/api/music-ai/library/..%2f..%2f/secret.txt",
        "/api/music-ai/library/youtube/../../../../secret.txt",
        "/api/sync/status/..%2fsecret.txt",
        "http://localhost/../secret.txt",
    ] {
        let heard = Caller::to(&host).await.get(path).await;
        assert!((400..500).contains(&heard.status), "{path}: {}", heard.status);
        assert!(!heard.body.contains("must-not-be-seen"), "{path}");
    }
    let heard = Caller::to(&host).await.get("/etc/passwd").await;
    assert_eq!(heard.status, 404);
}
