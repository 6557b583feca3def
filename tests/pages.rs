//! Every recorded page, read as its manifest says that its own tags do.

use async_trait::async_trait;
use liner::ingest::fetch::{Answer, Appetite, Fault, Fetch, FetchError, Fetched, Request, Sink, Validators};
use liner::ingest::page::{Page, Reader, Reading, Sources};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
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

    fn read(&self, piece: usize) -> Page {
        let mut reader = Reader::default();
        reader.begin(Some("text/html"));
        send(&self.bytes, piece, &mut reader);
        reader.page(&self.url).unwrap()
    }
}

fn send(bytes: &[u8], piece: usize, sink: &mut dyn Sink) {
    for piece in bytes.chunks(piece) {
        if sink.push(piece) == Appetite::Enough {
            return;
        }
    }
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

fn pages_in(folder: &PathBuf) -> BTreeSet<String> {
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
        let page = recorded.read(8 * 1024);
        let mut compare = |name: &str, expected: Option<String>, read: Option<String>| {
            let read = read.as_deref().and_then(cleaned);
            // A long text is cut, and nothing else done to it.
            let is_cut = |read: &str| {
                read.chars().count() >= 1_990 && expected.as_ref().is_some_and(|whole| whole.starts_with(read))
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
            "{}: {:?} by {:?}, {} other facts ({}): {}",
            recorded.file,
            page.og_title.as_deref().unwrap_or_default(),
            page.og_artist.as_deref().unwrap_or("nobody"),
            page.metadata.len(),
            Value::from(page.metadata.clone()).to_string().len(),
            page.metadata.keys().map(String::as_str).collect::<Vec<_>>().join(" "),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
