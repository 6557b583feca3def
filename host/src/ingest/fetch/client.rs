//! The client for servers of strangers.

use super::manners::{self, Manners};
use super::resolve::{Check, Checked, Resolver, SystemResolver};
use super::visit::Visit;
use super::{
    Allowed, Answer, Contact, Fault, Fetch, FetchError, FetchSettings, Fetched, Request, Sink, Validators, shown_url,
};
use super::{body, gate, transport};
use async_trait::async_trait;
use reqwest::Response;
use reqwest::header::{ETAG, HeaderMap, HeaderName, LAST_MODIFIED};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection is kept that nobody uses.
const KEPT: Duration = Duration::from_secs(30);
/// The most headers, whose bytes hyper bounds to 400 KiB.
const MAX_HEADERS: usize = 100;
/// How long a request waits for its turns, all in all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads from servers of strangers.
///
/// Redirects are followed here, and each is checked as the first URL was. A connection is made to an address that was
/// checked for it, or is one that was; those that nobody checks, to hosts that the operator names, are another client's,
/// so that neither gets a connection of the other's.
///
/// No cookie, no referrer and no credential is ever sent, and no proxy of the environment used: it would connect to what
/// was not checked.
pub struct Client {
    public: reqwest::Client,
    named: reqwest::Client,
    allowed: Allowed,
    manners: Manners,
    timeout: Duration,
}

/// A client that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// There is no TLS.
    #[error("the client for pages cannot start: {0}")]
    Tls(#[from] reqwest::Error),
}

/// What came of one URL.
enum Hop {
    Fetched(Fetched),
    Onward(HeaderMap),
}

impl Client {
    /// A client that asks the system for addresses.
    ///
    /// # Errors
    /// When TLS cannot start.
    pub fn new(settings: &FetchSettings) -> Result<Self, ClientError> {
        Self::with_resolver(settings, Arc::new(SystemResolver::default()))
    }

    /// A client that asks somebody else for addresses.
    ///
    /// # Errors
    /// When TLS cannot start.
    pub fn with_resolver(settings: &FetchSettings, resolver: Arc<dyn Resolver>) -> Result<Self, ClientError> {
        // A second call finds the provider installed, which is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let agent = user_agent(settings.contact.as_ref());
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
        Ok(Self {
            public: client(Check::Public)?,
            named: client(Check::Nothing)?,
            allowed: settings.allowed.clone(),
            manners: Manners::new(settings.interval),
            timeout: settings.timeout,
        })
    }

    /// Asks one URL when it is its turn, within what is left of the time.
    async fn hop(&self, visit: &Visit<'_>, wait: &mut Wait, sink: &mut dyn Sink) -> Result<Hop, Fault> {
        let url = visit.url();
        let check = gate::check(url, &self.allowed)?;
        let headers = visit.headers(check)?;
        if visit.stays() {
            self.manners.follow(url)?;
        } else {
            self.manners.turn(url, wait.for_turns).await?;
        }
        let began = Instant::now();
        let hop = match tokio::time::timeout(wait.for_servers, self.exchange(check, visit, headers, sink)).await {
            Ok(hop) => hop,
            Err(_) => Err(Fault::Timeout(self.timeout)),
        };
        let took = began.elapsed();
        wait.for_servers = wait.for_servers.saturating_sub(took);
        self.note(visit, took, &hop);
        hop
    }

    async fn exchange(
        &self,
        check: Check,
        visit: &Visit<'_>,
        headers: HeaderMap,
        sink: &mut dyn Sink,
    ) -> Result<Hop, Fault> {
        let http = match check {
            Check::Public => &self.public,
            Check::Nothing => &self.named,
        };
        let request = http.get(visit.url().clone()).headers(headers);
        let response = request.send().await.map_err(|error| transport::fault(&error))?;
        match response.status().as_u16() {
            200 | 203 => answer(response, visit, sink).await.map(Hop::Fetched),
            304 if visit.is_conditional() => Ok(Hop::Fetched(Fetched::Unchanged)),
            // The body is not read: with the response, its connection goes.
            301 | 302 | 303 | 307 | 308 => Ok(Hop::Onward(response.headers().clone())),
            status => match manners::wish(status, response.headers()) {
                Some(wait) => Err(Fault::Busy { wait, reason: format!("the server answers {status}") }),
                None => Err(Fault::Status(status)),
            },
        }
    }

    /// What an origin did is remembered for the next who wants to ask it.
    fn note(&self, visit: &Visit<'_>, took: Duration, hop: &Result<Hop, Fault>) {
        let url = visit.url();
        match hop {
            Err(Fault::Forbidden(_)) => {}
            Err(Fault::Busy { wait, reason }) => self.manners.wished(url, *wait, reason),
            Err(Fault::Unreachable(reason)) => self.manners.silent(url, reason),
            // Those before it may have left it no time.
            Err(Fault::Timeout(_)) if took < self.timeout / 2 => {}
            Err(timeout @ Fault::Timeout(_)) => self.manners.silent(url, &timeout.to_string()),
            _ => self.manners.answered(url),
        }
    }
}

/// How much longer a request may wait.
struct Wait {
    for_turns: Instant,
    for_servers: Duration,
}

#[async_trait]
impl Fetch for Client {
    async fn fetch(&self, request: &Request<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        let mut visit = Visit::new(request);
        let mut wait = Wait { for_turns: Instant::now() + PATIENCE, for_servers: self.timeout };
        loop {
            let failed = |url: &url::Url, fault| FetchError { url: shown_url(url), fault };
            match self.hop(&visit, &mut wait, sink).await.map_err(|fault| failed(visit.url(), fault))? {
                Hop::Fetched(fetched) => return Ok(fetched),
                Hop::Onward(headers) => visit.follow(&headers).map_err(|fault| failed(request.url, fault))?,
            }
        }
    }
}

async fn answer(response: Response, visit: &Visit<'_>, sink: &mut dyn Sink) -> Result<Fetched, Fault> {
    let validators = validators(response.headers());
    let cut = body::read(response, visit.accept(), sink).await?;
    Ok(Fetched::Body(Answer { url: visit.url().clone(), validators, cut }))
}

/// What does not look like a validator is not kept, nor sent back.
fn validators(headers: &HeaderMap) -> Validators {
    let text = |name: HeaderName| {
        let value = headers.get(name)?.to_str().ok()?;
        (!value.is_empty() && value.len() <= 256).then(|| value.to_owned())
    };
    Validators { etag: text(ETAG), last_modified: text(LAST_MODIFIED) }
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
