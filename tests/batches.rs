//! A backlog that goes out as provider's batches: at half the price, each track settled once and no batch submitted twice,
//! wherever the host dies, whatever the provider leaves over, on both databases and with both APIs.
//!
//! `LINER_BATCH_TRACKS` says how long the backlog is; `make batches` takes a hundred thousand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use axum::response::IntoResponse;
use liner_tests::{
    Behaviour, Database, Fate, Host, KEY, Kind, Refusal, StubModel, Visit, eventually, eventually_within, hang_up,
    vague_rows,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Due tracks that are a backlog.
const BACKLOG: usize = 100;
/// Tracks of a question.
const BATCH_SIZE: usize = 20;

fn tracks() -> usize {
    std::env::var("LINER_BATCH_TRACKS").map_or(200, |n| n.parse().unwrap())
}

/// How long the backlog may take.
fn patience() -> Duration {
    Duration::from_secs(60 + tracks() as u64 / 100)
}

/// Which API the model speaks.
#[derive(Clone, Copy, PartialEq)]
enum Api {
    Anthropic,
    OpenAi,
}

/// A backlog, and a model whose batches end a while after they were made.
struct Backlog {
    database: Database,
    model: StubModel,
    api: Api,
}

impl Backlog {
    async fn new(kind: Kind, api: Api, behaviour: Behaviour) -> Option<Self> {
        let database = Database::new(kind).await?;
        database.log_writes().await;
        Some(Self { database, model: StubModel::behaving(behaviour.ending_when_told()).await, api })
    }

    async fn host(&self, more: &[(&str, &str)]) -> Host {
        let (base, from) = (format!("{}/v1", self.model.url), BACKLOG.to_string());
        let mut settings = vec![
            ("DATABASE_URL", self.database.url.as_str()),
            ("AI_BATCH_API", "auto"),
            ("AI_BATCH_MIN_TRACKS", from.as_str()),
            ("AI_DAILY_BUDGET_USD", "1000"),
            ("RUST_LOG", "liner=warn"),
        ];
        match self.api {
            Api::Anthropic => settings.extend([("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", &self.model.url)]),
            Api::OpenAi => settings.extend([
                ("AI_PROVIDER", "openai"),
                ("OPENAI_API_KEY", KEY),
                ("OPENAI_BASE_URL", &base),
                ("AI_MODEL", "gpt-5-mini"),
                ("AI_PRICES", "gpt-5-mini=0.25/2/0.025"),
            ]),
        }
        settings.extend(more);
        Host::start(self.database.folder.path(), &settings).await
    }

    async fn number(&self, sql: &str) -> i64 {
        self.database.number(sql).await.unwrap_or(0)
    }

    /// Waits until nothing is pending or processing any more, while the provider works its batches off.
    async fn drained(&self, host: &Host) -> Value {
        eventually_within(patience(), "the queue is worked off", || async {
            self.model.end_batches().await;
            let queue = host.get("/api/music-ai/status").await.json["queue"].clone();
            (queue["pending"] == 0 && queue["processing"] == 0).then_some(queue)
        })
        .await
    }

    /// Tracks that all questions were about.
    async fn asked_about(&self) -> usize {
        let indexes = match self.database.kind {
            Kind::Sqlite => "select sum(json_array_length(prompt, '$.indexes')) from model_call",
            Kind::Postgres => "select sum(json_array_length(prompt::json -> 'indexes')) from model_call",
        };
        usize::try_from(self.number(indexes).await).unwrap()
    }

    /// How often each question was in a provider's batch.
    fn submitted(&self) -> BTreeMap<String, usize> {
        let mut submitted = BTreeMap::new();
        for batch in self.model.batches() {
            for request in batch.requests.iter() {
                let (_, call) = request.custom_id.split_once('_').unwrap();
                *submitted.entry(call.to_owned()).or_default() += 1;
            }
        }
        submitted
    }

    /// What must be true when all is done; returns how many questions were asked one by one.
    async fn balance(&self, host: &Host) -> usize {
        let queue = self.drained(host).await;
        assert_eq!((&queue["completed"], &queue["failed"]), (&json!(tracks()), &json!(0)), "{queue}");
        let tracks = i64::try_from(tracks()).unwrap();
        assert_eq!(self.number("select count(*) from write_log").await, tracks, "no track is written twice");
        assert_eq!(self.number("select count(distinct id) from write_log").await, tracks);
        let open = "select count(*) from extraction_batch where finished_at is null";
        assert_eq!(self.number(open).await, 0);
        assert_eq!(self.number("select count(*) from model_call where answered_at is null").await, 0);
        let ended = "select count(*) from provider_batch where state <> 'ended'";
        assert_eq!(self.number(ended).await, 0);
        let reserved = "select reserved_micros from provider_budget";
        assert_eq!(self.number(reserved).await, 0, "nothing stays set aside");
        let spent = self.number("select total_micros from provider_budget").await;
        assert_eq!(
            spent,
            self.number("select cast(sum(cost_micros) as bigint) from model_call").await,
            "the books are right"
        );
        assert_eq!(spent, self.number("select cast(sum(cost_micros) as bigint) from model_use").await);
        self.model.exchanges().len()
    }

    /// What the answers of provider's batches cost, beside what they would have cost by themselves.
    async fn costs(&self) -> (i64, i64) {
        let of = |price: &str| {
            format!(
                "select cast(sum({price}) as bigint) from model_call where provider_batch is not null and error is null"
            )
        };
        let full = match self.api {
            // Millionths of a dollar per ten tokens: 0.10 in, 0.125 written, 0.01 read, 0.50 out, per million.
            Api::Anthropic => {
                "((tokens_in - tokens_cached - tokens_written) * 100 + tokens_written * 125 + tokens_cached * 10 + tokens_out * 500)"
            }
            Api::OpenAi => "((tokens_in - tokens_cached) * 250 + tokens_cached * 25 + tokens_out * 2000)",
        };
        (self.number(&of("cost_micros")).await, self.number(&of(full)).await / 1_000)
    }
}

/// Within a rounding of each call.
fn is_half(cost: i64, full: i64, calls: usize) -> bool {
    (cost - full / 2).unsigned_abs() as usize <= calls + 1
}

/// Runs until a failpoint kills the host, starts it again, and counts.
async fn dies_at(kind: Kind, api: Api, failpoint: &str) {
    // Each batch is settled once when it begins to wait; a later settlement is one with answers.
    let when_answered = format!("AfterCommit:{}", tracks() / BATCH_SIZE + 2);
    let failpoint = if failpoint == "AfterCommit" { &when_answered } else { failpoint };
    let Some(backlog) = Backlog::new(kind, api, Behaviour::default()).await else { return };
    // A long backlog is streamed in, and its beginning would be claimed before its end is there.
    let idle = backlog.host(&[("AI_WORKER_ENABLED", "false")]).await;
    idle.post("/api/music-ai/queue", vague_rows(tracks())).await;
    assert_eq!(idle.stop().await, Some(0));
    let mut host = backlog.host(&[("LINER_FAILPOINT", failpoint)]).await;
    let in_vain = eventually_within(patience(), "the host dies", || async {
        backlog.model.end_batches().await;
        None
    });
    let died = tokio::select! {
        died = host.wait() => died,
        died = in_vain => died,
    };
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&died), Some(9), "{failpoint} was reached");
    let started = Instant::now();
    let host = backlog.host(&[]).await;
    let live = backlog.balance(&host).await;
    let (questions, submitted) = (tracks().div_ceil(BATCH_SIZE), backlog.submitted());
    assert!(submitted.values().all(|times| *times == 1), "no question is submitted twice: {submitted:?}");
    // What a host had claimed and not yet let wait when it died is worked on again at once, four batches at most; and so is
    // what is no backlog any more by then.
    let at_most = if failpoint.starts_with("AfterPark") { 4 + BACKLOG / BATCH_SIZE } else { 0 };
    assert!(live <= at_most, "{live} were asked one by one");
    // Hosts that claim side by side may leave a batch short: there are as many questions as were journalled, and each track
    // is in one.
    let questions = usize::try_from(backlog.number("select count(*) from model_call").await).unwrap().max(questions);
    assert_eq!(live + submitted.len(), questions);
    assert_eq!(backlog.asked_about().await, tracks(), "each track is asked about once");
    let (cost, full) = backlog.costs().await;
    assert!(cost > 0 && is_half(cost, full, questions), "{cost} is half of {full}");
    eprintln!(
        "{} {failpoint}: {} tracks, {} provider's batches, {live} asked one by one, {cost} of {full} µ$, done {:?} after the death",
        kind.name(),
        tracks(),
        backlog.model.batches().len(),
        started.elapsed()
    );
}

