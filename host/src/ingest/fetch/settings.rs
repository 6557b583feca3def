//! What an operator says about reading pages.

use super::Allowed;
use std::time::Duration;

/// How pages are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchSettings {
    /// Whether pages are read at all.
    pub enabled: bool,
    /// Hosts and networks that may be read from though they are not public.
    pub allowed: Allowed,
    /// Whom a server's owner may turn to: an address of mail or of a page.
    pub contact: Option<String>,
    /// How long a page may take, redirects included.
    pub timeout: Duration,
    /// From one request to a site to the next.
    pub interval: Duration,
    /// Pages at once.
    pub concurrency: usize,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            allowed: Allowed::default(),
            contact: None,
            timeout: Duration::from_secs(10),
            interval: Duration::from_secs(1),
            concurrency: 8,
        }
    }
}
