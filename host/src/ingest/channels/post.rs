//! A post as it is kept, whatever a stranger writes into it.

use crate::digest::hex;
use sha2::{Digest, Sha256};

/// The most characters of a post's text: what a person says of a link is short, and an article is not about one.
pub(super) const MAX_TEXT: usize = 2_000;
/// The most bytes of a name that a feed gives a post.
const MAX_ID: usize = 200;

/// What somebody posted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Post {
    /// What the channel calls it.
    pub id: String,
    /// When it was made, in Unix milliseconds, where that is told.
    pub at: Option<i64>,
    /// What it says, without markup.
    pub text: String,
    /// What it links to besides what is in its text, in full.
    pub links: Vec<String>,
    /// How many people liked it or passed it on, where that is told.
    pub reactions: u64,
}

impl Post {
    /// Without what no database and no terminal should be given, and not without end. A name that cannot be kept becomes its
    /// digest, for two that differ are two posts.
    pub(super) fn kept(mut self) -> Self {
        if self.id.len() > MAX_ID || self.id.contains(char::is_control) {
            self.id = hex(&Sha256::digest(&self.id));
        }
        let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
        self.text = self.text.chars().filter(is_kept).take(MAX_TEXT).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_is_kept_without_what_a_database_cannot_hold() {
        let kept = |id: &str, text: &str| Post { id: id.into(), text: text.into(), ..Post::default() }.kept();
        let post = kept("0x1", "so\u{0} good\u{1b}[2J!\r\n\tÖ");
        assert_eq!((post.id.as_str(), post.text.as_str()), ("0x1", "so good[2J!\n\tÖ"));
        assert_eq!(kept("", &"ö".repeat(9_999)).text.chars().count(), MAX_TEXT);
        let ids = ["a\u{0}b", "ab", "a\u{1}b", &"x".repeat(201)].map(|id| kept(id, "").id);
        assert!(ids.iter().all(|id| id.len() <= MAX_ID && !id.contains(char::is_control)), "{ids:?}");
        assert!(ids.iter().enumerate().all(|(at, id)| !ids[..at].contains(id)), "{ids:?}");
    }
}
