//! Counts of what is right, and the shares that follow from them.

use super::gold::Label;
use super::verdict::{Part, Verdict};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// What some rows' verdicts add up to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// Rows that are music; all but the `not_music` ones count these.
    pub rows: usize,
    title_rows: usize,
    title_right: usize,
    artist_rows: usize,
    artist_right: usize,
    /// Rows that expect a title and an artist.
    both_rows: usize,
    both_right: usize,
    swapped: usize,
    /// Of those with both, the ones where both were said.
    answered: usize,
    answered_and_right: usize,
    sure: usize,
    sure_and_right: usize,
    /// Rows that are no music.
    not_music_rows: usize,
    not_music_answered: usize,
    not_music_sure: usize,
    album: Tally,
    /// The same, where the page says which album it is.
    evident_album: Tally,
    release_date: Tally,
    release_year_right: usize,
    music_type: Tally,
}

/// A field that need not be said.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Tally {
    rows: usize,
    said: usize,
    right: usize,
}

/// A part of a whole.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// What it is, in words.
    pub name: &'static str,
    /// The part.
    pub part: usize,
    /// The whole; nothing can be said when it is 0.
    pub whole: usize,
    /// Whether less of it is better.
    pub is_fault: bool,
}

/// Shares by their names.
pub struct Shares(pub Vec<Share>);

impl Figures {
    /// Adds a verdict.
    pub fn count(&mut self, label: &Label, verdict: &Verdict) {
        if !verdict.is_music {
            self.not_music_rows += 1;
            self.not_music_answered += usize::from(verdict.answered);
            self.not_music_sure += usize::from(verdict.sure);
            return;
        }
        self.rows += 1;
        self.title_rows += usize::from(verdict.title.is_some());
        self.title_right += usize::from(verdict.title == Some(true));
        self.artist_rows += usize::from(verdict.artist.is_some());
        self.artist_right += usize::from(verdict.artist == Some(true));
        self.sure += usize::from(verdict.sure);
        self.sure_and_right += usize::from(verdict.sure && verdict.is_right());
        if verdict.title.is_some() && verdict.artist.is_some() {
            self.both_rows += 1;
            self.both_right += usize::from(verdict.is_right());
            self.swapped += usize::from(verdict.swapped);
            self.answered += usize::from(verdict.answered);
            self.answered_and_right += usize::from(verdict.answered && verdict.is_right());
        }
        self.album.count(verdict.album);
        self.evident_album.count(verdict.album.filter(|_| label.has_evident_album()));
        self.release_date.count(verdict.release_date);
        self.release_year_right += usize::from(verdict.release_year == Some(true));
        self.music_type.count(verdict.music_type);
    }

    /// Rows that are music or not.
    pub const fn all_rows(&self) -> usize {
        self.rows + self.not_music_rows
    }

    /// The title.
    pub fn title(&self) -> Share {
        share("title", self.title_right, self.title_rows)
    }

    /// The artist.
    pub fn artist(&self) -> Share {
        share("artist", self.artist_right, self.artist_rows)
    }

    /// Title and artist of one row.
    pub fn both(&self) -> Share {
        share("title and artist", self.both_right, self.both_rows)
    }

    /// How much was answered with confidence.
    pub fn sure(&self) -> Share {
        share("sure", self.sure, self.rows)
    }

    /// How much of that was right; what is no music never is.
    pub fn right_when_sure(&self) -> Share {
        share("right when sure", self.sure_and_right, self.sure + self.not_music_sure)
    }

    /// Every share, in the order people read them.
    pub fn shares(&self) -> Shares {
        let year = share("release year right", self.release_year_right, self.release_date.rows);
        Shares(vec![
            self.title(),
            self.artist(),
            self.both(),
            fault("taken for each other", self.swapped, self.both_rows),
            share("answered", self.answered, self.both_rows),
            share("right when answered", self.answered_and_right, self.answered),
            self.sure(),
            self.right_when_sure(),
            fault("no music, answered", self.not_music_answered, self.not_music_rows),
            fault("no music, answered as sure", self.not_music_sure, self.not_music_rows),
            self.album.recall("album right"),
            self.album.precision("album right when said"),
            self.evident_album.recall("evident album right"),
            self.evident_album.precision("evident album right when said"),
            self.release_date.recall("release date right"),
            year,
            self.release_date.precision("release date right when said"),
            self.music_type.recall("type right"),
            self.music_type.precision("type right when said"),
        ])
    }
}

impl Tally {
    fn count(&mut self, part: Option<Part>) {
        let Some(part) = part else { return };
        self.rows += 1;
        self.said += usize::from(part.said);
        self.right += usize::from(part.right);
    }

    const fn recall(self, name: &'static str) -> Share {
        share(name, self.right, self.rows)
    }

    const fn precision(self, name: &'static str) -> Share {
        share(name, self.right, self.said)
    }
}

const fn share(name: &'static str, part: usize, whole: usize) -> Share {
    Share { name, part, whole, is_fault: false }
}

const fn fault(name: &'static str, part: usize, whole: usize) -> Share {
    Share { name, part, whole, is_fault: true }
}

impl Share {
    /// From 0 to 1; `None` of nothing.
    #[allow(clippy::cast_precision_loss)]
    pub fn value(&self) -> Option<f64> {
        (self.whole > 0).then(|| self.part as f64 / self.whole as f64)
    }
}

impl Serialize for Shares {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for share in &self.0 {
            map.serialize_entry(&share.name.replace(", ", "_").replace(' ', "_"), &share.value())?;
        }
        map.end()
    }
}
