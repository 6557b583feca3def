//! Strategies that are swapped, taken back, tried and compared while the worker works: the real database, real components,
//! and a model that does what the test says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner::music::TrackKey;
use liner::rollout::{Place, RolloutError, Upload, Why};
use liner::store::{Cause, LibraryQuery, NewRevision, Said, Want};
use liner::strategy::lineup::{LineupError, Role};
use liner::worker::Manual;
use liner_tests::{Fixture, HOSTILE, ScriptedModel, components, eventually, links, rollout, settings};
use std::sync::Arc;

fn why() -> Why {
    Why { cause: Cause::Install, by: "test".into(), reason: Some("to see".into()) }
}

fn upload(bytes: &[u8], config: Option<&str>, place: Place) -> Upload {
    let (bytes, config) = (bytes.to_vec(), config.map(str::to_owned));
    Upload { bytes, source: "a test".into(), config, allow_wasi: false, place }
}

async fn fixture() -> Fixture {
    Fixture::new(settings(), Some(ScriptedModel::willing())).await
}

fn names(f: &Fixture) -> Vec<String> {
    f.rollout().active().strategies.iter().map(|strategy| strategy.description().name.clone()).collect()
}

async fn process(f: &Fixture) {
    f.worker.process(Manual::default(), &|_| ()).await.unwrap();
}

/// Who settled each track, in the order of the tracks.
async fn settled_by(f: &Fixture, n: usize) -> Vec<Option<String>> {
    let query = LibraryQuery { limit: 100, ..LibraryQuery::default() };
    let mut entries = f.store.library(&query).await.unwrap();
    entries.reverse();
    entries.into_iter().take(n).map(|entry| entry.strategy).collect()
}

mod a_swap {
    use super::*;

    #[tokio::test]
    async fn is_one_value_that_the_next_batch_takes_and_a_running_one_does_not_see() {
        let model = ScriptedModel::willing().gated();
        let f = Fixture::hostile(settings(), Some(model.clone()), "mark a").await;
        f.worker.start().unwrap();
        f.enqueue(0, 1).await;
        eventually("the first batch asks", || async { (model.prompts().len() == 1).then_some(()) }).await;
        f.install(HOSTILE, "mark b", Place::Active(None)).await;
        model.allow(1);
        // `mark b` would trap on the question that `mark a` asked.
        f.completed(1).await;
        f.enqueue(1, 2).await;
        model.allow(1);
        f.completed(2).await;
        let tags: Vec<String> = model.prompts().into_iter().map(|prompt| prompt.tag).collect();
        assert_eq!(tags, ["a", "b"]);
        f.worker.stop().await.unwrap();
    }

    #[tokio::test]
    async fn drops_the_former_strategy_with_its_last_batch() {
        let f = fixture().await;
        let first = f.install(HOSTILE, "polite", Place::Active(None)).await.plugin.digest;
        let held = Arc::downgrade(&f.rollout().active().strategies[0]);
        assert!(held.upgrade().is_some());
        f.rollout().retire(&first, &why()).await.unwrap();
        assert!(held.upgrade().is_none());
    }

    #[tokio::test]
    async fn is_in_the_store_so_that_a_restart_and_every_host_come_up_with_it() {
        let f = fixture().await;
        f.install(HOSTILE, "polite", Place::Active(Some(1))).await;
        let restarted = rollout(&f.store).await;
        assert_eq!(restarted.active().summary(), f.rollout().active().summary());
        assert_eq!(restarted.active().revision, f.rollout().active().revision);
        // One that is there already follows.
        f.rollout().rollback(None, &why()).await.unwrap();
        restarted.follow().await;
        assert_eq!(restarted.active().revision, f.rollout().active().revision);
        assert_eq!(names(&f), ["rules", "llm"]);
    }

    #[tokio::test]
    async fn is_written_down_with_who_when_and_why() {
        let f = fixture().await;
        f.rollout().install(upload(HOSTILE, None, Place::Active(None)), &why()).await.unwrap();
        let newest = &f.store.pipelines(10).await.unwrap()[0];
        assert_eq!(
            (newest.by.as_str(), newest.cause.as_str(), newest.reason.as_deref()),
            ("test", "install", Some("to see"))
        );
        assert!(newest.at > 0 && newest.parent == Some(newest.revision - 1));
    }

