//! The hosts on one database, their switch, and what they may ask of a provider together.

use super::HostId;

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

/// A host about to work.
#[derive(Debug, Clone)]
pub struct NewHost {
    /// Who it is; a new identity at every start.
    pub id: HostId,
    /// The machine's name and the address served, for people.
    pub name: String,
    /// The one that ran in the same folder before and is certainly gone, if there was one.
    pub predecessor: Option<HostId>,
}

/// A host, as it was when it was last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Who it is.
    pub id: HostId,
    /// The machine's name and the address served.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Since when it runs.
    pub started_at: i64,
    /// When it was last seen.
    pub seen_at: i64,
    /// Batches in flight then.
    pub in_flight: i64,
    /// Since when it takes no new batches, because an operator said so.
    pub draining_at: Option<i64>,
    /// When it said goodbye.
    pub stopped_at: Option<i64>,
    /// How long ago it was seen, in milliseconds of the store's clock.
    pub silent_ms: i64,
}

impl Host {
    /// A host that was not seen for so long is taken for gone: three heartbeats, and as long as a lease.
    pub const GONE_AFTER_MS: i64 = 45_000;

    /// `running`, `draining`, `stopped`, or `gone` when it was not heard of for too long.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match (self.stopped_at, self.draining_at) {
            (Some(_), _) => "stopped",
            (None, _) if self.silent_ms >= Self::GONE_AFTER_MS => "gone",
            (None, Some(_)) => "draining",
            (None, None) => "running",
        }
    }
}

/// When something is due next, besides what is due already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NextDue {
    /// When the next backoff ends.
    pub backoff_at: Option<i64>,
    /// In how many milliseconds of the store's clock the next backoff or lease ends; negative when it did.
    pub in_ms: Option<i64>,
}

/// Whether a question may be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It may: it is journalled, and what it may cost is set aside.
    Admitted,
    /// Not yet, because of the rate or of what the provider asked for; nothing was journalled.
    Rest {
        /// For how long, in milliseconds.
        ms: i64,
        /// Why.
        reason: String,
    },
    /// The budget is spent; nothing was journalled.
    Spent {
        /// For how long at least, in milliseconds: until the next UTC day, or none for a total budget.
        ms: Option<i64>,
        /// Why.
        reason: String,
    },
}

/// What the hosts together have asked of a provider.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProviderUse {
    /// Nobody asks it before this.
    pub blocked_until: Option<i64>,
    /// For how long that is, in milliseconds.
    pub blocked_ms: i64,
    /// Why.
    pub blocked_reason: Option<String>,
    /// Millionths of a dollar set aside for calls under way.
    pub reserved_micros: i64,
    /// Spent on this UTC day.
    pub today_micros: i64,
    /// Spent in all.
    pub total_micros: i64,
}
