//! Which pipeline is active. A batch takes it once; replacing it touches no batch that runs.

use super::Pipeline;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// The active pipeline, behind an atomic pointer.
#[derive(Debug)]
pub struct Registry {
    active: ArcSwap<Pipeline>,
}

impl Registry {
    /// A registry that starts with a pipeline.
    #[must_use]
    pub fn new(pipeline: Pipeline) -> Self {
        Self { active: ArcSwap::from_pointee(pipeline) }
    }

    /// Makes another pipeline active; returns the former one. Batches that run keep theirs.
    pub fn replace(&self, pipeline: Pipeline) -> Arc<Pipeline> {
        self.active.swap(Arc::new(pipeline))
    }

    /// The pipeline as it is now.
    #[must_use]
    pub fn active(&self) -> Arc<Pipeline> {
        self.active.load_full()
    }
}
