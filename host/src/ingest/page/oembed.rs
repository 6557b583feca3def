//! oEmbed: what a platform says of a link to whoever wants to embed it. Where its endpoint is is documented, or said by the
//! page.

use super::head::MAX_NAME;
use super::text::{line, lines};
use serde_json::{Map, Value};
use url::Url;

/// A platform's endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The platform's name.
    pub platform: &'static str,
    /// Its domain, for links that are of no platform yet.
    pub host: &'static str,
    /// Where it answers.
    pub url: String,
    /// Whether the answer names who uploaded it, which may be worth asking for alone.
    pub names_author: bool,
}

/// The endpoints that are documented: by the platforms' own pages for developers, Audius' in the registry of oEmbed.
pub(super) fn documented() -> Vec<Endpoint> {
    let named = |platform, host, url: &str| Endpoint { platform, host, url: url.to_owned(), names_author: true };
    let unnamed = |platform, host, url| Endpoint { names_author: false, ..named(platform, host, url) };
    vec![
        named("youtube", "youtube.com", "https://www.youtube.com/oembed"),
        named("soundcloud", "soundcloud.com", "https://soundcloud.com/oembed"),
        unnamed("spotify", "spotify.com", "https://open.spotify.com/oembed"),
        named("vimeo", "vimeo.com", "https://vimeo.com/api/oembed.json"),
        named("mixcloud", "mixcloud.com", "https://app.mixcloud.com/oembed/"),
        named("audius", "audius.co", "https://audius.co/oembed"),
        named("deezer", "deezer.com", "https://api.deezer.com/oembed"),
        named("tiktok", "tiktok.com", "https://www.tiktok.com/oembed"),
    ]
}

impl Endpoint {
    /// Whether it knows a link.
    pub(super) fn knows(&self, platform: &str, link: &Url) -> bool {
        let host = link.host_str().unwrap_or_default();
        let is_below = || host.strip_suffix(self.host).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        platform == self.platform || is_below()
    }

    /// The request for a link.
    pub(super) fn about(&self, link: &Url) -> Option<Url> {
        let mut url = Url::parse(&self.url).ok()?;
        url.query_pairs_mut().append_pair("format", "json").append_pair("url", link.as_str());
        Some(url)
    }
}

/// What an endpoint says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct OEmbed {
    pub(super) title: Option<String>,
    pub(super) author: Option<String>,
    pub(super) description: Option<String>,
    pub(super) picture: Option<String>,
    provider: Option<String>,
    kind: Option<String>,
}

impl OEmbed {
    /// Reads an answer; `None` for what is none.
    pub(super) fn read(json: &[u8]) -> Option<Self> {
        let answer: Map<String, Value> = serde_json::from_slice(json).ok()?;
        let text = |key: &str| answer.get(key).and_then(Value::as_str);
        Some(Self {
            title: text("title").and_then(|title| line(title, super::MAX_TITLE)),
            author: text("author_name").and_then(|name| line(name, MAX_NAME)),
            description: text("description").and_then(|text| lines(text, super::MAX_DESCRIPTION)),
            picture: text("thumbnail_url").map(str::to_owned),
            provider: text("provider_name").and_then(|name| line(name, MAX_NAME)),
            kind: text("type").and_then(|kind| line(kind, MAX_NAME)),
        })
    }

    /// The answer of an endpoint that a page of any kind names: whoever wrote an article made no music.
    pub(super) fn without_writer(mut self) -> Self {
        self.author = self.author.filter(|_| self.kind.as_deref() == Some("video"));
        self
    }

    /// What is kept of it.
    pub(super) fn kept(&self) -> Value {
        let facts = [
            ("title", &self.title),
            ("author_name", &self.author),
            ("provider_name", &self.provider),
            ("type", &self.kind),
        ];
        facts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::from(value.clone()?)))).collect()
    }
}
