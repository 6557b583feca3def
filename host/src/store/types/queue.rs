//! Links on their way in, claims, and what is settled about them.

use super::{BatchId, CallId, HostId};
use crate::music::{Extraction, Track, TrackKey};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;
use std::sync::Arc;
use utoipa::ToSchema;

/// A link on its way in.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLink {
    /// What is known of it.
    pub track: Track,
    /// The page's picture.
    pub og_image_url: Option<String>,
    /// 0 to 10; higher goes first.
    pub priority: u8,
}

/// What became of a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Enqueued {
    /// It is new.
    Queued,
    /// It was known; its priority was raised.
    Known,
}

/// What a host would claim.
#[derive(Debug, Clone)]
pub struct Want {
    /// Who claims.
    pub host: HostId,
    /// Tracks a batch, 1 to 100.
    pub size: u32,
    /// The most batches.
    pub batches: u32,
    /// How many tracks of them all are taken by age alone.
    pub aged: u32,
    /// The revision of the pipeline that they are claimed for.
    pub revision: i64,
    /// Whether the operator's pause does not hold.
    pub even_paused: bool,
    /// Of which priorities.
    pub priorities: Priorities,
}

/// Priorities, from the lowest to the highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priorities {
    /// 0 to 10.
    pub least: u8,
    /// 0 to 10.
    pub most: u8,
}

impl Priorities {
    /// All of them.
    pub const ALL: Self = Self { least: 0, most: 10 };
    /// What nobody is waiting for.
    pub const NONE: Self = Self { least: 0, most: 0 };
    /// What somebody is waiting for.
    pub const SOME: Self = Self { least: 1, most: 10 };
}

impl Want {
    /// One in this many tracks is taken by age alone, so that low priorities do not starve.
    pub const AGED_SHARE: u32 = 10;

    /// One batch, a tenth of it by age alone.
    #[must_use]
    pub const fn one(host: HostId, size: u32, revision: i64) -> Self {
        Self {
            host,
            size,
            batches: 1,
            aged: size / Self::AGED_SHARE,
            revision,
            even_paused: false,
            priorities: Priorities::ALL,
        }
    }

    /// The most tracks.
    #[must_use]
    pub const fn tracks(&self) -> u32 {
        self.size * self.batches
    }
}

/// What a batch is settled by.
#[derive(Debug, Clone)]
pub struct Lease {
    /// The fencing token.
    pub batch: BatchId,
    /// The store's numbers of its tracks, in their order.
    pub rows: Arc<[i64]>,
}

/// A claimed batch.
#[derive(Debug, Clone)]
pub struct Claim {
    /// What it is settled by.
    pub lease: Lease,
    /// The first claim of this work; the journal finds its replies by it.
    pub root: BatchId,
    /// What the strategies are shown, in order.
    pub tracks: Vec<Track>,
    /// Which of them this claim may settle; a batch that was taken over may hold some that are settled already.
    pub open: Vec<bool>,
    /// Whether the claim was as full as it could be, so that more may be due.
    pub full: bool,
    /// Whether it was taken over from a host that is gone, or goes on with answers of a provider's batch.
    pub recovered: bool,
    /// Whether it goes on with answers of a provider's batch.
    pub resumed: bool,
    /// The revision of the pipeline that it was claimed for.
    pub revision: i64,
}

impl Claim {
    /// The fencing token.
    #[must_use]
    pub const fn id(&self) -> &BatchId {
        &self.lease.batch
    }
}

/// Which batches nobody works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stray {
    /// Those that this host claimed without hearing so, as the answer was lost on its way.
    Own,
    /// Those of any host too, once their lease has ended.
    Any,
}

/// Why a track waits outside the claim's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// For its page's metadata.
    Page,
    /// For a model to be configured.
    Provider,
    /// For money.
    Budget,
    /// For a strategy that is left alone for a while.
    Strategy,
}

/// Who said what a library entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The strategy's name.
    pub strategy: String,
    /// Its component's digest.
    pub digest: String,
    /// The model, when one was asked.
    pub model: Option<String>,
}

