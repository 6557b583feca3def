//! What the host enforces, whatever a guest does: a real component that breaks every bound, and components that must not
//! be admitted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner::digest::Digest;
use liner::music::{Outcome, Prompt, Reply, Stop, Track};
use liner::strategy::admission::{Refusal, Terms, admit};
use liner::strategy::cache::Cache;
use liner::strategy::compiler::Compiler;
use liner::strategy::limits::Limits;
use liner::strategy::runtime::{CallError, Runtime};
use liner::strategy::{Strategy, bundled};
use liner::worker::Manual;
use liner_tests::{Fixture, HOSTILE, ScriptedModel, components, links, settings};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn runtime() -> Runtime {
    Runtime::new(Limits::default(), 2).unwrap()
}

/// A strategy that behaved until it was admitted.
fn hostile(runtime: &Runtime, config: &str) -> Arc<Strategy> {
    let config = format!("later: {config}");
    admit(runtime, &Cache::none(), HOSTILE, Terms { config: Some(&config), allow_wasi: false }).unwrap()
}

fn tracks(n: usize) -> Vec<Track> {
    links(0, n).into_iter().map(|link| link.track).collect()
}

async fn plan(config: &str) -> Result<liner::music::Step, CallError> {
    let runtime = runtime();
    let (strategy, tracks) = (hostile(&runtime, config), tracks(2));
    let view: Vec<_> = tracks.iter().map(|track| (track, None)).collect();
    runtime.plan(&strategy, &view).await
}

mod a_call {
    use super::*;

    #[tokio::test]
    async fn that_runs_for_ever_is_ended_after_its_wall_time() {
        let started = Instant::now();
        let error = plan("spin").await.unwrap_err();
        assert!(matches!(error, CallError::TimedOut { .. }), "{error}");
        let took = started.elapsed();
        assert!((Duration::from_millis(900)..Duration::from_secs(3)).contains(&took), "{took:?}");
    }

    #[tokio::test]
    async fn that_panics_is_told_in_its_own_words() {
        let error = plan("panic").await.unwrap_err();
        assert!(matches!(&error, CallError::Trapped { cause, .. } if cause.contains("the plan went wrong")), "{error}");
    }

    #[tokio::test]
    async fn that_takes_more_memory_than_allowed_traps() {
        assert!(matches!(plan("grow").await.unwrap_err(), CallError::Trapped { .. }));
    }

    #[tokio::test]
    async fn that_fails_says_so_in_its_own_words() {
        let error = plan("error").await.unwrap_err();
        assert!(error.to_string().contains("nothing works today"), "{error}");
    }

    #[tokio::test]
    async fn that_returns_too_much_is_an_error() {
        for (config, bound) in [("flood", "bytes"), ("many prompts", "65 prompts"), ("long prompt", "307200 bytes")] {
            let error = plan(config).await.unwrap_err();
            assert!(
                matches!(&error, CallError::Unbounded { .. }) && error.to_string().contains(bound),
                "{config}: {error}"
            );
        }
    }

    #[tokio::test]
    async fn that_decides_what_cannot_be_true_keeps_its_valid_decisions() {
        let step = plan("wild").await.unwrap();
        let [(0, Outcome::Extracted(entry))] = step.decisions.as_slice() else { panic!("{step:?}") };
        assert_eq!(entry.title, "Harbour");
    }

    #[tokio::test]
    async fn that_logs_without_end_is_cut() {
        plan("chatter").await.unwrap();
    }

    #[tokio::test]
    async fn leaves_nothing_behind_for_the_next() {
        let runtime = runtime();
        let tracks = tracks(1);
        let view: Vec<_> = tracks.iter().map(|track| (track, None)).collect();
        let (grows, polite) = (hostile(&runtime, "grow"), hostile(&runtime, "polite"));
        for _ in 0..10 {
            runtime.plan(&grows, &view).await.unwrap_err();
        }
        assert_eq!(runtime.plan(&polite, &view).await.unwrap().decisions.len(), 1);
    }
}

mod admission {
    use super::*;

