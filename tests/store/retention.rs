//! What is pruned for its age, and what never is.

use crate::fixture::{Fixture, REUSE, answer, by, completed, entry, intent, key, link, settlement};
use liner::digest::Digest;
use liner::music::Field;
use liner::store::{
    Aging, BatchId, Claim, Compared, EventKind, HostId, NewHost, Place, Pruned, Said, Stray, Verdict, Waiting,
};
use std::collections::BTreeMap;
use std::time::Duration;

const DAY_MS: i64 = 86_400_000;
const AGE: Duration = Duration::from_secs(90 * 86_400);

/// Every step of a walk.
async fn steps(f: &Fixture) -> Vec<(Aging, Pruned)> {
    let (mut place, mut steps) = (Some(Place::default()), Vec::new());
    while let Some(here) = place {
        let pruned = f.store.prune(AGE, &here).await.unwrap();
        place = pruned.next.clone();
        steps.push((here.of, pruned));
    }
    steps
}

/// A walk; what it deleted of each table.
pub async fn prune(f: &Fixture) -> BTreeMap<&'static str, u64> {
    let mut deleted = BTreeMap::new();
    for (of, pruned) in steps(f).await {
        if pruned.rows > 0 {
            *deleted.entry(of.table()).or_insert(0) += pruned.rows;
        }
    }
    deleted
}

async fn rows(f: &Fixture, table: &str) -> i64 {
    f.database.number(&format!("select count(*) from {table}")).await.unwrap()
}

/// A batch that asked one question, which is answered.
async fn asked(f: &Fixture, size: u32, digest: &str) -> Claim {
    let claim = f.claim(size).await.unwrap();
    let call = intent(&claim, digest);
    f.ask(&call).await;
    f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    claim
}

/// Everything that ages, once, and what does not.
async fn a_day(f: &Fixture, tracks: std::ops::Range<usize>, prompt: &str) {
    let size = u32::try_from(tracks.len()).unwrap();
    f.enqueue(tracks.clone()).await;
    let claim = asked(f, size, prompt).await;
    let mut more = link(tracks.start);
    more.track.shared_text = Some("a favourite".into());
    f.store.enqueue(&[more]).await.unwrap();
    f.settle_all(&claim, &completed("Harbour")).await;
    let said = Said::Extracted { entry: entry("Harbour") };
    let (candidate, active) = (said.clone(), said);
    let compared = Compared { key: key(tracks.start), candidate, active, cost_micros: 1, time_us: 1 };
    f.store.keep_compared(&Digest::of(b"candidate"), claim.id(), &[compared]).await.unwrap();
    f.store.record_event(EventKind::Refused, "a file", "why").await.unwrap();
    let host = HostId::new();
    f.store.enlist(&NewHost { id: host.clone(), name: "attic".into(), predecessor: None }).await.unwrap();
    f.store.leave(&host).await.unwrap();
}

const AGING: [(&str, i64); 7] = [
    ("event", 1),
    ("extraction_batch", 1),
    ("former_page", 1),
    ("host", 1),
    ("model_call", 1),
    ("music_ai_queue", 3),
    ("shadow_outcome", 1),
];

pub async fn what_is_older_than_its_age_is_pruned_and_what_is_younger_and_the_library_are_not(f: Fixture) {
    a_day(&f, 0..3, "old").await;
    let correction = liner::store::Correction { title: Some("Harbor".into()), ..Default::default() };
    f.store.correct(&key(0), &correction).await.unwrap().unwrap();
    f.advance(50 * DAY_MS).await;
    a_day(&f, 3..6, "young").await;
    assert_eq!(prune(&f).await, BTreeMap::new(), "nothing is old yet");
    f.advance(40 * DAY_MS + 1).await;
    let pruned = prune(&f).await;
    assert_eq!(pruned, AGING.iter().map(|(table, n)| (*table, u64::try_from(*n).unwrap())).collect());
    for (table, n) in AGING {
        assert_eq!(rows(&f, table).await, n, "of {table}");
    }
    assert_eq!((rows(&f, "music_library").await, rows(&f, "library_change").await), (6, 1));
    assert!(f.store.journalled_reply("old", &BatchId::new(), &[], REUSE).await.unwrap().is_none());
    assert!(f.store.journalled_reply("young", &BatchId::new(), &[], REUSE).await.unwrap().is_some());
    assert_eq!(prune(&f).await, BTreeMap::new(), "once");
}

