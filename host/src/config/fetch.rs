//! What is set of reading pages.

use super::{ConfigError, Sources};
use crate::ingest::fetch::FetchSettings;

pub fn read(sources: &Sources) -> Result<FetchSettings, ConfigError> {
    Ok(FetchSettings {
        enabled: sources.flag("LINER_FETCH")?,
        allowed: sources.get("LINER_FETCH_ALLOW", |text| text.parse().ok())?.unwrap_or_default(),
        contact: sources.get("LINER_FETCH_CONTACT", |text| text.parse().ok())?,
        timeout: sources.millis("LINER_FETCH_TIMEOUT_MS", 100, 60_000)?,
        // Whoever reads more of a site waits so long for each request, and at most half a minute for all.
        interval: sources.millis("LINER_FETCH_INTERVAL_MS", 0, 30_000)?,
        concurrency: sources.number("LINER_FETCH_CONCURRENCY", 1, 256)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    fn settings(name: &str, value: &str) -> Result<FetchSettings, String> {
        let mut sources = Sources::default();
        sources.set(name, value.to_owned(), Origin::Environment);
        read(&sources).map_err(|error| error.to_string())
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_allowed() {
        for (name, value) in [
            ("LINER_FETCH_CONTACT", "me;you"),
            ("LINER_FETCH_CONTACT", "me at home"),
            ("LINER_FETCH_INTERVAL_MS", "30001"),
            ("LINER_FETCH_TIMEOUT_MS", "99"),
        ] {
            let error = settings(name, value).unwrap_err();
            assert!(error.starts_with(&format!("{name} is \"{value}\"; allowed: ")), "{error}");
        }
        assert!(settings("LINER_FETCH_INTERVAL_MS", "30000").is_ok());
    }
}
