//! Pages that are read.

use super::BatchId;
use crate::music::{Page, TrackKey, Validators};
use serde::Serialize;
use std::time::Duration;

/// A page that this host is to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageClaim {
    /// What it is settled by.
    pub claim: BatchId,
    /// The store's number of its track.
    pub row: i64,
    /// Its track.
    pub key: TrackKey,
    /// Its link.
    pub url: String,
    /// What the person wrote who shared it.
    pub shared_text: Option<String>,
    /// What it was marked with when it was read.
    pub validators: Validators,
    /// How often it could not be had before.
    pub attempts: u32,
    /// How often its site wanted to be left alone.
    pub postponed: u32,
    /// For how long nothing could be had from its site.
    pub site_away: Duration,
}

/// What a reading says of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SiteState {
    /// It answers.
    Answers,
    /// It cannot be had, and rests for a while.
    Away(Duration),
    /// Nothing: it was somebody else's fault.
    Unknown,
}

/// What came of reading a page.
#[derive(Debug, Clone, PartialEq)]
pub enum PageOutcome {
    /// It was read; its track goes on.
    Read {
        /// What it says.
        page: Box<Page>,
        /// What to ask with the next time.
        validators: Validators,
    },
    /// It still says what it said.
    Unchanged,
    /// It could not be had.
    Unread {
        /// Why.
        failure: String,
        /// When it is tried again, if it is.
        again: Option<Duration>,
        /// Whether that counts as an attempt; else its site wanted to be left alone.
        counts: bool,
        /// Whether its track goes on with what is known.
        goes_on: bool,
    },
}

/// A page that cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = UnreadPageFields)]
pub struct UnreadPage {
    /// Its track.
    #[serde(flatten)]
    pub key: TrackKey,
    /// Its link.
    pub url: Option<String>,
    /// Why.
    pub failure: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was last tried.
    #[serde(skip)]
    pub tried_at: i64,
    /// When it is tried again, if it is.
    #[serde(skip)]
    pub due_at: Option<i64>,
}
