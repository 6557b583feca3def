//! What was read of a link, from whatever said it, as one page.

use super::head::Head;
use super::odesli::Odesli;
use super::oembed::OEmbed;
use super::text::{line, lines};
use super::{MAX_DESCRIPTION, Page};
use serde_json::{Map, Value};
use url::Url;

/// The most bytes of everything else that a page said, as text.
const MAX_METADATA: usize = 16 * 1024;
/// The most characters of one of its values.
const MAX_VALUE: usize = 2_000;
/// The most bytes of a picture's URL.
const MAX_URL: usize = 2_000;
/// What is a column of its own, or no fact of the tags' families.
const ELSEWHERE: &[&str] = &["og:title", "og:description", "og:image", "description"];

/// All that was said of a link.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) head: Head,
    pub(super) oembed: Option<OEmbed>,
    pub(super) odesli: Option<Odesli>,
}

impl Said {
    /// The page at a URL: its own tags first, then what others say, then its `<title>`.
    pub(super) fn page(&self, at: &Url) -> Page {
        Page {
            og_title: self.title(),
            og_artist: self.artist(),
            og_description: self.description(),
            og_image_url: self.picture(at),
            metadata: self.metadata(),
        }
    }

    fn title(&self) -> Option<String> {
        let shared = self.head.shared_title();
        let embedded = || self.oembed.as_ref()?.title.clone();
        let linked = || Some(self.odesli.as_ref()?.title.clone());
        shared.or_else(embedded).or_else(linked).or_else(|| self.head.title.clone())
    }

    fn artist(&self) -> Option<String> {
        let embedded = || self.oembed.as_ref()?.author.clone();
        let linked = || self.odesli.as_ref()?.artist.clone();
        self.head.maker().or_else(embedded).or_else(linked)
    }

    fn description(&self) -> Option<String> {
        let tags = ["og:description", "twitter:description", "description"];
        let mut own = tags.iter().filter_map(|name| lines(self.head.meta(name)?, MAX_DESCRIPTION));
        own.next().or_else(|| self.oembed.as_ref()?.description.clone())
    }

    fn picture(&self, at: &Url) -> Option<String> {
        let tags = ["og:image", "og:image:secure_url", "og:image:url", "twitter:image", "twitter:image:src"];
        let base = self.head.base.as_deref().and_then(|base| at.join(base).ok());
        let base = base.as_ref().unwrap_or(at);
        let own = tags.iter().filter_map(|name| self.head.meta(name)).chain(self.head.image.as_deref());
        let others = [
            self.oembed.as_ref().and_then(|oembed| oembed.picture.as_deref()),
            self.odesli.as_ref().and_then(|odesli| odesli.picture.as_deref()),
        ];
        own.chain(others.into_iter().flatten()).find_map(|url| {
            let url = base.join(url.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
            (url.as_str().len() <= MAX_URL).then(|| url.into())
        })
    }

    /// The most useful first, as much as there is room for.
    fn metadata(&self) -> Map<String, Value> {
        let mut facts: Vec<(String, Value)> = Vec::new();
        let mut add = |key: &str, value: Option<Value>| facts.extend(value.map(|value| (key.to_owned(), value)));
        let text = |text: &Option<String>| line(text.as_deref()?, MAX_VALUE).map(Value::from);
        add("title", text(&self.head.title));
        add("oembed", self.oembed.as_ref().map(OEmbed::kept));
        add("odesli", self.odesli.as_ref().map(Odesli::kept));
        let mut tags: Vec<_> =
            self.head.metas().iter().filter(|(name, _)| !ELSEWHERE.contains(&name.as_str())).collect();
        tags.sort_by_key(|(name, _)| rank(name));
        let (telling, others) = tags.split_at(tags.partition_point(|(name, _)| rank(name) < JSON_LD));
        for (name, values) in telling {
            add(name, tag(values));
        }
        add("json_ld", Some(self.head.described()).filter(|things| !things.is_empty()).map(Value::from));
        add("canonical", text(&self.head.canonical));
        for (name, values) in others {
            add(name, tag(values));
        }
        fitting(facts)
    }
}

/// Where JSON-LD comes among the tags.
const JSON_LD: u8 = 2;

/// How much use a tag is: 0 is the most.
fn rank(name: &str) -> u8 {
    match name {
        "og:type" | "og:site_name" | "og:url" | "twitter:title" | "twitter:audio:artist_name" => 0,
        _ if name.starts_with("music:song") || name.starts_with("music:preview") => 4,
        _ if name.starts_with("music:") || name.starts_with("video:") => 1,
        "twitter:description" | "twitter:label1" | "twitter:data1" => 3,
        _ if name.starts_with("og:restrictions") || name.starts_with("twitter:app") => 6,
        _ => 5,
    }
}

/// A tag's value; several where it is repeated.
fn tag(values: &[String]) -> Option<Value> {
    let mut cleaned: Vec<String> = values.iter().filter_map(|value| line(value, MAX_VALUE)).collect();
    match cleaned.len() {
        0 | 1 => cleaned.pop().map(Value::from),
        _ => Some(cleaned.into()),
    }
}

/// The facts that fit, in their order.
fn fitting(facts: Vec<(String, Value)>) -> Map<String, Value> {
    let mut room = MAX_METADATA - "{}".len();
    let fits = |(key, value): &(String, Value)| {
        let size = Value::from(key.as_str()).to_string().len() + value.to_string().len() + ":,".len();
        let fits = size <= room;
        room -= if fits { size } else { 0 };
        fits
    };
    facts.into_iter().filter(fits).collect()
}
