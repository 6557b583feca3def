//! Strategies: WebAssembly components that decide, ask and interpret. The host admits them, bounds them and runs them in
//! a pipeline: what one passes on, the next gets.

pub mod admission;
mod bindings;
pub mod bundled;
pub mod cache;
mod call;
pub mod compiler;
mod convert;
pub mod health;
pub mod limits;
pub mod lineup;
pub mod registry;
pub mod runtime;
mod wasi;

use crate::digest::Digest;
use crate::music::Description;
use bindings::ExtractorPre;
use call::CallState;
use health::Health;
use lineup::{Candidate, Lineup, Role};
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
    health: Health,
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

    /// How it is doing.
    #[must_use]
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Its configuration, as a rule a JSON object as text.
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
    /// What is written down of it.
    pub lineup: Lineup,
    /// First to last.
    pub strategies: Vec<Arc<Strategy>>,
    /// What is tried beside them.
    pub trials: Vec<Trial>,
}

/// A candidate, loaded.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Which.
    pub candidate: Candidate,
    /// The candidate's own strategy.
    pub strategy: Arc<Strategy>,
    /// The strategies as they would be with it in its place.
    pub strategies: Vec<Arc<Strategy>>,
}

impl Pipeline {
    /// Its active strategies and its candidates, each once.
    pub fn loaded(&self) -> impl Iterator<Item = &Arc<Strategy>> {
        self.strategies.iter().chain(self.trials.iter().map(|trial| &trial.strategy))
    }

    /// The canary and its share of a hundred tracks.
    #[must_use]
    pub fn canary(&self) -> Option<(&Trial, u8)> {
        self.trials.iter().find_map(|trial| match trial.candidate.role {
            Role::Canary { percent } => Some((trial, percent)),
            Role::Shadow { .. } => None,
        })
    }

    /// `rules@1a2b… → llm@3c4d…`, for people.
    #[must_use]
    pub fn summary(&self) -> String {
        let names: Vec<String> = self.strategies.iter().map(|strategy| format!("{strategy:?}")).collect();
        names.join(" → ")
    }
}
