//! Who may see and change what: sessions, other origins, and what answers say to the browser. Over plain HTTP.

use crate::TOKEN;
use liner_tests::Host;
use reqwest::{RequestBuilder, Response, StatusCode};

/// Asks, and goes where nobody told it to.
struct Client {
    host: Host,
    client: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Client {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let host = Host::start(folder.path(), settings).await;
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { host, client, _folder: folder }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.host.url))
    }

    /// As a page of this host would.
    fn post(&self, path: &str) -> RequestBuilder {
        self.of_elsewhere(path).header("origin", &self.host.url)
    }

    fn of_elsewhere(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("{}{path}", self.host.url)).form(&[("reason", "a test")])
    }

    async fn sign_in(&self, token: &str, next: &str) -> Response {
        let form = [("token", token), ("next", next)];
        let request = self.client.post(format!("{}/sign-in", self.host.url)).header("origin", &self.host.url);
        request.form(&form).send().await.unwrap()
    }

    async fn session(&self) -> String {
        let signed_in = self.sign_in(TOKEN, "").await;
        let cookie = header(&signed_in, "set-cookie");
        cookie.split_once(';').unwrap().0.to_owned()
    }

    async fn is_paused(&self) -> bool {
        let status = self.get("/api/music-ai/worker/status").bearer_auth(TOKEN).send().await.unwrap();
        let status: serde_json::Value = status.json().await.unwrap();
        status["worker"]["isPaused"].as_bool().unwrap()
    }
}

fn header(response: &Response, name: &str) -> String {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned()
}

