//! Syncs on both databases, through a client that does what the test says.

use crate::NOON;
use liner::config::SyncSettings;
use liner::crawl::{SyncError, Synced, Syncer};
use liner::ingest::channels::{Channel, NeynarSettings};
use liner::ingest::fetch::{Fault, Fetch};
use liner::secret::Secret;
use liner::store::{ChannelState, HostId, SYNC_LEASE_MS, Store, Want};
use liner_tests::{Database, FarcasterChannel, Kind, ScriptedFetch, eventually};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const MINUTE: i64 = 60_000;
const SONG: &str = "https://youtu.be/dQw4w9WgXcQ";
const FEED: &str = "https://blog.example/feed";

struct Fixture {
    database: Database,
    store: Arc<dyn Store>,
    channel: Arc<FarcasterChannel>,
    ready: AtomicUsize,
}

impl Fixture {
    async fn new(kind: Kind) -> Option<Self> {
        let database = Database::new(kind).await?;
        database.stop_clock(NOON).await;
        let store = database.store().await;
        Some(Self { database, store, channel: Arc::new(FarcasterChannel::paged(10)), ready: AtomicUsize::new(0) })
    }

    /// Posts the song so many times, a minute apart; the oldest so many minutes before noon.
    fn cast(&self, count: i64, minutes: i64) {
        for n in 0..count {
            let minute = minutes - n;
            self.channel.cast(&format!("0x{minute}"), NOON - minute * MINUTE, &format!("listen {SONG}"), &[], 0);
        }
    }

    /// A client that reads the channel, unless `fails` says otherwise of a request.
    fn client(&self, fails: impl Fn(usize) -> Option<Fault> + Send + Sync + 'static) -> Arc<ScriptedFetch> {
        let channel = self.channel.clone();
        ScriptedFetch::new(move |before, url| fails(before).map_or_else(|| Ok(channel.answer(url)), Err))
    }

    fn syncer(&self, fetch: &Arc<ScriptedFetch>, most_posts: u64) -> Syncer {
        let fetch: Arc<dyn Fetch> = fetch.clone();
        Syncer::new(self.store.clone(), fetch, SyncSettings { most_posts, ..settings() })
    }

    async fn try_sync(&self, fetch: &Arc<ScriptedFetch>) -> Result<Synced, SyncError> {
        let ready = || {
            self.ready.fetch_add(1, Ordering::SeqCst);
        };
        self.syncer(fetch, 1_000).sync(&music(), &ready).await
    }

    async fn sync(&self) -> Synced {
        self.try_sync(&self.client(|_| None)).await.unwrap()
    }

    async fn shares(&self) -> Option<i64> {
        self.database.number("select share_count from music_library where platform_id = 'dQw4w9WgXcQ'").await
    }

    async fn state(&self) -> Option<ChannelState> {
        self.store.channel("music").await.unwrap()
    }
}

fn music() -> Channel {
    "music".parse().unwrap()
}

fn settings() -> SyncSettings {
    let key = Some(Secret::new("neynar-key".into()));
    SyncSettings {
        channels: vec![music()],
        interval: Some(Duration::from_secs(1)),
        most_posts: 1_000,
        neynar: NeynarSettings { key, base_url: "https://neynar.example".parse().unwrap() },
    }
}

/// Which pages were asked for, by their cursors.
fn cursors(fetch: &ScriptedFetch) -> Vec<Option<String>> {
    let cursor = |url: &url::Url| {
        let of = url.query_pairs().find(|(name, _)| name == "cursor").map(|(_, value)| value.into_owned());
        of.map(|at| format!("before {} min", (NOON - at.parse::<i64>().unwrap()) / MINUTE))
    };
    fetch.requests().iter().map(|(url, _)| cursor(url)).collect()
}

