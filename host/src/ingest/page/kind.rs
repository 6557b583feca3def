//! Whether what arrives is a page at all.

use super::charset::{charset_of, labelled};
use encoding_rs::Encoding;

/// What a `Content-Type` says.
pub(super) struct Kind {
    /// The encoding that it names.
    pub(super) encoding: Option<&'static Encoding>,
    essence: String,
}

impl Kind {
    pub(super) fn of(content_type: Option<&str>) -> Self {
        let written = content_type.unwrap_or_default();
        let essence = written.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        Self { encoding: charset_of(written).and_then(labelled), essence }
    }

    /// Why the content is no page, in words that follow «is».
    pub(super) fn refusal(&self) -> Option<String> {
        let is_page = self.is_html() || self.is_unsaid();
        (!is_page).then(|| format!("{}, not a page", named(&self.essence)))
    }

    /// Why content that begins so is no page, whatever its kind is said to be.
    pub(super) fn refusal_of(&self, start: &[u8]) -> Option<String> {
        let magic = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, name)| *name);
        let is_marked = Encoding::for_bom(start).is_some();
        let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
        // UTF-16 without a mark is full of zeros, too: what says that it is a page is taken for one.
        let is_doubtful = self.is_unsaid() && !is_marked;
        let guessed = || match first {
            Some(_) if is_doubtful && start.contains(&0) => Some("a binary file"),
            Some(first) if is_doubtful && *first != b'<' => Some("plain text"),
            _ => None,
        };
        magic.or_else(guessed).map(|name| format!("{name}, not a page"))
    }

    fn is_html(&self) -> bool {
        matches!(self.essence.as_str(), "text/html" | "application/xhtml+xml")
    }

    /// Servers send pages as plain text, or as nothing in particular.
    fn is_unsaid(&self) -> bool {
        matches!(self.essence.as_str(), "" | "text/plain" | "application/octet-stream")
    }
}

/// How files begin that servers send as pages.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n", "an image"),
    (b"\xff\xd8\xff", "an image"),
    (b"GIF8", "an image"),
    (b"RIFF", "a media file"),
    (b"ID3", "a sound file"),
    (b"OggS", "a media file"),
    (b"fLaC", "a sound file"),
    (b"PK\x03\x04", "an archive"),
    (b"\x1f\x8b", "an archive"),
];

fn named(essence: &str) -> String {
    let (family, kind) = essence.split_once('/').unwrap_or((essence, ""));
    let name = match (family, kind) {
        (_, "pdf") => "a PDF",
        ("image", _) => "an image",
        ("audio", _) => "a sound file",
        ("video", _) => "a video file",
        ("font", _) => "a font",
        (_, "rss+xml" | "atom+xml" | "feed+json") => "a feed",
        (_, kind) if kind == "json" || kind.ends_with("+json") => "JSON",
        (_, kind) if kind == "xml" || kind.ends_with("+xml") => "XML",
        (_, "zip" | "gzip" | "x-tar") => "an archive",
        _ => {
            let shown: String = essence.chars().filter(|c| !c.is_control()).take(60).collect();
            return format!("of type {shown:?}");
        }
    };
    name.to_owned()
}
