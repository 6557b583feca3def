//! A value that is never shown: not by `Debug`, not by `Display`, not in an error.

use sha2::{Digest, Sha256};
use std::fmt;
use subtle::ConstantTimeEq;

/// A key or a token.
#[derive(Clone)]
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
        agree(&Sha256::digest(&self.0), &Sha256::digest(text))
    }
}

/// Whether two digests are the same. Each of their bytes is looked at, wherever the first difference is.
fn agree<T: ConstantTimeEq>(one: &[T], other: &[T]) -> bool {
    one.ct_eq(other).into()
}

/// No comparison of secrets ends where they begin to differ.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.matches(&other.0)
    }
}

impl Eq for Secret {}

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
    use std::cell::Cell;
    use subtle::Choice;

    /// A byte that counts how often it is looked at.
    struct Watched<'a>(u8, &'a Cell<usize>);

    impl ConstantTimeEq for Watched<'_> {
        fn ct_eq(&self, other: &Self) -> Choice {
            self.1.set(self.1.get() + 1);
            self.0.ct_eq(&other.0)
        }
    }

    #[test]
    fn every_byte_of_a_digest_is_looked_at_wherever_it_differs() {
        let looks = Cell::new(0);
        let watched = |bytes: [u8; 32]| bytes.map(|byte| Watched(byte, &looks));
        assert!(agree(&watched([7; 32]), &watched([7; 32])));
        assert_eq!(looks.replace(0), 32);
        for at in 0..32 {
            let mut other = [7; 32];
            other[at] = 8;
            assert!(!agree(&watched([7; 32]), &watched(other)));
            assert_eq!(looks.replace(0), 32, "it differs at {at}");
        }
    }

    #[test]
    fn a_secret_is_compared_whole_and_never_shown() {
        let secret = Secret::new("sk-very-secret".into());
        assert!(secret.matches("sk-very-secret"));
        assert!(!secret.matches("sk-very-secre") && !secret.matches(""));
        assert!(secret == Secret::new("sk-very-secret".into()) && secret != Secret::new("sk-very-secreT".into()));
        assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    }
}
