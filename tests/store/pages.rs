//! Pages: which are read, by whom, and what becomes of their tracks.

use crate::fixture::{Fixture, key, link};
use liner::ingest::fetch::Validators;
use liner::ingest::page::Page;
use liner::music::TrackKey;
use liner::store::{NewLink, PAGE_LEASE_MS, PAGE_STALE_MS, PAGE_UNREAD_MS, PageClaim, PageOutcome, SiteState};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// A link of which nothing else is known.
fn bare(n: usize, host: &str) -> NewLink {
    let mut bare = link(n);
    bare.track.og_title = None;
    bare.track.url = Some(format!("https://{host}/{n}"));
    bare
}

async fn queue(f: &Fixture, links: &[NewLink]) {
    f.store.enqueue(links).await.unwrap();
}

async fn claim(f: &Fixture, most: u32) -> Vec<PageClaim> {
    f.store.claim_pages(most, SECOND, false).await.unwrap()
}

fn keys(claims: &[PageClaim]) -> Vec<TrackKey> {
    let mut keys: Vec<TrackKey> = claims.iter().map(|claim| claim.key.clone()).collect();
    keys.sort();
    keys
}

fn validators() -> Validators {
    Validators { etag: Some("\"1\"".into()), last_modified: Some("then".into()) }
}

fn read(title: &str) -> PageOutcome {
    let mut page = Page { og_title: Some(title.into()), og_artist: Some("Ada Lane".into()), ..Page::default() };
    page.metadata.insert("og:type".into(), "music.song".into());
    PageOutcome::Read { page: Box::new(page), validators: validators() }
}

fn unread(again: Option<Duration>, goes_on: bool) -> PageOutcome {
    PageOutcome::Unread { failure: "the server answers 503".into(), again, counts: true, goes_on }
}

async fn settle(f: &Fixture, claim: &PageClaim, outcome: &PageOutcome) -> bool {
    f.store.settle_page(claim, outcome, SiteState::Answers).await.unwrap()
}

