//! The queue as it is meant, in memory: tracks, batches and their leases. It is written to be read; speed is no matter.

use super::actions::{Outcome, Settles, Share};
use crate::fixture::link;
use liner::music::Track as Page;
use liner::store::{BatchId, HostId, LEASE_MS, MAX_ATTEMPTS, Waiting};
use std::collections::BTreeMap;

const BACKOFF_MS: i64 = 30_000;
const MAX_BACKOFF_MS: i64 = 3_600_000;
const REFUND_MAX_AGE_MS: i64 = 7 * 24 * 3_600_000;
const HIGHEST: u8 = 10;
const LARGEST: u32 = 100;
pub const TAKEN_DOWN: &str = "the host stopped without a word each time it worked on this track";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Pending,
    Processing,
    Completed,
    Failed,
}

impl Status {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }
}

/// When a track may be claimed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    None,
    Until(i64),
    /// A backoff has some jitter: what it came to is asked of the store.
    Between(i64, i64),
}

/// A track: its place in the queue, and what the library says of it.
#[derive(Debug, Clone)]
pub struct Track {
    pub page: Page,
    pub shares: i64,
    /// Tracks that came at one time keep their order.
    pub arrival: usize,
    pub status: Status,
    pub priority: u8,
    pub queued_at: i64,
    pub rest: Rest,
    pub waiting: Option<Waiting>,
    pub attempts: i64,
    pub max_batch: u32,
    pub batch: Option<BatchId>,
    pub failed_at: Option<i64>,
    pub error: Option<String>,
    pub entry: Entry,
}

/// What the library says.
#[derive(Debug, Clone)]
pub struct Entry {
    pub status: &'static str,
    pub title: Option<String>,
    pub album: Option<String>,
    pub corrected: bool,
    pub updated_at: i64,
    /// Titles that were replaced.
    pub former: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Leased,
    Settled,
    Lost,
}

/// A batch, and what its strategies were shown.
#[derive(Debug, Clone)]
pub struct Batch {
    pub id: BatchId,
    pub root: BatchId,
    pub host: HostId,
    pub state: State,
    pub lease_until: i64,
    pub tracks: Vec<usize>,
    pub pages: Vec<Page>,
}

#[derive(Debug, Default)]
pub struct Queue {
    pub now: i64,
    pub paused: bool,
    pub tracks: BTreeMap<usize, Track>,
    pub batches: Vec<Batch>,
}

impl Queue {
    /// Returns which of the links are new.
    pub fn enqueue(&mut self, shares: &[Share]) -> Vec<bool> {
        // A list that names a link several times shares it once, so often: its own priority rises first.
        let mut lists: Vec<Vec<&Share>> = Vec::new();
        for share in shares {
            match lists.iter_mut().find(|list| list[0].track == share.track) {
                Some(list) => list.push(share),
                None => lists.push(vec![share]),
            }
        }
        let first = |at: usize| shares[..at].iter().all(|share| share.track != shares[at].track);
        let new = (0..shares.len()).map(|at| first(at) && !self.tracks.contains_key(&shares[at].track)).collect();
        for list in lists {
            self.share(&list);
        }
        new
    }

    fn share(&mut self, list: &[&Share]) {
        let times = u8::try_from(list.len()).unwrap();
        let priority = list[1..].iter().fold(list[0].priority, |priority, share| (priority + 1).max(share.priority));
        let (now, arrival) = (self.now, self.tracks.len());
        let track = self.tracks.entry(list[0].track).or_insert_with(|| Track {
            page: Page { url: None, og_title: None, ..link(list[0].track).track },
            shares: 0,
            arrival,
            status: Status::Pending,
            priority: 0,
            queued_at: now,
            rest: Rest::None,
            waiting: Some(Waiting::Page),
            attempts: 0,
            max_batch: LARGEST,
            batch: None,
            failed_at: None,
            error: None,
            entry: Entry {
                status: if list.iter().any(|share| share.page().has_metadata()) { "og_fetched" } else { "pending" },
                title: None,
                album: None,
                corrected: false,
                updated_at: now,
                former: Vec::new(),
            },
        });
        let risen = if track.shares == 0 { 0 } else { track.priority + times };
        track.priority = risen.max(priority).min(HIGHEST);
        track.shares += i64::from(times);
        track.entry.updated_at = now;
        for page in list.iter().map(|share| share.page()) {
            track.page.url = track.page.url.take().or_else(|| page.url.clone());
            track.page.og_title = track.page.og_title.take().or_else(|| page.og_title.clone());
            track.page.og_artist = track.page.og_artist.take().or_else(|| page.og_artist.clone());
            track.page.shared_text = track.page.shared_text.take().or_else(|| page.shared_text.clone());
            if page.has_metadata() && track.waiting == Some(Waiting::Page) {
                track.waiting = None;
            }
        }
    }

