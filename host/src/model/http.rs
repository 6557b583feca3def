//! HTTP to a provider: the key goes to its origin and nowhere else, bodies are bounded, and what is shown never holds the
//! key.

use super::retry::Failure;
use super::{AskError, RouteSettings};
use crate::secret::Secret;
use crate::tls;
use futures_util::stream::{self, BoxStream};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::multipart::Form;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use std::collections::VecDeque;
use std::time::Duration;
use url::Url;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of a response, or of a line of results, that are read. The longest answer asked for is far below.
const MAX_RESPONSE: usize = 8 << 20;
/// How long a provider is left alone that cannot be reached.
const UNREACHABLE_REST: Duration = Duration::from_secs(30);
/// How long the next bytes of results may take. Reading them all may take as long as there are some.
const NEXT_BYTES: Duration = Duration::from_secs(60);
/// How long a file may take at least to be sent, however short a request is to be.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(600);

/// How a provider wants its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyHeader {
    /// `x-api-key`.
    ApiKey,
    /// `authorization: Bearer`.
    Bearer,
}

/// A client of one origin. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base_url: Url,
    key: Option<Secret>,
    key_header: KeyHeader,
    timeout: Duration,
    logs_bodies: bool,
}

/// A response that was read to its end.
pub struct Read {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Client {
    /// A client.
    ///
    /// # Errors
    /// When the TLS library cannot start.
    pub fn new(settings: &RouteSettings, key_header: KeyHeader) -> Result<Self, reqwest::Error> {
        tls::ready();
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            // A redirect would carry the key to another origin.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("liner/", env!("CARGO_PKG_VERSION")));
        // Without TLS, a proxy of the environment would read the key.
        let http = if settings.base_url.scheme() == "http" { http.no_proxy() } else { http };
        Ok(Self {
            http: http.build()?,
            base_url: settings.base_url.clone(),
            key: settings.key.clone(),
            key_header,
            timeout: settings.timeout,
            logs_bodies: settings.logs_bodies,
        })
    }

    /// Where it asks, for people.
    pub fn origin(&self) -> String {
        self.base_url.origin().ascii_serialization()
    }

    /// A request to a path under the base URL.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut url = self.base_url.clone();
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        url.set_path(&format!("{}{path}", self.base_url.path().trim_end_matches('/')));
        url.set_query(query);
        self.http.request(method, url)
    }

    /// Posts JSON and reads the response.
    pub async fn post(&self, path: &str, headers: HeaderMap, body: Vec<u8>) -> Result<Read, Failure> {
        if self.logs_bodies {
            tracing::trace!(path, "to the model: {}", self.clean(&String::from_utf8_lossy(&body)));
        }
        let request = self.request(Method::POST, path).headers(headers).header(CONTENT_TYPE, "application/json");
        self.read(request.body(body)).await
    }

    /// Posts a form, with files, and reads the response.
    pub async fn post_form(&self, path: &str, form: Form) -> Result<Read, Failure> {
        self.read_within(self.timeout.max(UPLOAD_TIMEOUT), self.request(Method::POST, path).multipart(form)).await
    }

    /// Gets a path and reads the response.
    pub async fn get(&self, path: &str, headers: HeaderMap) -> Result<Read, Failure> {
        self.read(self.request(Method::GET, path).headers(headers)).await
    }

    /// Sends a request and reads the response, all within the time that a request may take.
    pub async fn read(&self, request: RequestBuilder) -> Result<Read, Failure> {
        self.read_within(self.timeout, request).await
    }

    async fn read_within(&self, timeout: Duration, request: RequestBuilder) -> Result<Read, Failure> {
        let response = self.send(request.timeout(timeout)).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.read_bounded(response).await?;
        if self.logs_bodies {
            tracing::trace!(%status, "from the model: {}", self.clean(&String::from_utf8_lossy(&body)));
        }
        Ok(Read { status, headers, body })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let request = match &self.key {
            Some(key) => {
                let (name, value) = key_header(self.key_header, key)?;
                request.header(name, value)
            }
            None => request,
        };
        request.send().await.map_err(|error| self.of_transport(&error))
    }