async fn a_channel_is_read_to_its_end_and_from_then_on_to_what_is_known(f: Fixture) {
    f.cast(25, 25);
    let first = f.client(|_| None);
    let synced = f.try_sync(&first).await.unwrap();
    assert_eq!(synced, Synced { posts: 25, links: 25, queued: 1, is_behind: false });
    assert_eq!(cursors(&first), [None, Some("before 10 min".into()), Some("before 20 min".into())]);
    assert_eq!(f.ready.load(Ordering::SeqCst), 3);
    f.cast(1, 0);
    let second = f.client(|_| None);
    assert_eq!(f.try_sync(&second).await.unwrap().posts, 1);
    assert_eq!(cursors(&second), [None]);
    assert_eq!(f.sync().await, Synced::default());
    assert_eq!(f.shares().await, Some(26));
    let state = f.state().await.unwrap();
    assert_eq!((state.posts, state.links, state.last_cast_at, state.ok), (26, 26, Some(NOON), true));
    assert!(!state.is_running && !state.is_behind);
}

async fn popular_tracks_go_first_and_keep_what_was_said_of_them(f: Fixture) {
    f.channel.cast("0x1", NOON - 9, "one https://youtu.be/aaaaaaaaaaa", &[], 9);
    f.channel.cast("0x2", NOON - 8, "first words", &["https://youtu.be/bbbbbbbbbbb"], 0);
    f.channel.cast(
        "0x3",
        NOON - 7,
        "again https://youtu.be/bbbbbbbbbbb youtu.be/bbbbbbbbbbb",
        &["https://youtu.be/bbbbbbbbbbb"],
        0,
    );
    f.channel.cast(
        "0x4",
        NOON - 6,
        "loved",
        &["https://youtu.be/ccccccccccc", "https://example.org/picture.png"],
        1_200,
    );
    assert_eq!(f.sync().await, Synced { posts: 4, links: 4, queued: 3, is_behind: false });
    let rows = "select l.platform_id || ' ' || q.priority || ' ' || l.share_count || ' ' || l.shared_text
         from music_library l join music_ai_queue q on q.id = l.id order by q.priority desc";
    assert_eq!(
        f.database.texts(rows).await,
        ["ccccccccccc 3 1 loved", "bbbbbbbbbbb 1 2 first words", "aaaaaaaaaaa 0 1 one https://youtu.be/aaaaaaaaaaa"]
    );
}

async fn a_sync_that_fails_midway_is_gone_on_with_and_counts_no_share_twice(f: Fixture) {
    f.cast(1, 60);
    f.sync().await;
    f.cast(25, 25);
    let failing = f.client(|before| (before == 1).then_some(Fault::Status(500)));
    let error = f.try_sync(&failing).await.unwrap_err().to_string();
    let state = f.state().await.unwrap();
    assert!(error.contains("the server answers 500"), "{error}");
    assert_eq!((state.ok, state.error), (false, Some(error)));
    assert_eq!((f.shares().await, state.last_cast_at), (Some(11), Some(NOON - 60 * MINUTE)));
    // Somebody posts meanwhile.
    f.cast(1, 0);
    let healed = f.client(|_| None);
    assert_eq!(f.try_sync(&healed).await.unwrap().posts, 16);
    assert_eq!(cursors(&healed), [Some("before 10 min".into()), Some("before 20 min".into()), None]);
    assert_eq!(f.shares().await, Some(27));
    let state = f.state().await.unwrap();
    assert_eq!((state.ok, state.error, state.last_cast_at), (true, None, Some(NOON)));
}

async fn a_host_that_dies_in_a_sync_leaves_it_to_the_next(f: Fixture) {
    f.cast(15, 15);
    let hanging = f.client(|before| (before == 1).then_some(Fault::Timeout(Duration::ZERO)));
    tokio::select! {
        synced = f.try_sync(&hanging) => panic!("{synced:?}"),
        () = eventually("it waits for the second page", || async { (hanging.requests().len() == 2).then_some(()) }) => {}
    }
    assert!(f.state().await.unwrap().is_running);
    let error = f.try_sync(&f.client(|_| None)).await.unwrap_err();
    assert!(matches!(error, SyncError::Running(_)), "{error}");
    f.database.advance(SYNC_LEASE_MS).await;
    let next = f.client(|_| None);
    assert_eq!(f.try_sync(&next).await.unwrap().posts, 5);
    assert_eq!(cursors(&next)[0].as_deref(), Some("before 10 min"));
    assert_eq!(f.shares().await, Some(15));
}

