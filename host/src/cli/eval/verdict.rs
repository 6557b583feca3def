//! What is expected of a row, what was said about it, and how far that is right.

use super::compare::{Forms, is_same_date};
use serde::{Deserialize, Serialize};

/// The known answer, as `expect` of a gold row writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Expected {
    /// The work's title; none where the row is an artist's page.
    pub title: Option<String>,
    /// The credit; none where there is none, as for a playlist.
    pub artist: Option<String>,
    /// Titles that are as right.
    pub title_alts: Vec<String>,
    /// Credits that are as right.
    pub artist_alts: Vec<String>,
    /// The release it is on, where that is known.
    pub album: Option<String>,
    /// Releases that are as right.
    pub album_alts: Vec<String>,
    /// `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
    pub release_date: Option<String>,
    /// song, album, playlist or artist.
    pub music_type: Option<String>,
    /// Whether the row is not music, so that nothing is to be said.
    pub abstain: bool,
}

/// A prediction, as `liner extract --json` prints it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    /// The title.
    pub title: Option<String>,
    /// The credit.
    pub artist: Option<String>,
    /// The release.
    pub album: Option<String>,
    /// The date.
    pub release_date: Option<String>,
    /// What kind of music it is said to be.
    pub music_type: Kind,
    /// How sure title and artist are, 0 to 1.
    pub confidence: Option<f64>,
}

/// What `music_type` says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Option<String>")]
pub enum Kind {
    /// Nothing: there is no such field.
    #[default]
    Unsaid,
    /// Null: that it is not music.
    NotMusic,
    /// A name.
    Of(String),
}

/// How far what was said is what was expected. What is `None` was not expected.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    /// Whether the row is music.
    pub is_music: bool,
    /// Whether all that was expected of title and artist was said; of a row that is no music, whether anything was.
    pub answered: bool,
    /// Whether it was answered with the confidence that counts as sure.
    pub sure: bool,
    /// Whether the title is right.
    pub title: Option<bool>,
    /// Whether the artist is right.
    pub artist: Option<bool>,
    /// Whether title and artist were taken for each other.
    pub swapped: bool,
    /// The album.
    pub album: Option<Part>,
    /// The date, as exact as it was expected.
    pub release_date: Option<Part>,
    /// Whether the date's year is right.
    pub release_year: Option<bool>,
    /// The kind of music.
    pub music_type: Option<Part>,
}

/// A field that need not be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Whether it was.
    pub said: bool,
    /// Whether it is right.
    pub right: bool,
}

impl From<Option<String>> for Kind {
    fn from(name: Option<String>) -> Self {
        name.map_or(Self::NotMusic, Self::Of)
    }
}

impl Kind {
    /// The name, if there is one.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Of(name) => Some(name),
            Self::Unsaid | Self::NotMusic => None,
        }
    }
}

impl Expected {
    /// Whether anything can be right or wrong about it.
    pub fn says_something(&self) -> bool {
        self.abstain || some(&self.title).is_some() || some(&self.artist).is_some()
    }
}

impl Said {
    /// Whether anything was said.
    pub fn says_something(&self) -> bool {
        self.music_type != Kind::NotMusic && (some(&self.title).is_some() || some(&self.artist).is_some())
    }
}

impl Verdict {
    /// Judges what was said; `sure` is the confidence from which it counts as sure.
    pub fn of(forms: &Forms, expected: &Expected, said: &Said, sure: f64) -> Self {
        let is_sure = said.confidence.is_some_and(|confidence| confidence >= sure);
        if expected.abstain {
            return Self::of_no_music(said, is_sure);
        }
        let (said_title, said_artist) = (some(&said.title), some(&said.artist));
        let title = some(&expected.title).map(|title| is_title(forms, said_title, title, &expected.title_alts));
        let artist = some(&expected.artist).map(|artist| {
            said_artist.is_some_and(|said| either(artist, &expected.artist_alts).any(|a| forms.is_same_credit(said, a)))
        });
        let answered = (title.is_none() || said_title.is_some()) && (artist.is_none() || said_artist.is_some());
        let date = some(&expected.release_date).map(|expected| {
            let said = some(&said.release_date);
            (said.is_some(), said.map_or((false, false), |said| is_same_date(said, expected)))
        });
        let part = |said: bool, right: bool| Part { said, right };
        Self {
            is_music: true,
            answered,
            sure: is_sure && answered,
            title,
            artist,
            swapped: title.zip(artist).is_some_and(|both| both != (true, true)) && is_swapped(forms, expected, said),
            album: some(&expected.album).map(|album| {
                let said = some(&said.album);
                part(said.is_some(), is_title(forms, said, album, &expected.album_alts))
            }),
            release_date: date.map(|(said, (right, _))| part(said, right)),
            release_year: date.map(|(_, (_, right))| right),
            music_type: some(&expected.music_type).map(|expected| {
                let said = said.music_type.name();
                part(said.is_some(), said == Some(expected))
            }),
        }
    }

