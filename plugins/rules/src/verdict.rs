//! From what a page says to an extraction, with a confidence that says how often such a reading is right.

use crate::channel::{Channel, Kind};
use crate::evidence::Evidence;
use crate::guess;
use crate::nonmusic::{Doubt, Subject, weigh};
use crate::page::{self, Facts, Metadata, Trust, statements};
use crate::roles::{self, Roles, Setting};
use crate::text::{clean, is_blank, words};
use crate::title::Title;
use crate::words::other::{COVERS, NAMELESS, SERIES};
use crate::words::{has, platforms};
use liner_strategy::{Extraction, MusicType, Origin, Track};

/// What the rules make of a track.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// An entry, as sure as its confidence says.
    Entry(Extraction),
    /// It is not music, and why.
    NotMusic(&'static str),
    /// The page says nothing to go by.
    Unknown,
}

/// How sure an entry is whose title and artist are the platform's own fields.
const STRUCTURED: f64 = 0.98;
/// How sure the order is in a title that the platform composed.
const COMPOSED: f64 = 0.93;
/// The most that is left of the confidence where a field had to be read for more than it says, or a video's category is another
/// than music.
const READ: f64 = 0.88;
/// The most that is left of the confidence where something speaks against music, or nothing for what a page claims.
const DOUBTED: f64 = 0.6;

/// The most that is left where the form alone would be sure.
const UNSURE: f64 = 0.88;

/// How sure it is that a title alone is its uploader's, on a platform for musicians.
const MUSICIANS: f64 = 0.7;

/// Platforms that show a performer where others show who uploaded: catalogues, whose field is the credit.
const CATALOGUES: &[&str] = &[
    "apple_music",
    "deezer",
    "hungama",
    "kuwo",
    "monster-siren",
    "netease",
    "qqmusic",
    "spotify",
    "tidal",
    "xiami",
    "zingmp3",
];

/// Platforms that musicians and labels put their own works on: who is no label performs.
const OWN_UPLOADS: &[&str] = &["audius", "bandlab", "beatport"];

/// Reads one track.
pub fn read(track: &Track) -> Verdict {
    let metadata = Metadata::read(&track.og_metadata);
    let given = track.og_title.as_deref().map(clean).filter(|title| !title.is_empty());
    let Some(og_title) = given.or_else(|| metadata.title()) else {
        return without_title(track, &metadata);
    };
    let channel = track.og_artist.clone().or_else(|| metadata.channel());
    let channel = channel.as_deref().map(Channel::read).filter(|channel| !channel.name.is_empty());
    let topic = channel.as_ref().filter(|channel| channel.kind == Kind::Topic).map(|channel| channel.name.as_str());
    let facts = page::read(track, &og_title, &metadata, topic);
    if let Some(reason) = facts.not_music {
        return Verdict::NotMusic(reason);
    }
    let mut entry = match facts {
        Facts { artist: Some(_), .. } | Facts { kind: Some(MusicType::Artist), .. } => {
            by_account(&track.platform_name, from_facts(&og_title, facts))
        }
        Facts { kind: Some(MusicType::Playlist), .. } => from_playlist(&og_title, facts, channel.as_ref()),
        _ => match from_title(track, &og_title, channel.as_ref(), &metadata, facts) {
            Ok(entry) => entry,
            Err(reason) => return Verdict::NotMusic(reason),
        },
    };
    if metadata.category().is_some_and(|category| page::is_of_another_subject(&category)) {
        entry.confidence = entry.confidence.min(READ);
    }
    add_statements(&mut entry, track.og_description.as_deref().unwrap_or_default());
    settled(entry)
}

/// The verdict for a reading: none without a title that can be seen, and an artist only by a name that can.
fn settled(mut entry: Extraction) -> Verdict {
    if is_blank(&entry.title) {
        return Verdict::Unknown;
    }
    if entry.artist.as_deref().is_some_and(is_blank) {
        entry.artist = None;
        entry.origins.retain(|origin| origin.field != "artist");
    }
    if let Some(work) = entry.artist.as_deref().and_then(|artist| headed(&entry.title, artist)) {
        entry.title = work.to_owned();
    }
    Verdict::Entry(entry)
}

/// A label's account on Bandcamp is credited there, and its titles name who performs.
fn by_account(platform: &str, mut entry: Extraction) -> Extraction {
    let artist = entry.artist.as_deref().unwrap_or_default();
    if platform == "bandcamp" && entry.title.contains(" - ") && headed(&entry.title, artist).is_none() {
        entry.confidence = entry.confidence.min(UNSURE);
    }
    entry
}

