//! Leases, hosts that are gone, and the journal.

use crate::fixture::{Fixture, REUSE, answer, completed, ids, intent, link};
use liner::store::{BatchId, CallAnswer, Claim, HostId, Limits, Settlement, StoreError, Stray, Verdict};

pub async fn a_dead_hosts_batch_is_taken_over_with_its_tracks_and_its_paid_replies(f: Fixture) {
    f.enqueue(0..2).await;
    let dead = f.claim(2).await.unwrap();
    let call = intent(&dead, "prompt-1");
    f.store.journal_intent(&call, &Limits::default()).await.unwrap();
    f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    f.store
        .settle(&dead.lease, &Settlement { verdicts: vec![(0, completed("Done"))], ..Settlement::default() }, false)
        .await
        .unwrap();

    let heir = HostId::new();
    assert!(f.store.recover(&heir, &[], Stray::Any).await.unwrap().is_none(), "the lease still holds");
    f.advance(45_001).await;
    let claim = f.store.recover(&heir, &[], Stray::Any).await.unwrap().unwrap();
    assert_eq!((claim.tracks.clone(), claim.root.clone()), (dead.tracks.clone(), dead.id().clone()));
    assert_eq!(claim.open, [false, true], "what was settled stays settled");
    let reply = f.store.journalled_reply("prompt-1", &claim.root, &[], REUSE).await.unwrap().unwrap();
    assert_eq!(reply.reply.text, "[]");
    let late = Settlement { verdicts: vec![(1, completed("Late"))], ..Settlement::default() };
    assert!(matches!(f.store.settle(&dead.lease, &late, true).await, Err(StoreError::Fenced(_))));
    assert!(matches!(f.store.renew(dead.id()).await, Err(StoreError::Fenced(_))));
    f.store
        .settle(&claim.lease, &Settlement { verdicts: vec![(1, completed("Second"))], ..Settlement::default() }, true)
        .await
        .unwrap();
    assert_eq!(f.store.counts().await.unwrap().completed, 2);
}

pub async fn a_renewed_lease_is_not_taken_over(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    for _ in 0..5 {
        f.advance(30_000).await;
        f.store.renew(claim.id()).await.unwrap();
    }
    assert!(f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().is_none());
}

pub async fn a_track_that_takes_the_host_down_each_time_fails_in_the_end(f: Fixture) {
    f.enqueue(0..1).await;
    f.claim(1).await.unwrap();
    for _ in 2..=5 {
        f.advance(45_001).await;
        assert!(f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().is_some());
    }
    f.advance(45_001).await;
    assert!(f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().is_none());
    assert_eq!(f.store.counts().await.unwrap().failed, 1);
}

pub async fn a_reply_answers_the_same_prompt_again_only_if_it_decided_all_or_was_never_read(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    let call = intent(&claim, "p");
    f.store.journal_intent(&call, &Limits::default()).await.unwrap();
    let stranger = BatchId::new();
    assert!(f.store.journalled_reply("p", &stranger, &[], REUSE).await.unwrap().is_none(), "not answered yet");
    f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    assert!(f.store.journalled_reply("p", &stranger, &[], REUSE).await.unwrap().is_some(), "paid, and never read");
    for (decided_all, reusable) in [(false, false), (true, true)] {
        let settlement = Settlement { interpreted: vec![(call.id.clone(), decided_all)], ..Settlement::default() };
        f.store.settle(&claim.lease, &settlement, false).await.unwrap();
        assert_eq!(f.store.journalled_reply("p", &stranger, &[], REUSE).await.unwrap().is_some(), reusable);
        assert!(
            f.store.journalled_reply("p", &claim.root, &[], REUSE).await.unwrap().is_some(),
            "its own batch always finds it"
        );
    }
    let read = [call.id.clone()];
    assert!(
        f.store.journalled_reply("p", &claim.root, &read, REUSE).await.unwrap().is_none(),
        "asked again, it is answered anew"
    );
    let failed = intent(&claim, "q");
    f.store.journal_intent(&failed, &Limits::default()).await.unwrap();
    f.store.journal_answer(&failed.id, &CallAnswer::error("529")).await.unwrap();
    assert!(f.store.journalled_reply("q", &claim.root, &[], REUSE).await.unwrap().is_none());
}

pub async fn a_late_settlement_does_not_say_what_a_reply_was_worth(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    let call = intent(&claim, "p");
    f.ask(&call).await;
    f.store.journal_answer(&call.id, &answer("[]")).await.unwrap();
    f.advance(45_001).await;
    f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().unwrap();
    let late = Settlement { interpreted: vec![(call.id.clone(), false)], ..Settlement::default() };
    assert!(matches!(f.store.settle(&claim.lease, &late, true).await, Err(StoreError::Fenced(_))));
    let found = f.store.journalled_reply("p", &BatchId::new(), &[], REUSE).await.unwrap();
    assert!(found.is_some(), "whoever took the batch over has not read it yet");
}

pub async fn a_batch_that_is_being_worked_on_is_not_taken_over_by_who_works_on_it(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    f.advance(3_600_000).await;
    assert!(f.store.recover(&f.host, &[claim.id().clone()], Stray::Any).await.unwrap().is_none(), "the clock jumped");
    f.store.renew(claim.id()).await.unwrap();
    f.settle_all(&claim, &completed("Done")).await;
    assert_eq!(f.store.counts().await.unwrap().completed, 1);
}

