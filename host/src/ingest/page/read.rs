//! From a link to what is known of it: its page first, then who else may know.

use super::facts::Said;
use super::head::Head;
use super::odesli::{self, Odesli};
use super::oembed::{self, Endpoint, OEmbed};
use super::reader::Reader;
use super::{Blank, Page};
use crate::ingest::fetch::{Accept, Answer, Appetite, Fault, Fetch, FetchError, Fetched, Request, Sink, Validators};
use crate::ingest::identify;
use std::time::Duration;
use url::Url;

/// The most bytes of an answer in JSON.
const MAX_JSON: usize = 256 * 1024;

/// Who is asked about a link beside its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    /// The platforms' oEmbed.
    pub oembed: Vec<Endpoint>,
    /// Odesli's links API, without a query.
    pub odesli: String,
}

impl Default for Sources {
    /// As they are documented.
    fn default() -> Self {
        Self { oembed: oembed::documented(), odesli: odesli::URL.to_owned() }
    }
}

/// What came of a link.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// The page is what it was.
    Unchanged,
    /// It was read.
    Page {
        /// What it says, or others say of it.
        page: Box<Page>,
        /// Where it was, after redirects; the link's own URL when only others say something.
        url: Url,
        /// What to ask with the next time.
        validators: Validators,
    },
}

/// Why nothing is known of a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Unread {
    /// Why its page was not read.
    pub error: FetchError,
    /// Whether it, or somebody who was asked instead, may answer later.
    pub may_pass: bool,
    /// How long to wait until then, if somebody said so.
    pub wait: Option<Duration>,
}

impl Unread {
    pub(crate) fn because(error: FetchError) -> Self {
        let (may_pass, wait) = (error.fault.may_pass(), wait(&error.fault));
        Self { error, may_pass, wait }
    }

    fn blank(url: &Url, blank: Blank) -> Self {
        Self { error: unwanted(url, blank.to_string()), may_pass: blank.may_pass(), wait: None }
    }

    /// Somebody else did not answer either.
    fn and(&mut self, other: &FetchError) {
        if other.fault.may_pass() && !self.may_pass {
            (self.may_pass, self.wait) = (true, wait(&other.fault));
        }
    }

    /// Whether the page is not there any more, so that nobody else need be asked.
    const fn is_gone(&self) -> bool {
        matches!(self.error.fault, Fault::Status(404 | 410))
    }
}

const fn wait(fault: &Fault) -> Option<Duration> {
    match fault {
        Fault::Busy { wait, .. } => Some(*wait),
        _ => None,
    }
}

fn unwanted(url: &Url, what: String) -> FetchError {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    FetchError { url: shown.into(), fault: Fault::Unwanted(what) }
}

/// What a page's own server says.
enum Own {
    Unchanged,
    Page(Box<Head>, Answer),
}

impl Sources {
    /// Reads what is known of a link to a platform.
    ///
    /// # Errors
    /// [`Unread`] when neither its page nor anybody else names what was linked.
    pub async fn read(
        &self,
        fetch: &dyn Fetch,
        platform: &str,
        link: &Url,
        validators: Option<&Validators>,
    ) -> Result<Reading, Unread> {
        let own = match own(fetch, link, validators).await {
            Ok(Own::Unchanged) => return Ok(Reading::Unchanged),
            Ok(Own::Page(head, answer)) => telling(head, answer, link),
            Err(error) => Err(Unread::because(error)),
        };
        let (mut said, at, validators, mut trouble) = match own {
            Ok((said, answer)) => (said, answer.url, answer.validators, None),
            Err(unread) => (Said::default(), link.clone(), Validators::default(), Some(unread)),
        };
        if !trouble.as_ref().is_some_and(Unread::is_gone) {
            let known = known_as(platform, link, &at);
            // Who was not asked, as others wait for the same site, has no turn to go on with.
            let asked = trouble.as_ref().is_none_or(|unread| unread.wait.is_none()).then_some(&at);
            let embedded = self.ask_platform(fetch, platform, known, asked, &mut said).await;
            let linked = self.ask_odesli(fetch, platform, known, &mut said).await;
            for error in [embedded, linked].into_iter().filter_map(Result::err) {
                trouble.iter_mut().for_each(|unread| unread.and(&error));
            }
        }
        let page = Box::new(said.page(&at));
        match trouble {
            Some(unread) if page.og_title.is_none() => Err(unread),
            _ => Ok(Reading::Page { page, url: at, validators }),
        }
    }

