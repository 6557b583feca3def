//! Wrong tokens.

use super::{TOKEN, folder, idle};
use liner_tests::Host;

async fn with(host: &Host, token: &str, from: &str) -> (u16, Option<u64>) {
    let request = host.request("GET", "/api/music-ai/status").bearer_auth(token).header("x-forwarded-for", from);
    let response = request.send().await.unwrap();
    let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().parse().unwrap());
    (response.status().as_u16(), wait)
}

#[tokio::test]
async fn after_ten_wrong_tokens_an_address_is_told_to_wait_and_not_whether_the_next_one_is_right() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_ADMIN_TOKEN", TOKEN), ("LINER_TRUSTED_PROXIES", "127.0.0.1")]).await;
    for _ in 0..10 {
        assert_eq!(with(&host, "wrong", "203.0.113.5").await, (401, None));
    }
    for token in ["wrong", TOKEN] {
        let (status, wait) = with(&host, token, "203.0.113.5").await;
        assert_eq!(status, 429);
        assert!((1..=7).contains(&wait.unwrap()), "{wait:?}");
    }
    assert_eq!(with(&host, TOKEN, "203.0.113.6").await.0, 200, "others are not concerned");
    // Without a token it is not an attempt.
    assert_eq!(host.get("/api/music-ai/status").await.status, 401);
}

#[tokio::test]
async fn the_operator_is_not_locked_out_by_who_guesses_behind_the_same_address() {
    let folder = folder();
    let host = idle(&folder, &[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    assert_eq!(with(&host, TOKEN, "203.0.113.5").await.0, 200);
    let mut statuses = Vec::new();
    for n in 0..20 {
        // Nobody is trusted: what is said of another address changes nothing.
        statuses.push(with(&host, "wrong", &format!("203.0.113.{n}")).await.0);
    }
    assert_eq!((statuses[9], statuses[19]), (401, 429));
    assert_eq!(with(&host, TOKEN, "203.0.113.5").await.0, 200);
}
