//! The worker's behaviour, with the real database and the real components; the schedule itself is tested beside its
//! code, under paused time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner::config::WorkerSettings;
use liner::model::AskError;
use liner::music::TrackKey;
use liner::store::{LibraryQuery, Stray};
use liner::worker::{Manual, WorkerError};
use liner_tests::{Fixture, ScriptedModel, eventually, links, settings};
use std::time::Duration;

fn prompt_sizes(model: &ScriptedModel) -> Vec<usize> {
    model.prompts().iter().map(|prompt| prompt.indexes.len()).collect()
}

#[tokio::test]
async fn start_stop_start_twice_and_stop_when_not_running() {
    let f = Fixture::new(settings(), None).await;
    assert!(matches!(f.worker.stop().await, Err(WorkerError::NotRunning)));
    f.worker.start().unwrap();
    assert!(matches!(f.worker.start(), Err(WorkerError::AlreadyRunning)));
    assert!(f.worker.status().await.unwrap().running);
    f.worker.stop().await.unwrap();
    assert!(!f.worker.status().await.unwrap().running);
    f.worker.start().unwrap();
    assert!(f.worker.status().await.unwrap().running, "it starts again after a stop");
}

#[tokio::test]
async fn pausing_or_resuming_a_stopped_worker_is_an_error() {
    let f = Fixture::new(settings(), None).await;
    assert_eq!(f.worker.pause("test", None).await.unwrap_err().to_string(), "Worker is not running");
    assert_eq!(f.worker.resume().await.unwrap_err().to_string(), "Worker is not running");
    assert!(f.store.paused().await.unwrap().is_none());
}

