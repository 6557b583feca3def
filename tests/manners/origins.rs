//! Pages of other origins.

use super::{TOKEN, folder, idle};

const FRIEND: &str = "https://music.example";

#[tokio::test]
async fn pages_of_named_origins_may_read_and_with_the_token_change_something() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_ADMIN_TOKEN", TOKEN), ("LINER_CORS_ORIGINS", FRIEND)]).await;
    let preflight = |origin: &'static str| {
        host.request("OPTIONS", "/api/music-ai/failed/retry")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "authorization,content-type")
    };
    let response = preflight(FRIEND).send().await.unwrap();
    let headers = response.headers();
    assert_eq!((response.status().as_u16(), &headers["access-control-allow-origin"]), (200, &FRIEND.parse().unwrap()));
    let allowed = headers["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("authorization") && !headers.contains_key("access-control-allow-credentials"));
    let stranger = preflight("https://evil.example").send().await.unwrap();
    assert!(!stranger.headers().contains_key("access-control-allow-origin"));

    let retry = host.request("POST", "/api/music-ai/failed/retry").header("origin", FRIEND);
    let response = retry.bearer_auth(TOKEN).send().await.unwrap();
    let headers = response.headers();
    assert_eq!((response.status().as_u16(), &headers["access-control-allow-origin"]), (200, &FRIEND.parse().unwrap()));
    assert!(headers["access-control-expose-headers"].to_str().unwrap().contains("x-request-id"));
}

#[tokio::test]
async fn no_page_of_another_origin_may_read_unless_it_is_named() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    let response = host.request("GET", "/api/music-ai/status").header("origin", FRIEND).send().await.unwrap();
    assert_eq!(response.status(), 200, "who is no browser does not mind");
    assert!(response.headers().keys().all(|name| !name.as_str().starts_with("access-control")));
    let preflight = host.request("OPTIONS", "/api/music-ai/status").header("origin", FRIEND).send().await.unwrap();
    assert_eq!(preflight.status(), 405);
}
