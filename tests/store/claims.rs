//! Ways in, and what a claim takes.

use crate::fixture::{Fixture, halved, ids, key, link};
use liner::music::Track;
use liner::store::{Enqueued, NewLink, Verdict, Waiting, Want};
use std::collections::HashSet;

pub async fn the_same_link_again_is_not_queued_twice_but_rises_in_priority(f: Fixture) {
    f.enqueue(0..2).await;
    assert_eq!(f.store.enqueue(&[link(1)]).await.unwrap(), [Enqueued::Known]);
    assert_eq!(f.pending().await, 2);
    assert_eq!(ids(&f.claim(1).await.unwrap()), ["id1"]);
    let (entry, _) = f.store.library_entry(&key(1)).await.unwrap().unwrap();
    assert_eq!(entry.share_count, 2);
}

pub async fn a_claim_takes_no_more_than_asked_by_priority_and_then_age_and_no_track_twice(f: Fixture) {
    f.enqueue(0..5).await;
    f.store.enqueue(&[NewLink { priority: 5, ..link(9) }]).await.unwrap();
    let first = f.claim(4).await.unwrap();
    assert_eq!(ids(&first), ["id9", "id0", "id1", "id2"]);
    assert!(first.full);
    let second = f.claim(4).await.unwrap();
    assert_eq!(ids(&second), ["id3", "id4"]);
    assert!(!second.full);
    assert!(f.claim(4).await.is_none());
}

pub async fn low_priorities_do_not_starve(f: Fixture) {
    f.enqueue(0..1).await;
    f.advance(1_000).await;
    let urgent: Vec<NewLink> = (10..40).map(|n| NewLink { priority: 10, ..link(n) }).collect();
    f.store.enqueue(&urgent).await.unwrap();
    assert!(ids(&f.claim(20).await.unwrap()).contains(&"id0"), "two of twenty are taken by age alone");
}

