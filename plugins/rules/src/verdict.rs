//! From what a page says to an extraction, with a confidence that says how often such a reading is right.

use crate::channel::{Channel, Kind};
use crate::page::{self, Facts};
use crate::text::{clean, has_kana, is_cjk};
use crate::title::{self, Form, Parts};
use liner_strategy::{Extraction, MusicType, Origin, Track};

/// What the rules make of a track.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// An entry, as sure as its confidence says.
    Entry(Extraction),
    /// The platform itself says that it is not music.
    NotMusic(&'static str),
    /// The page says nothing to go by.
    Unknown,
}

/// Platforms whose uploader field is the performing artist, not whoever uploaded.
const ARTIST_FIELD: &[&str] = &[
    "netease",
    "qqmusic",
    "kuwo",
    "zingmp3",
    "monster-siren",
    "bandlab",
    "hungama",
    "xiami",
    "deezer",
    "tidal",
    "apple_music",
    "spotify",
    "audius",
    "beatport",
];

/// Reads one track.
pub fn read(track: &Track) -> Verdict {
    let Some(og_title) = track.og_title.as_deref().map(clean).filter(|title| !title.is_empty()) else {
        return Verdict::Unknown;
    };
    let description = track.og_description.as_deref().unwrap_or_default();
    if let Some(facts) = page::read(&track.platform_name, &og_title, description) {
        return from_facts(&og_title, facts);
    }
    if track.platform_name == "bandcamp"
        && let Some((name, artist)) = og_title.rsplit_once(", by ")
    {
        return Verdict::Entry(entry(name, Some(artist), 0.93, Origin::Text));
    }
    let channel = track.og_artist.as_deref().map(Channel::read).filter(|channel| !channel.name.is_empty());
    Verdict::Entry(from_title(&track.platform_name, title::read(&og_title), channel.as_ref()))
}

fn from_facts(og_title: &str, facts: Facts) -> Verdict {
    let Some(kind) = facts.kind else {
        return Verdict::NotMusic("the platform calls it a podcast episode");
    };
    let title = facts.title.unwrap_or_else(|| og_title.to_owned());
    // An artist's page has a name and no title; the name is both, so that an entry is never without a title.
    let artist = facts.artist.or_else(|| (kind == MusicType::Artist).then(|| title.clone()));
    let sure = if artist.is_some() { 0.98 } else { 0.6 };
    let mut entry = entry(&title, artist.as_deref(), sure, Origin::Page);
    entry.music_type = kind;
    entry.set_origin("music-type", Origin::Page);
    if let Some(album) = facts.album {
        entry.album = Some(album);
        entry.set_origin("album", Origin::Page);
    }
    if let Some(date) = facts.release_date {
        entry.release_date = Some(date);
        entry.set_origin("release-date", Origin::Page);
    }
    Verdict::Entry(entry)
}

fn from_title(platform: &str, parts: Parts, channel: Option<&Channel>) -> Extraction {
    let (title, artist, confidence) = match &parts.right {
        Some(right) => two_sides(&parts, &parts.left, right, channel),
        None => one_side(platform, &parts, channel),
    };
    let mut entry = entry(&title, artist.as_deref(), confidence, Origin::Text);
    if parts.album {
        entry.music_type = MusicType::Album;
    }
    entry.set_origin("music-type", Origin::Rules);
    entry
}

/// Which side is the artist: the one the channel names; else what the form's custom says, less surely.
fn two_sides(parts: &Parts, left: &str, right: &str, channel: Option<&Channel>) -> (String, Option<String>, f64) {
    let straight = |confidence| (right.to_owned(), Some(left.to_owned()), confidence);
    let reversed = |confidence| (left.to_owned(), Some(right.to_owned()), confidence);
    let custom_is_reversed = match parts.form {
        Form::Slash => is_cjk(left) || is_cjk(right),
        Form::By => true,
        _ => false,
    };
    let sure = match parts.form {
        Form::Dash => 0.95,
        Form::Quoted => 0.93,
        Form::ManyDashes => 0.7,
        Form::Slash | Form::Pipe | Form::By => 0.85,
        Form::Whole => 0.4,
    };
    if let Some(channel) = channel {
        let with = channel.is(left);
        let against = channel.is(right);
        if with != against {
            return if with { straight(sure) } else { reversed(sure - 0.02) };
        }
        let (with, against) = (channel.is_among(left), channel.is_among(right));
        if with != against {
            return if with { straight(sure - 0.03) } else { reversed(0.5) };
        }
        if channel.kind == Kind::Topic {
            // A generated channel's title is the work's own, dash and all.
            return (format!("{left} - {right}"), Some(channel.name.clone()), 0.9);
        }
    }
    let unsure = match parts.form {
        Form::Dash if parts.decorated => 0.8,
        Form::Dash if has_kana(left) || has_kana(right) => 0.6,
        Form::Dash => 0.65,
        Form::Quoted => 0.72,
        Form::By => 0.6,
        _ => 0.55,
    };
    if custom_is_reversed { reversed(unsure) } else { straight(unsure) }
}

/// A title alone: who performs is the channel, if the channel is one that belongs to an artist.
fn one_side(platform: &str, parts: &Parts, channel: Option<&Channel>) -> (String, Option<String>, f64) {
    let title = parts.left.clone();
    let Some(channel) = channel else { return (title, None, 0.3) };
    let artist = Some(channel.name.clone());
    let confidence = match channel.kind {
        Kind::Topic if channel.name == "Various Artists" => return (title, None, 0.3),
        Kind::Topic => 0.97,
        _ if ARTIST_FIELD.contains(&platform) => 0.95,
        Kind::Vevo => 0.85,
        Kind::Official => 0.75,
        Kind::Other if platform == "soundcloud" || platform == "audius" => 0.7,
        Kind::Other if parts.decorated => 0.65,
        Kind::Other => 0.4,
    };
    (title, artist, confidence)
}

fn entry(title: &str, artist: Option<&str>, confidence: f64, origin: Origin) -> Extraction {
    let mut entry = Extraction::song(title, artist, confidence);
    entry.set_origin("title", origin);
    if artist.is_some() {
        entry.set_origin("artist", origin);
    }
    entry
}
