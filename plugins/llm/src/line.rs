//! One track as the model sees it: what is not given, what rules suspect, and nothing twice. It is data in JSON strings, which a
//! title cannot leave.

use crate::clean::shown;
use crate::config::Config;
use crate::given::Given;
use crate::link;
use crate::prompt::id;
use liner_strategy::text::words;
use liner_strategy::{Extraction, MusicType, Track, music_type_name};
use serde::Serialize;
use std::borrow::Cow;

/// The platform of a line that names none.
const USUAL_PLATFORM: &str = "youtube";

/// Words of what platforms write into every description.
const BOILERPLATE: [&str; 24] = [
    "a", "and", "app", "by", "download", "for", "free", "from", "in", "listen", "music", "now", "np", "of", "official",
    "on", "play", "song", "stream", "the", "to", "track", "video", "watch",
];

/// A text that is shown, if there is one.
type Text<'a> = Option<Cow<'a, str>>;

/// A track whose whole entry is asked for.
#[derive(Debug, Serialize)]
pub struct Whole<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    uploader: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shared_with: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guess: Option<Guess<'a>>,
    #[serde(skip_serializing_if = "Stated::is_empty")]
    given: Stated<'a>,
}

/// A track of which only the genres are asked for.
#[derive(Debug, Serialize)]
pub struct Named<'a> {
    id: String,
    t: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    al: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Text<'a>,
}

/// What rules read from the page, and how sure they were, in the fields of an answer. What is as the page has it is left out.
#[derive(Debug, Serialize)]
struct Guess<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Text<'a>,
    /// Null where rules know of nobody though somebody uploaded it.
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<&'static str>,
    c: f64,
}

/// What the platform's own fields say, as far as an answer would have to repeat it.
#[derive(Debug, Default, Serialize)]
struct Stated<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    t: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    a: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    al: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    g: &'a [String],
}

impl Stated<'_> {
    const fn is_empty(&self) -> bool {
        self.t.is_none() && self.a.is_none() && self.al.is_none() && self.d.is_none() && self.g.is_empty()
    }
}

/// Whether a model has anything to go by: a text, or a link that speaks. Of ids alone it could only make something up.
pub fn says_something(track: &Track, given: &Given) -> bool {
    let says = |text: &Option<String>| text.as_deref().is_some_and(|text| words(text).trim().chars().count() > 1);
    let shared = track.shared_text.as_deref().map(without_links);
    let is_link = |text: &str| link::spoken(text).is_some();
    says(&track.og_title)
        || says(&track.og_description)
        || says(&shared)
        || track.hint.is_some()
        || given.title.is_some()
        || track.url.as_deref().is_some_and(is_link)
}

/// What is shown of a track whose whole entry is asked for.
pub fn whole<'a>(config: &Config, index: u32, track: &'a Track, given: &'a Given) -> Whole<'a> {
    let text = |text: Option<&'a str>| cut(text, config.text_chars);
    let stated = Stated {
        t: text(given.title.as_deref()),
        a: text(given.artist.as_deref()),
        al: text(given.album.as_deref()),
        d: given.release_date.as_deref(),
        g: &given.genres,
    };
    let page = text(track.og_title.as_deref());
    // Who uploaded it tells who performs, which is known then.
    let uploader = text(track.og_artist.as_deref()).filter(|uploader| stated.a.as_ref() != Some(uploader));
    let description = description(config, track);
    Whole {
        id: id(index),
        platform: text(Some(&track.platform_name)).filter(|platform| platform != USUAL_PLATFORM),
        shared_with: shared(config, track),
        link: track.url.as_deref().filter(|_| page.is_none()).and_then(link::spoken),
        style: text(given.style.as_deref()),
        guess: track.hint.as_ref().map(|hint| guess(config, hint, &stated, page.as_ref(), uploader.as_ref())),
        given: stated,
        page,
        uploader,
        description,
    }
}

/// What is shown of a track whose title and artist are known.
pub fn named<'a>(config: &Config, index: u32, known: &'a Extraction, given: &'a Given) -> Named<'a> {
    let text = |text: Option<&'a str>| cut(text, config.text_chars);
    Named {
        id: id(index),
        t: text(Some(&known.title)),
        a: text(known.artist.as_deref()),
        al: text(known.album.as_deref()),
        style: text(given.style.as_deref()),
    }
}

fn guess<'a>(
    config: &Config,
    hint: &'a Extraction,
    given: &Stated<'_>,
    page: Option<&Cow<'a, str>>,
    uploader: Option<&Cow<'a, str>>,
) -> Guess<'a> {
    let text = |text: Option<&'a str>| cut(text, config.text_chars);
    let artist = text(hint.artist.as_deref());
    Guess {
        t: text(Some(&hint.title)).filter(|title| given.t.is_none() && Some(title) != page),
        a: (given.a.is_none() && artist.as_ref() != uploader).then_some(artist),
        y: (hint.music_type != MusicType::Song).then(|| music_type_name(hint.music_type)),
        c: (hint.confidence * 100.0).round() / 100.0,
    }
}

/// The description without links that say nothing; nothing of one that repeats title, uploader and platform in a platform's words.
fn description<'a>(config: &Config, track: &'a Track) -> Text<'a> {
    let text = without_links(track.og_description.as_deref()?);
    let texts = [track.og_title.as_deref(), track.og_artist.as_deref(), Some(&track.platform_name)];
    let known: String = texts.into_iter().flatten().map(words).collect();
    let is_known = |word: &str| BOILERPLATE.contains(&word) || known.contains(&format!(" {word} "));
    let repeats = words(&text).split_whitespace().all(is_known);
    if repeats { None } else { cut(Some(&text), config.description_chars).map(|text| Cow::Owned(text.into_owned())) }
}

/// What was written beside the link, unless it is the page's title.
fn shared<'a>(config: &Config, track: &'a Track) -> Text<'a> {
    let text = without_links(track.shared_text.as_deref()?);
    let is_title = track.og_title.as_deref().is_some_and(|title| words(title) == words(&text));
    cut(Some(&text), config.text_chars).filter(|_| !is_title).map(|text| Cow::Owned(text.into_owned()))
}

/// A text with links as far as they speak.
fn without_links(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("http") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = from.find(|c: char| !c.is_ascii_graphic() || "\"'<>(){}|\\^`".contains(c)).unwrap_or(from.len());
        let (link, after) = from.split_at(end);
        if link.starts_with("http://") || link.starts_with("https://") {
            out.push_str(&link::spoken(link).unwrap_or_default());
        } else {
            out.push_str(link);
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

fn cut(text: Option<&str>, limit: usize) -> Text<'_> {
    text.map(|text| shown(text, limit)).filter(|text| !text.is_empty())
}
