//! What a settlement changes, and what it must not.

use crate::fixture::{Fixture, by, completed, entry, key, link, settlement};
use liner::store::{FailedQuery, Settled, Settlement, StoreError, Stray, Verdict};

pub async fn a_settled_claim_writes_library_queue_and_counts_together(f: Fixture) {
    f.enqueue(0..3).await;
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
    let settled = f.store.settle(&claim.lease, &settlement, true).await.unwrap();
    assert_eq!((settled.succeeded, settled.failed, settled.returned), (2, 1, 0));
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.processing, counts.completed, counts.failed), (1, 0, 2, 0));
    let (entry, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!((entry.title.as_deref(), entry.processing_status.as_str()), (Some("Harbour"), "ai_completed"));
    assert_eq!((entry.strategy.as_deref(), entry.confidence_score), (Some("rules"), Some(0.9)));
    let (entry, _) = f.store.library_entry(&key(1)).await.unwrap().unwrap();
    assert_eq!((entry.title, entry.processing_status.as_str()), (None, "no_music"));
}

pub async fn a_late_or_repeated_settle_changes_nothing(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    f.settle_all(&claim, &completed("First")).await;
    let again = Settlement { verdicts: vec![(0, completed("Second"))], ..Settlement::default() };
    assert!(matches!(f.store.settle(&claim.lease, &again, true).await, Err(StoreError::Fenced(_))));
    let (entry, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!(entry.title.as_deref(), Some("First"));
}

pub async fn a_batch_settles_prompt_by_prompt(f: Fixture) {
    f.enqueue(0..2).await;
    let claim = f.claim(2).await.unwrap();
    let one = |at| Settlement { verdicts: vec![(at, completed("Done"))], ..Settlement::default() };
    f.store.settle(&claim.lease, &one(1), false).await.unwrap();
    assert_eq!(f.store.counts().await.unwrap().completed, 1);
    f.store.settle(&claim.lease, &one(0), true).await.unwrap();
    assert_eq!(f.store.counts().await.unwrap().completed, 2);
}

pub async fn what_a_finished_batch_leaves_open_returns_unburnt(f: Fixture) {
    f.enqueue(0..1).await;
    for _ in 0..10 {
        let claim = f.claim(1).await.unwrap();
        f.store.settle(&claim.lease, &Settlement::default(), true).await.unwrap();
    }
    assert_eq!(f.pending().await, 1, "ten claims without a verdict burnt no attempt");
}

pub async fn failed_items_are_retried_five_times_with_exponential_backoff_and_then_failed(f: Fixture) {
    f.enqueue(0..1).await;
    for attempt in 1..=5u32 {
        let claim = f.claim(1).await.expect("the backoff has ended");
        f.settle_all(&claim, &Verdict::Failed(format!("attempt {attempt}"))).await;
        assert!(f.claim(1).await.is_none(), "it rests after attempt {attempt}");
        if attempt < 5 {
            let rest = 30_000 * 2i64.pow(attempt - 1);
            f.advance(rest * 8 / 10 - 1).await;
            assert!(f.claim(1).await.is_none(), "the backoff after attempt {attempt} is at least 0.8 of {rest} ms");
            f.advance(rest * 4 / 10 + 2).await;
        }
    }
    let failed = f.store.failed(&FailedQuery { limit: 10, ..FailedQuery::default() }).await.unwrap();
    assert_eq!((failed.len(), failed[0].retry_count), (1, 5));
    assert_eq!(failed[0].error_message.as_deref(), Some("attempt 5"));
    f.advance(10 * 3_600_000).await;
    assert!(f.claim(1).await.is_none());
    assert_eq!(f.store.retry_failed(Some(&[key(7)])).await.unwrap(), 0);
    assert_eq!(f.store.retry_failed(None).await.unwrap(), 1);
    assert!(f.claim(1).await.is_some());
}

pub async fn a_settlement_that_is_repeated_does_not_touch_what_it_settled(f: Fixture) {
    f.enqueue(0..1).await;
    for _ in 1..5 {
        f.settle_all(&f.claim(1).await.unwrap(), &Verdict::Failed("no".into())).await;
        f.advance(3_600_000).await;
    }
    let claim = f.claim(1).await.unwrap();
    let last = settlement(vec![(0, Verdict::Failed("no".into()))]);
    let mut written = vec![];
    for _ in 0..2 {
        f.store.settle(&claim.lease, &last, false).await.unwrap();
        let (entry, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
        written.push((entry.processing_status, entry.updated_at));
        f.advance(1_000).await;
    }
    assert_eq!((written[0].0.as_str(), &written[0]), ("failed", &written[1]));
}

pub async fn a_refund_gives_the_attempt_back_up_to_an_age(f: Fixture) {
    f.enqueue(0..1).await;
    let refund = Verdict::Refunded { reason: "rate limited".into(), rest_ms: 5_000 };
    for _ in 0..20 {
        let claim = f.claim(1).await.unwrap();
        f.settle_all(&claim, &refund).await;
        assert!(f.claim(1).await.is_none(), "it rests as asked");
        f.advance(5_001).await;
    }
    f.advance(8 * 24 * 3_600_000).await;
    for _ in 0..5 {
        let claim = f.claim(1).await.unwrap();
        f.settle_all(&claim, &refund).await;
        f.advance(2 * 3_600_000).await;
    }
    assert_eq!(f.store.counts().await.unwrap().failed, 1, "after a week it pays like the others");
    let (entry, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!(entry.processing_status, "failed");
}

pub async fn counts_are_kept_through_every_change(f: Fixture) {
    f.enqueue(0..50).await;
    let claim = f.claim(20).await.unwrap();
    f.settle_all(&claim, &completed("Done")).await;
    f.claim(20).await.unwrap();
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.processing, counts.completed, counts.total()), (10, 20, 20, 50));
}

pub async fn settlements_at_once_keep_to_their_own_batches(f: Fixture) {
    f.enqueue(0..60).await;
    let claims = f.claims(5, 12).await;
    let heir = liner::store::HostId::new();
    f.advance(45_001).await;
    let taken = f.store.recover(&heir, &[], Stray::Any).await.unwrap().unwrap();
    let settling = claims.iter().map(|claim| {
        let verdict = |track: &liner::music::Track| completed(&format!("Of {}", track.key.platform_id));
        let verdicts = (0u32..).zip(claim.tracks.iter().map(verdict)).collect();
        let settlement = settlement(verdicts);
        let store = &f.store;
        async move { store.settle(&claim.lease, &settlement, true).await }
    });
    let settled = futures_util::future::join_all(settling).await;
    let fenced = settled.iter().filter(|settled| matches!(settled, Err(StoreError::Fenced(_)))).count();
    assert_eq!((fenced, settled.iter().filter(|settled| settled.is_ok()).count()), (1, 11));
    for n in 0..60 {
        let (entry, _) = f.store.library_entry(&key(n)).await.unwrap().unwrap();
        let lost = taken.tracks.iter().any(|track| track.key == key(n));
        assert_eq!(entry.title, (!lost).then(|| format!("Of id{n}")));
    }
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.completed, counts.processing), (55, 5));
}

