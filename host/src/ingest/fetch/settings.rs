//! What an operator says about reading pages.

use super::{Allowed, shown};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How pages are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchSettings {
    /// Whether pages are read at all.
    pub enabled: bool,
    /// Hosts and networks that may be read from though they are not public.
    pub allowed: Allowed,
    /// Whom a server's owner may turn to: an address of mail or of a page.
    pub contact: Option<Contact>,
    /// How long a request may take, redirects included.
    pub timeout: Duration,
    /// From one request to a site to the next.
    pub interval: Duration,
    /// Pages at once.
    pub concurrency: usize,
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            allowed: Allowed::default(),
            contact: None,
            timeout: Duration::from_secs(10),
            interval: Duration::from_secs(1),
            concurrency: 8,
        }
    }
}

/// An address of mail or of a page, as it is told to servers: at most 200 bytes of ASCII, without spaces and what would end
/// the comment that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact(String);

/// A text that cannot be told to servers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be sent in a header: give an address of mail or of a page in ASCII, without spaces and ; ( ) < > \" \\"
)]
pub struct ContactError(String);

impl FromStr for Contact {
    type Err = ContactError;

    fn from_str(text: &str) -> Result<Self, ContactError> {
        let is_told = |byte: u8| byte.is_ascii_graphic() && !b"()<>\"\\;".contains(&byte);
        if (1..=200).contains(&text.len()) && text.bytes().all(is_told) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ContactError(shown(text)))
        }
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_is_one_word_that_ends_no_comment() {
        for good in ["bot@music.example", "https://music.example/bot?x=1"] {
            assert_eq!(good.parse::<Contact>().unwrap().to_string(), good);
        }
        let long = "x".repeat(201);
        for bad in ["", "me at home", "me\r\nx: y", "(me)", "me;you", "<me>", "m\"e", "müsic.example", &long] {
            assert!(bad.parse::<Contact>().is_err(), "{bad:?}");
        }
    }
}
