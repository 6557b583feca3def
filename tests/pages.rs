//! Every recorded page, read as its manifest says that its own tags do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use async_trait::async_trait;
use liner::ingest::fetch::{Answer, Appetite, Fault, Fetch, FetchError, Fetched, Request, Sink, Validators};
use liner::ingest::identify;
use liner::ingest::page::{Page, Reader, Reading, Sources};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use unicode_normalization::UnicodeNormalization;
use url::Url;

/// What the manifest says of a page.
struct Recorded {
    file: String,
    url: Url,
    facts: Map<String, Value>,
    bytes: Vec<u8>,
}

impl Recorded {
    fn text(&self, name: &str) -> Option<String> {
        cleaned(self.facts[name].as_str()?)
    }

    /// Its meta tags of a family, or what is expected of it, by name.
    fn texts(&self, name: &str) -> BTreeMap<String, String> {
        let texts = self.facts[name].as_object().into_iter().flatten();
        texts.filter_map(|(key, value)| Some((key.clone(), cleaned(value.as_str()?)?))).collect()
    }

    /// The page when it arrives in pieces of so many bytes, and how many of them were wanted.
    fn read(&self, piece: usize) -> (Page, usize) {
        let mut reader = Reader::default();
        reader.begin(Some("text/html"));
        let wanted = send(&self.bytes, piece, &mut reader);
        (reader.page(&self.url).unwrap(), wanted)
    }
}

/// Sends as much as is wanted; how much that was.
fn send(bytes: &[u8], piece: usize, sink: &mut dyn Sink) -> usize {
    let mut sent = 0;
    for piece in bytes.chunks(piece) {
        sent += piece.len();
        if sink.push(piece) == Appetite::Enough {
            break;
        }
    }
    sent
}

/// The pages beside this project, if they are.
fn recorded() -> Option<Vec<Recorded>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/pages");
    let Some(folder) = folder.canonicalize().ok().filter(|folder| folder.is_dir()) else {
        eprintln!("skipped: the recorded pages are not beside this project");
        return None;
    };
    let manifest = std::fs::read(folder.join("manifest.json")).unwrap();
    let pages: Vec<Map<String, Value>> = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(
        pages.iter().map(|page| page["file"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>(),
        pages_in(&folder)
    );
    let page = |facts: Map<String, Value>| {
        let file = facts["file"].as_str().unwrap().to_owned();
        let bytes = std::fs::read(folder.join(&file)).unwrap();
        Recorded { url: facts["url"].as_str().unwrap().parse().unwrap(), file, facts, bytes }
    };
    Some(pages.into_iter().map(page).collect())
}

fn pages_in(folder: &Path) -> BTreeSet<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter(|file| file.ends_with(".html")).collect()
}