    #[tokio::test]
    async fn that_is_refused_changes_nothing_and_names_the_step() {
        let f = fixture().await;
        let before = f.rollout().active();
        let refused =
            f.rollout().install(upload(HOSTILE, Some("panic"), Place::Active(None)), &why()).await.unwrap_err();
        assert!(matches!(&refused, RolloutError::Refused { refusal, .. } if refusal.step() == "fixtures"), "{refused}");
        assert!(Arc::ptr_eq(&before, &f.rollout().active()));
        let event = &f.store.events(1).await.unwrap()[0];
        assert!(event.kind == "refused" && event.text.contains("the plan went wrong"), "{event:?}");
        f.enqueue(0, 3).await;
        process(&f).await;
        assert_eq!(f.store.counts().await.unwrap().completed, 3);
    }

    #[tokio::test]
    async fn of_the_configuration_alone_goes_through_check_config() {
        let f = fixture().await;
        let plugin = f.install(HOSTILE, "polite", Place::Active(None)).await.plugin.digest;
        f.rollout().configure(&plugin, Some("mark x"), &why()).await.unwrap();
        assert_eq!(f.rollout().active().strategies[0].config(), "mark x");
        let refused = f.rollout().configure(&plugin, Some("refused"), &why()).await.unwrap_err();
        assert!(refused.to_string().contains("check-config"), "{refused}");
        assert_eq!(f.rollout().active().strategies[0].config(), "mark x");
    }

    #[tokio::test]
    async fn lets_tracks_go_on_that_waited_for_a_model_as_the_new_strategy_may_need_none() {
        let f = Fixture::new(settings(), None).await;
        f.enqueue(0, 3).await;
        process(&f).await;
        assert_eq!(f.store.counts().await.unwrap().waiting.get("provider"), Some(&3));
        f.install(HOSTILE, "polite", Place::Active(None)).await;
        process(&f).await;
        assert_eq!(f.store.counts().await.unwrap().completed, 3);
    }

    #[tokio::test]
    async fn leaves_one_strategy_at_least() {
        let f = Fixture::hostile(settings(), None, "polite").await;
        let last = f.rollout().active().strategies[0].digest().clone();
        let refused = f.rollout().retire(&last, &why()).await.unwrap_err();
        assert!(matches!(refused, RolloutError::Lineup(LineupError::LastOne(_))), "{refused}");
    }

    #[tokio::test]
    async fn at_the_same_moment_as_another_hosts_loses_neither() {
        let f = fixture().await;
        let other = rollout(&f.store).await;
        let plain = components::plain();
        let why = why();
        let one = f.rollout().install(upload(HOSTILE, None, Place::Active(None)), &why);
        let two = other.install(upload(&plain, None, Place::Active(None)), &why);
        let (one, two) = tokio::join!(one, two);
        one.unwrap();
        two.unwrap();
        f.rollout().follow().await;
        let mut names = names(&f);
        names.sort();
        assert_eq!(names, ["hostile", "llm", "plain", "rules"]);
    }
}

mod a_rollback {
    use super::*;

    #[tokio::test]
    async fn is_one_call_and_a_second_goes_back_further() {
        let f = fixture().await;
        f.install(HOSTILE, "polite", Place::Active(None)).await;
        f.install(&components::plain(), "{}", Place::Active(None)).await;
        assert_eq!(names(&f), ["plain", "hostile", "rules", "llm"]);
        f.rollout().rollback(None, &why()).await.unwrap();
        assert_eq!(names(&f), ["hostile", "rules", "llm"]);
        f.rollout().rollback(None, &why()).await.unwrap();
        assert_eq!(names(&f), ["rules", "llm"]);
        let refused = f.rollout().rollback(None, &why()).await.unwrap_err();
        assert!(matches!(refused, RolloutError::NothingBefore(_)), "{refused}");
        f.rollout().rollback(Some(3), &why()).await.unwrap();
        assert_eq!(names(&f), ["plain", "hostile", "rules", "llm"]);
    }

    #[tokio::test]
    async fn happens_by_itself_when_a_new_strategy_traps_and_no_track_pays_for_it() {
        let f = fixture().await;
        f.worker.start().unwrap();
        f.install(HOSTILE, "later: panic", Place::Active(None)).await;
        f.enqueue(0, 5).await;
        f.completed(5).await;
        assert_eq!(names(&f), ["rules", "llm"]);
        let newest = &f.store.pipelines(1).await.unwrap()[0];
        assert_eq!(newest.cause, "automatic rollback");
        assert!(newest.reason.as_ref().unwrap().contains("the plan went wrong"), "{newest:?}");
        assert!(f.store.events(5).await.unwrap().iter().any(|event| event.kind == "automatic rollback"));
        let attempts: i64 = sqlx::query_scalar("select max(retry_count) from music_ai_queue")
            .fetch_one(&sqlx::SqlitePool::connect(&database(&f)).await.unwrap())
            .await
            .unwrap();
        assert_eq!(attempts, 1, "the attempts that the swap spoilt were given back");
        f.worker.stop().await.unwrap();
    }