/// Makes a test on each database.
macro_rules! on_both {
    ($($name:ident => $run:ident($($argument:expr),*),)+) => {
        mod sqlite {
            use super::Api;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::$run(liner_tests::Kind::Sqlite, $($argument),*).await;
            })+
        }
        mod postgres {
            use super::Api;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                crate::$run(liner_tests::Kind::Postgres, $($argument),*).await;
            })+
        }
    };
}

on_both! {
    a_host_that_dies_when_it_let_questions_wait => dies_at(Api::Anthropic, "AfterPark:4"),
    a_host_that_dies_before_it_submits => dies_at(Api::Anthropic, "AfterGather:0"),
    a_host_that_dies_before_it_hears_what_it_submitted => dies_at(Api::Anthropic, "AfterSubmit:0"),
    a_host_that_dies_when_it_has_submitted => dies_at(Api::Anthropic, "AfterSubmitted:0"),
    a_host_that_dies_within_the_results => dies_at(Api::Anthropic, "AfterResult:3"),
    a_host_that_dies_after_the_results => dies_at(Api::Anthropic, "AfterResults:0"),
    a_host_that_dies_when_a_batch_has_ended => dies_at(Api::Anthropic, "AfterEnd:0"),
    a_host_that_dies_before_it_settles_what_was_answered => dies_at(Api::Anthropic, "AfterCommit"),
    what_is_submitted_and_not_heard_of_is_found_and_not_submitted_again => answer_is_lost(Api::Anthropic),
    what_a_batch_leaves_over_goes_into_another_one => leaves_over(),
    what_somebody_waits_for_does_not_wait_for_a_batch => asks_at_once(),
    a_budget_bounds_batches_too => is_too_dear(),
    what_a_provider_has_no_batches_for_is_asked_one_by_one => has_none(),
    a_model_that_is_changed_meanwhile_changes_nothing_for_what_was_asked => model_is_changed(),
    batches_are_taken_in_after_they_were_turned_off => is_turned_off(),
    batches_are_cancelled_at_a_stop_only_if_that_was_asked_for => is_cancelled(),
    batches_of_openai_too => dies_at(Api::OpenAi, "AfterSubmit:0"),
}