pub async fn a_batch_whose_claim_was_never_heard_of_is_its_hosts_again_at_once_and_costs_no_attempt(f: Fixture) {
    f.enqueue(0..2).await;
    let (held, stray) = (f.claim(1).await.unwrap(), f.claim(1).await.unwrap());
    assert!(f.store.recover(&HostId::new(), &[], Stray::Own).await.unwrap().is_none(), "it is not another's");
    let taken = f.store.recover(&f.host, &[held.id().clone()], Stray::Own).await.unwrap().unwrap();
    assert_eq!((&taken.tracks, &taken.root), (&stray.tracks, stray.id()));
    let all = [held.id().clone(), taken.id().clone()];
    assert!(f.store.recover(&f.host, &all, Stray::Own).await.unwrap().is_none());
    assert_eq!(f.database.number("select max(retry_count) from music_ai_queue").await, Some(1));
}

pub async fn a_host_that_was_gone_for_a_while_leaves_the_others_batches_alone(f: Fixture) {
    f.enqueue(0..1).await;
    f.claim(1).await.unwrap();
    f.advance(45_001).await;
    assert!(f.store.recover(&HostId::new(), &[], Stray::Own).await.unwrap().is_none());
}

pub async fn a_lost_batch_is_taken_over_by_one_host_alone(f: Fixture) {
    f.enqueue(0..40).await;
    let lost = f.claims(10, 4).await;
    f.advance(45_001).await;
    let hosts = futures_util::future::join_all((0..4).map(|_| f.database.store())).await;
    let taken = futures_util::future::join_all(hosts.iter().map(|store| async {
        let (host, mut taken) = (HostId::new(), Vec::<Claim>::new());
        loop {
            let held: Vec<BatchId> = taken.iter().map(|claim| claim.id().clone()).collect();
            match store.recover(&host, &held, Stray::Any).await.unwrap() {
                Some(claim) => taken.push(claim),
                None => return taken,
            }
        }
    }));
    let taken = taken.await.concat();
    let mut roots: Vec<&str> = taken.iter().map(|claim| claim.root.as_str()).collect();
    roots.sort_unstable();
    assert_eq!(roots, lost.iter().map(|claim| claim.id().as_str()).collect::<Vec<_>>());
    assert!(taken.iter().all(|claim| ids(claim).len() == 10));
}

pub async fn a_question_is_journalled_once_and_what_it_shares_with_others_is_kept_once(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    let (one, two) = (intent(&claim, "p"), intent(&claim, "q"));
    for call in [&one, &one, &two] {
        f.ask(call).await;
    }
    assert_eq!(f.database.number("select count(*) from model_call").await, Some(2));
    assert_eq!(f.database.number("select count(*) from prompt_frame where system = 's'").await, Some(1));
    f.store.journal_answer(&one.id, &answer("first")).await.unwrap();
    f.store.journal_answer(&one.id, &answer("again")).await.unwrap();
    let reply = f.store.journalled_reply("p", &claim.root, &[], REUSE).await.unwrap().unwrap();
    assert_eq!(reply.reply.text, "first");
}

pub async fn calls_that_were_possibly_paid_twice_are_counted(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    let (answered, lost) = (intent(&claim, "p"), intent(&claim, "q"));
    f.ask(&answered).await;
    f.ask(&lost).await;
    f.store.journal_answer(&answered.id, &answer("[]")).await.unwrap();
    assert_eq!(f.store.lost_calls().await.unwrap(), 0, "its host may yet write the other down");
    f.advance(45_001).await;
    f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().unwrap();
    assert_eq!(f.store.lost_calls().await.unwrap(), 1);
    f.store.journal_answer(&lost.id, &answer("[]")).await.unwrap();
    assert_eq!(
        f.store.lost_calls().await.unwrap(),
        1,
        "a late answer does not unsay that it may have been asked again"
    );
}

pub async fn calls_of_a_batch_that_ends_without_their_answers_are_counted_too(f: Fixture) {
    f.enqueue(0..1).await;
    let claim = f.claim(1).await.unwrap();
    let budget = Limits { daily_micros: 1_000, ..Limits::default() };
    f.store.journal_intent(&intent(&claim, "p"), &budget).await.unwrap();
    f.store.settle(&claim.lease, &Settlement::default(), true).await.unwrap();
    f.store.give_up_calls(claim.id()).await.unwrap();
    f.store.give_up_calls(claim.id()).await.unwrap();
    assert_eq!(f.store.lost_calls().await.unwrap(), 1);
    let used = f.store.provider_use("anthropic").await.unwrap();
    assert_eq!((used.reserved_micros, used.today_micros), (0, 40), "what was set aside is taken for spent, once");
}

pub async fn a_batch_that_is_taken_over_is_shown_its_pages_as_they_were(f: Fixture) {
    f.enqueue(0..2).await;
    let lost = f.claim(2).await.unwrap();
    let mut more = link(1);
    (more.track.og_artist, more.track.shared_text) = (Some("Ada Lane".into()), Some("a favourite".into()));
    f.store.enqueue(&[more.clone()]).await.unwrap();
    f.advance(45_001).await;
    f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().unwrap();
    f.advance(45_001).await;
    let taken = f.store.recover(&HostId::new(), &[], Stray::Any).await.unwrap().unwrap();
    assert_eq!(taken.tracks, lost.tracks, "also when it is lost again");
    f.settle_all(&taken, &Verdict::Failed("again".into())).await;
    f.advance(3_600_000).await;
    assert!(f.claim(2).await.unwrap().tracks.contains(&more.track), "a new claim sees it as it is");
    assert_eq!(f.store.settled_batches(0, None, 10).await.unwrap()[0].tracks, taken.tracks, "a replay as it was");
}
