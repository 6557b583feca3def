//! What the platform says itself, in structured fields and in descriptions by template: facts, not guesses.

mod category;
mod kinds;
mod metadata;
mod phrases;
mod shops;
pub mod statements;
mod titles;
mod youtube;

pub use category::is_of_another_subject;
pub use metadata::{Metadata, without_release_form};

use liner_strategy::{MusicType, Track};

/// What a podcast's page is told apart by.
pub const PODCAST: &str = "the platform calls it a podcast episode";

/// How far what a page says is to be believed; the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Trust {
    /// A page that is anybody's claims it, and nothing else on the page bears it out.
    Claimed,
    /// It was read out of a field that says more, or less, than that.
    Read,
    /// A field says it.
    #[default]
    Stated,
}

/// What a platform's own fields say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// The work's title.
    pub title: Option<String>,
    /// Who is credited.
    pub artist: Option<String>,
    /// The release.
    pub album: Option<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub release_date: Option<String>,
    /// What kind of link it is.
    pub kind: Option<MusicType>,
    /// One to three of the general list, lower case.
    pub genres: Vec<String>,
    /// Why it is not music, where the platform says so.
    pub not_music: Option<&'static str>,
    /// How far title, artist and kind are to be believed.
    pub trust: Trust,
}

impl Facts {
    fn new(kind: MusicType) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }

    fn not_music(reason: &'static str) -> Self {
        Self { not_music: Some(reason), ..Self::default() }
    }

    /// On a label's page the work's name holds the artist: `Artist - Title` by a label.
    fn credit_artist(&mut self) {
        let (Some(title), Some(artist)) = (&self.title, &self.artist) else { return };
        if let Some((artist, title, trust)) = titles::credited(title, artist) {
            (self.artist, self.title) = (Some(artist.to_owned()), Some(title.to_owned()));
            self.trust = self.trust.min(trust);
        }
    }

    /// Adds what another field of the page says of the same work: what is missing here, and a date that is more exact.
    fn fill(&mut self, other: Self) {
        let adds = |here: bool, there: bool| !here && there;
        if adds(self.title.is_some(), other.title.is_some())
            || adds(self.artist.is_some(), other.artist.is_some())
            || adds(self.kind.is_some(), other.kind.is_some())
        {
            self.trust = self.trust.min(other.trust);
        }
        self.title = self.title.take().or(other.title);
        self.artist = self.artist.take().or(other.artist);
        self.album = self.album.take().or(other.album);
        self.kind = self.kind.or(other.kind);
        self.not_music = self.not_music.or(other.not_music);
        if self.genres.is_empty() {
            self.genres = other.genres;
        }
        let exact = |date: &Option<String>| date.as_ref().map_or(0, String::len);
        if exact(&other.release_date) > exact(&self.release_date) {
            self.release_date = other.release_date;
        }
    }
}

/// Everything the page's own fields and templates say. `artist` is the name of a channel generated for one.
pub fn read(track: &Track, og_title: &str, metadata: &Metadata, artist: Option<&str>) -> Facts {
    let description = track.og_description.as_deref().unwrap_or_default();
    let by_template = match track.platform_name.as_str() {
        "youtube" => youtube::read(og_title, artist, description),
        platform => shops::read(platform, og_title, description),
    };
    let mut facts = by_template.unwrap_or_default();
    if facts.not_music.is_none() {
        let mut structured = metadata.facts(track);
        structured.fill(facts);
        facts = structured;
    }
    let platform = track.platform_name.as_str();
    if let Some(composed) = titles::read(platform, og_title).or_else(|| phrases::title(platform, og_title)) {
        facts.fill(composed);
    } else if facts.artist.is_none()
        && facts.not_music.is_none()
        && let Some(invitation) = phrases::description(platform, og_title, description)
    {
        facts.fill(invitation);
    }
    facts.credit_artist();
    facts
}
