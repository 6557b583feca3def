//! What a page's head says, and what of its body is worth reading on for.

use super::json_ld;
use super::microdata::{Credit, Microdata};
use super::tags::{Keep, Tag, Visitor};
use super::text::line;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// How much of a body is searched for who made what the head names. Platforms that have it there have it early: as
/// microdata, from 5 to 40 KiB after the head.
const LOOKOUT: usize = 64 * 1024;
/// The most names of meta tags that are kept.
const MAX_METAS: usize = 100;
/// The most values of one meta tag.
const MAX_REPEATS: usize = 20;
/// The most scripts with JSON-LD that are read.
const MAX_SCRIPTS: usize = 20;
/// Where a title for whoever shows the link is, the best first.
const TITLES: &[&str] = &["og:title", "twitter:title"];
/// Where a performer's name is.
const MAKERS: &[&str] = &["music:musician_description", "twitter:audio:artist_name"];
/// The most characters of a name.
pub(super) const MAX_NAME: usize = 500;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) title: Option<String>,
    pub(super) canonical: Option<String>,
    /// What relative URLs are relative to, instead of the page's own.
    pub(super) base: Option<String>,
    /// Where the page says that its oEmbed is.
    pub(super) oembed: Option<String>,
    /// `<link rel="image_src">`.
    pub(super) image: Option<String>,
    pub(super) things: Vec<Map<String, Value>>,
    /// Who microdata says made the page's thing.
    pub(super) credit: Option<String>,
    metas: Vec<(String, Vec<String>)>,
    scripts: usize,
    microdata: Microdata,
    keeps: Option<Kept>,
    inert: Inert,
    /// Where the head ended, or after it the title was found.
    over: Option<usize>,
    /// Whether something was read that the next two depend on.
    is_changed: bool,
    is_titled: bool,
    is_credited: bool,
    is_done: bool,
}

/// What a text is kept for.
#[derive(Debug, Clone, Copy)]
enum Kept {
    Title,
    JsonLd,
    Name,
}

impl Head {
    /// The first value of a meta tag.
    pub(super) fn meta(&self, name: &str) -> Option<&str> {
        self.metas.iter().find(|(known, _)| known == name)?.1.first().map(String::as_str)
    }

    /// All meta tags with all their values, as they come.
    pub(super) fn metas(&self) -> &[(String, Vec<String>)] {
        &self.metas
    }

    /// The title that is meant for whoever shows the link.
    pub(super) fn shared_title(&self) -> Option<String> {
        let metas = TITLES.iter().filter_map(|name| self.meta(name));
        let names = self.things.iter().filter_map(|thing| thing.get("name")?.as_str());
        metas.chain(names).find_map(|title| line(title, super::MAX_TITLE))
    }

    /// The performer, else the uploader, whom the page names in a field made for it.
    pub(super) fn maker(&self) -> Option<String> {
        let tagged = || {
            let names = MAKERS.iter().filter_map(|name| self.metas.iter().find(|(known, _)| known == name));
            names.flat_map(|(_, names)| line(&names.join(", "), MAX_NAME)).find(|name| !name.contains("://"))
        };
        let performers = || self.things.iter().find_map(|thing| joined(thing.get("byArtist")?));
        let author = || self.things.iter().find_map(|thing| joined(thing.get("author")?));
        tagged().or_else(performers).or_else(|| self.credit.clone()).or_else(author)
    }

    /// Everything that the page describes: a video with the category that its microdata adds.
    pub(super) fn described(&self) -> Vec<Map<String, Value>> {
        let mut things = self.things.clone();
        if let Some(genre) = self.microdata.genre() {
            json_ld::add_genre(&mut things, genre);
        }
        things
    }

    /// Whether enough is known. The head is enough when it says a title and who made it; the lookout is added when it does
    /// not say who, or not yet what a video is about, and without a title everything is read.
    fn settle(&mut self, at: usize) {
        if std::mem::take(&mut self.is_changed) {
            let is_titled = self.title.is_some() || self.shared_title().is_some();
            if is_titled && !self.is_titled {
                self.over = self.over.map(|_| at);
            }
            (self.is_titled, self.is_credited) = (is_titled, self.maker().is_some());
        }
        let is_told = self.is_credited && !self.microdata.is_genre_due();
        let is_past = |over: usize| is_told || at > over + LOOKOUT;
        self.is_done = self.is_titled && self.over.is_some_and(is_past);
    }