/// What is settled about one track.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// It goes into the library.
    Completed(Extraction, Attribution),
    /// It is not music.
    NoMusic(String, Attribution),
    /// This attempt failed; with attempts left it is tried again after a backoff.
    Failed(String),
    /// It returns at once, and the attempt is given back.
    Refunded {
        /// Why.
        reason: String,
        /// How long it rests before the next claim, in milliseconds.
        rest_ms: i64,
    },
    /// It failed with its batch: the attempt is given back, and it comes again in a smaller batch.
    Halved {
        /// Why.
        reason: String,
        /// How long it rests before the next claim, in milliseconds.
        rest_ms: i64,
    },
    /// It waits for a cause, and the attempt is given back.
    Waits(Waiting, String),
}

/// What is settled about a batch.
#[derive(Debug, Clone, Default)]
pub struct Settlement {
    /// Position in the claim, and what is settled.
    pub verdicts: Vec<(u32, Verdict)>,
    /// Journalled replies that were interpreted, and whether each decided all its tracks.
    pub interpreted: Vec<(CallId, bool)>,
    /// What the batch's calls have cost so far, in millionths of a dollar.
    pub cost_micros: i64,
    /// What earlier settlements of the batch did, so that its figures are whole however often one is repeated.
    pub before: Settled,
}

impl Settlement {
    /// What it does.
    #[must_use]
    pub fn settled(&self) -> Settled {
        let mut settled = Settled::default();
        for (_, verdict) in &self.verdicts {
            match verdict {
                Verdict::Completed(..) | Verdict::NoMusic(..) => settled.succeeded += 1,
                Verdict::Failed(_) => settled.failed += 1,
                Verdict::Refunded { .. } | Verdict::Halved { .. } | Verdict::Waits(..) => settled.returned += 1,
            }
        }
        settled
    }
}

/// What a settlement did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settled {
    /// Completed, or found not to be music.
    pub succeeded: u64,
    /// Attempts that failed, whether or not another follows.
    pub failed: u64,
    /// Returned unburnt, to be tried again or to wait.
    pub returned: u64,
}

impl Waiting {
    /// Every cause.
    pub const ALL: [Self; 4] = [Self::Page, Self::Provider, Self::Budget, Self::Strategy];

    /// The name as the database and the API write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Provider => "provider",
            Self::Budget => "budget",
            Self::Strategy => "strategy",
        }
    }
}

impl std::ops::AddAssign for Settled {
    fn add_assign(&mut self, other: Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.returned += other.returned;
    }
}

/// How many tracks are in each state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueCounts {
    /// Due, in backoff or waiting.
    pub pending: i64,
    /// Claimed.
    pub processing: i64,
    /// Done.
    pub completed: i64,
    /// Out of attempts.
    pub failed: i64,
    /// How many of the pending wait, by cause.
    pub waiting: BTreeMap<String, i64>,
}

impl QueueCounts {
    /// All tracks.
    #[must_use]
    pub const fn total(&self) -> i64 {
        self.pending + self.processing + self.completed + self.failed
    }
}

/// Which failed tracks.
#[derive(Debug, Clone, Default)]
pub struct FailedQuery {
    /// Words that page title, reason, link or identifier contain.
    pub search: Option<String>,
    /// Only those of this platform.
    pub platform: Option<String>,
    /// Only those that come after this one in the list.
    pub before: Option<FailedMark>,
    /// The most tracks.
    pub limit: u32,
}

/// Where in the list of failed tracks one is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedMark {
    /// When it failed.
    pub at: i64,
    /// Its number.
    pub row: i64,
}

impl fmt::Display for FailedMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.row)
    }
}

impl FromStr for FailedMark {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (at, row) = text.split_once('.').unwrap_or((text, ""));
        Ok(Self { at: at.parse()?, row: row.parse()? })
    }
}

/// A failed track.
#[derive(Debug, Clone)]
pub struct FailedTrack {
    /// Which.
    pub key: TrackKey,
    /// Its link.
    pub url: Option<String>,
    /// Its page's title.
    pub og_title: Option<String>,
    /// Why the last attempt failed.
    pub error_message: Option<String>,
    /// Attempts so far.
    pub retry_count: i64,
    /// When it failed.
    pub processed_at: Option<i64>,
    /// What the next page comes after.
    pub mark: FailedMark,
}
