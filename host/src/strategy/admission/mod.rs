//! What a component must pass before it may become active. Any failure leaves the running pipeline as it is.
//!
//! The steps are the contract's, cheapest first: nothing is compiled before its size, format, version and imports are
//! known to be right, and nothing is called before its types are.

mod encode;
mod fixtures;
mod interfaces;

use super::bindings::ExtractorPre;
use super::cache::{Cache, CompileError};
use super::call::CallState;
use super::health::Health;
use super::runtime::{CallError, Runtime};
use super::{AdmittedComponent, Strategy};
use crate::digest::Digest;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use interfaces::Interfaces;

/// The contract this host speaks.
pub const CONTRACT: &str = "liner:extractor@0.1";

/// The step a component failed, and why.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is too large.
    #[error("size: {bytes} bytes or more, allowed are {allowed}")]
    Size {
        /// Its size.
        bytes: usize,
        /// The bound.
        allowed: usize,
    },
    /// It is no whole component, nor a core module that can be made one.
    #[error("format: {0}")]
    Format(String),
    /// It was built for another contract, or for none.
    #[error("contract: built for {found}, this host speaks {CONTRACT}")]
    Contract {
        /// What it exports.
        found: String,
    },
    /// It imports what no strategy may.
    #[error("imports: {import} is not allowed; {hint}")]
    Import {
        /// The interface.
        import: String,
        /// What is.
        hint: &'static str,
    },
    /// It does not compile, or not within the bounds.
    #[error("compile: {0}")]
    Compile(String),
    /// It does not instantiate: a type differs from the contract's, or its start traps.
    #[error("instantiate: {0}")]
    Instantiate(String),
    /// A call failed.
    #[error("{step}: {error}")]
    Call {
        /// The step it was made in.
        step: &'static str,
        /// What came of it.
        error: CallError,
    },
    /// What it says of itself cannot be.
    #[error("describe: {0}")]
    Description(String),
    /// It answered the built-in tracks as no strategy may.
    #[error("fixtures: {0}")]
    Fixtures(String),
}

impl Refusal {
    /// The step that failed: `size`, `format`, `contract`, `imports`, `compile`, `instantiate`, `describe`, `check-config`
    /// or `fixtures`.
    #[must_use]
    pub const fn step(&self) -> &'static str {
        match self {
            Self::Size { .. } => "size",
            Self::Format(_) => "format",
            Self::Contract { .. } => "contract",
            Self::Import { .. } => "imports",
            Self::Compile(_) => "compile",
            Self::Instantiate(_) => "instantiate",
            Self::Call { step, .. } => step,
            Self::Description(_) => "describe",
            Self::Fixtures(_) => "fixtures",
        }
    }
}

/// How a component is to be run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// Its configuration; its own default without one.
    pub config: Option<&'a str>,
    /// Whether it may import WASI, of which it gets an empty one.
    pub allow_wasi: bool,
}

/// A component's bytes as they are kept, a core module made a component.
fn component_of<'a>(runtime: &Runtime, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, Refusal> {
    let allowed = runtime.limits().component_bytes;
    if bytes.len() > allowed {
        return Err(Refusal::Size { bytes: bytes.len(), allowed });
    }
    encode::component_of(bytes)
}

/// What admission found out besides that a component passes.
#[derive(Debug)]
pub struct Report {
    /// What it imports and exports.
    pub interfaces: Interfaces,
    /// How long it took to compile, or to load what was compiled before.
    pub compiled_in: Duration,
    /// The component's bytes, which a core module's are not.
    pub component: Vec<u8>,
}

/// Admits a component.
///
/// # Errors
/// [`Refusal`] naming the step.
pub fn admit(runtime: &Runtime, cache: &Cache, bytes: &[u8], terms: Terms<'_>) -> Result<Arc<Strategy>, Refusal> {
    admit_and_report(runtime, cache, bytes, terms).map(|(strategy, _)| strategy)
}

/// As [`admit`], and tells what it found out.
///
/// # Errors
/// [`Refusal`] naming the step.
pub fn admit_and_report(
    runtime: &Runtime,
    cache: &Cache,
    bytes: &[u8],
    terms: Terms<'_>,
) -> Result<(Arc<Strategy>, Report), Refusal> {
    let bytes = component_of(runtime, bytes)?;
    let interfaces = Interfaces::of(&bytes)?;
    interfaces.check(terms.allow_wasi)?;
    let digest = Digest::of(&bytes);
    let started = Instant::now();
    let component = cache.load(runtime.engine(), &digest, &bytes)?;
    let compiled_in = started.elapsed();
    let pre =
        runtime.prepare(&component, terms.allow_wasi).map_err(|error| Refusal::Instantiate(format!("{error:#}")))?;
    instantiate(runtime, &pre)?;
    let description = runtime.describe(&pre).map_err(|error| Refusal::Call { step: "describe", error })?;
    check_name(&description.name)?;
    let config = terms.config.unwrap_or(&description.default_config).to_owned();
    runtime
        .check_config(&pre, &description.name, &config)
        .map_err(|error| Refusal::Call { step: "check-config", error })?;
    let health = Health::new(&description.name, runtime.troubles());
    let component = AdmittedComponent { digest, description, pre };
    let strategy = Arc::new(Strategy { component, config, health });
    fixtures::try_out(runtime, &strategy)?;
    Ok((strategy, Report { interfaces, compiled_in, component: bytes.into_owned() }))
}

/// Types are compared only where a component is instantiated; without this step the first call would be blamed for them.
fn instantiate(runtime: &Runtime, pre: &ExtractorPre<CallState>) -> Result<(), Refusal> {
    runtime.try_instantiate(pre).map_err(|error| match error {
        CallError::Trapped { cause, .. } => Refusal::Instantiate(cause),
        error => Refusal::Call { step: "instantiate", error },
    })
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let plain = !name.is_empty()
        && name.len() <= 40
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain { Ok(()) } else { Err(Refusal::Description(format!("the name {name:?} is not of the form [a-z0-9-]+"))) }
}

impl From<CompileError> for Refusal {
    fn from(error: CompileError) -> Self {
        Self::Compile(error.to_string())
    }
}