pub async fn what_is_being_worked_on_keeps_its_replies_and_its_pages_however_old_they_are(f: Fixture) {
    f.enqueue(0..2).await;
    let lost = asked(&f, 2, "prompt").await;
    let mut more = link(1);
    more.track.shared_text = Some("a favourite".into());
    f.store.enqueue(&[more]).await.unwrap();
    f.store.settle(&lost.lease, &settlement(vec![(0, completed("Done"))]), false).await.unwrap();
    f.enqueue(2..3).await;
    let unfinished = asked(&f, 1, "its batch did not end").await;
    f.store.settle(&unfinished.lease, &settlement(vec![(0, completed("Done"))]), false).await.unwrap();
    f.advance(91 * DAY_MS).await;
    assert_eq!(prune(&f).await, BTreeMap::from([("music_ai_queue", 2)]), "what was settled of them is done");
    let heir = HostId::new();
    let taken = f.store.recover(&heir, &[], Stray::Any).await.unwrap().unwrap();
    assert_eq!(prune(&f).await, BTreeMap::new(), "nor while another host works on it");
    assert_eq!((&taken.tracks, &taken.open), (&lost.tracks, &vec![false, true]));
    assert!(f.store.journalled_reply("prompt", &taken.root, &[], REUSE).await.unwrap().is_some());
    f.settle_all(&taken, &completed("Second")).await;
    assert!(f.store.recover(&heir, &[], Stray::Any).await.unwrap().is_none(), "nothing of the other is left to do");
    assert_eq!(prune(&f).await.remove("model_call"), Some(2), "when they are done, they are old");
}

pub async fn what_is_queued_or_failed_stays_and_what_is_queued_keeps_its_replies(f: Fixture) {
    f.enqueue(0..4).await;
    let verdicts = [
        Verdict::Waits(Waiting::Provider, "no key".into()),
        Verdict::Failed("again".into()),
        Verdict::Failed("for ever".into()),
        completed("Harbour"),
    ];
    for (n, verdict) in verdicts.iter().enumerate() {
        let claim = asked(&f, 1, &format!("prompt {n}")).await;
        f.settle_all(&claim, verdict).await;
    }
    f.database.execute("update music_ai_queue set status = 'failed', processed_at = (select ms from clock), not_before = null where platform_id = 'id2'").await;
    f.advance(91 * DAY_MS).await;
    let pruned = prune(&f).await;
    assert_eq!(
        pruned,
        BTreeMap::from([("extraction_batch", 2), ("model_call", 2), ("music_ai_queue", 1)]),
        "of what is completed and of what has failed"
    );
    for (n, is_kept) in [true, true, false, false].into_iter().enumerate() {
        let reply = f.store.journalled_reply(&format!("prompt {n}"), &BatchId::new(), &[], REUSE).await.unwrap();
        assert_eq!(reply.is_some(), is_kept, "of track {n}");
    }
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.failed, counts.completed), (2, 1, 0));
    assert_eq!(f.store.retry_failed(None).await.unwrap(), 1);
}

pub async fn the_counts_are_of_what_is_in_the_queue_after_pruning_too(f: Fixture) {
    f.enqueue(0..12).await;
    for n in 0..3 {
        let claim = f.claim(3).await.unwrap();
        f.settle_all(&claim, &completed(&format!("{n}"))).await;
        f.advance(40 * DAY_MS).await;
    }
    assert_eq!(prune(&f).await.remove("music_ai_queue"), Some(3));
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.completed, counts.total()), (3, 6, 9));
    for (status, n) in [("pending", 3), ("completed", 6)] {
        let counted = format!("select count(*) from music_ai_queue where status = '{status}'");
        assert_eq!(f.database.number(&counted).await, Some(n));
    }
}