/// The provider makes the batch, and hangs up.
async fn answer_is_lost(kind: Kind, api: Api) {
    let lost = |visit: &Visit| (visit.route == "POST /v1/messages/batches" && visit.earlier == 0).then(hang_up);
    let Some(backlog) = Backlog::new(kind, api, Behaviour::default().afterwards(lost)).await else { return };
    let host = backlog.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(tracks())).await;
    assert_eq!(backlog.balance(&host).await, 0);
    assert_eq!(backlog.model.batches().len(), 1, "it was found");
}

/// Some requests expire, and some are refused because the provider has too much to do, every time.
async fn leaves_over(kind: Kind) {
    let is_left_over = |name: &str| name.ends_with(['0', '1', '2', '3']);
    let fate = move |name: &str| match name.chars().last() {
        Some('0' | '1') => Fate::Expired,
        Some('2' | '3') => Fate::Errored(Refusal::of_status(529)),
        _ => Fate::Asked,
    };
    let Some(backlog) = Backlog::new(kind, Api::Anthropic, Behaviour::default().fate(fate)).await else { return };
    let host = backlog.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(tracks())).await;
    let live = backlog.balance(&host).await;
    let (left_over, others): (Vec<_>, Vec<_>) =
        backlog.submitted().into_iter().partition(|(call, _)| is_left_over(call));
    assert!(others.iter().all(|(_, times)| *times == 1), "what was answered is not asked again");
    assert!(left_over.iter().all(|(_, times)| *times == 3), "{left_over:?}");
    assert_eq!(live, left_over.len(), "what is left over three times is asked by itself");
}