    /// The batches that a claim makes, and whether more may be due.
    pub fn due(&mut self, size: u32, most: u32, aged: u32, even_paused: bool) -> (Vec<Vec<usize>>, bool) {
        if self.paused && !even_paused {
            return (Vec::new(), false);
        }
        let now = self.now;
        for track in self.tracks.values_mut().filter(|track| matches!(track.rest, Rest::Until(end) if end <= now)) {
            track.rest = Rest::None;
        }
        let is_due =
            |track: &Track| track.status == Status::Pending && track.waiting.is_none() && track.rest == Rest::None;
        let mut by_age: Vec<(usize, &Track)> =
            self.tracks.iter().filter(|(_, track)| is_due(track)).map(|(at, track)| (*at, track)).collect();
        by_age.sort_by_key(|(_, track)| (track.queued_at, track.arrival));
        let mut by_rank = by_age.clone();
        by_rank.sort_by_key(|(_, track)| std::cmp::Reverse(track.priority));
        let fits = usize::try_from(size * most).unwrap();
        let is_full = by_rank.len() >= fits;
        by_rank.truncate(fits);
        by_age.truncate(usize::try_from(aged).unwrap());
        let first = fits.saturating_sub(by_age.len()).min(by_rank.len());
        let mut picked: Vec<(usize, &Track)> = Vec::new();
        for (at, track) in by_rank[..first].iter().chain(&by_age).chain(&by_rank[first..]) {
            if picked.len() < fits && picked.iter().all(|(other, _)| other != at) {
                picked.push((*at, track));
            }
        }
        let batches = together(&picked, size);
        let most = usize::try_from(most).unwrap();
        let is_full = is_full || batches.len() > most;
        (batches.into_iter().take(most).collect(), is_full)
    }

    /// The named tracks that nobody works on.
    pub fn free(&self, tracks: &[usize]) -> Vec<usize> {
        let is_free = |at: &usize| self.tracks.get(at).is_some_and(|track| track.status != Status::Processing);
        tracks.iter().copied().filter(is_free).collect()
    }

    /// Makes tracks a batch: an attempt each.
    pub fn take(&mut self, id: &BatchId, host: &HostId, tracks: Vec<usize>) {
        for at in &tracks {
            let track = self.tracks.get_mut(at).unwrap();
            (track.status, track.batch) = (Status::Processing, Some(id.clone()));
            (track.rest, track.waiting, track.failed_at) = (Rest::None, None, None);
            track.attempts += 1;
        }
        let pages = tracks.iter().map(|at| self.tracks[at].page.clone()).collect();
        self.batches.push(Batch {
            id: id.clone(),
            root: id.clone(),
            host: host.clone(),
            state: State::Leased,
            lease_until: self.now + LEASE_MS,
            tracks,
            pages,
        });
    }

    /// Batches that a host may take over.
    pub fn strays(&self, host: &HostId, held: &[BatchId], any: bool) -> Vec<usize> {
        let is_stray = |batch: &Batch| {
            batch.state == State::Leased
                && !held.contains(&batch.id)
                && (batch.host == *host || any && batch.lease_until < self.now)
        };
        (0..self.batches.len()).filter(|at| is_stray(&self.batches[*at])).collect()
    }