async fn a_place_that_the_channel_knows_no_more_costs_no_post(f: Fixture) {
    f.cast(25, 25);
    let failing = f.client(|before| (before == 1).then_some(Fault::Status(500)));
    f.try_sync(&failing).await.unwrap_err();
    let forgetful = f.client(|before| (before == 0).then_some(Fault::Status(400)));
    assert_eq!(f.try_sync(&forgetful).await.unwrap().posts, 15);
    assert_eq!(cursors(&forgetful).len(), 5, "the place, all three pages, and whether there is more by now");
    assert_eq!(f.shares().await, Some(25));
}

async fn one_sync_reads_so_much_and_the_next_goes_on_but_the_first_leaves_the_rest_for_good(f: Fixture) {
    let client = f.client(|_| None);
    let syncer = f.syncer(&client, 20);
    f.cast(45, 100);
    let sync = async || syncer.sync(&music(), &|| ()).await.unwrap();
    assert_eq!(sync().await, Synced { posts: 20, links: 20, queued: 1, is_behind: false });
    f.cast(45, 45);
    assert_eq!(sync().await, Synced { posts: 20, links: 20, queued: 0, is_behind: true });
    assert!(f.state().await.unwrap().is_behind);
    f.cast(1, 0);
    assert!(sync().await.is_behind);
    assert_eq!(sync().await, Synced { posts: 6, links: 6, queued: 0, is_behind: false });
    assert_eq!((f.shares().await, sync().await), (Some(66), Synced::default()));
}

async fn a_server_that_wants_to_be_left_alone_is_left_for_later_and_the_status_says_so(f: Fixture) {
    f.cast(1, 1);
    let busy =
        f.client(|_| Some(Fault::Busy { wait: Duration::from_secs(30), reason: "the server answers 429".into() }));
    let error = f.try_sync(&busy).await.unwrap_err();
    assert!(matches!(&error, SyncError::Feed(error) if error.wait() == Some(Duration::from_secs(30))), "{error}");
    let state = f.state().await.unwrap();
    assert!(!state.ok && state.error.unwrap().contains("left alone for 30 s"));
    assert_eq!(f.sync().await.posts, 1);
}

async fn without_a_key_a_farcaster_channel_costs_nothing_and_a_feed_is_read_without_one(f: Fixture) {
    let feed = format!("<rss><channel><item><title>{SONG}</title></item></channel></rss>");
    let client = ScriptedFetch::new(move |_, _| Ok(feed.clone()));
    let mut settings = settings();
    settings.neynar.key = None;
    let syncer = Syncer::new(f.store.clone(), client.clone(), settings);
    let error = syncer.sync(&music(), &|| ()).await.unwrap_err().to_string();
    assert!(error.contains("music") && error.contains("NEYNAR_API_KEY is not set"), "{error}");
    assert_eq!((client.requests().len(), f.state().await), (0, None));
    // Its posts have neither names nor dates.
    let (sync, feed) = (async |channel: &Channel| syncer.sync(channel, &|| ()).await.unwrap(), FEED.parse().unwrap());
    assert_eq!(sync(&feed).await.posts, 1);
    f.database.advance(5 * 86_400_000).await;
    assert_eq!(sync(&feed).await, Synced::default());
    assert_eq!(f.shares().await, Some(1));
    assert!(client.requests().iter().all(|(url, key)| url.as_str() == FEED && key.is_none()));
}

async fn channels_are_synced_on_their_interval_by_one_of_all_hosts_but_not_while_paused(f: Fixture) {
    f.cast(1, 1);
    f.store.pause("test", None).await.unwrap();
    let client = f.client(|_| None);
    let (one, other) = (f.syncer(&client, 1_000), f.syncer(&client, 1_000));
    let stop = tokio::sync::Notify::new();
    let looks = AtomicUsize::new(0);
    let may_begin = || looks.fetch_add(1, Ordering::SeqCst) < usize::MAX;
    let running = async {
        tokio::join!(one.run(may_begin, stop.notified(), &|| ()), other.run(may_begin, stop.notified(), &|| ()));
    };
    let watching = async {
        let looked = async |more: usize| {
            let before = looks.load(Ordering::SeqCst);
            let all = || async { (looks.load(Ordering::SeqCst) >= before + more).then_some(()) };
            eventually("they look", all).await;
        };
        looked(4).await;
        assert_eq!(client.requests().len(), 0);
        f.store.resume().await.unwrap();
        eventually("one syncs", || async { (client.requests().len() == 1).then_some(()) }).await;
        looked(6).await;
        assert_eq!(client.requests().len(), 1, "it is not due");
        f.database.advance(1_000).await;
        eventually("it is due", || async { (client.requests().len() == 2).then_some(()) }).await;
        stop.notify_waiters();
    };
    tokio::join!(running, watching);
    assert_eq!(f.shares().await, Some(1));
}