    #[tokio::test]
    async fn happens_by_itself_when_a_new_strategy_fails_more_often_than_not() {
        let f = fixture().await;
        f.worker.start().unwrap();
        f.install(HOSTILE, "later: error", Place::Active(None)).await;
        f.enqueue(0, 5).await;
        f.completed(5).await;
        assert_eq!(names(&f), ["rules", "llm"]);
        f.worker.stop().await.unwrap();
    }

    #[tokio::test]
    async fn takes_back_what_failed_alone_and_leaves_what_came_after_it() {
        let f = fixture().await;
        f.install(HOSTILE, "later: panic", Place::Active(Some(1))).await;
        f.install(&components::plain(), "{}", Place::Active(None)).await;
        f.worker.start().unwrap();
        f.enqueue(0, 3).await;
        eventually("it is taken back", || async { (names(&f) == ["plain", "rules", "llm"]).then_some(()) }).await;
        f.worker.stop().await.unwrap();
    }

    #[tokio::test]
    async fn that_another_host_did_first_is_followed() {
        let f = fixture().await;
        let faulty = f.install(HOSTILE, "later: panic", Place::Active(None)).await.plugin.digest;
        rollout(&f.store).await.retire(&faulty, &why()).await.unwrap();
        // This host's worker is not started, so that nothing but the failures tells it.
        assert_eq!(names(&f), ["hostile", "rules", "llm"]);
        f.enqueue(0, 3).await;
        tokio::time::timeout(std::time::Duration::from_secs(20), process(&f)).await.unwrap();
        assert_eq!(names(&f), ["rules", "llm"]);
        assert_eq!(f.store.counts().await.unwrap().completed, 3);
    }

    #[tokio::test]
    async fn is_noted_as_not_needed_when_the_probation_is_passed() {
        let f = fixture().await;
        f.install(HOSTILE, "polite", Place::Active(None)).await;
        let standing = || f.rollout().active().strategies[0].health().standing().name();
        assert_eq!(standing(), "probation");
        for n in 0..20 {
            f.enqueue(n, n + 1).await;
            process(&f).await;
        }
        assert_eq!(standing(), "trusted");
        eventually("the revision is proven", || async { f.store.pipeline(None).await.unwrap().unwrap().proven_at })
            .await;
        assert_eq!(rollout(&f.store).await.active().strategies[0].health().standing().name(), "trusted");
    }
}

fn database(f: &Fixture) -> String {
    format!("sqlite:{}/liner.db", f.folder.path().display())
}

mod a_strategy_that_keeps_failing {
    use super::*;

    #[tokio::test]
    async fn is_left_alone_and_tracks_wait_for_it_without_burning_attempts() {
        let f = Fixture::hostile(settings(), None, "panic").await;
        for n in 0..3 {
            f.enqueue(n, n + 1).await;
            process(&f).await;
        }
        assert_eq!(f.rollout().active().strategies[0].health().standing().name(), "bypassed");
        f.enqueue(3, 8).await;
        process(&f).await;
        let counts = f.store.counts().await.unwrap();
        assert_eq!(counts.waiting.get("strategy"), Some(&5), "{counts:?}");
        let burnt: i64 =
            sqlx::query_scalar("select sum(retry_count) from music_ai_queue where waiting_for = 'strategy'")
                .fetch_one(&sqlx::SqlitePool::connect(&database(&f)).await.unwrap())
                .await
                .unwrap();
        assert_eq!(burnt, 0);
        let event = eventually("it is told", || async {
            f.store.events(9).await.unwrap().into_iter().find(|event| event.kind == "bypassed")
        });
        assert!(event.await.text.contains("the plan went wrong"));
        // A host that starts tries it again.
        Fixture::worker(&f.store, settings(), None).await;
        assert_eq!(f.store.counts().await.unwrap().waiting.get("strategy"), None);
        process(&f).await;
        assert_eq!(f.store.counts().await.unwrap().waiting.get("strategy"), Some(&5));
        // Another strategy lets them go on.
        f.install(HOSTILE, "polite", Place::Active(None)).await;
        process(&f).await;
        assert_eq!(f.store.counts().await.unwrap().completed, 5);
    }