pub async fn a_bare_links_page_is_claimed_once_and_what_it_says_lets_the_track_go_on(f: Fixture) {
    let mut shared = bare(0, "a.example");
    shared.track.shared_text = Some("listen".into());
    queue(&f, &[shared, link(1)]).await;
    assert!(f.store.next_page().await.unwrap().unwrap() <= 0);
    let claims = claim(&f, 10).await;
    assert_eq!(keys(&claims), [key(0)], "the other one brought what it says along");
    assert_eq!((claims[0].url.as_str(), claims[0].shared_text.as_deref()), ("https://a.example/0", Some("listen")));
    assert!(claim(&f, 10).await.is_empty());
    assert!(settle(&f, &claims[0], &read("Harbour")).await);
    let batch = f.claim(10).await.unwrap();
    let track = batch.tracks.iter().find(|track| track.key == key(0)).unwrap();
    assert_eq!((track.og_title.as_deref(), track.og_artist.as_deref()), (Some("Harbour"), Some("Ada Lane")));
    assert_eq!(track.og_metadata, r#"{"og:type":"music.song"}"#);
    assert_eq!(
        f.database.texts("select processing_status from music_library where og_title = 'Harbour'").await,
        ["og_fetched"]
    );
    assert_eq!(f.store.next_page().await.unwrap(), None);
}

pub async fn a_site_is_asked_for_one_page_at_a_time_the_most_urgent_first(f: Fixture) {
    let popular = NewLink { priority: 5, ..bare(2, "a.example") };
    queue(&f, &[bare(0, "ada.a.example"), bare(1, "b.example"), popular, bare(3, "bo.a.example")]).await;
    queue(&f, &[bare(3, "bo.a.example")]).await;
    let first = claim(&f, 10).await;
    assert_eq!(keys(&first), [key(1), key(2)]);
    assert!(claim(&f, 10).await.is_empty(), "both sites rest");
    assert!(settle(&f, first.iter().find(|claim| claim.key == key(2)).unwrap(), &read("Harbour")).await);
    f.advance(999).await;
    assert!(claim(&f, 10).await.is_empty());
    assert_eq!(f.store.next_page().await.unwrap(), Some(1));
    f.advance(1).await;
    let second = claim(&f, 10).await;
    assert_eq!(keys(&second), [key(3)], "it was shared twice");
    f.store.settle_page(&second[0], &read("Tide"), SiteState::Away(60 * SECOND)).await.unwrap();
    f.advance(59_999).await;
    assert!(claim(&f, 10).await.is_empty(), "the site wants to be left alone");
    f.advance(1).await;
    assert_eq!(keys(&claim(&f, 10).await), [key(0)]);
}

pub async fn a_page_that_cannot_be_had_is_tried_again_and_then_leaves_its_track_with_what_is_known(f: Fixture) {
    queue(&f, &[bare(0, "a.example"), bare(1, "b.example")]).await;
    let first = claim(&f, 10).await;
    for claim in &first {
        assert!(settle(&f, claim, &unread(Some(60 * SECOND), false)).await);
    }
    f.advance(59_999).await;
    assert!(claim(&f, 10).await.is_empty());
    f.advance(1).await;
    let second = claim(&f, 10).await;
    assert_eq!(second.iter().map(|claim| claim.attempts).collect::<Vec<_>>(), [1, 1]);
    for claim in &second {
        assert!(settle(&f, claim, &unread(None, claim.key == key(0))).await);
    }
    f.advance(10 * PAGE_LEASE_MS).await;
    assert!(claim(&f, 10).await.is_empty());
    assert_eq!(f.store.counts().await.unwrap().waiting["page"], 1);
    let batch = f.claim(10).await.unwrap();
    assert_eq!(batch.tracks.iter().map(|track| track.key.clone()).collect::<Vec<_>>(), [key(0)]);
    let reasons = f.database.texts("select error_message from music_ai_queue order by id").await;
    assert_eq!(reasons, ["its page cannot be had: the server answers 503"; 2]);
}

pub async fn a_page_that_was_not_settled_is_claimed_again_and_the_first_claim_settles_nothing(f: Fixture) {
    queue(&f, &[bare(0, "a.example")]).await;
    let lost = claim(&f, 10).await;
    f.advance(PAGE_LEASE_MS - 1).await;
    assert!(claim(&f, 10).await.is_empty());
    f.advance(1).await;
    let taken = claim(&f, 10).await;
    assert_eq!(keys(&taken), [key(0)]);
    assert!(!settle(&f, &lost[0], &read("Late")).await);
    assert_eq!(f.store.library_entry(&key(0)).await.unwrap().unwrap().0.og_title, None);
    assert!(settle(&f, &taken[0], &read("Harbour")).await);
    assert!(!settle(&f, &taken[0], &read("Twice")).await);
    assert_eq!(f.store.library_entry(&key(0)).await.unwrap().unwrap().0.og_title.as_deref(), Some("Harbour"));
}

pub async fn a_page_is_read_again_when_its_link_is_shared_long_after(f: Fixture) {
    let links = [bare(0, "a.example"), bare(1, "b.example")];
    queue(&f, &links).await;
    let claims = claim(&f, 10).await;
    for claim in &claims {
        let outcome = if claim.key == key(0) { read("Harbour") } else { unread(None, true) };
        assert!(settle(&f, claim, &outcome).await);
    }
    f.advance(PAGE_UNREAD_MS).await;
    queue(&f, &links).await;
    assert!(claim(&f, 10).await.is_empty(), "a day ago is not long");
    f.advance(1).await;
    queue(&f, &links).await;
    let again = claim(&f, 10).await;
    assert_eq!((keys(&again), again[0].attempts), (vec![key(1)], 0));
    assert!(settle(&f, &again[0], &unread(None, true)).await);
    f.advance(PAGE_STALE_MS).await;
    queue(&f, &links[..1]).await;
    let stale = claim(&f, 10).await;
    assert_eq!((keys(&stale), &stale[0].validators), (vec![key(0)], &validators()));
    assert!(settle(&f, &stale[0], &PageOutcome::Unchanged).await);
    queue(&f, &links[..1]).await;
    assert!(claim(&f, 10).await.is_empty());
    assert_eq!(f.store.library_entry(&key(0)).await.unwrap().unwrap().0.og_title.as_deref(), Some("Harbour"));
}

pub async fn pages_that_cannot_be_had_are_listed_and_wanted_again(f: Fixture) {
    queue(&f, &[bare(0, "a.example"), bare(1, "b.example")]).await;
    for claim in claim(&f, 10).await {
        assert!(settle(&f, &claim, &unread(None, claim.key == key(1))).await);
    }
    let listed = f.store.unread_pages(10).await.unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!((listed[0].failure.as_str(), listed[0].attempts), ("the server answers 503", 1));
    assert_eq!(f.store.retry_pages(Some(&[key(1), key(9)])).await.unwrap(), 1);
    assert!(f.claim(10).await.is_none(), "it waits for its page again");
    f.advance(1_000).await;
    let again = claim(&f, 10).await;
    assert_eq!(keys(&again), [key(1)]);
    assert_eq!(f.store.retry_pages(None).await.unwrap(), 1, "one is being read");
    assert!(settle(&f, &again[0], &unread(None, true)).await);
    assert_eq!(f.store.retry_pages(None).await.unwrap(), 2);
}

pub async fn no_page_is_claimed_while_the_operator_has_paused(f: Fixture) {
    queue(&f, &[bare(0, "a.example")]).await;
    f.store.pause("test", None).await.unwrap();
    assert!(claim(&f, 10).await.is_empty());
    assert_eq!(f.store.claim_pages(10, SECOND, true).await.unwrap().len(), 1);
}

pub async fn pages_claimed_at_once_are_claimed_once(f: Fixture) {
    let links: Vec<NewLink> = (0..40).map(|n| bare(n, &format!("{n}.example"))).collect();
    queue(&f, &links).await;
    let claims = futures_util::future::join_all((0..8).map(|_| claim(&f, 10))).await.concat();
    let mut claimed = keys(&claims);
    claimed.dedup();
    assert_eq!(claimed.len(), claims.len());
    let rest = claim(&f, 100).await.len();
    assert_eq!(claims.len() + rest, 40);
}

pub async fn pages_that_are_given_back_are_due_at_once_and_their_claims_settle_nothing(f: Fixture) {
    queue(&f, &[bare(0, "a.example"), bare(1, "b.example")]).await;
    let held = claim(&f, 10).await;
    assert!(settle(&f, &held[0], &read("Harbour")).await);
    f.store.return_pages(&held).await.unwrap();
    f.advance(1_000).await;
    let again = claim(&f, 10).await;
    assert_eq!(keys(&again), [held[1].key.clone()], "the other one was settled");
    assert!(!settle(&f, &held[1], &read("Late")).await);
}

pub async fn how_long_a_site_is_away_is_known_until_it_answers(f: Fixture) {
    queue(&f, &[bare(0, "a.example")]).await;
    let mut away = Vec::new();
    for state in
        [SiteState::Away(SECOND), SiteState::Unknown, SiteState::Away(SECOND), SiteState::Answers, SiteState::Unknown]
    {
        let claims = claim(&f, 1).await;
        away.push(claims[0].site_away.as_secs());
        f.store.settle_page(&claims[0], &unread(Some(SECOND), false), state).await.unwrap();
        f.advance(2_000).await;
    }
    away.push(claim(&f, 1).await[0].site_away.as_secs());
    assert_eq!(away, [0, 2, 4, 6, 0, 0]);
}

pub async fn links_that_waited_before_pages_were_read_have_theirs_read(f: Fixture) {
    queue(&f, &[bare(0, "a.example"), bare(1, "b.example"), link(2)]).await;
    f.database.execute("delete from page_fetch; delete from page_site").await;
    assert!(claim(&f, 10).await.is_empty());
    assert_eq!(f.store.want_waiting_pages().await.unwrap(), 2);
    assert_eq!(keys(&claim(&f, 10).await), [key(0), key(1)]);
    assert_eq!(f.store.want_waiting_pages().await.unwrap(), 0);
}

pub async fn pages_are_settled_while_the_same_links_are_queued_again(f: Fixture) {
    let links: Vec<NewLink> = (0..40).map(|n| bare(n, &format!("{n}.example"))).collect();
    queue(&f, &links).await;
    let claims = claim(&f, 40).await;
    let sharing = async {
        for _ in 0..10 {
            queue(&f, &links).await;
        }
    };
    let settling =
        futures_util::future::join_all(claims.iter().map(|claim| async { settle(&f, claim, &read("Tide")).await }));
    let claiming = async {
        for _ in 0..10 {
            claim(&f, 40).await;
            f.advance(1).await;
        }
    };
    let ((), settled, ()) = tokio::join!(sharing, settling, claiming);
    assert!(settled.into_iter().all(|settled| settled));
}