    /// Asks the platform's oEmbed, else the one that the page names, for what the page does not say.
    async fn ask_platform(
        &self,
        fetch: &dyn Fetch,
        platform: &str,
        link: &Url,
        asked: Option<&Url>,
        said: &mut Said,
    ) -> Result<(), FetchError> {
        let (is_untitled, is_uncredited) = (said.head.shared_title().is_none(), said.head.maker().is_none());
        let documented = self.oembed.iter().find(|endpoint| endpoint.knows(platform, link));
        let url = match documented {
            Some(endpoint) if is_untitled || (is_uncredited && endpoint.names_author) => endpoint.about(link),
            None if is_untitled => said.head.oembed.as_deref().and_then(|url| link.join(url).ok()),
            _ => None,
        };
        let Some(url) = url else { return Ok(()) };
        let answer = OEmbed::read(&json(fetch, &url, asked).await?);
        said.oembed = if documented.is_some() { answer } else { answer.map(OEmbed::without_writer) };
        Ok(())
    }

    /// Asks Odesli when nobody has named the link yet.
    async fn ask_odesli(
        &self,
        fetch: &dyn Fetch,
        platform: &str,
        link: &Url,
        said: &mut Said,
    ) -> Result<(), FetchError> {
        let is_untitled = said.page(link).og_title.is_none();
        let Some(url) = odesli::about(&self.odesli, platform, link).filter(|_| is_untitled) else { return Ok(()) };
        said.odesli = Odesli::read(&json(fetch, &url, None).await?);
        Ok(())
    }
}

async fn own(fetch: &dyn Fetch, link: &Url, validators: Option<&Validators>) -> Result<Own, FetchError> {
    let mut reader = Reader::default();
    let request = Request { validators, ..Request::of(link, Accept::Page) };
    match fetch.fetch(&request, &mut reader).await? {
        Fetched::Unchanged => Ok(Own::Unchanged),
        Fetched::Body(answer) => match reader.finish() {
            Ok(head) => Ok(Own::Page(Box::new(head), answer)),
            Err(refusal) => Err(unwanted(&answer.url, refusal)),
        },
    }
}

/// A page that says something of what was linked; nothing is kept of one that does not.
fn telling(head: Box<Head>, answer: Answer, link: &Url) -> Result<(Said, Answer), Unread> {
    let said = Said { head: *head, ..Said::default() };
    match said.page(&answer.url).blank() {
        Some(blank) => Err(Unread::blank(link, blank)),
        None => Ok((said, answer)),
    }
}

/// Under which URL others know a link: a short one under that which it leads to, unless that is no page of the platform.
fn known_as<'a>(platform: &str, link: &'a Url, at: &'a Url) -> &'a Url {
    let is_platforms = identify(at.as_str()).is_ok_and(|found| found.key.platform_name == platform);
    if is_platforms { at } else { link }
}

async fn json(fetch: &dyn Fetch, url: &Url, follows: Option<&Url>) -> Result<Vec<u8>, FetchError> {
    let mut sink = Json::default();
    fetch.fetch(&Request { follows, ..Request::of(url, Accept::Json) }, &mut sink).await?;
    Ok(sink.0)
}

/// Keeps an answer in JSON, as much as there is room for: what is cut is no JSON any more.
#[derive(Default)]
struct Json(Vec<u8>);

impl Sink for Json {
    fn begin(&mut self, _: Option<&str>) {}

    fn push(&mut self, bytes: &[u8]) -> Appetite {
        let room = MAX_JSON.saturating_sub(self.0.len());
        self.0.extend(bytes.iter().take(room));
        if bytes.len() >= room { Appetite::Enough } else { Appetite::More }
    }
}