    #[tokio::test]
    async fn on_marked_tracks_only_costs_those_tracks_and_no_others() {
        let f = Fixture::hostile(settings(), None, "trap on marker").await;
        let mut tracks = links(0, 12);
        tracks[4].track.og_title = Some("MARKER".into());
        f.store.enqueue(&tracks).await.unwrap();
        process(&f).await;
        let counts = f.store.counts().await.unwrap();
        assert_eq!((counts.completed, counts.pending), (11, 1), "{counts:?}");
        assert_eq!(f.rollout().active().strategies[0].health().standing().name(), "trusted");
    }

    #[tokio::test]
    async fn does_not_keep_the_others_from_deciding() {
        let f = fixture().await;
        f.install(HOSTILE, "later: panic", Place::Active(None)).await;
        let hostile = f.rollout().active().strategies[0].clone();
        hostile.health().keep();
        for n in 0..3 {
            f.enqueue(n, n + 1).await;
            process(&f).await;
        }
        assert_eq!(hostile.health().standing().name(), "bypassed");
        f.enqueue(3, 7).await;
        process(&f).await;
        assert_eq!(f.store.counts().await.unwrap().completed, 4);
    }
}

mod a_candidate {
    use super::*;

    const SHADOW: Place = Place::Trial(Role::Shadow { budget_micros: 0 }, None);

    #[tokio::test]
    async fn in_the_shadow_settles_nothing_and_is_compared() {
        let f = Fixture::hostile(settings(), None, "polite").await;
        let plain = components::named("plain-too");
        let plugin = f.install(&plain, "{}", SHADOW).await.plugin.digest;
        let other = f.install(&liner_tests::components::with_section(HOSTILE, "x", b"y"), "polite", SHADOW).await;
        f.enqueue(0, 6).await;
        process(&f).await;
        assert!(settled_by(&f, 6).await.iter().all(|by| by.as_deref() == Some("hostile")));
        for digest in [&plugin, &other.plugin.digest] {
            let comparison = eventually("all are compared", || async {
                Some(f.rollout().comparison(digest).await.unwrap()).filter(|comparison| comparison.tracks == 6)
            });
            let comparison = comparison.await;
            assert_eq!((comparison.active.decided, comparison.candidate.decided), (6, 6));
            assert_eq!(comparison.disagreed, 0, "{comparison:?}");
        }
    }

    #[tokio::test]
    async fn is_answered_out_of_the_journal_where_its_question_is_the_same_and_else_not() {
        let model = ScriptedModel::willing();
        let f = Fixture::hostile(settings(), Some(model.clone()), "mark a").await;
        let another = |note: &[u8]| components::with_section(HOSTILE, "another", note);
        let same = f.install(&another(b"1"), "mark b", SHADOW).await.plugin.digest;
        let other = f.install(&another(b"2"), "later: ask for ever", SHADOW).await.plugin.digest;
        f.enqueue(0, 4).await;
        process(&f).await;
        let compared = |digest: liner::digest::Digest| {
            let rollout = f.rollout().clone();
            async move {
                eventually("it is compared", || async {
                    Some(rollout.comparison(&digest).await.unwrap()).filter(|comparison| comparison.tracks == 4)
                })
                .await
            }
        };
        let same = compared(same).await;
        assert_eq!((same.candidate.decided, same.disagreed, same.cost_micros), (4, 0, 0));
        // It asks about the first track alone, in words of its own.
        let other = compared(other).await;
        assert_eq!((other.candidate.unanswered, other.candidate.undecided, other.cost_micros), (1, 3, 0));
        assert_eq!(model.prompts().len(), 1, "nothing was asked for a candidate");
    }

    #[tokio::test]
    async fn spends_no_more_than_its_own_budget() {
        let model = ScriptedModel::willing();
        let f = Fixture::new(settings(), Some(model.clone())).await;
        // A question costs 15.
        let shadow = Place::Trial(Role::Shadow { budget_micros: 10 }, Some(0));
        let plugin = f.install(HOSTILE, "mark x", shadow).await.plugin.digest;
        for n in 0..3 {
            f.enqueue(n * 20, (n + 1) * 20).await;
            process(&f).await;
            let seen = u64::try_from((n + 1) * 20).unwrap();
            eventually("it is compared", || async {
                (f.rollout().comparison(&plugin).await.unwrap().tracks == seen).then_some(())
            })
            .await;
        }
        let asked = model.prompts().into_iter().filter(|prompt| prompt.tag == "x").count();
        assert!((1..3).contains(&asked), "{asked} questions for 10 millionths of a dollar");
    }

