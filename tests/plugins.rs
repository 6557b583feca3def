//! Plugins as people use them: the real binary, its plugins folder, its API and its command line.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner_tests::swapping::resident_kib;
use liner_tests::{Answer, HOSTILE, Host, KEY, StubModel, clear_row, components, eventually, liner, vague_rows};
use serde_json::Value;
use std::path::Path;

/// A host that works, and the folder it lives in.
async fn host(folder: &Path) -> Host {
    Host::start(folder, &[]).await
}

async fn upload(host: &Host, query: &str, bytes: &[u8]) -> Answer {
    host.send(host.request("POST", &format!("/api/plugins{query}")).body(bytes.to_vec())).await
}

/// The names of the active strategies, first to last.
async fn active(host: &Host) -> Vec<String> {
    let status = host.get("/api/music-ai/worker/status").await.json;
    let name = |strategy: &Value| strategy["name"].as_str().unwrap().to_owned();
    status["pipeline"]["strategies"].as_array().unwrap().iter().map(name).collect()
}

async fn until_active(host: &Host, names: &[&str]) {
    eventually(&format!("{names:?} are active"), || async { (active(host).await == names).then_some(()) }).await;
}

async fn plugin(host: &Host, name: &str) -> Value {
    host.get(&format!("/api/plugins/{name}")).await.json
}

/// Queues tracks that no rule decides.
async fn queue(host: &Host, n: usize) {
    assert_eq!(host.post("/api/music-ai/queue", vague_rows(n)).await.status, 200);
}

mod a_file {
    use super::*;

    #[tokio::test]
    async fn in_the_plugins_folder_becomes_active_and_gives_its_place_back_when_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path()).await;
        let plugins = folder.path().join("liner-data/plugins");
        std::fs::write(plugins.join("mine.wasm"), HOSTILE).unwrap();
        until_active(&host, &["hostile", "rules", "llm"]).await;
        std::fs::remove_file(plugins.join("mine.wasm")).unwrap();
        until_active(&host, &["rules", "llm"]).await;
    }

    #[tokio::test]
    async fn beside_it_holds_its_configuration_and_its_position() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path()).await;
        let plugins = folder.path().join("liner-data/plugins");
        std::fs::write(plugins.join("mine.toml"), "position = 2\nconfig = \"mark folder\"").unwrap();
        std::fs::write(plugins.join("mine.wasm"), HOSTILE).unwrap();
        until_active(&host, &["rules", "llm", "hostile"]).await;
        assert_eq!(plugin(&host, "hostile").await["config"], "mark folder");
        std::fs::write(plugins.join("mine.toml"), "config = \"mark again\"").unwrap();
        eventually("the configuration is changed", || async {
            (plugin(&host, "hostile").await["config"] == "mark again").then_some(())
        })
        .await;
    }

    #[tokio::test]
    async fn that_is_half_written_is_never_loaded_and_the_whole_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path()).await;
        let file = folder.path().join("liner-data/plugins/mine.wasm");
        std::fs::write(&file, &HOSTILE[..HOSTILE.len() / 2]).unwrap();
        eventually("it is refused", || async {
            host.get("/api/plugins/events").await.text.contains("the component is broken").then_some(())
        })
        .await;
        assert_eq!(active(&host).await, ["rules", "llm"]);
        std::fs::write(&file, HOSTILE).unwrap();
        until_active(&host, &["hostile", "rules", "llm"]).await;
    }

    #[tokio::test]
    async fn of_200_megabytes_is_refused_without_being_read_whole() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path()).await;
        std::fs::write(folder.path().join("liner-data/plugins/heavy.wasm"), components::heavy()).unwrap();
        eventually("it is refused", || async {
            host.get("/api/plugins/events").await.text.contains("at step size").then_some(())
        })
        .await;
        assert!(resident_kib(host.pid()) < 200_000);
    }

    #[tokio::test]
    async fn that_was_rolled_back_is_not_installed_again_by_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = host(folder.path()).await;
        std::fs::write(folder.path().join("liner-data/plugins/mine.wasm"), HOSTILE).unwrap();
        until_active(&first, &["hostile", "rules", "llm"]).await;
        // What the folder's watcher notes of a file follows the swap.
        assert_eq!(first.post("/api/plugins/rollback", "").await.status, 200);
        first.stop().await;
        let second = host(folder.path()).await;
        std::fs::write(folder.path().join("liner-data/plugins/other.wasm"), components::plain()).unwrap();
        until_active(&second, &["plain", "rules", "llm"]).await;
    }
}

