//! The settings about webhooks.

use super::{ConfigError, Sources};
use crate::notify::{NotifySettings, SettingsWebhook, SigningSecret, event_types};
use crate::store::EventType;
use url::Url;

pub fn read(sources: &Sources) -> Result<NotifySettings, ConfigError> {
    let url = sources.get("WEBHOOK_URL", url)?;
    let secrets = sources.get("WEBHOOK_SECRET", secrets)?;
    let events = sources.get("WEBHOOK_EVENTS", events)?;
    let webhook = match (url, secrets) {
        (None, _) => None,
        (Some(url), Some(secrets)) => Some(SettingsWebhook { url, secrets, events }),
        (Some(_), None) => {
            return Err(ConfigError::Value {
                name: "WEBHOOK_SECRET".to_owned(),
                value: "empty".to_owned(),
                allowed: "whsec_ and 24 to 64 random bytes in base64 while WEBHOOK_URL is set, for no message is sent \
                          unsigned; echo whsec_$(head -c 32 /dev/urandom | base64) makes one"
                    .to_owned(),
            });
        }
    };
    Ok(NotifySettings {
        webhook,
        allowed: sources.get("WEBHOOK_ALLOW", |text| text.parse().ok())?.unwrap_or_default(),
        contact: sources.get("LINER_FETCH_CONTACT", |text| text.parse().ok())?,
    })
}

fn url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

/// One secret, or while it is replaced the new one and the one before.
fn secrets(text: &str) -> Option<(SigningSecret, Option<SigningSecret>)> {
    let mut secrets = text.split(',').map(|secret| SigningSecret::parse(secret.trim()));
    let secret = secrets.next()?.ok()?;
    let former = secrets.next().transpose().ok()?;
    secrets.next().is_none().then_some((secret, former))
}

fn events(text: &str) -> Option<Vec<EventType>> {
    event_types(text.split(',').map(str::trim).filter(|name| !name.is_empty())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const URL: (&str, &str) = ("WEBHOOK_URL", "https://hooks.example/liner?key=hidden");

    fn settings(pairs: &[(&str, &str)]) -> Result<NotifySettings, String> {
        let mut sources = Sources::default();
        for (name, value) in pairs {
            sources.set(name, (*value).to_owned(), Origin::Environment);
        }
        read(&sources).map_err(|error| error.to_string())
    }

    #[test]
    fn an_endpoint_hears_of_everything_unless_it_is_said_of_what() {
        assert!(settings(&[]).unwrap().webhook.is_none());
        let all = settings(&[URL, ("WEBHOOK_SECRET", SECRET)]).unwrap().webhook.unwrap();
        assert!(all.events.is_none() && all.secrets.1.is_none());
        let some = [URL, ("WEBHOOK_SECRET", SECRET), ("WEBHOOK_EVENTS", "track.failed, budget.reached")];
        let events = settings(&some).unwrap().webhook.unwrap().events.unwrap();
        assert_eq!(events, [EventType::TrackFailed, EventType::BudgetReached]);
    }

    #[test]
    fn a_secret_that_is_replaced_stands_behind_the_new_one() {
        let two = format!("{},{SECRET}", SigningSecret::generate().text().expose());
        let webhook = settings(&[URL, ("WEBHOOK_SECRET", &two)]).unwrap().webhook.unwrap();
        assert_eq!(webhook.secrets.1, Some(SigningSecret::parse(SECRET).unwrap()));
        let three = format!("{two},{SECRET}");
        assert!(settings(&[URL, ("WEBHOOK_SECRET", &three)]).unwrap_err().starts_with("WEBHOOK_SECRET is ***"));
    }

    #[test]
    fn no_message_is_sent_unsigned() {
        let error = settings(&[URL]).unwrap_err();
        assert!(error.starts_with("WEBHOOK_SECRET is empty; allowed: whsec_"), "{error}");
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_allowed() {
        for (name, value) in [
            ("WEBHOOK_URL", "ftp://hooks.example"),
            ("WEBHOOK_EVENTS", "batch.begun"),
            ("WEBHOOK_EVENTS", ","),
            ("WEBHOOK_ALLOW", "a b"),
        ] {
            let error = settings(&[(name, value)]).unwrap_err();
            assert!(error.starts_with(&format!("{name} is \"{value}\"; allowed: ")), "{error}");
        }
    }
}