#[tokio::test]
async fn a_paused_worker_skips_and_a_resumed_one_runs_at_once() {
    let model = ScriptedModel::willing();
    let f =
        Fixture::new(WorkerSettings { interval: Duration::from_millis(100), ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    f.worker.pause("test", Some("maintenance")).await.unwrap();
    f.enqueue(0, 3).await;
    let before = f.worker.status().await.unwrap().totals.runs;
    assert!(f.worker.status().await.unwrap().next_run_at.is_none());
    let skipped = f.worker.status().await.unwrap().totals.skipped;
    let status = eventually("three ticks are skipped", || async {
        let status = f.worker.status().await.unwrap();
        (status.totals.skipped >= skipped + 3).then_some(status)
    })
    .await;
    assert_eq!((status.totals.runs, model.prompts().len()), (before, 0));
    f.worker.resume().await.unwrap();
    f.completed(3).await;
    assert!(f.worker.status().await.unwrap().next_run_at.is_some());
}

#[tokio::test]
async fn the_pause_survives_a_restart() {
    let f = Fixture::new(settings(), None).await;
    f.worker.start().unwrap();
    f.worker.pause("test", None).await.unwrap();
    f.worker.stop().await.unwrap();
    let next = Fixture::worker(&f.store, settings(), None).await;
    next.start().unwrap();
    assert!(next.status().await.unwrap().paused.is_some());
}

#[tokio::test]
async fn passes_the_batch_size() {
    let model = ScriptedModel::willing();
    let f = Fixture::new(WorkerSettings { batch_size: 7, concurrency: 1, ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 16).await;
    f.completed(16).await;
    assert_eq!(prompt_sizes(&model), [7, 7, 2]);
}

#[tokio::test]
async fn without_drain_one_batch_is_taken_a_tick() {
    let model = ScriptedModel::willing();
    let f = Fixture::new(WorkerSettings { drain: false, batch_size: 5, ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 12).await;
    f.completed(5).await;
    eventually("the run ends", || async { (!f.worker.status().await.unwrap().processing).then_some(()) }).await;
    assert_eq!(f.store.counts().await.unwrap().pending, 7);
    f.worker.wake();
    f.completed(10).await;
}

#[tokio::test]
async fn an_empty_queue_idles() {
    let model = ScriptedModel::willing();
    let f = Fixture::new(WorkerSettings { run_on_start: true, ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    eventually("a run", || async { (f.worker.status().await.unwrap().totals.runs == 1).then_some(()) }).await;
    let status = f.worker.status().await.unwrap();
    assert_eq!((status.totals.processed, model.prompts().len()), (0, 0));
    assert!(status.last_run_at.is_some());
}

#[tokio::test]
async fn up_to_the_concurrency_batches_are_in_flight_and_no_more() {
    let model = ScriptedModel::willing().gated();
    let f = Fixture::new(WorkerSettings { batch_size: 2, concurrency: 3, ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 20).await;
    eventually("three prompts", || async { (model.prompts().len() == 3).then_some(()) }).await;
    assert_eq!(f.store.counts().await.unwrap().processing, 6);
    assert!(f.worker.status().await.unwrap().processing);
    model.allow(1);
    eventually("a fourth prompt", || async { (model.prompts().len() == 4).then_some(()) }).await;
    assert_eq!(f.store.counts().await.unwrap().processing, 6);
    model.allow(100);
    f.completed(20).await;
}

#[tokio::test]
async fn what_is_enqueued_while_a_batch_is_in_flight_is_taken_up_at_once() {
    let model = ScriptedModel::willing().gated();
    let f = Fixture::new(settings(), Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 1).await;
    eventually("a prompt", || async { (model.prompts().len() == 1).then_some(()) }).await;
    f.enqueue(1, 2).await;
    eventually("a second prompt", || async { (model.prompts().len() == 2).then_some(()) }).await;
    model.allow(2);
    f.completed(2).await;
}

#[tokio::test]
async fn a_batch_that_takes_long_does_not_hold_up_what_becomes_due_meanwhile() {
    let model = ScriptedModel::willing().gated();
    let interval = Duration::from_millis(100);
    let f = Fixture::new(WorkerSettings { interval, ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 1).await;
    eventually("a prompt", || async { (model.prompts().len() == 1).then_some(()) }).await;
    // Not woken: as if its backoff had ended.
    f.store.enqueue(&links(1, 2)).await.unwrap();
    eventually("a second prompt", || async { (model.prompts().len() == 2).then_some(()) }).await;
    model.allow(2);
    f.completed(2).await;
}

#[tokio::test]
async fn a_failing_batch_does_not_stop_the_loop() {
    let model = ScriptedModel::new(|n, prompt| match n {
        0 => Err(AskError::Backoff("500 api_error".into())),
        _ => Ok(ScriptedModel::good_answer(prompt)),
    });
    let f = Fixture::new(settings(), Some(model)).await;
    f.worker.start().unwrap();
    f.enqueue(0, 1).await;
    eventually("a failure", || async { (f.worker.status().await.unwrap().totals.failed == 1).then_some(()) }).await;
    f.enqueue(1, 2).await;
    f.completed(1).await;
    assert!(f.worker.status().await.unwrap().running);
}

#[tokio::test]
async fn a_panic_in_a_batch_is_caught_and_counted_and_its_tracks_go_on() {
    let model = ScriptedModel::new(|n, prompt| {
        assert!(n > 0, "the first answer panics");
        Ok(ScriptedModel::good_answer(prompt))
    });
    let f = Fixture::new(settings(), Some(model)).await;
    f.worker.start().unwrap();
    f.enqueue(0, 2).await;
    f.completed(2).await;
    let totals = f.worker.status().await.unwrap().totals;
    assert_eq!((totals.panics, totals.failed), (1, 0), "the two came back in halves and paid nothing");
}

#[tokio::test]
async fn a_busy_provider_costs_no_attempt_and_stops_the_run() {
    let model = ScriptedModel::new(|_, _| {
        Err(AskError::RetryAfter { reason: "429".into(), rest: Duration::from_secs(60), for_all: true })
    });
    let f = Fixture::new(WorkerSettings { batch_size: 2, concurrency: 1, ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 10).await;
    eventually("the run ends", || async {
        let status = f.worker.status().await.unwrap();
        (status.totals.runs > 0 && !status.processing).then_some(())
    })
    .await;
    assert!(model.prompts().len() <= 2, "a run, and the wake that queueing left");
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.failed), (10, 0));
    assert_eq!(f.worker.status().await.unwrap().totals.failed, 0);
}

#[tokio::test]
async fn a_rejected_key_is_not_sent_again_and_its_tracks_wait_until_someone_resumes() {
    let model = ScriptedModel::new(|n, prompt| match n {
        0 => Err(AskError::misconfigured("401 invalid x-api-key".into())),
        _ => Ok(ScriptedModel::good_answer(prompt)),
    });
    let f = Fixture::new(WorkerSettings { batch_size: 2, concurrency: 1, ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 6).await;
    eventually("all wait", || async {
        (f.store.counts().await.unwrap().waiting.get("provider") == Some(&6)).then_some(())
    })
    .await;
    assert_eq!(model.prompts().len(), 1);
    f.worker.resume().await.unwrap();
    f.completed(6).await;
}

#[tokio::test]
async fn tracks_wait_for_a_model_unburnt_and_go_on_by_themselves_when_there_is_one() {
    let f = Fixture::new(settings(), None).await;
    f.worker.start().unwrap();
    f.enqueue(0, 4).await;
    eventually("all wait", || async {
        (f.store.counts().await.unwrap().waiting.get("provider") == Some(&4)).then_some(())
    })
    .await;
    f.worker.stop().await.unwrap();
    let model = ScriptedModel::willing();
    let next = Fixture::worker(&f.store, WorkerSettings { run_on_start: true, ..settings() }, Some(model)).await;
    next.start().unwrap();
    f.completed(4).await;
}

#[tokio::test]
async fn what_the_rules_settled_is_asked_only_for_its_genres() {
    let model = ScriptedModel::willing();
    let f = Fixture::new(settings(), Some(model.clone())).await;
    let mut link = links(0, 1).remove(0);
    link.track.og_title = Some("Ada Lane - Harbour (Official Video)".into());
    link.track.og_artist = Some("Ada Lane".into());
    f.store.enqueue(&[link]).await.unwrap();
    f.worker.process(Manual::default(), &|_| ()).await.unwrap();
    let prompts = model.prompts();
    assert_eq!((prompts.len(), prompts[0].tag.as_str()), (1, "complete"));
    assert!(prompts[0].max_output_tokens < 256);
    let entry = f.store.library(&LibraryQuery { limit: 1, ..LibraryQuery::default() }).await.unwrap().remove(0);
    assert_eq!((entry.title.as_deref(), entry.genres.as_slice()), (Some("Harbour"), ["folk".to_owned()].as_slice()));
}

#[tokio::test]
async fn a_manual_run_takes_no_more_than_its_limit_and_may_ask_another_model() {
    let model = ScriptedModel::willing();
    let f = Fixture::new(WorkerSettings { batch_size: 4, ..settings() }, Some(model.clone())).await;
    f.enqueue(0, 10).await;
    let manual = Manual { limit: Some(6), model: Some("claude-sonnet-5-5") };
    let report = f.worker.process(manual, &|_| ()).await.unwrap();
    assert_eq!((report.settled.succeeded, f.store.counts().await.unwrap().pending), (6, 4));
    assert!(model.models().iter().all(|model| model == "claude-sonnet-5-5"));
}

#[tokio::test]
async fn a_stop_lets_batches_in_flight_finish() {
    let model = ScriptedModel::willing().gated();
    let f = Fixture::new(WorkerSettings { batch_size: 2, concurrency: 1, ..settings() }, Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 6).await;
    eventually("a prompt", || async { (model.prompts().len() == 1).then_some(()) }).await;
    let (worker, stopping) = (f.worker.clone(), model.clone());
    let stop = tokio::spawn(async move { worker.stop().await });
    eventually("the stop has begun", || async { (!f.worker.status().await.unwrap().running).then_some(()) }).await;
    stopping.allow(100);
    stop.await.unwrap().unwrap();
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.completed, counts.pending, counts.processing), (2, 4, 0), "the first finished, no other began");
}

#[tokio::test]
async fn a_stop_gives_back_unburnt_what_does_not_finish_in_time() {
    let model = ScriptedModel::willing().gated();
    let f = Fixture::new(settings(), Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 3).await;
    eventually("a prompt", || async { (model.prompts().len() == 1).then_some(()) }).await;
    f.worker.stop_within(Duration::from_millis(50)).await.unwrap();
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.processing, counts.failed), (3, 0, 0));
    assert_eq!(f.store.lost_calls().await.unwrap(), 1, "the question was sent, and will be sent again");
    let attempts: i64 = sqlx::query_scalar("select max(retry_count) from music_ai_queue")
        .fetch_one(&sqlx::SqlitePool::connect(&format!("sqlite:{}/liner.db", f.folder.path().display())).await.unwrap())
        .await
        .unwrap();
    assert_eq!(attempts, 0);
}

#[tokio::test]
async fn a_fenced_batch_discards_its_work() {
    let model = ScriptedModel::willing().gated();
    let f = Fixture::new(settings(), Some(model.clone())).await;
    f.worker.start().unwrap();
    f.enqueue(0, 1).await;
    eventually("a prompt", || async { (model.prompts().len() == 1).then_some(()) }).await;
    let heir = liner::store::HostId::new();
    // As if the host had been frozen for longer than its lease.
    let path = format!("sqlite:{}/liner.db", f.folder.path().display());
    let ends = sqlx::query("update extraction_batch set lease_until = 0");
    ends.execute(&sqlx::SqlitePool::connect(&path).await.unwrap()).await.unwrap();
    let claim = f.store.recover(&heir, &[], Stray::Any).await.unwrap().unwrap();
    model.allow(1);
    f.worker.stop().await.unwrap();
    let key = TrackKey { platform_name: "youtube".into(), platform_id: "id0".into() };
    let (entry, _) = f.store.library_entry(&key).await.unwrap().unwrap();
    assert_eq!(
        (entry.title, claim.open),
        (None, vec![true]),
        "the late worker wrote nothing; the heir holds the track"
    );
}

mod replies {
    //! What a model may answer, and what is kept of it.

    use super::*;
    use liner_tests::item;
    use serde_json::json;

    async fn outcome(script: impl Fn(usize) -> String + Send + Sync + 'static) -> (i64, i64, Vec<usize>) {
        let model = ScriptedModel::new(move |n, _| Ok(script(n)));
        let f = Fixture::new(settings(), Some(model.clone())).await;
        f.enqueue(0, 3).await;
        f.worker.process(Manual::default(), &|_| ()).await.unwrap();
        let counts = f.store.counts().await.unwrap();
        (counts.completed, counts.pending, prompt_sizes(&model))
    }

    fn items(ids: &[&str]) -> String {
        json!({"items": ids.iter().map(|id| item(id)).collect::<Vec<_>>()}).to_string()
    }

    #[tokio::test]
    async fn that_are_no_json_are_asked_again_once_and_fail_for_their_tracks_then() {
        let (completed, pending, sizes) = outcome(|_| "I would rather talk about the weather.".to_owned()).await;
        assert_eq!((completed, pending), (0, 3));
        assert_eq!(sizes, [3; 2], "what was no use twice would be paid for a third time");
    }

    #[tokio::test]
    async fn that_omit_a_track_keep_the_others_and_fail_for_it_alone() {
        let (completed, pending, sizes) = outcome(|_| items(&["t0", "t2"])).await;
        assert_eq!((completed, pending), (2, 1));
        assert_eq!(sizes, [3, 1]);
    }

    #[tokio::test]
    async fn that_omit_a_track_once_are_completed_by_the_second() {
        let script = |n| if n == 0 { items(&["t0", "t2"]) } else { items(&["t1"]) };
        assert_eq!(outcome(script).await, (3, 0, vec![3, 1]));
    }

    #[tokio::test]
    async fn that_name_unknown_ids_or_repeat_one_keep_the_valid_items() {
        let script = |n| if n == 0 { items(&["t0", "t1", "t1", "t9", "x"]) } else { items(&["t1", "t2"]) };
        assert_eq!(outcome(script).await, (3, 0, vec![3, 2]));
    }

    #[tokio::test]
    async fn that_are_cut_keep_their_whole_items() {
        let script = |n| {
            let whole = items(&["t0", "t1", "t2"]);
            if n == 0 { whole[..whole.find("t2").unwrap()].to_owned() } else { items(&["t2"]) }
        };
        assert_eq!(outcome(script).await, (3, 0, vec![3, 1]));
    }
}
