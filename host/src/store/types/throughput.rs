//! What batches did over time.

/// What batches did in one stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Stretch {
    /// When it began.
    pub began_at: i64,
    /// Batches that were settled.
    pub batches: i64,
    /// Tracks that were completed, or found not to be music.
    pub succeeded: i64,
    /// Attempts that failed.
    pub failed: i64,
    /// How long the batches took together, in milliseconds, from claim to settlement.
    pub duration_ms: i64,
    /// How long the longest took.
    pub longest_ms: i64,
    /// What their questions cost, as far as prices are known, in millionths of a dollar.
    pub cost_micros: i64,
}

/// What batches did, stretch by stretch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Throughput {
    /// The store's time.
    pub now: i64,
    /// In order of time; one in which nothing ended is left out.
    pub stretches: Vec<Stretch>,
}
