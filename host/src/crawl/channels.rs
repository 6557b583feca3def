//! Syncing channels: their new posts are read, and the music in them is queued.
//!
//! A sync reads from the newest post on down to the mark, which is the newest post of the last sync that came to its end.
//! What it has read of the way is in the store page by page, so that one that ends midway, or reads as much as one sync
//! may or for as long as it may, is gone on with by the next; that one reads what came meanwhile after that. The first sync of a channel ends where
//! it may read no more, and leaves what is older for good.

use crate::config::SyncSettings;
use crate::ingest::channels::{Channel, Feed, FeedError, Neynar, Post, Syndication, music_links};
use crate::ingest::fetch::Fetch;
use crate::music::{Track, name};
use crate::store::{Begun, ChannelClaim, NewLink, NewPost, Store, StoreError};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, timeout};

/// A page counts as so many posts at least, or pages without any might go on for ever.
const LEAST_POSTS: u64 = 10;
/// How often in an interval it is looked whether a channel is due, and how long at least and at most until then.
const LOOKS: u32 = 10;
const LEAST_WAIT: Duration = Duration::from_millis(250);
const MOST_WAIT: Duration = Duration::from_secs(30);

/// How long one sync reads before it leaves the rest to the next, and how many channels are synced at once: some that are
/// slow do not hold up the others.
const PATIENCE: Duration = Duration::from_secs(120);
const AT_ONCE: usize = 4;
/// How long syncs may take to stop.
const GRACE: Duration = Duration::from_secs(2);

/// Whoever is told that there is something to do.
type Ready<'a> = &'a (dyn Fn() + Send + Sync);

/// Syncs channels.
pub struct Syncer {
    store: Arc<dyn Store>,
    fetch: Arc<dyn Fetch>,
    settings: SyncSettings,
    patience: Duration,
    /// Whether syncs are to stop; whoever listens is syncing.
    stopping: watch::Sender<bool>,
}

/// What a sync did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    /// Posts that were new.
    pub posts: u64,
    /// Their links to music.
    pub links: u64,
    /// Of these, tracks that were new.
    pub queued: u64,
    /// Whether there is more, which the next sync goes on with.
    pub is_behind: bool,
}

/// Why a channel was not synced, or not to the end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// There is no key to read it with.
    #[error("the Farcaster channel {0} cannot be read: NEYNAR_API_KEY is not set")]
    NoKey(Channel),
    /// Somebody else is at it.
    #[error("channel {0} is being synced already")]
    Running(Channel),
    /// It took so long that somebody else took over.
    #[error("the sync of channel {0} was taken over: nothing was heard of it for too long")]
    Lost(Channel),
    /// The channel cannot be read.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A sync that is under way.
struct Reading<'a> {
    channel: &'a Channel,
    feed: Box<dyn Feed + 'a>,
    claim: ChannelClaim,
    /// How many more posts it may read.
    left: u64,
    /// Until when.
    until: Instant,
    stopping: watch::Receiver<bool>,
    synced: Synced,
}

/// How a sync's reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// All that is left is known.
    Through,
    /// It read as many posts as one sync may.
    Full,
    /// It read for as long as one sync may.
    Late,
    /// This host stops.
    Stopped,
}