    fn read_meta(&mut self, tag: &Tag) {
        let Some(content) = tag.get("content").filter(|content| !content.trim().is_empty()) else { return };
        let names = ["property", "name"].iter().filter_map(|key| tag.get(key));
        let mut names = names.map(|name| name.trim().to_lowercase());
        let Some(name) = names.find(|name| is_kept(name)) else { return };
        let counts = TITLES.contains(&name.as_str()) || MAKERS.contains(&name.as_str());
        let is_full = self.metas.len() >= MAX_METAS;
        match self.metas.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) if values.len() < MAX_REPEATS => values.push(content.into_owned()),
            None if !is_full => self.metas.push((name, vec![content.into_owned()])),
            _ => return,
        }
        self.is_changed |= counts;
    }

    fn read_link(&mut self, tag: &Tag) {
        let Some(href) = tag.get("href").map(|href| href.trim().to_owned()).filter(|href| !href.is_empty()) else {
            return;
        };
        let rel = tag.get("rel").unwrap_or_default().to_lowercase();
        let kind = tag.get("type").unwrap_or_default().trim().to_lowercase();
        let is_oembed = matches!(kind.as_str(), "application/json+oembed" | "text/json+oembed");
        for rel in rel.split_ascii_whitespace() {
            match rel {
                "canonical" => self.canonical.get_or_insert(href.clone()),
                "image_src" => self.image.get_or_insert(href.clone()),
                "alternate" if is_oembed => self.oembed.get_or_insert(href.clone()),
                _ => continue,
            };
        }
    }

    fn is_credited_to(&mut self, name: &str) {
        self.credit = line(name, MAX_NAME);
        self.is_changed |= self.credit.is_some();
    }

    fn starts_json_ld(&self, tag: &Tag) -> bool {
        let kind = tag.get("type").unwrap_or_default();
        let is_json_ld = kind.trim().to_lowercase().starts_with("application/ld+json");
        is_json_ld && self.things.len() < json_ld::MAX_THINGS && self.scripts < MAX_SCRIPTS
    }
}

fn is_kept(name: &str) -> bool {
    let is_family = ["og:", "twitter:", "music:"].iter().any(|family| name.starts_with(family));
    let is_other = matches!(name, "video:release_date" | "video:duration" | "description");
    (is_family && name.len() <= 100) || is_other
}

fn joined(names: &Value) -> Option<String> {
    match names {
        Value::Array(names) => line(&names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "), MAX_NAME),
        name => line(name.as_str()?, MAX_NAME),
    }
}

/// Elements whose content is not the page's: drawings have titles of their own, and a template is not shown.
const INERT: &[&str] = &["svg", "math", "template", NOSCRIPT];
/// What is shown to whoever runs no scripts. It may repeat the page as microdata; tags for the page's head it has none.
const NOSCRIPT: &str = "noscript";

/// Whether an element is open whose content does not count.
#[derive(Debug, Default)]
struct Inert {
    element: Option<&'static str>,
    depth: usize,
}

impl Inert {
    fn open(&mut self, name: &str) {
        match self.element {
            Some(element) => self.depth += usize::from(element == name),
            None => {
                self.element = INERT.iter().find(|inert| **inert == name).copied();
                self.depth = 1;
            }
        }
    }

    fn close(&mut self, name: &str) {
        if self.element == Some(name) {
            self.depth -= 1;
            self.element = self.element.filter(|_| self.depth > 0);
        }
    }
}

impl Visitor for Head {
    fn open(&mut self, tag: &Tag, at: usize) -> Keep {
        let name = tag.name();
        if name == "body" {
            self.over.get_or_insert(at);
            self.inert = Inert::default();
        }
        if !tag.is_empty {
            self.inert.open(&name);
        }
        if self.inert.element.is_none() {
            match &*name {
                "meta" => self.read_meta(tag),
                "link" => self.read_link(tag),
                "base" => self.base = self.base.take().or_else(|| tag.get("href").map(Cow::into_owned)),
                "title" if self.title.is_none() => self.keeps = Some(Kept::Title),
                "script" if self.starts_json_ld(tag) => self.keeps = Some(Kept::JsonLd),
                _ => {}
            }
        }
        if matches!(self.inert.element, None | Some(NOSCRIPT)) {
            match self.microdata.read(tag).filter(|_| self.credit.is_none()) {
                Some(Credit::Said(name)) => self.is_credited_to(&name),
                Some(Credit::Follows) => self.keeps = Some(Kept::Name),
                None => {}
            }
        }
        self.settle(at);
        if self.keeps.is_some() { Keep::Text } else { Keep::Nothing }
    }

    fn close(&mut self, name: &str, at: usize) {
        self.inert.close(name);
        self.keeps = None;
        if name == "head" {
            self.over.get_or_insert(at);
            self.inert = Inert::default();
        }
        self.settle(at);
    }

    fn text(&mut self, text: &str) {
        match self.keeps.take() {
            Some(Kept::Title) => {
                self.title = line(text, super::MAX_TITLE);
                self.is_changed |= self.title.is_some();
            }
            Some(Kept::JsonLd) => {
                self.scripts += 1;
                let room = json_ld::MAX_THINGS.saturating_sub(self.things.len());
                self.things.extend(json_ld::things(text).into_iter().take(room));
                self.is_changed = true;
            }
            Some(Kept::Name) if text.trim().is_empty() => self.keeps = Some(Kept::Name),
            Some(Kept::Name) => self.is_credited_to(text),
            None => {}
        }
    }

    fn is_satisfied(&self) -> bool {
        self.is_done
    }
}
