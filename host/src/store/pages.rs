//! What the store keeps of pages that links point to.
//!
//! Reading a page costs nothing but time, so it is not journalled: a page that was claimed and not settled is claimed
//! again when its lease ends. A site is asked for a page not too often, by all hosts together: it is sites that are
//! claimed, each with its most urgent page.

use super::{PageClaim, PageOutcome, SiteState, StoreError, UnreadPage};
use crate::music::TrackKey;
use async_trait::async_trait;
use std::time::Duration;

/// How long a page may be read, in milliseconds, before another host may.
pub const PAGE_LEASE_MS: i64 = 120_000;
/// After how long, in milliseconds, a page is read again when its link is shared again.
pub const PAGE_STALE_MS: i64 = 30 * 86_400_000;
/// After how long, in milliseconds, one that could not be had is tried again when its link is shared again.
pub const PAGE_UNREAD_MS: i64 = 86_400_000;

/// Pages.
#[async_trait]
pub trait PageStore: Send + Sync {
    /// Lets the pages of tracks be read that wait for theirs and that nobody wanted read: those that were queued by a
    /// former version. Returns how many.
    async fn want_waiting_pages(&self) -> Result<u64, StoreError>;

    /// Claims pages that are due: one of each site that is not resting, which then rests for `interval`. Nothing while
    /// the operator has paused, unless `even_paused`.
    async fn claim_pages(&self, most: u32, interval: Duration, even_paused: bool)
    -> Result<Vec<PageClaim>, StoreError>;

    /// Writes down what came of reading a page, and lets its track go on where that is said. Whether the claim still held
    /// it; nothing is changed otherwise.
    async fn settle_page(&self, claim: &PageClaim, outcome: &PageOutcome, site: SiteState) -> Result<bool, StoreError>;

    /// Gives pages back that were not read to their end: they are due at once.
    async fn return_pages(&self, claims: &[PageClaim]) -> Result<(), StoreError>;

    /// In how many milliseconds the next page is due; less than nothing when one is already.
    async fn next_page(&self) -> Result<Option<i64>, StoreError>;

    /// Pages that cannot be had, newest first.
    async fn unread_pages(&self, limit: u32) -> Result<Vec<UnreadPage>, StoreError>;

    /// Lets pages that could not be had be read again, all or those named; returns how many.
    async fn retry_pages(&self, keys: Option<&[TrackKey]>) -> Result<u64, StoreError>;
}
