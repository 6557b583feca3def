//! The client for servers of strangers.

use super::manners::{self, Manners};
use super::connections::{ClientError, Connections};
use super::resolve::{Check, Resolver, SystemResolver};
use super::visit::Visit;
use super::{Answer, Fault, Fetch, FetchError, FetchSettings, Fetched, Request, Sink, Validators, shown_url};
use super::{body, transport};
use async_trait::async_trait;
use reqwest::Response;
use reqwest::header::{ETAG, HeaderMap, HeaderName, LAST_MODIFIED};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a request waits for its turns, all in all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reads from servers of strangers.
///
/// Redirects are followed here, and each is checked as the first URL was.
pub struct Client {
    connections: Connections,
    manners: Manners,
    timeout: Duration,
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
        Ok(Self {
            connections: Connections::new(resolver, settings.allowed.clone(), settings.contact.as_ref())?,
            manners: Manners::new(settings.interval),
            timeout: settings.timeout,
        })
    }

    /// Asks one URL when it is its turn, within what is left of the time.
    async fn hop(&self, visit: &Visit<'_>, wait: &mut Wait, sink: &mut dyn Sink) -> Result<Hop, Fault> {
        let url = visit.url();
        let check = self.connections.check(url)?;
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
        let request = self.connections.of(check).get(visit.url().clone()).headers(headers);
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