mod the_api {
    use super::*;

    #[tokio::test]
    async fn takes_a_component_and_lists_it_with_its_figures() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path()).await;
        let answer = upload(&host, "?config=polite&reason=to%20see", HOSTILE).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        queue(&host, 5).await;
        host.queue_when("all are decided", |queue| queue["completed"] == 5).await;
        let shown = plugin(&host, "hostile").await;
        assert_eq!((&shown["state"], &shown["position"], &shown["swaps"]), (&"active".into(), &0.into(), &1.into()));
        assert_eq!((&shown["figures"]["decided"], &shown["figures"]["calls"]), (&5.into(), &1.into()));
        assert!(shown["figures"]["memory_bytes"].as_u64().unwrap() > 65_536, "{shown}");
        let newest = host.get("/api/plugins/history?limit=1").await.json["revisions"][0].clone();
        assert_eq!((&newest["by"], &newest["reason"]), (&"api".into(), &"to see".into()));
        let metrics = host.get("/metrics").await.text;
        for figure in [
            "liner_pipeline_swaps_total{cause=\"install\"} 1",
            "liner_strategy_tracks_total{strategy=\"hostile\"",
            "liner_strategy_memory_bytes{strategy=\"hostile\"",
            "liner_strategy_call_seconds",
        ] {
            assert!(metrics.contains(figure), "{figure} in {metrics}");
        }
    }

    #[tokio::test]
    async fn names_the_step_that_a_component_failed_and_takes_no_more_than_it_may() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path()).await;
        let answer = upload(&host, "?config=panic", HOSTILE).await;
        assert_eq!((answer.status, answer.json["errors"][0]["step"].as_str()), (422, Some("fixtures")));
        assert!(answer.json["error"].as_str().unwrap().contains("the plan went wrong"));
        assert_eq!(upload(&host, "", &components::heavy()).await.status, 413);
        assert_eq!(upload(&host, "?as=everything", HOSTILE).await.status, 400);
        assert_eq!(upload(&host, "?as=canary&percent=100", HOSTILE).await.status, 400);
        assert_eq!(host.post("/api/plugins/nothing/activate", "").await.status, 404);
        assert_eq!(host.post("/api/plugins/rollback", "").await.status, 409);
        assert_eq!(active(&host).await, ["rules", "llm"]);
        assert!(host.get("/metrics").await.text.contains("liner_plugins_refused_total{step=\"fixtures\"} 1"));
    }

    #[tokio::test]
    async fn needs_the_operators_token_to_change_anything() {
        let folder = tempfile::tempdir().unwrap();
        let token = "0123456789abcdef";
        let host = Host::start(folder.path(), &[("LINER_ADMIN_TOKEN", token), ("LINER_PUBLIC_READ", "true")]).await;
        assert_eq!(host.get("/api/plugins").await.status, 200);
        for (method, path) in [
            ("POST", "/api/plugins"),
            ("POST", "/api/plugins/rollback"),
            ("DELETE", "/api/plugins/rules"),
            ("PUT", "/api/plugins/rules/config"),
            ("POST", "/api/plugins/rules/canary"),
        ] {
            let answer = host.send(host.request(method, path)).await;
            assert_eq!(answer.status, 401, "{method} {path}");
        }
        let request = host.request("DELETE", "/api/plugins/llm").bearer_auth(token);
        assert_eq!(host.send(request).await.status, 200);
        assert_eq!(active(&host).await, ["rules"]);
    }

    #[tokio::test]
    async fn stages_tries_configures_promotes_retires_and_rolls_back() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path()).await;
        assert_eq!(upload(&host, "?as=staged", HOSTILE).await.status, 200);
        assert_eq!(plugin(&host, "hostile").await["state"], "staged");
        let done = |method: &'static str, path: &'static str, body: &'static str| {
            let request = host.request(method, path).body(body);
            let host = &host;
            async move {
                let answer = host.send(request).await;
                assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text);
            }
        };
        done("POST", "/api/plugins/hostile/shadow", r#"{"position": 0}"#).await;
        assert_eq!(plugin(&host, "hostile").await["state"], "shadow");
        queue(&host, 4).await;
        eventually("it is compared", || async {
            (host.get("/api/plugins/hostile/comparison").await.json["candidate"]["decided"] == 4).then_some(())
        })
        .await;
        done("POST", "/api/plugins/hostile/canary", r#"{"percent": 50}"#).await;
        assert_eq!(plugin(&host, "hostile").await["percent"], 50);
        done("PUT", "/api/plugins/hostile/config", r#"{"config": "mark x"}"#).await;
        assert_eq!(plugin(&host, "hostile").await["config"], "mark x");
        done("POST", "/api/plugins/hostile/promote", r#"{"reason": "it is better"}"#).await;
        assert_eq!(active(&host).await, ["hostile", "rules", "llm"]);
        done("DELETE", "/api/plugins/hostile?reason=enough", "").await;
        assert_eq!(active(&host).await, ["rules", "llm"]);
        done("POST", "/api/plugins/rollback", "").await;
        assert_eq!(active(&host).await, ["hostile", "rules", "llm"]);
        done("POST", "/api/plugins/rollback", r#"{"to": 1}"#).await;
        assert_eq!(active(&host).await, ["rules", "llm"]);
    }
}

mod the_command_line {
    use super::*;

    #[tokio::test]
    async fn changes_the_strategies_of_a_running_host() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.wasm"), components::core_module()).unwrap();
        let host = host(folder.path()).await;
        let run = |arguments: &'static str| {
            let path = folder.path().to_owned();
            async move {
                let arguments: Vec<&str> = arguments.split(' ').collect();
                let finished = liner(&path, &arguments, &[], "").await;
                assert_eq!(finished.code, Some(0), "{arguments:?}: {}", finished.stderr);
                finished.stdout
            }
        };
        assert!(run("plugin install mine.wasm --reason try").await.contains("revision 2: plain@"));
        until_active(&host, &["plain", "rules", "llm"]).await;
        assert!(run("plugin list").await.contains("active 0"));
        run("plugin retire plain").await;
        until_active(&host, &["rules", "llm"]).await;
        run("plugin canary plain 40").await;
        assert!(run("plugin list").await.contains("canary 40 %"));
        run("plugin compare plain").await;
        run("plugin promote plain").await;
        until_active(&host, &["plain", "rules", "llm"]).await;
        run("plugin rollback 1").await;
        until_active(&host, &["rules", "llm"]).await;
    }

    #[tokio::test]
    async fn checks_and_runs_a_component_and_shows_what_it_says_and_takes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("mine.wasm"), HOSTILE).unwrap();
        std::fs::write(folder.path().join("rows"), vague_rows(2)).unwrap();
        std::fs::write(folder.path().join("replies"), "\"anything\"\n").unwrap();
        let run = |arguments: &'static [&'static str]| liner(folder.path(), arguments, &[], "");
        let checked = run(&["plugin", "check", "mine.wasm"]).await;
        for said in ["admitted     hostile 0.1.0", "liner:extractor/host@0.1.0", "contract     0.1.0", "compiled in"] {
            assert!(checked.stdout.contains(said), "{said}: {}", checked.stdout);
        }
        let refused = run(&["plugin", "check", "mine.wasm", "--config", "order"]).await;
        assert_eq!(refused.code, Some(1));
        assert!(refused.stdout.starts_with("refused at step fixtures"), "{}", refused.stdout);
        let ran = run(&["plugin", "run", "mine.wasm", "rows", "--replies", "replies", "--config", "mark x"]).await;
        for said in [
            "asks \"x\" about 0 (vague000000), 1 (vague000001)",
            "interpret \"x\", round 1",
            "of 64 MiB",
            "instructions",
            "Harbour",
        ] {
            assert!(ran.stdout.contains(said), "{said}: {}{}", ran.stdout, ran.stderr);
        }
        let trapped = run(&["plugin", "run", "mine.wasm", "rows", "--config", "later: panic"]).await;
        assert_eq!(trapped.code, Some(1));
        assert!(trapped.stdout.contains("the plan went wrong"), "{}", trapped.stdout);
        let logged = run(&["plugin", "run", "mine.wasm", "rows", "--config", "chatter"]).await;
        assert!(logged.stderr.contains("line 3"), "{}", logged.stderr);
        assert!(logged.stderr.contains("further lines of this call are not shown"), "{}", logged.stderr);
        assert!(!logged.stderr.contains("line 70 "), "{}", logged.stderr);
    }

    #[tokio::test]
    async fn replays_and_evaluates_a_component() {
        let folder = tempfile::tempdir().unwrap();
        let model = StubModel::willing().await;
        std::fs::write(folder.path().join("mine.wasm"), HOSTILE).unwrap();
        let host = Host::asking(folder.path(), &model, &[]).await;
        host.post("/api/music-ai/queue", vague_rows(5)).await;
        host.drained().await;
        let asked = model.exchanges().len();
        let replayed =
            liner(folder.path(), &["replay", "--strategy", "mine.wasm", "--strategy-config", "polite"], &[], "").await;
        assert!(replayed.stdout.contains("5 tracks seen by both"), "{}{}", replayed.stdout, replayed.stderr);
        assert_eq!(model.exchanges().len(), asked);
        let gold = r#"{"og_title": "untitled", "platform": "youtube", "platform_id": "1", "expect": {"title": "Harbour", "artist": "Ada Lane"}}"#;
        std::fs::write(folder.path().join("gold"), gold).unwrap();
        let scored = liner(folder.path(), &["eval", "gold", "--strategy", "mine.wasm", "--json"], &[], "").await;
        assert!(scored.stdout.contains("\"both_right\":1"), "{}{}", scored.stdout, scored.stderr);
    }
}

