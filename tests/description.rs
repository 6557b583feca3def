//! The API's description against the real binary: every path of it is answered, every answer is as it says, and the page
//! made of it holds together.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use boon::{Compiler, Draft, Schemas};
use html5gum::{Token, Tokenizer};
use liner_tests::{Host, Receiver, StubModel, clear_row, liner, vague_rows};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
const METHODS: [&str; 5] = ["get", "put", "post", "delete", "patch"];

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// The description, as the binary prints it.
async fn description() -> Value {
    let printed = liner(folder().path(), &["openapi"], &[], "").await;
    assert_eq!(printed.code, Some(0), "{}", printed.stderr);
    serde_json::from_str(&printed.stdout).unwrap()
}

/// Every operation: path, method, and what is said of it.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |(method, said)| (&**path, &**method, said)))
        .collect()
}

/// A path with its parameters' examples.
fn example(path: &str, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.filter(|parameter| parameter["in"] == "path").fold(path.to_owned(), |path, parameter| {
        let name = parameter["name"].as_str().unwrap();
        path.replace(&format!("{{{name}}}"), parameter["example"].as_str().unwrap_or("unknown"))
    })
}

/// The status of an answer, and its text where it has an end.
async fn answered(host: &Host, method: &str, path: &str, said: &Value, body: &'static str) -> (u16, String) {
    let request = host.request(&method.to_uppercase(), &example(path, said)).body(body);
    let response = request.send().await.unwrap();
    let has_end = response.headers().get("content-type").is_none_or(|kind| kind != "text/event-stream");
    (response.status().as_u16(), if has_end { response.text().await.unwrap() } else { String::new() })
}

