//! What an operator says about reading pages.

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
    /// From one request to an origin to the next.
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

/// Hosts, addresses and networks that may be read from, on every port or on the one that is named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {}

/// An entry that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no host, address or network")]
pub struct AllowedError(pub String);

impl std::str::FromStr for Allowed {
    type Err = AllowedError;

    fn from_str(text: &str) -> Result<Self, AllowedError> {
        if text.trim().is_empty() { Ok(Self::default()) } else { Err(AllowedError(text.to_owned())) }
    }
}
