//! Reading from servers of strangers: only public addresses, bounded in time and bytes, politely, and with nothing of ours
//! but a name.

mod address;
mod allowed;
mod body;
mod client;
mod connections;
mod gate;
mod manners;
mod post;
mod resolve;
mod settings;
mod shown;
mod transport;
mod unpack;
mod visit;

pub use allowed::{Allowed, AllowedError};
pub use client::Client;
pub use connections::ClientError;
pub use post::{Posted, Poster};
pub use resolve::{Resolver, SystemResolver};
pub use settings::{Contact, ContactError, FetchSettings};
pub use shown::{shown, shown_url};

pub use crate::music::Validators;

use crate::secret::Secret;
use async_trait::async_trait;
use std::time::Duration;
use url::Url;

/// What is asked of a server.
#[derive(Debug)]
pub struct Request<'a> {
    /// What is read.
    pub url: &'a Url,
    /// In which form.
    pub accept: Accept,
    /// What an earlier answer was marked with; it is not sent again while it is the same.
    pub validators: Option<&'a Validators>,
    /// A header that only this origin may see; a redirect leaves it behind.
    pub key: Option<(&'static str, &'a Secret)>,
    /// What the same reading asked for just before. From the same site more is had at once, as a redirect within it is
    /// followed at once, and those who come later pay for it.
    pub follows: Option<&'a Url>,
}

impl<'a> Request<'a> {
    /// A request without anything but its URL.
    #[must_use]
    pub const fn of(url: &'a Url, accept: Accept) -> Self {
        Self { url, accept, validators: None, key: None, follows: None }
    }
}

/// Forms of content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accept {
    /// A web page.
    Page,
    /// JSON.
    Json,
    /// RSS, Atom or JSON Feed.
    Feed,
}

/// Where a body goes while it arrives, without its transfer and content encodings.
pub trait Sink: Send {
    /// The body begins; its `Content-Type`.
    fn begin(&mut self, content_type: Option<&str>);

    /// Some of it; whether more is wanted.
    fn push(&mut self, bytes: &[u8]) -> Appetite;
}

/// Whether more of a body is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appetite {
    /// The rest of it is.
    More,
    /// Nothing is: the connection may be closed.
    Enough,
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It is what its validators say.
    Unchanged,
    /// The sink has it.
    Body(Answer),
}

/// A body that went to the sink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Where it was, after redirects.
    pub url: Url,
    /// What to ask with the next time.
    pub validators: Validators,
    /// Whether it was longer than is read; a page's head is in what was read.
    pub cut: bool,
}

/// Whoever reads from servers.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Reads what a URL names.
    ///
    /// # Errors
    /// Why it cannot be had, in words that name the URL without its query.
    async fn fetch(&self, request: &Request<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError>;
}

/// Why something cannot be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{url}: {fault}")]
pub struct FetchError {
    /// What was read, without its query, which may hold what is nobody's business.
    pub url: String,
    /// What went wrong.
    pub fault: Fault,
}

impl FetchError {
    /// Whether it is the fault of another server than the one that was asked, to which that one led: of another
    /// [`site`](crate::music::site). The one that was asked is there, and need not rest for it.
    #[must_use]
    pub fn is_elsewhere(&self, asked: &str) -> bool {
        match (Url::parse(&self.url), Url::parse(asked)) {
            (Ok(failed), Ok(asked)) => !manners::is_same_site(&failed, &asked),
            _ => false,
        }
    }
}

/// What may go wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It may not be read from there.
    #[error("not read: {0}")]
    Forbidden(String),
    /// The server says no.
    #[error("the server answers {0}")]
    Status(u16),
    /// The server, or this host's own manners, want it left alone for a while.
    #[error("left alone for {} s: {reason}", .wait.as_secs())]
    Busy {
        /// How long.
        wait: Duration,
        /// Who said so.
        reason: String,
    },
    /// Nobody answers, or not as HTTP says.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("took longer than {} s", .0.as_secs_f64())]
    Timeout(Duration),
    /// It says more than is read, or is packed too tightly.
    #[error("{0}")]
    TooLarge(String),
    /// Redirects lead nowhere.
    #[error("redirects: {0}")]
    Redirect(String),
    /// It is no page, or not what was asked for.
    #[error("is {0}")]
    Unwanted(String),
}

impl Fault {
    /// Whether the same request may do better later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Busy { .. } | Self::Unreachable(_) | Self::Timeout(_) => true,
            Self::Forbidden(_) | Self::TooLarge(_) | Self::Redirect(_) | Self::Unwanted(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_as_it_is() {
        let told = |ms| Fault::Timeout(Duration::from_millis(ms)).to_string();
        assert_eq!(told(500), "took longer than 0.5 s");
        assert_eq!(told(10_000), "took longer than 10 s");
    }

    #[test]
    fn a_fault_is_elsewhere_when_another_site_was_led_to() {
        let error = |url: &str| FetchError { url: url.into(), fault: Fault::Status(500) };
        for (failed, asked) in [
            ("https://a.example/1", "https://a.example/1?x=1"),
            ("https://www.a.example/2", "http://a.example/1"),
            ("https://b.bandcamp.com/", "https://a.bandcamp.com/"),
            ("no address", "https://a.example/"),
        ] {
            assert!(!error(failed).is_elsewhere(asked), "{failed}");
        }
        assert!(error("https://www.youtube.com/watch").is_elsewhere("https://youtu.be/x"));
        assert!(error("http://10.0.0.1/").is_elsewhere("http://10.0.0.2/"));
    }
}