async fn one_post_that_no_database_can_hold_stops_no_channel(f: Fixture) {
    f.channel.cast("0x\u{0}1", NOON - 1, &format!("a\u{0}\u{1b}[2J song {SONG}"), &[&format!("{SONG}\u{0}")], 0);
    assert_eq!(f.sync().await.posts, 1);
    assert_eq!(f.sync().await.posts, 0, "it is known");
    assert_eq!(f.database.texts("select shared_text from music_library").await, [format!("a[2J song {SONG}")]);
    let casts = format!(r#"[{{"hash": "0x2", "text": "{SONG}"}}]"#);
    let bad_place =
        ScriptedFetch::new(move |_, _| Ok(format!(r#"{{"casts": {casts}, "next": {{"cursor": "\u0000"}}}}"#)));
    assert_eq!(f.try_sync(&bad_place).await.unwrap().posts, 1);
    let feed: Channel = FEED.parse().unwrap();
    let sync = async |body: String| {
        let client = ScriptedFetch::new(move |_, _| Ok(body.clone()));
        f.syncer(&client, 1_000).sync(&feed, &|| ()).await
    };
    let json = |version: &str| {
        let items =
            r#"[{"id": "a\u0000b", "content_text": "\u0000 youtu.be/aaaaaaaaaaa", "url": "https://a.example/\u0000"}]"#;
        format!(r#"{{"version": "{version}", "next_url": "?\u0000", "items": {items}}}"#)
    };
    assert_eq!(sync(json("https://jsonfeed.org/version/1")).await.unwrap().queued, 1);
    let xml = "<rss><item><guid>\0</guid><title>\0 youtu.be/bbbbbbbbbbb</title><link>\0</link></item></rss>";
    assert_eq!(sync(xml.to_owned()).await.unwrap().queued, 1);
    let error = sync(json("\\u0000\\u001b[2J")).await.unwrap_err();
    let told = f.store.channel(FEED).await.unwrap().unwrap().error.unwrap();
    assert!(
        matches!(error, SyncError::Feed(_)) && told.contains("no JSON Feed") && !told.contains('\u{1b}'),
        "{told:?}"
    );
}

async fn a_sync_that_takes_its_time_leaves_the_rest_to_the_next_the_first_one_too(f: Fixture) {
    f.cast(25, 25);
    let client = f.client(|_| None);
    let syncer = f.syncer(&client, 1_000).within(Duration::ZERO);
    let sync = async || syncer.sync(&music(), &|| ()).await.unwrap();
    let page = Synced { posts: 10, links: 10, queued: 0, is_behind: true };
    assert_eq!(sync().await, Synced { queued: 1, ..page });
    assert_eq!(sync().await, page);
    assert_eq!(sync().await, Synced { posts: 5, links: 5, queued: 0, is_behind: false });
    let places = [None, Some("before 10 min".into()), Some("before 20 min".into()), None];
    assert_eq!(cursors(&client), places, "and whether there is more by now");
}

async fn a_host_that_stops_leaves_its_syncs_to_the_next_at_once(f: Fixture) {
    f.cast(15, 15);
    let hanging = f.client(|before| (before == 1).then_some(Fault::Timeout(Duration::ZERO)));
    let syncer = f.syncer(&hanging, 1_000);
    let stop = tokio::sync::Notify::new();
    let stops = async {
        let all = || async { (hanging.requests().len() == 2).then_some(()) };
        eventually("it waits for the second page", all).await;
        stop.notify_waiters();
    };
    tokio::join!(syncer.run(|| true, stop.notified(), &|| ()), stops);
    let state = f.state().await.unwrap();
    assert!(!state.is_running && state.is_behind && state.last_sync_at.is_none(), "{state:?}");
    // So it is with one that somebody asked for.
    let hanging = f.client(|_| Some(Fault::Timeout(Duration::ZERO)));
    let fetch: Arc<dyn Fetch> = hanging.clone();
    let syncer = Syncer::new(f.store.clone(), fetch, SyncSettings { channels: Vec::new(), ..settings() });
    let stops = async {
        eventually("it waits for a page", || async { (hanging.requests().len() == 1).then_some(()) }).await;
        stop.notify_waiters();
    };
    let music = music();
    let (synced, (), ()) =
        tokio::join!(syncer.sync(&music, &|| ()), syncer.run(|| true, stop.notified(), &|| ()), stops);
    assert_eq!(synced.unwrap(), Synced { is_behind: true, ..Synced::default() });
    assert_eq!(f.sync().await.posts, 5);
    assert_eq!(f.shares().await, Some(15));
}

async fn channels_that_do_not_answer_hold_up_no_other_and_are_asked_four_at_once(f: Fixture) {
    f.cast(1, 1);
    let channel = f.channel.clone();
    let slow = |count: usize| (0..count).map(|n| format!("https://slow{n}.example/").parse().unwrap());
    let fetch = ScriptedFetch::new(move |_, url| match url.host_str() {
        Some("neynar.example") => Ok(channel.answer(url)),
        _ => Err(Fault::Timeout(Duration::ZERO)),
    });
    let run = async |channels: Vec<Channel>, asked: usize| {
        let before = fetch.requests().len();
        let client: Arc<dyn Fetch> = fetch.clone();
        let syncer = Syncer::new(f.store.clone(), client, SyncSettings { channels, ..settings() });
        let stop = tokio::sync::Notify::new();
        let stops = async {
            let all = || async { (fetch.requests().len() == before + asked).then_some(()) };
            eventually("they are asked", all).await;
            stop.notify_waiters();
        };
        tokio::join!(syncer.run(|| true, stop.notified(), &|| ()), stops);
        assert_eq!(fetch.requests().len(), before + asked);
    };
    run(slow(3).chain([music()]).collect(), 4).await;
    assert_eq!(f.shares().await, Some(1));
    run(slow(9).collect(), 4).await;
}

async fn what_a_channel_shares_is_there_to_be_worked_on(f: Fixture) {
    f.channel.cast("0x1", NOON, "Ada Lane - Harbour", &[SONG], 0);
    f.sync().await;
    // It waits for its page, as any link that comes without what that says.
    let want = Want::one(HostId::new(), 10, 1);
    assert!(f.store.claim(&want).await.unwrap().is_empty());
    let pages = f.store.claim_pages(10, Duration::from_secs(1), false).await.unwrap();
    assert_eq!((pages.len(), pages[0].shared_text.as_deref()), (1, Some("Ada Lane - Harbour")));
}

macro_rules! on_both {
    ($($rule:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $rule() {
                super::$rule(super::Fixture::new(liner_tests::Kind::Sqlite).await.unwrap()).await;
            })+
        }
        mod postgres {
            $(#[tokio::test]
            async fn $rule() {
                if let Some(fixture) = super::Fixture::new(liner_tests::Kind::Postgres).await {
                    super::$rule(fixture).await;
                }
            })+
        }
    };
}

on_both!(
    a_channel_is_read_to_its_end_and_from_then_on_to_what_is_known,
    popular_tracks_go_first_and_keep_what_was_said_of_them,
    a_sync_that_fails_midway_is_gone_on_with_and_counts_no_share_twice,
    a_host_that_dies_in_a_sync_leaves_it_to_the_next,
    a_place_that_the_channel_knows_no_more_costs_no_post,
    one_sync_reads_so_much_and_the_next_goes_on_but_the_first_leaves_the_rest_for_good,
    a_server_that_wants_to_be_left_alone_is_left_for_later_and_the_status_says_so,
    without_a_key_a_farcaster_channel_costs_nothing_and_a_feed_is_read_without_one,
    channels_are_synced_on_their_interval_by_one_of_all_hosts_but_not_while_paused,
    one_post_that_no_database_can_hold_stops_no_channel,
    a_sync_that_takes_its_time_leaves_the_rest_to_the_next_the_first_one_too,
    a_host_that_stops_leaves_its_syncs_to_the_next_at_once,
    channels_that_do_not_answer_hold_up_no_other_and_are_asked_four_at_once,
    what_a_channel_shares_is_there_to_be_worked_on,
);