    /// Ends a batch that was taken from its host; returns which of its tracks are left to be worked on.
    pub fn lose(&mut self, at: usize, to: &HostId) -> Vec<usize> {
        let is_own = self.batches[at].host == *to;
        self.batches[at].state = State::Lost;
        let mut left = self.open(at);
        if !is_own {
            left.retain(|track| self.tracks[track].attempts < MAX_ATTEMPTS);
            for exhausted in self.open(at).into_iter().filter(|track| !left.contains(track)) {
                let now = self.now;
                self.tracks.get_mut(&exhausted).unwrap().fail(now, TAKEN_DOWN);
            }
        }
        left
    }

    /// Lets a lost batch go on as another one: an attempt more for each track, if it was another host's.
    pub fn adopt(&mut self, lost: usize, id: &BatchId, host: &HostId, left: &[usize]) {
        let is_own = self.batches[lost].host == *host;
        for at in left {
            let track = self.tracks.get_mut(at).unwrap();
            track.batch = Some(id.clone());
            track.attempts += i64::from(!is_own);
        }
        let (id, host, lease_until) = (id.clone(), host.clone(), self.now + LEASE_MS);
        self.batches.push(Batch { id, host, lease_until, state: State::Leased, ..self.batches[lost].clone() });
    }

    /// Which tracks a batch may settle.
    pub fn open(&self, at: usize) -> Vec<usize> {
        let batch = &self.batches[at];
        let holds = |track: &&usize| self.tracks[track].batch.as_ref() == Some(&batch.id);
        batch.tracks.iter().filter(holds).copied().collect()
    }

    /// What a batch that holds its lease settles; `title` is what its completed tracks are called.
    pub fn settle(&mut self, at: usize, settles: &Settles, finish: bool, title: &str) {
        let (now, batch) = (self.now, self.batches[at].clone());
        let size = u32::try_from(batch.tracks.len()).unwrap();
        for (position, key) in (0u32..).zip(&batch.tracks) {
            let track = self.tracks.get_mut(key).unwrap();
            if track.batch.as_ref() != Some(&batch.id) {
                continue;
            }
            match settles.outcome(position) {
                Some(outcome) => track.settle(outcome, now, size, title),
                None if finish => track.give_back(None),
                None => {}
            }
        }
        if finish {
            self.batches[at].state = State::Settled;
        }
    }

    pub fn release(&mut self, cause: Waiting) -> u64 {
        let waiting = self.tracks.values_mut().filter(|track| track.waiting == Some(cause));
        waiting.map(|track| (track.waiting, track.error) = (None, None)).count().try_into().unwrap()
    }

    pub fn retry(&mut self, named: Option<&[usize]>) -> u64 {
        let now = self.now;
        let is_named = |at: &usize| named.is_none_or(|named| named.contains(at));
        let failed = self.tracks.iter_mut().filter(|(at, track)| track.status == Status::Failed && is_named(at));
        let again = |(_, track): (&usize, &mut Track)| {
            track.queue_again(now);
            (track.max_batch, track.error, track.entry.status) = (LARGEST, None, "pending");
        };
        failed.map(again).count().try_into().unwrap()
    }

    /// Titles and artists are always there, an album may be missing, genres and dates always are.
    pub fn requeue(&mut self, lacks: impl Fn(&Entry) -> bool) -> u64 {
        let now = self.now;
        let incomplete = self.tracks.values_mut().filter(|track| {
            track.status == Status::Completed && track.entry.status == "ai_completed" && lacks(&track.entry)
        });
        incomplete.map(|track| track.queue_again(now)).count().try_into().unwrap()
    }

    /// An operator's correction; whether there is an entry.
    pub fn correct(&mut self, at: usize, title: &str) -> bool {
        let now = self.now;
        let Some(track) = self.tracks.get_mut(&at) else { return false };
        track.entry.corrected = false;
        track.entry.call_it(title);
        (track.entry.corrected, track.entry.updated_at) = (true, now);
        true
    }
}

