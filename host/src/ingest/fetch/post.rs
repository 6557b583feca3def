//! Sending to servers of strangers, under the rules by which they are read from. What they answer besides a status is not
//! read by anybody.

use super::connections::{ClientError, Connections};
use super::resolve::{Resolver, SystemResolver};
use super::{Allowed, Contact, Fault, manners, transport};
use reqwest::header::HeaderMap;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// The most bytes of an answer that are let pass, so that its connection may be used again.
const LONGEST: usize = 16 << 10;
/// How long they may take.
const PASSING: Duration = Duration::from_secs(1);

/// Sends to servers of strangers.
pub struct Poster {
    connections: Connections,
    timeout: Duration,
}

/// What a server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    /// Its status.
    pub status: u16,
    /// For how long it wants to be left alone, where it has no time or is asked too often.
    pub wait: Option<Duration>,
}

impl Poster {
    /// A client that asks the system for addresses. A request may take as long as `timeout`.
    ///
    /// # Errors
    /// When TLS cannot start.
    pub fn new(allowed: Allowed, contact: Option<&Contact>, timeout: Duration) -> Result<Self, ClientError> {
        Self::with_resolver(allowed, contact, timeout, Arc::new(SystemResolver::default()))
    }

    /// A client that asks somebody else for addresses.
    ///
    /// # Errors
    /// When TLS cannot start.
    pub fn with_resolver(
        allowed: Allowed,
        contact: Option<&Contact>,
        timeout: Duration,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, ClientError> {
        Ok(Self { connections: Connections::new(resolver, allowed, contact)?, timeout })
    }

    /// Whether a URL may be sent to, as far as it can be said before anybody is asked where it leads.
    ///
    /// # Errors
    /// [`Fault::Forbidden`].
    pub fn check(&self, url: &Url) -> Result<(), Fault> {
        self.connections.check(url).map(drop)
    }

    /// Sends a body. A redirect is an answer as any other.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: String) -> Result<Posted, Fault> {
        let check = self.connections.check(url)?;
        let request = self.connections.of(check).post(url.clone()).headers(headers).body(body).send();
        let response = match tokio::time::timeout(self.timeout, request).await {
            Ok(response) => response.map_err(|error| transport::fault(&error))?,
            Err(_) => return Err(Fault::Timeout(self.timeout)),
        };
        let status = response.status().as_u16();
        let wait = manners::wish(status, response.headers());
        pass_by(response).await;
        Ok(Posted { status, wait })
    }
}

async fn pass_by(mut response: reqwest::Response) {
    let mut left = LONGEST;
    let passing = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            left = left.saturating_sub(chunk.len());
            if left == 0 {
                break;
            }
        }
    };
    // The status was what there was to know; a connection that is not worth waiting for goes with its response.
    let _ = tokio::time::timeout(PASSING, passing).await;
}