    fn wat(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    fn refusal(bytes: &[u8], config: Option<&str>) -> Refusal {
        admit(&runtime(), &Cache::none(), bytes, Terms { config, allow_wasi: false }).unwrap_err()
    }

    #[test]
    fn refuses_what_is_no_component() {
        assert!(matches!(refusal(b"no component", None), Refusal::Format(_)));
        assert!(matches!(refusal(&HOSTILE[..HOSTILE.len() / 2], None), Refusal::Format(_)));
    }

    #[test]
    fn refuses_a_component_that_is_too_large() {
        let runtime = Runtime::new(Limits { component_bytes: 1_000, ..Limits::default() }, 1).unwrap();
        let refused = admit(&runtime, &Cache::none(), HOSTILE, Terms::default()).unwrap_err();
        assert!(matches!(refused, Refusal::Size { allowed: 1_000, .. }));
    }

    #[test]
    fn refuses_imports_other_than_the_hosts() {
        let component = components::imports("wasi:random/random@0.2.0", "get-random-u64");
        let refused = refusal(&component, None).to_string();
        assert!(refused.contains("wasi:random/random@0.2.0") && refused.contains("allow_wasi"), "{refused}");
        let allowed = Terms { config: None, allow_wasi: true };
        admit(&runtime(), &Cache::none(), &component, allowed).unwrap();
    }

    #[test]
    fn refuses_a_component_of_another_contract_and_names_both_sides() {
        let component = &wat(r#"(component
            (import "liner:extractor/host@0.3.0" (instance $host))
            (export "liner:extractor/strategy@0.3.0" (instance $host)))"#);
        let refused = refusal(component, None).to_string();
        assert!(
            refused.contains("liner:extractor@0.3.0") && refused.contains("speaks liner:extractor@0.1"),
            "{refused}"
        );
        let refused = refusal(&wat("(component)"), None).to_string();
        assert!(refused.contains("no contract"), "{refused}");
    }

    #[test]
    fn refuses_a_component_whose_types_differ() {
        let component = &wat(r#"(component
            (import "liner:extractor/host@0.1.0" (instance $host))
            (export "liner:extractor/strategy@0.1.0" (instance $host)))"#);
        assert!(matches!(refusal(component, None), Refusal::Instantiate(_)));
    }

    #[test]
    fn refuses_a_configuration_that_the_component_refuses() {
        let refused = refusal(HOSTILE, Some("refused")).to_string();
        assert!(refused.contains("refused, as asked"), "{refused}");
    }

    #[test]
    fn takes_a_strategy_written_by_hand() {
        let runtime = runtime();
        let note = components::with_section(&components::plain(), "note", b"anything");
        for component in [components::plain(), note] {
            let strategy = admit(&runtime, &Cache::none(), &component, Terms::default()).unwrap();
            assert_eq!(strategy.digest(), &Digest::of(&component));
        }
    }

    #[test]
    fn makes_a_component_of_a_core_module() {
        let strategy = admit(&runtime(), &Cache::none(), &components::core_module(), Terms::default()).unwrap();
        assert_eq!(strategy.description().name, "plain");
        let refused = refusal(&components::core_module_without_metadata(), None);
        assert!(matches!(refused, Refusal::Contract { .. }), "{refused}");
    }

    #[test]
    fn refuses_what_fails_on_the_built_in_tracks() {
        for config in components::MISBEHAVIOUR {
            let refused = refusal(HOSTILE, Some(config));
            assert_eq!(refused.step(), "fixtures", "{config}: {refused}");
        }
        let spun = ["plan", "cabi_realloc"].map(components::spins_in);
        let lies = [components::lies_about_its_decisions(), components::lies_about_free_memory()];
        for component in spun.iter().chain(&lies) {
            let refused = refusal(component, None);
            assert!(matches!(refused.step(), "fixtures" | "check-config"), "{refused}");
        }
    }

    #[test]
    fn refuses_what_lets_its_answer_depend_on_the_order_of_the_batch() {
        for config in components::PARTIALITY {
            let refused = refusal(HOSTILE, Some(config));
            assert!(matches!(&refused, Refusal::Fixtures(why) if why.contains("order")), "{config}: {refused}");
        }
    }

    #[test]
    fn bounds_all_memories_and_tables_of_a_component_together() {
        let large = [
            components::many_memories(),
            components::many_instances(),
            components::large_memory(),
            components::large_table(),
        ];
        for component in large {
            let refused = refusal(&component, None);
            assert_eq!(refused.step(), "instantiate", "{refused}");
        }
    }

    #[test]
    fn bounds_how_long_a_component_may_be_compiled_and_compiles_in_a_process_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let compiler = Compiler::at(liner_tests::binary());
        let cache = |seconds| {
            Cache::open(folder.path().join("compiled")).compiling_with(Some(compiler.clone().within(seconds)))
        };
        let refused =
            admit(&runtime(), &cache(1), &components::vast_function(), Terms::default()).unwrap_err().to_string();
        assert!(refused.contains("compile: it takes more than 1 s"), "{refused}");
        let left = || std::fs::read_dir(folder.path().join("compiled")).unwrap().count();
        assert_eq!(left(), 0, "nothing is left of it");
        admit(&runtime(), &cache(60), HOSTILE, Terms::default()).unwrap();
        assert_eq!(left(), 1);
    }

