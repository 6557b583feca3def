//! How long the database takes, by what is asked of it.

use super::StoreError;
use std::time::Instant;

/// What is asked of a database, as figures tell it apart. Pages, channels, strategies and what is submitted to a provider are
/// rare, and not among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// New links.
    Enqueue,
    /// Batches are taken, or taken over.
    Claim,
    /// A lease is extended.
    Renew,
    /// Verdicts.
    Settle,
    /// A journalled reply is looked for.
    Recall,
    /// A question is journalled.
    Question,
    /// An answer is journalled.
    Answer,
    /// Old rows are deleted.
    Prune,
    /// A message to a webhook is taken, settled or given back.
    Notify,
    /// A look at anything else of the queue, the library, hosts, webhooks and what they did.
    Read,
    /// A change of anything else of these.
    Write,
}

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::Enqueue => "enqueue",
            Self::Claim => "claim",
            Self::Renew => "renew",
            Self::Settle => "settle",
            Self::Recall => "recall",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Prune => "prune",
            Self::Notify => "notify",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// Times what a database does, waiting for a connection included.
///
/// # Errors
/// As the operation's.
pub async fn timed<T>(
    operation: Operation,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let started = Instant::now();
    let done = work.await;
    let operation = operation.name();
    metrics::histogram!("liner_database_operation_seconds", "operation" => operation)
        .record(started.elapsed().as_secs_f64());
    // That a lease was lost is an answer.
    let has_failed = matches!(&done, Err(error) if !matches!(error, StoreError::Fenced(_)));
    metrics::counter!("liner_database_errors_total", "operation" => operation).increment(u64::from(has_failed));
    done
}
