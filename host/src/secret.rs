//! A value that is never shown: not by `Debug`, not by `Display`, not in an error.

use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// A key or a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub const fn new(value: String) -> Self {
        Self(value)
    }

    /// The value, for the one place that sends it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether a text is the secret, in a time that tells nothing about either.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        Sha256::digest(&self.0).ct_eq(&Sha256::digest(text)).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_compared_whole_and_never_shown() {
        let secret = Secret::new("sk-very-secret".into());
        assert!(secret.matches("sk-very-secret"));
        assert!(!secret.matches("sk-very-secre") && !secret.matches(""));
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    }
}