/// A track of some priority is asked about at once, while the backlog waits.
async fn asks_at_once(kind: Kind) {
    let Some(backlog) = Backlog::new(kind, Api::Anthropic, Behaviour::default()).await else { return };
    let host = backlog.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(tracks())).await;
    eventually("a batch is submitted", || async { (!backlog.model.batches().is_empty()).then_some(()) }).await;
    let urgent = json!([{"url": "https://youtu.be/urgent00001", "og_title": "untitled upload", "priority": 5}]);
    host.post("/api/music-ai/queue", urgent.to_string()).await;
    eventually("the urgent track is completed", || async {
        let entry = host.get("/api/music-ai/library/youtube/urgent00001").await;
        (entry.json["entry"]["title"].is_string() || entry.json["title"].is_string()).then_some(())
    })
    .await;
    assert_eq!(backlog.model.exchanges().len(), 1);
    let batches = host.get("/api/model").await.json["batches"].clone();
    assert_eq!(batches[0]["state"], "submitted", "{batches}");
    assert_eq!(batches[0]["requests"], tracks().div_ceil(BATCH_SIZE));
    assert!(batches[0]["expectedSavingUsd"].as_f64().unwrap() > 0.0);
    let status = host.get("/api/music-ai/status").await.json;
    assert_eq!(status["queue"]["processing"], tracks(), "the backlog waits: {status}");
    assert_eq!(status["atProviders"]["questions"], tracks().div_ceil(BATCH_SIZE), "{status}");
    assert!(status["atProviders"]["expectedSavingUsd"].as_f64().unwrap() > 0.0, "{status}");
}

/// The provider knows no such path, as those who speak its language often do not.
async fn has_none(kind: Kind) {
    let missing = |visit: &Visit| {
        (visit.route == "POST /v1/messages/batches").then(|| axum::http::StatusCode::NOT_FOUND.into_response())
    };
    let Some(backlog) = Backlog::new(kind, Api::Anthropic, Behaviour::default().instead(missing)).await else { return };
    let host = backlog.host(&[]).await;
    host.post("/api/music-ai/queue", vague_rows(tracks())).await;
    assert_eq!(backlog.balance(&host).await, tracks().div_ceil(BATCH_SIZE), "nothing stays behind, and nothing twice");
}

/// A backlog that was submitted, and the host that did it gone.
async fn submitted_and_stopped(kind: Kind, more: &[(&str, &str)]) -> Option<Backlog> {
    let backlog = Backlog::new(kind, Api::Anthropic, Behaviour::default()).await?;
    let host = backlog.host(more).await;
    host.post("/api/music-ai/queue", vague_rows(tracks())).await;
    eventually("it is written down as submitted", || async {
        let submitted = "select count(*) from provider_batch where state = 'submitted'";
        (backlog.number(submitted).await == 1).then_some(())
    })
    .await;
    assert_eq!(host.stop().await, Some(0));
    Some(backlog)
}

async fn model_is_changed(kind: Kind) {
    let Some(backlog) = submitted_and_stopped(kind, &[]).await else { return };
    let host = backlog.host(&[("AI_MODEL", "claude-haiku-4-5")]).await;
    assert_eq!(backlog.balance(&host).await, 0, "what the other model answered was paid");
    assert_eq!(backlog.model.batches().len(), 1);
}

async fn is_turned_off(kind: Kind) {
    let Some(backlog) = submitted_and_stopped(kind, &[]).await else { return };
    let host = backlog.host(&[("AI_BATCH_API", "off")]).await;
    assert_eq!(backlog.balance(&host).await, 0);
    assert_eq!(backlog.model.batches().len(), 1);
    assert_eq!(backlog.model.batches()[0].cancels, 0, "the host that stopped did not ask for that");
}

async fn is_cancelled(kind: Kind) {
    let asked_for = [("AI_BATCH_CANCEL_ON_SHUTDOWN", "true")];
    let Some(backlog) = submitted_and_stopped(kind, &asked_for).await else { return };
    assert_eq!(backlog.model.batches()[0].cancels, 1);
    let host = backlog.host(&[]).await;
    assert_eq!(backlog.balance(&host).await, 0, "what was cancelled goes into another batch");
    assert_eq!(backlog.model.batches().len(), 2);
}

/// There is money for some of the backlog.
async fn is_too_dear(kind: Kind) {
    let Some(backlog) = Backlog::new(kind, Api::Anthropic, Behaviour::default()).await else { return };
    let host = backlog.host(&[("AI_DAILY_BUDGET_USD", "0.006")]).await;
    host.post("/api/music-ai/queue", vague_rows(tracks())).await;
    eventually("some of it is submitted", || async { (!backlog.model.batches().is_empty()).then_some(()) }).await;
    let requests = backlog.model.batches()[0].requests.len();
    assert!(requests < tracks().div_ceil(BATCH_SIZE), "{requests}");
    let set_aside = backlog.number("select reserved_micros from provider_budget").await;
    assert!((1..=6_000).contains(&set_aside), "{set_aside}");
}