pub async fn a_settlement_that_is_repeated_leaves_the_batchs_figures_whole(f: Fixture) {
    f.enqueue(0..3).await;
    let claim = f.claim(3).await.unwrap();
    let first = Settlement { cost_micros: 7, ..settlement(vec![(0, completed("Done"))]) };
    f.store.settle(&claim.lease, &first, false).await.unwrap();
    f.store.settle(&claim.lease, &first, false).await.unwrap();
    let before = Settled { succeeded: 1, ..Settled::default() };
    let last = settlement(vec![(1, completed("Done")), (2, Verdict::Failed("left out".into()))]);
    f.store.settle(&claim.lease, &Settlement { before, cost_micros: 9, ..last }, true).await.unwrap();
    let figures = "select succeeded * 100 + failed * 10 + cost_micros from extraction_batch";
    assert_eq!(f.database.number(figures).await, Some(219));
    assert!(f.store.is_settled(claim.id()).await.unwrap());
}

pub async fn any_text_is_stored_as_it_is(f: Fixture) {
    let odd = "a \"quote\", a \\ backslash, {braces}, 'apostrophes', $1, \u{1f600}, \u{202e}, a\nline and a\ttab";
    let mut link = link(0);
    (link.track.og_title, link.track.shared_text) = (Some(odd.into()), Some(odd.into()));
    link.track.og_metadata = serde_json::json!({ odd: odd }).to_string();
    f.store.enqueue(&[link.clone()]).await.unwrap();
    let claim = f.claim(1).await.unwrap();
    assert_eq!(claim.tracks, [link.track]);
    let mut odd_entry = entry(odd);
    odd_entry.genres = vec![odd.into(), "folk".into()];
    f.settle_all(&claim, &Verdict::Completed(odd_entry.clone(), by())).await;
    let (stored, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!((stored.title.as_deref(), stored.genres), (Some(odd), odd_entry.genres));
}

pub async fn two_parts_of_a_batch_that_settle_at_one_moment_are_both_written(f: Fixture) {
    f.enqueue(0..4).await;
    let claim = f.claim(4).await.unwrap();
    let (one, two) =
        (settlement(vec![(0, completed("a")), (1, completed("b"))]), settlement(vec![(2, completed("c"))]));
    let (one, two) = tokio::join!(f.store.settle(&claim.lease, &one, false), f.store.settle(&claim.lease, &two, true));
    assert_eq!((one.unwrap().succeeded, two.unwrap().succeeded), (2, 1));
    let counts = f.store.counts().await.unwrap();
    assert_eq!(
        (counts.completed, counts.pending, counts.processing),
        (3, 1, 0),
        "the fourth goes back, the others stay"
    );
    assert!(f.store.is_settled(claim.id()).await.unwrap());
}

pub async fn the_failed_are_searched_and_paged_newest_first(f: Fixture) {
    f.enqueue(0..5).await;
    for reason in ["it trapped", "the model declined 100%", "it trapped"] {
        let claim = f.claim(1).await.unwrap();
        f.settle_all(&claim, &Verdict::Failed(reason.into())).await;
        f.advance(1).await;
    }
    let failed = "update music_ai_queue set status = 'failed', processed_at = (select ms from clock), not_before = null
        where retry_count > 0 and platform_id";
    f.database.execute(&format!("{failed} in ('id0', 'id1')")).await;
    f.advance(5).await;
    f.database
        .execute(&format!(
            "{failed} = 'id2'; update music_ai_queue set platform_name = 'spotify' where platform_id = 'id2'"
        ))
        .await;
    let ids = async |query: FailedQuery| {
        let found = f.store.failed(&query).await.unwrap();
        found.into_iter().map(|track| (track.key.platform_id, track.mark)).unzip::<_, _, Vec<_>, Vec<_>>()
    };
    let all = FailedQuery { limit: 10, ..FailedQuery::default() };
    let (listed, marks) = ids(all.clone()).await;
    assert_eq!(listed, ["id2", "id1", "id0"]);
    for (n, rest) in [&["id1", "id0"][..], &["id0"], &[]].into_iter().enumerate() {
        let before = Some(marks[n].to_string().parse().unwrap());
        assert_eq!(ids(FailedQuery { before, ..all.clone() }).await.0, rest, "after {n}");
    }
    for (text, found) in [("TRAPPED", &["id2", "id0"][..]), ("title 1", &["id1"]), ("100%", &["id1"]), ("1_0", &[])] {
        let search = Some(text.to_owned());
        assert_eq!(ids(FailedQuery { search, ..all.clone() }).await.0, found, "{text}");
    }
    let platform = Some("spotify".to_owned());
    assert_eq!(ids(FailedQuery { platform, ..all }).await.0, ["id2"]);
}