impl Syncer {
    /// Syncs through a client.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, fetch: Arc<dyn Fetch>, settings: SyncSettings) -> Self {
        Self { store, fetch, settings, patience: PATIENCE, stopping: watch::Sender::new(false) }
    }

    /// With another time after which a sync leaves the rest to the next.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Syncs a channel now. Tells `ready` whenever links were queued.
    ///
    /// # Errors
    /// Why it was not synced. What was read until then is queued.
    pub async fn sync(&self, channel: &Channel, ready: Ready<'_>) -> Result<Synced, SyncError> {
        match self.sync_after(channel, None, ready).await {
            Ok(synced) => synced.ok_or_else(|| SyncError::Running(channel.clone())),
            Err(error) => Err(error),
        }
    }

    /// Syncs the configured channels, each on its interval, until `stopping` completes; then all syncs stop, those that
    /// somebody asked for too, and whoever is next goes on with them. None is begun while the operator has paused, nor
    /// unless `may_begin`.
    pub async fn run(
        &self,
        may_begin: impl Fn() -> bool + Send + Sync,
        stopping: impl Future<Output = ()>,
        ready: Ready<'_>,
    ) {
        let places = Semaphore::new(AT_ONCE);
        let channels = self.settings.channels.iter().zip(self.settings.interval.into_iter().cycle());
        let syncing =
            channels.map(|(channel, interval)| self.keep_synced(channel, interval, &places, &may_begin, ready));
        let stop = async {
            stopping.await;
            self.stopping.send_replace(true);
            // A database that hangs is not waited for: a claim ends by itself.
            let _ = timeout(GRACE, self.stopping.closed()).await;
        };
        tokio::select! {
            () = stop => {}
            () = async { join_all(syncing).await; std::future::pending().await } => {}
        }
        self.stopping.send_replace(false);
    }

    async fn keep_synced(
        &self,
        channel: &Channel,
        interval: Duration,
        places: &Semaphore,
        may_begin: &(impl Fn() -> bool + Sync),
        ready: Ready<'_>,
    ) {
        let wait = (interval / LOOKS).clamp(LEAST_WAIT, MOST_WAIT);
        let mut stopping = self.stopping.subscribe();
        loop {
            let place = places.acquire().await;
            if !*stopping.borrow() && may_begin() && self.is_resumed().await {
                report(channel, &self.sync_after(channel, Some(interval), ready).await);
            }
            drop(place);
            if timeout(wait, stopping.wait_for(|stopping| *stopping)).await.is_ok() {
                return;
            }
        }
    }

    async fn is_resumed(&self) -> bool {
        // That the database is away is said elsewhere.
        self.store.paused().await.is_ok_and(|pause| pause.is_none())
    }

    /// Nothing when somebody else syncs it, or when its last sync ended less than `rest` ago.
    async fn sync_after(
        &self,
        channel: &Channel,
        rest: Option<Duration>,
        ready: Ready<'_>,
    ) -> Result<Option<Synced>, SyncError> {
        let feed = self.feed(channel)?;
        let Begun::Claimed(claim) = self.store.begin_sync(&channel.to_string(), rest).await? else { return Ok(None) };
        let mut sync = Reading {
            channel,
            feed,
            claim,
            left: self.settings.most_posts,
            until: Instant::now() + self.patience,
            stopping: self.stopping.subscribe(),
            synced: Synced::default(),
        };
        let read = self.read(&mut sync, ready).await;
        let error = read.as_ref().err().map(|error| name(&error.to_string()));
        match read {
            Ok(Way::Stopped) => self.store.leave_sync(&sync.claim).await?,
            _ => self.store.end_sync(&sync.claim, error.as_deref()).await?,
        }
        read.map(|_| Some(sync.synced))
    }

    fn feed<'a>(&'a self, channel: &'a Channel) -> Result<Box<dyn Feed + 'a>, SyncError> {
        let neynar = &self.settings.neynar;
        Ok(match channel {
            Channel::Feed(url) => Box::new(Syndication::new(url)),
            Channel::Farcaster(id) => {
                let key = neynar.key.as_ref().ok_or_else(|| SyncError::NoKey(channel.clone()))?;
                Box::new(Neynar::new(key, &neynar.base_url, id))
            }
        })
    }

    /// First what the last sync left, then what came since.
    async fn read(&self, sync: &mut Reading<'_>, ready: Ready<'_>) -> Result<Way, SyncError> {
        loop {
            let is_from_top = sync.claim.cursor.is_none();
            let is_first = sync.claim.mark.is_none();
            match self.read_down(sync, ready).await? {
                Way::Through => {}
                Way::Full if is_first => {}
                way => {
                    sync.synced.is_behind = true;
                    return Ok(way);
                }
            }
            if !self.store.caught_up(&mut sync.claim).await? {
                return Err(SyncError::Lost(sync.channel.clone()));
            }
            if is_from_top || sync.left == 0 {
                return Ok(Way::Through);
            }
        }
    }

    /// Reads pages down to what is known.
    async fn read_down(&self, sync: &mut Reading<'_>, ready: Ready<'_>) -> Result<Way, SyncError> {
        let mut cursor = sync.claim.cursor.clone();
        // Below a page that is known all is, unless the last sync left something out.
        let stops_at_known = cursor.is_none();
        let mut is_resumed = !stops_at_known;
        loop {
            let place = cursor.as_deref().filter(|place| !place.is_empty());
            let page = tokio::select! {
                biased;
                _ = sync.stopping.wait_for(|stopping| *stopping) => return Ok(Way::Stopped),
                page = sync.feed.page(self.fetch.as_ref(), place) => page,
            };
            let page = match page {
                // The place is not there any more.
                Err(error) if is_resumed && error.is_of_page() => {
                    (cursor, is_resumed) = (None, false);
                    continue;
                }
                page => page?,
            };
            is_resumed = false;
            let next = page.next.filter(|next| cursor.as_ref() != Some(next));
            let posts: Vec<NewPost> = page.posts.iter().map(|post| new_post(post, sync.claim.now)).collect();
            let taken = self.store.take_posts(&mut sync.claim, &posts, next.as_deref()).await?;
            let taken = taken.ok_or_else(|| SyncError::Lost(sync.channel.clone()))?;
            sync.note(taken.posts, taken.links, taken.queued);
            if taken.links > 0 {
                ready();
            }
            let read = u64::try_from(posts.len()).unwrap_or(u64::MAX);
            sync.left = sync.left.saturating_sub(read.max(LEAST_POSTS));
            let is_past = posts.last().is_some_and(|post| sync.claim.mark.is_some_and(|mark| post.at <= mark));
            let is_known = stops_at_known && read > 0 && taken.posts == 0;
            if next.is_none() || is_past || is_known {
                return Ok(Way::Through);
            }
            if sync.left == 0 {
                return Ok(Way::Full);
            }
            if Instant::now() >= sync.until {
                return Ok(Way::Late);
            }
            cursor = next;
        }
    }
}

