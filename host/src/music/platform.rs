//! The platforms liner knows, by one canonical name each. Every other link is `web`.

use crate::nearest::nearest;

/// A platform with the names people and other programs use for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform(&'static str);

/// Canonical name, then other spellings, compared without case, spaces, dashes and underscores.
const PLATFORMS: &[(&str, &[&str])] = &[
    ("spotify", &[]),
    ("youtube", &["youtubemusic", "ytmusic", "vevo"]),
    ("soundcloud", &[]),
    ("apple_music", &["applemusic", "itunes"]),
    ("bandcamp", &[]),
    ("audius", &[]),
    ("songlink", &["odesli", "albumlink"]),
    ("beatport", &[]),
    ("hypemachine", &["hypem"]),
    ("tortoise", &[]),
    ("deezer", &[]),
    ("tidal", &[]),
    ("mixcloud", &[]),
    ("web", &[]),
];

impl Platform {
    /// Any link that is of no platform in the table.
    pub const WEB: Self = Self("web");

    /// The platform of a name in any spelling of the table.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let plain = |name: &str| -> String {
            name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let wanted = plain(name);
        PLATFORMS
            .iter()
            .find(|(canonical, others)| plain(canonical) == wanted || others.contains(&wanted.as_str()))
            .map(|(canonical, _)| Self(canonical))
    }

    /// The canonical form of a platform's name; a platform that is not in the table keeps its own, in lower case, so
    /// that tracks of it stay apart.
    #[must_use]
    pub fn canonical(name: &str) -> String {
        Self::from_name(name).map_or_else(|| name.trim().to_lowercase(), |platform| platform.name().to_owned())
    }

    /// The platform that somebody meant whose name for it is none, if one is near.
    #[must_use]
    pub fn meant(name: &str) -> Option<Self> {
        let near = nearest(name, PLATFORMS.iter().map(|(canonical, _)| *canonical));
        near.filter(|_| Self::from_name(name).is_none()).and_then(Self::from_name)
    }

    /// Every canonical name.
    pub fn names() -> impl Iterator<Item = &'static str> {
        PLATFORMS.iter().map(|(canonical, _)| *canonical)
    }

    /// The canonical name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_one_canonical_name() {
        for (spelling, canonical) in [
            ("YouTube-Music", "youtube"),
            ("applemusic", "apple_music"),
            ("iTunes", "apple_music"),
            ("hypem", "hypemachine"),
            ("NicoNico", "niconico"),
        ] {
            assert_eq!(Platform::canonical(spelling), canonical);
        }
    }

    #[test]
    fn a_slip_of_the_keys_is_no_platform_of_its_own() {
        let meant = |name| Platform::meant(name).map(Platform::name);
        assert_eq!((meant("yotube"), meant("soundclud")), (Some("youtube"), Some("soundcloud")));
        assert_eq!((meant("youtube"), meant("niconico"), meant("iTunes")), (None, None, None));
    }
}