pub async fn a_step_is_small_and_a_page_of_what_stays_does_not_end_the_walk(f: Fixture) {
    f.enqueue(0..12_500).await;
    f.database
        .execute(
            "update music_ai_queue set status = case when id <= 10100 then 'failed' else 'completed' end,
                 processed_at = (select ms from clock)",
        )
        .await;
    f.enqueue(20_000..20_001).await;
    let claim = f.claim(1).await.unwrap();
    for n in 0..700 {
        f.ask(&intent(&claim, &format!("{n}"))).await;
    }
    f.enqueue(20_001..20_002).await;
    let over = asked(&f, 1, "over").await;
    f.settle_all(&over, &completed("Over")).await;
    f.advance(91 * DAY_MS).await;
    let steps = steps(&f).await;
    assert!(steps.iter().all(|(_, pruned)| pruned.rows <= 1_000));
    let of = |of: Aging| {
        let rows = |(table, pruned): &(Aging, Pruned)| (*table == of).then_some(pruned.rows);
        steps.iter().filter_map(rows).sum::<u64>()
    };
    assert_eq!((of(Aging::Queue), of(Aging::Calls)), (2_401, 1));
    assert!(steps.len() < 20, "{} steps", steps.len());
}

pub async fn a_link_that_is_shared_again_after_its_place_was_pruned_is_counted_and_not_worked_on_again(f: Fixture) {
    f.enqueue(0..3).await;
    let claim = f.claim(3).await.unwrap();
    let verdicts =
        vec![(0, completed("Harbour")), (1, Verdict::NoMusic("a talk".into(), by())), (2, completed("Tide"))];
    f.store.settle(&claim.lease, &settlement(verdicts), true).await.unwrap();
    f.advance(91 * DAY_MS).await;
    prune(&f).await;
    assert_eq!(f.store.counts().await.unwrap().total(), 0);
    let mut again = vec![link(0), link(1), link(3)];
    again[0].priority = 9;
    use liner::store::Enqueued::{Known, Queued};
    assert_eq!(f.store.enqueue(&again).await.unwrap(), [Known, Known, Queued]);
    let shared = "select share_count from music_library where platform_id = 'id0'";
    assert_eq!(f.database.number(shared).await, Some(2));
    let claim = f.claim(10).await.unwrap();
    assert_eq!(claim.tracks.len(), 1, "what is new is worked on, and nothing else");
    let (entry, _) = f.store.library_entry(&key(0)).await.unwrap().unwrap();
    assert_eq!(entry.processing_status, "ai_completed");
}

pub async fn an_entry_whose_place_was_pruned_is_queued_again_when_it_lacks_a_field_or_a_replay_knows_better(
    f: Fixture,
) {
    f.enqueue(0..2).await;
    let claim = f.claim(2).await.unwrap();
    f.settle_all(&claim, &completed("Harbour")).await;
    f.advance(91 * DAY_MS).await;
    prune(&f).await;
    let replay = f.store.claim_these(&f.host, &[key(0)], 1).await.unwrap().unwrap();
    assert_eq!(replay.tracks[0].key, key(0));
    f.settle_all(&replay, &completed("Harbor")).await;
    assert_eq!(f.store.requeue_missing(Field::Genres).await.unwrap(), 2);
    assert_eq!(f.pending().await, 2);
}

pub async fn hosts_that_prune_at_once_are_not_in_each_others_way(f: Fixture) {
    f.enqueue(0..5_000).await;
    f.database.execute("update music_ai_queue set status = 'completed', processed_at = (select ms from clock)").await;
    f.advance(91 * DAY_MS).await;
    let others = [f.database.store().await, f.database.store().await];
    let walk = async |store: &std::sync::Arc<dyn liner::store::Store>| {
        let (mut place, mut deleted) = (Some(Place::default()), 0);
        while let Some(here) = place {
            let pruned = store.prune(AGE, &here).await.unwrap();
            (place, deleted) = (pruned.next, deleted + pruned.rows);
        }
        deleted
    };
    let deleted = tokio::join!(walk(&f.store), walk(&others[0]), walk(&others[1]));
    assert_eq!((deleted.0 + deleted.1 + deleted.2, rows(&f, "music_ai_queue").await), (5_000, 0));
    assert_eq!(f.store.counts().await.unwrap().total(), 0);
}