/// A text as a reader of it sees it: the manifest has them as they are written.
fn cleaned(text: &str) -> Option<String> {
    let seen: String = text.chars().filter(|c| !matches!(c, '\u{200e}' | '\u{200b}' | '\u{ad}')).nfc().collect();
    let words: Vec<&str> = seen.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// A fact among everything else that a page said; the first value where it is repeated.
fn fact(page: &Page, name: &str) -> Option<String> {
    let value = page.metadata.get(name)?;
    value.as_array().map_or(Some(value), |values| values.first())?.as_str().map(str::to_owned)
}

#[test]
fn every_recorded_page_is_read_as_its_manifest_says() {
    let Some(pages) = recorded() else { return };
    let mut wrong = Vec::new();
    for recorded in &pages {
        let (page, wanted) = recorded.read(8 * 1024);
        let mut compare = |name: &str, expected: Option<String>, read: Option<String>| {
            let read = read.as_deref().and_then(cleaned);
            // A long value is cut, and nothing else is done to it.
            let is_cut = |read: &str| {
                read.chars().count() > 1_990 && expected.as_ref().is_some_and(|whole| whole.starts_with(read))
            };
            if read != expected && !read.as_deref().is_some_and(is_cut) {
                wrong.push(format!("{}: {name} is {read:?}, not {expected:?}", recorded.file));
            }
        };
        compare("og_title", recorded.text("og_title"), page.og_title.clone());
        compare("og_description", recorded.text("og_description"), page.og_description.clone());
        compare("title", recorded.text("title_tag"), fact(&page, "title"));
        compare("canonical", recorded.text("canonical"), fact(&page, "canonical"));
        compare("og:type", recorded.text("og_type"), fact(&page, "og:type"));
        compare("og:site_name", recorded.text("og_site_name"), fact(&page, "og:site_name"));
        for (name, value) in recorded.texts("music").into_iter().chain(recorded.texts("twitter")) {
            compare(&name, Some(value), fact(&page, &name));
        }
        println!(
            "{}: {:?} by {}, in {wanted} of {} bytes; {}",
            recorded.file,
            page.og_title.as_deref().unwrap_or_default(),
            page.og_artist.as_ref().map_or("nobody named".to_owned(), |artist| format!("{artist:?}")),
            recorded.bytes.len(),
            page.metadata.keys().map(String::as_str).collect::<Vec<_>>().join(" "),
        );
        assert!(Value::from(page.metadata).to_string().len() <= 16 * 1024, "{}", recorded.file);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_page_is_the_same_in_pieces_of_any_size() {
    let Some(pages) = recorded() else { return };
    for recorded in &pages {
        let whole = recorded.read(usize::MAX).0;
        for piece in [1, 7, 1_000, 16 * 1024] {
            assert_eq!(recorded.read(piece).0, whole, "{} in pieces of {piece}", recorded.file);
        }
    }
}

#[test]
fn every_recorded_video_says_its_category_if_its_page_does() {
    let Some(pages) = recorded() else { return };
    let mut videos = 0;
    for recorded in &pages {
        let html = String::from_utf8_lossy(&recorded.bytes).into_owned();
        let Some((before, _)) = html.split_once(r#"" itemprop="genre""#).filter(|_| html.contains("/VideoObject"))
        else {
            continue;
        };
        let written = before.rsplit('"').next().unwrap().replace("&amp;", "&");
        let page = recorded.read(8 * 1024).0;
        let read = page.metadata["json_ld"].as_array().unwrap().iter().find(|thing| thing["@type"] == "VideoObject");
        assert_eq!(read.unwrap()["genre"][0], *written, "{}", recorded.file);
        videos += 1;
    }
    assert!(videos > 0);
}

/// What is expected of a page is in what was read of it, and whoever its own fields name is the one who uploaded it.
#[test]
fn what_is_expected_of_a_page_is_in_what_was_read_of_it() {
    let Some(pages) = recorded() else { return };
    let uploaders = uploaders();
    let mut missing = Vec::new();
    for recorded in &pages {
        let page = recorded.read(usize::MAX).0;
        let all = format!("{page:?}").to_lowercase();
        let expected = recorded.texts("expect");
        for (name, text) in expected.iter().filter(|(name, _)| matches!(name.as_str(), "title" | "artist")) {
            // `{:?}` escapes as the text is searched.
            let escaped = format!("{text:?}").to_lowercase();
            if !all.contains(escaped.trim_matches('"')) {
                missing.push(format!("{}: {name} {text:?}", recorded.file));
            }
        }
        let uploader = recorded.facts["gold_id"].as_str().and_then(|id| uploaders.get(id));
        if uploader.is_some_and(|uploader| page.og_artist.as_ref() != Some(uploader)) {
            missing.push(format!("{}: og_artist {:?} is not {uploader:?}", recorded.file, page.og_artist));
        }
        if let Some(names) = page.metadata.get("json_ld").and_then(|things| things[0]["byArtist"].as_array()) {
            assert!(names.iter().any(|name| page.og_artist.as_deref() == name.as_str()), "{}", recorded.file);
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// Who uploaded what, by the identifiers of the rows with known answers.
fn uploaders() -> BTreeMap<String, String> {
    let rows = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/gold/dev.ndjson");
    let rows = std::fs::read_to_string(rows).unwrap_or_default();
    let uploader = |row: &str| {
        let row: Value = serde_json::from_str(row).unwrap();
        Some((row["id"].as_str()?.to_owned(), row["og_artist"].as_str()?.to_owned()))
    };
    rows.lines().filter_map(uploader).collect()
}

/// A server of one recorded page; nobody else is there.
struct Server<'a> {
    page: &'a Recorded,
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Fetch for Server<'_> {
    async fn fetch(&self, request: &Request<'_>, sink: &mut dyn Sink) -> Result<Fetched, FetchError> {
        self.asked.lock().unwrap().push(request.url.to_string());
        if *request.url != self.page.url {
            return Err(FetchError { url: request.url.to_string(), fault: Fault::Status(404) });
        }
        sink.begin(Some("text/html; charset=utf-8"));
        send(&self.page.bytes, 1_400, sink);
        let validators = Validators { etag: Some("\"1\"".to_owned()), last_modified: None };
        Ok(Fetched::Body(Answer { url: request.url.clone(), validators, cut: false }))
    }
}

#[tokio::test]
async fn every_recorded_page_is_read_over_a_connection() {
    let Some(pages) = recorded() else { return };
    for recorded in &pages {
        let server = Server { page: recorded, asked: Mutex::default() };
        let platform = identify(recorded.url.as_str()).unwrap().key.platform_name;
        let reading = Sources::default().read(&server, &platform, &recorded.url, None).await.unwrap();
        let Reading::Page { page, url, validators } = reading else { panic!("{} is new", recorded.file) };
        assert_eq!((&url, validators.etag.as_deref()), (&recorded.url, Some("\"1\"")));
        assert_eq!(*page, recorded.read(usize::MAX).0, "{}", recorded.file);
        // Who made it is asked of nobody else when the page says it, and what it is never.
        let asked = server.asked.into_inner().unwrap();
        assert!(page.og_artist.is_none() || asked.len() == 1, "{}: {asked:?}", recorded.file);
        println!("{}: {platform}, asked {}", recorded.file, asked.join(" then "));
    }
}
