//! What a page says in JSON-LD, reduced to what music needs, under schema.org's own names.

use super::text::line;
use serde_json::{Map, Value};

/// The types that say something of music, of what is heard or seen.
const TYPES: &[&str] = &[
    "MusicRecording",
    "MusicAlbum",
    "MusicRelease",
    "MusicVideoObject",
    "MusicComposition",
    "MusicPlaylist",
    "MusicGroup",
    "VideoObject",
    "AudioObject",
    "PodcastEpisode",
    "PodcastSeries",
    "RadioEpisode",
];
/// The types by which what is not music is told apart: of a thing of these the name is enough.
const OTHERS: &[&str] = &["Audiobook", "Movie", "TVEpisode", "TVSeries", "VideoGame", "Course", "Recipe"];
/// The most things that are taken from a page.
pub(super) const MAX_THINGS: usize = 5;
/// The most characters of a value.
const MAX_VALUE: usize = 500;
/// The most names of artists or genres.
const MAX_NAMES: usize = 20;
/// The most objects that are looked at, however they are nested.
const MAX_LOOKS: usize = 200;

/// The things that a script describes; none where it is no JSON.
pub(super) fn things(script: &str) -> Vec<Map<String, Value>> {
    let Some(document) = parse(script) else { return Vec::new() };
    let (mut things, mut looks, mut queue) = (Vec::new(), 0, vec![&document]);
    while let Some(value) = queue.pop().filter(|_| things.len() < MAX_THINGS && looks < MAX_LOOKS) {
        looks += 1;
        match value {
            Value::Array(values) => queue.extend(values.iter().take(MAX_LOOKS).rev()),
            Value::Object(object) => {
                things.extend(reduced(object));
                queue.extend(["mainEntity", "@graph"].iter().filter_map(|inner| object.get(*inner)));
            }
            _ => {}
        }
    }
    things
}

/// JSON as pages have it: in a comment or CDATA, with raw line breaks inside of texts, or with its quotes as entities.
fn parse(script: &str) -> Option<Value> {
    const WRAPPERS: &[&str] =
        &["<!--", "-->", "//<![CDATA[", "//]]>", "/*<![CDATA[*/", "/*]]>*/", "<![CDATA[", "]]>", "//"];
    let mut json = script.trim();
    loop {
        let inner = WRAPPERS.iter().fold(json, |json, wrapper| {
            let json = json.strip_prefix(wrapper).unwrap_or(json).trim_start();
            json.strip_suffix(wrapper).unwrap_or(json).trim_end()
        });
        if inner.len() == json.len() {
            break;
        }
        json = inner;
    }
    let json = json.trim_end_matches(';');
    let spaced = || json.replace(|c: char| c.is_control(), " ");
    let quoted = || spaced().replace("&quot;", "\"").replace("&#34;", "\"");
    serde_json::from_str(json)
        .or_else(|_| serde_json::from_str(&spaced()))
        .or_else(|_| serde_json::from_str(&quoted()))
        .ok()
}

fn reduced(object: &Map<String, Value>) -> Option<Map<String, Value>> {
    let kind = kind(object)?;
    let is_work = kind.starts_with("Music") && kind != "MusicGroup";
    let text = |key: &str| object.get(key).and_then(name);
    let artists = || {
        let credits = ["byArtist", "creator", "author"].into_iter().take(if is_work { 3 } else { 1 });
        credits.map(|key| names(object.get(key))).find(|names| !names.is_empty())
    };
    let list = |names: Vec<String>| (!names.is_empty()).then(|| Value::from(names));
    let one = |text: Option<String>| text.map(Value::from);
    let facts = [
        ("@type", Some(Value::from(kind))),
        ("name", one(text("name"))),
        ("byArtist", artists().and_then(list)),
        ("inAlbum", one(text("inAlbum"))),
        ("datePublished", one(text("datePublished"))),
        ("uploadDate", one(text("uploadDate"))),
        ("genre", list(names(object.get("genre")))),
        ("duration", one(text("duration"))),
        ("author", one(text("author"))),
        ("recordingOf", one(text("recordingOf"))),
    ];
    let counts = if OTHERS.contains(&kind) { 2 } else { facts.len() };
    Some(facts.into_iter().take(counts).filter_map(|(key, value)| Some((key.to_owned(), value?))).collect())
}

/// Adds what a page's video is about to the video among its things, or as a video of its own.
pub(super) fn add_genre(things: &mut Vec<Map<String, Value>>, genre: &str) {
    let genre = Value::from(vec![genre]);
    let is_video = |thing: &&mut Map<String, Value>| thing.get("@type").is_some_and(|kind| kind == "VideoObject");
    if let Some(video) = things.iter_mut().find(is_video) {
        video.entry("genre").or_insert(genre);
    } else if things.len() < MAX_THINGS {
        let video = [("@type", Value::from("VideoObject")), ("genre", genre)];
        things.push(video.into_iter().map(|(key, value)| (key.to_owned(), value)).collect());
    }
}

/// The first of a thing's types that counts, without the vocabulary that it may be written with.
fn kind(object: &Map<String, Value>) -> Option<&'static str> {
    let written = object.get("@type")?;
    let written = written.as_array().map_or(std::slice::from_ref(written), Vec::as_slice);
    let short =
        |written: &Value| written.as_str().and_then(|long| long.rsplit(['/', '#', ':']).next()).map(str::to_owned);
    let known = |short: String| TYPES.iter().chain(OTHERS).find(|known| **known == short).copied();
    written.iter().take(MAX_NAMES).filter_map(short).find_map(known)
}

/// A text, or the name of a thing, the first of several.
fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => line(text, MAX_VALUE),
        Value::Number(number) => Some(number.to_string()),
        Value::Object(object) => match object.get("name")? {
            Value::String(text) => line(text, MAX_VALUE),
            _ => None,
        },
        Value::Array(values) => match values.first()? {
            Value::Array(_) => None,
            first => name(first),
        },
        _ => None,
    }
}

fn names(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(values)) => values.iter().take(MAX_NAMES).filter_map(name).collect(),
        Some(value) => name(value).into_iter().collect(),
        None => Vec::new(),
    }
}
