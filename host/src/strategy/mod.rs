//! Strategies: WebAssembly components that decide, ask and interpret. The host admits them, bounds them and runs them in
//! a pipeline: what one passes on, the next gets.

pub mod admission;
mod bindings;
pub mod bundled;
pub mod cache;
mod convert;
pub mod limits;
pub mod lineup;
pub mod registry;
pub mod runtime;
mod wasi;

use crate::digest::Digest;
use crate::music::Description;
use bindings::ExtractorPre;
use runtime::CallState;
use std::sync::Arc;

/// A component that passed admission.
struct AdmittedComponent {
    digest: Digest,
    description: Description,
    pre: ExtractorPre<CallState>,
}

/// A component with its configuration.
pub struct Strategy {
    component: AdmittedComponent,
    config: String,
}

impl Strategy {
    /// What it says of itself.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.component.description
    }

    /// The component's digest.
    #[must_use]
    pub fn digest(&self) -> &Digest {
        &self.component.digest
    }

    /// Its configuration, a JSON object as text.
    #[must_use]
    pub fn config(&self) -> &str {
        &self.config
    }
}

impl std::fmt::Debug for Strategy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}@{}", self.description().name, self.digest().short())
    }
}

/// The strategies in their order. A batch takes it once, as an `Arc`, and keeps it to its end.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Number of the revision, as the store counts them.
    pub revision: i64,
    /// First to last.
    pub strategies: Vec<Arc<Strategy>>,
}

impl Pipeline {
    /// `rules@1a2b… → llm@3c4d…`, for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let names: Vec<String> = self.strategies.iter().map(|strategy| format!("{strategy:?}")).collect();
        names.join(" → ")
    }
}
