//! What is set of reading pages and channels.

use super::{ConfigError, Sources};
use crate::ingest::fetch::FetchSettings;

pub fn read(sources: &Sources) -> Result<FetchSettings, ConfigError> {
    let contact = |text: &str| {
        let plain =
            text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>\"\\".contains(&byte));
        plain.then(|| text.to_owned())
    };
    Ok(FetchSettings {
        enabled: sources.flag("LINER_FETCH")?,
        allowed: sources.get("LINER_FETCH_ALLOW", |text| text.parse().ok())?.unwrap_or_default(),
        contact: sources.get("LINER_FETCH_CONTACT", contact)?,
        timeout: sources.millis("LINER_FETCH_TIMEOUT_MS", 100, 60_000)?,
        interval: sources.millis("LINER_FETCH_INTERVAL_MS", 0, 3_600_000)?,
        concurrency: sources.number("LINER_FETCH_CONCURRENCY", 1, 256)?,
    })
}