/// `Artist - Work`, where a page's own field names the artist once more: the work.
fn headed<'a>(title: &'a str, artist: &str) -> Option<&'a str> {
    let (head, rest) = title.split_at_checked(artist.len())?;
    let work = rest.strip_prefix(" - ").filter(|work| !is_blank(work))?;
    head.eq_ignore_ascii_case(artist).then_some(work.trim_start())
}

/// A reading of the title, with what the page's own fields add to it; or why it is not music.
fn from_title(
    track: &Track,
    og_title: &str,
    channel: Option<&Channel>,
    metadata: &Metadata,
    facts: Facts,
) -> Result<Extraction, &'static str> {
    let (og_title, raw) = match channel.and_then(|channel| streamed(og_title, channel)) {
        Some(bare) => (bare, None),
        None => (og_title, track.og_title.as_deref()),
    };
    let title = Title::read(og_title, raw);
    let subject = match facts.kind {
        Some(_) if facts.trust > Trust::Claimed => Subject { music: true, doubt: Doubt::None },
        _ => weigh(og_title, &title, channel, metadata.category().as_deref()),
    };
    if let Doubt::NotMusic(reason) = subject.doubt {
        return Err(reason);
    }
    let mut entry = by_roles(track, &title, channel, subject.music);
    if subject.doubt == Doubt::Some || facts.trust == Trust::Claimed {
        entry.confidence = entry.confidence.min(DOUBTED);
    }
    add_facts(&mut entry, facts);
    Ok(entry)
}

/// A page without any title may have structured fields still, a speaking address, or what the sharer wrote.
fn without_title(track: &Track, metadata: &Metadata) -> Verdict {
    let facts = page::read(track, "", metadata, None);
    match (facts.not_music, &facts.title) {
        (Some(reason), _) => Verdict::NotMusic(reason),
        (None, Some(title)) => {
            let title = title.clone();
            settled(from_facts(&title, facts))
        }
        (None, None) => guess::read(track).map_or(Verdict::Unknown, |(title, artist, confidence)| {
            settled(entry(&title, artist.as_deref(), confidence, Origin::Text))
        }),
    }
}

fn from_facts(og_title: &str, mut facts: Facts) -> Extraction {
    let title = facts.title.take().unwrap_or_else(|| composed(og_title, &facts).to_owned());
    // An artist's page has a name and no title; the name is both, so that an entry is never without a title.
    let is_artist = facts.kind == Some(MusicType::Artist);
    let artist = facts.artist.take().or_else(|| is_artist.then(|| title.clone()));
    let (sure, origin) = match facts.trust {
        Trust::Stated => (STRUCTURED, Origin::Page),
        Trust::Read => (READ, Origin::Text),
        Trust::Claimed => (DOUBTED, Origin::Text),
    };
    let sure = if artist.is_some() { sure } else { DOUBTED };
    let mut entry = entry(&title, artist.as_deref(), sure, origin);
    add_facts(&mut entry, facts);
    entry
}

fn by_roles(track: &Track, title: &Title, channel: Option<&Channel>, music: bool) -> Extraction {
    let is_on = |platforms: &[&str]| platforms.contains(&track.platform_name.as_str());
    let is_label = channel.is_some_and(|channel| channel.kind == Kind::Label);
    let by_artist = is_on(CATALOGUES) || is_on(OWN_UPLOADS) && !is_label;
    let Roles { title: song, artist, evidence } = roles::assign(title, channel, Setting { by_artist, music });
    let sure = confidence(evidence, &track.platform_name);
    let sure = if sure > DOUBTED { sure.min(most(title, artist.as_deref(), evidence, music)) } else { sure };
    let mut entry = entry(&song, artist.as_deref(), sure, Origin::Text);
    if title.album {
        entry.music_type = MusicType::Album;
    }
    entry.set_origin("music-type", Origin::Rules);
    if let Some(album) = &title.album_name {
        entry.album = Some(album.clone());
        entry.set_origin("album", Origin::Text);
    }
    entry
}