#[tokio::test]
async fn a_host_serves_the_description_that_the_command_prints() {
    let folder = folder();
    let host = Host::start(folder.path(), &[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    let served = host.get("/openapi.json").await;
    assert_eq!((served.status, served.content_type.as_str()), (200, "application/json"));
    assert_eq!(served.json, description().await);
    assert_eq!(served.json["openapi"], "3.1.0");
}

#[tokio::test]
async fn every_operation_of_the_description_is_answered_and_no_path_has_another() {
    let folder = folder();
    let host = Host::start(folder.path(), &[]).await;
    let document = description().await;
    let operations = operations(&document);
    assert!(operations.len() > 30, "{}", operations.len());
    for (path, method, said) in &operations {
        let (status, text) = answered(&host, method, path, said, "?").await;
        assert_ne!(status, 405, "{method} {path}");
        assert!(!text.contains("nothing at this path"), "{method} {path}: {text}");
    }
    let described: BTreeSet<(&str, &str)> = operations.iter().map(|(path, method, _)| (*path, *method)).collect();
    for (path, _, said) in &operations {
        for method in METHODS.iter().filter(|method| !described.contains(&(*path, **method))) {
            let (status, _) = answered(&host, method, path, said, "").await;
            assert_eq!(status, 405, "{method} {path} is answered and not described");
        }
    }
}

#[tokio::test]
async fn whoever_must_say_who_they_are_is_asked_and_nobody_else_is() {
    let folder = folder();
    let host = Host::start(folder.path(), &[("LINER_ADMIN_TOKEN", TOKEN)]).await;
    for (path, method, said) in operations(&description().await) {
        let (status, _) = answered(&host, method, path, said, "").await;
        let access = said["x-liner-access"].as_str().unwrap();
        let is_asked = !said["security"].as_array().unwrap().is_empty();
        assert_eq!(is_asked, access != "anyone", "{method} {path}");
        assert_eq!(status == 401, is_asked, "{method} {path}: {status}");
    }
    drop(host);
    let public = [("LINER_ADMIN_TOKEN", TOKEN), ("LINER_PUBLIC_READ", "true")];
    let host = Host::start(folder.path(), &public).await;
    for (path, method, said) in operations(&description().await) {
        let (status, _) = answered(&host, method, path, said, "").await;
        assert_eq!(status == 401, said["x-liner-access"] == "operator", "{method} {path}: {status}");
    }
}

#[tokio::test]
async fn operations_have_names_of_their_own_tags_that_are_explained_and_words() {
    let document = description().await;
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut names = BTreeSet::new();
    for (path, method, said) in operations(&document) {
        assert!(names.insert(said["operationId"].as_str().unwrap()), "{method} {path} has the name of another");
        assert!(tags.contains(said["tags"][0].as_str().unwrap()), "{method} {path}: {}", said["tags"]);
        assert!(said["summary"].as_str().is_some_and(|summary| summary.len() > 5), "{method} {path}");
        for parameter in said["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{method} {path}: {}", parameter["name"]);
        }
    }
    let text = document.to_string();
    assert!(!text.contains("[`"), "a link within the code is none in the description");
}

/// What is answered, against the schemas.
mod answers {
    use super::*;

    /// Why a value is not as a schema of the description says.
    fn faults(document: &Value, schema: &str, value: &Value) -> Option<String> {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.set_default_draft(Draft::V2020_12);
        compiler.enable_format_assertions();
        compiler.add_resource("http://liner/openapi.json", document.clone()).unwrap();
        let schema = compiler.compile(&format!("http://liner/openapi.json#{schema}"), &mut schemas).unwrap();
        schemas.validate(value, schema).err().map(|error| format!("{error:#}"))
    }

    /// A name as a step of a JSON pointer within a URL.
    fn step(name: &str) -> String {
        name.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
    }

    async fn holds(host: &Host, document: &Value, method: &str, path: &str, called: &str, body: &str) -> Value {
        let answer = host.send(host.request(method, called).body(body.to_owned())).await;
        let (method, status) = (method.to_lowercase(), answer.status.to_string());
        let said = &document["paths"][path][&method]["responses"][&status];
        assert!(said.is_object(), "{method} {path} does not say that it answers {status}: {}", answer.text);
        let pointer = match said["$ref"].as_str() {
            Some(reference) => reference.trim_start_matches('#').to_owned(),
            None => format!("/paths/{}/{method}/responses/{status}", step(path)),
        };
        let kind = step(answer.content_type.split(';').next().unwrap());
        let fault = faults(document, &format!("{pointer}/content/{kind}/schema"), &answer.json);
        assert_eq!(fault, None, "{method} {called}: {}", answer.text);
        answer.json
    }

    /// Method, path, the path as it is called, and the body.
    type Call = (&'static str, &'static str, &'static str, &'static str);

    const ENTRY: &str = "/api/music-ai/library/{platform}/{id}";
    const CLEAR: &str = "/api/music-ai/library/youtube/clear000001";

    const FROM_THE_QUEUE_TO_THE_LIBRARY: [Call; 26] = [
        ("GET", "/api/music-ai/status", "/api/music-ai/status", ""),
        ("GET", "/api/music-ai/failed", "/api/music-ai/failed?limit=3", ""),
        ("POST", "/api/music-ai/failed/retry", "/api/music-ai/failed/retry", ""),
        ("GET", "/api/music-ai/library", "/api/music-ai/library?search=harbour&limit=1", ""),
        ("GET", ENTRY, CLEAR, ""),
        ("PATCH", ENTRY, CLEAR, r#"{"genres": ["indie folk"]}"#),
        ("PATCH", ENTRY, CLEAR, r#"{"genres": null}"#),
        ("GET", ENTRY, "/api/music-ai/library/youtube/nothing", ""),
        ("POST", "/api/music-ai/queue", "/api/music-ai/queue", "no link"),
        ("GET", "/api/music-ai/pages", "/api/music-ai/pages", ""),
        ("POST", "/api/music-ai/pages/retry", "/api/music-ai/pages/retry", "{}"),
        ("GET", "/api/music-ai/worker/status", "/api/music-ai/worker/status", ""),
        ("POST", "/api/music-ai/worker/pause", "/api/music-ai/worker/pause", r#"{"reason": "a test"}"#),
        ("POST", "/api/music-ai/worker/resume", "/api/music-ai/worker/resume", "[]"),
        ("POST", "/api/music-ai/worker/resume", "/api/music-ai/worker/resume", ""),
        ("POST", "/api/music-ai/process", "/api/music-ai/process?limit=2", ""),
        ("GET", "/api/music-ai/throughput", "/api/music-ai/throughput?span=day", ""),
        ("GET", "/api/music-ai/health", "/api/music-ai/health", ""),
        ("GET", "/api/model", "/api/model", ""),
        ("GET", "/api/model/use", "/api/model/use?by=day&since=2026-01-01", ""),
        ("GET", "/api/hosts", "/api/hosts", ""),
        ("POST", "/api/hosts/{id}/drain", "/api/hosts/nobody/drain", ""),
        ("POST", "/api/sync/trigger/{channel}", "/api/sync/trigger/music", ""),
        ("GET", "/api/sync/status/{channel}", "/api/sync/status/music", ""),
        ("GET", "/healthz", "/healthz", ""),
        ("GET", "/readyz", "/readyz", ""),
    ];

    /// With a field that the answer has.
    const ABOUT_STRATEGIES: [(Call, &str); 17] = [
        (("GET", "/api/plugins/{plugin}", "/api/plugins/rules", ""), "digest"),
        (("POST", "/api/plugins", "/api/plugins", "no component"), "errors"),
        (("POST", "/api/plugins", "/api/plugins?as=canary", ""), "error"),
        (("PUT", "/api/plugins/{plugin}/config", "/api/plugins/rules/config", r#"{"config": [7]}"#), "errors"),
        (("POST", "/api/plugins/{plugin}/activate", "/api/plugins/llm/activate", r#"{"position": 0}"#), "plugin"),
        (("POST", "/api/plugins/{plugin}/activate", "/api/plugins/llm/activate", r#"{"percent": 5}"#), "error"),
        (("POST", "/api/plugins/{plugin}/shadow", "/api/plugins/llm/shadow", r#"{"budget_usd": -1}"#), "error"),
        (("POST", "/api/plugins/{plugin}/canary", "/api/plugins/llm/canary", ""), "error"),
        (("POST", "/api/plugins/{plugin}/canary", "/api/plugins/llm/canary", r#"{"percent": 0}"#), "error"),
        (("POST", "/api/plugins/{plugin}/promote", "/api/plugins/llm/promote", ""), "error"),
        (("GET", "/api/plugins/{plugin}/comparison", "/api/plugins/llm/comparison", ""), "fields"),
        (("POST", "/api/plugins/rollback", "/api/plugins/rollback", r#"{"to": 7000}"#), "error"),
        (("POST", "/api/plugins/rollback", "/api/plugins/rollback", ""), "pipeline"),
        (("DELETE", "/api/plugins/{plugin}", "/api/plugins/llm?reason=a%20test", ""), "plugin"),
        (("DELETE", "/api/plugins/{plugin}", "/api/plugins/rules", ""), "error"),
        (("GET", "/api/plugins/history", "/api/plugins/history", ""), "revisions"),
        (("GET", "/api/plugins/events", "/api/plugins/events", ""), "events"),
    ];

    /// `URL` is a receiver's, `ID` the webhook's, and `ATTEMPT` one of its attempts.
    const ABOUT_WEBHOOKS: [Call; 13] = [
        ("POST", "/api/webhooks", "/api/webhooks", r#"{"url": "nonsense"}"#),
        ("POST", "/api/webhooks", "/api/webhooks", r#"{"url": "URL"}"#),
        ("GET", "/api/webhooks/{id}/deliveries", "/api/webhooks/nobody/deliveries", ""),
        ("POST", "/api/webhooks/{id}/test", "/api/webhooks/ID/test", ""),
        ("GET", "/api/webhooks/{id}/deliveries", "/api/webhooks/ID/deliveries?limit=1", ""),
        ("POST", "/api/webhooks/deliveries/{id}/retry", "/api/webhooks/deliveries/ATTEMPT/retry", ""),
        ("POST", "/api/webhooks/deliveries/{id}/retry", "/api/webhooks/deliveries/999999/retry", ""),
        ("POST", "/api/webhooks/deliveries/{id}/retry", "/api/webhooks/deliveries/first/retry", ""),
        ("GET", "/api/webhooks", "/api/webhooks", ""),
        ("POST", "/api/webhooks/{id}/enable", "/api/webhooks/ID/enable", ""),
        ("POST", "/api/webhooks/{id}/secret", "/api/webhooks/ID/secret", ""),
        ("DELETE", "/api/webhooks/{id}", "/api/webhooks/ID", ""),
        ("DELETE", "/api/webhooks/{id}", "/api/webhooks/ID", ""),
    ];

    /// What is no JSON, or the description itself; and `/api/plugins`, which is asked before all else about strategies.
    const HELD_ELSEWHERE: [(&str, &str); 6] = [
        ("GET", "/metrics"),
        ("GET", "/api/events"),
        ("GET", "/openapi.json"),
        ("GET", "/docs"),
        ("GET", "/docs/docs.css"),
        ("GET", "/api/plugins"),
    ];

    #[tokio::test]
    async fn of_every_operation_are_held_to_it() {
        let document = description().await;
        let described: BTreeSet<(String, &str)> =
            operations(&document).iter().map(|(path, method, _)| (method.to_uppercase(), *path)).collect();
        let calls = FROM_THE_QUEUE_TO_THE_LIBRARY.iter().chain(ABOUT_STRATEGIES.iter().map(|(call, _)| call));
        let called = calls.chain(&ABOUT_WEBHOOKS).map(|(method, path, ..)| (*method, *path));
        let held = called.chain(HELD_ELSEWHERE).map(|(method, path)| (method.to_owned(), path)).collect();
        assert_eq!(described, held);
    }

    #[tokio::test]
    async fn are_as_the_description_says_from_the_queue_to_the_library() {
        let (folder, model) = (folder(), StubModel::willing().await);
        let host = Host::asking(folder.path(), &model, &[]).await;
        let document = description().await;
        let rows = vague_rows(3);
        let queued = holds(&host, &document, "POST", "/api/music-ai/queue", "/api/music-ai/queue", &rows).await;
        assert_eq!(queued["queued"], 3);
        host.post("/api/music-ai/queue", clear_row()).await;
        host.drained().await;
        for (method, path, called, body) in FROM_THE_QUEUE_TO_THE_LIBRARY {
            holds(&host, &document, method, path, called, body).await;
        }
    }

    #[tokio::test]
    async fn are_as_the_description_says_about_strategies() {
        let folder = folder();
        let host = Host::start(folder.path(), &[]).await;
        let document = description().await;
        let listed = holds(&host, &document, "GET", "/api/plugins", "/api/plugins", "").await;
        assert_eq!(listed["plugins"].as_array().unwrap().len(), 2);
        for ((method, path, called, body), answered) in ABOUT_STRATEGIES {
            let said = holds(&host, &document, method, path, called, body).await;
            assert!(said[answered].is_string() || said[answered].is_array(), "{method} {called}: {said}");
        }
    }

    #[tokio::test]
    async fn are_as_the_description_says_about_webhooks() {
        let (folder, receiver) = (folder(), Receiver::open().await);
        let host = Host::start(folder.path(), &[("WEBHOOK_ALLOW", "127.0.0.1")]).await;
        let document = description().await;
        let (mut id, mut attempt) = (Value::Null, Value::Null);
        for (method, path, called, body) in ABOUT_WEBHOOKS {
            let called = called.replace("ID", id.as_str().unwrap_or_default()).replace("ATTEMPT", &attempt.to_string());
            let said = holds(&host, &document, method, path, &called, &body.replace("URL", &receiver.url)).await;
            if said["id"].is_string() && id.is_null() {
                id = said["id"].clone();
            }
            if said["items"][0]["id"].is_number() {
                attempt = said["items"][0]["id"].clone();
            }
        }
        assert!(id.is_string() && attempt.is_number(), "they were called with {id} and {attempt}");
    }

    #[tokio::test]
    async fn that_lack_a_field_would_be_noticed() {
        let document = description().await;
        let schema = "/components/schemas/QueueStatus";
        let mut status = json!({
            "queue": {"pending": 0, "processing": 0, "completed": 0, "failed": 0, "total": 0},
            "percentages": {"completed": "0.0", "failed": "0.0"}, "waiting": {}, "nextRetryAt": null,
        });
        assert_eq!(faults(&document, schema, &status), None);
        status["nextRetryAt"] = json!("soon");
        assert!(faults(&document, schema, &status).is_some(), "a time is one");
        status.as_object_mut().unwrap().remove("nextRetryAt");
        assert!(faults(&document, schema, &status).is_some(), "and is always there");
    }
}

/// `/docs`, read as a browser would.
mod the_page {
    use super::*;

    #[derive(Default)]
    struct Page {
        ids: Vec<String>,
        links: Vec<String>,
        tags: Vec<String>,
        attributes: BTreeSet<String>,
        headings: Vec<u8>,
        open: Vec<String>,
    }

    const EMPTY: [&str; 4] = ["meta", "link", "input", "br"];

    fn read(text: &str) -> Page {
        let mut page = Page::default();
        for token in Tokenizer::new(text) {
            match token.unwrap() {
                Token::StartTag(tag) => {
                    let name = String::from_utf8(tag.name.to_vec()).unwrap();
                    let attributes: BTreeMap<String, String> = tag
                        .attributes
                        .iter()
                        .map(|(name, value)| {
                            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
                            (text(name), text(value))
                        })
                        .collect();
                    page.ids.extend(attributes.get("id").cloned());
                    page.links.extend(attributes.get("href").cloned());
                    page.attributes.extend(attributes.into_keys());
                    if let Some(level) = name.strip_prefix('h').and_then(|level| level.parse().ok()) {
                        page.headings.push(level);
                    }
                    if !EMPTY.contains(&name.as_str()) {
                        page.open.push(name.clone());
                    }
                    page.tags.push(name);
                }
                Token::EndTag(tag) => {
                    let name = String::from_utf8(tag.name.to_vec()).unwrap();
                    assert_eq!(page.open.pop().as_deref(), Some(name.as_str()), "tags close in their order");
                }
                Token::Error(error) => panic!("{error:?}"),
                _ => {}
            }
        }
        page
    }

    #[tokio::test]
    async fn is_sound_complete_and_needs_nothing_from_elsewhere() {
        let folder = folder();
        let host = Host::start(folder.path(), &[("LINER_ADMIN_TOKEN", TOKEN)]).await;
        let response = host.request("GET", "/docs").send().await.unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let text = response.text().await.unwrap();
        let page = read(&text);
        assert!(page.open.is_empty(), "{:?}", page.open);
        assert!(!page.tags.iter().any(|tag| tag == "script" || tag == "style" || tag == "img"));
        assert!(!page.attributes.iter().any(|name| name == "style" || name.starts_with("on")), "{:?}", page.attributes);
        let ids: BTreeSet<&String> = page.ids.iter().collect();
        assert_eq!(ids.len(), page.ids.len(), "each place has a name of its own");
        for link in &page.links {
            match link.trim_start_matches("/docs").strip_prefix('#') {
                Some(place) => assert!(ids.contains(&place.to_owned()), "{link} leads nowhere"),
                None => assert_eq!(host.get(link).await.status, 200, "{link}"),
            }
        }
        let steps = page.headings.windows(2).filter(|pair| pair[1] > pair[0] + 1);
        assert_eq!(steps.count(), 0, "headings go down one by one: {:?}", page.headings);
        for (path, method, said) in operations(&description().await) {
            assert!(ids.contains(&said["operationId"].as_str().unwrap().to_owned()), "{method} {path}");
        }
    }

    #[tokio::test]
    async fn finds_operations_without_a_script() {
        let folder = folder();
        let host = Host::start(folder.path(), &[]).await;
        let found = host.get("/docs?find=Pause+worker").await.text;
        assert!(found.contains("id=\"pauseWorker\"") && !found.contains("id=\"enqueue\""), "{found}");
        let hostile = host.get("/docs?find=%22%3E%3Cscript%3E").await.text;
        assert!(!hostile.contains("<script>") && hostile.contains("&lt;script&gt;"), "{hostile}");
        assert!(read(&hostile).open.is_empty());
        assert_eq!(host.get("/docs?colour=red").await.status, 400);
    }
}
