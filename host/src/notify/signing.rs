//! Signatures of Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.

use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// How many bytes a secret may have.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// How many a new one has.
const NEW_BYTES: usize = 32;

/// What messages are signed with. Its text is `whsec_` and its bytes in base64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningSecret {
    text: Secret,
}

/// A text that is no secret. It is not shown, as it may be half of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret is whsec_ and 24 to 64 random bytes in base64")]
pub struct SecretError;

impl SigningSecret {
    /// A new one that nobody can guess.
    #[must_use]
    pub fn generate() -> Self {
        let bytes: [u8; NEW_BYTES] = rand::random();
        Self { text: Secret::new(format!("{PREFIX}{}", STANDARD.encode(bytes))) }
    }

    /// The secret of a text.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        let secret = Self { text: Secret::new(text.to_owned()) };
        secret.key().map(|_| secret)
    }

    /// Its text, as it is kept, and told to whoever has to know it.
    #[must_use]
    pub const fn text(&self) -> &Secret {
        &self.text
    }

    fn key(&self) -> Result<Vec<u8>, SecretError> {
        let encoded = self.text.expose().strip_prefix(PREFIX).ok_or(SecretError)?;
        STANDARD.decode(encoded).ok().filter(|key| BYTES.contains(&key.len())).ok_or(SecretError)
    }

    /// A message's signature at a time, in seconds since 1970.
    ///
    /// # Errors
    /// [`SecretError`] when the text is none any more; what was parsed always is.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> Result<String, SecretError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key()?).map_err(|_| SecretError)?;
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the libraries of Standard Webhooks are tested with.
    #[test]
    fn the_published_example_has_the_published_signature() {
        let secret = SigningSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.unwrap(), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_new_secret_is_one_and_no_two_are_alike() {
        let (one, other) = (SigningSecret::generate(), SigningSecret::generate());
        assert_ne!(one, other);
        assert_eq!(SigningSecret::parse(one.text().expose()).unwrap(), one);
    }

    #[test]
    fn what_is_too_short_too_long_or_no_base64_is_no_secret_and_is_not_shown() {
        let of = |bytes: usize| format!("whsec_{}", STANDARD.encode(vec![7; bytes]));
        for good in [24, 64] {
            assert!(SigningSecret::parse(&of(good)).is_ok());
        }
        for bad in [of(23), of(65), "whsec_".into(), "whsec_?".into(), STANDARD.encode([7; 32]), String::new()] {
            assert_eq!(SigningSecret::parse(&bad), Err(SecretError), "{bad}");
        }
        assert!(!format!("{:?}", SigningSecret::parse(&of(24))).contains(&STANDARD.encode([7; 24])));
    }
}
