//! Connections to servers of strangers: to addresses that were checked, or that the operator names.

use super::resolve::{Check, Checked, Resolver};
use super::{Allowed, Contact, Fault, gate};
use crate::tls;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept that nobody uses.
const KEPT: Duration = Duration::from_secs(30);
/// The most headers, whose bytes hyper bounds to 400 KiB.
const MAX_HEADERS: usize = 100;

/// A client that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no TLS.
    #[error("the client for servers of strangers cannot start: {0}")]
    Tls(#[from] reqwest::Error),
}

/// Connections, of which none follows a redirect.
///
/// One is made to an address that was checked for it, or is one that was; those that nobody checks, to hosts that the
/// operator names, are another client's, so that neither gets a connection of the other's.
///
/// No cookie, no referrer and no credential is ever sent, and no proxy of the environment used: it would connect to what
/// was not checked.
pub(super) struct Connections {
    public: reqwest::Client,
    named: reqwest::Client,
    allowed: Allowed,
}

impl Connections {
    pub(super) fn new(
        resolver: Arc<dyn Resolver>,
        allowed: Allowed,
        contact: Option<&Contact>,
    ) -> Result<Self, ClientError> {
        tls::ready();
        let agent = user_agent(contact);
        let client = |check| {
            reqwest::Client::builder()
                .user_agent(&agent)
                .dns_resolver(Arc::new(Checked::new(resolver.clone(), check)))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .referer(false)
                .connect_timeout(CONNECT_TIMEOUT)
                .pool_idle_timeout(KEPT)
                .pool_max_idle_per_host(1)
                // Strangers get one protocol, whose bounds are those that hold. HTTP/2 would bring its own ways to flood a
                // client, with headers, settings and resets, and nothing for requests that are seconds apart.
                .http1_only()
                .http1_max_headers(MAX_HEADERS)
                .build()
        };
        Ok(Self { public: client(Check::Public)?, named: client(Check::Nothing)?, allowed })
    }

    /// What the connection of a URL that may be asked for is checked for.
    pub(super) fn check(&self, url: &Url) -> Result<Check, Fault> {
        gate::check(url, &self.allowed)
    }

    /// The client whose connections are checked for that.
    pub(super) const fn of(&self, check: Check) -> &reqwest::Client {
        match check {
            Check::Public => &self.public,
            Check::Nothing => &self.named,
        }
    }
}

/// The form in which crawlers name themselves. Without `Mozilla/5.0`, many servers take a client for a broken browser and
/// send a page without the head that is wanted; with the name of a browser or of another's crawler it would be a lie.
fn user_agent(contact: Option<&Contact>) -> String {
    const NAME: &str = concat!("Mozilla/5.0 (compatible; liner/", env!("CARGO_PKG_VERSION"));
    contact.map_or_else(|| format!("{NAME})"), |contact| format!("{NAME}; +{contact})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_says_who_it_is_and_whom_to_turn_to() {
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(user_agent(None), format!("Mozilla/5.0 (compatible; liner/{version})"));
        let told = user_agent(Some(&"https://music.example/bot".parse().unwrap()));
        assert_eq!(told, format!("Mozilla/5.0 (compatible; liner/{version}; +https://music.example/bot)"));
    }
}
