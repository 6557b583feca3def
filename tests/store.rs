//! What every store must do, on a real database with a clock that the test moves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use liner::music::{Extraction, Field, MusicType, Origin, Prompt, Reply, Stop, Track, TrackKey, Usage};
use liner::store::{
    Attribution, BatchId, CallAnswer, CallId, CallIntent, Claim, Correction, Enqueued, HostId, LibraryQuery,
    ManualClock, NewLink, Settlement, SqliteStore, Store, StoreError, Verdict, Waiting,
};
use std::path::Path;

struct Fixture {
    store: SqliteStore,
    clock: ManualClock,
    host: HostId,
    folder: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = ManualClock::at(1_800_000_000_000);
        let store = SqliteStore::open_at(&folder.path().join("liner.db"), clock.clone()).await.unwrap();
        Self { store, clock, host: HostId::new(), folder }
    }

    async fn with_tracks(n: usize) -> Self {
        let fixture = Self::new().await;
        fixture.store.enqueue(&(0..n).map(link).collect::<Vec<_>>()).await.unwrap();
        fixture
    }

    async fn claim(&self, size: u32) -> Option<Claim> {
        self.store.claim(&self.host, size, 1, false).await.unwrap()
    }

    async fn settle_all(&self, claim: &Claim, verdict: &Verdict) {
        let verdicts = (0u32..).zip(&claim.tracks).map(|(index, _)| (index, verdict.clone())).collect();
        self.store.settle(&claim.id, &Settlement { verdicts, ..Settlement::default() }, true).await.unwrap();
    }

    async fn pending(&self) -> i64 {
        self.store.counts().await.unwrap().pending
    }
}

fn key(n: usize) -> TrackKey {
    TrackKey { platform_name: "youtube".into(), platform_id: format!("id{n}") }
}

fn link(n: usize) -> NewLink {
    let track = Track {
        key: key(n),
        url: Some(format!("https://youtu.be/id{n}")),
        og_title: Some(format!("Title {n}")),
        og_artist: None,
        og_description: None,
        og_metadata: "{}".into(),
        shared_text: None,
    };
    NewLink { track, og_image_url: None, priority: 0 }
}

fn entry(title: &str) -> Extraction {
    Extraction {
        title: title.into(),
        artist: Some("Ada Lane".into()),
        album: None,
        genres: vec![],
        release_date: None,
        music_type: MusicType::Song,
        confidence: 0.9,
        origins: vec![("title".into(), Origin::Rules)],
    }
}

fn by() -> Attribution {
    Attribution { strategy: "rules".into(), digest: "d1".into(), model: None }
}

fn completed(title: &str) -> Verdict {
    Verdict::Completed(entry(title), by())
}

fn halved() -> Verdict {
    Verdict::Halved { reason: "it trapped".into(), rest_ms: 0 }
}

fn intent(claim: &Claim, digest: &str) -> CallIntent {
    CallIntent {
        id: CallId::new(),
        batch: claim.id.clone(),
        root: claim.root.clone(),
        strategy: "llm".into(),
        strategy_digest: "d2".into(),
        round: 1,
        prompt: Prompt {
            tag: "extract".into(),
            indexes: vec![0],
            system: "s".into(),
            user: "u".into(),
            response_schema: None,
            max_output_tokens: 100,
        },
        prompt_digest: digest.into(),
        provider: "anthropic".into(),
        model: "claude-haiku-5-5".into(),
    }
}

fn answer(text: &str) -> CallAnswer {
    CallAnswer::Reply {
        reply: Reply { text: text.into(), stop: Stop::Complete, model: "claude-haiku-5-5".into() },
        request_id: None,
        usage: Usage { tokens_in: 10, tokens_cached: 2, tokens_out: 5, cost_micros: Some(7) },
        latency_ms: 12,
    }
}

fn ids(claim: &Claim) -> Vec<&str> {
    claim.tracks.iter().map(|track| track.key.platform_id.as_str()).collect()
}

#[tokio::test]
async fn the_same_link_again_is_not_queued_twice_but_rises_in_priority() {
    let f = Fixture::with_tracks(2).await;
    assert_eq!(f.store.enqueue(&[link(1)]).await.unwrap(), [Enqueued::Known]);
    assert_eq!(f.pending().await, 2);
    assert_eq!(ids(&f.claim(1).await.unwrap()), ["id1"]);
    let (entry, _) = f.store.library_entry(&key(1)).await.unwrap().unwrap();
    assert_eq!(entry.share_count, 2);
}

