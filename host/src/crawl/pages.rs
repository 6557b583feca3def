//! Reading pages: as many at once as may be, each from another server, for as long as the worker runs.

use super::outcome;
use crate::ingest::fetch::{Fault, Fetch, FetchError, FetchSettings};
use crate::ingest::page::{Reading, Sources, Unread};
use crate::store::{PageClaim, PageOutcome, Store, StoreError};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
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
/// The longest a page may take with what its platform says besides, and with waiting for the server's turn.
const DEADLINE: Duration = Duration::from_secs(90);

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
        let mut reading = FuturesUnordered::new();
        let mut held: Vec<PageClaim> = Vec::new();
        loop {
            if may_claim() {
                for claim in self.claim(reading.len(), false).await {
                    held.push(claim.clone());
                    reading.push(self.read(claim));
                }
            }
            let next = self.next_look().await;
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
        for claim in &held {
            self.settle(claim, &PageOutcome::Returned, None).await;
        }
    }

    /// Reads what is due, waiting for its server's turn where that is all there is to wait for. Returns how many pages that
    /// were.
    pub async fn read_due(&self) -> u64 {
        let mut read = 0;
        let mut reading = FuturesUnordered::new();
        loop {
            for claim in self.claim(reading.len(), true).await {
                reading.push(self.read(claim));
            }
            match reading.next().await {
                Some(_) => read += 1,
                None => match self.store.next_page().await {
                    Ok(Some(ms)) if Duration::from_millis(u64::try_from(ms).unwrap_or(0)) <= self.settings.interval => {
                        let wait = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
                        tokio::time::sleep(wait.max(LEAST_WAIT)).await;
                    }
                    _ => return read,
                },
            }
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
            tracing::info!(track = %claim.key, "its page cannot be had: {unread}");
        }
        let (outcome, rest) = outcome::of(&claim, reading);
        metrics::histogram!("liner_page_seconds").record(started.elapsed().as_secs_f64());
        metrics::counter!("liner_pages_total", "outcome" => name(&outcome)).increment(1);
        self.settle(&claim, &outcome, rest).await;
        claim.row
    }

    async fn reading(&self, claim: &PageClaim) -> Result<Reading, Unread> {
        let because = |fault| Unread::because(FetchError { url: claim.url.clone(), fault });
        let url = claim.url.parse().map_err(|_| because(Fault::Unwanted("no link".to_owned())))?;
        let platform = &claim.key.platform_name;
        let read = self.sources.read(self.fetch.as_ref(), platform, &url, Some(&claim.validators));
        let late = |_| Err(because(Fault::Timeout(DEADLINE)));
        tokio::time::timeout(DEADLINE, read).await.unwrap_or_else(late)
    }

    async fn settle(&self, claim: &PageClaim, outcome: &PageOutcome, rest: Option<Duration>) {
        match self.store.settle_page(claim, outcome, rest).await {
            Ok(true) => {}
            Ok(false) => tracing::info!(track = %claim.key, "another host read its page meanwhile"),
            Err(error) => report(&error, "what a page said was not written down, and it is read again"),
        }
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
        PageOutcome::Unread { counts: false, .. } => "postponed",
        PageOutcome::Unread { again: Some(_), .. } => "retried",
        PageOutcome::Unread { .. } => "unread",
        PageOutcome::Returned => "returned",
    }
}
