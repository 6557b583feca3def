//! What a worker writes, in groups: one transaction for all that several batches want written at one moment.

use super::{begin, claim, journal, settle};
use crate::failpoint::{self, Failpoint};
use crate::store::gather::WriteGroup;
use crate::store::settling::{Settling, rounds};
use crate::store::{Admission, CallAnswer, CallId, CallIntent, Claim, Limits, StoreError, Want};
use async_trait::async_trait;
use sqlx::SqlitePool;

/// Something to write.
pub enum Write {
    /// Due tracks into batches.
    Claim(Want),
    /// A question, before it is sent.
    Intent(Box<CallIntent>, Limits),
    /// An answer, before it is read.
    Answer(CallId, Box<CallAnswer>),
    /// Verdicts.
    Settle(Settling),
}

/// What came of it.
pub enum Written {
    /// Of a claim.
    Claimed(Vec<Claim>),
    /// Of a question.
    Admitted(Admission),
    /// Of an answer.
    Answered,
    /// Of verdicts.
    Settled,
}

/// Writes with the one connection that writes.
pub struct Writer(pub SqlitePool);

#[async_trait]
impl WriteGroup for Writer {
    type Item = Write;
    type Done = Written;

    async fn write(&self, items: &[Write]) -> Result<Vec<Result<Written, StoreError>>, StoreError> {
        let mut tx = begin(&self.0).await?;
        let settling: Vec<&Settling> = items
            .iter()
            .filter_map(|item| if let Write::Settle(settling) = item { Some(settling) } else { None })
            .collect();
        let mut settled = Vec::with_capacity(settling.len());
        for round in rounds(&settling) {
            settled.extend(settle::settle_all(&mut tx, round).await?);
        }
        let mut settled = settled.into_iter();
        let mut written = Vec::with_capacity(items.len());
        for item in items {
            written.push(match item {
                Write::Settle(settling) => match settled.next() {
                    Some(true) => Ok(Written::Settled),
                    _ => Err(StoreError::Fenced(settling.batch().to_owned())),
                },
                Write::Answer(call, answer) => {
                    journal::insert_answer(&mut tx, call, answer).await?;
                    Ok(Written::Answered)
                }
                Write::Intent(call, limits) => {
                    Ok(Written::Admitted(journal::insert_intent(&mut tx, call, limits).await?))
                }
                Write::Claim(want) => Ok(Written::Claimed(claim::claim(&mut tx, want).await?)),
            });
        }
        if !settling.is_empty() {
            failpoint::pass(Failpoint::BeforeCommit);
        }
        tx.commit().await?;
        Ok(written)
    }
}

/// A group writes what it was given.
pub fn mixed_up() -> StoreError {
    StoreError::Corrupt("a write was answered as another one".to_owned())
}