/// What has no place in a host, each under the name of what it does.
fn bad_components() -> Vec<(&'static str, Vec<u8>)> {
    let mut bad: Vec<(&str, Vec<u8>)> = components::not_wasm().to_vec();
    bad.extend(["describe", "check-config", "plan", "cabi_realloc"].map(|call| (call, components::spins_in(call))));
    bad.extend([
        ("spins at start", components::spins_at_start()),
        ("traps at start", components::traps_at_start()),
        ("lies about its name", components::lies_about_its_name()),
        ("lies about its decisions", components::lies_about_its_decisions()),
        ("lies about free memory", components::lies_about_free_memory()),
        ("is not UTF-8", components::garbles_its_name()),
        ("imports sockets", components::imports("wasi:sockets/network@0.2.0", "open")),
        ("imports files", components::imports("wasi:filesystem/types@0.2.0", "open")),
        ("imports a clock", components::imports("wasi:clocks/monotonic-clock@0.2.0", "now")),
        ("imports what nobody knows", components::imports("acme:secrets/vault@1.0.0", "open")),
        ("speaks another version", components::speaks("0.3.0")),
        ("describes itself by a text", components::describes_itself_by_a_text()),
        ("plans a number", components::plans_a_number()),
        ("lacks interpret", components::lacks_interpret()),
        ("is cut off", components::truncated()),
        ("has many memories", components::many_memories()),
        ("has many instances", components::many_instances()),
        ("has a large memory", components::large_memory()),
        ("has a large table", components::large_table()),
    ]);
    bad
}

