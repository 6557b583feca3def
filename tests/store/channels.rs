//! Channels: whose they are, which of their posts are new, and where a sync goes on.

use crate::fixture::{Fixture, link};
use liner::store::{Begun, ChannelClaim, ChannelState, LATE_POST_MS, NewPost, SYNC_LEASE_MS, TakenPosts};
use std::time::Duration;

const HOUR: i64 = 3_600_000;
const INTERVAL: Duration = Duration::from_secs(900);

/// When a post was made, in hours before the test's noon.
fn post(id: &str, hours: i64, links: &[usize]) -> NewPost {
    let links = links.iter().map(|n| link(*n)).collect();
    NewPost { id: id.into(), at: crate::fixture::NOON - hours * HOUR, links }
}

async fn begin(f: &Fixture) -> ChannelClaim {
    match f.store.begin_sync("music", None).await.unwrap() {
        Begun::Claimed(claim) => claim,
        other => panic!("{other:?}"),
    }
}

async fn take(f: &Fixture, claim: &mut ChannelClaim, posts: &[NewPost], cursor: Option<&str>) -> TakenPosts {
    f.store.take_posts(claim, posts, cursor).await.unwrap().unwrap()
}

/// A sync that reads one page and comes to its end.
async fn sync(f: &Fixture, posts: &[NewPost]) -> TakenPosts {
    let mut claim = begin(f).await;
    let taken = take(f, &mut claim, posts, None).await;
    assert!(f.store.caught_up(&mut claim).await.unwrap());
    f.store.end_sync(&claim, None).await.unwrap();
    taken
}

async fn state(f: &Fixture) -> ChannelState {
    f.store.channel("music").await.unwrap().unwrap()
}

async fn shares(f: &Fixture, n: usize) -> Option<i64> {
    f.database.number(&format!("select share_count from music_library where platform_id = 'id{n}'")).await
}

pub async fn a_channel_is_synced_by_one_at_a_time_and_by_another_when_nothing_is_heard_of_that_one(f: Fixture) {
    assert_eq!(f.store.channel("music").await.unwrap(), None);
    let mut first = begin(&f).await;
    assert!(state(&f).await.is_running);
    assert_eq!(f.store.begin_sync("music", None).await.unwrap(), Begun::Running);
    assert!(matches!(f.store.begin_sync("other", None).await.unwrap(), Begun::Claimed(_)));
    f.advance(SYNC_LEASE_MS - 1).await;
    take(&f, &mut first, &[], Some("p2")).await;
    f.advance(SYNC_LEASE_MS - 1).await;
    assert_eq!(f.store.begin_sync("music", None).await.unwrap(), Begun::Running, "every page extends the claim");
    f.advance(1).await;
    let second = begin(&f).await;
    assert_eq!(second.cursor.as_deref(), Some("p2"));
    assert_eq!(f.store.take_posts(&mut first, &[post("a", 1, &[0])], None).await.unwrap(), None);
    assert!(!f.store.caught_up(&mut first).await.unwrap());
    f.store.end_sync(&first, Some("late")).await.unwrap();
    let state = state(&f).await;
    assert!(state.is_running && state.ok && state.is_behind, "who lost the claim changes nothing: {state:?}");
    assert_eq!((shares(&f, 0).await, state.posts), (None, 0));
}

pub async fn a_channel_that_was_synced_rests_until_its_interval_is_over_unless_someone_asks(f: Fixture) {
    let claimed = |begun: Begun| matches!(begun, Begun::Claimed(_));
    assert!(claimed(f.store.begin_sync("music", Some(INTERVAL)).await.unwrap()));
    f.advance(SYNC_LEASE_MS).await;
    sync(&f, &[]).await;
    f.advance(899_999).await;
    assert_eq!(f.store.begin_sync("music", Some(INTERVAL)).await.unwrap(), Begun::Rested);
    let asked = begin(&f).await;
    f.store.end_sync(&asked, None).await.unwrap();
    f.advance(1).await;
    assert_eq!(f.store.begin_sync("music", Some(INTERVAL)).await.unwrap(), Begun::Rested, "it was synced meanwhile");
    f.advance(899_999).await;
    assert!(claimed(f.store.begin_sync("music", Some(INTERVAL)).await.unwrap()));
}

pub async fn every_post_is_a_share_and_a_post_that_is_known_is_none(f: Fixture) {
    let page = [post("c", 1, &[0, 1]), post("b", 2, &[0]), post("a", 3, &[])];
    assert_eq!(sync(&f, &page).await, TakenPosts { posts: 3, links: 3, queued: 2 });
    assert_eq!(sync(&f, &page).await, TakenPosts::default());
    let twice = [post("d", 0, &[1]), post("d", 0, &[1])];
    assert_eq!(sync(&f, &twice).await, TakenPosts { posts: 1, links: 1, queued: 0 });
    assert_eq!((shares(&f, 0).await, shares(&f, 1).await), (Some(2), Some(2)));
    let batch = f.claim(1).await.unwrap();
    assert_eq!(batch.tracks[0].key, crate::fixture::key(0), "it was shared twice first");
    let state = state(&f).await;
    assert_eq!((state.posts, state.links, state.ok), (4, 4, true));
}

