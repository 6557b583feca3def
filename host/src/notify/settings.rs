//! What an operator says about webhooks.

use super::{SigningSecret, TIMEOUT};
use crate::ingest::fetch::{Allowed, Contact, Poster};
use crate::store::{EventType, NewWebhook, WebhookId};
use url::Url;

/// How others are told.
#[derive(Debug, Clone, Default)]
pub struct NotifySettings {
    /// The endpoint that the settings name.
    pub webhook: Option<SettingsWebhook>,
    /// Hosts and networks that may be sent to though they are not public.
    pub allowed: Allowed,
    /// Whom a receiver's owner may turn to.
    pub contact: Option<Contact>,
}

/// The endpoint that the settings name.
#[derive(Debug, Clone)]
pub struct SettingsWebhook {
    /// Where messages go.
    pub url: Url,
    /// What they are signed with, and while that is replaced what it was before.
    pub secrets: (SigningSecret, Option<SigningSecret>),
    /// What it hears of; of everything without a list.
    pub events: Option<Vec<EventType>>,
}

impl NotifySettings {
    /// Why nothing may be sent to the endpoint that the settings name, as far as it can be said before anybody is asked where
    /// it leads.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        let webhook = self.webhook.as_ref()?;
        let poster = Poster::new(self.allowed.clone(), self.contact.as_ref(), TIMEOUT);
        match poster {
            Ok(poster) => poster.check(&webhook.url).err().map(|fault| fault.to_string()),
            Err(error) => Some(error.to_string()),
        }
    }
}

impl SettingsWebhook {
    /// As the store keeps it.
    #[must_use]
    pub fn endpoint(&self) -> NewWebhook {
        let (secret, former) = &self.secrets;
        NewWebhook {
            id: WebhookId::of_settings(),
            url: self.url.to_string(),
            events: self.events.clone(),
            secret: secret.text().clone(),
            former_secret: former.as_ref().map(|former| former.text().clone()),
        }
    }
}