#[tokio::test]
async fn with_a_token_one_signs_in_and_out() {
    let client = Client::new(&[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    let asked = client.get("/failed?search=x").send().await.unwrap();
    assert_eq!(
        (asked.status(), header(&asked, "location").as_str()),
        (StatusCode::SEE_OTHER, "/sign-in?next=%2Ffailed%3Fsearch%3Dx")
    );
    let wrong = client.sign_in("a-token-of-some-lengtH", "/failed").await;
    assert_eq!((wrong.status(), header(&wrong, "set-cookie").as_str()), (StatusCode::UNAUTHORIZED, ""));
    assert!(wrong.text().await.unwrap().contains("not the value of LINER_ADMIN_TOKEN"));

    let signed_in = client.sign_in(TOKEN, "/failed?search=x").await;
    assert_eq!(
        (signed_in.status(), header(&signed_in, "location").as_str()),
        (StatusCode::SEE_OTHER, "/failed?search=x")
    );
    let cookie = header(&signed_in, "set-cookie");
    assert!(cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains(TOKEN));
    let session = cookie.split_once(';').unwrap().0;
    for path in ["/", "/failed", "/pages", "/library", "/strategies", "/model", "/events", "/api/music-ai/status"] {
        let page = client.get(path).header("cookie", session).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK, "{path}");
        let forged = client.get(path).header("cookie", "liner_session=9999999999.00").send().await.unwrap();
        assert!(!forged.status().is_success(), "{path}");
    }
    let out = client.post("/sign-out").header("cookie", session).send().await.unwrap();
    assert!(header(&out, "set-cookie").starts_with("liner_session=; Path=/; Max-Age=0"));
}

#[tokio::test]
async fn who_tries_too_many_tokens_waits_even_with_the_right_one_and_the_form_says_so() {
    let client = Client::new(&[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    for n in 0..10 {
        assert_eq!(client.sign_in(&format!("wrong {n}"), "").await.status(), StatusCode::UNAUTHORIZED, "{n}");
    }
    let right = client.sign_in(TOKEN, "").await;
    assert_eq!((right.status(), header(&right, "set-cookie").as_str()), (StatusCode::TOO_MANY_REQUESTS, ""));
    assert!(header(&right, "retry-after").parse::<u64>().unwrap() <= 7);
    assert!(right.text().await.unwrap().contains("Too many wrong tokens"));
}

#[tokio::test]
async fn after_signing_in_one_goes_on_within_this_host_only() {
    let client = Client::new(&[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    for next in ["//evil.example", "/\\evil.example", "https://evil.example", "/\u{1}", "/\u{7f}", ""] {
        let signed_in = client.sign_in(TOKEN, next).await;
        assert_eq!(
            (signed_in.status(), header(&signed_in, "location").as_str()),
            (StatusCode::SEE_OTHER, "/"),
            "{next:?}"
        );
    }
}

#[tokio::test]
async fn a_session_changes_something_only_from_a_page_of_this_host() {
    let client = Client::new(&[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    let session = client.session().await;
    for path in ["/worker/pause", "/api/music-ai/worker/pause"] {
        let body = |request: RequestBuilder| match path {
            "/worker/pause" => request,
            _ => request.body(""),
        };
        let send =
            async |request: RequestBuilder| body(request.header("cookie", &session)).send().await.unwrap().status();
        let elsewhere = || client.of_elsewhere(path);
        assert_eq!(send(elsewhere()).await, StatusCode::FORBIDDEN, "{path}: it says nothing of where it is from");
        assert_eq!(send(elsewhere().header("origin", "https://evil.example")).await, StatusCode::FORBIDDEN);
        assert_eq!(send(elsewhere().header("origin", "null")).await, StatusCode::FORBIDDEN);
        assert_eq!(send(client.post(path).header("sec-fetch-site", "same-site")).await, StatusCode::FORBIDDEN);
        assert!(!client.is_paused().await);
        assert!(send(client.post(path)).await.as_u16() < 400);
        assert!(client.is_paused().await);
        let resumed = client.post("/worker/resume").header("cookie", &session).send().await.unwrap();
        assert_eq!(
            (resumed.status(), header(&resumed, "location").as_str()),
            (StatusCode::SEE_OTHER, "/?said=resumed")
        );
    }
    let unsigned = client.post("/worker/pause").send().await.unwrap();
    assert_eq!((unsigned.status(), header(&unsigned, "location").as_str()), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(!client.is_paused().await);
    let signing_in =
        client.client.post(format!("{}/sign-in", client.host.url)).header("origin", "https://evil.example");
    let signed_in = signing_in.form(&[("token", TOKEN)]).send().await.unwrap();
    assert_eq!((signed_in.status(), header(&signed_in, "set-cookie").as_str()), (StatusCode::FORBIDDEN, ""));
}

/// Every form of the dashboard but that of signing in.
const FORMS: [&str; 16] = [
    "/worker/pause",
    "/worker/resume",
    "/worker/run",
    "/hosts/x/drain",
    "/failed/retry",
    "/pages/retry",
    "/library/youtube/x",
    "/strategies",
    "/strategies/rollback",
    "/strategies/rules/retire",
    "/model/retry",
    "/webhooks",
    "/webhooks/x",
    "/webhooks/x/test",
    "/webhooks/x/deliveries",
    "/sign-out",
];

/// Whether a path is one of a route, whose parameters stand in braces.
fn is_a(path: &str, route: &str) -> bool {
    let (path, route): (Vec<_>, Vec<_>) = (path.split('/').collect(), route.split('/').collect());
    path.len() == route.len() && path.iter().zip(route).all(|(part, of)| of.starts_with('{') || *part == of)
}

#[test]
fn every_path_that_a_form_may_be_sent_to_is_tried() {
    let routes = include_str!("../../host/src/api/dashboard/mod.rs");
    let route = regex::Regex::new(r#"\.route\("([^"]+)", (?:.*\bpost\(|upload\))"#).unwrap();
    let mut found = 0;
    for path in route.captures_iter(routes).map(|hit| hit[1].to_owned()).filter(|path| path != "/sign-in") {
        assert!(FORMS.iter().any(|form| is_a(form, &path)), "nobody tries {path}");
        found += 1;
    }
    assert!(found >= 15, "only {found} paths were found");
}

#[tokio::test]
async fn no_form_changes_anything_for_who_is_not_signed_in_or_comes_from_elsewhere() {
    let client = Client::new(&[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    let session = client.session().await;
    let state = async || {
        let mut state = String::new();
        for path in ["/api/music-ai/worker/status", "/api/music-ai/status", "/api/plugins/history", "/api/plugins"] {
            let said = client.get(path).bearer_auth(TOKEN).send().await.unwrap();
            let said: serde_json::Value = said.json().await.unwrap();
            state += &match path {
                "/api/music-ai/worker/status" => said["worker"]["isPaused"].to_string(),
                _ => said.to_string(),
            };
        }
        state
    };
    let before = state().await;
    for path in FORMS.into_iter().filter(|path| *path != "/sign-out") {
        let unsigned = client.post(path).send().await.unwrap();
        let answered = (unsigned.status(), header(&unsigned, "location"));
        assert_eq!(answered, (StatusCode::SEE_OTHER, "/sign-in".to_owned()), "{path}");
    }
    for path in FORMS {
        for (name, value) in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
            let foreign = client.of_elsewhere(path).header("cookie", &session).header(name, value);
            let foreign = foreign.send().await.unwrap();
            assert_eq!(
                (foreign.status(), header(&foreign, "set-cookie").as_str()),
                (StatusCode::FORBIDDEN, ""),
                "{path} {name}"
            );
        }
    }
    assert_eq!(state().await, before);
}

#[tokio::test]
async fn without_a_token_nobody_signs_in_and_other_origins_change_nothing() {
    let client = Client::new(&[]).await;
    assert_eq!(header(&client.get("/sign-in").send().await.unwrap(), "location"), "/");
    let page = client.get("/").send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let page = page.text().await.unwrap();
    assert!(page.contains("Pause all hosts") && !page.contains("Sign out"));
    let refused = client.of_elsewhere("/worker/pause").header("origin", "https://evil.example").send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert!(!client.is_paused().await);
    assert_eq!(client.post("/worker/pause").send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert!(client.is_paused().await);
}

#[tokio::test]
async fn where_reading_is_public_who_is_not_signed_in_sees_no_control() {
    let client = Client::new(&[("LINER_ADMIN_TOKEN", TOKEN), ("LINER_PUBLIC_READ", "true")]).await;
    let session = client.session().await;
    for (path, control) in
        [("/", "Pause all hosts"), ("/strategies", "Retire it"), ("/strategies", "Upload a strategy")]
    {
        let read = client.get(path).send().await.unwrap().text().await.unwrap();
        assert!(!read.contains(control) && read.contains("/sign-in"), "{path}");
        assert!(!read.contains("method=\"post\""), "{path} has a form");
        let signed_in = client.get(path).header("cookie", &session).send().await.unwrap().text().await.unwrap();
        assert!(signed_in.contains(control) && signed_in.contains("Sign out"), "{path}");
    }
    assert_eq!(client.post("/worker/pause").send().await.unwrap().status(), StatusCode::SEE_OTHER);
    assert!(!client.is_paused().await);
}

#[tokio::test]
async fn pages_allow_nothing_but_what_this_host_serves_and_are_kept_by_nobody() {
    let client = Client::new(&[]).await;
    for path in ["/", "/library", "/library/youtube/nothing", "/sign-in", "/strategies/nothing"] {
        let page = client.get(path).send().await.unwrap();
        let policy = header(&page, "content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"), "{path}: {policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"));
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        assert_eq!(header(&page, "x-frame-options"), "DENY");
        assert_eq!(header(&page, "cross-origin-opener-policy"), "same-origin");
        assert_eq!(
            (header(&page, "referrer-policy").as_str(), header(&page, "cache-control").as_str()),
            ("same-origin", "no-store")
        );
        let text = page.text().await.unwrap();
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains(" onclick"), "{path}");
        assert!(!text.contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn files_are_named_by_their_digests_and_kept() {
    let client = Client::new(&[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    let page = client.get("/sign-in").send().await.unwrap().text().await.unwrap();
    let mut found = 0;
    for file in page.split('"').filter(|text| text.starts_with("/assets/")).collect::<std::collections::BTreeSet<_>>() {
        let asset = client.get(file).send().await.unwrap();
        assert_eq!(asset.status(), StatusCode::OK, "{file} is for who is not signed in too");
        assert_eq!(header(&asset, "cache-control"), "public, max-age=31536000, immutable");
        let tags = format!("\"another\", {}", header(&asset, "etag"));
        let again = client.get(file).header("if-none-match", tags).send().await.unwrap();
        assert_eq!(header(&again, "vary"), "accept-encoding");
        assert_eq!(header(&again, "cache-control"), "public, max-age=31536000, immutable");
        assert_eq!((again.status(), again.bytes().await.unwrap().len()), (StatusCode::NOT_MODIFIED, 0));
        found += 1;
    }
    assert_eq!(found, 3, "{page}");
    assert_eq!(client.get("/assets/dashboard-000000000000.css").send().await.unwrap().status(), StatusCode::NOT_FOUND);
}