#[tokio::test]
async fn a_claim_takes_no_more_than_asked_by_priority_and_then_age_and_no_track_twice() {
    let f = Fixture::with_tracks(5).await;
    f.store.enqueue(&[NewLink { priority: 5, ..link(9) }]).await.unwrap();
    let first = f.claim(4).await.unwrap();
    assert_eq!(ids(&first), ["id9", "id0", "id1", "id2"]);
    assert!(first.full);
    let second = f.claim(4).await.unwrap();
    assert_eq!(ids(&second), ["id3", "id4"]);
    assert!(!second.full);
    assert!(f.claim(4).await.is_none());
}

#[tokio::test]
async fn low_priorities_do_not_starve() {
    let f = Fixture::with_tracks(1).await;
    f.clock.advance(1_000);
    let urgent: Vec<NewLink> = (10..40).map(|n| NewLink { priority: 10, ..link(n) }).collect();
    f.store.enqueue(&urgent).await.unwrap();
    assert!(ids(&f.claim(20).await.unwrap()).contains(&"id0"), "two of twenty are taken by age alone");
}

#[tokio::test]
async fn a_settled_claim_writes_library_queue_and_counts_together() {
    let f = Fixture::with_tracks(3).await;
    let claim = f.claim(3).await.unwrap();
    assert_eq!(f.store.counts().await.unwrap().processing, 3);
    let settlement = Settlement {
        verdicts: vec![
            (0, completed("Harbour")),
            (1, Verdict::NoMusic("a cooking video".into(), by())),
            (2, Verdict::Failed("the model left it out".into())),
        ],
        ..Settlement::default()
    };
    let settled = f.store.settle(&claim.id, &settlement, true).await.unwrap();
    assert_eq!((settled.succeeded, settled.failed, settled.returned), (2, 1, 0));
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.processing, counts.completed, counts.failed), (1, 0, 2, 0));
    let (entry, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!((entry.title.as_deref(), entry.processing_status.as_str()), (Some("Harbour"), "ai_completed"));
    assert_eq!((entry.strategy.as_deref(), entry.confidence_score), (Some("rules"), Some(0.9)));
    let (entry, _) = f.store.library_entry(&key(1)).await.unwrap().unwrap();
    assert_eq!((entry.title, entry.processing_status.as_str()), (None, "no_music"));
}

