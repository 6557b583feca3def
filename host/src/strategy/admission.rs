//! What a component must pass before it may become active. Any failure leaves the running pipeline as it is.

use super::bindings::ExtractorPre;
use super::cache::Cache;
use super::runtime::{CallError, CallState, Runtime};
use super::{AdmittedComponent, Strategy};
use crate::digest::Digest;
use std::sync::Arc;
use wasmtime::component::Component;

/// The contract this host speaks.
pub const CONTRACT: &str = "liner:extractor@0.1";

/// The step a component failed, and why.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is too large.
    #[error("size: {bytes} bytes, allowed are {allowed}")]
    Size {
        /// Its size.
        bytes: usize,
        /// The bound.
        allowed: usize,
    },
    /// It was built for another contract, or for none.
    #[error("contract: built for {found}, this host speaks {CONTRACT}")]
    Contract {
        /// What it exports.
        found: String,
    },
    /// It imports what no strategy may.
    #[error(
        "imports: {0} is not allowed; a strategy may import {CONTRACT}'s host and types only (and, with LINER_ALLOW_WASI, an empty WASI)"
    )]
    Import(String),
    /// It does not compile.
    #[error("compile: {0}")]
    Compile(String),
    /// It does not instantiate: a type differs from the contract's, or its start traps.
    #[error("instantiate: {0}")]
    Instantiate(String),
    /// A call failed.
    #[error("{0}")]
    Call(#[from] CallError),
    /// What it says of itself cannot be.
    #[error("describe: {0}")]
    Description(String),
}

/// Admits a component with a configuration, or with its default one.
///
/// # Errors
/// [`Refusal`] naming the step.
pub fn admit(runtime: &Runtime, cache: &Cache, bytes: &[u8], config: Option<&str>) -> Result<Arc<Strategy>, Refusal> {
    let allowed = runtime.limits().component_bytes;
    if bytes.len() > allowed {
        return Err(Refusal::Size { bytes: bytes.len(), allowed });
    }
    let digest = Digest::of(bytes);
    let component =
        cache.load(runtime.engine(), &digest, bytes).map_err(|error| Refusal::Compile(format!("{error:#}")))?;
    check_interfaces(runtime, &component)?;
    let pre = runtime.prepare(&component).map_err(|error| Refusal::Instantiate(format!("{error:#}")))?;
    instantiate(runtime, &pre)?;
    let description = runtime.describe(&pre)?;
    check_name(&description.name)?;
    let config = config.unwrap_or(&description.default_config).to_owned();
    runtime.check_config(&pre, &description.name, &config)?;
    Ok(Arc::new(Strategy { component: AdmittedComponent { digest, description, pre }, config }))
}

/// Types are compared only where a component is instantiated; without this step the first call would be blamed for them.
fn instantiate(runtime: &Runtime, pre: &ExtractorPre<CallState>) -> Result<(), Refusal> {
    match runtime.try_instantiate(pre) {
        Err(CallError::Trapped { cause, .. }) => Err(Refusal::Instantiate(cause)),
        other => Ok(other?),
    }
}

fn check_interfaces(runtime: &Runtime, component: &Component) -> Result<(), Refusal> {
    let ty = component.component_type();
    for (name, _) in ty.imports(runtime.engine()) {
        let interface = name.split_once('@').map_or(name, |(interface, _)| interface);
        if runtime.limits().wasi && interface.starts_with("wasi:") {
            continue;
        }
        if !matches!(interface, "liner:extractor/host" | "liner:extractor/types") {
            return Err(Refusal::Import(name.to_owned()));
        }
        check_version(name)?;
    }
    let exports: Vec<&str> = ty.exports(runtime.engine()).map(|(name, _)| name).collect();
    match exports.iter().find(|name| name.starts_with("liner:extractor/strategy")) {
        Some(name) => check_version(name),
        None => Err(Refusal::Contract { found: format!("no contract (its exports: {})", exports.join(", ")) }),
    }
}

fn check_version(interface: &str) -> Result<(), Refusal> {
    let version = interface.split_once('@').map_or("", |(_, version)| version);
    if version == "0.1" || version.starts_with("0.1.") {
        return Ok(());
    }
    Err(Refusal::Contract { found: format!("liner:extractor@{version}") })
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let plain = !name.is_empty()
        && name.len() <= 40
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if plain { Ok(()) } else { Err(Refusal::Description(format!("the name {name:?} is not of the form [a-z0-9-]+"))) }
}