pub async fn a_sync_that_ends_midway_is_gone_on_with_and_counts_no_share_twice(f: Fixture) {
    sync(&f, &[post("a", 9, &[0])]).await;
    let mut claim = begin(&f).await;
    let first = [post("d", 1, &[0]), post("c", 2, &[0])];
    take(&f, &mut claim, &first, Some("p2")).await;
    f.store.end_sync(&claim, Some("the server answers 500")).await.unwrap();
    let failed = state(&f).await;
    assert_eq!((failed.ok, failed.error.as_deref()), (false, Some("the server answers 500")));
    assert_eq!(failed.last_cast_at, Some(post("", 9, &[]).at), "nothing is passed over");
    assert!(failed.is_behind);

    let mut claim = begin(&f).await;
    assert_eq!((claim.cursor.as_deref(), claim.mark), (Some("p2"), Some(post("", 9, &[]).at)));
    let second = [post("c", 2, &[0]), post("b", 3, &[0]), post("a", 9, &[0])];
    assert_eq!(take(&f, &mut claim, &second, Some("p3")).await.posts, 1);
    assert!(f.store.caught_up(&mut claim).await.unwrap());
    assert_eq!((claim.mark, claim.cursor.as_ref()), (Some(post("", 1, &[]).at), None));
    f.store.end_sync(&claim, None).await.unwrap();
    assert_eq!(shares(&f, 0).await, Some(4));
    assert!(!state(&f).await.is_behind);
}

pub async fn posts_are_forgotten_when_they_can_be_taken_for_new_no_more(f: Fixture) {
    let day = LATE_POST_MS / HOUR;
    sync(&f, &[post("b", 2 * day, &[0]), post("a", 2 * day + 1, &[0])]).await;
    sync(&f, &[post("late", 2 * day + 2, &[1])]).await;
    assert_eq!(shares(&f, 1).await, Some(1), "a post may come late");
    sync(&f, &[post("c", day, &[])]).await;
    assert_eq!(f.database.texts("select post from channel_post order by post").await, ["c"]);
    assert_eq!(sync(&f, &[post("b", 2 * day, &[0])]).await, TakenPosts::default());
    assert_eq!(shares(&f, 0).await, Some(2));
    assert_eq!(state(&f).await.last_cast_at, Some(post("", day, &[]).at), "the mark only moves forward");
}

pub async fn a_post_that_has_no_date_is_remembered_as_long_as_it_is_there(f: Fixture) {
    // One without a date is as young as the sync that sees it.
    let day = LATE_POST_MS / HOUR;
    sync(&f, &[post("a", 3 * day, &[0])]).await;
    sync(&f, &[post("a", 0, &[0]), post("b", 0, &[])]).await;
    assert_eq!(shares(&f, 0).await, Some(1));
    assert_eq!(f.database.texts("select post from channel_post order by post").await, ["a", "b"]);
}

pub async fn pages_taken_while_the_same_links_are_queued_count_every_share(f: Fixture) {
    let mut claim = begin(&f).await;
    let posts: Vec<NewPost> = (0..50).map(|n| post(&format!("p{n}"), 0, &[n % 7, (n + 3) % 7])).collect();
    let links: Vec<_> = (0..50).map(|n| link((50 - n) % 7)).collect();
    let (taken, queued) = tokio::join!(f.store.take_posts(&mut claim, &posts, None), f.store.enqueue(&links));
    queued.unwrap();
    assert_eq!(taken.unwrap().unwrap().links, 100);
    assert_eq!(f.database.number("select cast(sum(share_count) as bigint) from music_library").await, Some(150));
}

pub async fn a_page_of_very_many_links_is_taken_in_parts_and_what_is_left_of_it_is_taken_later(f: Fixture) {
    let page: Vec<NewPost> = (0..100).map(|n| post(&format!("p{n}"), n, &[0; 50])).collect();
    let mut broken = page.clone();
    broken[0].at = page[99].at;
    f.database.execute("create unique index one_at_a_time on channel_post (at)").await;
    let mut claim = begin(&f).await;
    f.store.take_posts(&mut claim, &broken, Some("p2")).await.unwrap_err();
    f.store.end_sync(&claim, Some("one at a time")).await.unwrap();
    f.database.execute("drop index one_at_a_time").await;
    assert_eq!(state(&f).await.posts, 60, "the oldest are taken, so many links at once");
    assert!(state(&f).await.is_behind);
    let mut claim = begin(&f).await;
    assert_eq!((claim.cursor.as_deref(), claim.mark), (Some(""), None), "the newest page again");
    assert_eq!(take(&f, &mut claim, &page, Some("p2")).await, TakenPosts { posts: 40, links: 2_000, queued: 0 });
    assert_eq!(claim.cursor.as_deref(), Some("p2"));
    assert!(f.store.caught_up(&mut claim).await.unwrap());
    assert_eq!((claim.mark, shares(&f, 0).await), (Some(page[0].at), Some(5_000)));
}

pub async fn a_sync_that_is_left_is_gone_on_with_at_once(f: Fixture) {
    sync(&f, &[]).await;
    f.advance(900_000).await;
    let Begun::Claimed(mut claim) = f.store.begin_sync("music", Some(INTERVAL)).await.unwrap() else {
        panic!("it rests")
    };
    let before = claim.clone();
    f.advance(1).await;
    take(&f, &mut claim, &[post("a", 1, &[0])], Some("p2")).await;
    f.store.leave_sync(&before).await.unwrap();
    assert!(state(&f).await.is_running, "who holds it no more cannot leave it");
    f.store.leave_sync(&claim).await.unwrap();
    let Begun::Claimed(next) = f.store.begin_sync("music", Some(INTERVAL)).await.unwrap() else { panic!("it rests") };
    assert_eq!(next.cursor.as_deref(), Some("p2"));
}