#[tokio::test]
async fn a_late_or_repeated_settle_changes_nothing() {
    let f = Fixture::with_tracks(1).await;
    let claim = f.claim(1).await.unwrap();
    f.settle_all(&claim, &completed("First")).await;
    let again = Settlement { verdicts: vec![(0, completed("Second"))], ..Settlement::default() };
    assert!(matches!(f.store.settle(&claim.id, &again, true).await, Err(StoreError::Fenced(_))));
    let (entry, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!(entry.title.as_deref(), Some("First"));
}

#[tokio::test]
async fn a_batch_settles_prompt_by_prompt() {
    let f = Fixture::with_tracks(2).await;
    let claim = f.claim(2).await.unwrap();
    let one = |at| Settlement { verdicts: vec![(at, completed("Done"))], ..Settlement::default() };
    f.store.settle(&claim.id, &one(1), false).await.unwrap();
    assert_eq!(f.store.counts().await.unwrap().completed, 1);
    f.store.settle(&claim.id, &one(0), true).await.unwrap();
    assert_eq!(f.store.counts().await.unwrap().completed, 2);
}

#[tokio::test]
async fn what_a_finished_batch_leaves_open_returns_unburnt() {
    let f = Fixture::with_tracks(1).await;
    for _ in 0..10 {
        let claim = f.claim(1).await.unwrap();
        f.store.settle(&claim.id, &Settlement::default(), true).await.unwrap();
    }
    assert_eq!(f.pending().await, 1, "ten claims without a verdict burnt no attempt");
}

#[tokio::test]
async fn failed_items_are_retried_five_times_with_exponential_backoff_and_then_failed() {
    let f = Fixture::with_tracks(1).await;
    for attempt in 1..=5u32 {
        let claim = f.claim(1).await.expect("the backoff has ended");
        f.settle_all(&claim, &Verdict::Failed(format!("attempt {attempt}"))).await;
        assert!(f.claim(1).await.is_none(), "it rests after attempt {attempt}");
        if attempt < 5 {
            let rest = 30_000 * 2i64.pow(attempt - 1);
            f.clock.advance(rest * 8 / 10 - 1);
            assert!(f.claim(1).await.is_none(), "the backoff after attempt {attempt} is at least 0.8 of {rest} ms");
            f.clock.advance(rest * 4 / 10 + 2);
        }
    }
    let failed = f.store.failed(10).await.unwrap();
    assert_eq!((failed.len(), failed[0].retry_count), (1, 5));
    assert_eq!(failed[0].error_message.as_deref(), Some("attempt 5"));
    f.clock.advance(10 * 3_600_000);
    assert!(f.claim(1).await.is_none());
    assert_eq!(f.store.retry_failed(Some(&[key(7)])).await.unwrap(), 0);
    assert_eq!(f.store.retry_failed(None).await.unwrap(), 1);
    assert!(f.claim(1).await.is_some());
}

#[tokio::test]
async fn a_refund_gives_the_attempt_back_up_to_an_age() {
    let f = Fixture::with_tracks(1).await;
    let refund = Verdict::Refunded { reason: "rate limited".into(), rest_ms: 5_000 };
    for _ in 0..20 {
        let claim = f.claim(1).await.unwrap();
        f.settle_all(&claim, &refund).await;
        assert!(f.claim(1).await.is_none(), "it rests as asked");
        f.clock.advance(5_001);
    }
    f.clock.advance(8 * 24 * 3_600_000);
    for _ in 0..5 {
        let claim = f.claim(1).await.unwrap();
        f.settle_all(&claim, &refund).await;
        f.clock.advance(2 * 3_600_000);
    }
    assert_eq!(f.store.counts().await.unwrap().failed, 1, "after a week it pays like the others");
    let (entry, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!(entry.processing_status, "failed");
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_comes_back_in_halves() {
    let f = Fixture::with_tracks(20).await;
    let mut sizes = vec![];
    for _ in 0..6 {
        let claim = f.claim(20).await.unwrap();
        sizes.push(claim.tracks.len());
        f.settle_all(&claim, &halved()).await;
        while let Some(rest) = f.claim(20).await {
            let size = rest.tracks.len();
            f.settle_all(&rest, &halved()).await;
            if size == 1 {
                break;
            }
        }
        if sizes.last() == Some(&1) {
            break;
        }
    }
    assert_eq!(sizes[0], 20);
    let claim = f.claim(20).await.unwrap();
    assert_eq!(claim.tracks.len(), 1, "in the end a track fails alone; first sizes were {sizes:?}");
}

#[tokio::test]
async fn waiting_tracks_are_out_of_the_claims_way_and_cost_no_attempt() {
    let f = Fixture::with_tracks(2).await;
    for _ in 0..7 {
        let claim = f.claim(2).await.unwrap();
        f.settle_all(&claim, &Verdict::Waits(Waiting::Provider, "no model is configured".into())).await;
        assert!(f.claim(2).await.is_none());
        assert_eq!(f.store.counts().await.unwrap().waiting.get("provider"), Some(&2));
        assert_eq!(f.store.release_waiting(Waiting::Page).await.unwrap(), 0);
        assert_eq!(f.store.release_waiting(Waiting::Provider).await.unwrap(), 2);
    }
    assert!(f.claim(2).await.is_some());
}

#[tokio::test]
async fn a_bare_link_waits_for_its_page_until_its_metadata_comes() {
    let f = Fixture::new().await;
    let mut bare = link(0);
    bare.track.og_title = None;
    f.store.enqueue(&[bare]).await.unwrap();
    assert_eq!(f.store.counts().await.unwrap().waiting.get("page"), Some(&1));
    assert!(f.claim(1).await.is_none());
    f.store.enqueue(&[link(0)]).await.unwrap();
    assert_eq!(f.claim(1).await.unwrap().tracks[0].og_title.as_deref(), Some("Title 0"));
}

#[tokio::test]
async fn a_dead_hosts_batch_is_taken_over_with_its_tracks_and_its_paid_replies() {
    let f = Fixture::with_tracks(2).await;
    let dead = f.claim(2).await.unwrap();
    let call = intent(&dead, "prompt-1");
    f.store.journal_intent(&call).await.unwrap();
    f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    f.store
        .settle(&dead.id, &Settlement { verdicts: vec![(0, completed("Done"))], ..Settlement::default() }, false)
        .await
        .unwrap();

    let heir = HostId::new();
    assert!(f.store.recover(&heir).await.unwrap().is_none(), "the lease still holds");
    f.clock.advance(45_001);
    let claim = f.store.recover(&heir).await.unwrap().unwrap();
    assert_eq!((claim.tracks.clone(), claim.root.clone()), (dead.tracks.clone(), dead.id.clone()));
    assert_eq!(claim.open, [false, true], "what was settled stays settled");
    let reply = f.store.journalled_reply("prompt-1", &claim.root, &[]).await.unwrap().unwrap();
    assert_eq!(reply.reply.text, "[]");
    let late = Settlement { verdicts: vec![(1, completed("Late"))], ..Settlement::default() };
    assert!(matches!(f.store.settle(&dead.id, &late, true).await, Err(StoreError::Fenced(_))));
    assert!(matches!(f.store.renew(&dead.id).await, Err(StoreError::Fenced(_))));
    f.store
        .settle(&claim.id, &Settlement { verdicts: vec![(1, completed("Second"))], ..Settlement::default() }, true)
        .await
        .unwrap();
    assert_eq!(f.store.counts().await.unwrap().completed, 2);
}

#[tokio::test]
async fn a_host_that_starts_ends_its_dead_predecessors_leases_at_once() {
    let f = Fixture::with_tracks(1).await;
    f.claim(1).await.unwrap();
    let heir = HostId::new();
    assert_eq!(f.store.end_leases_of_others(&heir).await.unwrap(), 1);
    assert!(f.store.recover(&heir).await.unwrap().is_some());
}

#[tokio::test]
async fn a_renewed_lease_is_not_taken_over() {
    let f = Fixture::with_tracks(1).await;
    let claim = f.claim(1).await.unwrap();
    for _ in 0..5 {
        f.clock.advance(30_000);
        f.store.renew(&claim.id).await.unwrap();
    }
    assert!(f.store.recover(&HostId::new()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_track_that_takes_the_host_down_each_time_fails_in_the_end() {
    let f = Fixture::with_tracks(1).await;
    f.claim(1).await.unwrap();
    for _ in 2..=5 {
        f.clock.advance(45_001);
        assert!(f.store.recover(&HostId::new()).await.unwrap().is_some());
    }
    f.clock.advance(45_001);
    assert!(f.store.recover(&HostId::new()).await.unwrap().is_none());
    assert_eq!(f.store.counts().await.unwrap().failed, 1);
}

#[tokio::test]
async fn a_reply_answers_the_same_prompt_again_only_if_it_decided_all_or_was_never_read() {
    let f = Fixture::with_tracks(1).await;
    let claim = f.claim(1).await.unwrap();
    let call = intent(&claim, "p");
    f.store.journal_intent(&call).await.unwrap();
    let stranger = BatchId::new();
    assert!(f.store.journalled_reply("p", &stranger, &[]).await.unwrap().is_none(), "not answered yet");
    f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    assert!(f.store.journalled_reply("p", &stranger, &[]).await.unwrap().is_some(), "paid, and never read");
    for (decided_all, reusable) in [(false, false), (true, true)] {
        let settlement = Settlement { interpreted: vec![(call.id.clone(), decided_all)], ..Settlement::default() };
        f.store.settle(&claim.id, &settlement, false).await.unwrap();
        assert_eq!(f.store.journalled_reply("p", &stranger, &[]).await.unwrap().is_some(), reusable);
        assert!(
            f.store.journalled_reply("p", &claim.root, &[]).await.unwrap().is_some(),
            "its own batch always finds it"
        );
    }
    let read = [call.id.clone()];
    assert!(
        f.store.journalled_reply("p", &claim.root, &read).await.unwrap().is_none(),
        "asked again, it is answered anew"
    );
    let failed = intent(&claim, "q");
    f.store.journal_intent(&failed).await.unwrap();
    f.store.journal_answer(&failed.id, &CallAnswer::Error("529".into())).await.unwrap();
    assert!(f.store.journalled_reply("q", &claim.root, &[]).await.unwrap().is_none());
}

#[tokio::test]
async fn the_pause_is_in_the_database() {
    let f = Fixture::with_tracks(1).await;
    f.store.pause("ada", Some("maintenance")).await.unwrap();
    f.store.pause("bob", None).await.unwrap();
    let other = SqliteStore::open_at(&f.folder.path().join("liner.db"), f.clock.clone()).await.unwrap();
    let pause = other.paused().await.unwrap().unwrap();
    assert_eq!((pause.by.as_deref(), pause.reason.as_deref()), (Some("ada"), Some("maintenance")));
    assert!(f.claim(1).await.is_none());
    assert!(f.store.claim(&f.host, 1, 1, true).await.unwrap().is_some(), "a manual run goes on");
    other.resume().await.unwrap();
    assert!(f.store.paused().await.unwrap().is_none());
}

#[tokio::test]
async fn what_another_program_wrote_is_noticed_once() {
    let f = Fixture::with_tracks(1).await;
    f.store.enqueue(&[link(1)]).await.unwrap();
    assert!(!f.store.written_elsewhere().await.unwrap(), "its own writes do not count");
    let other = SqliteStore::open_at(&f.folder.path().join("liner.db"), f.clock.clone()).await.unwrap();
    other.enqueue(&[link(2)]).await.unwrap();
    assert!(f.store.written_elsewhere().await.unwrap());
    assert!(!f.store.written_elsewhere().await.unwrap());
}

#[tokio::test]
async fn a_correction_stands_against_later_extractions_and_history_keeps_what_was_replaced() {
    let f = Fixture::with_tracks(1).await;
    let claim = f.claim(1).await.unwrap();
    f.settle_all(&claim, &completed("Harbor")).await;
    let correction = Correction { title: Some("Harbour".into()), ..Correction::default() };
    let corrected = f.store.correct(&key(0), &correction).await.unwrap().unwrap();
    assert_eq!(corrected.corrected_fields, ["title"]);
    assert_eq!(f.store.requeue_missing(Field::Genres).await.unwrap(), 1);
    let claim = f.claim(1).await.unwrap();
    let mut better = entry("HARBOR");
    better.genres = vec!["folk".into()];
    f.settle_all(&claim, &Verdict::Completed(better, by())).await;
    let (entry, changes) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!((entry.title.as_deref(), entry.genres.as_slice()), (Some("Harbour"), ["folk".to_owned()].as_slice()));
    let changes: Vec<_> = changes.iter().map(|c| (c.field.as_str(), c.old.as_deref(), c.by.as_str())).collect();
    assert_eq!(changes, [("title", Some("Harbor"), "operator"), ("genres", Some("[]"), "d1")]);
    assert!(f.store.correct(&key(5), &correction).await.unwrap().is_none());
}

#[tokio::test]
async fn the_library_is_searched_and_paged() {
    let f = Fixture::with_tracks(5).await;
    let page = |before| LibraryQuery { limit: 2, before, ..LibraryQuery::default() };
    let first = f.store.library(&page(None)).await.unwrap();
    let second = f.store.library(&page(Some(first[1].mark))).await.unwrap();
    let titles: Vec<_> = first.iter().chain(&second).map(|e| e.og_title.clone().unwrap()).collect();
    assert_eq!(titles, ["Title 4", "Title 3", "Title 2", "Title 1"]);
    let search = |text: &str| LibraryQuery { search: Some(text.into()), limit: 10, ..LibraryQuery::default() };
    assert_eq!(f.store.library(&search("title 3")).await.unwrap().len(), 1);
    assert_eq!(f.store.library(&search("%")).await.unwrap().len(), 0, "a percent sign is a percent sign");
}

#[tokio::test]
async fn counts_are_kept_through_every_change() {
    let f = Fixture::with_tracks(50).await;
    let claim = f.claim(20).await.unwrap();
    f.settle_all(&claim, &completed("Done")).await;
    f.claim(20).await.unwrap();
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.processing, counts.completed, counts.total()), (10, 20, 20, 50));
}

#[tokio::test]
async fn a_database_that_is_newer_than_the_binary_is_refused_and_not_touched() {
    let f = Fixture::new().await;
    let path = f.folder.path().join("liner.db");
    f.store.close().await;
    let sql = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
               values (9999, 'later', 1, x'00', 0)";
    execute(&path, sql).await;
    let before = std::fs::read(&path).unwrap();
    let refused = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::TooNew { found: 9999, .. }), "{refused}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("liner.db");
    std::fs::write(&path, "this is a diary, not a database, and it is longer than a header").unwrap();
    let refused = SqliteStore::open(&path).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unusable { .. }), "{refused}");
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("this is a diary"));
}

#[tokio::test]
async fn a_second_worker_on_the_same_file_is_refused_until_the_first_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("liner.db");
    let first = SqliteStore::lock_for_worker(&path).unwrap();
    assert!(matches!(SqliteStore::lock_for_worker(&path), Err(StoreError::Occupied { .. })));
    drop(first);
    SqliteStore::lock_for_worker(&path).unwrap();
}

async fn execute(path: &Path, sql: &'static str) {
    use sqlx::Connection;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}
