//! A feed's body, as much of it as the client reads.

use crate::ingest::fetch::{Appetite, Fault, Fetch, FetchError, Fetched, Request, Sink, shown_url};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use url::Url;

/// Where a declaration of an encoding is looked for.
const PROLOGUE: usize = 256;

/// A body, and what its server calls it.
#[derive(Debug, Default)]
pub(super) struct Body {
    content_type: String,
    bytes: Vec<u8>,
    /// There was more of it.
    is_cut: bool,
}

impl Sink for Body {
    fn begin(&mut self, content_type: Option<&str>) {
        *self = Self { content_type: content_type.unwrap_or_default().to_owned(), ..Self::default() };
    }

    fn push(&mut self, bytes: &[u8]) -> Appetite {
        self.bytes.extend_from_slice(bytes);
        Appetite::More
    }
}

impl Body {
    /// One that is at hand.
    pub(super) fn of(content_type: &str, bytes: &[u8], is_cut: bool) -> Self {
        Self { content_type: content_type.to_owned(), bytes: bytes.to_vec(), is_cut }
    }

    /// Reads it; returns besides where it was, after redirects.
    pub(super) async fn read(fetch: &dyn Fetch, request: &Request<'_>) -> Result<(Self, Url), FetchError> {
        let mut body = Self::default();
        match fetch.fetch(request, &mut body).await? {
            Fetched::Body(answer) => {
                body.is_cut = answer.cut;
                Ok((body, answer.url))
            }
            // Nothing was asked for that could be unchanged.
            Fetched::Unchanged => Ok((body, request.url.clone())),
        }
    }

    /// Why a body cannot be used of which only the beginning was read.
    pub(super) fn too_large(&self, url: &Url) -> FetchError {
        let fault = Fault::TooLarge(format!("has more than {} KiB", self.bytes.len() >> 10));
        FetchError { url: shown_url(url), fault }
    }

    pub(super) const fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its text. What reads as UTF-8 is, whatever is said of it: the others hardly ever do so by chance.
    pub(super) fn text(&self) -> String {
        if let Some((encoding, mark)) = Encoding::for_bom(&self.bytes) {
            let rest = self.bytes.get(mark..).unwrap_or_default();
            return encoding.decode_without_bom_handling(rest).0.into_owned();
        }
        if let Some(text) = self.utf8() {
            return text.to_owned();
        }
        let declared = self.declared().filter(|encoding| *encoding != UTF_8);
        declared.unwrap_or(WINDOWS_1252).decode_without_bom_handling(&self.bytes).0.into_owned()
    }

    /// What is UTF-8 up to where it was cut, which may be within a character.
    fn utf8(&self) -> Option<&str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Some(text),
            Err(error) if self.is_cut && error.error_len().is_none() => {
                std::str::from_utf8(self.bytes.get(..error.valid_up_to())?).ok()
            }
            Err(_) => None,
        }
    }

    fn declared(&self) -> Option<&'static Encoding> {
        let prologue = String::from_utf8_lossy(self.bytes.get(..PROLOGUE).unwrap_or(&self.bytes)).into_owned();
        let of_prologue = prologue.split_once("?>").map(|(declaration, _)| declaration).unwrap_or_default();
        named(&self.content_type, "charset=").or_else(|| named(of_prologue, "encoding="))
    }
}

fn named(text: &str, name: &str) -> Option<&'static Encoding> {
    let at = text.to_ascii_lowercase().find(name)? + name.len();
    let value = text.get(at..)?.trim_start_matches(['"', '\'']);
    Encoding::for_label(value.split(['"', '\'', ';', ' ', '?']).next()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content_type: &str, bytes: &[u8]) -> String {
        Body::of(content_type, bytes, false).text()
    }

    #[test]
    fn a_text_is_read_as_it_was_written_whatever_is_said_of_it() {
        let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>Sigur R\xf3s</a>";
        assert!(text("text/xml", latin).contains("Sigur Rós"));
        assert!(text("text/xml; charset=\"iso-8859-1\"", b"<a>R\xf3s</a>").contains("Rós"));
        assert!(text("text/xml; charset=utf-8", latin).contains("Rós"), "it is no UTF-8");
        assert!(text("text/xml; charset=iso-8859-1", "<a>Rós</a>".as_bytes()).contains("Rós"), "it is UTF-8");
        assert_eq!(text("", b"\xef\xbb\xbf<a/>"), "<a/>");
        assert_eq!(text("", b"\xff\xfe<\0a\0/\0>\0"), "<a/>");
        assert!(text("text/xml; charset=shift_jis", b"\x8e\xf4").contains('呪'));
    }

    #[test]
    fn a_text_that_was_cut_within_a_character_ends_before_it() {
        let bytes = "<a>Rós</a>".as_bytes();
        assert_eq!(Body::of("", &bytes[..5], true).text(), "<a>R");
        assert_eq!(Body::of("", &bytes[..5], false).text(), "<a>RÃ");
    }
}
