//! What somebody says about an endpoint: taken alike over HTTP, on the command line and in the settings.

use super::{SecretError, SigningSecret};
use crate::store::EventType;

/// Why something that is said about an endpoint is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// It would hear of nothing.
    #[error("events is empty; leave it out for all, or name some of {}", known())]
    NoEvents,
    /// There is no such type.
    #[error("events names {:?}; allowed: {}", .0, known())]
    UnknownEvent(String),
    /// A secret is none.
    #[error("secret: {0}")]
    Secret(#[from] SecretError),
}

fn known() -> String {
    EventType::ALL.map(EventType::name).join(", ")
}

/// What an endpoint hears of, by the types' names.
///
/// # Errors
/// [`EndpointError`] when that is nothing, or something that there is not.
pub fn event_types<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Vec<EventType>, EndpointError> {
    let named = |name: &str| EventType::from_name(name).ok_or_else(|| EndpointError::UnknownEvent(name.to_owned()));
    let types = names.into_iter().map(named).collect::<Result<Vec<_>, _>>()?;
    if types.is_empty() { Err(EndpointError::NoEvents) } else { Ok(types) }
}

/// What messages to an endpoint are signed with: the secret that was given, or a new one, whose text has to be told.
///
/// # Errors
/// [`EndpointError::Secret`].
pub fn secret(given: Option<&str>) -> Result<(SigningSecret, Option<String>), EndpointError> {
    if let Some(given) = given {
        return Ok((SigningSecret::parse(given)?, None));
    }
    let secret = SigningSecret::generate();
    let told = secret.text().expose().to_owned();
    Ok((secret, Some(told)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_would_hear_of_nothing_is_refused() {
        assert_eq!(event_types([]), Err(EndpointError::NoEvents));
        let refused = event_types(["track.failed", "batch.begun"]).unwrap_err().to_string();
        assert!(refused.starts_with("events names \"batch.begun\"; allowed: batch.completed, "), "{refused}");
        assert_eq!(event_types(["track.failed"]), Ok(vec![EventType::TrackFailed]));
    }

    #[test]
    fn a_secret_is_told_where_it_is_made_and_only_there() {
        let (made, told) = secret(None).unwrap();
        assert_eq!(told.as_deref(), Some(made.text().expose()));
        assert_eq!(secret(told.as_deref()).unwrap(), (made, None));
        let refused = secret(Some("whsec_short")).unwrap_err().to_string();
        assert!(refused.starts_with("secret: a secret is whsec_") && !refused.contains("short"), "{refused}");
    }
}