    #[tokio::test]
    async fn as_a_canary_settles_its_share_always_the_same_and_is_promoted() {
        // Without a model, the others decide nothing.
        let f = Fixture::new(settings(), None).await;
        let canary = Place::Trial(Role::Canary { percent: 30 }, Some(0));
        let plugin = f.install(HOSTILE, "polite", canary).await.plugin.digest;
        f.enqueue(0, 60).await;
        process(&f).await;
        let share = settled_by(&f, 60).await.iter().filter(|by| by.as_deref() == Some("hostile")).count();
        assert!((8..30).contains(&share), "{share} of 60");
        let counts = f.store.counts().await.unwrap();
        let share = u64::try_from(share).unwrap();
        assert_eq!(counts.waiting.get("provider").map(|n| 60 - n.cast_unsigned()), Some(share), "{counts:?}");
        let comparison = eventually("its share is compared", || async {
            Some(f.rollout().comparison(&plugin).await.unwrap()).filter(|comparison| comparison.tracks == share)
        })
        .await;
        assert_eq!((comparison.candidate.decided, comparison.active.unanswered), (share, share));
        assert!(matches!(comparison.disagreements[0].candidate, Said::Extracted { .. }));
        f.rollout().promote(&plugin, &why()).await.unwrap();
        assert_eq!(names(&f), ["hostile", "rules", "llm"]);
        assert!(f.rollout().active().trials.is_empty());
    }

    #[tokio::test]
    async fn that_fails_is_retired_and_its_tracks_are_settled_by_the_others() {
        let f = fixture().await;
        f.worker.start().unwrap();
        f.install(HOSTILE, "later: panic", Place::Trial(Role::Canary { percent: 99 }, Some(0))).await;
        f.enqueue(0, 30).await;
        f.completed(30).await;
        assert!(f.rollout().active().trials.is_empty());
        assert_eq!(f.store.pipelines(1).await.unwrap()[0].cause, "automatic retirement");
        f.worker.stop().await.unwrap();
    }

    #[tokio::test]
    async fn that_misbehaves_does_not_count_against_the_active_ones() {
        let f = Fixture::hostile(settings(), None, "polite").await;
        let before = f.rollout().active().strategies[0].health().figures().calls;
        let shadow = Place::Trial(Role::Shadow { budget_micros: 0 }, None);
        let plugin = f.install(&components::named("aside"), "{}", shadow).await.plugin.digest;
        f.enqueue(0, 1).await;
        process(&f).await;
        eventually("it is compared", || async {
            (f.rollout().comparison(&plugin).await.unwrap().tracks == 1).then_some(())
        })
        .await;
        assert_eq!(f.rollout().active().strategies[0].health().figures().calls, before + 1);
    }
}

mod a_batch_of_a_dead_host {
    use super::*;

    #[tokio::test]
    async fn goes_on_with_the_pipeline_it_began_with_so_that_its_replies_are_found() {
        let model = ScriptedModel::willing();
        let f = Fixture::hostile(settings(), Some(model.clone()), "mark a").await;
        f.enqueue(0, 2).await;
        let dead = liner::store::HostId::new();
        let revision = f.rollout().active().revision;
        f.store.claim(&Want::one(dead.clone(), 20, revision)).await.unwrap().pop().unwrap();
        f.install(HOSTILE, "mark b", Place::Active(None)).await;
        let heir = Fixture::worker(&f.store, settings(), Some(model.clone())).await;
        heir.process(Manual::default(), &|_| ()).await.unwrap();
        assert_eq!(f.store.counts().await.unwrap().completed, 2);
        assert_eq!(model.prompts()[0].tag, "a");
    }
}

mod a_start {
    use super::*;

    #[tokio::test]
    async fn takes_over_the_revisions_of_a_database_that_knew_no_plugins() {
        let f = fixture().await;
        let digest = f.rollout().active().strategies[0].digest().to_string();
        let old = format!(
            r#"[{{"name":"rules","digest":"{digest}","config":"{{}}"}},{{"name":"llm","digest":"gone","config":"{{}}"}}]"#
        );
        let new = NewRevision {
            entries: old,
            parent: None,
            cause: Cause::Start,
            by: "host".into(),
            reason: None,
            news: None,
        };
        let newest = f.rollout().active().revision;
        f.store.record_pipeline(Some(newest), &new).await.unwrap().unwrap();
        let restarted = rollout(&f.store).await;
        let names: Vec<_> =
            restarted.active().strategies.iter().map(|strategy| strategy.description().name.clone()).collect();
        assert_eq!(names, ["rules", "llm"]);
        assert_eq!(f.store.pipelines(1).await.unwrap()[0].cause, "upgrade");
    }