    fn of_no_music(said: &Said, is_sure: bool) -> Self {
        let answered = said.says_something();
        Self {
            is_music: false,
            answered,
            sure: is_sure && answered,
            title: None,
            artist: None,
            swapped: false,
            album: None,
            release_date: None,
            release_year: None,
            music_type: None,
        }
    }

    /// Whether title and artist are right, as far as they were expected; of a row that is no music, whether it was left alone.
    pub fn is_right(&self) -> bool {
        if self.is_music { self.title != Some(false) && self.artist != Some(false) } else { !self.answered }
    }
}

fn is_title(forms: &Forms, said: Option<&str>, expected: &str, alternatives: &[String]) -> bool {
    said.map(|said| forms.title(said))
        .is_some_and(|said| either(expected, alternatives).any(|title| forms.title(title) == said))
}

fn is_swapped(forms: &Forms, expected: &Expected, said: &Said) -> bool {
    let pairs = some(&expected.title).zip(some(&said.artist)).zip(some(&expected.artist).zip(some(&said.title)));
    pairs.is_some_and(|((title, said_artist), (artist, said_title))| {
        forms.has_same_names(said_title, artist) && forms.title(said_artist) == forms.title(title)
    })
}

fn either<'a>(text: &'a str, alternatives: &'a [String]) -> impl Iterator<Item = &'a str> {
    std::iter::once(text).chain(alternatives.iter().map(String::as_str))
}

/// A text that says something.
fn some(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn judge(expected: Value, said: Value) -> Verdict {
        let (expected, said) = (serde_json::from_value(expected).unwrap(), serde_json::from_value(said).unwrap());
        Verdict::of(&Forms::new().unwrap(), &expected, &said, 0.9)
    }

    #[test]
    fn an_alternative_is_as_right() {
        let expected = json!({"title": "Harbour", "title_alts": ["港"], "artist": "Ada", "artist_alts": ["Ada & Bo"]});
        let verdict = judge(expected.clone(), json!({"title": "港", "artist": "Bo & Ada", "confidence": 0.9}));
        assert!(verdict.is_right() && verdict.answered && verdict.sure, "{verdict:?}");
        let verdict = judge(expected, json!({"title": "港 (Live)", "artist": "Ada", "confidence": 0.89}));
        assert_eq!((verdict.title, verdict.artist, verdict.sure), (Some(false), Some(true), false));
    }

    #[test]
    fn half_an_answer_is_none_and_what_is_not_expected_is_not_judged() {
        let half = judge(json!({"title": "Harbour", "artist": "Ada"}), json!({"title": "Harbour", "confidence": 1.0}));
        assert_eq!((half.answered, half.sure, half.title, half.artist), (false, false, Some(true), Some(false)));
        let page = judge(json!({"artist": "Ada"}), json!({"title": null, "artist": "Ada", "confidence": 1.0}));
        assert!(page.answered && page.is_right() && page.title.is_none() && page.album.is_none());
        assert!(!judge(json!({"title": "A", "artist": "B"}), json!({"title": " ", "artist": ""})).answered);
    }

    #[test]
    fn title_and_artist_may_be_taken_for_each_other() {
        let expected = json!({"title": "Harbour", "artist": "Ada & Bo"});
        assert!(judge(expected.clone(), json!({"title": "Bo & Ada", "artist": "Harbour"})).swapped);
        assert!(!judge(expected.clone(), json!({"title": "Harbour", "artist": "Ada & Bo"})).swapped);
        assert!(!judge(json!({"title": "Ada", "artist": "Ada"}), json!({"title": "Ada", "artist": "Ada"})).swapped);
    }

    #[test]
    fn what_is_no_music_is_right_when_nothing_is_said_or_that_it_is_none() {
        let expected = json!({"abstain": true});
        for (said, right) in [
            (json!({}), true),
            (json!({"title": null, "artist": null, "music_type": null}), true),
            (json!({"title": "Talk", "artist": "Ada", "music_type": null, "confidence": 1.0}), true),
            (json!({"title": "Talk", "confidence": 1.0}), false),
            (json!({"title": "Talk", "music_type": "song", "confidence": 0.5}), false),
        ] {
            let verdict = judge(expected.clone(), said.clone());
            assert_eq!((verdict.is_right(), verdict.answered), (right, !right), "{said}");
        }
        assert!(judge(expected, json!({"title": "Talk", "confidence": 1.0})).sure);
    }

    #[test]
    fn album_date_and_type_are_judged_where_they_are_expected() {
        let expected =
            json!({"title": "H", "artist": "A", "album": "Docks", "release_date": "2019-03-13", "music_type": "song"});
        let verdict = judge(
            expected.clone(),
            json!({"album": "Docks (Deluxe Edition)", "release_date": "2019", "music_type": "album"}),
        );
        let part = |said, right| Some(Part { said, right });
        assert_eq!((verdict.album, verdict.release_date), (part(true, true), part(true, false)));
        assert_eq!((verdict.release_year, verdict.music_type), (Some(true), part(true, false)));
        let silent = judge(expected, json!({"album": "", "music_type": null}));
        assert_eq!((silent.album, silent.release_date), (part(false, false), part(false, false)));
        assert_eq!((silent.release_year, silent.music_type), (Some(false), part(false, false)));
    }
}
