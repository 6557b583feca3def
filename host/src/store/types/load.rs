//! How busy the ways to a database are.

/// What is under way to a database, and what waits for its turn.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Load {
    /// Connections that are kept, by what they are for.
    pub pools: Vec<PoolLoad>,
    /// Claims, questions, answers and settlements that wait for the group before them to be written.
    pub waiting: usize,
}

/// Connections that are kept for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// What for, as figures call it.
    pub name: &'static str,
    /// Those that are being used.
    pub in_use: usize,
    /// Those that are not.
    pub idle: usize,
}

impl PoolLoad {
    /// The connections of a pool.
    pub(in crate::store) fn of<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> Self {
        let (all, idle) = (usize::try_from(pool.size()).unwrap_or(usize::MAX), pool.num_idle());
        Self { name, in_use: all.saturating_sub(idle), idle }
    }
}
