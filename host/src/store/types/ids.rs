//! What names a claim, a call and a host.

use serde::Serialize;
use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
        pub struct $name(String);

        impl $name {
            /// A new one, unique and ordered by time.
            #[must_use]
            #[allow(clippy::new_without_default)]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7().to_string())
            }

            /// One that was written down before.
            #[must_use]
            pub const fn from_text(text: String) -> Self {
                Self(text)
            }

            /// The identifier as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// A claim, and its fencing token.
    BatchId
);
id!(
    /// A prompt in the journal.
    CallId
);
id!(
    /// A running process; a new one at every start.
    HostId
);
id!(
    /// An address that hears of what happens here.
    WebhookId
);

impl WebhookId {
    /// The one that the settings name.
    #[must_use]
    pub fn of_settings() -> Self {
        Self("settings".to_owned())
    }
}
