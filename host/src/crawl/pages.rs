//! Reading pages: as many at once as may be, each from another site, for as long as the worker runs.

use super::outcome;
use crate::ingest::fetch::{Fault, Fetch, FetchError, FetchSettings};
use crate::ingest::page::{Reading, Sources, Unread};
use crate::store::{PageClaim, PageOutcome, Store, StoreError};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The longest time that a page which is due stays unnoticed.
const LOOK: Duration = Duration::from_secs(5);
/// The shortest pause before it is looked again: what is due may be another host's to read.
const LEAST_WAIT: Duration = Duration::from_millis(50);
/// The pause after the database could not be asked.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest a page may take with what its platform says besides, and with waiting for the site's turn.
const DEADLINE: Duration = Duration::from_secs(90);
/// How long pages are tried to be given back at a stop; after that their leases speak for them.
const LAST_WORD: Duration = Duration::from_secs(3);

/// Reads the pages of links that came without what they say.
pub struct PageReader {
    store: Arc<dyn Store>,
    fetch: Arc<dyn Fetch>,
    sources: Sources,
    settings: FetchSettings,
    wake: Notify,
}

impl PageReader {
    /// A reader of pages through a client.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, fetch: Arc<dyn Fetch>, settings: FetchSettings) -> Self {
        Self { store, fetch, sources: Sources::default(), settings, wake: Notify::new() }
    }

    /// Looks at once whether a page is due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Reads pages while `may_claim`, until `stopping` completes; what is being read then is given back. Tells `ready`
    /// that tracks may go on.
    pub async fn run(&self, may_claim: impl Fn() -> bool, stopping: impl Future<Output = ()>, ready: &Notify) {
        let mut stopping = std::pin::pin!(stopping);
        let (mut reading, mut held) = (FuturesUnordered::new(), Vec::new());
        self.want_waiting().await;
        loop {
            let mut settled = Vec::new();
            if may_claim() {
                let claim = self.claim(reading.len(), false);
                for claim in beside(claim, &mut reading, &mut settled).await {
                    held.push(claim.clone());
                    reading.push(self.read(claim));
                }
            }
            let next = beside(self.next_look(), &mut reading, &mut settled).await;
            if !settled.is_empty() {
                held.retain(|claim: &PageClaim| !settled.contains(&claim.row));
                ready.notify_one();
            }
            tokio::select! {
                () = &mut stopping => break,
                Some(settled) = reading.next() => {
                    held.retain(|claim| claim.row != settled);
                    ready.notify_one();
                }
                () = self.wake.notified() => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
        drop(reading);
        self.give_back(&held).await;
    }

    /// Reads what is due, each page once, waiting for its site's turn where that is all there is to wait for; so many pages
    /// at most, and until `stopping` completes.
    pub async fn read_due(&self, most: u32, stopping: impl Future<Output = ()>) {
        let mut stopping = std::pin::pin!(stopping);
        let (mut reading, mut held, mut seen) = (FuturesUnordered::new(), Vec::new(), HashSet::new());
        let mut left = most;
        self.want_waiting().await;
        loop {
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(self.settings.concurrency);
            let in_flight = self.settings.concurrency.saturating_sub(room).max(reading.len());
            let mut settled = Vec::new();
            for claim in beside(self.claim(in_flight, true), &mut reading, &mut settled).await {
                left = left.saturating_sub(1);
                held.push(claim.clone());
                if seen.insert(claim.row) {
                    reading.push(self.read(claim));
                } else {
                    left = 0;
                }
            }
            held.retain(|claim: &PageClaim| !settled.contains(&claim.row));
            let wait = if reading.is_empty() && left > 0 { self.next_turn().await } else { None };
            if reading.is_empty() && wait.is_none() {
                break;
            }
            tokio::select! {
                () = &mut stopping => break,
                Some(settled) = reading.next() => held.retain(|claim: &PageClaim| claim.row != settled),
                () = tokio::time::sleep(wait.unwrap_or(LOOK)), if wait.is_some() => {}
            }
        }
        drop(reading);
        self.give_back(&held).await;
    }

    /// Links that were queued by a former version wait for nobody.
    async fn want_waiting(&self) {
        match self.store.want_waiting_pages().await {
            Ok(0) => {}
            Ok(pages) => tracing::info!(pages, "links that waited for their pages have them read"),
            Err(error) => report(&error, "links that wait for their pages since a former version were not looked for"),
        }
    }

    async fn claim(&self, in_flight: usize, even_paused: bool) -> Vec<PageClaim> {
        let free = u32::try_from(self.settings.concurrency.saturating_sub(in_flight)).unwrap_or(0);
        let claimed = self.store.claim_pages(free, self.settings.interval, even_paused).await;
        claimed.unwrap_or_else(|error| {
            report(&error, "no page was claimed");
            Vec::new()
        })
    }

    /// Reads one page and writes down what came of it; returns its row.
    async fn read(&self, claim: PageClaim) -> i64 {
        let started = Instant::now();
        let reading = self.reading(&claim).await;
        if let Err(unread) = &reading {
            tracing::debug!(track = %claim.key, "its page cannot be had: {unread}");
        }
        let (outcome, site) = outcome::of(&claim, reading);
        metrics::histogram!("liner_page_seconds").record(started.elapsed().as_secs_f64());
        metrics::counter!("liner_pages_total", "outcome" => name(&outcome)).increment(1);
        match self.store.settle_page(&claim, &outcome, site).await {
            Ok(true) => {}
            Ok(false) => tracing::debug!(track = %claim.key, "another host read its page meanwhile"),
            Err(error) => report(&error, "what a page said was not written down, and it is read again"),
        }
        claim.row
    }

    async fn reading(&self, claim: &PageClaim) -> Result<Reading, Unread> {
        let because = |fault| Unread::because(FetchError { url: claim.url.clone(), fault });
        let url = claim.url.parse().map_err(|_| because(Fault::Unwanted("no link".to_owned())))?;
        let platform = &claim.key.platform_name;
        let read = self.sources.read(self.fetch.as_ref(), platform, &url, Some(&claim.validators));
        // What strangers write must not end the host, whatever library it goes through.
        let read = AssertUnwindSafe(tokio::time::timeout(DEADLINE, read)).catch_unwind();
        match read.await {
            Ok(Ok(reading)) => reading,
            Ok(Err(_)) => Err(because(Fault::Timeout(DEADLINE))),
            Err(_panic) => {
                tracing::error!("reading a page panicked");
                tracing::debug!(track = %claim.key, "the page that makes its reader panic: {}", claim.url);
                metrics::counter!("liner_worker_panics_total").increment(1);
                Err(because(Fault::Unwanted("a page that makes its reader panic; the log says more".to_owned())))
            }
        }
    }

    async fn give_back(&self, held: &[PageClaim]) {
        if held.is_empty() {
            return;
        }
        match tokio::time::timeout(LAST_WORD, self.store.return_pages(held)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => report(&error, "pages were not given back, and are due when their leases end"),
            Err(_) => tracing::warn!("pages were not given back in time, and are due when their leases end"),
        }
    }

    /// How long until a site has its turn, if that is all there is to wait for.
    async fn next_turn(&self) -> Option<Duration> {
        let next = self.store.next_page().await.ok().flatten()?;
        let wait = Duration::from_millis(u64::try_from(next).unwrap_or(0));
        (wait <= self.settings.interval).then(|| wait.max(LEAST_WAIT))
    }

    async fn next_look(&self) -> Instant {
        let wait = match self.store.next_page().await {
            // It is due, and rests on whoever may claim it.
            Ok(Some(ms)) if ms <= 0 => PAUSE,
            Ok(Some(ms)) => Duration::from_millis(u64::try_from(ms).unwrap_or(0)).min(LOOK),
            Ok(None) => LOOK,
            Err(error) => {
                report(&error, "it is not known when the next page is due");
                PAUSE
            }
        };
        Instant::now() + wait
    }
}

/// Asks the database while pages are being read: one that is being written down may hold its connection, or be next in line
/// for it, and would not let go of it while nobody lets it go on. Which pages were settled meanwhile is noted.
async fn beside<T>(
    asking: impl Future<Output = T>,
    reading: &mut FuturesUnordered<impl Future<Output = i64>>,
    settled: &mut Vec<i64>,
) -> T {
    let mut asking = std::pin::pin!(asking);
    loop {
        tokio::select! {
            answer = &mut asking => return answer,
            Some(row) = reading.next() => settled.push(row),
        }
    }
}

/// That the database is away is said elsewhere.
fn report(error: &StoreError, what: &str) {
    if error.may_pass() {
        tracing::debug!("{what}: {error}");
    } else {
        tracing::error!("{what}: {error}");
    }
}

const fn name(outcome: &PageOutcome) -> &'static str {
    match outcome {
        PageOutcome::Read { .. } => "read",
        PageOutcome::Unchanged => "unchanged",
        PageOutcome::Unread { again: None, .. } => "unread",
        PageOutcome::Unread { counts: false, .. } => "postponed",
        PageOutcome::Unread { .. } => "retried",
    }
}
