//! A body on its way to the sink: of a form that was asked for, unpacked, and bounded before and after that.

use super::unpack::{End, Unpacker};
use super::{Accept, Fault, Sink, shown, transport};
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName};
use std::time::Duration;

/// How long the next bytes may take.
const IDLE: Duration = Duration::from_secs(5);

impl Accept {
    /// The most bytes that are read, packed or not. What a page says about itself is in its head, near the beginning; feeds
    /// hold whole articles.
    const fn longest(self) -> usize {
        match self {
            Self::Page => 512 << 10,
            Self::Json => 1 << 20,
            Self::Feed => 4 << 20,
        }
    }

    /// Whether a part of it is of use: a page's head is, and a feed's newest posts.
    const fn may_be_cut(self) -> bool {
        matches!(self, Self::Page | Self::Feed)
    }

    /// Whether something of a media type may be it. Servers call JSON and feeds all sorts of text; nobody calls them
    /// pictures.
    fn admits(self, media_type: &str) -> bool {
        let (kind, of) = media_type.split_once('/').unwrap_or((media_type, ""));
        match self {
            Self::Page => kind == "text" || matches!(of, "xhtml+xml" | "xml"),
            Self::Json | Self::Feed => matches!(kind, "text" | "application"),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Json => "JSON",
            Self::Feed => "feed",
        }
    }
}

/// Reads a body into a sink; whether there was more of it than is read.
pub(super) async fn read(mut response: Response, accept: Accept, sink: &mut dyn Sink) -> Result<bool, Fault> {
    let content_type = text(response.headers(), &CONTENT_TYPE);
    if let Some(content_type) = content_type
        && !accept.admits(&media_type(content_type))
    {
        return Err(Fault::Unwanted(format!("{}, no {}", shown(&media_type(content_type)), accept.name())));
    }
    let is_packed = is_packed(response.headers())?;
    let longest = accept.longest();
    if !accept.may_be_cut() && response.content_length().is_some_and(|length| length > longest as u64) {
        return Err(too_large(longest));
    }
    sink.begin(content_type);
    let mut unpacker = Unpacker::new(is_packed, longest, sink);
    let end = loop {
        match tokio::time::timeout(IDLE, response.chunk()).await {
            Ok(Ok(Some(chunk))) => match unpacker.push(&chunk)? {
                Some(end) => break Some(end),
                None => continue,
            },
            Ok(Ok(None)) => break unpacker.finish()?,
            Ok(Err(error)) => return Err(transport::fault(&error)),
            Err(_) => return Err(Fault::Unreachable(format!("nothing came for {} s", IDLE.as_secs()))),
        }
    };
    match end {
        None | Some(End::Enough) => Ok(false),
        Some(End::Full) if accept.may_be_cut() => Ok(true),
        Some(End::Full) => Err(too_large(longest)),
    }
}

fn too_large(longest: usize) -> Fault {
    Fault::TooLarge(format!("has more than {} KiB", longest >> 10))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim).filter(|text| !text.is_empty())
}

fn media_type(content_type: &str) -> String {
    content_type.split([';', ',']).next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// Whether a body is packed, as the one kind that is asked for.
fn is_packed(headers: &HeaderMap) -> Result<bool, Fault> {
    let mut packings = headers.get_all(CONTENT_ENCODING).iter().map(|value| value.to_str().unwrap_or("?").trim());
    match (packings.next().map(str::to_ascii_lowercase).as_deref(), packings.next()) {
        (None | Some("" | "identity"), None) => Ok(false),
        (Some("gzip" | "x-gzip"), None) => Ok(true),
        (packing, _) => {
            let packing = shown(packing.unwrap_or_default());
            Err(Fault::Unwanted(format!("packed as {packing}, which was not asked for")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_text_and_json_and_feeds_are_what_servers_call_them() {
        for media_type in ["text/html", "application/xhtml+xml", "text/plain", "text/xml", "application/xml"] {
            assert!(Accept::Page.admits(media_type), "{media_type}");
        }
        for media_type in ["audio/mpeg", "image/svg+xml", "application/pdf", "application/json", "nonsense", ""] {
            assert!(!Accept::Page.admits(media_type), "{media_type}");
        }
        for media_type in ["application/json", "application/rss+xml", "text/javascript", "application/octet-stream"] {
            assert!(Accept::Json.admits(media_type) && Accept::Feed.admits(media_type), "{media_type}");
        }
        assert!(!Accept::Feed.admits("video/mp4"));
        assert_eq!(media_type("Text/HTML ; charset=x"), "text/html");
    }
}