#[tokio::test]
async fn after_every_hostile_component_the_service_answers_the_queue_moves_and_memory_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::start(folder.path(), &[("ANTHROPIC_API_KEY", KEY), ("AI_PROVIDER", "none")]).await;
    // The first refusals fill pools and caches that every later one uses again.
    upload(&host, "?config=panic", HOSTILE).await;
    upload(&host, "", &components::spins_at_start()).await;
    let before = resident_kib(host.pid());
    for (what, bytes) in bad_components() {
        let answer = upload(&host, "", &bytes).await;
        assert_eq!(answer.status, 422, "{what}: {}", answer.text);
    }
    for config in components::MISBEHAVIOUR.iter().chain(&components::PARTIALITY) {
        let answer = upload(&host, &format!("?config={}", config.replace(' ', "%20")), HOSTILE).await;
        assert_eq!((answer.status, answer.json["errors"][0]["step"].as_str()), (422, Some("fixtures")), "{config}");
    }
    // One that behaves until it was admitted is taken back.
    let later = upload(&host, "?config=later:%20grow", HOSTILE).await;
    assert_eq!(later.status, 200, "{}", later.text);
    host.post("/api/music-ai/queue", vague_rows(8)).await;
    until_active(&host, &["rules", "llm"]).await;
    assert_eq!(host.get("/readyz").await.status, 200);
    host.post("/api/music-ai/queue", clear_row()).await;
    host.queue_when("the queue moves", |queue| queue["completed"] == 1).await;
    let grown = eventually("memory is back", || async {
        let grown = resident_kib(host.pid()).saturating_sub(before);
        (grown < 10 << 10).then_some(grown)
    });
    println!("resident memory grew by {} kB", grown.await);
    for text in [host.log(), host.get("/api/plugins/events?limit=100").await.text] {
        assert!(!text.contains(KEY) && !text.contains("a request panicked"), "{text}");
    }
}
