//! Webhooks: who hears of what, what they are owed, and what came of sending it.

use super::WebhookId;
use crate::secret::Secret;

/// What an endpoint may hear of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// A batch was settled to its end.
    BatchCompleted,
    /// A track failed, and is not tried again by itself.
    TrackFailed,
    /// Other strategies are active.
    StrategySwapped,
    /// Former strategies are active again.
    StrategyRolledBack,
    /// A question was not asked, for its budget is spent.
    BudgetReached,
    /// The operator paused the workers.
    WorkerPaused,
    /// The operator lifted the pause.
    WorkerResumed,
}

impl EventType {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::BatchCompleted,
        Self::TrackFailed,
        Self::StrategySwapped,
        Self::StrategyRolledBack,
        Self::BudgetReached,
        Self::WorkerPaused,
        Self::WorkerResumed,
    ];

    /// The name as messages and the database write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::BatchCompleted => "batch.completed",
            Self::TrackFailed => "track.failed",
            Self::StrategySwapped => "strategy.swapped",
            Self::StrategyRolledBack => "strategy.rolled_back",
            Self::BudgetReached => "budget.reached",
            Self::WorkerPaused => "worker.paused",
            Self::WorkerResumed => "worker.resumed",
        }
    }

    /// The type of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

/// Something that happened, to be told to every endpoint that wants to hear of it.
#[derive(Debug, Clone)]
pub struct News {
    /// What kind of thing.
    pub of: EventType,
    /// What is said about it: an object.
    pub data: serde_json::Value,
}

impl News {
    /// The same with something more said about it.
    #[must_use]
    pub fn with(&self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        let mut news = self.clone();
        if let Some(data) = news.data.as_object_mut() {
            data.insert(name.to_owned(), value.into());
        }
        news
    }
}

/// An endpoint about to be kept.
#[derive(Debug, Clone)]
pub struct NewWebhook {
    /// Its id.
    pub id: WebhookId,
    /// Where messages go.
    pub url: String,
    /// What it hears of; of everything without a list.
    pub events: Option<Vec<EventType>>,
    /// What messages are signed with.
    pub secret: Secret,
    /// What they are signed with besides, while receivers learn the new one.
    pub former_secret: Option<Secret>,
}

/// An endpoint.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where messages go.
    pub url: String,
    /// The names of the types it hears of; of everything without a list.
    pub events: Option<Vec<String>>,
    /// What messages are signed with now, the newest secret first.
    pub secrets: Vec<Secret>,
    /// When it was added.
    pub created_at: i64,
    /// Since when nothing is sent to it, and why.
    pub disabled: Option<(i64, String)>,
    /// Until when it wants to be left alone.
    pub rests_until: i64,
    /// Since when nothing could be delivered to it.
    pub failing_since: Option<i64>,
}

/// An endpoint with its figures.
#[derive(Debug, Clone)]
pub struct WebhookState {
    /// The endpoint.
    pub webhook: Webhook,
    /// Messages that it is owed; counted up to [`OWED_COUNTED`](crate::store::OWED_COUNTED).
    pub owed: i64,
    /// Since when the oldest of them is owed.
    pub owed_since: Option<i64>,
    /// The newest attempt.
    pub last: Option<Delivery>,
}

/// A message that is being sent.
#[derive(Debug, Clone)]
pub struct Owed {
    /// The store's number of it.
    pub row: i64,
    /// What its attempt is settled by.
    pub claim: String,
    /// Whom it is for.
    pub endpoint: WebhookId,
    /// What its receiver knows it by.
    pub event_id: String,
    /// The name of its type.
    pub kind: String,
    /// What it says: a JSON object.
    pub data: String,
    /// When that happened.
    pub at: i64,
    /// Which attempt this is, counted from 1.
    pub attempt: i64,
}

/// What becomes of a message after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It was delivered.
    Delivered,
    /// It is sent again after so many milliseconds.
    Again(i64),
    /// It is not sent again, though it was to be.
    GivenUp,
    /// It is not sent again: it was a test.
    Never,
}

impl Next {
    /// What the attempt before it came to, as the log writes it.
    #[must_use]
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Again(_) | Self::Never => "failed",
            Self::GivenUp => "given_up",
        }
    }
}

/// An attempt to deliver a message.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The message.
    pub owed: Owed,
    /// What the receiver answered, if it did.
    pub status: Option<u16>,
    /// Why it was not delivered.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: i64,
    /// What becomes of the message.
    pub next: Next,
    /// For how long the receiver wants to be left alone, in milliseconds.
    pub rest_ms: Option<i64>,
}

/// An attempt of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// What the receiver knows the message by.
    pub event_id: String,
    /// The name of its type.
    pub kind: String,
    /// Which attempt it was, counted from 1.
    pub attempt: i64,
    /// When.
    pub at: i64,
    /// `delivered`, `failed` or `given_up`.
    pub outcome: String,
    /// What the receiver answered, if it did.
    pub status: Option<i64>,
    /// Why it was not delivered.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: i64,
    /// When it is sent again, as it was then.
    pub next_at: Option<i64>,
}

/// What all endpoints together are owed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outbox {
    /// Messages; counted up to [`OWED_COUNTED`](crate::store::OWED_COUNTED).
    pub rows: i64,
    /// For how many milliseconds the oldest is owed.
    pub oldest_ms: i64,
}
