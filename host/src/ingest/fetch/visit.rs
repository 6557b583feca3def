//! Where a request is by now: the URL to ask next, where it was before, and what may be said there.

use super::manners::is_same_site;
use super::resolve::Check;
use super::{Accept, Fault, Request, Validators, shown_url};
use crate::secret::Secret;
use reqwest::header::{
    ACCEPT, ACCEPT_ENCODING, ACCEPT_LANGUAGE, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    InvalidHeaderValue, LOCATION,
};
use url::Url;

/// How many redirects are followed.
const MAX_REDIRECTS: usize = 5;

impl Accept {
    const fn header(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Page => "text/html, application/xhtml+xml, */*;q=0.1",
            Self::Json => "application/json, */*;q=0.1",
            Self::Feed => {
                "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.1"
            }
        })
    }
}

/// A request on its way through redirects.
pub(super) struct Visit<'r> {
    accept: Accept,
    validators: Option<&'r Validators>,
    key: Option<(&'static str, &'r Secret)>,
    follows: Option<&'r Url>,
    url: Url,
    seen: Vec<Url>,
}

impl<'r> Visit<'r> {
    pub(super) fn new(request: &Request<'r>) -> Self {
        let url = without_fragment(request.url.clone());
        let Request { accept, validators, key, follows, .. } = *request;
        Self { accept, validators, key, follows, url, seen: Vec::new() }
    }

    pub(super) const fn url(&self) -> &Url {
        &self.url
    }

    pub(super) const fn accept(&self) -> Accept {
        self.accept
    }

    /// Whether the same site was asked just before, and sent it here or was not all that there is to read.
    pub(super) fn stays(&self) -> bool {
        self.seen.last().or(self.follows).is_some_and(|before| is_same_site(before, &self.url))
    }

    /// Whether it may be answered that nothing changed.
    pub(super) fn is_conditional(&self) -> bool {
        self.etag().is_some() || self.last_modified().is_some()
    }

    /// What marks the very content says the same wherever that has moved.
    fn etag(&self) -> Option<&'r str> {
        self.validators?.etag.as_deref()
    }

    /// A date is that of one place: another's content may be older, and is new here all the same.
    fn last_modified(&self) -> Option<&'r str> {
        self.validators.filter(|_| self.seen.is_empty())?.last_modified.as_deref()
    }

    /// What is said besides the URL.
    pub(super) fn headers(&self, check: Check) -> Result<HeaderMap, Fault> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, self.accept.header());
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en, *;q=0.5"));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        // A validator that cannot be sent is none.
        let mut insert = |name, value: Option<&str>| {
            headers.extend(value.and_then(|value| HeaderValue::from_str(value).ok()).map(|value| (name, value)));
        };
        insert(IF_NONE_MATCH, self.etag());
        insert(IF_MODIFIED_SINCE, self.last_modified());
        if let Some((name, key)) = self.key {
            if self.url.scheme() != "https" && check == Check::Public {
                return Err(Fault::Forbidden("a key is only sent by https".to_owned()));
            }
            headers.insert(HeaderName::from_static(name), sensitive(key).map_err(|_| bad_key())?);
        }
        Ok(headers)
    }

    /// Goes where a response leads. From https to http, too: it is the same stranger who says what is there, and nothing
    /// of ours is said there. Once another origin was visited the key is gone for good, for that origin would choose what
    /// is asked with it.
    pub(super) fn follow(&mut self, headers: &HeaderMap) -> Result<(), Fault> {
        let location = headers.get(LOCATION).ok_or_else(|| redirect("one leads nowhere"))?;
        let location = std::str::from_utf8(location.as_bytes()).map_err(|_| redirect("one leads to no address"))?;
        let next = self.url.join(location).map_err(|_| redirect("one leads to no address"))?;
        let next = without_fragment(next);
        if next.origin() != self.url.origin() {
            self.key = None;
        }
        self.seen.push(std::mem::replace(&mut self.url, next));
        if self.seen.contains(&self.url) {
            return Err(redirect(format!("they lead back to {}", shown_url(&self.url))));
        }
        if self.seen.len() > MAX_REDIRECTS {
            return Err(redirect(format!("there are more than {MAX_REDIRECTS}")));
        }
        Ok(())
    }
}

fn sensitive(key: &Secret) -> Result<HeaderValue, InvalidHeaderValue> {
    let mut value = HeaderValue::from_str(key.expose())?;
    value.set_sensitive(true);
    Ok(value)
}

fn bad_key() -> Fault {
    Fault::Forbidden("its key cannot be sent in a header".to_owned())
}

fn redirect(what: impl Into<String>) -> Fault {
    Fault::Redirect(what.into())
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}
