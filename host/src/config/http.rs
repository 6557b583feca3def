//! What is set of serving.

use super::{ConfigError, Sources};
use axum::http::HeaderValue;
use ipnet::IpNet;
use std::net::IpAddr;
use std::time::Duration;
use url::Url;

/// How requests are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpSettings {
    /// Connections at once; the next ones wait until one ends.
    pub connections: usize,
    /// How long a caller may be silent where it is its turn.
    pub patience: Duration,
    /// Event streams at once.
    pub streams: usize,
    /// Whose word about a caller's address is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The origins whose pages may read answers.
    pub cors_origins: Vec<HeaderValue>,
    /// How long requests are served though the host says that it is not ready.
    pub shutdown_delay: Duration,
}

pub fn read(sources: &Sources) -> Result<HttpSettings, ConfigError> {
    Ok(HttpSettings {
        connections: sources.number("LINER_HTTP_CONNECTIONS", 8, 100_000)?,
        patience: sources.millis("LINER_HTTP_TIMEOUT_MS", 100, 600_000)?,
        streams: sources.number("LINER_HTTP_STREAMS", 0, 100_000)?,
        trusted_proxies: sources.get("LINER_TRUSTED_PROXIES", |text| list(text, network))?.unwrap_or_default(),
        cors_origins: sources.get("LINER_CORS_ORIGINS", |text| list(text, origin))?.unwrap_or_default(),
        shutdown_delay: sources.millis("LINER_SHUTDOWN_DELAY_MS", 0, 60_000)?,
    })
}

fn list<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split([',', ' ']).filter(|item| !item.is_empty()).map(one).collect()
}

/// A network, or the one address.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// An origin as browsers send it: without a path, a user or a default port.
fn origin(text: &str) -> Option<HeaderValue> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let origin = url.origin().ascii_serialization();
    (origin == text).then(|| HeaderValue::from_str(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    fn settings(name: &str, value: &str) -> Result<HttpSettings, String> {
        let mut sources = Sources::default();
        sources.set(name, value.to_owned(), Origin::Environment);
        read(&sources).map_err(|error| error.to_string())
    }

    #[test]
    fn nobody_is_believed_and_no_other_origin_reads_unless_it_is_said() {
        let settings = settings("PORT", "1").unwrap();
        assert_eq!((settings.trusted_proxies.len(), settings.cors_origins.len()), (0, 0));
        assert_eq!(settings.shutdown_delay, Duration::ZERO);
    }

    #[test]
    fn proxies_are_addresses_and_networks_and_origins_are_as_browsers_send_them() {
        let proxies = settings("LINER_TRUSTED_PROXIES", "10.0.0.0/8, ::1").unwrap().trusted_proxies;
        assert!(
            proxies[0].contains(&IpAddr::from([10, 1, 2, 3])) && proxies[1].contains(&"::1".parse::<IpAddr>().unwrap())
        );
        let origins = settings("LINER_CORS_ORIGINS", "https://a.example,http://localhost:3000").unwrap().cors_origins;
        assert_eq!(origins, ["https://a.example", "http://localhost:3000"]);
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_allowed() {
        for (name, value) in [
            ("LINER_CORS_ORIGINS", "*"),
            ("LINER_CORS_ORIGINS", "https://a.example/"),
            ("LINER_CORS_ORIGINS", "https://a.example:443"),
            ("LINER_CORS_ORIGINS", "a.example"),
            ("LINER_TRUSTED_PROXIES", "10.0.0.0/33"),
            ("LINER_HTTP_CONNECTIONS", "7"),
            ("LINER_HTTP_TIMEOUT_MS", "99"),
            ("LINER_SHUTDOWN_DELAY_MS", "60001"),
        ] {
            let error = settings(name, value).unwrap_err();
            assert!(error.starts_with(&format!("{name} is \"{value}\"; allowed: ")), "{error}");
        }
    }
}
