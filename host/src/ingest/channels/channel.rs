//! What a channel is called.

use std::fmt;
use std::str::FromStr;
use url::Url;

/// The most characters of a Farcaster channel's id.
const MAX_ID: usize = 40;
/// The most bytes of a feed's URL.
const MAX_URL: usize = 2048;

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Channel {
    /// A Farcaster channel, by its id.
    Farcaster(String),
    /// A feed, by its URL.
    Feed(Url),
}

/// A text that names no channel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no channel; wanted is a Farcaster channel's id, such as music, or the http or https URL of a feed"
)]
pub struct ChannelError(String);

impl FromStr for Channel {
    type Err = ChannelError;

    fn from_str(text: &str) -> Result<Self, ChannelError> {
        let text = text.trim();
        let is_id = |id: &str| {
            (1..=MAX_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        // People write `/music`, as Farcaster does.
        let id = text.strip_prefix('/').unwrap_or(text).to_ascii_lowercase();
        if is_id(&id) {
            return Ok(Self::Farcaster(id));
        }
        feed(text).map(Self::Feed).ok_or_else(|| ChannelError(shown(text)))
    }
}

/// A name is stored and shown: it has no password.
fn feed(text: &str) -> Option<Url> {
    let mut url: Url = text.parse().ok().filter(|_| text.len() <= MAX_URL)?;
    url.set_fragment(None);
    let is_plain = url.username().is_empty() && url.password().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
}

fn shown(text: &str) -> String {
    if text.contains('@') { "***".to_owned() } else { text.chars().take(200).collect() }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Farcaster(id) => f.write_str(id),
            Self::Feed(url) => f.write_str(url.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_is_an_id_or_the_url_of_a_feed() {
        for (text, name) in [
            ("music", "music"),
            ("/music", "music"),
            ("Hip-Hop2", "hip-hop2"),
            ("https://Example.org", "https://example.org/"),
            ("http://example.org/feed?x=1#top", "http://example.org/feed?x=1"),
        ] {
            assert_eq!(text.parse::<Channel>().unwrap().to_string(), name, "{text}");
        }
    }

    #[test]
    fn what_names_no_channel_is_refused_in_words_that_hold_no_password() {
        let long = "x".repeat(41);
        for text in ["", "two words", "música", "ftp://example.org/feed", "file:///etc/passwd", "a/b", &long] {
            assert!(text.parse::<Channel>().unwrap_err().to_string().contains("names no channel"), "{text}");
        }
        let error = "https://user:secret@example.org/feed".parse::<Channel>().unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}
