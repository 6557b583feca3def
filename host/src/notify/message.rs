//! A message as it is sent: its body and its headers.

use super::signing::{SecretError, SigningSecret};
use crate::secret::Secret;
use crate::store::Owed;
use crate::time::timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

/// The type of a test.
pub const TEST: &str = "webhook.test";

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is recognised by: the same however often it is sent.
    pub id: String,
    /// `{type, timestamp, data}`, byte for byte the same each time.
    pub body: String,
}

impl Message {
    /// The message that an endpoint is owed.
    #[must_use]
    pub fn of(owed: &Owed) -> Self {
        let at = timestamp(owed.at).unwrap_or_default();
        // Data is JSON that the store wrote, and names of types need no quoting.
        let body = format!(r#"{{"type":"{}","timestamp":"{at}","data":{}}}"#, owed.kind, owed.data);
        Self { id: owed.event_id.clone(), body }
    }

    /// Its headers at a time: signed with every secret, so that receivers may learn a new one before the old one is gone.
    ///
    /// # Errors
    /// [`SecretError`] when a secret is none.
    pub fn headers(&self, secrets: &[Secret], now: i64) -> Result<HeaderMap, SecretError> {
        let sign = |secret: &Secret| SigningSecret::parse(secret.expose())?.sign(&self.id, now, &self.body);
        let signatures = secrets.iter().map(sign).collect::<Result<Vec<_>, _>>()?;
        let value = |text: &str| HeaderValue::from_str(text).map_err(|_| SecretError);
        Ok(HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (HeaderName::from_static("webhook-id"), value(&self.id)?),
            (HeaderName::from_static("webhook-timestamp"), HeaderValue::from(now)),
            (HeaderName::from_static("webhook-signature"), value(&signatures.join(" "))?),
        ]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::WebhookId;

    fn owed() -> Owed {
        Owed {
            row: 1,
            claim: "c".into(),
            endpoint: WebhookId::of_settings(),
            event_id: "msg_1".into(),
            kind: "worker.paused".into(),
            data: r#"{"by":"ada"}"#.into(),
            at: 1_800_014_400_000,
            attempt: 1,
        }
    }

    #[test]
    fn a_message_says_what_happened_and_when() {
        let message = Message::of(&owed());
        let said = r#"{"type":"worker.paused","timestamp":"2027-01-15T12:00:00Z","data":{"by":"ada"}}"#;
        assert_eq!((message.id.as_str(), message.body.as_str()), ("msg_1", said));
    }

    #[test]
    fn it_is_signed_with_every_secret_the_newest_first() {
        let (new, old) = (SigningSecret::generate(), SigningSecret::generate());
        let message = Message::of(&owed());
        let headers = message.headers(&[new.text().clone(), old.text().clone()], 7).unwrap();
        let signed = |secret: &SigningSecret| secret.sign("msg_1", 7, &message.body).unwrap();
        assert_eq!(headers["webhook-signature"], format!("{} {}", signed(&new), signed(&old)));
        assert_eq!(
            (&headers["webhook-id"], &headers["webhook-timestamp"]),
            (&"msg_1".parse().unwrap(), &"7".parse().unwrap())
        );
    }
}