    #[tokio::test]
    async fn with_a_revision_that_cannot_be_loaded_here_runs_the_one_before() {
        let f = fixture().await;
        let entries = r#"{"active":[{"name":"lost","digest":"abcdef"}]}"#.to_owned();
        let newest = f.rollout().active().revision;
        let new = NewRevision {
            entries,
            parent: Some(newest),
            cause: Cause::Install,
            by: "x".into(),
            reason: None,
            news: None,
        };
        f.store.record_pipeline(Some(newest), &new).await.unwrap().unwrap();
        let restarted = rollout(&f.store).await;
        assert_eq!(restarted.active().revision, newest);
        assert!(f.store.events(3).await.unwrap().iter().any(|event| event.kind == "rejected"));
    }
}

mod a_replay {
    use super::*;
    use liner::music::Field;
    use liner::store::HostId;
    use liner::worker::replay::{Replay, apply};

    #[tokio::test]
    async fn says_what_would_change_without_asking_anybody() {
        let model = ScriptedModel::willing();
        let f = Fixture::new(settings(), Some(model.clone())).await;
        f.enqueue(0, 5).await;
        process(&f).await;
        let asked = model.prompts().len();
        let required = [Field::Title, Field::Artist];
        let run = |upload: Upload| async {
            let strategies = f.rollout().aside(upload).await.unwrap();
            let runtime = f.rollout().runtime();
            Replay { store: f.store.as_ref(), runtime, strategies: &strategies, required: &required }
                .run(0, 100)
                .await
                .unwrap()
        };
        // The same prompts get the same replies.
        let llm = components::with_section(liner::strategy::bundled::COMPONENTS[1].1, "another", b"digest");
        let same = run(upload(&llm, None, Place::Staged)).await;
        assert_eq!((same.compared.len(), same.improvements.len()), (5, 0), "{:?}", same.compared);
        assert!(same.compared.iter().all(|track| matches!(track.candidate, Said::Extracted { .. })));
        // Prompts that are worded differently are unanswered.
        let reworded = run(upload(&llm, Some(r#"{"tracks_per_prompt":2}"#), Place::Staged)).await;
        assert!(reworded.compared.iter().all(|track| track.candidate == Said::Unanswered), "{:?}", reworded.compared);
        assert_eq!(model.prompts().len(), asked, "nobody was asked");
    }

    #[tokio::test]
    async fn settles_improvements_as_attributed_changes_but_for_what_was_corrected_or_is_being_worked_on() {
        let f = Fixture::hostile(settings(), None, "order").await;
        f.enqueue(0, 3).await;
        process(&f).await;
        let key = |n: usize| TrackKey { platform_name: "youtube".into(), platform_id: format!("id{n}") };
        let correction = serde_json::from_str(r#"{"title": "By hand"}"#).unwrap();
        f.store.correct(&key(0), &correction).await.unwrap();
        let strategies = f.rollout().aside(upload(HOSTILE, Some("polite"), Place::Staged)).await.unwrap();
        let runtime = f.rollout().runtime();
        let replay = Replay { store: f.store.as_ref(), runtime, strategies: &strategies, required: &[Field::Title] };
        let replayed = replay.run(0, 100).await.unwrap();
        assert_eq!(replayed.improvements.len(), 3);
        f.store.claim_these(&HostId::new(), &[key(1)], 1).await.unwrap().unwrap();
        assert_eq!(apply(f.store.as_ref(), &HostId::new(), 1, &replayed.improvements).await.unwrap(), 2);
        let title = |n: usize| {
            let (store, key) = (f.store.clone(), key(n));
            async move { store.library_entry(&key).await.unwrap().unwrap() }
        };
        assert_eq!(title(0).await.0.title.as_deref(), Some("By hand"));
        assert_eq!(title(1).await.0.title.as_deref(), Some("Harbour, number 1"));
        let (entry, changes) = title(2).await;
        assert_eq!(entry.title.as_deref(), Some("Harbour"));
        let change = changes.iter().find(|change| change.field == "title").unwrap();
        assert_eq!(
            (change.old.as_deref(), change.by.as_str()),
            (Some("Harbour, number 2"), strategies[0].digest().as_str())
        );
    }
}
