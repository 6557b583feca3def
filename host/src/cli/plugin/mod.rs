//! `liner plugin`: strategies, on the same database as a running host, which follows within a second.

mod change;
mod check;
pub mod compare;
mod list;
mod new;
mod run;

use crate::config::Config;
use clap::Subcommand;
use std::process::ExitCode;

#[derive(Debug, Subcommand)]
pub enum Plugin {
    /// List the strategies and what they are used for
    List(list::List),
    /// Run admission on a component, and tell what it found
    Check(check::Check),
    /// Run a component on tracks, step by step
    Run(run::Run),
    /// Write a crate for a new strategy, which builds and passes its test
    New(new::New),
    /// Admit a component and make it active, or a candidate
    Install(change::Install),
    /// Make an installed strategy active
    Activate(change::Activate),
    /// Let a strategy see what the active ones see, and settle nothing
    Shadow(change::Shadow),
    /// Let a strategy settle a share of the tracks
    Canary(change::Canary),
    /// Compare a candidate with the active strategies
    Compare(compare::Compare),
    /// Make a candidate active
    Promote(change::Promote),
    /// Run a strategy with another configuration
    Config(change::Configure),
    /// Return to the strategies that were active before
    Rollback(change::Rollback),
    /// Take a strategy out, active or candidate
    Retire(change::Retire),
}

impl Plugin {
    pub async fn run(self, config: &Config) -> anyhow::Result<ExitCode> {
        match self {
            Self::List(command) => command.run(config).await,
            Self::Check(command) => command.run(config).await,
            Self::Run(command) => command.run(config).await,
            Self::New(command) => command.run(),
            Self::Install(command) => command.run(config).await,
            Self::Activate(command) => command.run(config).await,
            Self::Shadow(command) => command.run(config).await,
            Self::Canary(command) => command.run(config).await,
            Self::Compare(command) => command.run(config).await,
            Self::Promote(command) => command.run(config).await,
            Self::Config(command) => command.run(config).await,
            Self::Rollback(command) => command.run(config).await,
            Self::Retire(command) => command.run(config).await,
        }
    }
}