/// The most that a reading is worth, whatever its evidence: a credit of words that no name holds, another's recording of
/// the work, or a form that talk has as well and nothing that tells of music.
fn most(title: &Title, artist: Option<&str>, evidence: Evidence, music: bool) -> f64 {
    if artist.is_some_and(|artist| words(artist).any(|word| has(&NAMELESS, word))) {
        return DOUBTED;
    }
    let series = !evidence.is_channels()
        && artist.and_then(|artist| words(artist).next_back()).is_some_and(|word| has(&SERIES, word));
    let covered = !evidence.is_channels() && words(&title.text).any(|word| has(&COVERS, word));
    // What follows a quoted title is no part of it.
    let trailed = title.trailed && !matches!(evidence, Evidence::ChannelBeforeQuote | Evidence::DecoratedQuote);
    let talk = matches!(evidence, Evidence::ChannelBeforeQuote | Evidence::NearBefore);
    if covered || series || trailed || talk && !music && !title.decorated { UNSURE } else { 1.0 }
}

/// `Stream Title by Channel`, as SoundCloud titles its pages.
fn streamed<'a>(og_title: &'a str, channel: &Channel) -> Option<&'a str> {
    let rest = platforms::unsigned(og_title.strip_prefix("Stream ")?).0;
    rest.strip_suffix(channel.whole.as_str())?.strip_suffix(" by ")
}

/// TIDAL, Genius and Jamendo write `Artist - Title` themselves; on a platform for musicians the uploader is mostly one.
fn confidence(evidence: Evidence, platform: &str) -> f64 {
    match (platform, evidence) {
        (
            "tidal" | "genius" | "jamendo" | "deezer" | "discogs" | "audius",
            Evidence::Dash | Evidence::DecoratedDash | Evidence::OfficialDash,
        ) => COMPOSED,
        ("soundcloud" | "audius", Evidence::OtherWhole) => MUSICIANS,
        _ => evidence.confidence(),
    }
}

/// The work's name in a title that a platform composed: without the artist it credits, and what kind of release it is.
fn composed<'a>(og_title: &'a str, facts: &Facts) -> &'a str {
    let artist = facts.artist.as_deref().unwrap_or_default();
    let bare = og_title.strip_suffix(artist).and_then(|title| title.strip_suffix(" by ")).unwrap_or(og_title);
    page::without_release_form(bare, facts.kind.unwrap_or(MusicType::Song))
}

/// A list that somebody put together has no artist; one that calls itself an EP or an album is its uploader's release, unless
/// that is a label. The page says neither.
fn from_playlist(og_title: &str, mut facts: Facts, channel: Option<&Channel>) -> Extraction {
    let title = facts.title.as_deref().unwrap_or(og_title);
    let is_release = words(title).any(|word| matches!(word, "EP" | "LP" | "Album" | "album"));
    if is_release {
        facts.kind = Some(MusicType::Album);
        let musician = channel.filter(|channel| channel.kind != Kind::Label);
        facts.artist = musician.map(|channel| channel.name.clone());
    }
    let mut entry = from_facts(og_title, facts);
    entry.confidence = entry.confidence.min(MUSICIANS);
    if is_release {
        entry.set_origin("music-type", Origin::Rules);
    }
    if entry.artist.is_some() {
        entry.set_origin("artist", Origin::Rules);
    }
    entry
}

/// Adds what the description states and the page's fields do not.
fn add_statements(entry: &mut Extraction, description: &str) {
    if description.is_empty() || entry.music_type != MusicType::Song {
        return;
    }
    let stated = statements::read(description);
    if let (None, Some(album)) = (&entry.album, stated.album) {
        entry.album = Some(album);
        entry.set_origin("album", Origin::Text);
    }
    if let (None, Some(date)) = (&entry.release_date, stated.release_date) {
        entry.release_date = Some(date);
        entry.set_origin("release-date", Origin::Text);
    }
}

/// Adds what the page's own fields say to a reading of the title. What a page only claims, a model may correct.
fn add_facts(entry: &mut Extraction, facts: Facts) {
    let origin = if facts.trust == Trust::Claimed { Origin::Text } else { Origin::Page };
    if let Some(kind) = facts.kind {
        entry.music_type = kind;
        entry.set_origin("music-type", origin);
    }
    if let Some(album) = facts.album {
        entry.album = Some(album);
        entry.set_origin("album", origin);
    }
    if let Some(date) = facts.release_date {
        entry.release_date = Some(date);
        entry.set_origin("release-date", origin);
    }
    if !facts.genres.is_empty() {
        entry.genres = facts.genres;
        entry.set_origin("genres", origin);
    }
}

fn entry(title: &str, artist: Option<&str>, confidence: f64, origin: Origin) -> Extraction {
    let mut entry = Extraction::song(title, artist, confidence);
    entry.set_origin("title", origin);
    if artist.is_some() {
        entry.set_origin("artist", origin);
    }
    entry
}
