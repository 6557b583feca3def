//! Which pipeline is active. A batch takes it once; replacing it touches no batch that runs.

use super::Pipeline;
use std::sync::{Arc, PoisonError, RwLock};

/// The active pipeline.
#[derive(Debug)]
pub struct Registry {
    active: RwLock<Arc<Pipeline>>,
}

impl Registry {
    /// A registry that starts with a pipeline.
    #[must_use]
    pub fn new(pipeline: Pipeline) -> Self {
        Self { active: RwLock::new(Arc::new(pipeline)) }
    }

    /// The pipeline as it is now.
    #[must_use]
    pub fn active(&self) -> Arc<Pipeline> {
        self.active.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
