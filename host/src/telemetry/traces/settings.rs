//! Where traces go, and which.

use crate::secret::Secret;
use std::time::Duration;
use url::Url;

/// How traces are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSettings {
    /// The collector; nothing is traced without one.
    pub endpoint: Option<Url>,
    /// What it is sent besides.
    pub headers: Vec<(String, Secret)>,
    /// How long it may take to take some in.
    pub timeout: Duration,
    /// What the service is called.
    pub service: String,
    /// What else is said of the service.
    pub resource: Vec<(String, String)>,
    /// Which batches are traced.
    pub sampling: Sampling,
}

/// Which batches are traced.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sampling {
    /// All.
    All,
    /// None.
    None,
    /// A share, of 1.
    Share(f64),
}

impl Eq for Sampling {}
