//! The settings about channels.

use super::model::{base_url, check_key_is_safe};
use super::{ConfigError, Sources};
use crate::ingest::channels::{Channel, NeynarSettings};
use std::time::Duration;

/// How channels are synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncSettings {
    /// Those that are synced by themselves.
    pub channels: Vec<Channel>,
    /// How often; never without it.
    pub interval: Option<Duration>,
    /// The most posts that one sync reads; the next one goes on.
    pub most_posts: u64,
    /// Who tells what is posted in Farcaster channels.
    pub neynar: NeynarSettings,
}

pub fn read(sources: &Sources) -> Result<SyncSettings, ConfigError> {
    let neynar = NeynarSettings {
        key: sources.secret("NEYNAR_API_KEY", 1, 400)?,
        base_url: sources.want("NEYNAR_BASE_URL", base_url)?,
    };
    check_key_is_safe(sources, neynar.key.as_ref(), &neynar.base_url, "NEYNAR_BASE_URL")?;
    let interval = |text: &str| match text.parse().ok()? {
        0 => Some(None),
        ms @ 1_000..=86_400_000 => Some(Some(Duration::from_millis(ms))),
        _ => None,
    };
    let settings = SyncSettings {
        channels: sources.get("LINER_SYNC_CHANNELS", channels)?.unwrap_or_default(),
        interval: sources.want("LINER_SYNC_INTERVAL_MS", interval)?,
        most_posts: sources.number("LINER_SYNC_MAX_POSTS", 1, 100_000)?,
        neynar,
    };
    let needs_key = settings.channels.iter().find(|channel| matches!(channel, Channel::Farcaster(_)));
    match needs_key {
        Some(channel) if settings.neynar.key.is_none() => Err(ConfigError::Value {
            name: "LINER_SYNC_CHANNELS".to_owned(),
            value: format!("{:?}", channel.to_string()),
            allowed: "URLs of feeds while NEYNAR_API_KEY is not set".to_owned(),
        }),
        _ => Ok(settings),
    }
}

fn channels(text: &str) -> Option<Vec<Channel>> {
    let mut channels = Vec::new();
    for name in text.split([',', ' ']).filter(|name| !name.is_empty()) {
        let channel = name.parse().ok()?;
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    Some(channels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Origin;

    fn settings(pairs: &[(&str, &str)]) -> Result<SyncSettings, String> {
        let mut sources = Sources::default();
        for (name, value) in pairs {
            sources.set(name, (*value).to_owned(), Origin::Environment);
        }
        read(&sources).map_err(|error| error.to_string())
    }

    #[test]
    fn channels_are_synced_every_quarter_of_an_hour_where_some_are_named() {
        let none = settings(&[]).unwrap();
        assert_eq!((none.channels.len(), none.neynar.base_url.as_str()), (0, "https://api.neynar.com/"));
        assert_eq!((none.interval, none.most_posts), (Some(Duration::from_secs(900)), 1_000));
        let list = "music, https://example.org/feed?a=1,music";
        let some = settings(&[("LINER_SYNC_CHANNELS", list), ("NEYNAR_API_KEY", "k")]).unwrap();
        let names: Vec<_> = some.channels.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["music", "https://example.org/feed?a=1"]);
        assert_eq!(settings(&[("LINER_SYNC_INTERVAL_MS", "0")]).unwrap().interval, None);
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_allowed() {
        for (name, value) in [
            ("LINER_SYNC_CHANNELS", "Not a/channel"),
            ("LINER_SYNC_CHANNELS", "ftp://example.org"),
            ("LINER_SYNC_INTERVAL_MS", "999"),
            ("LINER_SYNC_MAX_POSTS", "0"),
            ("NEYNAR_BASE_URL", "https://example.org/?x=1"),
        ] {
            let error = settings(&[(name, value), ("NEYNAR_API_KEY", "k")]).unwrap_err();
            assert!(error.starts_with(&format!("{name} is \"{value}\"; allowed: ")), "{error}");
        }
        let error = settings(&[("LINER_SYNC_CHANNELS", "music")]).unwrap_err();
        assert!(error.contains("NEYNAR_API_KEY"), "{error}");
    }

    #[test]
    fn a_key_is_not_sent_in_plain_text_over_a_network() {
        let with = |url| settings(&[("NEYNAR_API_KEY", "hidden-key"), ("NEYNAR_BASE_URL", url)]);
        assert!(with("http://127.0.0.1:9").is_ok() && with("https://proxy.internal/neynar").is_ok());
        let error = with("http://proxy.internal").unwrap_err();
        assert!(error.starts_with("NEYNAR_BASE_URL is ") && !error.contains("hidden-key"), "{error}");
    }
}