pub async fn a_batch_that_fails_as_a_whole_comes_back_in_halves(f: Fixture) {
    f.enqueue(0..20).await;
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

pub async fn waiting_tracks_are_out_of_the_claims_way_and_cost_no_attempt(f: Fixture) {
    f.enqueue(0..2).await;
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

pub async fn a_bare_link_waits_for_its_page_until_its_metadata_comes(f: Fixture) {
    let mut bare = link(0);
    bare.track.og_title = None;
    f.store.enqueue(&[bare]).await.unwrap();
    assert_eq!(f.store.counts().await.unwrap().waiting.get("page"), Some(&1));
    assert!(f.claim(1).await.is_none());
    f.store.enqueue(&[link(0)]).await.unwrap();
    assert_eq!(f.claim(1).await.unwrap().tracks[0].og_title.as_deref(), Some("Title 0"));
}

pub async fn a_list_that_names_links_twice_queues_each_once(f: Fixture) {
    f.enqueue(0..1).await;
    let results = f.store.enqueue(&[link(1), link(0), link(1), link(2)]).await.unwrap();
    assert_eq!(results, [Enqueued::Queued, Enqueued::Known, Enqueued::Known, Enqueued::Queued]);
    assert_eq!(f.pending().await, 3);
    assert_eq!(ids(&f.claim(3).await.unwrap()), ["id0", "id1", "id2"], "both were shared twice, the last once");
    let (entry, _) = f.store.library_entry(&key(1)).await.unwrap().unwrap();
    assert_eq!(entry.share_count, 2);
}

pub async fn thousands_of_links_are_queued_in_their_order(f: Fixture) {
    let links: Vec<NewLink> = (0..12_000).map(link).collect();
    let results = f.store.enqueue(&links).await.unwrap();
    assert!(results.iter().all(|result| *result == Enqueued::Queued) && results.len() == links.len());
    assert_eq!(ids(&f.claim(3).await.unwrap()), ["id0", "id1", "id2"]);
    let again = f.store.enqueue(&links).await.unwrap();
    assert!(again.iter().all(|result| *result == Enqueued::Known));
    assert_eq!(f.store.counts().await.unwrap().total(), 12_000);
}

pub async fn links_of_two_senders_at_once_are_queued_once(f: Fixture) {
    let forwards: Vec<NewLink> = (0..2_000).map(link).collect();
    let backwards: Vec<NewLink> = (0..2_000).rev().map(link).collect();
    let other = f.database.store().await;
    let (one, two) = tokio::join!(f.store.enqueue(&forwards), other.enqueue(&backwards));
    let queued = one.unwrap().into_iter().chain(two.unwrap()).filter(|result| *result == Enqueued::Queued).count();
    assert_eq!((queued, f.pending().await), (2_000, 2_000));
}

pub async fn one_claim_makes_several_batches(f: Fixture) {
    f.enqueue(0..10).await;
    let claims = f.claims(4, 2).await;
    assert_eq!(
        claims.iter().map(ids).collect::<Vec<_>>(),
        [["id0", "id1", "id2", "id3"], ["id4", "id5", "id6", "id7"]]
    );
    assert!(claims.iter().all(|claim| claim.full));
    let rest = f.claims(4, 2).await;
    assert_eq!(rest.iter().map(ids).collect::<Vec<_>>(), [["id8", "id9"]]);
    assert!(!rest[0].full);
    assert!(f.claims(4, 2).await.is_empty());
}

pub async fn claims_at_once_take_no_track_twice(f: Fixture) {
    f.enqueue(0..300).await;
    let hosts = futures_util::future::join_all((0..4).map(|_| f.database.store())).await;
    let claiming = hosts.iter().map(|store| async {
        let mut taken = Vec::new();
        loop {
            let want = Want { batches: 2, ..Want::one(f.host.clone(), 10, 1) };
            let claims = store.claim(&want).await.unwrap();
            if claims.is_empty() && store.counts().await.unwrap().pending == 0 {
                return taken;
            }
            taken.extend(claims.into_iter().flat_map(|claim| claim.tracks).map(|track| track.key));
        }
    });
    let taken: Vec<_> = futures_util::future::join_all(claiming).await.concat();
    assert_eq!((taken.len(), taken.iter().collect::<HashSet<_>>().len()), (300, 300));
}

pub async fn tracks_that_failed_together_make_nobody_elses_batch_smaller(f: Fixture) {
    f.enqueue(0..4).await;
    let failing = f.claim(4).await.unwrap();
    f.settle_all(&failing, &halved()).await;
    f.enqueue(4..10).await;
    let sizes: Vec<usize> = f.claims(4, 8).await.iter().map(|claim| claim.tracks.len()).collect();
    assert_eq!(sizes, [2, 2, 4, 2], "the four by twos, the six others by fours");
}

pub async fn named_tracks_are_claimed_but_for_those_that_are_being_worked_on(f: Fixture) {
    f.enqueue(0..4).await;
    let worked_on = f.claim(1).await.unwrap();
    let keys = [key(2), key(0), key(9), key(1)];
    let claim = f.store.claim_these(&f.host, &keys, 1).await.unwrap().unwrap();
    assert_eq!((ids(&worked_on), ids(&claim)), (vec!["id0"], vec!["id2", "id1"]));
    assert!(f.store.claim_these(&f.host, &keys, 1).await.unwrap().is_none());
}

pub async fn a_page_that_comes_while_its_bare_link_is_being_queued_lets_the_track_go_on(f: Fixture) {
    let bare = |n| NewLink { track: Track { og_title: None, ..link(n).track }, ..link(n) };
    let links: Vec<NewLink> = (0..2_000).map(bare).collect();
    let pages: Vec<NewLink> = (0..2_000).map(link).collect();
    let other = f.database.store().await;
    let (one, two) = tokio::join!(f.store.enqueue(&links), other.enqueue(&pages));
    assert_eq!((one.unwrap().len(), two.unwrap().len()), (2_000, 2_000));
    let counts = f.store.counts().await.unwrap();
    assert_eq!((counts.pending, counts.waiting.values().sum::<i64>()), (2_000, 0));
}
