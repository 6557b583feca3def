//! Whether a run finds so much that its questions wait for a provider's batch.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Whether a run lets questions wait for a provider's batch, which those who submit it are told.
#[derive(Default)]
pub struct Backlog<'a>(Option<&'a AtomicUsize>);

impl<'a> Backlog<'a> {
    /// Whether it does.
    pub const fn is_there(&self) -> bool {
        self.0.is_some()
    }

    /// From now on it does.
    pub fn begin(&mut self, collecting: &'a AtomicUsize) {
        self.end();
        collecting.fetch_add(1, Ordering::SeqCst);
        self.0 = Some(collecting);
    }

    /// From now on it does not.
    pub fn end(&mut self) {
        if let Some(collecting) = self.0.take() {
            collecting.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Backlog<'_> {
    fn drop(&mut self) {
        self.end();
    }
}
