//! Pruning: what ages, and how far a walk through it has come.

/// What is pruned by its age, in the order in which that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aging {
    /// The journal's prompts and replies.
    Calls,
    /// Batches.
    Batches,
    /// What pages said before they said something else.
    Pages,
    /// Completed places in the queue; their entries stay.
    Queue,
    /// What candidates said.
    Outcomes,
    /// Provider's batches that ended.
    Submissions,
    /// Events.
    Events,
    /// Attempts to deliver messages.
    Deliveries,
    /// What batches did, minute by minute.
    Minutes,
    /// Hosts that are gone.
    Hosts,
}

impl Aging {
    /// Its table.
    #[must_use]
    pub const fn table(self) -> &'static str {
        match self {
            Self::Calls => "model_call",
            Self::Batches => "extraction_batch",
            Self::Pages => "former_page",
            Self::Queue => "music_ai_queue",
            Self::Outcomes => "shadow_outcome",
            Self::Submissions => "provider_batch",
            Self::Events => "event",
            Self::Deliveries => "webhook_delivery",
            Self::Minutes => "batch_minute",
            Self::Hosts => "host",
        }
    }

    const fn next(self) -> Option<Self> {
        match self {
            Self::Calls => Some(Self::Batches),
            Self::Batches => Some(Self::Pages),
            Self::Pages => Some(Self::Queue),
            Self::Queue => Some(Self::Outcomes),
            Self::Outcomes => Some(Self::Submissions),
            Self::Submissions => Some(Self::Events),
            Self::Events => Some(Self::Deliveries),
            Self::Deliveries => Some(Self::Minutes),
            Self::Minutes => Some(Self::Hosts),
            Self::Hosts => None,
        }
    }
}

/// Where a walk through everything that ages goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In which table.
    pub of: Aging,
    /// After which key there.
    pub(in super::super) after: String,
}

impl Place {
    /// The beginning of a table: numbers and identifiers all come after it.
    fn beginning(of: Aging) -> Self {
        Self { of, after: "0".to_owned() }
    }

    /// The same table, further on.
    pub(in super::super) const fn after(&self, key: String) -> Self {
        Self { of: self.of, after: key }
    }

    /// The next table, if there is one.
    pub(in super::super) fn next_table(&self) -> Option<Self> {
        self.of.next().map(Self::beginning)
    }
}

/// The beginning of everything.
impl Default for Place {
    fn default() -> Self {
        Self::beginning(Aging::Calls)
    }
}

/// What one step of a walk did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    /// Rows that were deleted.
    pub rows: u64,
    /// Where it goes on; nowhere when everything was seen.
    pub next: Option<Place>,
}