    async fn read_bounded(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.of_transport(&error))? {
            if body.len() + chunk.len() > MAX_RESPONSE {
                return Err(too_long("response"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The lines of a response, as they come; or what came instead, read to its end.
    pub async fn lines(
        &self,
        path: &str,
        headers: HeaderMap,
    ) -> Result<Result<BoxStream<'static, Result<Vec<u8>, Failure>>, Read>, Failure> {
        let response = self.send(self.request(Method::GET, path).headers(headers)).await?;
        if !response.status().is_success() {
            let (status, headers) = (response.status(), response.headers().clone());
            return Ok(Err(Read { status, headers, body: self.read_bounded(response).await? }));
        }
        let lines = Lines { client: self.clone(), response: Some(response), rest: Vec::new(), ready: VecDeque::new() };
        Ok(Ok(Box::pin(stream::unfold(lines, Lines::next))))
    }

    /// A request without a response. One that never left may be sent again; one that timed out may have been answered
    /// and billed, and is not.
    fn of_transport(&self, error: &reqwest::Error) -> Failure {
        let mut reason = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            reason = format!("{reason}: {inner}");
            cause = inner.source();
        }
        let reason = shorten(&self.clean(&reason));
        if error.is_connect() {
            let reason = format!("the provider cannot be reached: {reason}");
            let error = AskError::RetryAfter { reason, rest: UNREACHABLE_REST, for_all: false };
            return Failure { may_repeat: true, ..Failure::last(error) };
        }
        let reason = if error.is_timeout() {
            format!("the provider did not answer in time (AI_TIMEOUT_MS): {reason}")
        } else {
            format!("the exchange with the provider broke off: {reason}")
        };
        Failure::perhaps_paid(AskError::Backoff(reason))
    }

    /// A text as it may be shown and stored.
    pub fn clean(&self, text: &str) -> String {
        match &self.key {
            Some(key) if text.contains(key.expose()) => text.replace(key.expose(), "***"),
            _ => text.to_owned(),
        }
    }

    /// An error's body as it may be quoted. What is quoted is cut, and half a key would not be found any more.
    pub fn quotable(&self, body: &[u8]) -> Vec<u8> {
        self.clean(&String::from_utf8_lossy(body)).into_bytes()
    }

    /// A body that is not what it should be. Why repeats what was found there, which may be long and hold the key.
    pub fn unreadable(&self, what: &str, why: impl std::fmt::Display) -> Failure {
        Failure::perhaps_paid(AskError::Backoff(format!("{what}: {}", shorten(&self.clean(&why.to_string())))))
    }

    /// A failure as it may be shown and stored.
    pub fn cleaned(&self, failure: Failure) -> Failure {
        Failure { error: failure.error.map(|reason| self.clean(&reason)), ..failure }
    }
}

fn key_header(header: KeyHeader, key: &Secret) -> Result<(HeaderName, HeaderValue), Failure> {
    let (name, value) = match header {
        KeyHeader::ApiKey => (HeaderName::from_static("x-api-key"), HeaderValue::from_str(key.expose())),
        KeyHeader::Bearer => (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", key.expose()))),
    };
    let mut value = value.map_err(|_| {
        Failure::last(AskError::misconfigured("the provider's key cannot be sent in a header".to_owned()))
    })?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// A text header's value.
pub fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// A text of one line and at most 300 characters.
pub fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 300 { line } else { format!("{}…", line.chars().take(300).collect::<String>()) }
}

fn too_long(what: &str) -> Failure {
    Failure::perhaps_paid(AskError::Backoff(format!("the provider's {what} is longer than {MAX_RESPONSE} bytes")))
}

/// A response that is read line by line.
struct Lines {
    client: Client,
    /// None when it ended.
    response: Option<Response>,
    rest: Vec<u8>,
    ready: VecDeque<Vec<u8>>,
}

impl Lines {
    async fn next(mut self) -> Option<(Result<Vec<u8>, Failure>, Self)> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Some((Ok(line), self));
            }
            let response = self.response.as_mut()?;
            match tokio::time::timeout(NEXT_BYTES, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    self.take_in(&chunk);
                    if self.rest.len() > MAX_RESPONSE {
                        return Some(self.broken(too_long("line of results")));
                    }
                }
                Ok(Ok(None)) => {
                    self.response = None;
                    let last = std::mem::take(&mut self.rest);
                    self.push(last);
                }
                Ok(Err(error)) => {
                    let failure = self.client.of_transport(&error);
                    return Some(self.broken(failure));
                }
                Err(_) => {
                    let reason = "the provider stopped sending results".to_owned();
                    return Some(self.broken(Failure::last(AskError::Backoff(reason))));
                }
            }
        }
    }

    fn take_in(&mut self, chunk: &[u8]) {
        for (at, piece) in chunk.split(|byte| *byte == b'\n').enumerate() {
            if at > 0 {
                let line = std::mem::take(&mut self.rest);
                self.push(line);
            }
            self.rest.extend_from_slice(piece);
        }
    }

    fn push(&mut self, line: Vec<u8>) {
        if !line.trim_ascii().is_empty() {
            self.ready.push_back(line);
        }
    }

    fn broken(mut self, failure: Failure) -> (Result<Vec<u8>, Failure>, Self) {
        self.response = None;
        (Err(failure), self)
    }
}