/// Tracks that may be in a batch of the same size are put together; the batches that hold the earliest come first.
fn together(picked: &[(usize, &Track)], size: u32) -> Vec<Vec<usize>> {
    let bounds: Vec<u32> = picked.iter().map(|(_, track)| track.max_batch.min(size)).collect();
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for bound in 1..=size {
        let alike = (0..picked.len()).filter(|place| bounds[*place] == bound).collect::<Vec<_>>();
        batches.extend(alike.chunks(usize::try_from(bound).unwrap()).map(<[usize]>::to_vec));
    }
    batches.sort_by_key(|places| places[0]);
    batches.into_iter().map(|places| places.into_iter().map(|place| picked[place].0).collect()).collect()
}

impl Share {
    pub fn page(&self) -> Page {
        let page = link(self.track).track;
        Page {
            og_title: page.og_title.filter(|_| !self.untitled),
            og_artist: self.artist.then(|| format!("Artist {}", self.track)),
            shared_text: self.text.then(|| format!("Listen to {}", self.track)),
            ..page
        }
    }
}

impl Settles {
    /// What is said first counts.
    pub fn outcome(&self, position: u32) -> Option<Outcome> {
        self.some.iter().find(|(at, _)| *at == position).map(|(_, outcome)| *outcome).or(self.rest)
    }
}

impl Track {
    fn settle(&mut self, outcome: Outcome, now: i64, size: u32, title: &str) {
        match outcome {
            Outcome::Completed { album } => {
                self.done(now, "ai_completed", None);
                self.entry.call_it(title);
                self.entry.album = album.then(|| "Tides".to_owned());
            }
            Outcome::NoMusic => self.done(now, "no_music", Some("not music")),
            Outcome::Failed => self.burn(now, "failed", (8, 12)),
            // What goes round for too long pays like the others.
            Outcome::Refunded { .. } if self.queued_at < now - REFUND_MAX_AGE_MS => {
                self.burn(now, "refunded", (10, 10))
            }
            Outcome::Refunded { rest_ms } => self.rest(now, rest_ms, "refunded"),
            Outcome::Halved { rest_ms } => {
                self.rest(now, rest_ms, "halved");
                self.max_batch = (size / 2).max(1);
            }
            Outcome::Waits(cause) => {
                self.give_back(Some("waits"));
                self.waiting = Some(cause);
            }
        }
    }

    fn done(&mut self, now: i64, status: &'static str, error: Option<&str>) {
        (self.status, self.batch, self.error) = (Status::Completed, None, error.map(str::to_owned));
        (self.entry.status, self.entry.updated_at) = (status, now);
    }

    fn fail(&mut self, now: i64, error: &str) {
        (self.status, self.batch, self.error) = (Status::Failed, None, Some(error.to_owned()));
        self.failed_at = Some(now);
        (self.entry.status, self.entry.updated_at) = ("failed", now);
    }

    /// An attempt counts. The fifth is the last; before, it rests for longer each time, with a jitter in tenths.
    fn burn(&mut self, now: i64, error: &str, (from, to): (i64, i64)) {
        if self.attempts >= MAX_ATTEMPTS {
            return self.fail(now, error);
        }
        let backoff = (BACKOFF_MS << (self.attempts - 1)).min(MAX_BACKOFF_MS);
        (self.status, self.batch, self.error) = (Status::Pending, None, Some(error.to_owned()));
        self.rest = match from == to {
            true => Rest::Until(now + backoff),
            false => Rest::Between(now + backoff * from / 10, now + backoff * to / 10),
        };
    }

    fn give_back(&mut self, error: Option<&str>) {
        (self.status, self.batch) = (Status::Pending, None);
        self.error = error.map(str::to_owned).or(self.error.take());
        self.attempts -= 1;
    }

    fn rest(&mut self, now: i64, rest_ms: i64, error: &str) {
        self.give_back(Some(error));
        self.rest = if rest_ms > 0 { Rest::Until(now + rest_ms) } else { Rest::None };
    }

    fn queue_again(&mut self, now: i64) {
        (self.status, self.attempts, self.rest, self.queued_at) = (Status::Pending, 0, Rest::None, now);
        self.failed_at = None;
    }
}

impl Entry {
    /// A corrected title stands; one that is replaced is remembered.
    fn call_it(&mut self, title: &str) {
        if !self.corrected && self.title.as_deref() != Some(title) {
            self.former.extend(self.title.replace(title.to_owned()));
        }
    }
}
