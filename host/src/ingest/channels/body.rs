//! A feed's body as a whole. The client bounds it; so does this.

use crate::ingest::fetch::{Accept, Appetite, Fault, Fetch, FetchError, Fetched, Request, Sink};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use url::Url;

/// The most bytes of a feed's page.
const MAX_BODY: usize = 4 << 20;
/// Where a declaration of an encoding is looked for.
const PROLOGUE: usize = 256;

/// A body, and what its server calls it.
#[derive(Debug, Default)]
pub(super) struct Body {
    content_type: String,
    bytes: Vec<u8>,
    is_too_long: bool,
}

impl Sink for Body {
    fn begin(&mut self, content_type: Option<&str>) {
        *self = Self { content_type: content_type.unwrap_or_default().to_owned(), ..Self::default() };
    }

    fn push(&mut self, bytes: &[u8]) -> Appetite {
        if self.bytes.len() + bytes.len() > MAX_BODY {
            self.is_too_long = true;
            return Appetite::Enough;
        }
        self.bytes.extend_from_slice(bytes);
        Appetite::More
    }
}

impl Body {
    /// Reads all of it; returns besides where it was, after redirects.
    pub(super) async fn read(fetch: &dyn Fetch, request: &Request<'_>) -> Result<(Self, Url), FetchError> {
        let mut body = Self::default();
        let (url, is_cut) = match fetch.fetch(request, &mut body).await? {
            Fetched::Body(answer) => (answer.url, answer.cut),
            // Nothing was asked for that could be unchanged.
            Fetched::Unchanged => (request.url.clone(), false),
        };
        if is_cut || body.is_too_long {
            let fault = Fault::TooLarge(format!("has more than {} KiB", MAX_BODY >> 10));
            let mut url = url;
            url.set_query(None);
            return Err(FetchError { url: url.into(), fault });
        }
        Ok((body, url))
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
        if let Ok(text) = std::str::from_utf8(&self.bytes) {
            return text.to_owned();
        }
        let declared = self.declared().filter(|encoding| *encoding != UTF_8);
        declared.unwrap_or(WINDOWS_1252).decode_without_bom_handling(&self.bytes).0.into_owned()
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

/// A request for a feed's page.
pub(super) const fn of_feed(url: &Url) -> Request<'_> {
    Request::of(url, Accept::Feed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(content_type: &str, bytes: &[u8]) -> String {
        Body { content_type: content_type.into(), bytes: bytes.to_vec(), is_too_long: false }.text()
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
    fn a_body_without_end_is_cut_short() {
        let mut body = Body::default();
        let chunk = vec![b' '; 1 << 20];
        let pushes = (0..10).take_while(|_| body.push(&chunk) == Appetite::More).count();
        assert_eq!((pushes, body.is_too_long), (4, true));
    }
}
