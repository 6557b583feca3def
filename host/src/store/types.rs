//! What goes into a store and what comes out. Times are Unix milliseconds.

use crate::music::{Extraction, MusicType, Prompt, Reply, Stop, Track, TrackKey, Usage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
        pub struct $name(String);

        impl $name {
            /// A new one, unique and ordered by time.
            #[must_use]
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7().to_string())
            }

            /// One that was written down before.
            #[must_use]
            pub const fn from_text(text: String) -> Self {
                Self(text)
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A claim, and its fencing token.
    BatchId
);
id!(
    /// A prompt in the journal.
    CallId
);
id!(
    /// A running process; a new one at every start.
    HostId
);

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Enqueued {
    /// It is new.
    Queued,
    /// It was known; its priority was raised.
    Known,
}

/// A claimed batch.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The fencing token.
    pub id: BatchId,
    /// The first claim of this work; the journal finds its replies by it.
    pub root: BatchId,
    /// What the strategies are shown, in order.
    pub tracks: Vec<Track>,
    /// Which of them this claim may settle; a batch that was taken over may hold some that are settled already.
    pub open: Vec<bool>,
    /// Whether the claim was as full as it could be, so that more may be due.
    pub full: bool,
    /// Whether it was taken over from a host that is gone.
    pub recovered: bool,
    /// The revision of the pipeline that it was claimed for.
    pub revision: i64,
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
    /// What the calls cost, in millionths of a dollar.
    pub cost_micros: i64,
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

impl std::ops::AddAssign for Settled {
    fn add_assign(&mut self, other: Self) {
        self.succeeded += other.succeeded;
        self.failed += other.failed;
        self.returned += other.returned;
    }
}

/// A prompt about to be sent.
#[derive(Debug, Clone)]
pub struct CallIntent {
    /// Its place in the journal.
    pub id: CallId,
    /// The batch.
    pub batch: BatchId,
    /// The batch's root.
    pub root: BatchId,
    /// The strategy's name.
    pub strategy: String,
    /// Its component's digest.
    pub strategy_digest: String,
    /// Which round of the strategy.
    pub round: u32,
    /// The prompt.
    pub prompt: Prompt,
    /// The prompt's digest with the model.
    pub prompt_digest: String,
    /// The provider asked.
    pub provider: String,
    /// The model asked.
    pub model: String,
}

/// What came of a prompt.
#[derive(Debug, Clone)]
pub enum CallAnswer {
    /// A reply.
    Reply {
        /// The reply.
        reply: Reply,
        /// The provider's identifier of the exchange.
        request_id: Option<String>,
        /// Tokens and cost.
        usage: Usage,
        /// How long it took, in milliseconds.
        latency_ms: i64,
    },
    /// None; the reason.
    Error(String),
}

/// A reply out of the journal.
#[derive(Debug, Clone)]
pub struct JournalledReply {
    /// Its place in the journal.
    pub id: CallId,
    /// The reply.
    pub reply: Reply,
}

impl JournalledReply {
    /// Puts a stored reply together.
    #[must_use]
    pub fn new(id: String, text: String, stop: &str, model: String) -> Self {
        Self { id: CallId(id), reply: Reply { text, stop: Stop::from_name(stop), model } }
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
}

/// Which entries of the library.
#[derive(Debug, Clone, Default)]
pub struct LibraryQuery {
    /// Words that title, artist or page title contain.
    pub search: Option<String>,
    /// Only entries of this state.
    pub status: Option<String>,
    /// Only entries older than this mark.
    pub before: Option<i64>,
    /// The most entries.
    pub limit: u32,
}

/// A library entry.
#[derive(Debug, Clone, Serialize)]
pub struct LibraryEntry {
    /// Which track.
    #[serde(flatten)]
    pub key: TrackKey,
    /// Its link.
    pub url: Option<String>,
    /// Its page's title.
    pub og_title: Option<String>,
    /// Its page's uploader.
    pub og_artist: Option<String>,
    /// The work's title.
    pub title: Option<String>,
    /// Who is credited.
    pub artist: Option<String>,
    /// The release.
    pub album: Option<String>,
    /// Genres.
    pub genres: Vec<String>,
    /// Release date.
    pub release_date: Option<String>,
    /// Kind of release.
    pub music_type: Option<String>,
    /// How sure the strategy was.
    pub confidence_score: Option<f64>,
    /// Where each field came from.
    pub origins: serde_json::Value,
    /// Fields an operator corrected.
    pub corrected_fields: Vec<String>,
    /// Where it is on its way.
    pub processing_status: String,
    /// Who said so.
    pub strategy: Option<String>,
    /// Its component's digest.
    pub strategy_digest: Option<String>,
    /// The model, when one was asked.
    pub model: Option<String>,
    /// How often it was shared.
    pub share_count: i64,
    /// When it was extracted.
    #[serde(skip)]
    pub ai_processed_at: Option<i64>,
    /// When it changed.
    #[serde(skip)]
    pub updated_at: i64,
    /// The page mark that follows this entry.
    #[serde(skip)]
    pub mark: i64,
}

/// A former value of a field.
#[derive(Debug, Clone, Serialize)]
pub struct LibraryChange {
    /// The field.
    pub field: String,
    /// What it was.
    pub old: Option<String>,
    /// What it became.
    pub new: Option<String>,
    /// Who changed it.
    pub by: String,
    /// When.
    #[serde(skip)]
    pub at: i64,
}

/// An operator's correction; a field that is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// The title.
    pub title: Option<String>,
    /// The artist.
    pub artist: Option<String>,
    /// The album.
    pub album: Option<String>,
    /// The genres.
    pub genres: Option<Vec<String>>,
    /// The release date.
    pub release_date: Option<String>,
    /// The kind of release.
    pub music_type: Option<MusicType>,
}

impl Correction {
    /// The names of the fields that it gives.
    #[must_use]
    pub fn fields(&self) -> Vec<&'static str> {
        [
            ("title", self.title.is_some()),
            ("artist", self.artist.is_some()),
            ("album", self.album.is_some()),
            ("genres", self.genres.is_some()),
            ("release_date", self.release_date.is_some()),
            ("music_type", self.music_type.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, given)| given.then_some(field))
        .collect()
    }

    /// Refuses values that no entry may have.
    ///
    /// # Errors
    /// A sentence naming the field.
    pub fn check(&self) -> Result<(), String> {
        if self.fields().is_empty() {
            return Err("the correction gives no field; send title, artist, album, genres, release_date or music_type"
                .to_owned());
        }
        let texts = [("title", &self.title), ("artist", &self.artist), ("album", &self.album)];
        for (field, text) in texts.into_iter().filter_map(|(field, text)| Some((field, text.as_deref()?))) {
            if text.trim().is_empty() || text.len() > 1_000 {
                return Err(format!("{field} is empty or longer than 1000 bytes"));
            }
        }
        let genres = self.genres.as_deref().unwrap_or_default();
        if genres.len() > 3 || genres.iter().any(|genre| genre.trim().is_empty() || genre.len() > 60) {
            return Err("genres must be at most three names of at most 60 bytes".to_owned());
        }
        match self.release_date.as_deref() {
            Some(date) if !is_release_date(date) => {
                Err(format!("release_date is {date:?}; allowed: YYYY, YYYY-MM or YYYY-MM-DD"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether a text is a year, a month or a day of the calendar.
fn is_release_date(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return false,
    };
    digits && day.parse::<jiff::civil::Date>().is_ok()
}

/// The operator's pause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Since when.
    pub at: i64,
    /// Who.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}