impl Reading<'_> {
    fn note(&mut self, posts: u64, links: u64, queued: u64) {
        self.synced.posts += posts;
        self.synced.links += links;
        self.synced.queued += queued;
        metrics::counter!("liner_sync_posts_total").increment(posts);
        metrics::counter!("liner_sync_links_total").increment(links);
    }
}

/// A post as it is stored. One without a date, or with one to come, is of now.
fn new_post(post: &Post, now: i64) -> NewPost {
    let text = post.text.trim();
    let link = |link: crate::ingest::Link| NewLink {
        track: Track {
            key: link.key,
            url: Some(link.url),
            og_title: None,
            og_artist: None,
            og_description: None,
            og_metadata: "{}".to_owned(),
            shared_text: (!text.is_empty()).then(|| text.to_owned()),
        },
        og_image_url: None,
        priority: priority(post.reactions),
    };
    let at = post.at.map_or(now, |at| at.min(now));
    NewPost { id: post.id.clone(), at, links: music_links(post).into_iter().map(link).collect() }
}

/// What many people like goes first: one step for every ten times as many, up to three. Shares raise it further.
const fn priority(reactions: u64) -> u8 {
    match reactions {
        0..=9 => 0,
        10..=99 => 1,
        100..=999 => 2,
        _ => 3,
    }
}

fn report(channel: &Channel, synced: &Result<Option<Synced>, SyncError>) {
    match synced {
        Ok(None) => {}
        Ok(Some(Synced { posts, links, queued, .. })) => {
            tracing::info!(%channel, posts, links, queued, "a channel was synced");
        }
        Err(SyncError::Store(error)) if error.may_pass() => tracing::debug!(%channel, "it was not synced: {error}"),
        Err(SyncError::Feed(error)) if error.wait().is_some() => {
            tracing::info!(%channel, "it is left for later: {error}")
        }
        Err(error) => tracing::warn!(%channel, "it was not synced: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_people_like_begins_with_a_higher_priority() {
        let priorities = [0, 9, 10, 99, 100, 999, 1_000, u64::MAX].map(priority);
        assert_eq!(priorities, [0, 0, 1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn a_post_of_tomorrow_or_of_no_day_is_of_now() {
        let at = |at| new_post(&Post { at, ..Post::default() }, 10).at;
        assert_eq!([at(Some(9)), at(Some(11)), at(None)], [9, 10, 10]);
    }
}