    #[tokio::test]
    async fn takes_what_was_built_when_contract_0_1_was_made() {
        let runtime = runtime();
        let strategy = admit(&runtime, &Cache::none(), components::FROZEN_0_1, Terms::default()).unwrap();
        let tracks = tracks(3);
        let view: Vec<_> = tracks.iter().map(|track| (track, None)).collect();
        let step = runtime.plan(&strategy, &view).await.unwrap();
        assert!(!step.decisions.is_empty() || !step.prompts.is_empty(), "{step:?}");
    }

    #[test]
    fn ends_a_component_that_does_not_come_back() {
        let spun = ["describe", "check-config"].map(components::spins_in);
        for component in spun.iter().chain([&components::spins_at_start(), &components::spins_after_describe()]) {
            let started = Instant::now();
            let refused = refusal(component, None);
            assert!(matches!(refused, Refusal::Call { error: CallError::TimedOut { .. }, .. }), "{refused}");
            assert!(started.elapsed() < Duration::from_secs(4), "{refused}");
        }
    }

    #[test]
    fn refuses_what_traps_or_lies_about_its_answer() {
        let refused = refusal(&components::traps_at_start(), None);
        assert!(matches!(refused, Refusal::Instantiate(_)), "{refused}");
        for component in [components::lies_about_its_name(), components::garbles_its_name()] {
            let refused = refusal(&component, None);
            assert!(
                matches!(refused, Refusal::Call { step: "describe", error: CallError::Trapped { .. } }),
                "{refused}"
            );
        }
        let refused = refusal(&components::named("No Name"), None);
        assert!(matches!(refused, Refusal::Description(_)), "{refused}");
    }

    #[test]
    fn refuses_real_components_by_what_they_import_or_speak() {
        for interface in ["wasi:sockets/network@0.2.0", "wasi:filesystem/types@0.2.0", "acme:secrets/vault@1.0.0"] {
            let refused = refusal(&components::imports(interface, "open"), None);
            assert!(matches!(&refused, Refusal::Import { import, .. } if import == interface), "{refused}");
        }
        let refused = refusal(&components::speaks("0.3.0"), None);
        assert!(matches!(&refused, Refusal::Contract { found } if found.contains("0.3.0")), "{refused}");
    }

    #[test]
    fn refuses_wrong_types_under_right_names() {
        for component in
            [components::describes_itself_by_a_text(), components::plans_a_number(), components::lacks_interpret()]
        {
            let refused = refusal(&component, None);
            assert!(matches!(refused, Refusal::Instantiate(_)), "{refused}");
        }
    }

    #[test]
    fn refuses_what_is_broken_or_no_webassembly() {
        let broken = components::not_wasm().into_iter().chain([("the first half", components::truncated())]);
        for (what, bytes) in broken {
            let refused = refusal(&bytes, None);
            assert!(matches!(refused.step(), "format" | "compile"), "{what}: {refused}");
        }
        let refused = refusal(&components::heavy(), None);
        assert!(matches!(refused, Refusal::Size { .. }), "{refused}");
    }
}

