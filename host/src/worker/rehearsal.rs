//! What the questions of a batch would cost, without a store: they are kept, and asked only where that is wanted.

use super::asking::ask_unrecorded;
use super::ledger::{Answered, Ledger, Question, Unanswered};
use crate::model::Gateway;
use crate::music::{Prompt, Usage};
use crate::store::{Settlement, StoreError};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A question that was put.
pub struct Put {
    /// The question.
    pub prompt: Prompt,
    /// What its answer used; nothing where nobody was asked.
    pub usage: Option<Usage>,
}

/// Questions that were put, and why some that were asked have no answer.
#[derive(Default)]
pub struct Rehearsed {
    /// Those that were answered, or not asked.
    pub put: Vec<Put>,
    /// Why the others were not answered.
    pub unanswered: Vec<String>,
}

/// A ledger that keeps the questions for its owner.
pub struct Rehearsal {
    gateway: Option<Arc<Gateway>>,
    rehearsed: Mutex<Rehearsed>,
}

impl Rehearsal {
    /// One that asks; nobody without a gateway.
    #[must_use]
    pub fn new(gateway: Option<Arc<Gateway>>) -> Self {
        Self { gateway, rehearsed: Mutex::default() }
    }

    /// All questions so far.
    #[must_use]
    pub fn into_rehearsed(self) -> Rehearsed {
        self.rehearsed.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Rehearsed> {
        self.rehearsed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Ledger for Rehearsal {
    async fn ask(&self, question: Question<'_>) -> Result<Answered, Unanswered> {
        let prompt = question.prompt.clone();
        let Some(gateway) = &self.gateway else {
            self.lock().put.push(Put { prompt, usage: None });
            return Err(Unanswered::Absent("nobody is asked".to_owned()));
        };
        match ask_unrecorded(gateway, &prompt).await {
            Ok((answered, usage)) => {
                self.lock().put.push(Put { prompt, usage: Some(usage) });
                Ok(answered)
            }
            Err(unanswered) => {
                self.lock().unanswered.push(unanswered.to_string());
                Err(unanswered)
            }
        }
    }

    async fn settle(&self, _settlement: Settlement, _finish: bool) -> Result<(), StoreError> {
        Ok(())
    }
}
