//! What happens, told to everybody who looks on: batches, changes of strategies, failures, the switch, the queue's counts,
//! whichever host they are of.
//!
//! While there are readers, one task of the host looks into the store once a second, writes what is new as one piece of
//! text and hands it to all. A reader costs its place and a reference to what it has not taken yet; one that falls behind
//! is dropped, and goes on where it was when it comes back.

mod history;
mod told;

pub use told::STREAM_EVENTS;

use crate::store::{Activity, Since, Store, StoreError};
use bytes::Bytes;
use history::{History, OVERLAP_MS};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, broadcast, watch};
use tokio::task::JoinHandle;

/// From one look to the next.
const LOOK: Duration = Duration::from_secs(1);
/// The most of each kind that a look reads: what happens in a second, and what is read again.
const READ: u32 = 2_000;
/// Events are numbered before they are committed: so many numbers back are read again.
const NUMBERS_AGAIN: i64 = 100;
/// Looks that a reader may be behind.
const BEHIND: usize = 32;
/// The longest silence: proxies and browsers would take a longer one for the end.
const SILENCE: Duration = Duration::from_secs(15);
/// What is said then: a comment.
const STILL_HERE: &[u8] = b":\n\n";
/// When a browser comes back, in milliseconds.
const RETRY: &[u8] = b"retry: 2000\n\n";

/// Why somebody is not told.
#[derive(Debug, thiserror::Error)]
pub enum NotTold {
    /// Every place is taken.
    #[error("{0} readers are told already, which is the most (LINER_HTTP_STREAMS); come back later")]
    Full(usize),
    /// The host is about to end.
    #[error("this host is stopping; ask again in a while, or another one")]
    Stopping,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is told, and to whom. Cheap to clone.
#[derive(Clone)]
pub struct Feed(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    seen: Mutex<Seen>,
    live: broadcast::Sender<Bytes>,
    places: Arc<Semaphore>,
    most: usize,
    /// The task that looks; held while one is started or ends.
    looking: tokio::sync::Mutex<Option<JoinHandle<()>>>,
    stopping: watch::Sender<bool>,
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    history: History,
    since: Since,
    queue: String,
    switch: String,
}

impl Feed {
    /// What happens in a store, told to at most so many.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, most: usize) -> Self {
        Self(Arc::new(Shared {
            store,
            seen: Mutex::default(),
            live: broadcast::Sender::new(BEHIND),
            places: Arc::new(Semaphore::new(most)),
            most,
            looking: tokio::sync::Mutex::default(),
            stopping: watch::Sender::new(false),
        }))
    }

    /// Tells somebody from now on, or after what it saw last.
    ///
    /// # Errors
    /// When there is no place, or the database fails.
    pub async fn read(&self, last: Option<&str>) -> Result<Reader, NotTold> {
        let shared = &self.0;
        let place = shared.places.clone().try_acquire_owned().map_err(|_| NotTold::Full(shared.most))?;
        let stopping = shared.stopping.subscribe();
        // Held until there is a reader more, so that the task does not end for want of one.
        let mut looking = shared.looking.lock().await;
        if *stopping.borrow() {
            return Err(NotTold::Stopping);
        }
        if looking.as_ref().is_none_or(JoinHandle::is_finished) {
            shared.begin().await?;
            *looking = Some(tokio::spawn(Self::look_on(self.0.clone())));
        }
        let seen = shared.seen();
        let first = seen.greeting(last).into_iter();
        Ok(Reader { first, live: shared.live.subscribe(), stopping, _place: place })
    }

    /// Ends every stream, and begins none any more.
    pub fn stop(&self) {
        self.0.stopping.send_replace(true);
    }

    /// Looks while somebody is told.
    async fn look_on(shared: Arc<Shared>) {
        let mut stopping = shared.stopping.subscribe();
        loop {
            let is_stopping = tokio::time::timeout(LOOK, stopping.wait_for(|stopping| *stopping)).await.is_ok();
            let mut looking = shared.looking.lock().await;
            if is_stopping || shared.live.receiver_count() == 0 {
                *looking = None;
                return;
            }
            drop(looking);
            if let Err(error) = shared.look().await {
                tracing::debug!("what happened was not seen: {error}");
            }
        }
    }
}

impl Shared {
    /// Sees what happened before anybody looked on.
    async fn begin(&self) -> Result<(), StoreError> {
        let activity = self.store.activity(&Since::default(), READ).await?;
        let (counts, pause) = (self.store.counts().await?, self.store.paused().await?);
        let mut seen = self.seen();
        seen.history.begin(told::all(&activity));
        seen.since = after(&activity, Since::default());
        seen.queue = told::queue(&counts);
        seen.switch = told::switch(pause.as_ref());
        Ok(())
    }

    /// Sees what is new, and tells it.
    async fn look(&self) -> Result<(), StoreError> {
        let since = self.seen().since;
        let activity = self.store.activity(&since, READ).await?;
        let (counts, pause) = (self.store.counts().await?, self.store.paused().await?);
        let (queue, switch) = (told::queue(&counts), told::switch(pause.as_ref()));
        let mut seen = self.seen();
        let mut text = Vec::new();
        if seen.lost_some(&activity) {
            text.extend_from_slice(told::reset().as_bytes());
        }
        let Seen { history, since, switch: switch_before, queue: queue_before } = &mut *seen;
        text.extend(history.take_in(told::all(&activity)).into_iter().flat_map(|told| told.text));
        *since = after(&activity, *since);
        for (now, before) in [(switch, switch_before), (queue, queue_before)] {
            if now != *before {
                text.extend_from_slice(now.as_bytes());
                *before = now;
            }
        }
        if !text.is_empty() {
            // Nobody may be there any more.
            let _ = self.live.send(text.into());
        }
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// What a reader hears first: what it missed, and how things are.
    fn greeting(&self, last: Option<&str>) -> Vec<Bytes> {
        let mut texts = vec![Bytes::from_static(RETRY)];
        match last.map(|last| self.history.missed(last)) {
            Some(Some(missed)) => texts.extend(missed.into_iter().map(|told| told.text.clone())),
            Some(None) => texts.push(told::reset().into()),
            None => {}
        }
        // With an id, so that who leaves before anything happens goes on from here.
        let id = self.history.newest().map(|newest| format!("id: {}\n", newest.id()));
        texts.push(format!("{}{}{}", self.switch, id.unwrap_or_default(), self.queue).into());
        texts
    }

    /// Whether more happened than a look reads.
    fn lost_some(&self, activity: &Activity) -> bool {
        told::oldest_of_full(activity, READ).iter().any(|told| !self.history.knows(told))
    }
}

/// From where on the next look reads. Something may be committed after what is newer: that is read again.
fn after(activity: &Activity, before: Since) -> Since {
    let newest = activity.events.last().map(|(number, _)| number - NUMBERS_AGAIN);
    Since { event: newest.map_or(before.event, |newest| newest.max(before.event)), at: activity.now - OVERLAP_MS }
}

/// Somebody who is told. Its place is free again when it is dropped.
pub struct Reader {
    first: std::vec::IntoIter<Bytes>,
    live: broadcast::Receiver<Bytes>,
    stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    /// What it hears next, as `text/event-stream`; nothing any more when it fell behind or the host stops.
    pub async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.next() {
            return Some(first);
        }
        tokio::select! {
            biased;
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
            told = self.live.recv() => told.ok(),
            () = tokio::time::sleep(SILENCE) => Some(Bytes::from_static(STILL_HERE)),
        }
    }
}
