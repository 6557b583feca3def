//! Telling others: messages to webhooks, in the form and with the signatures of Standard Webhooks, and the stream of events.
//!
//! The store writes a message in the transaction that it tells of, and every host sends what is owed: a message is claimed
//! under a lease, so that two hosts do not send it at once, and sent again until it is delivered, for a day at most. Its id
//! stays the same.

mod endpoint;
mod message;
mod schedule;
mod sending;
mod settings;
mod signing;
pub mod stream;

pub use endpoint::{EndpointError, event_types, secret};
pub use message::{Message, TEST};
pub use sending::Notifier;
pub use settings::{NotifySettings, SettingsWebhook};
pub use signing::{SecretError, SigningSecret};

use std::time::Duration;

/// How long a receiver may take to answer.
pub const TIMEOUT: Duration = Duration::from_secs(15);
