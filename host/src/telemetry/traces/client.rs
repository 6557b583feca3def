//! The exporter's way out: our own HTTP client, so that no second one comes with it.

use super::TraceSettings;
use crate::tls;
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::time::Duration;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The most bytes of an answer that are read: it says how many spans were refused, as a rule nothing.
const MAX_ANSWER: usize = 64 << 10;

/// A client of a collector.
#[derive(Debug)]
pub struct Client(reqwest::Client);

impl Client {
    /// A client.
    ///
    /// # Errors
    /// When the TLS library cannot start.
    pub fn new(settings: &TraceSettings) -> Result<Self, reqwest::Error> {
        tls::ready();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(settings.timeout)
            // A redirect would carry the headers to another origin.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("liner/", env!("CARGO_PKG_VERSION")));
        let is_plain = settings.endpoint.as_ref().is_some_and(|endpoint| endpoint.scheme() == "http");
        // Without TLS, a proxy of the environment would read them.
        Ok(Self(if is_plain { client.no_proxy() } else { client }.build()?))
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let mut answer = self.0.execute(request.try_into()?).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(format!("the collector answered more than {MAX_ANSWER} bytes").into());
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(Bytes::from(body));
        (*response.status_mut(), *response.headers_mut()) = (status, headers);
        Ok(response)
    }
}
