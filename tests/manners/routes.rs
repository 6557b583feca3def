//! What holds for every route, as `/openapi.json` lists them.

use super::{TOKEN, folder, idle};
use liner_tests::Host;
use reqwest::Response;
use std::collections::BTreeMap;

/// Methods that a route may have, and some that none has.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "LINK"];

/// A route's path, with an example of each of its parameters.
struct Route {
    path: String,
    /// Its methods, and who may use each: `anyone`, `read` or `operator`.
    methods: BTreeMap<String, String>,
}

impl Route {
    fn knows(&self, method: &str) -> bool {
        self.methods.contains_key(if method == "HEAD" { "GET" } else { method })
    }

    /// Whether its answers have an end, to which they can be read.
    fn ends(&self) -> bool {
        self.path != "/api/events"
    }
}

async fn routes(host: &Host) -> Vec<Route> {
    let description = host.get("/openapi.json").await.json;
    let paths = description["paths"].as_object().unwrap();
    let routes: Vec<Route> = paths
        .iter()
        .map(|(path, item)| {
            let examples = [("{platform}", "youtube"), ("{id}", "none"), ("{plugin}", "rules"), ("{channel}", "music")];
            let filled = examples.iter().fold(path.clone(), |path, (name, example)| path.replace(name, example));
            assert!(!filled.contains('{'), "{path} has a parameter without an example here");
            let access = |(method, operation): (&String, &serde_json::Value)| {
                let access = operation["x-liner-access"].as_str()?;
                Some((method.to_uppercase(), access.to_owned()))
            };
            Route { path: filled, methods: item.as_object().unwrap().iter().filter_map(access).collect() }
        })
        .collect();
    assert!(routes.len() > 20 && routes.iter().all(|route| !route.methods.is_empty()));
    routes
}

async fn ask(host: &Host, method: &str, path: &str) -> Response {
    host.request(method, path).send().await.unwrap()
}

#[tokio::test]
async fn nothing_is_changed_by_who_has_no_token_and_nothing_read_but_what_everybody_may() {
    for (public, readable) in [("false", vec!["anyone"]), ("true", vec!["anyone", "read"])] {
        let folder = folder();
        let host = idle(&folder, &[("LINER_ADMIN_TOKEN", TOKEN), ("LINER_PUBLIC_READ", public)]).await;
        for route in routes(&host).await {
            for (method, access) in &route.methods {
                let response = ask(&host, method, &route.path).await;
                let may = readable.contains(&access.as_str());
                assert_eq!(response.status() != 401, may, "{method} {}", route.path);
                if !may {
                    assert_eq!(response.headers()["www-authenticate"], "Bearer");
                }
                let shown = if method == "GET" { access == "operator" } else { access != "operator" };
                assert!(!shown, "{method} {} is for {access}", route.path);
            }
        }
    }
}

#[tokio::test]
async fn without_a_token_no_page_of_another_origin_changes_anything() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    for route in routes(&host).await {
        for (method, _) in route.methods.iter().filter(|(_, access)| *access == "operator") {
            // A page that another program of this machine serves is one of another origin too.
            for (header, value) in [
                ("origin", "https://evil.example"),
                ("origin", "http://localhost:1"),
                ("origin", "null"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let request = host.request(method, &route.path).header(header, value);
                assert_eq!(request.send().await.unwrap().status(), 403, "{method} {} {header} {value}", route.path);
            }
        }
        if route.methods.values().any(|access| access != "anyone") {
            let rebound = host.request("GET", &route.path).header("host", "evil.example").send().await.unwrap();
            assert!([403, 405].contains(&rebound.status().as_u16()), "{}", route.path);
        }
    }
}

#[tokio::test]
async fn what_is_read_can_be_asked_for_without_its_body() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    for route in routes(&host).await.into_iter().filter(|route| route.knows("GET")) {
        let head = ask(&host, "HEAD", &route.path).await;
        let get = ask(&host, "GET", &route.path).await;
        assert_eq!((head.status(), &head.headers()["content-type"]), (get.status(), &get.headers()["content-type"]));
        assert_eq!(head.bytes().await.unwrap().len(), 0, "{}", route.path);
        assert!(!route.ends() || !get.bytes().await.unwrap().is_empty(), "{}", route.path);
    }
}

#[tokio::test]
async fn a_method_that_a_route_does_not_know_is_answered_with_those_it_does() {
    let folder = folder();
    let host = idle(&folder, &[]).await;
    for route in routes(&host).await {
        for method in METHODS.into_iter().filter(|method| !route.knows(method)) {
            let response = ask(&host, method, &route.path).await;
            let headers = response.headers();
            assert_eq!(response.status(), 405, "{method} {}", route.path);
            let mut allowed: Vec<&str> = headers["allow"].to_str().unwrap().split(',').collect();
            let mut known: Vec<&str> = METHODS.into_iter().filter(|method| route.knows(method)).collect();
            allowed.sort_unstable();
            known.sort_unstable();
            assert_eq!(allowed, known, "{}", route.path);
            assert!(method == "HEAD" || headers["content-type"] == "application/problem+json", "{method}");
        }
    }
}