mod the_cache {
    use super::*;

    #[tokio::test]
    async fn gives_back_what_was_compiled_and_survives_a_file_that_is_broken() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path().join("compiled"));
        let runtime = runtime();
        admit(&runtime, &cache, HOSTILE, Terms::default()).unwrap();
        let file = std::fs::read_dir(folder.path().join("compiled")).unwrap().next().unwrap().unwrap().path();
        let compiled = std::fs::read(&file).unwrap();
        let started = Instant::now();
        admit(&runtime, &cache, HOSTILE, Terms::default()).unwrap();
        assert!(started.elapsed() < Duration::from_millis(50), "it was not compiled again");
        std::fs::write(&file, b"broken").unwrap();
        admit(&runtime, &cache, HOSTILE, Terms::default()).unwrap();
        assert_eq!(std::fs::read(&file).unwrap().len(), compiled.len(), "it was replaced");
    }
}

mod the_service {
    use super::*;

    async fn with(config: &str, model: Option<ScriptedModel>, tracks: usize) -> Fixture {
        let fixture = Fixture::hostile(settings(), model, config).await;
        fixture.enqueue(0, tracks).await;
        fixture
    }

    #[tokio::test]
    async fn goes_on_when_a_strategy_traps_or_hangs_and_that_attempt_fails() {
        for config in ["panic", "spin", "grow", "flood"] {
            let f = with(config, None, 1).await;
            let report = f.worker.process(Manual::default(), &|_| ()).await.unwrap();
            assert_eq!(report.settled.failed, 1, "{config}");
            let counts = f.store.counts().await.unwrap();
            assert_eq!((counts.pending, counts.processing), (1, 0), "{config}: it will be tried again");
        }
    }

    #[tokio::test]
    async fn lets_only_the_track_pay_that_traps_alone() {
        let f = with("trap on second", None, 8).await;
        f.worker.process(Manual::default(), &|_| ()).await.unwrap();
        let counts = f.store.counts().await.unwrap();
        assert_eq!((counts.completed, counts.pending, counts.failed), (7, 1, 0));
    }

    #[tokio::test]
    async fn ends_questions_without_end_after_six_rounds() {
        let model = ScriptedModel::new(|_, _| Ok("whatever".to_owned()));
        let f = with("ask for ever", Some(model.clone()), 1).await;
        f.worker.process(Manual::default(), &|_| ()).await.unwrap();
        assert_eq!(model.prompts().len(), 6);
        assert_eq!(f.store.counts().await.unwrap().pending, 1);
    }

    #[tokio::test]
    async fn keeps_a_paid_reply_that_a_strategy_traps_on() {
        let model = ScriptedModel::new(|_, _| Ok("whatever".to_owned()));
        let f = with("trap on reply", Some(model.clone()), 1).await;
        for _ in 0..2 {
            f.worker.process(Manual::default(), &|_| ()).await.unwrap();
            sqlx::query("update music_ai_queue set not_before = 1")
                .execute(
                    &sqlx::SqlitePool::connect(&format!("sqlite:{}/liner.db", f.folder.path().display()))
                        .await
                        .unwrap(),
                )
                .await
                .unwrap();
        }
        assert_eq!(model.prompts().len(), 1, "the same question was answered out of the journal");
    }
}

#[tokio::test]
async fn the_bundled_llm_reads_a_reply_in_its_sandbox() {
    let runtime = runtime();
    let pipeline = bundled::pipeline(&runtime, &Cache::none()).unwrap();
    let (llm, tracks) = (&pipeline.strategies[1], tracks(2));
    let view: Vec<_> = tracks.iter().map(|track| (track, None)).collect();
    let prompt: Prompt = runtime.plan(llm, &view).await.unwrap().prompts.remove(0);
    let reply = Reply { text: ScriptedModel::good_answer(&prompt), stop: Stop::Complete, model: "m".into() };
    assert_eq!(runtime.interpret(llm, 1, &view, &prompt, &reply).await.unwrap().decisions.len(), 2);
}
